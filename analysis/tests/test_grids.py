# SPDX-License-Identifier: MIT
"""Every kind of figure is drawn, with its numbers, however many panels stand beside and above each other."""

import pytest

from eigensweep_analysis import gallery, load
from eigensweep_analysis.by_width import prepared
from eigensweep_analysis.conditions import read_study
from eigensweep_analysis.fold import for_figures
from eigensweep_analysis.gallery import Gallery
from eigensweep_analysis.overview import overview_figures
from eigensweep_analysis.paper import paper_kinds
from eigensweep_analysis.report_figures import figure_kinds
from eigensweep_analysis.robust_figures import robust_kinds
from eigensweep_analysis.width import width_kinds
from sample import STRENGTH, add_distances, axis, write


def grid(path, widths, depths, *others):
    """A study of this many widths and depths, with all that figures are drawn of."""
    axes = (axis("width", "/model/width", list(range(8, 8 + widths))),
            axis("depth", "/model/depth", list(range(1, 1 + depths))))
    return load(add_distances(write(path, axes=(*axes, *others), attacks=("fgsm", "strict"), regime=True), 10))


def kinds_of(study):
    """Every kind of figure of a report, and those against width."""
    data = for_figures(prepared(study))
    kinds = [overview_figures(data), *figure_kinds(data), *robust_kinds(data, "linf", "test")]
    return kinds + (width_kinds(data)[0] if data.sizes["width"] > 1 else [])


#: Every number of panels beside and above each other, if not every pair: one takes two seconds.
SIZES = [(1, 1), (2, 3), (3, 2), (4, 1), (5, 2), (6, 3), (7, 1), (8, 2), (9, 3), (1, 2), (1, 3)]


@pytest.mark.parametrize(("widths", "depths"), SIZES)
def test_every_kind_of_figure_is_drawn(tmp_path, monkeypatch, widths, depths):
    monkeypatch.setattr(gallery, "render", lambda picture: [("svg", b"image")])
    kinds = kinds_of(grid(tmp_path / "r.h5", widths, depths))
    study = grid(tmp_path / "of_paper.h5", widths, depths, axis("strength", STRENGTH["pointer"], [0.0, 1.0]))
    kinds += paper_kinds("sample", read_study(study, "results.h5").networks)
    shown = Gallery()
    drawn = [len(hung) for hung in shown.hang(kinds)]
    assert drawn == [len(kind.plans) for kind in kinds], shown.left_out
    # One width has no exponents to draw against it, one depth no regime map, one network nothing to compare it with.
    absent = {"figure of exponents": widths == 1, "regime map": widths > 1 and depths == 1,
              "figure of every network": widths == depths == 1}
    assert {kind.name for kind in kinds if not kind.plans} == {name for name, is_absent in absent.items() if is_absent}
