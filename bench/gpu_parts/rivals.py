# SPDX-License-Identifier: MIT
"""Packs against ensembles of the same mathematics by torch.func and by JAX: step times.

Each rival first trains two of the worker's networks from the worker's initial weights on the worker's batches. Its times
count only if it has the worker's losses.
"""

import json
from pathlib import Path

from .machine import ROOT, Bench, has_module
from .programs import Deadline, Program, Trouble, json_of, run
from .step_worker import StepWorker
from .tables import Table

TITLE = "milliseconds per training step of a pack, beside torch.func and JAX"
LIMIT = 600
RIVALS = {"torch.func": ("rival_torch.py", ("torch", "numpy")), "JAX vmap": ("rival_jax.py", ("jax", "numpy"))}
STEPS, SEEDS, TOLERANCE = 5, (0, 1), 1e-3


def record_training(bench: Bench, deadline: Deadline, width: int, folder: Path) -> None:
    """Lets the worker train: losses.jsonl has the loss of each step and lane, weights/ the initial networks."""
    batch = bench.sizes.batch[width]
    folder.mkdir(parents=True, exist_ok=True)
    config = {"dataset": {"kind": "mnist", "train_samples": STEPS * batch, "test_samples": 10},
              "model": {"kind": "mlp", "width": width},
              "training": {"epochs": 1, "batch_size": batch, "batch_order": "shared", "last_batch": "drop",
                           "optimizer": {"kind": "adam", "amsgrad": True}},
              "regularizers": {"spectral": {"kind": "spectral"}}}
    lanes = [{"trial": f"{seed:016x}", "config": {**config, "seed": seed}, "train": True, "model_file": ""} for seed in SEEDS]
    task = folder / "task.json"
    task.write_text(json.dumps({"pack": "bench", "lanes": lanes, "evaluations": []}))
    run([str(bench.worker), "--device", bench.device, "--task", str(task), "--trace", str(folder / "losses.jsonl"),
         "--trace-weights", str(folder / "weights"), "--trace-steps", "0"], deadline.left(bench.row_limit))


def times_of_rival(bench: Bench, deadline: Deadline, table: Table, name: str, width: int, folder: Path) -> dict[int, float]:
    """Milliseconds per step by the number of lanes, as far as there are some. The program prints a line of JSON for the
    comparison, and then one for each number of lanes."""
    script, _ = RIVALS[name]
    what, lanes_left = f"{name}, width {width}", list(bench.sizes.rival_lanes)
    python = bench.jax_python if script == "rival_jax.py" else bench.python
    request = {"device": bench.device, "folder": str(folder), "width": width, "batch": bench.sizes.batch[width], "steps": STEPS,
               "lanes": lanes_left, "seconds": bench.sizes.seconds}
    # Several programs may share this GPU one after another, so JAX shall not take all memory at its start.
    program = Program([python, "-B", str(ROOT / "bench/gpu_parts" / script), json.dumps(request)],
                      {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"})
    found = {}

    def next_line() -> dict:
        line = program.line(deadline.left(bench.row_limit))
        if line is None:
            raise program.trouble()
        return json_of(line)

    try:
        apart = next_line()["apart"]
        if not apart <= TOLERANCE:
            table.failed(f"{what}: losses of {STEPS} steps",
                         f"they part by {apart:.1e}, allowed {TOLERANCE:g}: its times do not count")
            return found
        table.measured(f"{what}: losses of {STEPS} steps, largest relative difference", apart, "", None, f"allowed {TOLERANCE:g}")
        while lanes_left:
            answer = next_line()
            lanes = lanes_left.pop(0)
            found[lanes] = answer["ms_per_step"]
            table.measured(f"{what}, lanes {lanes}", found[lanes], "ms", answer["quartiles"], answer["note"],
                           rival=name, width=width, lanes=lanes)
    except Trouble as trouble:
        table.trouble(f"{what}, lanes {', '.join(map(str, lanes_left))}", trouble)
    finally:
        program.kill()
    return found


def times_of_ours(bench: Bench, deadline: Deadline, table: Table, width: int) -> dict[int, float]:
    worker, found = StepWorker(bench, deadline), {}
    try:
        for lanes in bench.sizes.rival_lanes:
            what = f"eigensweep, width {width}, lanes {lanes}"
            try:
                answer = worker.ask(width, lanes)
            except Trouble as trouble:
                table.trouble(what, trouble)
                continue
            found[lanes] = answer["ms_per_step"]
            table.measured(what, found[lanes], "ms", answer["ms_per_step_quartiles"], f"{answer['steps']} steps",
                           rival="", width=width, lanes=lanes)
    finally:
        worker.close()
    return found


def measure(bench: Bench, table: Table) -> None:
    deadline = bench.deadline(LIMIT)
    present = []
    for name, (script, modules) in RIVALS.items():
        python = bench.jax_python if script == "rival_jax.py" else bench.python
        missing = [module for module in modules if not has_module(python, module)]
        if missing:
            table.skipped(name, f"skipped: {', '.join(missing)} is not installed", rival=name)
        else:
            present.append(name)
    if not present:
        return
    for width in bench.sizes.widths:
        folder = bench.folder / "rivals" / str(width)
        try:
            record_training(bench, deadline, width, folder)
        except Trouble as trouble:
            table.trouble(f"width {width}: the training to compare with", trouble)
            continue
        ours = times_of_ours(bench, deadline, table, width)
        for name in present:
            for lanes, theirs in times_of_rival(bench, deadline, table, name, width, folder).items():
                if lanes in ours:
                    table.measured(f"{name} / eigensweep, width {width}, lanes {lanes}", theirs / ours[lanes], "times", None,
                                   "above 1: eigensweep is faster", rival=name, width=width, lanes=lanes)
