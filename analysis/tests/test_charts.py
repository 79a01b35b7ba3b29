# SPDX-License-Identifier: MIT
"""The report's charts: their rows are the study's numbers, their drawings hold them, and every study has some or a reason."""

import io
import json
import re

import numpy as np
import pandas
import pytest
from matplotlib.colors import to_hex

from eigensweep_analysis import load
from eigensweep_analysis.by_width import prepared
from eigensweep_analysis.charts import CHARTS
from eigensweep_analysis.charts.accuracy import accuracy_chart
from eigensweep_analysis.charts.chart import Chart, embedded, script
from eigensweep_analysis.charts.importance import importance_chart
from eigensweep_analysis.charts.parallel import parallel_chart
from eigensweep_analysis.charts.shades import shades
from eigensweep_analysis.charts.ticks import digits_apart, log_ticks, whole_ticks
from eigensweep_analysis.charts.tradeoff import tradeoff_chart
from eigensweep_analysis.charts.training import training_chart
from eigensweep_analysis.fold import for_figures
from eigensweep_analysis.gallery import pictures
from eigensweep_analysis.networks import networks
from eigensweep_analysis.panels import NoFigure
from eigensweep_analysis.report_figures import figure_kinds
from eigensweep_analysis.width import width_kinds
from sample import DEPTH, EPSILONS, RANKS, SEED, STRENGTH, WIDTH, axis, share_trainings, write

RATE = axis("rate", "/training/rate", [i / 10 for i in range(1, 13)])
ACTIVATION = axis("activation", "/model/activation", ["tanh", "relu", "erf"])
EIGHT = axis("strength", STRENGTH["pointer"], [0.0, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0])
SEARCH = (WIDTH, axis("rate", "/training/rate", []), DEPTH)


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


def test_means_of_robust_accuracy_are_over_all_networks_where_some_have_lines(tmp_path):
    axes = (axis("strength", STRENGTH["pointer"], [i / 10 for i in range(8)]), axis("seed", "/seed", list(range(100)), "replicate"))
    data, rows = results(tmp_path / "r.h5", axes=axes, metrics=False)
    chart = accuracy_chart(data, rows)
    assert len(rows) == 800 and len(chart.rows) == 250 * 2 * len(EPSILONS) and "Thin lines: 250 of 800 networks." in chart.caption
    for attack, label in (("FGSM", "fgsm"), ("PGD", "pgd")):
        some = chart.means[(chart.means.attack == attack) & (chart.means.shade == "strength 0.3")]
        wanted = data.robust_accuracy.sel(attack=label, strength=0.3)
        np.testing.assert_allclose(some["mean"], wanted.mean("seed"))
        np.testing.assert_allclose(some.standard_deviation, wanted.std("seed", ddof=1))
        assert set(some.networks) == {100}
    assert len(chart.means) == 2 * 8 * len(EPSILONS)
    assert len(json.dumps(chart.whole())) < 1.05 * len(json.dumps({**chart.whole(), "datasets": {}}))


def test_cells_that_share_a_training_count_once_in_means_of_robust_accuracy(tmp_path):
    file = share_trainings(write(tmp_path / "r.h5", axes=(STRENGTH, RANKS, SEED), metrics=False))
    data = for_figures(prepared(load(file)))
    means = accuracy_chart(data, networks(data)).means
    counts = means.groupby("shade").networks.agg(set)
    assert counts.to_dict() == {"strength 0": {2}, "strength 0.3": {6}, "strength 1": {6}}


@pytest.mark.parametrize("attack", ["FGSM", "PGD"])
def test_the_chart_of_robust_accuracy_draws_the_means_of_the_chosen_attack(tmp_path, attack):
    data, rows = results(tmp_path / "r.h5", axes=(WIDTH, SEED), statuses={3: (3, "not finite")})
    chart = accuracy_chart(data, rows)
    chart.spec["params"][0]["value"] = attack
    drawn = dict(chart.files())["svg"].decode()
    # The means are the only points besides the legend's two: two settings, one of them with one network.
    points = re.findall(r'<path transform="translate\(([^)]*)\)"', drawn)[:-2]
    assert len(points) == 2 * len(EPSILONS)
    wanted = data.robust_accuracy.sel(attack=attack.lower()).mean("seed").values.reshape(-1)
    np.testing.assert_allclose(sorted(1 - float(p.split(",")[1]) / 300 for p in points), sorted(wanted), atol=1e-3)
    assert chart.means[chart.means.shade == "width 256"].networks.eq(1).all()


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
        assert list(table)[:len(chart.rows.columns)] == list(chart.rows)
        assert len(table) == len(chart.rows) + (0 if chart.means is None else len(chart.means))
        json.dumps(chart.whole(), allow_nan=False)


def test_many_settings_are_coloured_by_one_option(tmp_path):
    data, rows = results(tmp_path / "r.h5", axes=(WIDTH, RATE), attacks=("pgd",))
    colours = shades(data, rows)
    assert colours.name == "width" and set(colours.words) == {"width 64", "width 256"}
    data, rows = results(tmp_path / "s.h5", axes=(RATE, axis("size", "/training/size", list(range(20)))), attacks=("pgd",))
    colours = shades(data, rows)
    assert len(set(colours.encoding["scale"]["range"])) == 8
    assert colours.name == "rate" and len(set(colours.words)) == 8 and "rate 0.1 to 0.2" in colours.words


@pytest.mark.parametrize("study, labels", [
    ({"axes": (WIDTH, DEPTH, STRENGTH, SEED)}, ["strength 0", "strength 0.3", "strength 1"]),
    ({"axes": (WIDTH, EIGHT)}, [f"strength {s:g}" for s in EIGHT["values"]]),
    ({"axes": (STRENGTH, SEED)}, ["strength 0", "strength 0.3", "strength 1"]),
    ({"axes": (WIDTH, STRENGTH, ACTIVATION)}, ["strength 0", "strength 0.3", "strength 1"]),
    ({"axes": (STRENGTH, axis("batch", "/model/batch", [16, 32]))}, ["strength 0, batch 32", "strength 0.3, batch 16"]),
    ({"axes": (STRENGTH, axis("case", "/cases", ["vanilla", "jacobian"]))}, ["strength 0, vanilla", "strength 1, jacobian"]),
    ({"axes": (ACTIVATION, SEED)}, ["activation tanh", "activation relu", "activation erf"]),
    ({"axes": (axis("width", "/model/width", [16, 64, 256]), SEED), "regime": True}, ["width 16", "width 64", "width 256"]),
    ({"axes": (axis("width", "/model/width", [16, 64, 256]), DEPTH, ACTIVATION), "regime": True}, ["width 16", "width 64", "width 256"]),
    ({"axes": SEARCH, "rows": [{"width": 8 + 7 * i, "rate": (5 * i) % 7, "depth": 1 + i % 3} for i in range(7)]},
     ["width 8, rate 0, depth 1"]),
])
def test_a_label_has_one_colour_in_charts_and_figures(tmp_path, study, labels):
    data, rows = results(tmp_path / "r.h5", attacks=("pgd",), **study)
    scale = shades(data, rows).encoding["scale"]
    colours = dict(zip(map(in_any_order, scale["domain"]), map(to_hex, scale["range"])))
    kinds = [*figure_kinds(data), *(width_kinds(data)[0] if study.get("regime") else [])]
    drawn = {}
    for picture in pictures(kinds):
        for line in (line for axes in picture.figure.axes for line in axes.lines):
            drawn.setdefault(in_any_order(str(line.get_label())), set()).add(to_hex(line.get_color()))
    both = {label for label in colours if label in drawn}
    assert set(map(in_any_order, labels)) <= both
    assert {label: {colours[label]} for label in both} == {label: drawn[label] for label in both}
    assert len(set(colours.values())) == len(colours)


def in_any_order(label):
    return tuple(sorted(label.strip().split(", ")))


def test_epochs_are_whole_numbers_and_each_stands_once(tmp_path):
    data, rows = results(tmp_path / "r.h5", axes=(WIDTH, SEED), epochs=2)
    views = training_chart(data, rows).spec["hconcat"]
    assert [view["layer"][0]["encoding"]["x"]["axis"]["values"] for view in views] == [[1, 2]] * len(views)
    assert whole_ticks(1, 1) == [1] and whole_ticks(1, 8) == list(range(1, 9))
    assert whole_ticks(1, 10) == [2, 4, 6, 8, 10] and whole_ticks(1, 25) == [1, 5, 10, 15, 20, 25]
    for last in range(1, 400):
        ticks = whole_ticks(1, last)
        assert ticks == sorted(set(ticks)) and 1 <= ticks[0] and ticks[-1] <= last and len(ticks) <= 9


def test_a_logarithmic_axis_says_so_and_has_labels_over_its_range(tmp_path):
    data, rows = results(tmp_path / "r.h5", axes=(WIDTH, SEED))
    for name in ("history_loss", "history_task_loss"):
        data[name] = data[name].copy(data=np.broadcast_to(np.geomspace(0.87, 0.048, 5), data[name].shape))
    drawn = dict(training_chart(data, rows).files())["svg"].decode()
    assert "loss of the task (log scale)" in drawn and "training accuracy (log scale)" not in drawn
    assert {"0.05", "0.1", "0.2", "0.5"} <= set(re.findall(r">([^<>]+)</text>", drawn))
    assert log_ticks(0.05, 0.9) == [0.05, 0.1, 0.2, 0.5] and log_ticks(0.8, 2.3) == [1, 1.5, 2]
    assert log_ticks(1e-3, 30) == [1e-3, 1e-2, 0.1, 1, 10] and log_ticks(0.9712, 0.9716) == [0.9712, 0.9713, 0.9714, 0.9715, 0.9716]
    assert log_ticks(0.1, 0.1) == [0.1] and len(log_ticks(1e-30, 1)) <= 8


def test_labels_of_short_ranges_differ_and_stand_at_the_ends(tmp_path):
    data, rows = results(tmp_path / "r.h5", axes=(WIDTH, RATE), attacks=("pgd",))
    values = data.robust_accuracy.values
    data["robust_accuracy"] = data.robust_accuracy.copy(data=0.2 + 1e-4 * (values - values.min()))
    chart = parallel_chart(data, networks(data))
    ends = chart.spec["layer"][0]["encoding"]["color"]["legend"]["values"]
    outcome = chart.rows.outcome
    assert (ends[0], ends[-1]) == (outcome.min(), outcome.max())
    drawn = re.findall(r">([^<>]+)</text>", dict(chart.files())["svg"].decode())
    for value in (ends[0], ends[-1]):
        assert f"{value:.{digits_apart(ends)}g}" in drawn
    labels = [tick["label"] for tick in chart.spec["layer"][1]["data"]["values"] if tick["axis"].startswith("robust")]
    assert len(set(labels)) == 5
    assert digits_apart([0.1, 0.2]) == 3 and digits_apart([0.20001, 0.20002]) == 5


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
