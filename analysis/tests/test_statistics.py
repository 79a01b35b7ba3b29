# SPDX-License-Identifier: MIT
"""Means, standard deviations and confidence intervals over seeds."""

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from eigensweep_analysis import ResultsError, confidence_interval, summary

NAN = np.nan
VALUES = xr.DataArray([[1.0, 2.0, 4.0], [3.0, NAN, 7.0], [5.0, NAN, NAN], [NAN, NAN, NAN]], dims=("width", "seed"))


def test_missing_numbers_do_not_count():
    mean, deviation, count = summary(VALUES, ["seed"])
    assert mean.dims == ("width",)
    np.testing.assert_allclose(mean, [7 / 3, 5, 5, NAN])
    np.testing.assert_array_equal(count, [3, 2, 1, 0])
    np.testing.assert_allclose(deviation[:2], [np.std([1, 2, 4], ddof=1), np.std([3, 7], ddof=1)])


def test_one_network_has_no_spread():
    _, deviation, _ = summary(VALUES, ["seed"])
    assert np.isnan(deviation[2:]).all()
    low, high = confidence_interval(VALUES, ["seed"])
    assert np.isnan(low[2:]).all() and np.isnan(high[2:]).all()


def test_several_dimensions_and_none():
    cube = xr.DataArray(np.arange(24.0).reshape(2, 3, 4), dims=("a", "b", "c"))
    mean, deviation, count = summary(cube, ["a", "c", "missing"])
    np.testing.assert_allclose(mean, cube.mean(["a", "c"]))
    np.testing.assert_allclose(deviation, cube.std(["a", "c"], ddof=1))
    np.testing.assert_array_equal(count, [8, 8, 8])
    mean, deviation, count = summary(cube, [])
    xr.testing.assert_equal(mean, cube)
    assert np.isnan(deviation).all() and (count == 1).all()


@pytest.mark.parametrize("level", [0.5, 0.95])
def test_the_interval_is_scipy_s(level):
    low, high = confidence_interval(VALUES, ["seed"], level)
    expected = stats.t.interval(level, 2, loc=7 / 3, scale=stats.sem([1, 2, 4]))
    np.testing.assert_allclose([low[0], high[0]], expected)


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_is_a_share(level):
    with pytest.raises(ResultsError, match=f"level {level}: not between 0 and 1; 0.95 is usual"):
        confidence_interval(VALUES, ["seed"], level)
