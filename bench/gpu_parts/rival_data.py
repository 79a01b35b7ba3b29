# SPDX-License-Identifier: MIT
"""What a rival is given, in numpy: the worker's initial weights, its batches and losses, and the penalty's eigenvectors."""

import json
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/oracle"), str(ROOT / "bench")]

import keyed_random  # noqa: E402

NAMES = ("0.weight", "0.bias", "2.weight", "2.bias")  # as in torch.nn.Sequential(Linear, Tanh, Linear)


def read_idx(name: str, header: int) -> np.ndarray:
    import gzip

    with gzip.open(ROOT / "data/mnist" / name) as file:
        return np.frombuffer(file.read()[header:], np.uint8)


def mnist(samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Training images (n, 784) float32 in [0, 1], labels (n,)."""
    images = read_idx("train-images-idx3-ubyte.gz", 16).reshape(-1, 784)[:samples].astype(np.float32) / 255
    return images, read_idx("train-labels-idx1-ubyte.gz", 8)[:samples].astype(np.int32)


def read_safetensors(file: Path) -> dict[str, np.ndarray]:
    """The float32 arrays of a file of safetensors: the length of a header of JSON, the header, the bytes."""
    raw = file.read_bytes()
    start = 8 + int.from_bytes(raw[:8], "little")
    found = {}
    for name, about in json.loads(raw[8:start]).items():
        if name != "__metadata__" and about["dtype"] == "F32":
            first, last = about["data_offsets"]
            found[name] = np.frombuffer(raw[start + first : start + last], np.float32).reshape(about["shape"])
    return found


def eigenvectors(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Of the covariance of tanh(x weight' + bias) over all samples, in float64, as columns; float32 (N, N)."""
    hidden = np.tanh(x.astype(np.float64) @ weight.T.astype(np.float64) + bias)
    return np.linalg.eigh(np.cov(hidden.T, bias=True))[1].astype(np.float32)


def recorded(request: dict) -> dict:
    """The training to repeat: "weights" (four arrays with lanes first), "bases" (E, N, N), "x" (steps, B, 784), "y"
    (steps, B), "losses" (steps, E)."""
    folder, steps, batch = Path(request["folder"]), request["steps"], request["batch"]
    networks = [read_safetensors(file) for file in sorted((folder / "weights").glob("step-000000-lane*.safetensors"))]
    images, labels = mnist(steps * batch)
    order = keyed_random.batches(0, 0, len(images), batch, keep_last=False)
    losses = [json.loads(line)["loss"] for line in (folder / "losses.jsonl").read_text().splitlines()]
    return {
        "weights": [np.stack([network[name] for network in networks]) for name in NAMES],
        "bases": np.stack([eigenvectors(images, network["0.weight"], network["0.bias"]) for network in networks]),
        "x": np.stack([images[index] for index in order]),
        "y": np.stack([labels[index] for index in order]),
        "losses": np.array(losses),
    }


def widened(arrays: list[np.ndarray], lanes: int) -> list[np.ndarray]:
    """The lanes of these arrays, over and over, until there are so many."""
    return [np.concatenate([array] * (-(-lanes // len(array))))[:lanes] for array in arrays]


def apart(losses: list, wanted: np.ndarray) -> float:
    """The largest relative difference of two tables of losses; infinite where one is not finite."""
    found = np.asarray(losses, np.float64)
    if found.shape != wanted.shape or not np.isfinite(found).all():
        return float("inf")
    return float(np.max(np.abs(found - wanted) / np.abs(wanted)))
