#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks what the worker measures on a network (attacks, spectra, accuracy) against torch and numpy in Python.

The worker trains two networks in one pack, attacks and measures them, and keeps them as safetensors. From those files
alone this script derives every number again: FGSM and PGD (without a random start) as plain loops, and by foolbox where
it is installed; covariances by numpy in float64 and their exponent by the normal equations. Usage:

  tests/oracle/robustness.py --worker build/dev/bin/eigensweep-worker [--samples 500]

Exit code: 0 agree, 1 part.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import reference  # noqa: E402
import worker as engine  # noqa: E402

DATA = HERE.parents[1] / "data" / "mnist"
EPSILONS = [0.0, 0.01, 0.03, 0.1, 0.3]
STEPS, RELATIVE_STEP = 10, 0.15
FIT_FIRST, FIT_LAST = 5, 500
# A verdict may flip where two logits agree to float32 rounding; losses are means over samples.
FLIPS, LOSS_TOLERANCE = 2, 2e-4


def measure(worker, configs, samples, folder):
    """What the worker says: {evaluation: [per lane columns]}; its networks lie in folder/lane<i>.safetensors."""
    attack = {"samples": samples}
    pgd = {**attack, "steps": STEPS, "relative_step": RELATIVE_STEP, "random_start": False}
    spectrum = {"split": "train", "samples": 0, "fit_first": FIT_FIRST, "fit_last": FIT_LAST}
    evaluations = [("attack", "fgsm", attack), ("attack", "pgd", pgd), ("metric", "spectrum", spectrum), ("metric", "accuracy", {})]
    task = {
        "pack": "oracle",
        "lanes": [
            {"trial": f"{lane:016x}", "config": config, "train": True, "model_file": str(folder / f"lane{lane}.safetensors")}
            for lane, config in enumerate(configs)
        ],
        "evaluations": [
            {"id": kind, "family": family, "label": kind, "kind": kind, "options": options,
             "strengths": EPSILONS if family == "attack" else []}
            for family, kind, options in evaluations
        ],
        "checkpoint_file": "",
    }
    (folder / "task.json").write_text(json.dumps(task))
    done = subprocess.run(engine.command(worker, folder / "task.json"), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{worker} left with {done.returncode}:\n{done.stdout}{done.stderr}")
    records = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    found = {}
    for record in records:
        if record["status"] != "ok":
            raise RuntimeError(f"{record['evaluation']}: {record['status']}: {record['message']}")
        if record["evaluation"]:
            lane = int(record["trial"], 16)
            columns = {name: np.array(column["values"]).reshape(column["shape"]) for name, column in record["columns"].items()}
            found.setdefault(record["evaluation"], {})[lane] = columns
    return found


def network(file, width, depth):
    """The kept network as an nn.Sequential; the file's names are its own."""
    layers = []
    fan_in = 784
    for _ in range(depth):
        layers += [torch.nn.Linear(fan_in, width), torch.nn.Tanh()]
        fan_in = width
    model = torch.nn.Sequential(*layers, torch.nn.Linear(fan_in, 10))
    model.load_state_dict(load_file(file))
    return model.eval()


def attack_plainly(model, x, labels, epsilon, steps, relative_step):
    """The last iterate of signed gradient ascent on the summed cross entropy, inside ball and box."""
    moved = x.clone()
    for _ in range(steps):
        moved.requires_grad_(True)
        loss = torch.nn.functional.cross_entropy(model(moved), labels, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, moved)
        moved = moved.detach() + relative_step * epsilon * gradient.sign()
        moved = x + (moved - x).clamp(-epsilon, epsilon)
        moved = moved.clamp(0, 1)
    return moved


def attack_by_foolbox(model, x, labels, epsilon, steps, relative_step):
    """The same by foolbox's own classes."""
    import foolbox

    wrapped = foolbox.PyTorchModel(model, bounds=(0, 1), device="cpu")
    attack = foolbox.attacks.LinfPGD(rel_stepsize=relative_step, steps=steps, random_start=False)
    _, clipped, _ = attack(wrapped, x, labels, epsilons=epsilon)
    return clipped


def score(model, x, labels):
    with torch.no_grad():
        logits = model(x)
    right = (logits.argmax(1) == labels).double().mean().item()
    return right, torch.nn.functional.cross_entropy(logits.double(), labels).item()


def fit(values):
    """Stringer et al.'s exponent, by the weighted normal equations."""
    n = np.arange(FIT_FIRST, min(FIT_LAST, len(values)) + 1)
    x = np.stack([-np.log(n), np.ones(n.size)], 1)
    return np.linalg.solve(x.T @ (x / n[:, None]), (x / n[:, None]).T @ np.log(values[n - 1]))[0]


class Verdict:
    """Collects comparisons and prints those that part."""

    def __init__(self):
        self.parted = 0

    def near(self, what, ours, theirs, tolerance):
        difference = float(np.max(np.abs(np.asarray(ours) - np.asarray(theirs))))
        agrees = difference <= tolerance
        self.parted += not agrees
        print(f"{'ok   ' if agrees else 'PARTS'} {what}: difference {difference:.2e}, allowed {tolerance:.2e}")


def compare_attacks(verdict, name, found, model, x, labels, attackers):
    steps, relative_step = (1, 1.0) if name == "fgsm" else (STEPS, RELATIVE_STEP)
    for attacker in attackers:
        for i, epsilon in enumerate(EPSILONS):
            right, loss = score(model, attacker(model, x, labels, epsilon, steps, relative_step), labels)
            what = f"{name} at {epsilon} by {attacker.__name__}"
            verdict.near(f"{what}, accuracy", found["robust_accuracy"][i], right, FLIPS / len(x) + 1e-12)
            verdict.near(f"{what}, loss", found["robust_loss"][i] / (1 + loss), loss / (1 + loss), LOSS_TOLERANCE)


def compare_spectra(verdict, found, model, x):
    h = x
    layer = 0
    for module in list(model)[:-1]:
        with torch.no_grad():
            h = module(h)
        if isinstance(module, torch.nn.Linear):
            continue
        values = np.linalg.eigvalsh(np.cov(h.double().numpy().T, bias=True))[::-1]
        ours = found["eigenvalues"][layer]
        verdict.near(f"layer {layer + 1}, eigenvalues", ours / values[0], values / values[0], 1e-7)
        verdict.near(f"layer {layer + 1}, exponent", found["exponent"][layer], fit(values), 1e-3)
        verdict.near(f"layer {layer + 1}, participation ratio", found["participation_ratio"][layer] / (values.sum() ** 2 / (values**2).sum()), 1, 1e-6)
        share = values / values.sum()
        verdict.near(f"layer {layer + 1}, effective rank", found["effective_rank"][layer] / np.exp(-(share * np.log(share)).sum()), 1, 1e-5)
        layer += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--worker", required=True, help="path of eigensweep-worker")
    parser.add_argument("--samples", type=int, default=500, help="how many test images are attacked")
    parser.add_argument("--width", type=int, default=60)
    parser.add_argument("--depth", type=int, default=2)
    options = parser.parse_args()
    engine.skip_without_device(options.worker)
    attackers = [attack_plainly]
    try:
        import foolbox  # noqa: F401

        attackers.append(attack_by_foolbox)
    except ImportError:
        print("foolbox is not installed: only the plain loops are compared")

    train = engine.mnist(DATA, 1500)
    configs = [
        engine.configuration(train, engine.mlp(options.width, options.depth), engine.ADAM, {"epochs": 3, "batch_size": 100}, None, seed)
        for seed in (1, 2)
    ]
    x_train, labels_train = reference.mnist(DATA, 1500)
    images = reference.read_idx(DATA / "t10k-images-idx3-ubyte.gz").reshape(-1, 784)
    x_test = torch.from_numpy(images.astype(np.float32)) / 255
    labels_test = torch.from_numpy(reference.read_idx(DATA / "t10k-labels-idx1-ubyte.gz").astype(np.int64))
    verdict = Verdict()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        found = measure(Path(options.worker).resolve(), configs, options.samples, folder)
        for lane in range(len(configs)):
            print(f"lane {lane}")
            model = network(folder / f"lane{lane}.safetensors", options.width, options.depth)
            for split, x, labels in (("train", x_train, labels_train), ("test", x_test, labels_test)):
                right, loss = score(model, x, labels)
                verdict.near(f"{split} accuracy", found["accuracy"][lane][f"{split}_accuracy"], right, FLIPS / len(x) + 1e-12)
                verdict.near(f"{split} loss", found["accuracy"][lane][f"{split}_loss"], loss, LOSS_TOLERANCE)
            x, labels = x_test[: options.samples], labels_test[: options.samples]
            for name in ("fgsm", "pgd"):
                compare_attacks(verdict, name, found[name][lane], model, x, labels, attackers)
            compare_spectra(verdict, found["spectrum"][lane], model, x_train)
    return 1 if verdict.parted else 0


if __name__ == "__main__":
    sys.exit(main())
