# SPDX-License-Identifier: MIT
"""Two studies side by side: settings that both have, and how far their numbers are apart."""

import dataclasses
import os

import numpy as np
import pandas
import xarray as xr

from eigensweep_analysis.by_width import prepared
from eigensweep_analysis.fold import for_figures
from eigensweep_analysis.layout import asked, last_layer
from eigensweep_analysis.load import ResultsError
from eigensweep_analysis.metrics import measured
from eigensweep_analysis.networks import distinct, middle, networks
from eigensweep_analysis.statistics import over

#: Numbers of a network that are compared: name, words.
EXPONENT = "exponent of the last layer"
NUMBERS = [("test_accuracy", "test accuracy"), ("final_loss", "final loss"), ("exponent", EXPONENT)]
#: Columns of `compare` behind those of the options.
COLUMNS = ["outcome", "mean_a", "deviation_a", "count_a", "mean_b", "deviation_b", "count_b", "difference", "low", "high", "note"]
#: Sections of a study whose members have names of the user's own.
NAMED = ("regularizers", "attacks", "metrics")


def compare(first: xr.Dataset, second: xr.Dataset, level: float = 0.95) -> pandas.DataFrame:
    """The numbers of settings that two studies share, over the seeds of each.

    A setting is a combination of values of the options that both studies vary. Where only one study varies an option, its
    networks count together, each once; `only_in` names such options.

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
        of its interval; NaN where either side has fewer than two networks. An interval of accuracies ends at -1 and 1.
        `note` says why the two means are of different things: exponents whose fits begin at different ranks.
        Attributes: `options`, `only_in`; `front`, the outcome to look at first, of the attack to believe among those of
        both (`robustness.front_attack`), "" without one.

    Raises
    ------
    ResultsError
        The studies share no setting, or no number.
    """
    first, second = (for_figures(prepared(data)) for data in (first, second))
    one, other = networks(first), networks(second)
    options = [name for name in one.options if name in other.options and name not in (*one.seeds, *other.seeds)]
    only_in = [[name for name in side.axes if name not in options] for side in (one, other)]
    places = [_places(side, options) for side in (one, other)]
    shared = [key for key in places[0] if key in places[1]]
    if not shared:
        raise ResultsError("compare: the studies have no setting in common; they must share values of the options that both vary")
    curves = _shared_curves(one, other)
    fits = [_first_ranks(data) for data in (first, second)]
    rows = []
    for words, values_a, values_b in _outcomes(one, other, curves):
        for key in shared:
            here = [place[key] for place in places]
            stats = [over(values[place], 0) for values, place in zip((values_a, values_b), here)]
            if all(s.count for s in stats):
                ends = np.clip(_welch(*stats, level), *((-1, 1) if "accuracy" in words else (-np.inf, np.inf)))
                note = _fits_apart(*(fit[place] for fit, place in zip(fits, here))) if words == EXPONENT else ""
                rows.append([*key, words, *stats[0], *stats[1], stats[1].mean - stats[0].mean, *ends, note])
    if not rows:
        raise ResultsError("compare: no number was measured in both studies; they need a metric or an attack in common")
    table = pandas.DataFrame(rows, columns=[*options, *COLUMNS])
    table.attrs = {"options": options, "only_in": only_in, "front": _front(one, curves, table)}
    return table


def _places(side, options):
    """Setting -> the networks that have it, each once: an option that is not compared may repeat it."""
    found, ids = {}, side.rows.trial_id.values
    labels = zip(*(side.options[name].tolist() for name in options)) if options else [()] * len(side)
    for place, key in enumerate(labels):
        found.setdefault(tuple(None if value != value else value for value in key), []).append(place)
    return {key: np.array(here)[distinct(ids[here])] for key, here in found.items()}


def _shared_curves(one, other):
    """[(curve of the one, curve of the other)] of the attacks that both have, at the intensities that both have."""
    found = []
    for curve in one.curves:
        same = next((c for c in other.curves if (c.label, c.intensity) == (curve.label, curve.intensity)), None)
        equal = np.isclose(curve.levels[:, None], same.levels, rtol=1e-9, atol=0) if same else np.zeros((0, 0), bool)
        if equal.any():
            found.append((_at(curve, np.flatnonzero(equal.any(1))), _at(same, equal.argmax(1)[equal.any(1)])))
    return found


def _at(curve, places):
    return dataclasses.replace(curve, levels=curve.levels[places], accuracy=curve.accuracy[:, places])


def _outcomes(one, other, curves):
    """(words, numbers of the one, numbers of the other) of what both have."""
    for name, words in NUMBERS:
        if name in one.numbers and name in other.numbers:
            yield words, one.numbers[name], other.numbers[name]
    for curve, same in curves:
        for place in range(len(curve.levels)):
            yield _robust_words(curve, place), curve.accuracy[:, place], same.accuracy[:, place]


def _robust_words(curve, place):
    return f"robust accuracy, {curve.attack}, {curve.intensity} {curve.levels[place]:g}"


def _front(one, curves, table):
    """The outcome of the attack to believe among those of both, at the intensity that `networks.middle` chooses."""
    front = dataclasses.replace(one, curves=[curve for curve, _ in curves]).front()
    words = _robust_words(front, middle(front)) if front else ""
    return words if words in set(table.outcome) else ""


def _first_ranks(data):
    """The rank at which the fit of each network's last layer begins, in the order of `networks`; NaN where it is not known."""
    values, there = measured(data, "fit_first"), np.flatnonzero(asked(data).transpose(*data.status.dims).values.reshape(-1))
    if values is None or not data.sizes.get("layer"):
        return np.full(len(there), np.nan)
    ranks = last_layer(values, values).broadcast_like(data.status).transpose(*data.status.dims)
    return ranks.values.reshape(-1)[there].astype(float)


def _fits_apart(first, second):
    """A note where fits begin at different ranks; "" where they begin alike or it is not known."""
    ranks = [sorted({f"{rank:g}" for rank in ranks if rank >= 0}, key=float) for ranks in (first, second)]
    if not all(ranks) or ranks[0] == ranks[1]:
        return ""
    return f"fits begin at rank {', '.join(ranks[0])} in A, {', '.join(ranks[1])} in B"


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


def same_networks(first, second):
    """A sentence where a study is compared with itself, "" where not."""
    sources = [data.encoding.get("source") for data in (first, second)]
    if all(sources) and all(map(os.path.exists, sources)) and os.path.samefile(*sources):
        return "A and B are the same file."
    ids = [set(data.trial_id.values.astype(str).reshape(-1).tolist()) - {""} for data in (first, second) if "trial_id" in data]
    if len(ids) == 2 and ids[0] and ids[0] == ids[1]:
        return "A and B are the same networks: every trial id of one is in the other."
    return ""


def differing_options(first, second):
    """[(pointer, words of the first, words of the second)] of the resolved studies where they differ, names left out.

    What only one of them has, as an attack with its options, is one row: "-" and "only in B".
    """
    one, other = (dict(data.attrs.get("resolved") or {}) for data in (first, second))
    for found in (one, other):
        for name in ("name", "description"):
            found.pop(name, None)
    return list(_differing(one, other, ""))


#: Stands for what a study does not have.
_ABSENT = object()


def _differing(one, other, pointer):
    if pointer.rpartition("/")[2] in NAMED:
        one, other = ({} if value is _ABSENT else value for value in (one, other))
    members = [_members(value) for value in (one, other)]
    if None not in members:
        for key in dict.fromkeys([*members[0], *members[1]]):
            yield from _differing(*(inner.get(key, _ABSENT) for inner in members), f"{pointer}/{key}")
        return
    if one is _ABSENT or other is _ABSENT:
        side, value = ("A", one) if other is _ABSENT else ("B", other)
        options = _flat(value, pointer)
        if len(options) > 1 or value == {}:
            options = {pointer: f"only in {side}"}
        yield from ((name, *((words, "-") if side == "A" else ("-", words))) for name, words in options.items())
        return
    one, other = (_flat(value, pointer) for value in (one, other))
    for name in dict.fromkeys([*one, *other]):
        if one.get(name) != other.get(name):
            yield name, one.get(name, "-"), other.get(name, "-")


def _members(value):
    """What a section or a list of cases has, by name or place; None of a value that is told as a whole."""
    if isinstance(value, dict) and "sweep" not in value:
        return value
    if isinstance(value, list) and any(isinstance(v, dict) for v in value):
        return dict(enumerate(value))
    return None


def _flat(value, pointer):
    """Pointer -> words of every option below one."""
    members = _members(value)
    if members:
        return {p: v for key, inner in members.items() for p, v in _flat(inner, f"{pointer}/{key}").items()}
    if isinstance(value, dict) and "sweep" in value:
        value = value["sweep"]
    return {pointer: ", ".join(map(_word, value)) if isinstance(value, list) else _word(value)}


def _word(value):
    return "on" if value is True else "off" if value is False else f"{value:g}" if isinstance(value, float) else str(value)
