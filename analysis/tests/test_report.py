# SPDX-License-Identifier: MIT
"""Figures and report: what is drawn, and that any study gives a page."""

import html
import re

import numpy as np
import pytest
import xarray as xr

import eigensweep_analysis
from eigensweep_analysis.__main__ import main
from eigensweep_analysis.report_figures import all_figures, spread_note
from eigensweep_analysis.layout import Layout, attack_name, robust_accuracies, text
from eigensweep_analysis.networks import networks
from eigensweep_analysis.overview import overview_figures
from eigensweep_analysis.page.network_table import network_table
from eigensweep_analysis.page.study_words import study_words
from eigensweep_analysis.report import write_report
from sample import RANKS, SEED, STRENGTH, WIDTH, axis, share_trainings, write

NAN = float("nan")
CASES = axis("case", "/cases", ["vanilla", "spectral"])
STRENGTHS = axis("strength", "/regularizers/spectral/strength", [NAN, 1.0])

STUDIES = {
    "everything": {},
    "one seed": {"axes": (WIDTH, STRENGTH)},
    "no strengths": {"axes": (WIDTH, SEED)},
    "one width": {"axes": (STRENGTH, SEED)},
    "six widths": {"axes": (axis("width", "/model/width", [16, 24, 32, 48, 64, 96]),)},
    "no axes": {"axes": ()},
    "no attacks": {"axes": (WIDTH, STRENGTH), "attacks": ()},
    "no metrics": {"axes": (WIDTH, STRENGTH), "metrics": False},
    "nothing yet": {"axes": (WIDTH, SEED), "statuses": {i: (0, "") for i in range(4)}},
    "holes": {"axes": (WIDTH, STRENGTH, SEED), "drop": (1, 2, 5), "statuses": {0: (3, "not finite")}},
    "noise": {"noise_levels": (0.1, 0.2)},
    "only noise": {"attacks": (), "noise_levels": (0.1, 0.2)},
    "cases": {"axes": (CASES, STRENGTHS, SEED), "drop": (2, 3, 4, 5)},
    "many": {"axes": (axis("activation", "/model/activation", ["tanh", "relu", "erf"]), STRENGTH), "attacks": ("pgd",)},
}


@pytest.mark.parametrize("name", STUDIES)
def test_any_study_gives_figures(tmp_path, name):
    data = eigensweep_analysis.load(write(tmp_path / "r.h5", **STUDIES[name]))
    names = [picture.name for picture in all_figures(data)]
    assert len(names) == len(set(names))
    if name == "everything":
        assert names == ["accuracy_fgsm", "accuracy_pgd", "spectrum_depth-1", "spectrum_depth-3", "exponent"]
    if name == "noise":
        assert names[:3] == ["accuracy_fgsm", "accuracy_pgd", "accuracy_gaussian_noise"]
    if name == "only noise":
        assert names[0] == "accuracy_gaussian_noise"
    if name == "nothing yet":
        assert names == []


def test_a_run_without_a_result_yet_gives_a_page(tmp_path, coarse):
    statuses = {i: (0, "") for i in range(4)}
    data = eigensweep_analysis.load(write(tmp_path / "r.h5", axes=(WIDTH, SEED), statuses=statuses))
    data = data.isel(layer=slice(0), eigenvalue=slice(0), epoch=slice(0))
    page = write_report(data, tmp_path / "out")[0].read_text()
    assert "4 networks: 4 missing." in page
    assert "Figures</h2>" not in page


def test_accuracy_has_a_panel_per_width_and_depth_and_a_line_per_strength(tmp_path):
    data = eigensweep_analysis.load(write(tmp_path / "r.h5"))
    picture = next(all_figures(data))
    panels = [axes for axes in picture.figure.axes if axes.lines]
    assert [axes.get_title("left") for axes in panels] == [
        "depth 1, width 64", "depth 1, width 256", "depth 3, width 64", "depth 3, width 256"
    ]
    for axes in panels:
        assert [line.get_label() for line in axes.lines] == ["strength 0", "strength 0.3", "strength 1"]
    wanted = data.robust_accuracy.sel(width=64, depth=3, strength=0.3, attack="fgsm").mean("seed")
    np.testing.assert_allclose(panels[2].lines[1].get_ydata(), wanted)


def test_eigenvalues_of_0_count_in_means_over_seeds(tmp_path):
    data = eigensweep_analysis.load(write(tmp_path / "r.h5", axes=(axis("width", "/model/width", [64]), SEED), attacks=()))
    last = data.eigenvalues.values[0, 0, 0, 63]
    values = data.eigenvalues.where((data.seed != 1) | (data.eigenvalue < 63), 0.0)
    data["eigenvalues"] = values.where((data.eigenvalue != 63) | (data.seed != 0), -1e-12)  # the mean at 63 is negative
    picture = next(p for p in all_figures(data) if p.name == "spectrum")
    line = picture.figure.axes[0].lines[0]
    assert line.get_xdata().tolist() == [*range(1, 63), 64]
    np.testing.assert_allclose(line.get_ydata()[-1], last / 2)


@pytest.mark.parametrize("gone, words", [
    ((), "mean over 3 seeds;"), ((0,), "mean over 2 to 3 seeds;"), ((0, 1), "mean over 1 to 3 seeds;"), ((0, 1, 2), "mean over 3 seeds;"),
    ((0, 3, 6), "mean over 2 seeds;"), ((0, 1, 3, 4, 6, 7), "One network per point."),
])
def test_captions_count_the_seeds_that_have_numbers(tmp_path, gone, words):
    seeds = axis("seed", "/seed", [0, 1, 2], "replicate")
    statuses = {i: (3, "not finite") for i in gone}
    data = eigensweep_analysis.load(write(tmp_path / "r.h5", axes=(STRENGTH, seeds), statuses=statuses))
    said = {picture.name: picture.caption for picture in all_figures(data)}
    said["of networks that are done"] = spread_note(data, Layout(data))
    assert len(said) == 5 and all(words in caption for caption in said.values())


PENALTIES = (axis("case", "/cases", ["vanilla", "spectral", "jacobian"]),
             axis("spectral_strength", "/regularizers/spectral/strength", []),
             axis("jacobian_strength", "/regularizers/jacobian/strength", []), SEED)
OF_PENALTIES = [dict(zip(("case", "spectral_strength", "jacobian_strength", "seed"), (*cell, seed))) for seed in (0, 1) for cell in (
    ("vanilla", NAN, NAN), ("spectral", 0.5, NAN), ("spectral", 1.0, NAN), ("jacobian", NAN, 0.1), ("jacobian", NAN, 0.2))]


def test_exponents_are_drawn_against_the_strength_of_every_penalty(tmp_path):
    data = eigensweep_analysis.load(write(tmp_path / "r.h5", axes=PENALTIES, rows=OF_PENALTIES, attacks=()))
    found = {p.name: p for p in all_figures(data) if p.name.startswith("exponent")}
    assert list(found) == ["exponent", "exponent_jacobian_strength"]
    for name, case, strengths, others in (
        ("exponent", "spectral", [0.5, 1.0], "spectral strength: vanilla; jacobian, jacobian strength 0.1; jacobian, jacobian strength 0.2."),
        ("exponent_jacobian_strength", "jacobian", [0.1, 0.2],
         "jacobian strength: vanilla; spectral, spectral strength 0.5; spectral, spectral strength 1."),
    ):
        axes = found[name].figure.axes[0]
        assert [line.get_label() for line in axes.lines] == [case, r"$\alpha = 1$"]
        assert axes.lines[0].get_xdata().tolist() == strengths
        wanted = data.exponent.sel({"case": case, f"{case}_strength": strengths}).mean("seed").values
        np.testing.assert_allclose(axes.lines[0].get_ydata(), wanted[np.isfinite(wanted)])
        assert found[name].caption.endswith(f" Not drawn, since they have no {others}")


def test_conditions_without_the_only_strength_are_named_beside_exponents(tmp_path):
    data = eigensweep_analysis.load(write(tmp_path / "r.h5", axes=(CASES, STRENGTHS, SEED), drop=(2, 3, 4, 5)))
    (picture,) = (p for p in all_figures(data) if p.name.startswith("exponent"))
    assert picture.caption.endswith(" Not drawn, since they have no strength: vanilla.")


def test_bands_show_the_standard_deviation_over_seeds(tmp_path):
    seeds = axis("seed", "/seed", [0, 1, 2], "replicate")
    data = eigensweep_analysis.load(write(tmp_path / "r.h5", axes=(STRENGTH, seeds)))
    axes = next(all_figures(data)).figure.axes[0]
    band = axes.collections[0].get_paths()[0].vertices
    values = data.robust_accuracy.sel(strength=0, attack="fgsm")
    upper, lower = (values.mean("seed") + sign * values.std("seed", ddof=1) for sign in (1, -1))
    assert np.isclose(band[:, 1].max(), upper.max())
    assert np.isclose(band[:, 1].min(), lower.min())


def test_too_many_lines_make_figures_of_their_own(tmp_path):
    data = eigensweep_analysis.load(write(tmp_path / "r.h5", **STUDIES["many"]))
    layout = Layout(data)
    assert layout.apart == ["activation"]
    assert [title for _, title in layout.parts()] == ["activation tanh", "activation relu", "activation erf"]


def test_a_case_without_the_axis_is_one_line(tmp_path):
    data = eigensweep_analysis.load(write(tmp_path / "r.h5", **STUDIES["cases"]))
    assert [line.label for line in Layout(data).lines()] == ["vanilla", "spectral, strength 1"]


def test_labels_read_as_in_papers():
    assert text("batch_norm", True) == "batch norm on"
    assert attack_name("pgd[steps=40]") == "PGD[steps=40]"
    assert attack_name("gaussian_noise") == "Gaussian noise"


def test_the_report_is_one_page_with_everything_in_it(tmp_path, capsys):
    file = write(tmp_path / "r.h5", axes=(WIDTH, STRENGTH, SEED), attacks=("pgd",),
                 statuses={3: (3, "loss is not finite <at> step 7")})
    assert main(["report", str(file), "--output", str(tmp_path / "out")]) == 0
    page = (tmp_path / "out" / "report.html").read_text()
    assert page.count("data:image/svg+xml;base64,") == 8
    assert "src='http" not in page and "<link" not in page
    assert "width 64, strength 0.3, seed 1" in page
    assert "loss is not finite &lt;at&gt; step 7" in page
    assert "64 is not above the width 64" in page  # the study's warning
    assert "0123456789abcdef" in page  # the revision
    files = sorted(f.name for f in (tmp_path / "out" / "figures").iterdir())
    names = ["accuracy_pgd", "clean-against-robust", "exponent", "importance", "parallel-coordinates", "robust-accuracy", "spectrum",
             "training"]
    assert files == [f"{n}.{s}" for n in names for s in ("csv", "pdf", "svg")]
    assert "report.html" in capsys.readouterr().out


def test_cells_that_share_a_training_are_one_network(tmp_path, coarse):
    file = share_trainings(write(tmp_path / "r.h5", axes=(WIDTH, STRENGTH, RANKS, SEED), statuses={0: (2, "killed")}))
    data = eigensweep_analysis.load(file)
    page = write_report(data, tmp_path / "out")[0].read_text()
    # 2 widths, 2 seeds: 3 ranks at each of 2 strengths, and no penalty.
    count = len(set(data.trial_id.values.reshape(-1).tolist()))
    assert count == 2 * 2 * (2 * 3 + 1) and f"{count} networks: {count - 1} ok, 1 failed." in page
    assert "Training of 27 networks, a line each" in page
    assert page.split("id='troubles'")[1].count("<td class='t'>killed</td>") == 1
    # In means over everything else, a network counts once at each value of an option.
    whole, panels = overview_figures(data), {}
    for axes in whole.plans[0].picture().figure.axes:
        panels[axes.get_xlabel()] = next(line for line in axes.lines if line.get_label() == "_mean").get_ydata()
    there = networks(data)
    table = there.rows.assign(accuracy=there.numbers["test_accuracy"], **{n: there.options[n] for n in ("width", "rank")})
    for name in ("width", "rank"):
        wanted = table.drop_duplicates(["trial_id", name]).groupby(name).accuracy.mean()
        np.testing.assert_allclose(panels[name], wanted)


def test_the_table_has_the_grid_s_means(tmp_path):
    data = eigensweep_analysis.load(write(tmp_path / "r.h5", axes=(WIDTH, SEED), attacks=("pgd",)))
    table = network_table(networks(data))
    values = data.test_accuracy.sel(width=256)
    mean, deviation = float(values.mean()), float(values.std(ddof=1))
    assert f"<span>{mean:.3f} <span class='s'>&plusmn; {deviation:.3f}</span>" in table
    assert "epsilon 0.05" in table
    assert table.count("<tr class='setting'>") == 2 and table.count("<tr class='network'>") == 4


def test_the_last_loss_of_a_network_that_diverged_is_in_no_mean(tmp_path):
    data = eigensweep_analysis.load(write(tmp_path / "r.h5", axes=(WIDTH, SEED), statuses={0: (3, "loss is not finite")}))
    data["history_loss"][0, 0] = [2.3, 1e3, 1e6, np.nan, np.nan]
    rows = networks(data)
    ends = data.history_loss.isel(epoch=-1).values.reshape(-1)
    np.testing.assert_allclose(rows.numbers["final_loss"], [np.nan, *ends[1:]])
    assert "1000000" not in network_table(rows)


def test_the_table_says_what_an_exponent_is_and_at_which_sigma_noise_is(tmp_path):
    axes = (axis("a<b", "/training/a<b", [1, 2]), SEED)
    data = eigensweep_analysis.load(write(tmp_path / "r.h5", axes=axes, attacks=("pgd",), noise_levels=(0.1,)))
    table = network_table(networks(data))
    said = "exponent alpha of the covariance's eigenvalues n^-alpha in the last hidden layer"
    assert f'title="{html.escape(said)}">exponent, last layer</th>' in table
    assert f"Exponent, last layer: {html.escape(said)}.</p>" in table
    assert table.count("data-head='Gaussian noise, sigma 0.1'") == 2 + 4
    assert "<th scope='col' class='t'>a&lt;b</th>" in table
    without = network_table(networks(data.drop_vars("exponent")))
    assert "alpha" not in without


def test_provenance_is_in_plain_words(tmp_path, coarse):
    data = eigensweep_analysis.load(write(tmp_path / "r.h5", axes=(WIDTH,)))
    gpu = {"device": "H100", "profile": "measured", "flops_per_second": 5.123456789e13}
    data.attrs["provenance"] = {"devices": ["cpu"], "hosts": ["a", "b"], "threads": [1, 2], "training_seconds": 8.314215875999999,
                                "evaluation_seconds": 52381.4, "written_by": "run", "packs_for": [gpu], "slurm_job": None}
    page = write_report(data, tmp_path / "out")[0].read_text()
    section = page[page.index("<h2 id='provenance'>"):]
    rows = dict(re.findall(r"<tr><td class='t'>(.*?)</td><td class='t'>(.*?)</td></tr>", section))
    assert rows == {"eigensweep version": "0.1.0", "git revision": "0123456789abcdef", "git dirty": "no",
                    "created utc": "2026-01-01T00:00:00Z", "devices": "cpu", "hosts": "a, b", "threads": "1, 2",
                    "training time": "8.31 s", "evaluation time": "52,381 s", "written by": "run", "slurm job": "-",
                    "packs for": "device H100, profile measured, flops per second 5.12346e+13"}


def test_a_wrong_file_is_one_line_on_the_command_line(tmp_path, capsys, coarse):
    assert main(["report", str(tmp_path / "nowhere.h5")]) == 3
    assert capsys.readouterr().err == f"error: {tmp_path}/nowhere.h5: no such file; give the results.h5 of a run\n"


def test_the_clean_accuracy_of_the_attacked_samples_is_intensity_0(tmp_path, coarse):
    data = eigensweep_analysis.load(write(tmp_path / "r.h5"))
    assert "clean_accuracy" not in data  # a file of an earlier version
    curve = data.robust_accuracy.sel(attack="fgsm")
    xr.testing.assert_identical(next(robust_accuracies(data))[0], curve)
    clean = data.robust_accuracy.sel(epsilon=0, drop=True) - 0.25
    clean.attrs["column"] = "clean_accuracy"
    # Intensity 0 is not asked for, or only of another attack.
    without = data.isel(epsilon=slice(1, None)).assign(clean_accuracy=clean)
    other = data.assign(clean_accuracy=clean)
    other["robust_accuracy"] = other.robust_accuracy.where(other.epsilon > 0)
    for part in (without, other):
        values = next(robust_accuracies(part))[0]
        assert values.dims == curve.dims
        np.testing.assert_array_equal(values.epsilon, data.epsilon)
        np.testing.assert_array_equal(values.sel(epsilon=0), clean.sel(attack="fgsm"))
        np.testing.assert_array_equal(values.sel(epsilon=0.1), curve.sel(epsilon=0.1))
        lines = next(all_figures(part)).figure.axes[0].lines
        assert lines[0].get_xdata()[0] == 0
        page = write_report(part, tmp_path / "out")[0].read_text()
        assert "epsilon 0<" in page
    # A number that was measured at intensity 0 stays.
    asked = next(robust_accuracies(data.assign(clean_accuracy=clean)))[0]
    np.testing.assert_array_equal(asked, curve)


def test_the_page_says_what_was_asked(tmp_path):
    plain = {"dataset": {"kind": "mnist", "train_samples": 0, "folder": ""},
             "model": {"kind": "mlp", "width": {"sweep": [64, 256]}, "depth": 1, "activation": "tanh", "base_width": 64},
             "training": {"epochs": 10, "batch_size": 384, "warmup_epochs": 0, "optimizer": {"kind": "adam", "learning_rate": 0.001,
                                                                                             "amsgrad": True}},
             "attacks": {"strict": {"kind": "strict", "steps": 20, "epsilon": {"sweep": [0.01, 0.02]}}}, "metrics": {"accuracy": {}}}
    other = {**plain, "regularizers": {"spectral": {"kind": "spectral", "strength": 5.0, "rank": 10}}}
    data = eigensweep_analysis.load(write(tmp_path / "r.h5", axes=(WIDTH, SEED), resolved={"cases": [plain, other]}))
    data.attrs["study"] = {"training": {"optimizer": {"amsgrad": True}}, "attacks": {"strict": {"epsilon": {"sweep": [0.01, 0.02]}}},
                           "cases": [{}, {"regularizers": {"spectral": {"strength": 5.0}}}]}
    said = re.findall(r"<th scope='row' class='t'>(\w+)</th><td class='t'><ul class='in'>(.*?)</ul>", study_words(data))
    assert dict(said) == {
        "data": "<li>mnist, train samples all</li>",
        "model": "<li>mlp, width 64, 256, depth 1, activation tanh</li>",
        "training": "<li>epochs 10, batch size 384, optimizer adam, optimizer learning rate 0.001, optimizer amsgrad on</li>",
        "penalties": "<li>spectral: strength 5</li>",
        "attacks": "<li>strict protocol: epsilon 0.01, 0.02</li>",
        "measured": "<li>accuracy</li>",
    }
