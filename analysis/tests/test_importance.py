# SPDX-License-Identifier: MIT
"""Shares of the variance against closed forms of made-up functions on grids and on random points."""

import itertools

import numpy as np
import pytest

from eigensweep_analysis.importance import importance


def grid(function, *values, repeats=1, seed=0):
    cells = [cell for cell in itertools.product(*values) for _ in range(repeats)]
    options = {name: np.array([cell[i] for cell in cells], object) for i, name in enumerate("abc"[: len(values)])}
    noise = np.random.default_rng(seed).normal(size=len(cells))
    return options, np.array([function(*cell) for cell in cells], float), noise


def shares(options, values):
    parts, exact = importance(options, values)
    return {part.words: part.share for part in parts}, exact


def test_of_a_sum_every_option_has_the_share_of_its_own_variance():
    options, values, _ = grid(lambda a, b: 3 * a + b, [0, 1], [0, 1, 2])
    found, exact = shares(options, values)
    first, second = 9 * 0.25, 2 / 3  # variances of 3a and of b
    assert exact
    assert found["a"] == pytest.approx(first / (first + second))
    assert found["b"] == pytest.approx(second / (first + second))
    assert found["a with b"] == pytest.approx(0, abs=1e-12)


def test_of_a_product_of_signs_all_is_in_the_pair():
    options, values, _ = grid(lambda a, b, c: a * b, [-1, 1], [-1, 1], ["x", "y"])
    found, exact = shares(options, values)
    assert exact and found["a with b"] == pytest.approx(1)
    assert found["a"] == found["b"] == found["c"] == pytest.approx(0)
    assert found["three or more together"] == pytest.approx(0)


def test_of_a_product_of_three_signs_all_is_in_the_three():
    options, values, _ = grid(lambda a, b, c: a * b * c, [-1, 1], [-1, 1], [-1, 1])
    found, _ = shares(options, values)
    assert found["three or more together"] == pytest.approx(1)


def test_seeds_have_what_differs_within_a_cell():
    options, values, noise = grid(lambda a, b: a + b, [0, 1], [0, 1], repeats=3)
    values = values + 0.3 * noise
    cells = values.reshape(4, 3)
    found, exact = shares(options, values)
    assert exact and found["seeds"] == pytest.approx(cells.var(1).mean() / values.var())
    assert sum(found.values()) == pytest.approx(1)


def test_a_grid_with_a_hole_is_no_exact_decomposition():
    options, values, _ = grid(lambda a, b: 3 * a + b, [0, 1], [0, 1, 2], repeats=2)
    values[3] = np.nan
    found, exact = shares(options, values)
    assert not exact and list(found) == ["a", "b", "rest: together, seeds"]
    assert found["a"] > 0.6


def test_of_random_points_chance_explains_nothing():
    random = np.random.default_rng(1)
    options = {name: random.uniform(size=400) for name in "abc"}
    found, exact = shares(options, 2 * options["a"] + 0.01 * random.normal(size=400))
    assert not exact and found["a"] > 0.95 and found["b"] < 0.03 and found["c"] < 0.03
    alone = {f"x{i}": random.uniform(size=60) for i in range(20)}
    parts, _ = importance(alone, random.normal(size=60))
    assert np.mean([part.share for part in parts[:-1]]) < 0.05


@pytest.mark.parametrize("values", [[], [1.0, 2.0], [1.0, 1.0, 1.0, 1.0], [np.nan] * 4])
def test_without_differences_there_is_nothing_to_explain(values):
    assert importance({"a": np.arange(len(values))}, values) == ([], False)


def test_an_option_that_a_case_lacks_is_a_group_of_its_own():
    options = {"case": np.array(["plain", "plain", "with", "with"], object), "strength": np.array([np.nan, np.nan, 1.0, 2.0])}
    found, _ = shares(options, np.array([0.1, 0.1, 0.5, 0.6]))
    assert found["strength"] >= found["case"]
