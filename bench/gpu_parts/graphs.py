# SPDX-License-Identifier: MIT
"""The time of a training step that is recorded once and replayed, against the same step launched operation by operation."""

from .budgets import for_lanes
from .machine import Bench
from .programs import Trouble
from .sizes import CONDITIONS
from .step_worker import StepWorker
from .tables import Table

TITLE = "milliseconds per training step, launched operation by operation and replayed (EIGENSWEEP_STEP_GRAPHS)"
LIMIT = 600
#: The conditions whose steps are alike, so that they may be recorded.
RECORDED = ("plain", "penalised", "three layers, all penalised", "FGSM adversary", "CNN")


def measure(bench: Bench, table: Table) -> None:
    deadline = bench.deadline(LIMIT)
    launched = StepWorker(bench, deadline)
    replayed = StepWorker(bench, deadline, {"EIGENSWEEP_STEP_GRAPHS": "1"})
    try:
        for name in RECORDED:
            for width in bench.sizes.narrow:
                for_lanes(bench, table, f"{name}, width {width}",
                          lambda what, lanes, w=width, n=name: side_by_side(bench, table, launched, replayed, what, n, w, lanes))
    finally:
        launched.close()
        replayed.close()


def side_by_side(bench: Bench, table: Table, launched: StepWorker, replayed: StepWorker, what: str, name: str, width: int,
                 lanes: int) -> None:
    keys = {"condition": name, "width": width, "lanes": lanes}
    before = launched.ask(width, lanes, CONDITIONS[name])
    after = replayed.ask(width, lanes, CONDITIONS[name])
    not_replayed = "; ".join(after["remarks"]) or ("" if after["steps_are_replayed"] else "no step was replayed")
    if not_replayed and bench.device != "cpu":
        raise Trouble(not_replayed)

    def measured(way: str, found: dict) -> None:
        table.measured(f"{what}: {way}", found["ms_per_step"], "ms", found["ms_per_step_quartiles"],
                       f"batch {found['batch']}, {found['steps']} steps", **keys)

    measured("launched", before)
    if not_replayed:
        table.skipped(f"{what}: replayed", not_replayed, **keys)
        return
    measured("replayed", after)
    table.measured(f"{what}: replayed is faster", before["ms_per_step"] / after["ms_per_step"], "times", **keys)
