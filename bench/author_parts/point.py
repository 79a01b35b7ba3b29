# SPDX-License-Identifier: MIT
"""Trains one network 784-N-10 with the authors' own code and prints what it took.

    point.py POWER_LAW '{"seed": 0, "width": 400, "strength": 1, "batch_norm": false, "batch_size": 700, "epochs": 12}'

Prints {"epoch_seconds": [...], "test_accuracy": ...}. The data are loaded before the clock of the first epoch starts.
"""

import json
import sys
import time
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tests/oracle"), str(ROOT / "tests/oracle/authors")]
import shims  # noqa: E402
from train_step import read_idx  # noqa: E402


def images(part: str) -> tuple[torch.Tensor, torch.Tensor]:
    """(n, 784) in [0, 1] and the labels (n,)."""
    return (read_idx(f"{part}-images-idx3-ubyte.gz", 16).view(-1, 784) / 255,
            read_idx(f"{part}-labels-idx1-ubyte.gz", 8).long())


def main() -> None:
    power_law, point = sys.argv[1], json.loads(sys.argv[2])
    torch.manual_seed(point["seed"])
    inputs, labels = images("train")
    penalised = point["strength"] > 0
    model = shims.load_authors(power_law)(
        architecture="mlp", dims=[(784, point["width"]), (point["width"], 10)], activation="tanh", bn=point["batch_norm"],
        cuda=False, trainer="vanilla", regularizer="eig" if penalised else "no", alpha_spectra=point["strength"], slope=1.0,
        eig_start=10, only_last=True, alpha_jacob=0.0, n=1, optimizer="adam", lr=1e-3, weight_decay=0)
    seconds = []
    for _ in range(point["epochs"]):
        order = torch.randperm(len(inputs))
        begin = time.monotonic()
        batches = [(inputs[rows], labels[rows]) for rows in order.split(point["batch_size"])]
        model.train_epoch(batches, inputs) if penalised else model.train_epoch(batches)
        seconds.append(time.monotonic() - begin)
    model.eval()
    test_inputs, test_labels = images("t10k")
    with torch.no_grad():
        accuracy = (model(test_inputs).argmax(1) == test_labels).double().mean().item()
    print(json.dumps({"epoch_seconds": seconds, "test_accuracy": accuracy}))


if __name__ == "__main__":
    main()
