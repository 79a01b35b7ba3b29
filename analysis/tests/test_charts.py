# SPDX-License-Identifier: MIT
"""The report's charts: their rows are the study's numbers, their drawings hold them, and every study has some or a reason."""

import io
import json
import re

import numpy as np
import pandas
import pytest

from eigensweep_analysis import load
from eigensweep_analysis.by_width import prepared
from eigensweep_analysis.charts import CHARTS
from eigensweep_analysis.charts.accuracy import accuracy_chart
from eigensweep_analysis.charts.chart import Chart, embedded, script
from eigensweep_analysis.charts.importance import importance_chart
from eigensweep_analysis.charts.parallel import parallel_chart
from eigensweep_analysis.charts.shades import shades
from eigensweep_analysis.charts.tradeoff import tradeoff_chart
from eigensweep_analysis.charts.training import training_chart
from eigensweep_analysis.fold import for_figures
from eigensweep_analysis.networks import networks
from eigensweep_analysis.panels import NoFigure
from sample import EPSILONS, SEED, STRENGTH, WIDTH, axis, write

RATE = axis("rate", "/training/rate", [i / 10 for i in range(1, 13)])


def results(path, **study):
    data = for_figures(prepared(load(write(path, **study))))
    return data, networks(data)


def test_training_curves_are_the_history(tmp_path):
    data, rows = results(tmp_path / "r.h5", axes=(WIDTH, SEED))
    chart = training_chart(data, rows)
    one = chart.rows[(chart.rows.setting == "width 256") & (chart.rows.seed == "1")]
    np.testing.assert_array_equal(one.epoch, data.epoch)
    np.testing.assert_allclose(one.task_loss, data.history_task_loss.sel(width=256, seed=1))
    assert len(chart.rows) == 4 * data.sizes["epoch"]


def test_robust_accuracy_has_every_attack_and_the_thorough_one_in_front(tmp_path):
    data, rows = results(tmp_path / "r.h5", axes=(WIDTH, SEED), attacks=("fgsm", "strict"))
    chart = accuracy_chart(data, rows)
    assert chart.spec["params"][0]["value"] == "strict protocol"
    assert chart.spec["params"][0]["bind"]["options"] == ["strict protocol", "FGSM"]
    some = chart.rows[(chart.rows.attack == "FGSM") & (chart.rows.setting == "width 64")]
    assert sorted(set(some.epsilon)) == EPSILONS
    wanted = data.robust_accuracy.sel(attack="fgsm", width=64).mean("seed")
    np.testing.assert_allclose(some.groupby("epsilon").accuracy.mean(), wanted)


def test_a_thorough_protocol_is_in_front_under_any_label(tmp_path):
    data, rows = results(tmp_path / "r.h5", axes=(WIDTH, SEED), attacks=("fgsm", "pgd"))
    assert rows.front().label == "pgd"  # the lowest
    data.attrs["evaluations"] = [{**e, "kind": "strict"} if e.get("label") == "fgsm" else e for e in data.attrs["evaluations"]]
    assert networks(data).front().label == "fgsm"


def test_the_scatter_has_both_accuracies_of_every_network(tmp_path):
    data, rows = results(tmp_path / "r.h5", axes=(WIDTH, SEED), attacks=("pgd",))
    chart = tradeoff_chart(data, rows)
    some = chart.rows[chart.rows.attack == "PGD, epsilon 0.05"]
    np.testing.assert_allclose(some.test_accuracy, data.test_accuracy.values.reshape(-1))
    np.testing.assert_allclose(some.robust_accuracy, data.robust_accuracy.sel(attack="pgd", epsilon=0.05).values.reshape(-1))


def test_parallel_coordinates_have_a_place_for_every_option_and_outcome(tmp_path):
    data, rows = results(tmp_path / "r.h5", axes=(WIDTH, RATE), attacks=("pgd",))
    chart = parallel_chart(data, rows)
    names = list(dict.fromkeys(chart.rows.axis))
    assert names[:3] == ["width", "rate", "test accuracy"] and names[3].startswith("robust accuracy|PGD|epsilon ")
    assert chart.rows.place.between(0, 1).all()
    widths = chart.rows[chart.rows.axis == "width"]
    assert set(zip(widths.value, widths.place)) == {("64", 0.0), ("256", 1.0)}
    rates = chart.rows[chart.rows.axis == "rate"].drop_duplicates("value").place
    np.testing.assert_allclose(rates, np.linspace(0, 1, 12))


def test_importance_is_of_every_outcome(tmp_path):
    data, rows = results(tmp_path / "r.h5", axes=(WIDTH, STRENGTH, SEED), attacks=("pgd",))
    chart = importance_chart(data, rows)
    assert "Exact parts of a full grid" in chart.caption
    assert set(chart.rows.explained_by) <= {"width", "strength", "width with strength", "seeds"}
    assert all(abs(total - 1) < 2e-3 for total in chart.rows.groupby("outcome").share.sum())


def test_files_are_drawings_and_the_rows(tmp_path):
    data, rows = results(tmp_path / "r.h5", axes=(WIDTH, SEED))
    for kind in CHARTS:
        chart = kind(data, rows)
        files = dict(chart.files())
        assert files["svg"].startswith(b"<svg") and b"<path" in files["svg"], chart.name
        assert files["pdf"].startswith(b"%PDF"), chart.name
        table = pandas.read_csv(io.BytesIO(files["csv"]))
        assert len(table) == len(chart.rows) and list(table) == list(chart.rows)
        json.dumps(chart.whole(), allow_nan=False)


def test_many_settings_are_coloured_by_one_option(tmp_path):
    data, rows = results(tmp_path / "r.h5", axes=(WIDTH, RATE), attacks=("pgd",))
    colours = shades(rows)
    assert colours.name == "width" and set(colours.words) == {"width 64", "width 256"}
    data, rows = results(tmp_path / "s.h5", axes=(RATE, axis("size", "/training/size", list(range(20)))), attacks=("pgd",))
    colours = shades(rows)
    assert colours.name == "rate" and len(set(colours.words)) == 8 and "rate 0.1 to 0.2" in colours.words


def test_large_studies_are_drawn_in_part(tmp_path):
    axes = (axis("width", "/model/width", list(range(8, 108))), axis("rate", "/training/rate", list(range(1, 41))))
    data, rows = results(tmp_path / "r.h5", axes=axes, attacks=("pgd",), metrics=False)
    drawn = {}
    for kind in CHARTS:
        try:
            chart = kind(data, rows)
        except NoFigure:
            continue
        drawn[chart.name] = chart
        assert len(chart.rows) <= 6000, chart.name
    assert "of 4,000 networks" in drawn["training"].caption
    assert "of 4,000 networks" in drawn["robust-accuracy"].caption


@pytest.mark.parametrize("study, why", [
    ({"axes": (WIDTH,), "attacks": (), "metrics": False}, "the study has no attacks, or none has run yet"),
    ({"axes": (SEED,), "attacks": ("pgd",)}, "no option of the study has two values"),
    ({"axes": (WIDTH,), "metrics": False}, "no metric 'accuracy' has measured the test accuracy"),
    ({"axes": (WIDTH, SEED), "statuses": {i: (0, "") for i in range(4)}}, "no network has a finished epoch"),
])
def test_a_chart_without_numbers_says_why(tmp_path, study, why):
    data, rows = results(tmp_path / "r.h5", **study)
    said = []
    for kind in CHARTS:
        try:
            kind(data, rows)
        except NoFigure as error:
            said.append(str(error))
    assert why in said


def test_what_stands_in_a_page_cannot_end_its_script():
    rows = pandas.DataFrame({"setting": ["</script><script>alert(1)</script>", "<!-- \u2028"], "y": [1.0, np.nan]})
    text = embedded(Chart("c", "t", "w", {"mark": "point"}, rows).whole())
    assert "<" not in text and json.loads(text)["data"]["values"][0]["setting"].startswith("</script>")
    assert json.loads(text)["data"]["values"][1]["y"] is None
    assert not re.search("</script", script(), re.IGNORECASE) and "vegaEmbed" in script()
