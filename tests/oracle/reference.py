# SPDX-License-Identifier: MIT
"""The engine's mathematics in plain torch: nn.Sequential, torch.optim, and the penalty written as its formula.

Slow and obvious on purpose; what the engine computes in fused form is checked against this.
"""

import gzip
import math
from pathlib import Path

import numpy as np
import torch

import keyed_random


class Erf(torch.nn.Module):
    """The error function as a nonlinearity."""

    def forward(self, x):
        return torch.erf(x)


ACTIVATIONS = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU, "erf": Erf, "gelu": torch.nn.GELU}


def read_idx(file):
    """An MNIST file (idx format, gzip or plain) as a uint8 array."""
    opener = gzip.open if str(file).endswith(".gz") else open
    with opener(file, "rb") as stream:
        raw = stream.read()
    dims = raw[3]
    shape = [int.from_bytes(raw[4 + 4 * i : 8 + 4 * i], "big") for i in range(dims)]
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * dims).reshape(shape)


def mnist(folder, train_samples=0):
    """Training images (n, 784) float32 in [0, 1] and labels (n,) int64; the first `train_samples`, 0 takes all."""
    folder = Path(folder)
    images = read_idx(folder / "train-images-idx3-ubyte.gz")
    labels = read_idx(folder / "train-labels-idx1-ubyte.gz")
    count = train_samples or len(images)
    x = torch.from_numpy(images[:count].reshape(count, -1).astype(np.float32)) / 255
    return x, torch.from_numpy(labels[:count].astype(np.int64))


class Network(torch.nn.Module):
    """`depth` hidden layers affine -> nonlinearity (-> batch norm), then an affine readout.

    Parameters are named as the engine names them, since both follow torch.nn.Sequential: "0.weight", "0.bias", ...
    """

    def __init__(self, inputs, width, depth, classes, activation="tanh", batch_norm=False, seed=0):
        super().__init__()
        modules = []
        self.ends = []  # one past each hidden layer's last module
        fan_in = inputs
        for layer in range(depth + 1):
            fan_out = width if layer < depth else classes
            affine = torch.nn.Linear(fan_in, fan_out)
            weight, bias = keyed_random.linear_layer(seed, layer, fan_in, fan_out)
            with torch.no_grad():
                affine.weight.copy_(torch.from_numpy(weight))
                affine.bias.copy_(torch.from_numpy(bias))
            modules.append(affine)
            if layer < depth:
                modules.append(ACTIVATIONS[activation]())
                if batch_norm:
                    modules.append(torch.nn.BatchNorm1d(width))
                self.ends.append(len(modules))
            fan_in = fan_out
        self.sequential = torch.nn.Sequential(*modules)

    def forward(self, x):
        """Logits (B, C) and the hidden activations, one (B, N) per layer."""
        hidden = []
        for place, module in enumerate(self.sequential, start=1):
            x = module(x)
            if place in self.ends:
                hidden.append(x)
        return x, hidden


def eigenvectors(hidden):
    """Columns: eigenvectors of the covariance of (n, N) activations, in float64, descending eigenvalues."""
    h = hidden.double()
    h = h - h.mean(0)
    _, vectors = torch.linalg.eigh(h.T @ h / len(h))
    return vectors.flip(1)


def spectral_penalty(hidden, vectors, exponent=1.0, cutoff=10):
    """The penalty of one layer, as its formula stands: see docs/science.md. A scalar tensor."""
    samples, width = hidden.shape
    centred = hidden - hidden.mean(0)
    projected = centred @ vectors.to(hidden.dtype)
    spectrum = (projected**2).sum(0) / (samples - 1)
    spectrum = torch.sort(spectrum, descending=True).values
    rank = torch.arange(1, width + 1, dtype=hidden.dtype)
    anchor = spectrum[cutoff].detach() * (cutoff + 1) ** exponent
    target = anchor * rank ** (-exponent)
    ratio = (spectrum / target)[cutoff + 1 :]
    terms = (ratio - 1) ** 2 + torch.relu(ratio - 1)
    return torch.where(spectrum[cutoff + 1 :] > 0, terms, torch.zeros_like(terms)).sum() / width


def make_optimizer(parameters, options):
    """torch.optim for a study's resolved optimizer section."""
    kind = options["kind"]
    rate, decay = options["learning_rate"], options["weight_decay"]
    if kind == "sgd":
        return torch.optim.SGD(
            parameters, lr=rate, momentum=options["momentum"], nesterov=options["nesterov"], weight_decay=decay
        )
    chosen = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[kind]
    return chosen(
        parameters,
        lr=rate,
        betas=(options["beta1"], options["beta2"]),
        eps=options["epsilon"],
        weight_decay=decay,
        amsgrad=options["amsgrad"],
    )


def learning_rate_factor(epoch, epochs, schedule, warmup_epochs=0):
    """Factor of the learning rate in a (0-based) epoch, as torch.optim.lr_scheduler's classes of these names."""
    factor = min(1.0, (epoch + 1) / (warmup_epochs + 1)) if warmup_epochs else 1.0
    if schedule["kind"] == "cosine":
        low = schedule["final_factor"]
        factor *= low + (1 - low) * (1 + math.cos(math.pi * epoch / epochs)) / 2
    elif schedule["kind"] == "step":
        factor *= schedule["factor"] ** (epoch // schedule["every"])
    return factor


class Trainer:
    """One network trained as the engine trains a lane, one optimiser step per call of step()."""

    def __init__(self, x, y, *, network, optimizer, batch_size, order_seed, loss="cross_entropy", penalty=None,
                 keep_last=True, dtype=torch.float32):
        """`penalty`: None, or {strength, exponent, cutoff, layers: "last" or "all"}."""
        self.x, self.y = x.to(dtype), y
        self.network = network.to(dtype)
        self.optimizer = make_optimizer(self.network.parameters(), optimizer)
        self.batch_size, self.order_seed, self.keep_last = batch_size, order_seed, keep_last
        self.loss, self.penalty = loss, penalty
        self.epoch, self.vectors, self.queue = -1, None, []

    def _begin_epoch(self):
        self.epoch += 1
        self.queue = keyed_random.batches(self.order_seed, self.epoch, len(self.x), self.batch_size, self.keep_last)
        if self.penalty:
            self.network.eval()
            with torch.no_grad():
                _, hidden = self.network(self.x)
            self.vectors = [eigenvectors(h) for h in self._penalised(hidden)]
            self.network.train()

    def _penalised(self, hidden):
        return hidden[-1:] if self.penalty["layers"] == "last" else hidden

    def _task_loss(self, logits, labels):
        if self.loss == "cross_entropy":
            return torch.nn.functional.cross_entropy(logits, labels)
        wanted = torch.nn.functional.one_hot(labels, logits.shape[1]).to(logits.dtype)
        return torch.nn.functional.mse_loss(logits, wanted)

    def step(self):
        """One optimiser step; the losses before it, as {"epoch", "loss", "task_loss", "penalty"}."""
        if not self.queue:
            self._begin_epoch()
        chosen = torch.from_numpy(self.queue.pop(0))
        logits, hidden = self.network(self.x[chosen])
        task_loss = self._task_loss(logits, self.y[chosen])
        penalty = torch.zeros((), dtype=task_loss.dtype)
        if self.penalty:
            for h, vectors in zip(self._penalised(hidden), self.vectors):
                penalty = penalty + spectral_penalty(h, vectors, self.penalty["exponent"], self.penalty["cutoff"])
            penalty = self.penalty["strength"] * penalty
        loss = task_loss + penalty
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return {
            "epoch": self.epoch,
            "loss": loss.item(),
            "task_loss": task_loss.item(),
            "penalty": penalty.item(),
        }

    def state(self):
        """Parameters by the engine's names, float64 numpy arrays."""
        return {name.removeprefix("sequential."): p.detach().double().clone().numpy()
                for name, p in self.network.named_parameters()}
