# SPDX-License-Identifier: MIT
"""The tests that compare the worker with torch and numpy in Python, with the worker on the device."""

from .machine import ROOT, Bench, has_module
from .programs import Trouble, run
from .tables import Table

TITLE = "tests/oracle with the worker on the device"
LIMIT = 900
#: The variable by which tests/oracle/worker.py hands the device on.
DEVICE_VARIABLE = "EIGENSWEEP_ORACLE_DEVICE"
PACKAGES = ("torch", "numpy", "safetensors")
# Per script: how a line begins that tells of an agreement, and of none.
SCRIPTS = {"one_step.py": ("ok ", "FAIL"), "robustness.py": ("ok ", "PARTS")}
TINY = {"one_step.py": ["--case", "amsgrad, penalty"], "robustness.py": ["--samples", "50"]}


def measure(bench: Bench, table: Table) -> None:
    deadline = bench.deadline(LIMIT)
    missing = [name for name in PACKAGES if not has_module(bench.python, name)]
    for script, (good, bad) in SCRIPTS.items():
        if missing:
            table.skipped(script, f"{', '.join(missing)} is not installed")
            continue
        command = [bench.python, "-B", str(ROOT / "tests/oracle" / script), "--worker", str(bench.worker),
                   *(TINY[script] if bench.is_tiny else [])]
        try:
            code, text = run(command, deadline.left(), {DEVICE_VARIABLE: bench.device}, codes=(0, 1))
        except Trouble as trouble:
            table.failed(script, str(trouble))
            continue
        lines = text.splitlines()
        agree, part = ([line for line in lines if line.startswith(start)] for start in (good, bad))
        for line in part:
            table.failed(script, " ".join(line.split()))
        if code == 0 and agree:
            table.measured(f"{script}: comparisons that agree", len(agree), "", note=f"of {len(agree) + len(part)}")
        elif not part:
            table.failed(script, f"it left with {code}: {lines[-1] if lines else 'it said nothing'}")
