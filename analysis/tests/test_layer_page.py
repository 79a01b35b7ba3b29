# SPDX-License-Identifier: MIT
"""The report's section on weights and Dale's law, and the colours of layer types, on made-up networks."""

import csv

import numpy as np
import pytest
from matplotlib.colors import to_hex

from dale_sample import TYPES, layers
from eigensweep_analysis import alarms, figures, load
from eigensweep_analysis.by_width import prepared
from eigensweep_analysis.charts.shades import shades
from eigensweep_analysis.fold import for_figures
from eigensweep_analysis.layer_page import sign_words
from eigensweep_analysis.layout import Layout
from eigensweep_analysis.networks import networks
from eigensweep_analysis.panels import PALETTE
from eigensweep_analysis.report import write_report
from sample import DEPTH, SEED, STRENGTH, WIDTH, axis, write

pytestmark = pytest.mark.usefixtures("coarse")

RATES = axis("learning_rate", "/training/optimizer/learning_rate", [0.01, 0.1, 0.3])
COLOURS = dict(zip(TYPES["values"], PALETTE))


def page_of(path, tmp_path):
    write_report(load(path), tmp_path / "report", everything=True)
    return (tmp_path / "report" / "report.html").read_text()


def table(tmp_path, name):
    """Line -> [(x, y)] of a figure's numbers."""
    lines = {}
    with open(tmp_path / "report" / "figures" / f"{name}.csv", newline="") as file:
        for row in csv.DictReader(file):
            lines.setdefault(row["line"], []).append((float(row["x"]), float(row["y"])))
    return lines


def test_layers_are_shown_before_and_after_training(tmp_path):
    page = page_of(layers(tmp_path / "r.h5", noise_levels=(0.1, 0.2)), tmp_path)
    assert "Weights and Dale's law</h2>" in page
    assert "Accuracy by layer type under FGSM, PGD and Gaussian noise is among the figures above." in page
    ratio = table(tmp_path, "layers_first_to_second")
    assert [y for _, y in ratio["dann"]] == [2, 4] and [y for _, y in ratio["dann, at initialisation"]] == [1, 2]
    assert [round(x) for x, _ in ratio["dann"]] == [1, 2] and ratio["dense"][0][0] < ratio["dann"][0][0]
    assert [y for _, y in table(tmp_path, "layers_balance")["colei"]] == pytest.approx([0.1, 0.2])
    assert [y for _, y in table(tmp_path, "layers_singular_entropy")["colei"]] == pytest.approx([0.1, 0.2])
    assert set(table(tmp_path, "layers_exponent")) == set(TYPES["values"])
    assert not (tmp_path / "report" / "figures" / "layers_zero_weights.csv").exists()  # all are 0
    # General figures have robust accuracy; there is no second one of it.
    assert set(table(tmp_path, "accuracy_fgsm")) == set(table(tmp_path, "accuracy_gaussian_noise")) == set(TYPES["values"])


def test_exponents_that_general_figures_have_are_not_drawn_twice(tmp_path):
    drawn = figures.draw(load(layers(tmp_path / "r.h5", TYPES, WIDTH, SEED)))
    assert "exponent" in drawn and "layers_exponent" not in drawn and "layers_balance" in drawn


def test_all_weights_have_their_sign(tmp_path):
    path = layers(tmp_path / "r.h5")
    page = page_of(path, tmp_path)
    assert "<b>No weight has the wrong sign</b>: checked in all 4 networks that keep signs." in page
    assert "sign violations, alarm above 0" in page and not alarms(load(path))


def test_a_weight_of_the_wrong_sign_is_an_alarm(tmp_path):
    path = layers(tmp_path / "r.h5", wrong=3)
    found = alarms(load(path))
    assert [(a.value, a.limit, a.dataset) for a in found] == [(3, 0, "ei_balance/sign_violations")]
    assert found[0].at["model_layer"] == "colei" and "Dale's law" in found[0].text
    page = page_of(path, tmp_path)
    assert "<b>3 weights have the wrong sign</b>, in 1 of 4 networks that keep signs." in page
    data = load(path)
    for name in ("trial_id", "sign_violations"):  # cells that share a training are one network
        data[name] = data[name].isel(seed=[0, 0]).assign_coords(seed=data.seed)
    assert sign_words(data).startswith("<div class='warn'><b>3 weights have the wrong sign</b>, in 1 of 2 networks")
    assert "Alarm in 1 network: sign violations above 0." in page and "No weight has" not in page


def test_one_layer_type_has_the_section_too(tmp_path):
    page = page_of(layers(tmp_path / "r.h5", axis("model_layer", "/model/layer", ["colei"]), SEED, initial=False), tmp_path)
    assert "No weight has the wrong sign" in page and "Hollow" not in page
    assert [y for _, y in table(tmp_path, "layers_balance")["colei"]] == pytest.approx([0.1, 0.2])


def test_studies_without_these_metrics_have_no_such_section(tmp_path):
    assert "Dale" not in page_of(write(tmp_path / "r.h5", axes=(WIDTH, SEED)), tmp_path).split("<script>")[0]


@pytest.mark.parametrize("others", [(), (WIDTH,), (WIDTH, DEPTH), (RATES,), (RATES, WIDTH), (STRENGTH,), (RATES, STRENGTH)])
def test_a_layer_type_has_one_colour_everywhere(tmp_path, others):
    path = layers(tmp_path / "r.h5", TYPES, *others, SEED)
    data = for_figures(prepared(load(path)))
    layout = Layout(data)
    assert {(line.select["model_layer"], line.style["color"]) for line in layout.lines()} == set(COLOURS.items())
    scale = shades(data, networks(data)).encoding["scale"]
    assert dict(zip(scale["domain"], map(to_hex, scale["range"]))) == {k: to_hex(v) for k, v in COLOURS.items()}
    # Whatever is no layer type, width, depth or strength has figures of its own.
    drawn = figures.draw(load(path))
    assert len([name for name in drawn if name.startswith("layers_balance")]) == (3 if RATES in others else 1)
    for name, figure in drawn.items():
        for line in (line for axes in figure.axes for line in axes.lines):
            if line.get_label().split(",")[0] in COLOURS:
                assert to_hex(line.get_color()) == to_hex(COLOURS[line.get_label().split(",")[0]]), name


def test_a_random_search_has_the_section_too(tmp_path):
    chosen = [{"model_layer": TYPES["values"][i % 3], "learning_rate": 0.01 + 0.001 * i, "seed": i} for i in range(24)]
    axes = (axis("model_layer", "/model/layer", []), axis("learning_rate", "/training/learning_rate", []), axis("seed", "/seed", []))
    path = layers(tmp_path / "r.h5", *axes, rows=chosen)
    assert load(path).attrs["layout"] == "trials"
    page = page_of(path, tmp_path)
    assert "No weight has the wrong sign" in page and "Marks" in page and "bug of ours" not in page


def test_strengths_of_one_layer_type_differ_in_their_dashes(tmp_path):
    lines = Layout(for_figures(prepared(load(layers(tmp_path / "r.h5", TYPES, STRENGTH, SEED))))).lines()
    dann = [line.style.get("linestyle") for line in lines if line.select["model_layer"] == "dann"]
    assert len(dann) == 3 and len(set(map(str, dann))) == 3 and np.unique([line.label for line in lines]).size == 9


def test_the_weights_of_recurrent_networks_have_names(tmp_path):
    for kind, wanted in (("rnn", ["row", "state", "readout"]), ("mlp", ["1", "2"])):
        path = layers(tmp_path / f"{kind}.h5", resolved={"name": "a", "model": {"kind": kind, "width": 64}})
        axes = figures.draw(load(path))["layers_balance"].axes[0]
        assert [tick.get_text() for tick in axes.get_xticklabels()] == wanted
