# SPDX-License-Identifier: MIT
"""Models per second: lanes side by side against one process per model.

A model here is one epoch of the paper's network with its penalty: its steps and one refresh of eigenvectors. One process
per model is the same program with one lane: one process after another, and several at once, of which the faster counts.
The start of a process is counted for neither.
"""

from .machine import Bench
from .programs import Deadline, Trouble
from .step_worker import StepWorker
from .tables import Table

TITLE = "models per second (one epoch each), lanes side by side against one process per model"
LIMIT = 480


def models_per_second(found: dict) -> float:
    epoch = found["steps_per_epoch"] * found["ms_per_step"] + found["ms_per_refresh"]
    return 1e3 * found["lanes"] / epoch


def at_once(bench: Bench, deadline: Deadline, width: int) -> float:
    """Several processes with one lane each, all of which train while each is timed. Throws Trouble."""
    workers = [StepWorker(bench, deadline) for _ in range(bench.sizes.processes)]
    try:
        for worker in workers:
            worker.ask(width, 1)
        for worker in workers:
            worker.begin(width, 1)
        return sum(models_per_second(worker.end()) for worker in workers)
    finally:
        for worker in workers:
            worker.close()


def measure(bench: Bench, table: Table) -> None:
    deadline = bench.deadline(LIMIT)
    worker = StepWorker(bench, deadline)
    try:
        for width in bench.sizes.widths:
            one_width(bench, deadline, worker, table, width)
    finally:
        worker.close()


def one_width(bench: Bench, deadline: Deadline, worker: StepWorker, table: Table, width: int) -> None:
    rates = {}

    def add(what: str, rate, **keys) -> None:
        try:
            rates[what] = rate()
        except Trouble as trouble:
            table.trouble(f"width {width}, {what}", trouble, width=width, **keys)
        else:
            table.measured(f"width {width}, {what}", rates[what], "models/s", width=width, **keys)

    several = f"{bench.sizes.processes} processes at once"
    add("one process", lambda: models_per_second(worker.ask(width, 1)), lanes=1, processes=1)
    worker.close()  # it would keep its memory from the others
    add(several, lambda: at_once(bench, deadline, width), lanes=1, processes=bench.sizes.processes)
    alone = [rates[what] for what in ("one process", several) if what in rates]
    packs = []
    for lanes in bench.sizes.lanes[1:]:
        what = f"{lanes} lanes"
        add(what, lambda n=lanes: models_per_second(worker.ask(width, n)), lanes=lanes)
        if what in rates:
            packs.append((rates[what], lanes))
    what = f"width {width}: the best pack against one process per model"
    if alone and packs:
        best, lanes = max(packs)
        table.measured(what, best / max(alone), "times", None, f"{lanes} lanes", width=width)
    else:
        table.beyond(what, "one of the two was not measured", width=width)
