# SPDX-License-Identifier: MIT
"""Does the device compute what the CPU computes? One tiny study on both."""

import csv
import io
import json
from pathlib import Path

from .machine import Bench, visible_gpus
from .programs import Deadline, Trouble, run
from .tables import Table

TITLE = "the worker sees the device, and a tiny study gives the CPU's numbers"
LIMIT = 180

STUDY = {
    "name": "smoke",
    "seed": {"sweep": [0, 1]},
    "dataset": {"train_samples": 1500, "test_samples": 500},
    "model": {"width": 24, "depth": 2},
    "training": {"epochs": 2, "batch_size": 128, "optimizer": {"amsgrad": True}},
    "regularizers": {"spectral": {"strength": {"sweep": [0, 0.5]}, "layers": "all"}},
    "attacks": {"fgsm": {"epsilon": {"sweep": [0, 0.05]}, "samples": 500},
                "pgd": {"epsilon": {"sweep": [0.05]}, "samples": 500, "steps": 10}},
    "metrics": {"accuracy": {}},
}
#: Sums are rounded in another order, and 24 steps with a penalty amplify it; a sample may lie on a decision boundary.
LOSS_TOLERANCE, ACCURACY_TOLERANCE = 1e-3, 0.01
#: Columns that must be equal: which trial it is, and what happened to it.
NAMES = ("trial", "trial_id", "seed", "strength", "status", "attack", "epsilon", "attack_status")

#: Columns that are shares of samples or differences of these, beside the accuracies.
SHARES = ("rise", "above_cheaper", "unconfirmed")


def rows_of(bench: Bench, deadline: Deadline, study: Path, name: str, device: str, *options: str) -> list[dict]:
    """The study's numbers on this device, a dictionary of texts for each trial, attack and intensity."""
    output = bench.folder / "smoke" / name
    command = [str(bench.program), "run", str(study), "--output", str(output), "--device", device, "--workers", "1", *options]
    run(command, deadline.left(), {"EIGENSWEEP_WORKER": str(bench.worker)})
    return list(csv.DictReader(io.StringIO(run([str(bench.program), "export", "--csv", str(output)], deadline.left())[1])))


def largest_differences(ours: list[dict], wanted: list[dict]) -> tuple[float, float]:
    """Of the losses, relative; of the accuracies, absolute. Throws Trouble where the tables have other rows or no numbers."""
    loss = accuracy = 0.0
    if len(ours) != len(wanted) or not ours:
        raise Trouble(f"{len(ours)} rows on the device, {len(wanted)} on the CPU")
    for a, b in zip(ours, wanted):
        for name, text in b.items():
            if name in NAMES or not text or not a[name]:  # a number may be missing, on both
                if a[name] != text:
                    raise Trouble(f"{name} is '{a[name]}' on the device and '{text}' on the CPU")
            elif name.endswith("accuracy") or name in SHARES:
                accuracy = max(accuracy, abs(float(a[name]) - float(text)))
            else:
                loss = max(loss, abs(float(a[name]) / float(text) - 1))
    return loss, accuracy


def measure(bench: Bench, table: Table) -> None:
    deadline = bench.deadline(LIMIT)
    gpus = visible_gpus(bench.worker)
    if gpus == 0 and bench.device != "cpu":
        table.failed("GPUs that the worker sees", "none")
        return
    table.measured("GPUs that the worker sees", gpus, "")
    (bench.folder / "smoke").mkdir(exist_ok=True)
    study = bench.folder / "smoke/study.json"
    study.write_text(json.dumps(STUDY))
    ours = rows_of(bench, deadline, study, "device", bench.device)
    # Against itself the CPU trains each network alone, which also sums in another order.
    wanted = rows_of(bench, deadline, study, "cpu", "cpu", *(["--lanes", "1"] if bench.device == "cpu" else []))
    loss, accuracy = largest_differences(ours, wanted)
    for what, found, allowed in (("losses, largest relative difference", loss, LOSS_TOLERANCE),
                                 ("accuracies, largest difference", accuracy, ACCURACY_TOLERANCE)):
        if found <= allowed:
            table.measured(f"{bench.device} against cpu: {what}", found, "", note=f"allowed {allowed:g}")
        else:
            table.failed(f"{bench.device} against cpu: {what}", f"{found:.2e}, allowed {allowed:g}")
