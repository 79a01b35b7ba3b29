# SPDX-License-Identifier: MIT
"""Numbers against width: means over seeds, exponents and the crossover width with bootstrap intervals."""

import numpy as np

from eigensweep_analysis.statistics import over

#: A network whose linearisation misses this share of its change has left the kernel regime.
CROSSOVER_GAP = 0.1
BOOTSTRAPS = 1000
LEAST_WIDTHS = 3


def mean_over_seeds(values):
    """Means of (w, s) over the seeds that have a number; NaN where none has."""
    return over(values, 1).mean


def fitted(values):
    """The widths (w,) of (w, s) that a fit takes: those whose mean over seeds is positive, so that it has a logarithm."""
    means = mean_over_seeds(values)
    return np.isfinite(means) & (means > 0)


def fit_exponent(widths, values, bootstraps=BOOTSTRAPS):
    """The exponent p of values ~ width^p with its 95 % confidence interval.

    Parameters
    ----------
    widths : array (w,)
        Finite widths, ascending.
    values : array (w, s)
        A number per width and seed; NaN where it is missing. A width whose mean is not positive is left out (`fitted`).
    bootstraps : int
        How many times the seeds are drawn anew, with replacement, the same seeds at every width: one seed's networks
        of all widths share random numbers.

    Returns
    -------
    (float, float, float)
        Least squares of log(mean over seeds) on log(width), and the 2.5 and 97.5 percentiles over bootstraps; NaN with
        fewer than three widths, an interval of NaN with one seed.
    """
    return _with_interval(lambda numbers: slope(widths, numbers), values, bootstraps)


def slope(widths, values, least=LEAST_WIDTHS):
    """The least-squares slope of log(mean over seeds) on log(width); NaN with fewer than `least` widths."""
    there = fitted(values)
    if there.sum() < least:
        return np.nan
    means = mean_over_seeds(values)[there]
    return float(np.polyfit(np.log(np.asarray(widths, float)[there]), np.log(means), 1)[0])


def half_slopes(widths, values):
    """The slopes over the narrower and over the wider half of the widths (of an odd number, the middle one is in both).

    Their difference shows how far the numbers are from one power of the width; NaN with fewer than four widths that a
    fit takes.
    """
    there = fitted(values)
    widths, values = np.asarray(widths, float)[there], values[there]
    if len(widths) < 4:
        return np.nan, np.nan
    half = (len(widths) + 1) // 2
    return slope(widths[:half], values[:half], 2), slope(widths[-half:], values[-half:], 2)


def crossover(widths, gaps, level=CROSSOVER_GAP):
    """The width at which the seeds' mean linearisation gap falls to `level`, interpolated in log-log.

    NaN if it never does within these widths.
    """
    means = mean_over_seeds(gaps)
    for i in range(len(means) - 1):
        if means[i] > level >= means[i + 1] > 0:
            share = np.log(means[i] / level) / np.log(means[i] / means[i + 1])
            return float(np.exp((1 - share) * np.log(widths[i]) + share * np.log(widths[i + 1])))
    return np.nan


def crossover_interval(widths, gaps, level=CROSSOVER_GAP, bootstraps=BOOTSTRAPS):
    """(width, low, high): the crossover with its 95 % bootstrap interval over seeds, as in `fit_exponent`.

    The interval is NaN with one seed, and where more than 2.5 % of the draws have no crossover.
    """
    return _with_interval(lambda numbers: crossover(widths, numbers, level), gaps, bootstraps)


def _with_interval(statistic, values, bootstraps):
    estimate = statistic(values)
    seeds = values.shape[1]
    if seeds < 2 or not np.isfinite(estimate):
        return estimate, np.nan, np.nan
    random, known = np.random.default_rng(0), {}  # of few seeds there are few draws, whose order does not matter
    drawn = [tuple(sorted(random.integers(0, seeds, seeds).tolist())) for _ in range(bootstraps)]
    for draw in drawn:
        if draw not in known:
            known[draw] = statistic(values[:, draw])
    drawn = np.array([known[draw] for draw in drawn])
    if np.isnan(drawn).mean() > 0.025:
        return estimate, np.nan, np.nan
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return estimate, float(low), float(high)
