#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the worker's training, step by step, with torch in Python on the same weights and batches.

The reference (reference.py) is torch.nn.Sequential, torch.optim and the penalty's plain formula, run in float64. Each
case trains two networks of different seeds in one pack; after one step the weights must agree to 1e-5, after ten (which
cross two epochs and a smaller last batch) to 1e-4; so must the traced losses. Usage:

  tests/oracle/one_step.py --worker build/dev/bin/eigensweep-worker [--case NAME]

Without --worker, the same reference in float32 stands in: the rounding that any program in float32 must show.
Exit code: 0 agree, 1 part, 77 skipped for want of a Python package or a GPU.
"""

import argparse
import importlib.util
import sys
import tempfile
from pathlib import Path

MISSING = [name for name in ("numpy", "torch", "safetensors") if importlib.util.find_spec(name) is None]
if MISSING:
    print(f"skipped: {sys.executable} has no {', '.join(MISSING)}; run scripts/setup --tests")
    sys.exit(77)

import numpy as np  # noqa: E402
import torch  # noqa: E402

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import networks  # noqa: E402
import noisy  # noqa: E402
import recurrent  # noqa: E402
import reference  # noqa: E402
import worker as engine  # noqa: E402
from cases import AMSGRAD, CASES, MLP, SEEDS  # noqa: E402

AFTER = (1, 10)
WEIGHTS_TOLERANCE = {1: 1e-5, 10: 1e-4}
# The step itself is some hundred times smaller than the weights: it is held to the same accuracy by itself.
UPDATE_TOLERANCE = {1: 1e-3, 10: 1e-2}
LOSS_TOLERANCE = {1: 1e-5, 10: 1e-4}
SAMPLES, BATCH, EPOCHS = 400, 112, 3  # 4 steps an epoch, the last of 64 samples


def trained_by_torch(case, seed, x, y, dtype):
    """The trace of ten steps, the parameters {0, 1, 10: {name: array}} and the running statistics after ten."""
    model = case.get("model", MLP(24, 1))
    model = {"base_width": model["width"], "output_scale": 1.0, "centre_output": False, **model}
    network = recurrent.Recurrent(model, seed) if model["kind"] == "rnn" else networks.make_network(model, seed)
    trainer = reference.Trainer(
        x,
        y,
        network=network,
        optimizer=case.get("optimizer", AMSGRAD),
        batch_size=BATCH,
        order_seed=0 if case.get("batch_order") == "shared" else seed,
        loss=case.get("loss", "cross_entropy"),
        penalty=case.get("penalty"),
        jacobian=case.get("jacobian"),
        adversary=case.get("adversary"),
        seed=seed,
        target_offset=case.get("target_offset", 0.0),
        rate_rule=case.get("rate_rule", "fixed"),
        width_ratio=model["width"] / model["base_width"],
        output_scale=model["output_scale"],
        centre_output=model["centre_output"],
        compute=case.get("compute", "float32"),
        keep_last=case.get("last_batch", "keep") == "keep",
        dtype=dtype,
    )
    trace, weights = [], {0: trainer.state()}
    for step in range(1, max(AFTER) + 1):
        trace.append(trainer.step())
        if step in AFTER:
            weights[step] = trainer.state()
    return trace, weights


def trained_by_worker(case, worker, data):
    configs = [
        engine.configuration(
            dataset=engine.mnist(data, SAMPLES),
            model=case.get("model", MLP(24, 1)),
            optimizer=case.get("optimizer", AMSGRAD),
            training={
                "epochs": EPOCHS if case.get("last_batch", "keep") == "keep" else EPOCHS + 1,
                "batch_size": BATCH,
                "loss": case.get("loss", "cross_entropy"),
                "target_offset": case.get("target_offset", 0.0),
                "rate_rule": case.get("rate_rule", "fixed"),
                "last_batch": case.get("last_batch", "keep"),
                "batch_order": case.get("batch_order", "per_seed"),
                "compute": case.get("compute", "float32"),
                "adversary": case.get("adversary", {"kind": "none"})["kind"],
                **{f"adversary_{key}": value for key, value in case.get("adversary", {}).items() if key != "kind"},
            },
            penalty=case.get("penalty"),
            jacobian=case.get("jacobian"),
            seed=seed,
        )
        for seed in SEEDS
    ]
    trace, weights = engine.run(worker, configs, weights_after=(0, *AFTER))
    lanes = []
    for lane in range(len(SEEDS)):
        steps = [
            {"epoch": line["epoch"], **{c: line[c][lane] for c in ("loss", "task_loss", "penalty")}} for line in trace
        ]
        lanes.append((steps, {step: weights[step][lane] for step in weights}))
    return lanes


def larger(a, b):
    """The larger of two numbers, and NaN where one is: max() drops a NaN that stands second."""
    return float(np.maximum(a, b))


def relative(a, b, base=None):
    """Largest over tensors of |a - b| / |b - base|, norms over a tensor."""
    worst = 0.0
    for name, wanted in b.items():
        if name not in a:
            raise RuntimeError(f"the worker's weights have no {name}, only {', '.join(a)}")
        origin = base[name] if base else 0.0
        # A tensor that should not move at all (a bias before batch norm) moves by rounding, which Adam makes a step of.
        least = 1e-3 * np.linalg.norm(wanted) + 1e-9
        worst = larger(worst, np.linalg.norm(a[name] - wanted) / larger(np.linalg.norm(wanted - origin), least))
    return worst


def compare(case, ours, wanted):
    """Deviations by name, with what is allowed."""
    (trace, weights), (wanted_trace, wanted_weights) = ours, wanted
    # Both sides in float64 differ by the order of sums alone.
    share = 1e-4 if case.get("model", {}).get("precision") == "float64" else 1.0
    found = {"initial weights": (relative(weights[0], wanted_weights[0]), 1e-7)}
    for steps in AFTER:
        found[f"weights {steps}"] = (relative(weights[steps], wanted_weights[steps]), share * WEIGHTS_TOLERANCE[steps])
        moved = relative(weights[steps], wanted_weights[steps], wanted_weights[0])
        found[f"update {steps}"] = (moved, share * UPDATE_TOLERANCE[steps])
        worst = 0.0
        for a, b in zip(trace[:steps], wanted_trace[:steps], strict=True):
            if a["epoch"] != b["epoch"]:
                raise RuntimeError(f"a step of epoch {b['epoch']} was traced as epoch {a['epoch']}")
            for column in ("loss", "task_loss", "penalty"):
                worst = larger(worst, abs(a[column] - b[column]) / larger(abs(b["loss"]), 1e-12))
        found[f"losses {steps}"] = (worst, share * LOSS_TOLERANCE[steps])
    return found


def has_parted(name, case, worker, data):
    """Runs a case on the images in the folder `data` and prints its line. True if a deviation is not allowed."""
    x, y = reference.mnist(data, SAMPLES)
    if worker:
        lanes = trained_by_worker(case, worker, data)
    else:
        lanes = [trained_by_torch(case, seed, x, y, torch.float32) for seed in SEEDS]
    found = {}
    for ours, seed in zip(lanes, SEEDS, strict=True):
        for key, (value, allowed) in compare(case, ours, trained_by_torch(case, seed, x, y, torch.float64)).items():
            found[key] = (larger(value, found.get(key, (0.0,))[0]), allowed)
    wrong = [key for key, (value, allowed) in found.items() if not value <= allowed]
    print(f"{'FAIL' if wrong else 'ok  '} {name:42}" + "  ".join(f"{k} {v:.1e}" for k, (v, _) in found.items()))
    for key in wrong:
        print(f"     {key}: {found[key][0]:.2e}, allowed {found[key][1]:.0e}")
    return bool(wrong)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worker", help="eigensweep-worker; without it, the reference in float32 stands in")
    parser.add_argument("--data", default=HERE.parents[1] / "data" / "mnist", help="folder with MNIST's four files")
    parser.add_argument("--case", choices=CASES, help="run this case only")
    options = parser.parse_args()
    engine.skip_without_device(options.worker)
    torch.set_num_threads(1)
    failed = 0
    with tempfile.TemporaryDirectory() as noise:
        noisy.write(options.data, noise, SAMPLES)
        for name, case in CASES.items():
            if options.case in (None, name):
                failed += has_parted(name, case, options.worker, noise if case.get("noisy") else options.data)
    print(f"{failed} of the cases part" if failed else "all cases agree")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
