# SPDX-License-Identifier: MIT
"""Runs eigensweep-worker by hand on a task file and reads what it traces."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

#: Where the worker computes: one of the names that its option --device takes.
DEVICE = os.environ.get("EIGENSWEEP_ORACLE_DEVICE", "auto")

ADAM = {
    "kind": "adam",
    "learning_rate": 1e-3,
    "beta1": 0.9,
    "beta2": 0.999,
    "epsilon": 1e-8,
    "amsgrad": False,
    "weight_decay": 0.0,
}


def mnist(folder, train_samples=0):
    """The resolved dataset section; `train_samples` 0 takes all."""
    return {"kind": "mnist", "folder": str(Path(folder).resolve()), "train_samples": train_samples, "test_samples": 0}


def mlp(width, depth, activation="tanh", batch_norm=False, whiten=0, whiten_about="mean", normalise="none", **regime):
    """The resolved model section."""
    return {"kind": "mlp", "width": width, "depth": depth, "activation": activation, "batch_norm": batch_norm,
            "normalise": normalise, "precision": "float32", "whiten": whiten, "whiten_about": whiten_about,
            "parametrisation": "standard", "weight_variance": 0.0, "bias_variance": 0.0, "base_width": 64, "output_scale": 1.0, "centre_output": False,
            "layer": "dense", "ei_ratio": 10.0, "inhibitory_units": 0, **regime}


def cnn(width, depth=2, channels=4, convolution=(), **options):
    """The resolved model section of a convolutional network; `convolution`: what differs in its blocks."""
    return {**mlp(width, depth, **options), "kind": "cnn", "channels": channels,
            "kernel_size": 3, "stride": 1, "pooling": "max", **dict(convolution)}


def rnn(width, activation="tanh", layer="dense", **options):
    """The resolved model section of a recurrent network."""
    return {"kind": "rnn", "width": width, "activation": activation, "precision": "float32", "normalise": "none",
            "layer": layer, "ei_ratio": 5.0, "inhibitory_units": 0, **options}


def configuration(dataset, model, optimizer, training, penalty, seed, jacobian=None):
    """A trial's resolved configuration, every option present."""
    return {
        "dataset": dataset,
        "model": model,
        "training": {
            "epochs": 1,
            "batch_order": "per_seed",
            "last_batch": "keep",
            "loss": "cross_entropy",
            "target_offset": 0.0,
            "stop_loss": 0.0,
            "rate_rule": "fixed",
            "warmup_epochs": 0,
            "adversary": "none",
            "adversary_epsilon": 0.1,
            "adversary_steps": 7,
            "adversary_relative_step": 0.25,
            "schedule": {"kind": "constant"},
            **training,
            "optimizer": optimizer,
        },
        "regularizers": {
            **({"spectral": {"kind": "spectral", "products": "float64", **penalty}} if penalty else {}),
            **({"jacobian": {"kind": "jacobian", **jacobian}} if jacobian else {}),
        },
        "seed": seed,
    }


def skip_without_device(worker):
    """Leaves with 77 where the worker is to use a GPU and sees none."""
    if DEVICE == "cuda" and worker and json.loads(subprocess.check_output([str(worker), "--devices"]))["cuda"] == 0:
        print("skipped: the worker sees no GPU (no card, no driver, or a LibTorch without CUDA)")
        sys.exit(77)


def command(worker, task):
    """The words that run a task file."""
    return [str(worker), "--device", DEVICE, "--task", str(task)]


def run(worker, configs, *, weights_after=(), environment=None):
    """Trains the configurations side by side in one pack.

    Returns the trace, a list over optimiser steps of {"step", "epoch", "loss", "task_loss", "penalty"} with one number
    per lane, and the weights {steps done: [per lane {name: array}]}.
    """
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        task = {
            "pack": "oracle",
            "lanes": [
                {"trial": f"{lane:016x}", "config": config, "train": True, "model_file": ""}
                for lane, config in enumerate(configs)
            ],
            "evaluations": [],
            "checkpoint_file": "",
        }
        (folder / "task.json").write_text(json.dumps(task))
        words = [*command(worker, folder / "task.json"), "--trace", str(folder / "trace.jsonl")]
        if weights_after:
            words += ["--trace-weights", str(folder / "weights")]
            words += ["--trace-steps", ",".join(str(step) for step in weights_after)]
        done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(words)} left with {done.returncode}:\n{done.stdout}{done.stderr}")
        trace = [json.loads(line) for line in (folder / "trace.jsonl").read_text().splitlines() if line]
        weights = {}
        for step in weights_after:
            from safetensors.numpy import load_file

            weights[step] = [
                {name: np.asarray(value, np.float64) for name, value in load_file(file).items()}
                for file in (
                    folder / "weights" / f"step-{step:06d}-lane{lane}.safetensors" for lane in range(len(configs))
                )
            ]
        return trace, weights
