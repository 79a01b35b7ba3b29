#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains the network of section 4.1 of Nassar et al. (2020) with the authors' code and with eigensweep, side by side.

Both start from the same initial weights and see the same mini-batches; the losses of every optimiser step are compared.
They must agree to 1e-4 (relative) over the first 10 steps and to 1e-3 over the first epoch. Usage:

  git clone https://github.com/josuenassar/power_law
  tests/oracle/authors/compare.py --power-law power_law --worker build/release/bin/eigensweep-worker

Without --worker, the plain torch program of tests/oracle/reference.py stands in for eigensweep. With --float64, the
authors' code runs a second time in float64, which tells whose rounding is behind a difference: ours must then agree
with that run, and the authors' own distance from it is printed. Exit code: 0 agree, 1 part, 2 usage.
"""

import argparse
import sys
import time
from pathlib import Path

import torch

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE))

import reference  # noqa: E402
import shims  # noqa: E402
import worker as engine  # noqa: E402
import keyed_random  # noqa: E402

FIRST_STEPS, FIRST_TOLERANCE = 10, 1e-4
EPOCH_TOLERANCE = 1e-3
COLUMNS = ("loss", "task_loss", "penalty")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--power-law", required=True, help="checkout of the authors' repository")
    parser.add_argument("--worker", help="eigensweep-worker; without it, the plain torch program stands in")
    parser.add_argument("--data", default=HERE.parents[2] / "data" / "mnist", help="folder with MNIST's four files")
    parser.add_argument("--width", type=int, default=2000)
    parser.add_argument("--batch", type=int, default=3500)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--strength", type=float, default=1.0, help="weight of the penalty; 0 trains without it")
    parser.add_argument("--activation", choices=("tanh", "relu"), default="tanh")
    parser.add_argument("--batch-norm", action="store_true")
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--cutoff", type=int, default=10)
    parser.add_argument("--samples", type=int, default=0, help="training samples, from the first; 0 takes all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--float64", action="store_true", help="also run the authors' code in float64")
    return parser.parse_args()


def network(options):
    return reference.Network(784, options.width, 1, 10, options.activation, options.batch_norm, options.seed)


def run_authors(options, x, y, dtype=torch.float32):
    """The losses of every step, by the authors' classes: their forward pass, loss, penalty, optimiser and epoch.

    In float64 the same code runs with a default of float64, and with .float() leaving tensors in float64.
    """
    torch.set_default_dtype(dtype)
    shortening = torch.Tensor.float
    if dtype == torch.float64:
        torch.Tensor.float = torch.Tensor.double
    try:
        return train_authors(options, x.to(dtype), y)
    finally:
        torch.Tensor.float = shortening
        torch.set_default_dtype(torch.float32)


def train_authors(options, x, y):
    model = shims.load_authors(options.power_law)(
        architecture="mlp",
        dims=[(784, options.width), (options.width, 10)],
        activation=options.activation,
        bn=options.batch_norm,
        cuda=False,
        trainer="vanilla",
        regularizer="eig" if options.strength else "no",
        alpha_spectra=options.strength,
        slope=1.0,
        eig_start=options.cutoff,
        only_last=True,
        optimizer="adam",
        lr=options.learning_rate,
        weight_decay=0,
    )
    with torch.no_grad():
        for theirs, ours in zip(model.parameters(), network(options).parameters(), strict=True):
            theirs.copy_(ours)
    trace = []
    # Their trainer returns the sum only; listening at the two methods that make it up tells the parts.
    whole, penalty = model.evaluate_training_loss, getattr(model, "spectra_regularizer", None)
    heard = {"penalty": 0.0}

    def listen_penalty(hidden):
        value = penalty(hidden)
        heard["penalty"] = options.strength * value.item()
        return value

    def listen_loss(images, labels):
        value = whole(images, labels)
        trace.append(
            {"loss": value.item(), "penalty": heard["penalty"], "task_loss": value.item() - heard["penalty"]}
        )
        return value

    model.evaluate_training_loss = listen_loss
    if options.strength:
        model.spectra_regularizer = listen_penalty
    for epoch in range(options.epochs):
        order = keyed_random.batches(options.seed, epoch, len(x), options.batch)
        batches = [(x[torch.from_numpy(b)], y[torch.from_numpy(b)]) for b in order]
        model.train_epoch(batches, x) if options.strength else model.train_epoch(batches)
    return trace


def optimizer(options):
    return {**engine.ADAM, "learning_rate": options.learning_rate, "amsgrad": True}


def penalty(options):
    if not options.strength:
        return None
    return {"strength": options.strength, "exponent": 1.0, "cutoff": options.cutoff, "layers": "last"}


def run_reference(options, x, y, steps, dtype):
    trainer = reference.Trainer(
        x,
        y,
        network=network(options),
        optimizer=optimizer(options),
        batch_size=options.batch,
        order_seed=options.seed,
        penalty=penalty(options),
        dtype=dtype,
    )
    return [trainer.step() for _ in range(steps)]


def run_worker(options):
    config = engine.configuration(
        dataset=engine.mnist(options.data, options.samples),
        model=engine.mlp(options.width, 1, options.activation, options.batch_norm),
        optimizer=optimizer(options),
        training={"epochs": options.epochs, "batch_size": options.batch},
        penalty=penalty(options),
        seed=options.seed,
    )
    trace, _ = engine.run(options.worker, [config])
    return [{column: line[column][0] for column in COLUMNS} for line in trace]


def difference(a, b):
    return abs(a - b) / max(abs(b), 1e-12)


def timed(name, run, *more):
    start = time.monotonic()
    trace = run(*more)
    print(f"{name}: {len(trace)} steps in {time.monotonic() - start:.1f} s", flush=True)
    return trace


def main():
    options = arguments()
    x, y = reference.mnist(options.data, options.samples)
    print(f"784-{options.width}-10, {options.activation}, batch norm {options.batch_norm}, batch {options.batch}, "
          f"strength {options.strength:g}, {len(x)} samples, torch {torch.__version__}")
    authors = timed("authors", run_authors, options, x, y)
    if options.worker:
        ours = timed("eigensweep", run_worker, options)
    else:
        ours = timed("plain torch", run_reference, options, x, y, len(authors), torch.float32)
    exact = None
    if options.float64:
        exact = timed("authors in float64", run_authors, options, x, y, torch.float64)
    if len(ours) != len(authors):
        print(f"FAIL: {len(ours)} steps of ours against {len(authors)} of the authors")
        return 1

    heads = ["step", "authors' loss", "our loss"] + [f"d {column}" for column in COLUMNS]
    if exact:
        heads += ["authors-f64", "ours-f64"]
    print("\n" + "  ".join(f"{head:>13}" for head in heads))
    parted = None
    worst_first = worst_epoch = 0.0
    epoch_steps = -(-len(x) // options.batch)
    for step, (a, b) in enumerate(zip(authors, ours)):
        apart = [difference(b[c], a[c]) if a[c] or b[c] else 0.0 for c in COLUMNS]
        worst_first = max(worst_first, apart[0]) if step < FIRST_STEPS else worst_first
        worst_epoch = max(worst_epoch, apart[0]) if step < epoch_steps else worst_epoch
        if parted is None and apart[0] > EPOCH_TOLERANCE:
            parted = step
        row = [f"{step:13d}", f"{a['loss']:13.8f}", f"{b['loss']:13.8f}"] + [f"{value:13.1e}" for value in apart]
        if exact:
            row += [f"{difference(t[step]['loss'], exact[step]['loss']):13.1e}" for t in (authors, ours)]
        if step < 2 * epoch_steps or step % epoch_steps == 0 or step == parted:
            print("  ".join(row))

    checks = [
        (f"first {min(FIRST_STEPS, len(authors))} steps", worst_first, FIRST_TOLERANCE),
        (f"first epoch ({min(epoch_steps, len(authors))} steps)", worst_epoch, EPOCH_TOLERANCE),
    ]
    print()
    for name, worst, tolerance in checks:
        print(f"{'ok  ' if worst <= tolerance else 'FAIL'} {name}: largest relative difference of the loss "
              f"{worst:.1e} (allowed {tolerance:.0e})")
    print(f"they part by more than {EPOCH_TOLERANCE:.0e} at step {parted}" if parted is not None
          else f"they do not part by more than {EPOCH_TOLERANCE:.0e} in these {len(authors)} steps")
    return 0 if all(worst <= tolerance for _, worst, tolerance in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
