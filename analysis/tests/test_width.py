# SPDX-License-Identifier: MIT
import csv
import io

import numpy as np
import pytest
import xarray as xr

from eigensweep_analysis.__main__ import main
from eigensweep_analysis.by_width import conditions, figures_of, prepared
from eigensweep_analysis.fits import crossover, crossover_interval, fit_exponent, half_slopes
from eigensweep_analysis.load import load
from eigensweep_analysis.regime_map import map_pictures
from eigensweep_analysis.width import exponents, width_pictures, write_width
from eigensweep_analysis.width_curves import spectrum_shares
from sample import DEPTH, SEED, WIDTH, axis, write

INFINITE = axis("width", "/model/width", [32, 64, 128, float("inf")])
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
    axes = [{**a, "coordinate": a["name"]} for a in (WIDTH, SEED)]
    return data.assign_attrs(title="sample", axes=axes)


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


def test_widths_without_a_logarithm_are_in_no_fit_and_in_no_count(tmp_path):
    widths = axis("width", "/model/width", [32, 64, 128, 256, 512])
    data = prepared(load(write(tmp_path / "r.h5", axes=(widths, SEED), regime=True)))
    data["weight_change"] = data.weight_change.where(data.width < 200, 0.0)
    data["feature_change"] = data.feature_change * 0
    rows = [row for row in exponents(data) if row["diagnostic"] in ("weight_change", "feature_change")]
    assert [row["widths"] for row in rows] == [3, 3, 0]
    assert rows[0]["exponent"] == pytest.approx(-0.5, abs=0.2) and np.isnan(rows[2]["exponent"])
    # Halves are those of the widths that are fitted.
    numbers = np.append(WIDTHS**-0.7, [0.0, 0.0, 0.0])[:, None]
    assert half_slopes([*WIDTHS, 1000, 2000, 4000], numbers) == pytest.approx(half_slopes(WIDTHS, numbers[:-3]))
    assert np.isnan(half_slopes(WIDTHS, np.array([[1.0], [1.0], [1.0], [0.0]]))).all()


def test_the_crossover_lies_between_the_widths_around_it():
    gaps = (WIDTHS**-0.5)[:, None]
    assert crossover(WIDTHS, gaps, level=0.1) == pytest.approx(100, rel=1e-6)
    assert np.isnan(crossover(WIDTHS, gaps, level=1e-3))


def test_a_crossover_has_an_interval_over_seeds_that_all_cross():
    gaps = WIDTHS[:, None] ** -0.5 * np.array([0.9, 1.0, 1.1])
    width, low, high = crossover_interval(WIDTHS, gaps)
    assert low < width < high and width == pytest.approx(100, rel=1e-6)
    assert low == pytest.approx(81, rel=1e-6) and high == pytest.approx(121, rel=1e-6)
    width, low, high = crossover_interval(WIDTHS, gaps * np.array([1, 1, 2.0]))  # one seed's gap stays above the level
    assert np.isfinite(width) and np.isnan(low) and np.isnan(high)
    assert np.isnan(crossover_interval(WIDTHS, gaps[:, :1])[1])


def test_halves_tell_a_bend_from_a_power():
    assert half_slopes(WIDTHS, (WIDTHS**-0.7)[:, None]) == pytest.approx((-0.7, -0.7))
    bent = np.where(WIDTHS < 100, 1, WIDTHS / 128)[:, None] ** -1
    assert half_slopes(WIDTHS, bent) == pytest.approx((0, -1))
    assert np.isnan(half_slopes(WIDTHS[:3], bent[:3])).all()


def test_figures_and_table_are_written(tmp_path):
    files, _ = write_width(study(), tmp_path, "results.h5")
    names = {f.name for f in files}
    assert names == {"sample_width.csv", *(f"sample_width_{w}.{s}" for w in ("diagnostics", "fgsm") for s in ("svg", "pdf", "csv"))}
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


def test_a_study_with_attacks_alone_has_their_figures(tmp_path, capsys):
    path = write(tmp_path / "sample.h5", axes=(WIDTH, SEED))
    assert main(["figures", "width", str(path), "--output", str(tmp_path / "out")]) == 0
    assert {f.name for f in (tmp_path / "out").iterdir()} == {".eigensweep-report"} | {
        f"sample_width_{figure}.{suffix}" for figure in ("fgsm", "pgd", "spectra") for suffix in ("svg", "pdf", "csv")
    }
    assert "no figure of diagnostics: the results hold no column of the metric 'kernel_regime'" in capsys.readouterr().out
    assert load(path).sizes["width"] == 2


def pictures(tmp_path, *axes, **more):
    drawn, notes = width_pictures(prepared(load(write(tmp_path / "r.h5", axes=axes, **more))))
    return {p.name: p for p in drawn}, notes


def test_everything_that_is_measured_is_drawn(tmp_path):
    drawn, notes = pictures(tmp_path, INFINITE, SEED, regime=True, early=True)
    assert list(drawn) == [f"sample_width_{n}" for n in ("diagnostics", "fgsm", "pgd", "regression", "spectra", "history", "cka")]
    assert notes == ["no regime map: no number besides the width is swept"]


def test_spectra_have_a_line_per_width_before_and_after_training(tmp_path):
    drawn, _ = pictures(tmp_path, INFINITE, SEED, attacks=(), regime=True, early=True)
    panels = drawn["sample_width_spectra"].figure.axes
    assert [a.get_title("left") for a in panels] == ["hidden layer 1, at initialisation", "hidden layer 1, after training"]
    for axes in panels:
        assert [line.get_label() for line in axes.lines] == ["width 32", "width 64", "width 128", "infinite width", "$n^{-1}$"]
        assert axes.get_xscale() == axes.get_yscale() == "log"
    np.testing.assert_allclose(panels[1].lines[0].get_ydata().sum(), 1, rtol=1e-3)


def test_a_shallow_network_has_panels_for_its_own_layers(tmp_path):
    drawn, _ = pictures(tmp_path, INFINITE, DEPTH, attacks=())
    layers = {name: len({a.get_title("left") for a in p.figure.axes}) for name, p in drawn.items()}
    assert layers["sample_width_spectra_depth-1"] == 1 and layers["sample_width_spectra_depth-3"] == 3


def test_shares_of_variance_do_not_depend_on_a_factor():
    shares = spectrum_shares(np.array([[4.0, 2.0, 0.0, np.nan], [2.0, 1.0, np.nan, np.nan]]))
    np.testing.assert_allclose(shares[:, :2], [[2 / 3, 1 / 3]] * 2)
    assert shares[0, 2] == 0 and np.isnan(shares[:, 3]).all()
    np.testing.assert_allclose(spectrum_shares(np.array([2.0, 2.0, -1e-9])), [0.5, 0.5, -2.5e-10])
    assert np.isnan(spectrum_shares(np.array([[0.0, 0.0], [-1.0, np.nan]]))).all()


def lower_end(axes, x):
    """The lower end of the first band at a place."""
    band = axes.collections[0].get_paths()[0].vertices
    return band[np.isclose(band[:, 0], x), 1].min()


def test_numbers_without_a_place_on_a_log_axis_count_in_means(tmp_path):
    data = study(seeds=3)
    flips = np.ones((5, 3))
    flips[0], flips[1] = [0, 0, 0.001], 0
    data["gate_flips"] = (("width", "seed"), flips)
    data = data.assign(gate_flips=data.gate_flips.expand_dims(layer=[1], axis=-1))
    picture = width_pictures(data)[0][0]
    axes = next(a for a in picture.figure.axes if a.get_title("left") == "gate flips")
    drawn = axes.lines[0]
    assert drawn.get_xdata().tolist() == [32, 128, 256]  # at 64 all are 0
    np.testing.assert_allclose(drawn.get_ydata(), [0.001 / 3, 1, 1])
    assert lower_end(axes, 32) == 0 and 0 < axes.get_ylim()[0] < 0.001 / 3
    picture.figure.savefig(tmp_path / "r.svg")


def test_eigenvalues_of_0_count_in_means_over_seeds(tmp_path):
    data = prepared(load(write(tmp_path / "r.h5", axes=(WIDTH, SEED), attacks=())))
    last = data.eigenvalues.values[0, 0, 0, 63]
    values = data.eigenvalues.where((data.width != 64) | (data.seed != 1) | (data.eigenvalue < 64), 0.0)
    data["eigenvalues"] = values
    axes = next(p for p in width_pictures(data)[0] if p.name == "sample_width_spectra").figure.axes[0]
    assert axes.lines[0].get_label() == "width 64"
    share = last / data.eigenvalues.values[0, 0, 0, :64].sum()
    np.testing.assert_allclose(axes.lines[0].get_ydata()[-1], share / 2)


def test_diagnostics_over_epochs_have_a_line_per_network(tmp_path):
    drawn, _ = pictures(tmp_path, INFINITE, SEED, attacks=(), regime=True)
    axes = drawn["sample_width_history"].figure.axes[0]
    assert axes.get_title("left") == "NTK drift" and axes.get_xscale() == "log"
    assert [line.get_label() for line in axes.lines] == [f"width {w}" for w in (32, 32, 64, 64, 128, 128)]
    assert axes.lines[0].get_xdata().tolist() == [1, 2, 4, 8, 16, 32]


def test_regression_stands_beside_the_networks_under_the_same_attack(tmp_path):
    drawn, _ = pictures(tmp_path, INFINITE, SEED, regime=True)
    picture = drawn["sample_width_regression"]
    clean, attacked = picture.figure.axes
    labels = [line.get_label() for line in clean.lines if not line.get_label().startswith("_")]
    assert labels == ["network", "kernel at initialisation", "kernel after training"]
    assert len([line for line in clean.lines if line.get_label().startswith("_")]) == 3  # the limits
    assert "PGD, epsilon 0.05 (networks: PGD of the study)" in picture.caption
    data = load(tmp_path / "r.h5")
    wanted = data.robust_accuracy.sel(attack="pgd", epsilon=0.05).mean("seed")[:3]
    np.testing.assert_allclose(attacked.lines[0].get_ydata(), wanted)


def test_an_attack_that_the_study_lacks_leaves_the_networks_out(tmp_path):
    drawn, _ = pictures(tmp_path, INFINITE, SEED, attacks=("fgsm",), regime=True)
    picture = drawn["sample_width_regression"]
    assert "nothing like it" in picture.caption
    assert [line.get_label() for line in picture.figure.axes[1].lines][0] == "kernel at initialisation"


def test_many_conditions_make_several_figures():
    found = [(f"depth {d}, scale {s}", {"depth": d, "scale": s}) for d in (1, 2, 3) for s in range(4)]
    assert [(label, len(some)) for label, some in figures_of(found)] == [("depth 1", 4), ("depth 2", 4), ("depth 3", 4)]
    assert figures_of(found[:4]) == [("", found[:4])]


def test_an_axis_without_part_in_a_case_makes_no_words(tmp_path):
    cases = axis("case", "/cases", ["ntk", "lazy"])
    scales = axis("output_scale", "/model/output_scale", [float("nan"), 0.3, 3.0])
    wide = {"ntk": [0], "lazy": [1, 2]}
    rows = [(c, s) for c in ("ntk", "lazy") for _ in range(2) for s in range(3)]
    drop = tuple(i for i, (c, s) in enumerate(rows) if s not in wide[c])
    data = prepared(load(write(tmp_path / "r.h5", axes=(cases, WIDTH, scales), drop=drop, regime=True)))
    assert [label for label, _ in conditions(data)] == ["ntk", "lazy, output scale 0.3", "lazy, output scale 3"]
    maps = map_pictures(data)[0]
    assert [p.name for p in maps] == ["sample_width_map_output_scale_lazy"]
