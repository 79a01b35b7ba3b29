# SPDX-License-Identifier: MIT
"""Robust accuracies from distances, alarms, and what the report says of both."""

import html
import re

import h5py
import numpy as np
import pytest
import xarray as xr

import eigensweep_analysis
from eigensweep_analysis import (
    ResultsError,
    agreement,
    alarms,
    load,
    median_distance,
    nearest_distance,
    robust_accuracy,
    wilson_interval,
)
from eigensweep_analysis.__main__ import main
from eigensweep_analysis.attack_reach import attacks_of
from eigensweep_analysis.conditions import read_study
from eigensweep_analysis.gallery import pictures
from eigensweep_analysis.layout import attack_name, by_attack, intensity_label
from eigensweep_analysis.paper import paper_figures
from eigensweep_analysis.report_figures import all_figures
from eigensweep_analysis.robust_figures import robust_kinds
from sample import EPSILONS, SEED, STRENGTH, WIDTH, add_distances, write

INF, NAN = float("inf"), float("nan")
ATTACKS = ("pgd", "strict", "strict_l2")
OPTIONS = {"strict_l2": {"kind": "strict", "norm": "l2"}}
WORDS = "The gradients vanish, so the attack may have been <blind>. Run the attack square."


pytestmark = pytest.mark.usefixtures("coarse")


def study(path, samples=40, options=OPTIONS, axes=(STRENGTH, SEED), attacks=ATTACKS, **others):
    write(path, axes=axes, attacks=attacks, **{k: others.pop(k) for k in ("statuses",) if k in others})
    return add_distances(path, samples, options, **others)


def set_distances(path, distances):
    """Distances [trial, attack, sample] in place of the file's."""
    with h5py.File(path, "a") as file:
        file["attacks/d_min"][...] = distances


def page_of(file, folder):
    assert main(["report", str(file), "--output", str(folder)]) == 0
    text = (folder / "report.html").read_text()
    return html.unescape(re.sub(r"data:[^']*|<script.*?</script>", "", text, flags=re.S))


def section(page):
    """The page's sections on alarms and robustness, with what stands between them."""
    found = re.search(r"<h2 id='alarms'>(.*?)<h2 id='(figures|not-shown|troubles|provenance)", page, re.S)
    return found.group(1) if found else ""


def test_shares_medians_and_intervals_are_those_computed_by_hand():
    distances = np.array([[0, 0.1, 0.2, INF], [NAN] * 4, [0.3, INF, INF, NAN]])
    np.testing.assert_allclose(robust_accuracy(distances, [0, 0.1, 0.15, 0.5]),
                               [[0.75, 0.5, 0.5, 0.25], [NAN] * 4, [1, 1, 1, 2 / 3]])
    np.testing.assert_allclose(median_distance(distances), [0.15, NAN, INF])
    np.testing.assert_allclose(median_distance([0.1, 0.4, 0.2]), 0.2)
    # Wilson's interval of 8 of 10 and of 0 of 10: Newcombe (1998) has the formula.
    np.testing.assert_allclose(wilson_interval(0.8, 10), (0.4901625, 0.9433178), atol=1e-6)
    np.testing.assert_allclose(wilson_interval(0.0, 10), (0.0, 0.2775328), atol=1e-6)


def test_distances_are_pooled_over_the_attacks_of_a_norm_and_their_common_samples(tmp_path):
    options = {**OPTIONS, "pgd": {"samples": 3}}
    file = study(tmp_path / "r.h5", 4, options, axes=(WIDTH,))
    set_distances(file, [
        [[0.1, INF, 0.0, NAN], [0.2, 0.05, 0.0, 0.3], [1.0, 2.0, 0.0, 3.0]],
        [[INF, INF, 0.2, NAN], [0.2, INF, 0.1, 0.3], [1.0, INF, 1.0, 3.0]],
    ])
    data = load(file)
    pooled = nearest_distance(data)
    assert pooled.dims == ("width", "sample")
    np.testing.assert_array_equal(pooled, [[0.1, 0.05, 0.0], [0.2, INF, 0.1]])
    assert pooled.attrs["attacks"] == ["pgd", "strict"] and pooled.attrs["units"] == "pixel"
    assert pooled.attrs["largest_epsilon"] == EPSILONS[-1]
    np.testing.assert_array_equal(nearest_distance(file, norm="l2").sel(width=256), [1, INF, 1, 3])
    one = nearest_distance(data, str(data.trial_id.sel(width=256).item()))
    np.testing.assert_array_equal(one, [0.2, INF, 0.1])
    with pytest.raises(ResultsError, match="no trial id begins with 'zz'"):
        nearest_distance(data, "zz")
    with pytest.raises(ResultsError, match="add the attack 'strict'"):
        nearest_distance(data, split="validation")
    found = agreement(data, [0.1, 0.05])
    np.testing.assert_allclose(found.worst_case, [[0, 1 / 3], [2 / 3, 1]])
    np.testing.assert_allclose(found.gap.sel(attack="pgd"), [[1 / 3, 1 / 3], [1 / 3, 0]])


def test_a_network_that_an_attack_did_not_finish_has_no_distances(tmp_path):
    file = study(tmp_path / "r.h5", 4, axes=(WIDTH,))
    set_distances(file, [[[0.1] * 4, [NAN] * 4, [1.0] * 4], [[0.1] * 4, [0.2] * 4, [1.0] * 4]])
    # The attack is of an earlier version: it ended well, without distances.
    np.testing.assert_array_equal(nearest_distance(file), [[0.1] * 4] * 2)
    with h5py.File(file, "a") as raw:
        raw["attacks/status"][0, 1] = 2
    np.testing.assert_array_equal(nearest_distance(file), [[NAN] * 4, [0.1] * 4])
    assert np.isnan(agreement(file).worst_case.sel(width=64)).all()


def test_the_worst_case_is_that_of_strict_at_its_intensities_and_never_rises(tmp_path):
    data = load(study(tmp_path / "r.h5"))
    strict = data.robust_accuracy.sel(attack="strict")
    np.testing.assert_allclose(robust_accuracy(nearest_distance(data), EPSILONS), strict)
    fine = robust_accuracy(nearest_distance(data), np.linspace(0, 0.3, 61))
    tried = fine.epsilon <= EPSILONS[-1]
    assert (np.diff(fine[..., tried.values], axis=-1) <= 0).all() and (fine.isel(epsilon=0) > 0.5).all()
    assert fine[..., ~tried.values].isnull().all() and tried.any()
    found = agreement(data)
    np.testing.assert_allclose(found.worst_case, strict)
    assert (found.gap.sel(attack="pgd") >= 0).all() and (found.gap.sel(attack="pgd") > 0.02).any()
    assert np.isnan(agreement(data, [0.3]).worst_case).all()  # beyond what was tried


def reaching(path, reach, attacks=("pgd",), statuses=None, **others):
    """A study whose first network (width 64) was attacked up to `reach` alone; `statuses`: attack -> status beyond it."""
    file = study(path, axes=(WIDTH,), attacks=attacks, **others)
    beyond = np.array(EPSILONS) > reach
    with h5py.File(file, "a") as raw:
        for place, attack in enumerate(attacks):
            if attack not in (statuses or {"pgd": -1}):
                continue
            raw["attacks/robust_accuracy"][0, place, beyond] = NAN
            raw["attacks/status"][0, place, beyond] = (statuses or {"pgd": -1})[attack]
            distances = raw["attacks/d_min"][0, place]
            raw["attacks/d_min"][0, place] = np.where(distances > reach, INF if reach >= 0 else NAN, distances)
    return file


@pytest.mark.parametrize("status", [-1, 0, 3])
def test_a_network_is_told_as_far_as_its_own_attack_went(tmp_path, status):
    data = load(reaching(tmp_path / "r.h5", 0.05, statuses={"pgd": status}))
    left = data.robust_accuracy.sel(width=64, epsilon=0.05, attack="pgd").item()
    assert 0 < left < 1
    distance = nearest_distance(data)
    assert distance.largest_epsilon.values.tolist() == [0.05, 0.2] and distance.attrs["largest_epsilon"] == 0.2
    assert nearest_distance(data, data.trial_id.values[0]).largest_epsilon == 0.05
    found = agreement(data)
    for shares in (found.worst_case, found.robust_accuracy.sel(attack="pgd"), robust_accuracy(distance, EPSILONS)):
        np.testing.assert_allclose(shares, data.robust_accuracy.sel(attack="pgd"))
    assert np.isnan(found.gap.sel(width=64, epsilon=0.1)).all()
    # The distances of an attack without radius answer every epsilon.
    data.attrs["evaluations"] = [{**e, "kind": "fab"} if e["family"] == "attack" else e for e in data.attrs["evaluations"]]
    np.testing.assert_allclose(robust_accuracy(nearest_distance(data), [0.5]), [[left], data.robust_accuracy[1, 0, -1:]])


def test_the_worst_case_goes_as_far_as_strict_where_a_network_was_to_have_it(tmp_path):
    attacks = ("pgd", "strict")
    worst = {status: agreement(load(reaching(tmp_path / f"{status}.h5", -1.0 if status == -1 else 0.05, attacks,
                                             statuses={"strict": status}))).worst_case.sel(width=64) for status in (-1, 0)}
    assert worst[0].notnull().values.tolist() == [e <= 0.05 for e in EPSILONS]
    assert worst[-1].notnull().all()  # this case has no strict: pgd alone


def test_a_table_has_the_numbers_of_an_attack_at_the_intensities_of_each_network(tmp_path):
    file = reaching(tmp_path / "r.h5", 0.2, ("pgd", "strict"))
    with h5py.File(file, "a") as raw:  # a network whose pgd has but its last intensity
        raw["attacks/robust_accuracy"][0, 0, :-1] = NAN
        distances = raw["attacks/d_min"][0, 0]
        raw["attacks/d_min"][0, 0] = np.where((distances > 0) & (distances < 0.2), 0.2, distances)
    data = load(file)
    said = section(page_of(file, tmp_path / "out"))
    shares = data.robust_accuracy.sel(attack="pgd", width=256)
    cells = re.findall("<td>(.*?)</td>", re.search("<tr><td class='t'>PGD</td>.*?</tr>", said).group(0))
    assert cells[:4] == [f"{100 * shares.sel(epsilon=e):.1f}" for e in EPSILONS[1:5]]
    gap = (data.robust_accuracy.sel(attack="pgd") - data.robust_accuracy.sel(attack="strict")).max()
    assert cells[-1].startswith(f"{100 * gap:.1f} at")
    lines = robust_kinds(data, "linf", "test")[0].plans[0].picture().figure.axes[0].lines
    assert [len(line.get_xdata()) for line in lines if line.get_linewidth() <= 1][0] == 2  # at 0 and at its intensity


def test_samples_beyond_a_network_s_last_epsilon_stand_in_no_bar(tmp_path):
    data = load(reaching(tmp_path / "r.h5", 0.05))
    picture = robust_kinds(data, "linf", "test")[1].plans[0].picture()
    bars = [np.array([bar.get_height() for bar in axes.patches]) for axes in picture.figure.axes]
    assert np.isfinite(bars[0]).tolist() == [e <= 0.05 for e in EPSILONS] + [False]
    np.testing.assert_allclose(1 - bars[0][:4].sum(), data.robust_accuracy.sel(width=64, epsilon=0.05).item())
    np.testing.assert_allclose(bars[1].sum(), 1)
    words = "A network that was attacked up to a smaller epsilon has no bars beyond it."
    assert words in picture.caption
    page_of(tmp_path / "r.h5", tmp_path / "out")
    whole = robust_kinds(data.sel(width=[256]), "linf", "test")[1].plans[0].picture()
    assert words not in whole.caption


def test_without_distances_agreement_is_of_the_recorded_accuracies(tmp_path):
    data = load(write(tmp_path / "r.h5", axes=(WIDTH, SEED)))
    found = agreement(data)
    assert found.attrs["samples"] == 0
    np.testing.assert_allclose(found.worst_case, data.robust_accuracy.min("attack"))
    with pytest.raises(ResultsError, match="has recorded distances"):
        nearest_distance(data)


def test_alarms_are_numbers_above_the_limit_of_their_dataset(tmp_path):
    limits = {"attacks/dead_and_robust": (0.1, WORDS), "accuracy/test_loss": (50.0, "too large")}
    file = study(tmp_path / "r.h5", limits=limits)
    with h5py.File(file, "a") as raw:
        raw["attacks/dead_and_robust"][2, 1] = 0.25
        raw["attacks/dead_and_robust"][3, 1] = 0.1  # the limit itself
        raw["attacks/dead_and_robust"][4, 1] = NAN
    data = load(file)
    assert data.dead_and_robust.attrs["alarm_above"] == 0.1
    found = alarms(data)
    assert [tuple(a)[:5] for a in found] == [
        (f"{2:016x}", "attacks/dead_and_robust", 0.25, 0.1, WORDS)]
    assert found[0].at == {"strength": 0.3, "seed": 0, "attack": "strict"}
    assert alarms(data.sel(strength=0.3))[0].trial == found[0].trial
    assert alarms(load(file, layout="trials"))[0][:5] == found[0][:5]
    assert alarms(load(write(tmp_path / "old.h5"))) == []


def test_the_report_says_alarms_first(tmp_path):
    file = study(tmp_path / "r.h5", limits={"attacks/dead_and_robust": (0.1, WORDS)})
    said = section(page_of(file, tmp_path / "none"))
    meaning = "share of samples that nothing fooled at the last radius, with gradient 0"
    assert f'No alarm. Checked in every network:</p><ul><li title="{WORDS}">dead and robust, alarm above 0.1: {meaning}</li></ul>' in said
    with h5py.File(file, "a") as raw:
        raw["attacks/dead_and_robust"][2, 1] = 0.25
    page = page_of(file, tmp_path / "one")
    assert page.index("<h2 id='alarms'>") < page.index("<h2 id='study'>")
    said = section(page)
    assert f"Alarm in 1 network: dead and robust above 0.1.</b> {WORDS} <span class='s'>(dead and robust: {meaning})</span>" in said
    with h5py.File(file, "a") as raw:
        raw["attacks/dead_and_robust"].attrs["description"] = "what the file says"
    assert "(dead and robust: what the file says)" in section(page_of(file, tmp_path / "described"))
    assert f"strength 0.3, seed 0, strict protocol, trial {2:016x}: 0.25" in said
    assert said.index("Alarm in") < said.index("<h3>L-infinity norm") < said.index("<h3>L2 norm")


def test_the_report_has_curves_distances_and_a_table_for_each_norm(tmp_path):
    file = study(tmp_path / "r.h5")
    said = section(page_of(file, tmp_path / "out"))
    assert re.findall(r"<figure class='figure' id='(\w+)'", said) == ["robust_linf", "distances_linf", "robust_l2", "distances_l2"]
    data = load(file)
    accuracy = data.robust_accuracy.sel(epsilon=0.05)
    for attack in ("pgd", "strict"):
        of_all = 100 * accuracy.sel(attack=attack)
        cell = f"<td>{of_all.min():.1f} \u2013 {of_all.max():.1f}</td>"
        assert cell in re.search(f"<tr><td class='t'>{attack_name(attack)}</td>.*?</tr>", said).group(0)
    gap = data.robust_accuracy.sel(attack="pgd") - data.robust_accuracy.sel(attack="strict")
    assert f"<td>{100 * gap.max():.1f} at " in said
    assert "no limits for alarms" in said  # a file without the attributes


def test_the_worst_case_is_in_front_and_single_attacks_are_behind(tmp_path):
    data = load(study(tmp_path / "r.h5"))
    curves, distances = robust_kinds(data, "linf", "test")
    picture = curves.plans[0].picture()
    assert picture.caption.startswith("Share of samples that withstand all attacks together")
    lines = picture.figure.axes[0].lines
    thick = [line for line in lines if line.get_linewidth() > 2]
    assert [line.get_label() for line in thick] == ["strength 0", "strength 0.3", "strength 1"]
    wanted = data.robust_accuracy.sel(attack="strict", strength=0.3).mean("seed")
    np.testing.assert_allclose(thick[1].get_ydata(), wanted)
    behind = [line for line in lines if line.get_linewidth() <= 1 and len(line.get_xdata())]
    assert len(behind) == 6 and max(b.zorder for b in behind) < min(t.zorder for t in thick)
    bars = [bar for bar in distances.plans[0].picture().figure.axes[0].patches]
    heights = np.reshape([bar.get_height() for bar in bars], (3, len(EPSILONS) + 1))
    np.testing.assert_allclose(heights.sum(1), 1)
    np.testing.assert_allclose(1 - heights[1].cumsum()[:-1], wanted, atol=1e-12)


def test_a_study_without_distances_has_curves_and_one_without_attacks_has_no_section(tmp_path):
    said = section(page_of(write(tmp_path / "r.h5", axes=(WIDTH, SEED)), tmp_path / "curves"))
    assert re.findall(r"<figure class='figure' id='(\w+)'", said) == ["robust_linf"]
    assert "Share of samples that withstand the strongest of its attacks" in said and "lowest of all</td>" in said
    assert "the worst case of each sample" not in said
    for name, options in {"no": {"attacks": ()}, "noise": {"attacks": (), "noise_levels": (0.1,)}}.items():
        file = write(tmp_path / f"{name}.h5", axes=(WIDTH, SEED), **options)
        assert "robustness" not in page_of(file, tmp_path / name).lower()


def test_titles_have_the_proper_names_of_attacks(tmp_path):
    data = load(write(tmp_path / "r.h5", axes=(SEED,), attacks=("strict",)))
    picture = next(all_figures(data))
    assert "right under the strict protocol, by" in picture.caption
    assert picture.figure._suptitle.get_text().replace("\n", " ") == "Robust accuracy under the strict protocol"
    assert by_attack("strict") == "the strict protocol"
    assert by_attack("strict_l2") == "the strict protocol (L2)"
    assert attack_name("strict[norm=l2]") == "strict protocol [norm=l2]"
    assert attack_name("mi_fgsm_l2") == "MI-FGSM (L2)"
    assert attack_name("uniform_noise_on_few") == "uniform noise (on few)"
    assert attack_name("autoattack_standard") == "standard AutoAttack"
    assert [by_attack(a) for a in ("pgd", "apgd", "square")] == ["PGD", "APGD", "the Square attack"]


def test_noise_bounded_by_epsilon_is_no_attack_in_a_ball(tmp_path):
    options = {**OPTIONS, "uniform_noise": {"kind": "uniform_noise"}}
    data = load(study(tmp_path / "r.h5", options=options, attacks=(*ATTACKS, "uniform_noise")))
    assert attacks_of(data, "linf") == ["pgd", "strict"]
    assert "uniform_noise" not in agreement(data).attack.values


def test_axes_say_the_unit_of_an_intensity_where_it_has_one():
    def label(name, units, dataset):
        values = {name: xr.DataArray([0.0], dims=name, attrs={"units": units})}
        return intensity_label(values, name, xr.Dataset(attrs={"resolved": {"dataset": dataset}}))

    own = {"kind": "hdf5", "lower": -4.0, "upper": 4.0}
    assert label("epsilon", "pixel", {"kind": "mnist"}) == r"attack intensity $\varepsilon$ (pixels in [0, 1])"
    assert label("epsilon", "pixel", own) == r"attack intensity $\varepsilon$ (data in [-4, 4])"
    assert label("sigma", "pixel", {"kind": "gaussian"}) == r"standard deviation $\sigma$"
    assert label("share", "1", own) == "share of the pixels"
    assert label("shift", "pixel width", own) == "shift (pixel width)"


def test_figures_say_the_range_of_own_data(tmp_path):
    own = {"model": {"kind": "mlp"}, "dataset": {"kind": "hdf5", "lower": -4.0, "upper": 4.0}}
    write(tmp_path / "r.h5", axes=(STRENGTH, SEED), attacks=("fgsm", "strict"), resolved=own)
    data = load(add_distances(tmp_path / "r.h5"))
    drawn = [*all_figures(data), *pictures(robust_kinds(data, "linf", "test")), *paper_figures("p", read_study(data, "r.h5").networks)]
    labels = {p.name: [axes.get_xlabel() for axes in p.figure.axes if axes.get_xlabel()][0] for p in drawn}
    intensity = r"attack intensity $\varepsilon$ (data in [-4, 4])"
    assert {name: words for name, words in labels.items() if "data in" in words} == {
        "accuracy_fgsm": intensity, "accuracy_strict": intensity, "robust_linf": intensity,
        "distances_linf": "distance (data in [-4, 4])", "p_fgsm": intensity, "p_strict": intensity}
    assert not any("pixels" in words for words in labels.values())


def test_users_find_it_in_the_package():
    assert {"agreement", "alarms", "nearest_distance"} <= set(eigensweep_analysis.__all__)
