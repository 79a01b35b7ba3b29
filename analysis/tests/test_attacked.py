# SPDX-License-Identifier: MIT
"""Attacks of one study that were asked for different things: what figures and sentences take from each."""

import numpy as np
import pytest

from eigensweep_analysis.by_width import prepared
from eigensweep_analysis.charts.accuracy import accuracy_chart
from eigensweep_analysis.conditions import read_study
from eigensweep_analysis.fold import for_figures
from eigensweep_analysis.load import load
from eigensweep_analysis.networks import networks
from eigensweep_analysis.overview import overview_figures
from eigensweep_analysis.paper import paper_figures
from eigensweep_analysis.regime_map import map_pictures
from eigensweep_analysis.report_figures import all_figures
from eigensweep_analysis.width import exponents, width_pictures
from eigensweep_analysis.width_page import findings
from sample import EPSILONS, SEED, STRENGTH, WIDTH, axis, write

RATE = axis("rate", "/training/rate", [])


def with_weak(data, *attacks):
    """The results with these attacks asked at 0 and the two lowest intensities alone, so not at the middle of all."""
    here = data.attack.isin(attacks) & ~data.epsilon.isin([0.0, 0.01, 0.02])
    return data.assign(robust_accuracy=data.robust_accuracy.where(~here))


def test_a_map_is_at_an_intensity_of_its_attack(tmp_path):
    data = with_weak(prepared(load(write(tmp_path / "r.h5", axes=(WIDTH, STRENGTH, SEED), regime=True))), "fgsm", "pgd")
    (picture,), _ = map_pictures(data)
    panel = next(a for a in picture.figure.axes if a.get_title("left").startswith("robust accuracy"))
    assert "0.02" in panel.get_title("left")
    wanted = data.robust_accuracy.sel(attack="pgd", epsilon=0.02).mean("seed").transpose("strength", "width")
    np.testing.assert_allclose(panel.images[0].get_array(), wanted)


def test_settings_of_a_list_are_ranked_at_an_intensity_of_the_attack(tmp_path):
    rows = [{"width": 8 + i, "rate": (5 * i) % 7} for i in range(7)]
    data = load(write(tmp_path / "r.h5", axes=(axis("width", "/model/width", []), RATE), rows=rows, metrics=False), "trials")
    ranked = for_figures(with_weak(data, "fgsm"))
    scores = ranked.robust_accuracy.sel(attack="fgsm", epsilon=0.02).values.reshape(-1)
    assert len(set(scores)) > 1 and (np.diff(scores) <= 0).all()


def test_settings_are_ranked_by_the_first_attack_that_has_numbers(tmp_path):
    rows = [{"width": 8 + i, "rate": (5 * i) % 7} for i in range(7)]
    data = load(write(tmp_path / "r.h5", axes=(axis("width", "/model/width", []), RATE), rows=rows, metrics=False), "trials")
    ranked = for_figures(data.assign(robust_accuracy=data.robust_accuracy.where(data.attack != "fgsm")))
    assert (np.diff(ranked.robust_accuracy.sel(attack="pgd", epsilon=0.05).values.reshape(-1)) <= 0).all()


def test_sentences_and_the_figure_of_every_network_are_at_an_intensity_of_their_attack(tmp_path):
    wide = axis("width", "/model/width", [32, 64, 128])
    data = with_weak(prepared(load(write(tmp_path / "r.h5", axes=(wide, SEED), regime=True))), "pgd")
    assert any("PGD of epsilon 0.02 leaves an accuracy of" in sentence for sentence in findings(data, exponents(data)))
    rows = [{"width": 8 + 3 * i, "rate": (5 * i) % 24} for i in range(24)]
    data = load(write(tmp_path / "s.h5", axes=(axis("width", "/model/width", []), RATE), rows=rows))
    assert [plan.what for plan in overview_figures(for_figures(with_weak(data, "pgd"))).plans][-1].endswith("PGD, epsilon 0.02")


@pytest.mark.parametrize("largest, bent", [(0.02, False), (0.2, True)])
def test_an_axis_of_the_paper_bends_for_its_own_attack(tmp_path, largest, bent):
    data = load(write(tmp_path / "r.h5", axes=(STRENGTH, SEED)))
    data = data.assign(robust_accuracy=data.robust_accuracy.where((data.attack != "fgsm") | (data.epsilon <= largest)))
    found = {p.name: p for p in paper_figures("study", read_study(data, "r.h5").networks)}
    assert found["study_fgsm"].figure.axes[0].get_xscale() == ("symlog" if bent else "linear")
    assert max(EPSILONS) == 0.2 and found["study_pgd"].figure.axes[0].get_xscale() == "symlog"


def test_a_thinned_map_has_the_attack_and_the_intensity_of_the_whole_study(tmp_path):
    axes = (axis("width", "/model/width", list(range(8, 38))), STRENGTH)
    data = with_weak(prepared(load(write(tmp_path / "r.h5", axes=axes, regime=True))), "pgd")
    only_here = data.robust_accuracy.where((data.width == 10) | (data.epsilon < 0.02))  # a width that the map leaves out
    (picture,), _ = map_pictures(data.assign(robust_accuracy=only_here.where(data.attack == "pgd")))
    titles = [a.get_title("left") for a in picture.figure.axes if a.images]
    assert "24 of 30 widths" in picture.caption and not any("robust" in title for title in titles)


def asked(data, **options):
    """The results with these options of evaluations: label=options."""
    evaluations = [{**e, "options": {**e["options"], **options.get(e["label"], {})}} for e in data.attrs["evaluations"]]
    return data.assign_attrs(evaluations=evaluations)


VALIDATION = {"pgd": {"split": "validation"}}


def test_figures_name_the_samples_of_their_attack(tmp_path):
    data = asked(prepared(load(write(tmp_path / "r.h5", axes=(WIDTH, SEED), regime=True))), **VALIDATION)
    said = {p.name: p.caption for p in [*all_figures(data), *width_pictures(data)[0]]}
    for name, split in (("fgsm", "test"), ("pgd", "validation")):
        for figure in (f"accuracy_{name}", f"sample_width_{name}"):
            assert said[figure].startswith(f"Share of {split} samples still classified right under {name.upper()}")
    assert "(networks: PGD of the study, on validation samples)" in said["sample_width_regression"]


@pytest.mark.parametrize("options, words", [
    ({}, "Share of test samples still classified right."),
    (VALIDATION, "Share of test samples (PGD on validation samples) still classified right."),
    ({**VALIDATION, "fgsm": {"split": "validation"}}, "Share of validation samples still classified right."),
])
def test_the_chart_names_the_samples_of_its_attacks(tmp_path, options, words):
    data = asked(for_figures(prepared(load(write(tmp_path / "r.h5", axes=(WIDTH, SEED))))), **options)
    assert accuracy_chart(data, networks(data)).caption.startswith(words)


@pytest.mark.parametrize("options, words", [
    ({}, "over the training set,"),
    ({"split": "test", "samples": 0}, "over the test set,"),
    ({"split": "train", "samples": 2000}, "over the first 2,000 training samples,"),
    ({"split": "test", "samples": 500}, "over the first 500 test samples,"),
])
def test_spectra_name_their_samples(tmp_path, options, words):
    data = prepared(asked(load(write(tmp_path / "r.h5", axes=(WIDTH, SEED), early=True)), spectrum=options))
    trained, initial = (p.caption for p in all_figures(data) if p.name.startswith("spectrum"))
    assert words in trained and "over the training set," in initial
