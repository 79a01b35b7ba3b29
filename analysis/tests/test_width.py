# SPDX-License-Identifier: MIT
import csv
import io

import numpy as np
import pytest
import xarray as xr

from eigensweep_analysis.__main__ import main
from eigensweep_analysis.load import load
from eigensweep_analysis.width import crossover, fit_exponent, write_width
from sample import SEED, WIDTH, axis, write

WIDTHS = np.array([32.0, 64.0, 128.0, 256.0])


def study(exponent=-0.5, seeds=4):
    """A study as `load` gives it: widths up to infinity, diagnostics of a known power of the width."""
    random = np.random.default_rng(1)
    width = np.append(WIDTHS, np.inf)
    noise = np.exp(random.normal(0, 0.02, (len(width), seeds)))
    numbers = np.append(WIDTHS**exponent, np.nan)[:, None] * noise
    robust = np.linspace(0.3, 0.8, len(width))[:, None, None, None] * np.array([1.0, 0.5]) + np.zeros((1, seeds, 1, 1))
    data = xr.Dataset(
        {
            "status": (("width", "seed"), np.ones((len(width), seeds))),
            "ntk_drift": (("width", "seed"), numbers),
            "linearisation_gap": (("width", "seed"), numbers),
            "weight_change": (("width", "seed", "affine"), numbers[:, :, None] * np.array([1.0, 2.0])),
            "robust_accuracy": (("width", "seed", "attack", "epsilon"), robust),
        },
        coords={"width": width, "seed": np.arange(seeds), "affine": [1, 2], "attack": ["fgsm"], "epsilon": [0.0, 0.1]},
    )
    return data.assign_attrs(title="sample")


def test_exponents_are_found_and_their_intervals_hold_them():
    data = study()
    exponent, low, high = fit_exponent(WIDTHS, data.ntk_drift.values[:4])
    assert exponent == pytest.approx(-0.5, abs=0.02)
    assert low <= exponent <= high
    assert high - low < 0.06


def test_too_few_widths_or_seeds_give_no_numbers():
    values = study().ntk_drift.values
    assert np.isnan(fit_exponent(WIDTHS[:2], values[:2])).all()
    exponent, low, high = fit_exponent(WIDTHS, values[:4, :1])
    assert np.isfinite(exponent) and np.isnan(low) and np.isnan(high)
    holes = values[:4].copy()
    holes[0, :] = np.nan
    assert np.isfinite(fit_exponent(WIDTHS, holes)[0])


def test_the_crossover_lies_between_the_widths_around_it():
    gaps = (WIDTHS**-0.5)[:, None]
    assert crossover(WIDTHS, gaps, level=0.1) == pytest.approx(100, rel=1e-6)
    assert np.isnan(crossover(WIDTHS, gaps, level=1e-3))


def test_figures_and_table_are_written(tmp_path):
    files = write_width(study(), tmp_path, "results.h5")
    names = {f.name for f in files}
    assert names == {"sample_width.csv", *(f"sample_width_{w}.{s}" for w in ("diagnostics", "fgsm") for s in ("png", "pdf"))}
    rows = list(csv.DictReader(io.StringIO((tmp_path / "sample_width.csv").read_text())))
    assert [r["part"] for r in rows if r["diagnostic"] == "weight_change"] == ["affine 1", "affine 2"]
    for row in rows[:-1]:
        assert float(row["exponent"]) == pytest.approx(-0.5, abs=0.03)
    assert rows[-1]["diagnostic"].startswith("crossover") and float(rows[-1]["exponent"]) == pytest.approx(100, rel=0.1)


def test_one_width_or_nothing_to_show_is_refused(tmp_path, capsys):
    one = write(tmp_path / "one.h5", axes=(axis("width", "/model/width", [64]), SEED))
    assert main(["figures", "width", str(one)]) == 2
    assert capsys.readouterr().err == (
        f"error: {one}: the study has one width; sweep /model/width to see what goes with it\n"
    )
    bare = write(tmp_path / "bare.h5", axes=(WIDTH, SEED), attacks=(), metrics=False)
    assert main(["figures", "width", str(bare)]) == 2
    assert "no metric 'kernel_regime' and no attacks in it; ask for one of them" in capsys.readouterr().err
    assert main(["figures", "width", str(one), str(bare)]) == 2
    assert "are of one study; give one results.h5" in capsys.readouterr().err


def test_a_study_with_attacks_alone_has_their_figures(tmp_path):
    path = write(tmp_path / "sample.h5", axes=(WIDTH, SEED))
    assert main(["figures", "width", str(path), "--output", str(tmp_path / "out")]) == 0
    assert {f.name for f in (tmp_path / "out").iterdir()} == {
        f"sample_width_{attack}.{suffix}" for attack in ("fgsm", "pgd") for suffix in ("png", "pdf")
    }
    assert load(path).sizes["width"] == 2
