# SPDX-License-Identifier: MIT
"""PGD with 40 steps at 14 epsilons on 1,000 images."""

import json
import statistics

from .machine import Bench
from .programs import Deadline, Trouble, run
from .tables import Table

TITLE = "PGD of all steps at all epsilons"
LIMIT = 300
REPEATS = 5


def task_of(bench: Bench, width: int, lanes: int, steps: int, epsilons: list[float]) -> dict:
    """Networks that are barely trained, and the same attack on them several times over. Options that a task leaves out
    stand at their defaults."""
    lane = {"dataset": {"kind": "mnist", "train_samples": 500, "test_samples": bench.sizes.attacked},
            "model": {"kind": "mlp", "width": width},
            "training": {"epochs": 1, "batch_size": 250, "optimizer": {"kind": "adam"}}, "regularizers": {}}
    options = {"samples": bench.sizes.attacked, "steps": steps}
    return {
        "pack": "bench",
        "lanes": [{"trial": f"{i:016x}", "config": {**lane, "seed": i}, "train": True, "model_file": ""}
                  for i in range(lanes)],
        "evaluations": [{"id": f"pgd-{i}", "family": "attack", "label": f"pgd-{i}", "kind": "pgd", "options": options,
                         "strengths": epsilons} for i in range(REPEATS + 1)],
    }


def pgd_seconds(bench: Bench, deadline: Deadline, width: int, lanes: int, steps: int,
                epsilons: list[float]) -> tuple[float, list[float]]:
    """The median over repeats of the whole pack's seconds, and its quartiles. The worker stops its watch when it has the
    accuracies in hand, so the device has ended by then. The first attack is left out. Throws Trouble."""
    file = bench.folder / "attack.json"
    file.write_text(json.dumps(task_of(bench, width, lanes, steps, epsilons)))
    _, text = run([str(bench.worker), "--device", bench.device, "--task", str(file)], deadline.left(bench.row_limit))
    seconds = {}
    for line in text.splitlines():
        if not line.startswith("{"):
            continue
        record = json.loads(line)
        if record["status"] != "ok":
            raise Trouble(f"{record['evaluation'] or 'training'}: {record['status']}: {record['message']}")
        if record["evaluation"]:
            seconds[record["evaluation"]] = record["provenance"]["seconds"]
    if len(seconds) != REPEATS + 1:
        raise Trouble(f"{len(seconds)} attacks instead of {REPEATS + 1}")
    times = [taken for name, taken in seconds.items() if name != "pgd-0"]
    quartiles = statistics.quantiles(times, n=4)
    return statistics.median(times), [quartiles[0], quartiles[2]]


def measure(bench: Bench, table: Table) -> None:
    deadline = bench.deadline(LIMIT)
    sizes = bench.sizes
    epsilons = [round(0.5 * (i + 1) / sizes.epsilons, 3) for i in range(sizes.epsilons)]
    for width in sizes.widths:
        for lanes in sizes.attack_lanes:
            what = f"PGD-{sizes.attack_steps}, {len(epsilons)} epsilons, {sizes.attacked} images, width {width}, lanes {lanes}"
            try:
                middle, quartiles = pgd_seconds(bench, deadline, width, lanes, sizes.attack_steps, epsilons)
            except Trouble as trouble:
                table.trouble(what, trouble, width=width, lanes=lanes)
                continue
            table.measured(what, middle, "s", quartiles, f"median of {REPEATS}", width=width, lanes=lanes)
