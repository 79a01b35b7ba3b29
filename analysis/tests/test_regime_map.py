# SPDX-License-Identifier: MIT
import io

import numpy as np
import pytest

from eigensweep_analysis.__main__ import main
from eigensweep_analysis.by_width import prepared
from eigensweep_analysis.cells import short
from eigensweep_analysis.load import ResultsError, load
from eigensweep_analysis.regime_map import cell_means, map_pictures, numeric_axes
from sample import DEPTH, SEED, STRENGTH, WIDTH, axis, write

INFINITE = axis("width", "/model/width", [32, 128, float("inf")])
SCALE = axis("output_scale", "/model/output_scale", [0.3, 1.0, 3.0])
BATCH_NORM = axis("activation", "/model/activation", ["tanh", "relu"])


def results(tmp_path, *axes, **more):
    return prepared(load(write(tmp_path / "r.h5", axes=axes, regime=True, **more)))


def test_a_map_has_every_cell_and_infinity_last(tmp_path):
    data = results(tmp_path, INFINITE, STRENGTH, SEED, drop=(2, 3))  # width 32, strength 0.3
    (picture,), why = map_pictures(data)
    assert why == "" and picture.name == "sample_width_map_strength"
    panels = [a for a in picture.figure.axes if a.images]
    assert len(picture.figure.axes) == 2 * len(panels)  # each has its colour bar
    assert [a.get_title("left").replace("\n", " ") for a in panels] == [
        "NTK drift", "feature change, last hidden layer", "linearisation gap", "robust accuracy, PGD, epsilon 0.05"
    ]
    assert [t.get_text() for t in panels[0].get_xticklabels()] == ["32", "128", r"$\infty$"]
    assert [t.get_text() for t in panels[0].get_yticklabels()] == ["0", "0.3", "1"]
    shown = panels[0].images[0].get_array()
    assert shown.mask.tolist() == [[False, False, True], [True, False, True], [False, False, True]]
    robust = panels[3].images[0].get_array()
    assert robust.mask.sum() == 1  # the robust accuracy of the limit is there
    wanted = data.robust_accuracy.sel(attack="pgd", epsilon=0.05, width=128, strength=1).mean("seed")
    assert f"{float(wanted):.2f}".replace("0.", ".") in {t.get_text() for t in panels[3].texts}


def test_missing_cells_are_hatched(tmp_path):
    (picture,), _ = map_pictures(results(tmp_path, INFINITE, STRENGTH, SEED))
    assert picture.figure.axes[0].patch.get_hatch()
    assert "hatched: no number" in picture.caption


def test_cells_are_means_over_seeds(tmp_path):
    data = results(tmp_path, WIDTH, STRENGTH, SEED)
    means = cell_means(data, data.ntk_drift, "strength", {})
    np.testing.assert_allclose(means, data.ntk_drift.mean("seed").transpose("strength", "width"))


def test_strengths_come_first_and_other_axes_can_be_chosen(tmp_path):
    data = results(tmp_path, WIDTH, SCALE, STRENGTH, SEED)
    assert numeric_axes(data) == ["strength", "output_scale"]
    pictures, why = map_pictures(data)
    assert len(pictures) == 3 and "--against draws another: output_scale" in why
    pictures, why = map_pictures(data, "output_scale")
    assert [p.name for p in pictures] == [f"sample_width_map_output_scale_strength-{s}" for s in ("0", "0.3", "1")]
    assert numeric_axes(results(tmp_path, WIDTH, DEPTH, SCALE)) == ["output_scale", "depth"]
    with pytest.raises(ResultsError, match="--against depth: not a swept number .*; choose from: strength, output_scale"):
        map_pictures(data, "depth")


def test_maps_of_several_conditions_have_one_scale(tmp_path):
    drawn, _ = map_pictures(results(tmp_path, WIDTH, SCALE, STRENGTH, SEED))
    for panel in range(3):
        norms = [[a for a in picture.figure.axes if a.images][panel].images[0].norm for picture in drawn]
        assert len({(norm.vmin, norm.vmax) for norm in norms}) == 1


def test_names_are_no_axis_of_a_map(tmp_path, capsys):
    file = write(tmp_path / "r.h5", axes=(WIDTH, BATCH_NORM, SEED), attacks=("fgsm",), metrics=False)
    assert main(["figures", "width", str(file)]) == 0
    assert "no regime map: no number besides the width is swept" in capsys.readouterr().out
    assert main(["figures", "width", str(file), "--against", "activation"]) == 2
    assert "it sweeps none" in capsys.readouterr().err
    assert main(["figures", "paper", str(file), "--against", "strength"]) == 2
    assert "it goes with 'figures width'" in capsys.readouterr().err


def test_numbers_in_cells_are_short():
    wanted = {0.0: "0", 4.4e-4: "4e-4", 0.0384: ".038", 0.52: ".52", 0.998: "1.0", 1.04: "1.0", 12.3: "12"}
    assert {value: short(value) for value in wanted} == wanted


@pytest.mark.parametrize("kind, intensity, words", [
    ("salt_and_pepper_noise", "share", "salt-and-pepper noise, share 0.05"),
    ("synaptic_noise", "relative_sigma", "synaptic noise, relative sigma 0.05"),
    ("unit_deletion", "deleted_share", "deletion of units, deleted share 0.05"),
    ("translation", "shift", "translation, shift 0.05"),
    ("rotation", "angle", "rotation, angle 0.05"),
])
def test_every_attack_has_a_map_and_its_intensity_the_words_of_other_figures(tmp_path, kind, intensity, words):
    data = results(tmp_path, WIDTH, STRENGTH, SEED, attacks=(kind,))
    place = {"attack": f"attack_{intensity}", "epsilon": intensity}
    other = data.robust_accuracy.rename(place).rename(f"robust_accuracy_{intensity}")
    data = data.drop_dims(["attack", "epsilon"]).assign({other.name: other})
    (picture,), _ = map_pictures(data)
    picture.figure.savefig(io.BytesIO(), format="svg")  # its titles can be drawn
    assert title_of_attack(picture) == f"robust accuracy, {words}"


def title_of_attack(picture):
    return " ".join([a for a in picture.figure.axes if a.images][-1].get_title("left").split())


@pytest.mark.parametrize("attacks, mapped", [
    (("fgsm", "pgd", "uniform_noise"), "PGD, epsilon 0.05"),
    (("strict", "pgd"), "strict protocol, epsilon 0.05"),
    (("uniform_noise",), "uniform noise, epsilon 0.05"),
])
def test_the_adversary_is_mapped_wherever_it_stands(tmp_path, attacks, mapped):
    for noise in ((), (0.1, 0.2)):
        (picture,), _ = map_pictures(results(tmp_path, WIDTH, STRENGTH, SEED, attacks=attacks, noise_levels=noise))
        assert title_of_attack(picture) == f"robust accuracy, {mapped}"
