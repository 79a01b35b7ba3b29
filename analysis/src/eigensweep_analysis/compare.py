# SPDX-License-Identifier: MIT
"""Two studies side by side: settings that both have, and how far their numbers are apart."""

import numpy as np
import pandas
import xarray as xr

from eigensweep_analysis.by_width import prepared
from eigensweep_analysis.fold import for_figures
from eigensweep_analysis.load import ResultsError
from eigensweep_analysis.networks import networks
from eigensweep_analysis.statistics import over

#: Numbers of a network that are compared: name, words.
NUMBERS = [("test_accuracy", "test accuracy"), ("final_loss", "final loss"), ("exponent", "exponent of the last layer")]
#: Columns of `compare` behind those of the options.
COLUMNS = ["outcome", "mean_a", "deviation_a", "count_a", "mean_b", "deviation_b", "count_b", "difference", "low", "high"]


def compare(first: xr.Dataset, second: xr.Dataset, level: float = 0.95) -> pandas.DataFrame:
    """The numbers of settings that two studies share, over the seeds of each.

    A setting is a combination of values of the options that both studies vary. Where only one study varies an option, its
    networks count together; `only_in` names such options.

    Parameters
    ----------
    first, second : xarray.Dataset
        As from `load`.
    level : float
        Of the confidence interval of the difference (Welch's, for unequal variances).

    Returns
    -------
    pandas.DataFrame
        A row per setting and outcome: the options, then COLUMNS. `difference` is b less a, `low` and `high` are the ends
        of its interval; NaN where either side has fewer than two networks. Attributes: `options`, `only_in`.

    Raises
    ------
    ResultsError
        The studies share no setting, or no number.
    """
    one, other = (networks(for_figures(prepared(data))) for data in (first, second))
    options = [name for name in one.options if name in other.options and name not in (*one.seeds, *other.seeds)]
    only_in = [[name for name in side.axes if name not in options] for side in (one, other)]
    places = [_places(side, options) for side in (one, other)]
    shared = [key for key in places[0] if key in places[1]]
    if not shared:
        raise ResultsError("compare: the studies have no setting in common; they must share values of the options that both vary")
    rows = []
    for words, values_a, values_b in _outcomes(one, other):
        for key in shared:
            numbers = [values[place[key]] for values, place in ((values_a, places[0]), (values_b, places[1]))]
            stats = [over(v, 0) for v in numbers]
            if all(s.count for s in stats):
                rows.append([*key, words, *stats[0], *stats[1], stats[1].mean - stats[0].mean, *_welch(*stats, level)])
    if not rows:
        raise ResultsError("compare: no number was measured in both studies; they need a metric or an attack in common")
    table = pandas.DataFrame(rows, columns=[*options, *COLUMNS])
    table.attrs = {"options": options, "only_in": only_in}
    return table


def _places(side, options):
    """Setting -> the networks that have it."""
    found = {}
    labels = zip(*(side.options[name].tolist() for name in options)) if options else [()] * len(side)
    for place, key in enumerate(labels):
        found.setdefault(tuple(None if value != value else value for value in key), []).append(place)
    return found


def _outcomes(one, other):
    """(words, numbers of the one, numbers of the other) of what both have."""
    for name, words in NUMBERS:
        if name in one.numbers and name in other.numbers:
            yield words, one.numbers[name], other.numbers[name]
    for curve in one.curves:
        same = next((c for c in other.curves if (c.label, c.intensity) == (curve.label, curve.intensity)), None)
        for place, level in enumerate(curve.levels) if same else []:
            match = np.flatnonzero(np.isclose(same.levels, level, rtol=1e-9, atol=0))
            if len(match):
                words = f"robust accuracy, {curve.attack}, {curve.intensity} {level:g}"
                yield words, curve.accuracy[:, place], same.accuracy[:, match[0]]


def _welch(one, other, level):
    """The ends of the interval of the difference of two means."""
    from scipy.stats import t  # slow to import

    if min(one.count, other.count) < 2:
        return np.nan, np.nan
    parts = [s.deviation**2 / s.count for s in (one, other)]
    difference = other.mean - one.mean
    if not sum(parts) > 0:
        return difference, difference
    freedom = sum(parts) ** 2 / sum(part**2 / (s.count - 1) for part, s in zip(parts, (one, other)))
    half = t.ppf((1 + level) / 2, freedom) * np.sqrt(sum(parts))
    return difference - half, difference + half


def differing_options(first, second):
    """[(pointer, words of the first, words of the second)] of the resolved studies where they differ, names left out."""
    one, other = (_flat(data.attrs.get("resolved") or {}) for data in (first, second))
    for found in (one, other):
        for name in ("/name", "/description"):
            found.pop(name, None)
    return [(pointer, one.get(pointer, "-"), other.get(pointer, "-")) for pointer in dict.fromkeys([*one, *other])
            if one.get(pointer) != other.get(pointer)]


def _flat(value, pointer=""):
    if isinstance(value, dict) and value and "sweep" not in value:
        return {p: v for key, inner in value.items() for p, v in _flat(inner, f"{pointer}/{key}").items()}
    if isinstance(value, list) and any(isinstance(v, dict) for v in value):
        return {p: v for i, inner in enumerate(value) for p, v in _flat(inner, f"{pointer}/{i}").items()}
    if isinstance(value, dict) and "sweep" in value:
        value = value["sweep"]
    return {pointer: ", ".join(map(_word, value)) if isinstance(value, list) else _word(value)}


def _word(value):
    return "on" if value is True else "off" if value is False else f"{value:g}" if isinstance(value, float) else str(value)
