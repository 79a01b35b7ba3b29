# SPDX-License-Identifier: MIT
"""A seed that is zipped with a training option makes no replicates: no mean is taken over the two."""

import re

import numpy as np
import pytest

from eigensweep_analysis import load
from eigensweep_analysis.__main__ import main
from eigensweep_analysis.by_width import conditions, numbers, prepared, swept
from eigensweep_analysis.conditions import read_study
from eigensweep_analysis.report_figures import all_figures
from eigensweep_analysis.fold import for_figures
from eigensweep_analysis.layout import Layout, role
from eigensweep_analysis.networks import networks
from eigensweep_analysis.page.network_table import network_table
from eigensweep_analysis.paper import paper_figures, table
from eigensweep_analysis.regime_map import map_pictures
from eigensweep_analysis.similarity import similarity_plans
from eigensweep_analysis.width import exponents, width_pictures
from eigensweep_analysis.width_page import limits, width_page
from sample import SEED, STRENGTH, WIDTH, axis, write

RATE = axis("learning_rate", "/training/optimizer/learning_rate", [])
WIDTHS = axis("width", "/model/width", [16, 32, 64, 128])
HEADS = "<th scope='col' class='t'>seed</th><th scope='col' class='t'>learning rate</th>"
AVERAGED = re.compile("means? over|smallest to the largest|standard deviation", re.IGNORECASE)


def zipped(path, options, rows, *others, **more):
    """A study that zips the seed with these axes: `rows` are their values, the seed's first; `others` make a grid with them."""
    names = [SEED["name"], *(a["name"] for a in options)]
    cells = [dict(zip(names, row)) for row in rows]
    for other in others:
        cells = [{**cell, other["name"]: value} for cell in cells for value in other["values"]]
    zips = [[SEED["pointer"], *(a["pointer"] for a in options)]]
    return write(path, axes=(SEED, *options, *others), rows=cells, zips=zips, **more)


def by_rate(path, *others, **more):
    return zipped(path, [RATE], [(0, 1e-5), (1, 0.01), (2, 0.1)], *others, **more)


def by_width(path, *others, **more):
    return zipped(path, [WIDTHS], list(enumerate(WIDTHS["values"])), *others, **more)


def test_the_training_option_names_the_dimension_and_the_seed_lies_along_it(tmp_path):
    data = load(by_rate(tmp_path / "r.h5", WIDTH))
    assert data.test_accuracy.dims == ("learning_rate", "width")
    assert data.seed.dims == ("learning_rate",) and data.sel(learning_rate=0.1).seed == 2
    assert data.attrs["zipped"] == {"learning_rate": ["seed", "learning_rate"]}
    assert (role(data, "training"), role(data, "replicate")) == (["learning_rate", "width"], [])
    data = load(by_width(tmp_path / "w.h5"))
    assert data.test_accuracy.dims == ("width",) and data.sel(width=64).seed == 2


def test_where_the_option_s_values_repeat_the_seed_names_a_training_dimension(tmp_path):
    data = load(zipped(tmp_path / "r.h5", [RATE], [(0, 0.01), (1, 0.01), (2, 0.1)], WIDTH))
    assert data.test_accuracy.dims == ("seed", "width") and data.sel(seed=1).learning_rate == 0.01
    assert role(data, "training") == ["seed", "width"] and Layout(data).replicates == []
    table = network_table(networks(for_figures(data)))
    assert HEADS in table and "&plusmn;" not in table


def test_where_no_value_is_its_own_the_settings_are_told_apart_by_the_seed_too(tmp_path):
    data = for_figures(load(zipped(tmp_path / "r.h5", [RATE], [(0, 0.01), (0, 0.1), (1, 0.1)])))
    assert data.zip.values.tolist() == ["seed 0, learning rate 0.01", "seed 0, learning rate 0.1", "seed 1, learning rate 0.1"]
    assert (role(data, "training"), role(data, "replicate")) == (["zip"], [])
    assert HEADS in network_table(networks(data))


def test_a_seed_of_its_own_stays_a_replicate_beside_zipped_options(tmp_path):
    decay = axis("weight_decay", "/training/optimizer/weight_decay", [])
    rows = [{"seed": s, "learning_rate": r, "weight_decay": d} for s in (0, 1) for r, d in ((0.1, 0.0), (0.2, 0.5))]
    data = load(write(tmp_path / "r.h5", axes=(SEED, RATE, decay), rows=rows, zips=[[RATE["pointer"], decay["pointer"]]]))
    assert (role(data, "training"), role(data, "replicate")) == (["learning_rate"], ["seed"])


def test_the_report_averages_nothing(tmp_path, coarse):
    file = by_rate(tmp_path / "results.h5", axis("width", "/model/width", [64]))
    assert main(["report", str(file)]) == 0
    page = (tmp_path / "report" / "report.html").read_text()
    assert page.count(">1/1</span></td>") == 3 and "&plusmn;" not in page and "One network per point." in page
    every = "Lines: means over all networks with that value of the axis."
    said = re.sub(r"data:[^']*|<pre>.*?</pre>|<script>.*?</script>", "", page, flags=re.S).replace(every, "")
    assert not AVERAGED.search(said), AVERAGED.search(said)
    data = load(file)
    assert all(f"<span>{value:.3f}</span></td>" in page for value in data.test_accuracy.values.ravel())
    assert "Swept together (zip): seed, learning rate." in page


def test_figures_have_a_line_per_setting(tmp_path):
    data = for_figures(load(by_rate(tmp_path / "r.h5", WIDTH)))
    axes = next(all_figures(data)).figure.axes[0]
    assert [line.get_label() for line in axes.lines] == ["learning rate 1e-05", "learning rate 0.01", "learning rate 0.1"]
    assert not axes.collections  # no band
    np.testing.assert_array_equal(axes.lines[2].get_ydata(), data.robust_accuracy.sel(width=64, learning_rate=0.1, attack="fgsm"))


def test_widths_with_a_seed_each_are_followed_and_called_one_network_each(tmp_path, capsys):
    file = by_width(tmp_path / "results.h5", regime=True, early=True)
    data = prepared(load(file))
    drawn, notes = width_pictures(data)
    captions = {p.name.removeprefix("sample_width_"): p.caption for p in drawn}
    assert set(captions) == {"diagnostics", "fgsm", "pgd", "regression", "spectra", "history", "cka"}
    assert "with the width change seed (zip): what is seen need not be the width's doing" in notes
    assert not AVERAGED.search(" ".join(captions.values()))
    assert "One network per width, each of its own seed; hatched: no pair." in captions["cka"]
    assert "One network per point. Grey: powers of the width." in captions["diagnostics"]
    rows = exponents(data)
    assert all(row["seeds"] == 1 and np.isnan(row["low"]) for row in rows)
    page = width_page(data, [])
    assert not AVERAGED.search(page), AVERAGED.search(page)
    assert any("Where there is one network per width there is no interval" in s for s in limits(data, rows))
    assert main(["figures", "width", str(file)]) == 0
    assert "with the width change seed (zip)" in capsys.readouterr().out


def test_conditions_of_the_width_are_settings_of_the_zip(tmp_path):
    data = prepared(load(by_rate(tmp_path / "r.h5", WIDTHS, regime=True)))
    wanted = ["learning rate 1e-05", "learning rate 0.01", "learning rate 0.1"]
    assert [label for label, _ in conditions(data)] == [label for label, _ in swept(data)] == wanted
    plans, _ = similarity_plans(data, swept(data))
    assert "One seed; hatched: no pair." in plans[0].picture().caption
    (picture,), _ = map_pictures(data)
    assert "One network in each cell of width and learning rate" in picture.caption
    # A dimension named after the seed is still a condition.
    data = prepared(load(zipped(tmp_path / "s.h5", [RATE], [(0, 0.01), (1, 0.01), (2, 0.1)], WIDTHS, regime=True)))
    assert [label for label, _ in swept(data)] == ["seed 0", "seed 1", "seed 2"]
    np.testing.assert_array_equal(numbers(data.ntk_drift, {"seed": 1})[:, 0], data.ntk_drift.sel(seed=1))
    plans, _ = similarity_plans(data, swept(data))
    assert "One seed; hatched: no pair." in plans[0].picture().caption
    pictures, _ = map_pictures(data)
    assert pictures == []


def test_widths_that_repeat_along_a_zip_are_refused_with_the_true_reason(tmp_path, capsys):
    file = zipped(tmp_path / "r.h5", [WIDTHS], [(0, 16), (1, 16), (2, 64)])
    assert main(["figures", "width", str(file)]) == 2
    assert capsys.readouterr().err == (
        f"error: {file}: the width changes together with seed (zip) and takes a value twice, so there is no axis of widths; "
        "the report shows every network over every axis\n")


def test_the_paper_s_conditions_are_settings_of_the_zip(tmp_path):
    file = zipped(tmp_path / "r.h5", [STRENGTH], [(0, 0.0), (1, 0.3), (2, 1.0)], attacks=("pgd",))
    networks = read_study(load(file), file).networks
    wanted = ["vanilla, seed 0", "spectral, strength 0.3, seed 1", "spectral, strength 1, seed 2"]
    assert [c.label for n in networks for c in n.conditions] == wanted
    for picture in paper_figures("study", networks):
        assert "One network per line." in picture.caption
    assert {line.split(",")[-3] for line in table(networks).splitlines()[1:]} == {"1"}


def test_networks_without_penalty_that_differ_in_what_is_zipped_are_all_shown(tmp_path):
    file = zipped(tmp_path / "r.h5", [STRENGTH], [(0, 0.0), (1, 0.0), (2, 1.0)], attacks=("pgd",))
    labels = [c.label for n in read_study(load(file), file).networks for c in n.conditions]
    assert labels == ["vanilla, seed 0", "vanilla, seed 1", "spectral, seed 2, strength 1"]


@pytest.mark.parametrize("make", [by_rate, by_width])
@pytest.mark.parametrize("command", [["report"], ["figures", "width"], ["figures", "paper"]])
def test_every_command_finishes(tmp_path, capsys, coarse, make, command):
    others = [STRENGTH] if "paper" in command else [WIDTH] if make is by_rate else []
    file = make(tmp_path / "results.h5", *others, attacks=("pgd",), regime=True, early=True)
    assert main([*command, str(file), "--output", str(tmp_path / "out")]) == 0, capsys.readouterr().err
    said = capsys.readouterr().out
    page = (tmp_path / "out" / "report.html").read_text() if command == ["report"] else ""
    assert "bug of ours" not in said + page
