# SPDX-License-Identifier: MIT
"""The rate of training against the rate at which the device multiplies matrices of the same shapes."""

import json
from dataclasses import asdict, dataclass

from .machine import ROOT, Bench, has_module
from .programs import Deadline, Trouble, run
from .step_worker import StepWorker
from .tables import Table

TITLE = "operations per second of training, as a share of what the device's own float32 products reach at the same shapes"
LIMIT = 300
UNIT = "of the products' rate"
PIXELS, CLASSES = 784, 10


@dataclass
class Product:
    """[m, k] x [k, n] in each lane. `is_shared`: all lanes have the same right matrix, so that theirs are one product
    [lanes * m, k] x [k, n]. A product takes 2 m k n operations in each lane."""

    m: int
    k: int
    n: int
    is_shared: bool = False


def products(width: int, batch: int) -> list[Product]:
    """The products of a step; features stand before samples. In each lane they take batch * width * (4 * 784 + 6 * 10 +
    4 * width) operations."""
    return [
        Product(width, PIXELS, batch, is_shared=True),  # hidden layer
        Product(width, batch, PIXELS, is_shared=True),  # the gradient of its weights
        Product(CLASSES, width, batch),  # readout
        Product(CLASSES, batch, width),  # the gradient of its weights
        Product(width, CLASSES, batch),  # back to the hidden layer
        Product(width, width, batch),  # penalty
        Product(width, width, batch),  # the gradient of the penalty
    ]


def operations(width: int, batch: int, lanes: int) -> float:
    return lanes * sum(2.0 * one.m * one.k * one.n for one in products(width, batch))


def rate_of_products(bench: Bench, deadline: Deadline, width: int, lanes: int) -> float:
    """Operations per second of these products alone, by torch in Python in float32. Throws Trouble."""
    shapes = [asdict(one) for one in products(width, bench.sizes.batch[width])]
    command = [bench.python, "-B", str(ROOT / "bench/gpu_parts/time_products.py"), bench.device, str(lanes),
               str(bench.sizes.seconds), json.dumps(shapes)]
    _, text = run(command, deadline.left(bench.row_limit))
    return operations(width, bench.sizes.batch[width], lanes) / sum(json.loads(text.splitlines()[-1])["seconds"])


def measure(bench: Bench, table: Table) -> None:
    if not has_module(bench.python, "torch"):
        table.skipped("rate of products", f"torch is not installed for {bench.python}")
        return
    deadline = bench.deadline(LIMIT)
    worker = StepWorker(bench, deadline)
    try:
        for width in bench.sizes.wide:
            for lanes in [lanes for lanes in bench.sizes.lanes if lanes <= 16]:
                what = f"width {width}, lanes {lanes}"
                try:
                    one(bench, deadline, worker, table, what, width, lanes)
                except Trouble as trouble:
                    table.trouble(what, trouble, width=width, lanes=lanes)
    finally:
        worker.close()


def one(bench: Bench, deadline: Deadline, worker: StepWorker, table: Table, what: str, width: int, lanes: int) -> None:
    found = worker.ask(width, lanes)
    count = operations(width, bench.sizes.batch[width], lanes)
    ours = [count / (1e-3 * ms) for ms in (found["ms_per_step"], *found["ms_per_step_quartiles"])]
    worker.close()  # the products shall have the device's memory
    theirs = rate_of_products(bench, deadline, width, lanes)
    keys = {"width": width, "lanes": lanes}
    table.measured(f"{what}: products alone", theirs / 1e12, "TFLOP/s", **keys)
    table.measured(f"{what}: training", ours[0] / 1e12, "TFLOP/s", sorted(rate / 1e12 for rate in ours[1:]), **keys)
    table.measured(f"{what}: share", ours[0] / theirs, UNIT, None, "training / products alone", **keys)
