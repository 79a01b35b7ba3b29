# SPDX-License-Identifier: MIT
"""The report's page on width: its sentences on known numbers, and the limits that it states."""

import numpy as np
import pytest

from eigensweep_analysis.__main__ import main
from eigensweep_analysis.by_width import prepared
from eigensweep_analysis.load import load
from eigensweep_analysis.width import exponents
from eigensweep_analysis.width_page import findings, has_page, limits
from sample import RANKS, SEED, STRENGTH, axis, share_trainings, write

WIDTHS = axis("width", "/model/width", [32, 64, 128, 256, 512, float("inf")])
SEEDS = axis("seed", "/seed", [0, 1, 2], "replicate")
NTK = {"model": {"parametrisation": "ntk"}, "training": {"stop_loss": 0.0}}


def results(tmp_path, *axes, **more):
    return prepared(load(write(tmp_path / "r.h5", axes=axes, regime=True, resolved=NTK, **more)))


def text(sentences):
    return "\n".join(sentences)


def test_it_names_the_crossover_and_the_exponents(tmp_path):
    data = results(tmp_path, WIDTHS, SEEDS)
    said = text(findings(data, exponents(data)))
    # 4 N^-0.8 = 0.1 at N = 40^(1/0.8)
    row = exponents(data)[-1]
    assert row["exponent"] == pytest.approx(40**1.25, rel=0.1) and row["low"] <= row["exponent"] <= row["high"]
    assert f"falls to 0.1 at width {row['exponent']:.0f} (95 % interval" in said
    assert "NTK drift goes as width to the -0.9" in said
    assert "theory has the weights" in said
    assert "PGD of epsilon 0.05 leaves an accuracy of" in said and "at infinite width" in said


def test_claims_name_the_loss_at_the_end_and_none_is_made_of_networks_that_have_not_trained(tmp_path):
    data = results(tmp_path, WIDTHS, SEEDS)
    finite = data.history_task_loss.sel(width=data.width[np.isfinite(data.width)])
    said = findings(data, exponents(data))
    end = f"(mean task loss at the end: {float(finite.isel(epoch=-1).mean()):.3g})."
    claims = [s for s in said if "falls to" in s or "goes as width" in s or "leaves an accuracy" in s]
    assert len(claims) >= 4 and all(s.endswith(end) for s in claims)
    data["history_task_loss"] = data.history_task_loss * 0 + 2.3
    assert findings(data, exponents(data)) == [
        "nothing follows, because the networks have hardly trained: their mean task loss was 2.3 in the first epoch and 2.3 in the last."]


def test_losses_of_networks_that_diverged_do_not_count(tmp_path):
    def said(statuses):
        data = results(tmp_path, WIDTHS, SEEDS, statuses=statuses)
        data["history_task_loss"][0, 0] = [2.3, 1e3, 1e6, np.nan, np.nan]
        rows = exponents(data)
        return [s.rsplit("(mean task loss", 1)[-1] for s in findings(data, rows) if "(mean task loss" in s], text(limits(data, rows))

    assert said({0: (1, "")})[0] == []  # of a network that finished so, nothing follows
    ends, what_is_open = said({0: (3, "loss is not finite")})
    assert set(ends) == {" at the end: 0.2)."} and len(ends) >= 4
    assert "unequal training" not in what_is_open


@pytest.mark.parametrize("factor, words", [
    (0.01, "is below 0.1 at every width from 32 on"),
    (100, "stays above 0.1 up to width 512"),
])
def test_a_crossover_beyond_the_widths_is_said_to_be(tmp_path, factor, words):
    data = results(tmp_path, WIDTHS, SEEDS)
    data["linearisation_gap"] = data.linearisation_gap * factor
    assert words in text(findings(data, exponents(data)))


def test_gaps_that_rise_name_no_crossover(tmp_path):
    data = results(tmp_path, WIDTHS, SEEDS)
    data["linearisation_gap"] = 0.01 / data.linearisation_gap
    assert "there is no crossover to name" in text(findings(data, exponents(data)))


def test_few_widths_and_seeds_are_admitted(tmp_path):
    data = results(tmp_path, axis("width", "/model/width", [32, 64]), axis("seed", "/seed", [0], "replicate"))
    said = text(limits(data, exponents(data)))
    assert "with fewer than three there is no exponent" in said
    assert "span a factor of 2" in said and "there is no interval" in said
    data = results(tmp_path, WIDTHS, SEEDS)
    said = text(limits(data, exponents(data)))
    assert "drawing 3 seeds anew, which can be done in 10 ways" in said
    assert "factor of" not in said and "not one power" not in said and "have no numbers" not in said


def test_widths_at_which_nothing_changed_do_not_hide_that_widths_are_few(tmp_path):
    data = results(tmp_path, axis("width", "/model/width", [32, 64, 128, 256, 512]), SEEDS)
    assert "Some exponents are of" not in text(limits(data, exponents(data)))
    data["feature_change"] = data.feature_change.where(data.width < 200, 0.0)
    assert "Some exponents are of 3 widths" in text(limits(data, exponents(data)))


def test_bent_lines_and_missing_networks_are_named(tmp_path):
    data = results(tmp_path, WIDTHS, SEEDS, statuses={0: (3, "diverged")})
    data["ntk_drift"] = data.ntk_drift * np.minimum(1, 100 / data.width)
    said = text(limits(data, exponents(data)))
    assert "not one power of the width" in said and "NTK drift (-" in said
    assert "1 of the study's networks have no numbers" in said


def test_a_missing_network_that_several_conditions_share_is_named_once(tmp_path):
    axes = (WIDTHS, STRENGTH, RANKS, SEED)
    write(tmp_path / "r.h5", axes=axes, regime=True, resolved=NTK, statuses={0: (3, "diverged")})
    data = prepared(load(share_trainings(tmp_path / "r.h5")))
    assert int((data.status != 1).sum()) == 3
    assert "1 of the study's networks have no numbers" in text(limits(data, exponents(data)))


def test_unequal_training_is_named_with_its_widths(tmp_path):
    data = results(tmp_path, WIDTHS, SEEDS)
    assert "loss" not in text(limits(data, exponents(data)))
    data["history_task_loss"] = data.history_task_loss * np.where(data.width == 32, 2.0, 1.0).reshape(-1, 1, 1)
    assert "the option stop_loss trains all to one loss" in text(limits(data, exponents(data)))
    data.attrs["resolved"]["training"]["stop_loss"] = 0.21
    said = text(limits(data, exponents(data)))
    assert "3 of 15 networks (width 32) ran out of epochs before the stop_loss of 0.21" in said


def test_the_report_has_the_page_with_its_figures(tmp_path, coarse):
    file = write(tmp_path / "r.h5", axes=(WIDTHS, STRENGTH, SEED), regime=True, early=True, attacks=("pgd",))
    assert main(["report", str(file), "--output", str(tmp_path / "out")]) == 0
    page = (tmp_path / "out" / "report.html").read_text()
    assert "Width and the kernel regime</h2>" in page and "href='#width'" in page
    assert "What they cannot say" in page
    for figure in ("diagnostics", "pgd", "regression", "spectra_strength-0.3", "history_strength-1", "cka_strength-0",
                   "map_strength"):
        assert f"<figure class='figure' id='sample_width_{figure}'>" in page


def test_a_study_of_one_width_or_without_the_metric_has_no_page(tmp_path):
    assert not has_page(prepared(load(write(tmp_path / "a.h5", axes=(WIDTHS, SEED)))))
    assert not has_page(prepared(load(write(tmp_path / "b.h5", axes=(STRENGTH, SEED), regime=True))))
