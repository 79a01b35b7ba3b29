# SPDX-License-Identifier: MIT
"""One network of jobs/quickstart.json as a good PyTorch program would train, attack and measure it.

The mathematics is that of docs/paper.md, and of bench/train_step.py: nothing loops over units or samples. A process loads
the data once. Called with a point of the grid as JSON, it prints what it found. TUNERS_STUDY names another study file of
a tanh MLP with the penalty on its last layer.
"""

import functools
import json
import math
import os
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from train_step import read_idx, spectral_penalty  # noqa: E402

STUDY = json.loads(Path(os.environ["TUNERS_STUDY"]).read_text())
TRAINING, ATTACKS = STUDY["training"], STUDY["attacks"]
SAMPLES = STUDY.get("dataset", {}).get("train_samples")
CUTOFF, ATTACKED = 10, 1000


def swept(value) -> list:
    return value["sweep"] if isinstance(value, dict) else [value]


MODEL = {"depth": 1, "batch_norm": False, **STUDY["model"]}
GRID = {"seed": swept(STUDY["seed"]), **{name: swept(MODEL[name]) for name in ("width", "depth", "batch_norm")},
        "strength": swept(STUDY["regularizers"]["spectral"]["strength"])}


@functools.cache
def mnist():
    """Training images (n, 784) and labels (n,), test images and labels."""
    parts = [(read_idx(f"{part}-images-idx3-ubyte.gz", 16).view(-1, 784) / 255, read_idx(f"{part}-labels-idx1-ubyte.gz", 8).long())
             for part in ("train", "t10k")]
    return parts[0][0][:SAMPLES], parts[0][1][:SAMPLES], *parts[1]


class Network(torch.nn.Module):
    def __init__(self, width: int, depth: int, batch_norm: bool) -> None:
        super().__init__()
        sizes = [784] + [width] * depth
        self.norms = torch.nn.ModuleList(torch.nn.BatchNorm1d(width) if batch_norm else torch.nn.Identity() for _ in range(depth))
        self.hidden = torch.nn.ModuleList(torch.nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
        self.readout = torch.nn.Linear(width, 10)

    def forward(self, x):
        for layer, norm in zip(self.hidden, self.norms):
            x = norm(torch.tanh(layer(x)))
        return self.readout(x), x


@torch.no_grad()
def eigensystem(network, images):
    """Of the last hidden layer's covariance over the images, in float64: values upwards, vectors in columns."""
    hidden = torch.cat([network(part)[1] for part in images.split(5000)]).double()
    return torch.linalg.eigh(hidden.T.cov(correction=0))


def train(network, strength: float, images, labels) -> None:
    optimizer = torch.optim.Adam(network.parameters(), lr=TRAINING["optimizer"]["learning_rate"], amsgrad=True, fused=True)
    for _ in range(TRAINING["epochs"]):
        basis = eigensystem(network.eval(), images)[1].float() if strength else None
        network.train()
        for index in torch.randperm(len(images)).split(TRAINING["batch_size"]):
            optimizer.zero_grad(set_to_none=True)
            logits, hidden = network(images[index])
            loss = torch.nn.functional.cross_entropy(logits, labels[index])
            if strength:
                loss = loss + strength * spectral_penalty(hidden, basis, cutoff=CUTOFF)
            loss.backward()
            optimizer.step()
    network.eval()


def accuracy(network, x, y) -> float:
    with torch.no_grad():
        return (network(x)[0].argmax(1) == y).float().mean().item()


def gradient_sign(network, x, y):
    x = x.detach().requires_grad_()
    loss = torch.nn.functional.cross_entropy(network(x)[0], y, reduction="sum")
    return torch.autograd.grad(loss, x)[0].sign()


def fgsm(network, x, y) -> list[float]:
    sign = gradient_sign(network, x, y)
    return [accuracy(network, (x + epsilon * sign).clamp(0, 1), y) for epsilon in ATTACKS["fgsm"]["epsilon"]["sweep"]]


def pgd(network, x, y) -> list[float]:
    found = []
    for epsilon in ATTACKS["pgd"]["epsilon"]["sweep"]:
        low, high = (x - epsilon).clamp(min=0), (x + epsilon).clamp(max=1)
        attacked = torch.minimum(torch.maximum(x + epsilon * (2 * torch.rand_like(x) - 1), low), high)
        for _ in range(ATTACKS["pgd"]["steps"]):
            stepped = attacked + ATTACKS["pgd"].get("relative_step", 1 / 30) * epsilon * gradient_sign(network, attacked, y)
            attacked = torch.minimum(torch.maximum(stepped, low), high)
        found.append(accuracy(network, attacked, y))
    return found


def noise(network, x, y) -> list[float]:
    drawn = torch.randn_like(x)
    return [accuracy(network, (x + sigma * drawn).clamp(0, 1), y)
            for sigma in swept(ATTACKS.get("gaussian_noise", {"sigma": {"sweep": []}})["sigma"])]


def evaluate(point: dict) -> dict:
    """Trains the network of a point of GRID."""
    images, labels, test_images, test_labels = mnist()
    torch.manual_seed(point["seed"])
    network = Network(point["width"], point["depth"], point["batch_norm"])
    train(network, point["strength"], images, labels)
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    attacked = test_images[:ATTACKED], test_labels[:ATTACKED]
    values = eigensystem(network, test_images)[0]
    test_accuracy = accuracy(network, test_images, test_labels)
    if not math.isfinite(values.sum().item()):
        raise ArithmeticError(f"{point}: the training diverged")
    return {"test_accuracy": test_accuracy, "fgsm": fgsm(network, *attacked), "pgd": pgd(network, *attacked),
            "noise": noise(network, test_images, test_labels), "spectrum": values.flip(0).tolist()}


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(json.dumps(evaluate(json.loads(sys.argv[1]))))
