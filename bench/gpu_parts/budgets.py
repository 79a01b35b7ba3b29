# SPDX-License-Identifier: MIT
"""The time of a training step and of a refresh of eigenvectors in each condition, and of a step of PGD."""

from .attack import pgd_seconds
from .machine import Bench
from .programs import Deadline, Trouble
from .sizes import CONDITIONS
from .step_worker import StepWorker
from .tables import Table

TITLE = "milliseconds per training step, refresh and PGD step, of the whole pack"
LIMIT = 1500


def has_refresh(change: dict) -> bool:
    return change.get("regularizers", {}).get("spectral", {}) is not None


def measure(bench: Bench, table: Table) -> None:
    deadline = bench.deadline(LIMIT)
    worker = StepWorker(bench, deadline)
    try:
        for name, change in CONDITIONS.items():
            for width in bench.sizes.widths:
                for_lanes(bench, table, f"{name}, width {width}",
                          lambda what, lanes, w=width, n=name, c=change: one_training(worker, table, what, n, c, w, lanes))
    finally:
        worker.close()
    for width in bench.sizes.widths:
        for_lanes(bench, table, f"step of PGD, width {width}",
                  lambda what, lanes, w=width: one_attack(bench, deadline, table, what, w, lanes))


def for_lanes(bench: Bench, table: Table, what: str, one) -> None:
    """One row per number of lanes. Where one is beyond the machine, so are the larger ones, and they are not tried."""
    beyond = 0
    for lanes in bench.sizes.lanes:
        title = f"{what}, {lanes} lanes" if lanes > 1 else f"{what}, 1 lane"
        if beyond:
            table.beyond(title, f"not tried: not even {beyond} was")
            continue
        try:
            one(title, lanes)
        except Trouble as trouble:
            table.trouble(title, trouble)
            beyond = lanes if trouble.is_beyond else 0


def one_training(worker: StepWorker, table: Table, what: str, name: str, change: dict, width: int, lanes: int) -> None:
    found = worker.ask(width, lanes, change)
    keys = {"condition": name, "width": width, "lanes": lanes}
    table.measured(f"{what}: step", found["ms_per_step"], "ms", found["ms_per_step_quartiles"],
                   f"batch {found['batch']}, {found['steps']} steps", **keys)
    if has_refresh(change):
        table.measured(f"{what}: refresh", found["ms_per_refresh"], "ms per refresh", None,
                       f"least of {found['refreshes']}", **keys)


def one_attack(bench: Bench, deadline: Deadline, table: Table, what: str, width: int, lanes: int) -> None:
    steps = bench.sizes.attack_steps
    middle, quartiles = pgd_seconds(bench, deadline, width, lanes, steps, [0.1])
    table.measured(what, 1e3 * middle / steps, "ms", [1e3 * seconds / steps for seconds in quartiles],
                   f"{bench.sizes.attacked} images, {steps} steps with all around them",
                   condition="attack", width=width, lanes=lanes)
