# SPDX-License-Identifier: MIT
"""The paper's five studies, full size: how long `eigensweep run` takes for each."""

import json
import time
from pathlib import Path

from .machine import ROOT, Bench
from .programs import Deadline, PartOver, Trouble, run
from .tables import Table

TITLE = "the paper's studies (jobs/paper, full size), from start to end of `eigensweep run` with one worker"
#: Seconds beyond its time budget after which a run is ended by force.
GRACE = 120
CONTINUE_LATER = 75
#: What a run says, with exit code 4, whose time was too short to come as far as a checkpoint.
NOTHING_TO_KEEP = "ended before there was anything to keep"


def studies(bench: Bench) -> list[Path]:
    found = sorted(file for file in (ROOT / "jobs/paper").glob("*.json") if not file.stem.endswith("-small"))
    return [shrunk(bench, file) for file in found] if bench.is_tiny else found


def shrunk(bench: Bench, file: Path) -> Path:
    """The same study with tiny numbers, which trains and attacks in a second."""
    tiny = {"width": 16, "channels": 2, "epochs": 1, "batch_size": 100, "samples": 20, "steps": 2}

    def shrink(value):
        if isinstance(value, list):
            return [shrink(inner) for inner in value]
        if not isinstance(value, dict):
            return value
        return {name: shrink(inner) if isinstance(inner, (dict, list)) else tiny.get(name, inner)
                for name, inner in value.items()}

    study = shrink(json.loads(file.read_text()))
    study.pop("$schema")
    study["seed"] = 0
    study["dataset"] = {"train_samples": 300, "test_samples": 100}
    (bench.folder / "paper").mkdir(exist_ok=True)
    copy = bench.folder / "paper" / file.name
    copy.write_text(json.dumps(study))
    return copy


def networks(output: Path) -> str:
    """How many networks are trained, "24 of 24 networks", as the run itself says."""
    trials = json.loads((output / "status.json").read_text())["trials"]
    return f"{trials['done']} of {trials['total']} networks"


def measure(bench: Bench, table: Table) -> None:
    files = studies(bench)
    deadline = Deadline(60 * bench.minutes)
    total, is_whole = 0.0, True
    for file in files:
        output = bench.folder / "runs" / file.stem
        begin = time.monotonic()
        try:
            left = deadline.left()
            command = [str(bench.program), "run", str(file), "--output", str(output), "--device", bench.device,
                       "--workers", "1", "--time-budget", str(max(1, int(left)))]
            code, _ = run(command, left + GRACE, {"EIGENSWEEP_WORKER": str(bench.worker)}, codes=(0, CONTINUE_LATER))
        except PartOver as over:
            table.beyond(file.stem, str(over), study=file.stem)
            is_whole = False
            continue
        except Trouble as trouble:
            trouble.is_beyond |= NOTHING_TO_KEEP in str(trouble)
            table.trouble(file.stem, trouble, study=file.stem)
            is_whole = False
            continue
        seconds = time.monotonic() - begin
        total += seconds
        if code == CONTINUE_LATER:
            is_whole = False
            table.beyond(file.stem, f"stopped after {seconds:.0f} s with {networks(output)}", study=file.stem)
        else:
            table.measured(file.stem, seconds, "s", None, networks(output), study=file.stem)
    what = f"all {len(files)} studies"
    if is_whole:
        table.measured(what, total / 60, "min", None, "", study="all")
    else:
        table.beyond(what, f"not all ended; {total / 60:.1f} min so far", study="all")
