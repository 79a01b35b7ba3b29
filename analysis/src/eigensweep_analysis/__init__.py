# SPDX-License-Identifier: MIT
"""Results of an eigensweep study in Python.

>>> import eigensweep_analysis
>>> data = eigensweep_analysis.load("runs/quickstart/results.h5")
>>> data.robust_accuracy.sel(width=256, attack="pgd").mean("seed")
>>> network = eigensweep_analysis.load_model("runs/quickstart", 0)  # a torch.nn.Module

`python -m eigensweep_analysis report results.h5` writes figures and one self-contained HTML page,
`python -m eigensweep_analysis figures paper results.h5...` those of the paper, from the studies in jobs/paper.
"""

from eigensweep_analysis.load import STATUS, ResultsError, UnreadableResults, load
from eigensweep_analysis.models import load_model

__all__ = ["ResultsError", "STATUS", "UnreadableResults", "load", "load_model"]
