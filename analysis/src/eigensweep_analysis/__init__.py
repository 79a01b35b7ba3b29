# SPDX-License-Identifier: MIT
"""Results of an eigensweep study in Python.

>>> import eigensweep_analysis
>>> data = eigensweep_analysis.load("runs/quickstart/results.h5")
>>> data.robust_accuracy.sel(width=256, attack="pgd").mean("seed")
>>> eigensweep_analysis.tables.attacks("runs/quickstart")  # a pandas.DataFrame
>>> eigensweep_analysis.figures.draw(data)["accuracy_pgd"].savefig("pgd.pdf")
>>> network = eigensweep_analysis.load_model("runs/quickstart", 0)  # a torch.nn.Module

`python -m eigensweep_analysis report results.h5` writes figures and one self-contained HTML page,
`python -m eigensweep_analysis export optuna results.h5` writes what other tools read,
`python -m eigensweep_analysis figures paper results.h5...` those of the paper, from the studies in jobs/paper.
"""

from eigensweep_analysis import tables
from eigensweep_analysis.alarms import Alarm, alarms
from eigensweep_analysis.compare import compare
from eigensweep_analysis.load import STATUS, ResultsError, UnreadableResults, load
from eigensweep_analysis.models import load_model
from eigensweep_analysis.robustness import (
    agreement,
    median_distance,
    nearest_distance,
    robust_accuracy,
    wilson_interval,
)
from eigensweep_analysis.statistics import Summary, confidence_interval, summary

__all__ = ["Alarm", "ResultsError", "STATUS", "Summary", "UnreadableResults", "agreement", "alarms", "compare",
           "confidence_interval", "figures", "load", "load_model", "median_distance", "nearest_distance",
           "robust_accuracy", "summary", "tables", "wilson_interval"]


def __getattr__(name):
    # matplotlib is slow to import, and only figures need it.
    if name == "figures":
        import importlib

        return importlib.import_module("eigensweep_analysis.figures")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
