# SPDX-License-Identifier: MIT
"""Which variables a metric's columns are when the study asks for it more than once, under labels of its own."""

import numpy as np

from eigensweep_analysis.report_figures import all_figures
from eigensweep_analysis.layout import robust_accuracies
from eigensweep_analysis.load import load
from eigensweep_analysis.metrics import left_out, sections, with_plain_names
from sample import SEED, WIDTH, write


def test_two_spectra_are_told_apart_by_their_option(tmp_path):
    data = load(write(tmp_path / "r.h5", axes=(WIDTH, SEED), early=True))
    assert "eigenvalues" not in data and "early_eigenvalues" in data
    plain = with_plain_names(data)
    np.testing.assert_array_equal(plain.eigenvalues, data.spectrum_eigenvalues)
    np.testing.assert_array_equal(plain.initial_eigenvalues, data.early_eigenvalues)
    assert left_out(data) == []
    assert "spectrum_status" in plain and with_plain_names(plain).identical(plain)


def test_a_single_spectrum_at_initialisation_is_not_taken_for_a_trained_one(tmp_path):
    data = load(write(tmp_path / "r.h5", axes=(WIDTH, SEED)))
    for evaluation in data.attrs["evaluations"]:
        evaluation["options"] = {"network": "initial"} if evaluation["kind"] == "spectrum" else {}
    plain = with_plain_names(data)
    assert "eigenvalues" not in plain
    np.testing.assert_array_equal(plain.initial_eigenvalues, data.eigenvalues)


def test_the_first_of_two_alike_has_the_plain_names(tmp_path):
    data = load(write(tmp_path / "r.h5", axes=(WIDTH, SEED), early=True))
    for evaluation in data.attrs["evaluations"]:
        evaluation["options"] = {}
    plain = with_plain_names(data)
    np.testing.assert_array_equal(plain.eigenvalues, data.spectrum_eigenvalues)
    assert "early_eigenvalues" in plain and left_out(plain) == [("early", "spectrum")]


def test_options_come_from_the_resolved_study_where_the_list_of_metrics_lacks_them(tmp_path):
    data = load(write(tmp_path / "r.h5", axes=(WIDTH,)))
    data.attrs["evaluations"] = [{"family": "metric", "label": "first", "kind": "spectrum"}]
    data.attrs["resolved"] = {"metrics": {"first": {"kind": "spectrum", "network": "initial"}}}
    assert [(g, o["network"]) for g, o in sections(data, "spectrum")] == [("first", "initial")]
    data.attrs["resolved"] = "not parsed"
    assert list(sections(data, "spectrum")) == [("first", {})]


def test_a_study_without_a_list_of_metrics_stays_as_it_is(tmp_path):
    data = load(write(tmp_path / "r.h5", axes=(WIDTH,)))
    data.attrs.pop("evaluations")
    assert with_plain_names(data).identical(data)


def test_columns_of_a_metric_are_not_taken_for_an_attack(tmp_path):
    data = load(write(tmp_path / "r.h5", axes=(WIDTH, SEED), regime=True))
    assert "robust_accuracy_initial" in data
    assert [str(attack) for _, attack, _ in robust_accuracies(data)] == ["fgsm", "pgd"]


def test_the_report_draws_both_spectra(tmp_path):
    data = with_plain_names(load(write(tmp_path / "r.h5", axes=(WIDTH, SEED), attacks=(), early=True)))
    assert [p.name for p in all_figures(data)] == ["spectrum", "spectrum_at-initialisation", "exponent"]
