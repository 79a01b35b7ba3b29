# SPDX-License-Identifier: MIT
"""The engine's training in plain torch: torch.optim, and the penalty written as its formula.

Slow and obvious on purpose; what the engine computes in fused form is checked against this.
"""

import copy
import gzip
import math
from pathlib import Path

import numpy as np
import torch

import keyed_random
import rounded


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


def rate_factors(rule, network, optimizer, ratio):
    """What each parameter's learning rate is multiplied by at `ratio` times the base width (Yang et al. 2021, table 8)."""
    layers = [module for module in network.modules() if isinstance(module, (torch.nn.Linear, torch.nn.Conv2d))]
    sgd = optimizer["kind"] == "sgd"
    factors = {}
    for parameter in network.parameters():
        factors[parameter] = {"fixed": 1.0, "over_width": 1 / ratio, "mup": 1.0}[rule]
    if rule == "mup":
        for layer in layers:
            is_last = layer is layers[-1]
            if layer is layers[0] or is_last:
                factors[layer.weight] = ratio if sgd else 1.0
            else:
                factors[layer.weight] = 1.0 if sgd else 1 / ratio
            factors[layer.bias] = ratio if sgd and not is_last else 1.0
    return factors


def eigenvectors(hidden):
    """Columns: eigenvectors of the covariance of (n, N) activations, in float64, descending eigenvalues."""
    h = hidden.double()
    h = h - h.mean(0)
    _, vectors = torch.linalg.eigh(h.T @ h / len(h))
    return vectors.flip(1)


def spectral_penalty(hidden, vectors, exponent=1.0, cutoff=10, compute="float32"):
    """The penalty of one layer, as its formula stands: see docs/paper.md. A scalar tensor."""
    samples, width = hidden.shape
    centred = hidden - hidden.mean(0)
    projected = rounded.Product.apply(centred, vectors.to(hidden.dtype), compute)
    spectrum = (projected**2).sum(0) / (samples - 1)
    spectrum = torch.sort(spectrum, descending=True).values
    rank = torch.arange(1, width + 1, dtype=hidden.dtype)
    anchor = spectrum[cutoff].detach() * (cutoff + 1) ** exponent
    target = anchor * rank ** (-exponent)
    ratio = (spectrum / target)[cutoff + 1 :]
    terms = (ratio - 1) ** 2 + torch.relu(ratio - 1)
    return torch.where(spectrum[cutoff + 1 :] > 0, terms, torch.zeros_like(terms)).sum() / width


def make_optimizer(factors, options):
    """torch.optim for a study's resolved optimizer section; `factors`: {parameter: what its rate is multiplied by}."""
    kind = options["kind"]
    rate, decay = options["learning_rate"], options["weight_decay"]
    parameters = [{"params": [p], "lr": rate * f, "weight_decay": decay / f} for p, f in factors.items()]
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
                 jacobian=None, adversary=None, seed=0, keep_last=True, dtype=torch.float32, target_offset=0.0,
                 rate_rule="fixed", width_ratio=1.0, output_scale=1.0, centre_output=False, compute="float32"):
        """`penalty`: None, or {strength, exponent, cutoff, layers: "last" or "all"[, compute]}; `jacobian`: None, or {strength,
        projections}; `adversary`: None, or {kind: "fgsm" or "pgd", epsilon, steps, relative_step}. Random directions and
        starts are those of trial seed `seed`."""
        self.x, self.y = x.to(dtype), y
        self.network = network.to(dtype)
        self.compute = compute
        self.optimizer = make_optimizer(rate_factors(rate_rule, self.network, optimizer, width_ratio), optimizer)
        self.target_offset, self.output_scale = target_offset, output_scale
        self.origin = copy.deepcopy(self.network) if centre_output else None
        self.batch_size, self.order_seed, self.keep_last = batch_size, order_seed, keep_last
        self.loss, self.penalty, self.jacobian, self.seed = loss, penalty, jacobian, seed
        self.adversary = adversary
        self._round_products()
        for module in network.modules():
            if hasattr(module, "fit"):
                module.fit(x)
        self.signed = [module for module in network.modules() if hasattr(module, "project")]
        self.steps = 0
        self.epoch, self.vectors, self.queue = -1, None, []

    def _round_products(self, wanted=True):
        if self.compute != "float32":
            rounded.round_products(self.network, self.compute if wanted else "float32")

    def _begin_epoch(self):
        self.epoch += 1
        self.queue = keyed_random.batches(self.order_seed, self.epoch, len(self.x), self.batch_size, self.keep_last)
        if self.penalty:
            self.network.eval()
            self._round_products(False)  # what covariances are taken of is never rounded
            self.network.refresh(self.x)
            with torch.no_grad():
                _, hidden = self.network(self.x)
            self.vectors = [eigenvectors(h) for h in self._penalised(hidden)]
            self.network.train()
            self._round_products()

    def _penalised(self, hidden):
        return hidden[-1:] if self.penalty["layers"] == "last" else hidden

    def _task_loss(self, logits, labels):
        if self.loss == "cross_entropy":
            return torch.nn.functional.cross_entropy(logits, labels)
        wanted = torch.nn.functional.one_hot(labels, logits.shape[1]).to(logits.dtype) - self.target_offset
        return torch.nn.functional.mse_loss(logits, wanted)

    def _jacobian_penalty(self, x, logits):
        """Half the mean squared Frobenius norm of d logits / dx, exact or by random directions; see docs/paper.md."""
        samples, classes = logits.shape
        directions = self.jacobian["projections"] or classes
        total = 0.0
        for i in range(directions):
            if self.jacobian["projections"]:
                v = keyed_random.normal(self.seed, keyed_random.PROJECTION, self.steps, i, (samples, classes))
                v = torch.from_numpy(v).to(logits.dtype)
                v = v / v.norm(dim=1, keepdim=True)
            else:
                v = torch.nn.functional.one_hot(torch.tensor(i), classes).to(logits.dtype).expand(samples, classes)
            (product,) = torch.autograd.grad((logits * v).sum(), x, create_graph=True)
            total = total + classes * (product**2).sum() / (directions * samples)
        return self.jacobian["strength"] * total / 2

    def _perturbed(self, clean, labels):
        """The batch as the adversary leaves it: signed steps inside ball and box, crafted in training mode."""
        epsilon, x = self.adversary["epsilon"], clean
        steps, length = 1, epsilon
        if self.adversary["kind"] == "pgd":
            steps, length = self.adversary["steps"], self.adversary["relative_step"] * epsilon
            start = keyed_random.uniform(
                self.seed, keyed_random.TRAINING_ATTACK, self.steps, 0, -epsilon, epsilon, tuple(clean.shape)
            )
            x = (clean + torch.from_numpy(start).to(clean.dtype)).clamp(0, 1)
        for _ in range(steps):
            x = x.detach().requires_grad_(True)
            (gradient,) = torch.autograd.grad(
                torch.nn.functional.cross_entropy(self.network(x)[0], labels, reduction="sum"), x
            )
            x = (clean + (x.detach() + length * gradient.sign() - clean).clamp(-epsilon, epsilon)).clamp(0, 1)
        return x

    def step(self):
        """One optimiser step; the losses before it, as {"epoch", "loss", "task_loss", "penalty"}."""
        if not self.queue:
            self._begin_epoch()
        chosen = torch.from_numpy(self.queue.pop(0))
        x, labels = self.x[chosen], self.y[chosen]
        if self.adversary:
            x, labels = torch.cat([x, self._perturbed(x, labels)]), torch.cat([labels, labels])
        x.requires_grad_(self.jacobian is not None)
        logits, hidden = self.network(x)
        if self.origin:
            logits = logits - self.origin(x)[0].detach()
        logits = logits * self.output_scale
        task_loss = self._task_loss(logits, labels)
        penalty = torch.zeros((), dtype=task_loss.dtype)
        if self.penalty:
            for h, vectors in zip(self._penalised(hidden), self.vectors):
                penalty = penalty + spectral_penalty(h, vectors, self.penalty["exponent"], self.penalty["cutoff"],
                                                     self.penalty.get("compute", "float32"))
            penalty = self.penalty["strength"] * penalty
        if self.jacobian:
            penalty = penalty + self._jacobian_penalty(x, logits)
        self.steps += 1
        loss = task_loss / self.output_scale**2 + penalty
        self.optimizer.zero_grad()
        loss.backward()
        for layer in self.signed:
            layer.correct()
        self.optimizer.step()
        for layer in self.signed:
            layer.project()
        return {
            "epoch": self.epoch,
            "loss": loss.item(),
            "task_loss": task_loss.item(),
            "penalty": penalty.item(),
        }

    def state(self):
        """Parameters by the engine's names, float64 numpy arrays."""
        return {name.removeprefix("modules_in_order."): p.detach().double().clone().numpy()
                for name, p in self.network.named_parameters()}
