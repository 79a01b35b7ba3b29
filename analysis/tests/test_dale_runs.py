# SPDX-License-Identifier: MIT
"""Reports of small studies by Dale's law that the program in $EIGENSWEEP_BIN runs."""

import json
import os

import pytest

import kept_study
from eigensweep_analysis import figures, load
from eigensweep_analysis.report import write_report

pytestmark = pytest.mark.skipif("EIGENSWEEP_BIN" not in os.environ,
                                reason="EIGENSWEEP_BIN names no folder with eigensweep and eigensweep-worker")


def report_of(study, tmp_path):
    """(results, page, names of the figures) of a study file."""
    data = load(kept_study.run(study, tmp_path / "out"))
    assert (data.status == 1).all()
    write_report(data, tmp_path / "report", everything=True)
    page = (tmp_path / "report" / "report.html").read_text()
    assert "bug of ours" not in page
    return data, page, set(figures.draw(data))


def test_layer_types_have_their_section(tmp_path):
    study = kept_study.study_file(
        tmp_path, [{"name": "all", "model": {"activation": "relu", "layer": {"sweep": ["dense", "colei", "dann"]}}}],
        attacks={"fgsm": {"epsilon": {"sweep": [0, 0.1]}}, "synaptic_noise": {"relative_sigma": {"sweep": [0, 0.5]}, "draws": 2}},
        metrics={"spectrum": {"fit_first": 1}, "weights": {}, "weights_before": {"kind": "weights", "network": "initial"},
                 "ei_balance": {}})
    data, page, drawn = report_of(study, tmp_path)
    assert "<b>No weight has the wrong sign</b>: checked in all 2 networks that keep signs." in page
    assert drawn >= {"accuracy_fgsm", "accuracy_synaptic_noise", "layers_first_to_second", "layers_singular_entropy",
                     "layers_balance", "layers_exponent"}
    assert "Accuracy by layer type under FGSM and synaptic noise is among the figures above." in page


@pytest.mark.parametrize("options, wanted", [
    ({"populations": {"sweep": ["one", "two"]}, "drive_step": 0.5, "step_repeats": 2},
     {"balanced_rate", "balanced_deviation", "balanced_irregularity", "balanced_response"}),
    ({"populations": "pools", "drive_difference": 0.02, "cross_coupling": {"sweep": [-0.5, 0]}}, {"balanced_gain", "balanced_errors"}),
])
def test_balanced_networks_have_their_section(tmp_path, options, wanted):
    study = tmp_path / "study.json"
    study.write_text(json.dumps({
        "name": "balance", "seed": {"sweep": [0, 1]},
        "procedure": {"kind": "balanced_network", "neurons": {"sweep": [60, 120]}, "inputs": {"sweep": [20, 40]}, "drive": 0.2,
                      "duration": 20, **options}}))
    data, page, drawn = report_of(study, tmp_path)
    assert f"{data.status.size} simulations: {data.status.size} ok." in page and "Balanced networks</h2>" in page
    assert drawn == wanted
