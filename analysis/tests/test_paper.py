# SPDX-License-Identifier: MIT
"""The paper's figures: which panels and lines there are, what the numbers are, and what is refused."""

import csv
import io
import itertools

import h5py
import matplotlib.colors
import numpy as np
import pytest

from eigensweep_analysis import load
from eigensweep_analysis.__main__ import main
from eigensweep_analysis.conditions import read_study
from eigensweep_analysis.paper import paper_figures, paper_kinds, table
from sample import EPSILONS, SEED, STRENGTH, WIDTH, axis, write

NAN = float("nan")
SEEDS = axis("seed", "/seed", [0, 1, 2], "replicate")
BATCH_NORM = axis("batch_norm", "/model/batch_norm", [False, True])
CASES = axis("case", "/cases", ["vanilla", "jacobian", "spectral", "spectral-wh"])
STRENGTHS = axis("strength", "/regularizers/spectral/strength", [NAN, 1.0, 5.0])


def sample(path, kind="mlp", statuses=None, **options):
    """A study like jobs/paper/4.2: cases, of which those named spectral have a strength."""
    cells = list(itertools.product(CASES["values"], STRENGTHS["values"], SEEDS["values"]))
    drop = [i for i, (case, strength, _) in enumerate(cells) if np.isnan(strength) == case.startswith("spectral")]
    kept = [cell for i, cell in enumerate(cells) if i not in drop]
    statuses = {i: (3, "not finite") for i, cell in enumerate(kept) if cell in (statuses or [])}
    penalties = {"jacobian": {"jacobian": {"kind": "jacobian", "strength": 0.01}}}
    resolved = {"cases": [
        {"name": case, "model": {"kind": kind}, "regularizers": penalties.get(case, {})} for case in CASES["values"]
    ]}
    return write(path, axes=(CASES, STRENGTHS, SEEDS), drop=drop, statuses=statuses, resolved=resolved,
                 name=f"paper-4.2-{kind}-small", noise_levels=(0.1, 0.2), **options)


def pictures(*files):
    networks = [network for file in files for network in read_study(load(file), file).networks]
    return {picture.name: picture for picture in paper_figures("study", networks)}, networks


def labels(axes):
    return [line.get_label() for line in axes.lines]


LINES = ["vanilla", "jacobian, strength 0.01", "spectral, strength 1", "spectral, strength 5",
         "spectral-wh, strength 1", "spectral-wh, strength 5"]


def test_cases_and_strengths_are_lines_and_every_attack_is_a_figure(tmp_path):
    found, _ = pictures(sample(tmp_path / "r.h5"))
    assert list(found) == ["study_fgsm", "study_pgd", "study_gaussian_noise", "study_spectrum"]
    axes = found["study_fgsm"].figure.axes
    assert [a.get_title("left") for a in axes] == ["mlp"]
    assert labels(axes[0]) == LINES
    assert [text.get_text() for text in found["study_spectrum"].figure.legends[0].get_texts()] == [*LINES, "$n^{-1}$"]


def test_a_swept_strength_of_0_is_vanilla_and_the_model_s_axes_are_panels(tmp_path):
    found, _ = pictures(write(tmp_path / "r.h5", axes=(BATCH_NORM, STRENGTH, SEED)))
    axes = found["study_pgd"].figure.axes
    assert [a.get_title("left") for a in axes] == ["mlp, batch norm off", "mlp, batch norm on"]
    assert labels(axes[1]) == ["vanilla", "spectral, strength 0.3", "spectral, strength 1"]


def test_options_of_a_penalty_without_strength_do_not_repeat_vanilla(tmp_path):
    cutoff = axis("cutoff", "/regularizers/spectral/cutoff", [5, 10])
    found, _ = pictures(write(tmp_path / "r.h5", axes=(cutoff, axis("strength", STRENGTHS["pointer"], [0.0, 1.0]))))
    assert labels(found["study_fgsm"].figure.axes[0]) == [
        "vanilla", "spectral, cutoff 5, strength 1", "spectral, cutoff 10, strength 1"
    ]


def conditions_of(tmp_path, axes, penalties, drop=()):
    resolved = {"model": {"kind": "mlp"}, "regularizers": penalties}
    file = write(tmp_path / "r.h5", axes=axes, resolved=resolved, drop=drop)
    (network,) = read_study(load(file), file).networks
    return network.conditions


TWO_PENALTIES = (axis("spectral_strength", "/regularizers/spectral/strength", [0.0, 1.0]),
                 axis("exponent", "/regularizers/spectral/exponent", [1.0, 2.0]),
                 axis("jacobian_strength", "/regularizers/jacobian/strength", [0.0, 0.1]))


def test_a_training_is_one_condition_and_is_named_by_the_penalties_that_are_on(tmp_path):
    sweep = {"strength": {"sweep": [0, 1]}}
    found = conditions_of(tmp_path, TWO_PENALTIES, {"spectral": sweep, "jacobian": sweep})
    assert [(c.label, c.family, c.strength) for c in found] == [
        ("vanilla", "vanilla", None),
        ("jacobian, jacobian strength 0.1", "jacobian", 0.1),
        ("spectral, spectral strength 1, exponent 1", "spectral", 1),
        ("spectral and jacobian, spectral strength 1, exponent 1, jacobian strength 0.1", "spectral and jacobian", 1),
        ("spectral, spectral strength 1, exponent 2", "spectral", 1),
        ("spectral and jacobian, spectral strength 1, exponent 2, jacobian strength 0.1", "spectral and jacobian", 1),
    ]


def test_a_penalty_that_is_not_swept_counts_where_it_is_on(tmp_path):
    axes = (axis("strength", STRENGTHS["pointer"], [0.0, 1.0]), SEED)
    found = conditions_of(tmp_path, axes, {"spectral": {"strength": {"sweep": [0, 1]}}, "jacobian": {"strength": 0.1}})
    assert [(c.label, c.family, c.strength) for c in found] == [
        ("jacobian, strength 0.1", "jacobian", 0.1),
        ("spectral and jacobian, strength 1, jacobian strength 0.1", "spectral and jacobian", 1),
    ]
    found = conditions_of(tmp_path, axes, {"spectral": {"strength": {"sweep": [0, 1]}}, "jacobian": {"strength": 0.0}})
    assert [c.label for c in found] == ["vanilla", "spectral, strength 1"]


def test_options_of_a_penalty_of_strength_0_do_not_repeat_a_case(tmp_path):
    axes = (axis("case", "/cases", ["spectral"]), axis("strength", STRENGTHS["pointer"], [0.0, 1.0]), TWO_PENALTIES[1])
    assert [c.label for c in conditions_of(tmp_path, axes, {})] == [
        "spectral, strength 0", "spectral, strength 1, exponent 1", "spectral, strength 1, exponent 2"
    ]


def test_a_strength_that_is_not_swept_is_named_beside_the_penalty_s_swept_options(tmp_path):
    found = conditions_of(tmp_path, (TWO_PENALTIES[1],), {"spectral": {"strength": 5.0, "exponent": {"sweep": [1, 2]}}})
    assert [(c.label, c.strength) for c in found] == [("spectral, exponent 1, strength 5", 5), ("spectral, exponent 2, strength 5", 5)]


def test_lines_are_means_and_bands_one_standard_deviation(tmp_path):
    file = sample(tmp_path / "r.h5")
    found, _ = pictures(file)
    values = load(file).robust_accuracy.sel(case="spectral", strength=5.0, attack="pgd")
    axes = found["study_pgd"].figure.axes[0]
    place = LINES.index("spectral, strength 5")
    np.testing.assert_allclose(axes.lines[place].get_ydata(), values.mean("seed"))
    band = axes.collections[place].get_paths()[0].vertices
    high = (values.mean("seed") + values.std("seed", ddof=1)).sel(epsilon=0.1)
    assert np.isclose(band[np.isclose(band[:, 0], 0.1), 1].max(), high)
    assert "\u00b1 one standard deviation" in found["study_pgd"].caption


def test_lines_of_one_kind_darken_with_strength_and_differ_from_others_in_dashes(tmp_path):
    found, _ = pictures(sample(tmp_path / "r.h5"))
    lines = dict(zip(LINES, found["study_fgsm"].figure.axes[0].lines))
    weak, strong = (lines[f"spectral, strength {v}"] for v in (1, 5))
    brightness = [sum(matplotlib.colors.to_rgb(line.get_color())) for line in (weak, strong)]
    assert brightness[0] > brightness[1] + 0.5
    dashes = {str(lines[n]._dash_pattern) for n in ("vanilla", "jacobian, strength 0.01", LINES[2], LINES[4])}
    assert len(dashes) == 4
    assert len({line.get_marker() for line in lines.values()}) == len(LINES)


def test_diverged_networks_are_left_out_and_named(tmp_path):
    gone = [("spectral", 5.0, 1), *(("spectral-wh", 5.0, seed) for seed in range(3))]
    found, networks = pictures(sample(tmp_path / "r.h5", statuses=gone))
    for name in ("study_fgsm", "study_spectrum"):
        assert found[name].caption.endswith(
            " Left out: mlp, spectral, strength 5 (1 of 3 seeds diverged); "
            "mlp, spectral-wh, strength 5 (3 of 3 seeds diverged)."
        )
        assert "spectral-wh, strength 5" not in labels(found[name].figure.axes[0])
    rows = list(csv.DictReader(io.StringIO(table(networks))))
    seeds = {row["condition"]: row["seeds"] for row in rows if row["attack"] == "pgd"}
    assert seeds["spectral, strength 5"] == "2"
    assert seeds["spectral-wh, strength 5"] == "0"
    assert "mean over 2 to 3 seeds;" in found["study_fgsm"].caption and "mean over 2 to 3 seeds;" in found["study_spectrum"].caption
    assert {row["mean"] for row in rows if row["seeds"] == "0"} == {""}


def test_a_network_without_results_keeps_its_panel(tmp_path):
    statuses = {i: (3, "not finite") for i in range(3, 6)}
    found, _ = pictures(write(tmp_path / "r.h5", axes=(WIDTH, STRENGTH), statuses=statuses))
    empty = found["study_fgsm"].figure.axes[1]
    assert empty.get_title("left") == "mlp, width 256"
    assert [text.get_text() for text in empty.texts] == ["no results"]


def test_every_hidden_layer_has_a_panel(tmp_path):
    depth = axis("depth", "/model/depth", [1, 3])
    found, _ = pictures(write(tmp_path / "r.h5", axes=(depth, STRENGTH, SEED)))
    titles = [axes.get_title("left") for axes in found["study_spectrum"].figure.axes]
    assert titles == ["mlp, depth 1, layer 1", "", "", *(f"mlp, depth 3, layer {i}" for i in (1, 2, 3))]
    assert "Left out" not in found["study_spectrum"].caption
    axes = found["study_spectrum"].figure.axes[3]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    rank, value = axes.lines[-1].get_data()
    assert np.isclose(value[0] / value[1], rank[1] / rank[0])


def test_a_spectrum_that_has_collapsed_is_named(tmp_path):
    file = write(tmp_path / "r.h5", axes=(STRENGTH, SEED))
    with h5py.File(file, "a") as raw:
        raw["spectrum/eigenvalues"][0] = 0  # it counts in the mean
        raw["spectrum/eigenvalues"][2:4] = 0  # log-log has no place for it
        alive = raw["spectrum/eigenvalues"][1, 0]
    found, _ = pictures(file)
    caption = found["study_spectrum"].caption
    assert caption.endswith(" No eigenvalue is positive: mlp, vanilla (1 of 2 seeds); mlp, spectral, strength 0.3 (2 of 2 seeds).")
    axes = found["study_spectrum"].figure.axes[0]
    assert labels(axes) == ["vanilla", "spectral, strength 1", "$n^{-1}$"]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), alive[np.isfinite(alive)] / 2)
    assert "No eigenvalue" not in found["study_fgsm"].caption and "Left out" not in found["study_fgsm"].caption


def test_spectra_before_and_after_training_have_a_figure_each(tmp_path):
    file = write(tmp_path / "r.h5", axes=(STRENGTH, SEED), early=True)  # of the initial networks: twice as large
    found, _ = pictures(file)
    trained, initial = found["study_spectrum"], found["study_spectrum_at-initialisation"]
    assert initial.caption.startswith("At initialisation. ") and "nitial" not in trained.caption
    assert labels(trained.figure.axes[0]) == labels(initial.figure.axes[0])
    np.testing.assert_allclose(initial.figure.axes[0].lines[0].get_ydata(), 2 * trained.figure.axes[0].lines[0].get_ydata())


def test_a_spectrum_of_initial_networks_alone_is_not_that_of_trained_ones(tmp_path):
    file = write(tmp_path / "r.h5", axes=(STRENGTH, SEED))
    with h5py.File(file, "a") as raw:
        raw.attrs["evaluations_json"] = raw.attrs["evaluations_json"].replace('"network": "trained"', '"network": "initial"')
    networks = read_study(load(file), file).networks
    kinds = {kind.name: kind for kind in paper_kinds("study", networks)}
    assert kinds["figure of study: eigenspectra"].why == "no trained network has an eigenvalue of the metric 'spectrum'"
    assert len(kinds["figure of study: eigenspectra (at initialisation)"].plans) == 1
    found, _ = pictures(file)
    assert "study_spectrum_at-initialisation" in found and "study_spectrum" not in found


def test_the_table_has_every_condition_attack_and_intensity(tmp_path):
    file = sample(tmp_path / "r.h5")
    rows = list(csv.DictReader(io.StringIO(table(pictures(file)[1]))))
    assert len(rows) == len(LINES) * (2 * len(EPSILONS) + 2)
    row = next(r for r in rows if (r["condition"], r["attack"], r["strength"]) == ("vanilla", "pgd", "0.1"))
    values = load(file).robust_accuracy.sel(case="vanilla", attack="pgd", epsilon=0.1).isel(strength=-1)
    assert row["study"] == "paper-4.2-mlp-small"
    assert np.isclose(float(row["mean"]), values.mean(), rtol=1e-5)
    assert np.isclose(float(row["standard_deviation"]), values.std(ddof=1), rtol=1e-5)


def test_mlp_and_cnn_of_one_section_share_their_figures(tmp_path, capsys):
    files = [str(sample(tmp_path / f"{kind}.h5", kind)) for kind in ("mlp", "cnn")]
    assert main(["figures", "paper", *files, "--output", str(tmp_path / "out")]) == 0
    names = [f"paper-4.2-small_{n}" for n in ("fgsm", "gaussian_noise", "pgd", "spectrum")]
    wanted = [".eigensweep-report", "paper-4.2-small.csv", *(f"{name}.{suffix}" for name in names for suffix in ("csv", "pdf", "svg"))]
    assert sorted(f.name for f in (tmp_path / "out").iterdir()) == wanted
    assert capsys.readouterr().out == f"wrote 13 files into {tmp_path}/out\n"


def test_the_folder_is_beside_the_results(tmp_path):
    file = sample(tmp_path / "r.h5", metrics=False)
    assert main(["figures", "paper", str(file)]) == 0
    assert (tmp_path / "paper" / "paper-4.2-mlp-small_fgsm.svg").is_file()
    assert not (tmp_path / "paper" / "paper-4.2-mlp-small_spectrum.svg").exists()


def refusal(capsys, *files, code=2):
    """The command's message. The command must write nothing."""
    output = files[0].parent / "out"
    assert main(["figures", "paper", *map(str, files), "--output", str(output)]) == code
    assert not output.exists()
    error = capsys.readouterr().err
    assert error.startswith("error: ") and error.count("\n") == 1
    return error.removeprefix("error: ").strip()


def test_a_file_that_is_no_result_is_refused(tmp_path, capsys):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file.attrs["file_type"] = "weather"
    good = sample(tmp_path / "r.h5")
    assert "other.h5: file_type is 'weather'" in refusal(capsys, good, tmp_path / "other.h5", code=3)
    assert "nowhere.h5: no such file" in refusal(capsys, tmp_path / "nowhere.h5", code=3)


def test_a_study_without_attacks_is_refused(tmp_path, capsys):
    file = write(tmp_path / "r.h5", axes=(STRENGTH, SEED), attacks=())
    assert refusal(capsys, file) == (
        f"{file}: the study has no attacks, so no robust accuracy to draw; add /attacks to it"
    )


@pytest.mark.parametrize("axes", [(), (SEED,), (WIDTH, SEED), (axis("strength", STRENGTHS["pointer"], [1.0]), SEED)])
def test_a_study_of_one_condition_is_refused(tmp_path, capsys, axes):
    file = write(tmp_path / "r.h5", axes=axes)
    assert refusal(capsys, file) == (
        f"{file}: the study has one condition, so none to compare; the paper's have /cases or a sweep of "
        "a penalty's strength"
    )


def test_a_study_without_numbers_yet_is_refused(tmp_path, capsys):
    file = write(tmp_path / "r.h5", axes=(STRENGTH,), statuses={i: (0, "") for i in range(3)})
    assert "no network of the study has been attacked yet" in refusal(capsys, file)


def test_a_study_given_twice_is_refused(tmp_path, capsys):
    files = [sample(tmp_path / name) for name in ("a.h5", "b.h5")]
    assert refusal(capsys, *files) == (
        f"{files[1]}: study 'paper-4.2-mlp-small' is in {files[0]} too; give each study once"
    )
