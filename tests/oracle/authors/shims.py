# SPDX-License-Identifier: MIT
"""Runs the code of Nassar et al. (github.com/josuenassar/power_law, 2020) on a current torch, and listens to it.

Nothing of their code is changed: functions that torch has removed since are put back in terms of their successors, a
progress bar is replaced where it is not installed, and the random directions of their Jacobian penalty are drawn from
our keyed numbers. Their model and trainer classes need neither torchvision nor fire.
"""

import contextlib
import importlib.machinery
import sys
import types
from pathlib import Path

import torch

import keyed_random


def _symeig(matrix, eigenvectors=False, upper=True):
    """torch.symeig, removed in torch 2.0: ascending eigenvalues; no vectors unless asked for."""
    side = "U" if upper else "L"
    if eigenvectors:
        values, vectors = torch.linalg.eigh(matrix, UPLO=side)
        return values, vectors
    return torch.linalg.eigvalsh(matrix, UPLO=side), torch.empty(0, dtype=matrix.dtype)


def _triangular_solve(right, matrix, upper=True):
    """torch.triangular_solve: the solution, and the matrix again."""
    return torch.linalg.solve_triangular(matrix, right, upper=upper), matrix


def load_authors(power_law):
    """Their ModelFactory, from a checkout of their repository."""
    root = Path(power_law) / "cleanedup"
    if not (root / "ModelDefs" / "models.py").is_file():
        raise SystemExit(
            f"{power_law}: no cleanedup/ModelDefs/models.py in it (it should be a checkout of the authors' "
            "repository); git clone https://github.com/josuenassar/power_law"
        )
    torch.symeig = _symeig
    torch.cholesky = torch.linalg.cholesky
    torch.triangular_solve = _triangular_solve
    try:
        import tqdm  # noqa: F401
    except ImportError:
        stand_in = types.ModuleType("tqdm")
        stand_in.__spec__ = importlib.machinery.ModuleSpec("tqdm", None)  # torch looks for it
        stand_in.tqdm = lambda iterable, **_: iterable
        sys.modules["tqdm"] = stand_in
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    from ModelDefs.models import ModelFactory

    return ModelFactory


@contextlib.contextmanager
def _default_dtype(dtype):
    """In float64 their code runs with a default of float64, and with .float() leaving tensors in float64."""
    torch.set_default_dtype(dtype)
    shortening = torch.Tensor.float
    if dtype == torch.float64:
        torch.Tensor.float = torch.Tensor.double
    try:
        yield
    finally:
        torch.Tensor.float = shortening
        torch.set_default_dtype(torch.float32)


def _make(case):
    """Their model of a case, with our initial weights."""
    options, model = case.options, case.model
    whitened = bool(model["whiten"])
    if model["kind"] == "mlp":
        fan_in = [784] + [model["width"]] * model["depth"]
        dims = list(zip(fan_in, fan_in[1:] + [10]))
        if whitened:
            dims.insert(0, model["whiten"] - 1)  # which layer, from 0
        architecture = "flat" if whitened else "mlp"
    else:
        channels = [1] + [model["channels"] * 2**block for block in range(model["depth"])]
        size = 28
        for _ in range(model["depth"]):
            size = (size - 2) // 2
        flat = channels[-1] * size * size
        dims = [model["depth"], *zip(channels, channels[1:]), (flat, model["width"]), (model["width"], 10)]
        architecture = "cnn_flat" if whitened else "cnn"
    penalty = case.penalty or {"strength": 0.0, "cutoff": 10, "layers": "last"}
    made = load_authors(options.power_law)(
        architecture=architecture,
        dims=dims,
        activation=model["activation"],
        bn=model["batch_norm"],
        cuda=False,
        trainer="vanilla",
        regularizer="eig" if case.penalty else "jac" if case.jacobian else "no",
        alpha_spectra=penalty["strength"],
        slope=1.0,
        eig_start=penalty["cutoff"],
        only_last=penalty["layers"] == "last",
        alpha_jacob=case.jacobian["strength"] if case.jacobian else 0.0,
        n=case.jacobian["projections"] if case.jacobian else 1,
        optimizer="adam",
        lr=case.optimizer["learning_rate"],
        weight_decay=0,
    )
    with torch.no_grad():
        for theirs, ours in zip(made.parameters(), case.network().parameters(), strict=True):
            theirs.copy_(ours)
    return made


def _batch(x, y, chosen, is_image):
    """Their loaders hand images to convolutions and to dense layers alike; the latter flatten them."""
    chosen = torch.from_numpy(chosen)
    rows = x[chosen]
    return (rows.view(-1, 1, 28, 28) if is_image else rows), y[chosen]


def run_authors(case, x, y, dtype):
    """(losses of every step, {1 and 10: weights after that many steps}) by the authors' forward pass, loss, penalties,
    optimiser and epoch."""
    options = case.options
    is_image = case.model["kind"] == "cnn"
    losses, weights = [], {}
    with _default_dtype(dtype):
        model = _make(case)
        x = x.to(dtype)
        whole, one_batch = model.evaluate_training_loss, model.train_batch

        def listen_loss(images, labels):
            value = whole(images, labels)
            losses.append(value.item())
            return value

        def listen_step(images, labels):
            one_batch(images, labels)
            if len(losses) in (1, 10):
                weights[len(losses)] = [p.detach().double().clone().numpy() for p in model.parameters()]

        model.evaluate_training_loss = listen_loss
        model.train_batch = listen_step
        if case.jacobian:
            def keyed_directions(C, B):
                v = keyed_random.normal(options.seed, keyed_random.PROJECTION, len(losses), 0, (B, C))
                v = torch.from_numpy(v).to(dtype)
                return v / v.norm(dim=1, keepdim=True)

            model.JacobianReg._random_vector = keyed_directions
        for epoch in range(options.epochs):
            order = keyed_random.batches(options.seed, epoch, len(x), options.batch)
            batches = [_batch(x, y, chosen, is_image) for chosen in order]
            if case.penalty:
                model.train_epoch(batches, x.view(-1, 1, 28, 28) if is_image else x)
            else:
                model.train_epoch(batches)
    return losses, weights
