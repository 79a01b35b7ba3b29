# SPDX-License-Identifier: MIT
import numpy as np
import pytest

from eigensweep_analysis.load import load
from eigensweep_analysis.similarity import cka_by_width, debiased_cka, similarity_pictures
from sample import SEED, WIDTH, axis, write

INFINITE = axis("width", "/model/width", [16, 64, float("inf")])


def gram(features):
    return features @ features.T / features.shape[1]


def direct(one, two):
    """Debiased CKA of two feature matrices (n, m) by the definition of HSIC_1 (Song et al. 2012), sum by sum."""

    def hsic(k, l):
        n = len(k)
        k, l = k - np.diag(np.diag(k)), l - np.diag(np.diag(l))
        ones = np.ones(n)
        trace = sum(k[i, j] * l[j, i] for i in range(n) for j in range(n))
        outer = (ones @ k @ ones) * (ones @ l @ ones) / ((n - 1) * (n - 2))
        return (trace + outer - 2 / (n - 2) * (ones @ k @ l @ ones)) / (n * (n - 3))

    k, l = gram(one), gram(two)
    return hsic(k, l) / np.sqrt(hsic(k, k) * hsic(l, l))


def test_all_pairs_at_once_are_the_definition():
    random = np.random.default_rng(3)
    common = random.normal(size=(20, 7)) + 0.5
    features = [common @ random.normal(size=(7, m)) + random.normal(size=(20, m)) for m in (5, 30, 8)]
    table = debiased_cka(np.array([gram(f) for f in features]))
    wanted = [[direct(a, b) for b in features] for a in features]
    np.testing.assert_allclose(table, wanted, rtol=1e-10)
    np.testing.assert_allclose(np.diag(table), 1)


def test_independent_wide_features_have_none():
    random = np.random.default_rng(4)
    table = debiased_cka(np.array([gram(random.normal(size=(256, 8192))) for _ in range(2)]))
    assert abs(table[0, 1]) < 0.01
    # The biased estimate says that the same two are similar.
    centre = np.eye(256) - 1 / 256
    k, l = (centre @ gram(np.random.default_rng(s).normal(size=(256, 8192))) @ centre for s in (5, 6))
    assert np.sum(k * l) / np.sqrt(np.sum(k * k) * np.sum(l * l)) > 0.9


def test_a_rotation_a_factor_and_a_shift_of_all_samples_do_not_matter():
    random = np.random.default_rng(5)
    features = random.normal(size=(30, 12))
    rotation = np.linalg.qr(random.normal(size=(12, 12)))[0]
    table = debiased_cka(np.array([gram(features), gram(3 * features @ rotation + 2)]))
    assert table[0, 1] == pytest.approx(1, abs=1e-9)


def test_too_few_samples_and_missing_networks():
    with pytest.raises(ValueError, match="3 samples; debiased CKA needs at least 4"):
        debiased_cka(np.ones((2, 3, 3)))
    grams = np.array([gram(np.random.default_rng(i).normal(size=(9, 5))) for i in range(3)])
    grams[1] = np.nan
    table = debiased_cka(grams)
    assert np.isnan(table[1]).all() and np.isfinite(table[0, 2])


def test_widths_are_compared_over_pairs_of_different_seeds(tmp_path):
    data = load(write(tmp_path / "r.h5", axes=(INFINITE, SEED), regime=True))
    table = cka_by_width(data)
    assert table.dims == ("layer", "width", "other_width")
    grams = data.hidden_grams.values[..., 0, :, :]  # (width, seed, n, n)

    def pair(one, two):
        return debiased_cka(np.array([grams[one], grams[two]]))[0, 1]

    assert table.sel(layer=1, width=16, other_width=16).item() == pytest.approx(pair((0, 0), (0, 1)))
    mixed = (pair((0, 0), (1, 1)) + pair((0, 1), (1, 0))) / 2
    assert table.sel(layer=1, width=16, other_width=64).item() == pytest.approx(mixed)
    limit = (pair((0, 0), (2, 0)) + pair((0, 1), (2, 0))) / 2  # one network, whatever the seed
    assert table.sel(layer=1, width=16).values[2] == pytest.approx(limit)
    assert np.isnan(table.values[0, 2, 2])
    np.testing.assert_allclose(table.values, table.values.swapaxes(1, 2), equal_nan=True)


def test_one_seed_gives_all_but_the_diagonal(tmp_path):
    table = cka_by_width(load(write(tmp_path / "r.h5", axes=(WIDTH,), regime=True)))
    assert np.isnan(np.diag(table.values[0])).all() and np.isfinite(table.values[0, 0, 1])


def test_without_grams_the_figure_says_so(tmp_path):
    data = load(write(tmp_path / "r.h5", axes=(WIDTH, SEED)))
    pictures, why = similarity_pictures(data, [("all networks", {})])
    assert pictures == [] and 'with "keep_grams": true' in why
