# SPDX-License-Identifier: MIT
"""The CSV beside a figure has the numbers that it shows."""

import csv
import io

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from eigensweep_analysis import load
from eigensweep_analysis.by_width import prepared
from eigensweep_analysis.cells import COLOURS, paint
from eigensweep_analysis.figure_numbers import COLUMNS, numbers
from eigensweep_analysis.report_figures import all_figures
from eigensweep_analysis.gallery import pictures
from eigensweep_analysis.regime_map import map_pictures
from eigensweep_analysis.robust_figures import robust_kinds
from eigensweep_analysis.similarity import similarity_pictures
from sample import DEPTH, EPSILONS, SEED, STRENGTH, WIDTH, axis, write


def rows_of(figure):
    rows = list(csv.reader(io.StringIO(numbers(figure))))
    assert rows[0] == COLUMNS
    return rows[1:]


def test_lines_are_there_point_by_point_and_guides_are_not(tmp_path):
    data = load(write(tmp_path / "r.h5", axes=(WIDTH, STRENGTH, SEED)))
    drawn = {picture.name: picture for picture in all_figures(data)}
    rows = rows_of(drawn["accuracy_pgd"].figure)
    assert len(rows) == 2 * 3 * len(EPSILONS)
    wanted = data.robust_accuracy.sel(width=256, strength=0.3, attack="pgd").mean("seed").values
    some = [(float(x), float(y)) for panel, line, x, y, _ in rows if (panel, line) == ("width 256", "strength 0.3")]
    np.testing.assert_allclose(some, list(zip(EPSILONS, wanted)), rtol=1e-6)
    assert all("n^" not in row[1] for row in rows_of(drawn["spectrum"].figure))


def test_bars_have_the_names_of_their_places(tmp_path):
    from test_robustness import study

    data = load(study(tmp_path / "r.h5"))
    _, distances = robust_kinds(data, "linf", "test")
    rows = rows_of(next(pictures([distances])).figure)
    places = list(dict.fromkeys(row[2] for row in rows))
    assert places[0] == "0" and places[-1].startswith("> ") and len(rows) == 3 * len(places)
    heights = [float(row[3]) for row in rows if row[1] == "strength 0"]
    assert np.isclose(sum(heights), 1)


def test_bars_have_the_names_of_their_places_in_every_row_of_panels(tmp_path):
    from test_robustness import study

    _, distances = robust_kinds(load(study(tmp_path / "r.h5", axes=(WIDTH, DEPTH))), "linf", "test")
    places = {}
    for panel, _, place, *_ in rows_of(next(pictures([distances])).figure):
        places.setdefault(panel, []).append(place)
    wanted = ["0", *(f"\u2264 {e:g}" for e in EPSILONS[1:]), f"> {EPSILONS[-1]:g}"]
    assert places == {f"depth {depth}, width {width}": wanted for depth in (1, 3) for width in (64, 256)}


def test_cells_have_both_their_labels(tmp_path):
    widths = axis("width", "/model/width", [16, 32, 64])
    data = prepared(load(write(tmp_path / "r.h5", axes=(widths, STRENGTH, SEED), regime=True)))
    picture = next(iter(map_pictures(data)[0]))
    rows = [row for row in rows_of(picture.figure) if row[4]]
    assert {row[2] for row in rows} == {"16", "32", "64"} and len(rows) >= 9


def test_cells_have_both_their_labels_in_panels_that_show_none(tmp_path):
    data = prepared(load(write(tmp_path / "r.h5", axes=(WIDTH, axis("depth", "/model/depth", [3]), SEED), regime=True)))
    rows = rows_of(next(iter(similarity_pictures(data, [("", {"depth": 3})])[0])).figure)
    assert {panel for panel, *_ in rows} == {f"hidden layer {layer}" for layer in (1, 2, 3)}
    for panel in {row[0] for row in rows}:
        cells = [(x, y) for of, _, x, y, _ in rows if of == panel]
        assert sorted(cells) == [(x, y) for x in ("256", "64") for y in ("256", "64")]


@pytest.mark.parametrize("log, values, low, high", [(False, [-0.02, 0.5, 1.2, np.nan], 0.0, 1.0), (True, [-1.0, 0.0, 1e-3, 10.0], 0.01, 1.0)])
def test_cells_beyond_the_ramp_keep_their_numbers_and_have_the_colours_of_its_ends(log, values, low, high):
    figure = Figure()
    image = paint(figure.subplots(), np.array([values]), log, low, high)
    finite = [value for value in values if np.isfinite(value)]
    assert [float(row[4]) for row in rows_of(figure)] == finite
    shades = image.to_rgba(np.array(finite))
    ramp = matplotlib.colormaps[COLOURS]
    np.testing.assert_allclose(shades[[0, -1]], [ramp(0.0), ramp(1.0)])
    figure.savefig(io.BytesIO(), format="svg")  # without a warning
