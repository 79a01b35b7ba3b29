# SPDX-License-Identifier: MIT
"""Results of an eigensweep study in Python.

>>> import eigensweep_analysis
>>> data = eigensweep_analysis.load("runs/quickstart/results.h5")
>>> data.robust_accuracy.sel(width=256, attack="pgd").mean("seed")
>>> network = eigensweep_analysis.load_model("runs/quickstart", 0)  # a torch.nn.Module

`python -m eigensweep_analysis report results.h5` writes figures and one self-contained HTML page,
`python -m eigensweep_analysis export optuna results.h5` writes what other tools read,
`python -m eigensweep_analysis figures paper results.h5...` those of the paper, from the studies in jobs/paper.
"""

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

__all__ = ["Alarm", "ResultsError", "STATUS", "Summary", "UnreadableResults", "agreement", "alarms",
           "compare", "confidence_interval", "load", "load_model", "median_distance", "nearest_distance", "robust_accuracy",
           "summary", "wilson_interval"]
