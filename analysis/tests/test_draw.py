# SPDX-License-Identifier: MIT
"""The figures as matplotlib's: those that a report has files of."""

from matplotlib.figure import Figure

from eigensweep_analysis import figures, load
from eigensweep_analysis.report import write_report
from export_samples import study

#: What a report draws with Vega-Lite, not matplotlib.
CHARTS = {"training", "robust-accuracy", "clean-against-robust", "parallel-coordinates", "importance"}


def test_draws_the_figures_of_a_report(tmp_path):
    data = load(study(tmp_path))
    drawn = figures.draw(data)
    assert all(isinstance(figure, Figure) and figure.axes for figure in drawn.values())
    written = {file.stem for file in write_report(data, tmp_path / "report", everything=True) if file.suffix == ".pdf"}
    assert CHARTS < written and set(drawn) == written - CHARTS
    figure = drawn["accuracy_fgsm"]
    figure.axes[0].set_ylabel("mine")
    figure.savefig(tmp_path / "mine.svg")
    assert (tmp_path / "mine.svg").stat().st_size > 1000


def test_draws_a_part(tmp_path):
    data = load(study(tmp_path))
    width = int(data.width[0])
    titles = [axes.get_title(loc="left") for axes in figures.draw(data.sel(width=[width]))["accuracy_fgsm"].axes]
    assert not any(f"width {other}" in title for other in data.width.values[1:] for title in titles)
