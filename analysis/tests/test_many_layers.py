# SPDX-License-Identifier: MIT
"""Figures with a panel or a line for each hidden layer: of many layers some are drawn, evenly chosen, and it is said."""

import re

import pytest

from eigensweep_analysis import load
from eigensweep_analysis.by_width import prepared
from eigensweep_analysis.conditions import read_study
from eigensweep_analysis.fold import for_figures
from eigensweep_analysis.paper import paper_figures
from eigensweep_analysis.width import width_pictures
from sample import STRENGTH, WIDTH, axis, write

STRENGTHS = axis("strength", STRENGTH["pointer"], [0.0, 1.0])


def deep(path, layers):
    return load(write(path, axes=(WIDTH, axis("depth", "/model/depth", [layers]), STRENGTHS), regime=True))


def panels_of(picture):
    return [axes for axes in picture.figure.axes if axes.axison and (axes.lines or axes.images)]


@pytest.mark.parametrize(("layers", "shown"), [(3, [1, 2, 3]), (28, [1, 5, 9, 13, 16, 20, 24, 28])])
def test_spectra_of_the_paper(tmp_path, layers, shown):
    networks = read_study(deep(tmp_path / "r.h5", layers), "results.h5").networks
    spectra = [picture for picture in paper_figures("sample", networks) if "spectrum" in picture.name][0]
    found = [int(re.search(r"layer (\d+)", axes.get_title(loc="left")).group(1)) for axes in panels_of(spectra)]
    assert found == shown * len(networks)
    assert (f"8 of {layers} hidden layers." in spectra.caption) == (layers > 8)


@pytest.mark.parametrize(("layers", "most"), [(3, 3), (28, 8)])
def test_figures_against_width(tmp_path, layers, most):
    pictures, _ = width_pictures(prepared(for_figures(deep(tmp_path / "r.h5", layers))))
    of = {word: [p for p in pictures if word in p.name] for word in ("width_spectra", "width_cka", "width_diagnostics")}
    assert all(of.values())
    for picture in (*of["width_spectra"], *of["width_cka"]):
        titles = [axes.get_title(loc="left") for axes in panels_of(picture)]
        assert len({re.search(r"hidden layer \d+", title).group() for title in titles if "hidden layer" in title}) == most
    words = [text.get_text() for picture in of["width_diagnostics"] for legend in picture.figure.legends
             for text in legend.get_texts()]
    assert len({word for word in words if re.fullmatch(r"layer \d+", word)}) == most + 1  # the readout
    for picture in sum(of.values(), []):
        assert (f"8 of {layers} hidden layers." in picture.caption) == (layers > 8)
        assert picture.caption.count("hidden layers.") <= 1
