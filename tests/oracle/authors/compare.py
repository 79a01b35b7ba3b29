#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains the networks of Nassar et al. (2020) with the authors' code and with eigensweep, side by side.

Both start from the same initial weights and see the same mini-batches (and random projections); weights and losses of
every optimiser step are compared, for each condition of the paper. The authors' code runs twice: as it is, and in
float64, since its own rounding in float32 turned out to be larger than what is to be shown (docs/checks.md). Against
the run in float64 ours must agree to 1e-5 after one step (weights and loss), and in the losses to 1e-4 over ten steps
and to 1e-3 over the first epoch. The distances of the run in float32 are reported beside, and both runs' weights after
ten steps: Adam makes whole steps of gradients that are nothing but rounding, so these say less. Usage:

  git clone https://github.com/josuenassar/power_law
  tests/oracle/authors/compare.py --power-law power_law --worker build/release/bin/eigensweep-worker --network cnn

--network names the paper's networks at full size: 4.1 (784-2000-10), mlp (784-1000-1000-1000-10), cnn (16 and 32
channels, 1000 units); --condition all (default) runs every condition of its section. --width, --channels, --batch and
--samples make them smaller. Without --worker, the plain torch program of tests/oracle/reference.py in float32 stands
in for eigensweep. Exit code: 0 agree, 1 part, 2 usage.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE))

import networks  # noqa: E402
import reference  # noqa: E402
import shims  # noqa: E402
import worker as engine  # noqa: E402

FIRST_STEPS = 10
TOLERANCES = {"one step": 1e-5, "ten steps": 1e-4, "epoch": 1e-3}

# As in the authors' scripts. Batches of 100 (vanilla and Jacobian in section 4.3) would make an epoch of 600 steps.
NETWORKS = {
    "4.1": {"kind": "mlp", "width": 2000, "depth": 1, "batch": 3500, "rate": 1e-3},
    "mlp": {"kind": "mlp", "width": 1000, "depth": 3, "batch": 1500, "rate": 1e-4},
    "cnn": {"kind": "cnn", "width": 1000, "depth": 2, "batch": 6000, "rate": 1e-4},
}
# What a condition adds to the network; in section 4.1 there is one hidden layer, and no more than two conditions.
CONDITIONS = {
    "vanilla": {},
    "spectral-last": {"layers": "last"},
    "whitened": {"whiten": 2},
    "spectral-last-whitened": {"layers": "last", "whiten": 2},
    "spectral-all": {"layers": "all"},
    "jacobian": {"jacobian": {"strength": 0.01, "projections": 1}},
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--power-law", required=True, help="checkout of the authors' repository")
    parser.add_argument("--worker", help="eigensweep-worker; without it, the plain torch program stands in")
    parser.add_argument("--data", default=HERE.parents[2] / "data" / "mnist", help="folder with MNIST's four files")
    parser.add_argument("--network", choices=NETWORKS, default="4.1")
    parser.add_argument("--condition", choices=("all", *CONDITIONS), default="all")
    parser.add_argument("--width", type=int)
    parser.add_argument("--channels", type=int, default=16)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--strength", type=float, default=1.0, help="weight of the spectral penalty")
    parser.add_argument("--products", choices=("float64", "float32"), default="float64", help="of our covariances")
    parser.add_argument("--precision", choices=("float32", "float64"), default="float32", help="of our network")
    parser.add_argument("--activation", choices=("tanh", "relu"), default="tanh")
    parser.add_argument("--batch-norm", action="store_true")
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--cutoff", type=int, default=10)
    parser.add_argument("--samples", type=int, default=0, help="training samples, from the first; 0 takes all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", action="store_true", help="print the losses of every step")
    options = parser.parse_args()
    chosen = NETWORKS[options.network]
    options.width = options.width or chosen["width"]
    options.batch = options.batch or chosen["batch"]
    options.learning_rate = options.learning_rate or chosen["rate"]
    options.kind, options.depth = chosen["kind"], chosen["depth"]
    return options


class Case:
    """One condition of one network, for all three programs."""

    def __init__(self, options, condition):
        self.options = options
        wanted = CONDITIONS[condition]
        sizes = {"activation": options.activation, "batch_norm": options.batch_norm,
                 "whiten": wanted.get("whiten", 0), "whiten_about": "zero",
                 "precision": options.precision}
        if options.kind == "mlp":
            self.model = engine.mlp(options.width, options.depth, **sizes)
        else:
            self.model = engine.cnn(options.width, options.depth, options.channels, **sizes)
        self.optimizer = {**engine.ADAM, "learning_rate": options.learning_rate, "amsgrad": True}
        self.penalty = None
        if "layers" in wanted:
            self.penalty = {"strength": options.strength, "exponent": 1.0, "cutoff": options.cutoff,
                            "layers": wanted["layers"], "products": options.products}
        self.jacobian = wanted.get("jacobian")

    def network(self):
        return networks.make_network(self.model, self.options.seed)


def run_reference(case, x, y, steps):
    options = case.options
    trainer = reference.Trainer(
        x, y, network=case.network(), optimizer=case.optimizer, batch_size=options.batch, order_seed=options.seed,
        penalty=case.penalty, jacobian=case.jacobian, seed=options.seed)
    losses, weights = [], {}
    for step in range(1, steps + 1):
        losses.append(trainer.step()["loss"])
        if step in (1, FIRST_STEPS):
            weights[step] = list(trainer.state().values())
    return losses, weights


def run_worker(case, steps):
    options = case.options
    config = engine.configuration(
        dataset=engine.mnist(options.data, options.samples), model=case.model, optimizer=case.optimizer,
        training={"epochs": options.epochs, "batch_size": options.batch}, penalty=case.penalty,
        jacobian=case.jacobian, seed=options.seed)
    after = [step for step in (1, FIRST_STEPS) if step <= steps]
    trace, weights = engine.run(options.worker, [config], weights_after=after)
    # The file's names, sorted by layer, are in torch's order of parameters; a frozen factor is none of them.
    names = [name for name, _ in case.network().named_parameters()]
    ordered = {step: [lanes[0][name.removeprefix("modules_in_order.")] for name in names]
               for step, lanes in weights.items()}
    return [line["loss"][0] for line in trace], ordered


def difference(a, b):
    return abs(a - b) / max(abs(b), 1e-12)


def apart(ours, truth, epoch_steps):
    """{what: largest relative difference}: of the weights (norms over the whole network) and of the losses."""
    losses = [difference(a, b) for a, b in zip(ours[0], truth[0], strict=True)]

    def weights(step):
        pairs = list(zip(ours[1].get(step, []), truth[1].get(step, [])))
        off = sum(np.linalg.norm(a - b) ** 2 for a, b in pairs)
        return (off / sum(np.linalg.norm(b) ** 2 for _, b in pairs)) ** 0.5 if pairs else 0.0

    # losses[k] is what k optimiser steps made of the network.
    def largest(numbers):
        return float(np.max(numbers))  # max() may drop a NaN

    return {"one step": largest([weights(1), *losses[:2]]), "ten steps": largest(losses[: FIRST_STEPS + 1]),
            "epoch": largest(losses[:epoch_steps]), "weights after ten": weights(FIRST_STEPS)}


def timed(run, *more):
    start = time.monotonic()
    return run(*more), time.monotonic() - start


def compare(options, condition, x, y):
    """Runs one condition and prints its line; whether ours is as near as it must be."""
    case = Case(options, condition)
    theirs, their_seconds = timed(shims.run_authors, case, x, y, torch.float32)
    truth, _ = timed(shims.run_authors, case, x, y, torch.float64)
    steps = len(truth[0])
    if options.worker:
        ours, seconds = timed(run_worker, case, steps)
    else:
        ours, seconds = timed(run_reference, case, x, y, steps)
    epoch_steps = -(-len(x) // options.batch)
    if options.steps:
        for step, (a, b, c) in enumerate(zip(ours[0], theirs[0], truth[0], strict=True)):
            print(f"{step:6d}  ours {a:.8f}  authors {b:.8f}  authors in float64 {c:.8f}")
    mine, own = apart(ours, truth, epoch_steps), apart(theirs, truth, epoch_steps)
    good = all(mine[what] <= allowed for what, allowed in TOLERANCES.items())
    numbers = "  ".join(f"{what} {mine[what]:.1e} ({own[what]:.1e})" for what in mine)
    print(f"{'ok  ' if good else 'FAIL'} {condition:24}{numbers}  {steps} steps, seconds {seconds:.0f} ({their_seconds:.0f})",
          flush=True)
    return good


def main():
    options = arguments()
    x, y = reference.mnist(options.data, options.samples)
    conditions = [options.condition]
    if options.condition == "all":
        conditions = [name for name in CONDITIONS if options.depth > 1 or name in ("vanilla", "spectral-last")]
    print(f"{options.network}: width {options.width}, {options.activation}, batch norm {options.batch_norm}, "
          f"batch {options.batch}, strength {options.strength:g}, products {options.products}, {options.precision}, {len(x)} samples, torch {torch.__version__}, "
          f"{torch.get_num_threads()} threads")
    print("largest relative difference from the authors' code in float64: "
          f"{'eigensweep' if options.worker else 'plain torch'} (in brackets: the authors' code as it is, in float32); "
          + ", ".join(f"{what} allowed {allowed:.0e}" for what, allowed in TOLERANCES.items()))
    verdicts = [compare(options, condition, x, y) for condition in conditions]
    return 0 if all(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
