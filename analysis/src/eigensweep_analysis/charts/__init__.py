# SPDX-License-Identifier: MIT
"""The interactive charts of a report, in the order of the page. To add one: a file and a line here."""

from eigensweep_analysis.charts.accuracy import accuracy_chart
from eigensweep_analysis.charts.importance import importance_chart
from eigensweep_analysis.charts.parallel import parallel_chart
from eigensweep_analysis.charts.tradeoff import tradeoff_chart
from eigensweep_analysis.charts.training import training_chart

#: Each takes the results and their `Networks`, and returns a Chart or raises NoFigure.
CHARTS = [training_chart, accuracy_chart, tradeoff_chart, parallel_chart, importance_chart]
