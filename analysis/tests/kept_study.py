# SPDX-License-Identifier: MIT
"""Trains a tiny study that keeps its networks: one case for each way in which networks differ."""

import json
import os
import subprocess
from pathlib import Path

import h5py
import numpy as np

CHANNELS, HEIGHT, WIDTH, CLASSES, TRAIN, TEST = 2, 12, 10, 5, 60, 40
EPSILON = 0.1
CNN = {"kind": "cnn", "width": 12, "channels": 3, "depth": 1, "activation": "relu"}
NTK = {"parametrisation": "ntk", "weight_variance": 2, "bias_variance": 0.1, "activation": "relu"}
MUP = {"parametrisation": "mup", "weight_variance": 1, "bias_variance": 0.1, "base_width": 6}
LAZY = {"centre_output": True, "output_scale": 3}
# The narrow networks of the other cases hardly learn with signs on their weights.
COLEI = {"layer": "colei", "activation": "relu", "width": 32}
DANN = {**COLEI, "layer": "dann"}
RNN = {"kind": "rnn", "width": 12}

#: Case -> its model's options, besides those of `study_file`.
NETWORKS = {
    "tanh": {"depth": 2},
    "relu": {"activation": "relu"},
    "erf": {"activation": "erf"},
    # Wide enough in its preactivations to tell the exact GELU from its approximation by tanh.
    "gelu": {"activation": "gelu", "depth": 2, "weight_variance": 20},
    "batch_norm": {"batch_norm": True, "depth": 2},
    "whitened": {"whiten": 1, "depth": 2},
    "whitened_batch_norm": {"whiten": 2, "depth": 2, "batch_norm": True, "whiten_about": "zero"},
    "per_channel": {"normalise": "per_channel"},
    "per_image": {"normalise": "per_image"},
    "float64": {"precision": "float64", "normalise": "per_channel", "batch_norm": True},
    "gaussian": {"weight_variance": 1.5, "bias_variance": 0.1},
    "ntk": NTK,
    "mup": MUP,
    "scaled": {"output_scale": 0.5},
    "centred": {**LAZY, "depth": 2},
    "centred_ntk": {**NTK, **LAZY, "normalise": "per_image"},
    "centred_mup_float64": {**MUP, **LAZY, "precision": "float64"},
    "colei": {**COLEI, "depth": 2, "ei_ratio": 2},
    # 32 units at 5 to 1 have 6.4 inhibitory ones, so 7.
    "dann": {**DANN, "depth": 2, "ei_ratio": 5},
    "dann_uncorrected": {**DANN, "layer": "dann_uncorrected", "inhibitory_units": 3, "output_scale": 2},
    "dann_float64": {**DANN, "depth": 2, "precision": "float64"},
    "rnn": {**RNN, "normalise": "per_channel"},
    "rnn_gelu": {**RNN, "activation": "gelu", "normalise": "per_image"},
    "rnn_colei": {**RNN, **COLEI, "width": 20},
    "rnn_dann": {**RNN, **DANN, "ei_ratio": 5},
    "rnn_float64": {**RNN, **DANN, "layer": "dann_uncorrected", "inhibitory_units": 3, "precision": "float64"},
    "cnn": CNN,
    "cnn_two_blocks": {**CNN, "depth": 2, "kernel_size": 2, "activation": "gelu"},
    "cnn_average_stride": {**CNN, "pooling": "average", "stride": 2},
    "cnn_no_pooling": {**CNN, "pooling": "none", "kernel_size": 5},
    "cnn_batch_norm": {**CNN, "batch_norm": True, "normalise": "per_channel"},
    "cnn_whitened_map": {**CNN, "whiten": 1, "channels": 1, "pooling": "average"},
    "cnn_whitened_dense": {**CNN, "whiten": 2, "batch_norm": True},
    "cnn_centred": {**CNN, **LAZY},
    "cnn_centred_ntk": {**CNN, **NTK, **LAZY, "precision": "float64"},
}
#: Further cases: the networks that tests of snapshots and refusals load.
OTHERS = [
    {"name": "followed", "model": {"batch_norm": True},
     "training": {"epochs": 4, "snapshots": 2}},
    {"name": "followed_dann", "model": DANN, "training": {"epochs": 4, "snapshots": 2}},
    {"name": "followed_rnn", "model": {**RNN, **DANN}, "training": {"epochs": 4, "snapshots": 2}},
    {"name": "followed_whitened", "model": {"whiten": 1}, "training": {"snapshots": 2}},
    {"name": "infinite", "model": {**NTK, "width": "inf", "centre_output": True},
     "training": {"loss": "mse", "optimizer": {"kind": "sgd", "learning_rate": 0.5}}},
    {"name": "diverged", "model": {"activation": "relu", "weight_variance": 1e5},
     "training": {"loss": "mse", "optimizer": {"kind": "sgd", "learning_rate": 1000}}},
]


def images_and_labels() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Split -> bytes [n, channels, height, width] and labels [n]: one image a class, with noise."""
    random = np.random.default_rng(0)
    patterns = random.uniform(0, 255, (CLASSES, CHANNELS, HEIGHT, WIDTH))
    splits = {}
    for split, count in (("train", TRAIN), ("test", TEST)):
        labels = random.integers(0, CLASSES, count)
        noisy = 0.5 * patterns[labels] + random.uniform(0, 128, (count, CHANNELS, HEIGHT, WIDTH))
        splits[split] = noisy.astype(np.uint8), labels
    return splits


def study_file(folder: Path, cases: list[dict], **sections) -> Path:
    """Writes the data and a study of them."""
    with h5py.File(folder / "data.h5", "w") as file:
        for split, (images, labels) in images_and_labels().items():
            file[f"{split}/images"], file[f"{split}/labels"] = images, labels
    study = {
        "name": "kept",
        "seed": 3,
        "dataset": {"kind": "hdf5", "file": str(folder / "data.h5"), "classes": CLASSES},
        "model": {"kind": "mlp", "width": 12},
        "training": {"epochs": 2, "batch_size": 20,
                     "optimizer": {"kind": "adam", "learning_rate": 0.003}},
        "attacks": {"fgsm": {"epsilon": {"sweep": [0, EPSILON]}, "samples": 0}},
        "metrics": {"accuracy": {}},
        "cases": cases,
        **sections,
    }
    path = folder / "study.json"
    path.write_text(json.dumps(study))
    return path


def run(study: Path, output: Path) -> Path:
    """Runs a study with one worker of one thread; its output folder."""
    program = Path(os.environ["EIGENSWEEP_BIN"]) / "eigensweep"
    command = [str(program), "run", str(study), "--output", str(output), "--workers", "1"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OMPI_ALLOW_RUN_AS_ROOT": "1",
                   "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return output


def all_cases() -> list[dict]:
    """The cases of the study in the order of its rows."""
    return [{"name": name, "model": model} for name, model in NETWORKS.items()] + OTHERS


def row_of(case: str) -> int:
    """The row of a case in the study of all cases."""
    return [one["name"] for one in all_cases()].index(case)
