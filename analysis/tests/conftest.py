# SPDX-License-Identifier: MIT
"""Lets the tests run from a checkout, with or without the package installed."""

import importlib.util
import io
import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]


@pytest.fixture
def coarse(monkeypatch, request):
    """Checks a gallery's figures, then draws them without a layout and as SVG alone. A failed check fails the figure."""
    from eigensweep_analysis import gallery
    from eigensweep_analysis.panels import has_data

    def render(picture):
        axes = picture.figure.axes
        assert any(has_data(a) for a in axes), "an empty figure"
        assert all(has_data(a) or not a.axison for a in axes), "an empty panel with axes"
        if "name" not in request.node.name:  # only tests of names check that names have room
            picture.figure.set_layout_engine("none")
        image = io.BytesIO()
        picture.figure.savefig(image, format="svg")
        return [("svg", image.getvalue())]

    monkeypatch.setattr(gallery, "render", render)


@pytest.fixture(scope="session")
def kept(tmp_path_factory):
    """The output folder of kept_study.py's study, trained by the program in $EIGENSWEEP_BIN."""
    import kept_study

    if "EIGENSWEEP_BIN" not in os.environ:
        pytest.skip("EIGENSWEEP_BIN names no folder with eigensweep and eigensweep-worker")
    if importlib.util.find_spec("torch") is None:
        pytest.skip("torch is not installed")
    folder = tmp_path_factory.mktemp("kept")
    study = kept_study.study_file(folder, kept_study.all_cases())
    return kept_study.run(study, folder / "out")
