#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains the network of section 4.1 of Nassar et al. (2020) with the authors' code and with eigensweep, side by side.

Both start from the same initial weights and see the same mini-batches; the losses of every optimiser step are compared.
The authors' code runs twice: as it is, and in float64, since its own rounding in float32 turned out to be larger than
what is to be shown (docs/science.md). Against the run in float64 ours must agree to 1e-4 (relative) over the first 10
steps and to 1e-3 over the first epoch; against the run in float32 the difference is reported. Usage:

  git clone https://github.com/josuenassar/power_law
  tests/oracle/authors/compare.py --power-law power_law --worker build/release/bin/eigensweep-worker

About ten minutes on two cores; --width 256 --batch 384 --samples 7000 takes one. Without --worker, the plain torch
program of tests/oracle/reference.py stands in for eigensweep. Exit code: 0 agree, 1 part, 2 usage.
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
    return parser.parse_args()


def network(options):
    return reference.make_network(engine.mlp(options.width, 1, options.activation, options.batch_norm), options.seed)


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
    model, trace = listen_to_authors(options)
    for epoch in range(options.epochs):
        order = keyed_random.batches(options.seed, epoch, len(x), options.batch)
        batches = [(x[torch.from_numpy(b)], y[torch.from_numpy(b)]) for b in order]
        model.train_epoch(batches, x) if options.strength else model.train_epoch(batches)
    if options.strength and x.dtype == torch.float32:
        show_rounding(options, model, x)
    return trace


def listen_to_authors(options):
    """Their model with our initial weights, and the list to which it will add the losses of every step."""
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
    return model, trace


def show_rounding(options, model, x):
    """The penalty of one batch and its gradient by two float32 programs, on the same activations and eigenvectors."""
    from ModelDefs.utils import eigen_val_regulate

    with torch.no_grad():
        hidden = model.bothOutputs(x[: options.batch])[0][-1]
    vectors = model.eig_vec

    def theirs(h):
        return eigen_val_regulate(h, vectors.to(h.dtype), start=options.cutoff)[1].sum()

    def ours(h):
        return reference.spectral_penalty(h, vectors, cutoff=options.cutoff)

    def with_gradient(function, h):
        h = h.clone().requires_grad_(True)
        value = function(h)
        value.backward()
        return value.item(), h.grad.double()

    exact, exact_gradient = with_gradient(ours, hidden.double())
    for name, function in (("authors' form", theirs), ("plain torch", ours)):
        value, gradient = with_gradient(function, hidden)
        off = ((gradient - exact_gradient).norm() / exact_gradient.norm()).item()
        print(f"one batch after training, float32 against float64, {name}: penalty off by "
              f"{difference(value, exact):.1e}, its gradient by {off:.1e}")


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
    exact = timed("authors in float64", run_authors, options, x, y, torch.float64)
    if len(ours) != len(authors):
        print(f"FAIL: {len(ours)} steps of ours against {len(authors)} of the authors")
        return 1

    epoch_steps = -(-len(x) // options.batch)
    print("\n" + "  ".join(f"{head:>13}" for head in (
        "step", "authors' loss", "in float64", "our loss", "ours-f64", "authors-f64", "ours-authors", "task ours-f64",
        "pen. ours-f64")))
    for step, (theirs, mine, truth) in enumerate(zip(authors, ours, exact)):
        apart = [difference(mine["loss"], truth["loss"]), difference(theirs["loss"], truth["loss"]),
                 difference(mine["loss"], theirs["loss"])]
        apart += [difference(mine[c], truth[c]) if truth[c] else 0.0 for c in ("task_loss", "penalty")]
        losses = [trace["loss"] for trace in (theirs, truth, mine)]
        if step < 2 * epoch_steps or step % epoch_steps == 0:
            print("  ".join([f"{step:13d}", *(f"{v:13.8f}" for v in losses), *(f"{v:13.1e}" for v in apart)]))

    print()
    verdict = report("ours against the authors' code in float64", ours, exact, epoch_steps, "ok  ", "FAIL")
    report("ours against the authors' code in float32", ours, authors, epoch_steps)
    report("the authors' code in float32 against itself in float64", authors, exact, epoch_steps)
    return 0 if verdict else 1


def report(what, trace, wanted, epoch_steps, good="     ", bad="     "):
    """Prints how far two runs are apart; whether they are as near as they must be."""
    apart = [difference(a["loss"], b["loss"]) for a, b in zip(trace, wanted)]
    first, epoch = max(apart[:FIRST_STEPS]), max(apart[:epoch_steps])
    parted = next((step for step, value in enumerate(apart) if value > EPOCH_TOLERANCE), None)
    agree = first <= FIRST_TOLERANCE and epoch <= EPOCH_TOLERANCE
    print(f"{good if agree else bad}{what}: largest relative difference of the loss {first:.1e} in the first "
          f"{min(FIRST_STEPS, len(apart))} steps (wanted {FIRST_TOLERANCE:.0e}), {epoch:.1e} in the first epoch of "
          f"{min(epoch_steps, len(apart))} (wanted {EPOCH_TOLERANCE:.0e}); "
          + (f"above {EPOCH_TOLERANCE:.0e} from step {parted}" if parted is not None
             else f"never above {EPOCH_TOLERANCE:.0e} in {len(apart)} steps"))
    return agree


if __name__ == "__main__":
    sys.exit(main())
