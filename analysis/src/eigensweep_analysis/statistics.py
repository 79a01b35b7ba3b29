# SPDX-License-Identifier: MIT
"""The one rule for means and spreads over seeds, which tables, figures and pages share.

The spread is the standard deviation of the networks, with n - 1 in the denominator. One network has no spread.
"""

from typing import NamedTuple

import numpy as np
import xarray as xr

from eigensweep_analysis.load import ResultsError


#: What bands and bars show, as captions say it.
DEVIATION = "\u00b1 one standard deviation"


class Summary(NamedTuple):
    """Statistics over replicates: arrays over the dimensions that are left, in the units of the numbers."""

    #: NaN without a number.
    mean: xr.DataArray
    #: Standard deviation (n - 1); NaN of fewer than two numbers.
    deviation: xr.DataArray
    #: How many numbers there are.
    count: xr.DataArray


def over(numbers, axis):
    """The `Summary` of a numpy array along an axis or axes; NaN where a number is missing."""
    numbers = np.asarray(numbers, float)
    there = np.isfinite(numbers)
    count = there.sum(axis)
    mean = np.where(there, numbers, 0.0).sum(axis, keepdims=True) / np.maximum(there.sum(axis, keepdims=True), 1)
    squares = (np.where(there, numbers - mean, 0.0) ** 2).sum(axis)
    deviation = np.where(count > 1, np.sqrt(squares / np.maximum(count - 1, 1)), np.nan)
    return Summary(np.where(count > 0, np.squeeze(mean, axis), np.nan), deviation, count)


def how_many(counts):
    """The counts of numbers that means are over in words, "3" or "2 to 3"; means of none do not count. "" without any."""
    counts = np.asarray(counts)
    counts = counts[counts > 0]
    if not len(counts):
        return ""
    least, most = int(counts.min()), int(counts.max())
    return f"{most}" if least == most else f"{least} to {most}"


def summary(values: xr.DataArray, dims: list[str]) -> Summary:
    """Mean, standard deviation and count over replicates, without missing numbers.

    Parameters
    ----------
    values : xarray.DataArray
        NaN where a number is missing.
    dims : list of str
        Dimensions of replicates; those that the array lacks are passed over.

    Returns
    -------
    Summary
    """
    dims = [d for d in dims if d in values.dims]
    trailing = tuple(range(-len(dims), 0))
    return Summary(*xr.apply_ufunc(lambda v: over(v, trailing), values, input_core_dims=[dims],
                                   output_core_dims=[[], [], []]))


def confidence_interval(values: xr.DataArray, dims: list[str], level: float = 0.95) -> tuple[xr.DataArray, xr.DataArray]:
    """Student's confidence interval of the mean over replicates.

    It takes the numbers for draws of one normal distribution. With three seeds it reaches 2.5 standard deviations to
    either side.

    Parameters
    ----------
    values, dims
        As for `summary`.
    level : float
        Between 0 and 1, without them.

    Returns
    -------
    (xarray.DataArray, xarray.DataArray)
        Lower and upper end; NaN of fewer than two numbers.

    Raises
    ------
    ResultsError
        `level` is no share.
    """
    from scipy.stats import t  # slow to import

    if not 0 < level < 1:
        raise ResultsError(f"level {level!r}: not between 0 and 1; 0.95 is usual")
    mean, deviation, count = summary(values, dims)
    freedom = (count - 1).where(count > 1)
    half = xr.apply_ufunc(lambda n: t.ppf((1 + level) / 2, n), freedom) * deviation / np.sqrt(count)
    return mean - half, mean + half
