# SPDX-License-Identifier: MIT
"""How much of the differences between networks each option explains: a functional analysis of variance.

Of a full grid the parts are exact (Sobol's decomposition over the grid): every option alone, every two together beyond
that, the rest, and the seeds. Where cells are missing or options are drawn at random, options stand alone, and the share
of each is corrected for what as many groups of pure chance would explain (Kelley's epsilon squared).
"""

import itertools
from typing import NamedTuple

import numpy as np

#: Numbers with more values than this are put into as many groups of equal size.
MOST_GROUPS = 8


class Part(NamedTuple):
    """A share of the variance."""

    #: Names of the options; empty for "seeds" and "rest".
    options: tuple
    #: For readers: "width", "width with strength", "seeds", "three or more together".
    words: str
    #: In [0, 1].
    share: float


def importance(options, values):
    """The shares of the variance of `values` that options explain.

    Parameters
    ----------
    options : dict
        Name -> labels (n,) of the networks, numbers or names.
    values : array (n,)
        What came out of each network; NaN where nothing did.

    Returns
    -------
    list of Part
        Largest first, "seeds" and "rest" last; empty if fewer than two networks differ.
    exact : bool
        Whether this is the exact decomposition of a full grid.
    """
    values = np.asarray(values, float)
    there = np.isfinite(values)
    values = values[there]
    if len(values) < 3 or not np.ptp(values) > 1e-12 * np.abs(values).max():
        return [], False
    codes = {name: _codes(np.asarray(labels, object)[there]) for name, labels in options.items()}
    codes = {name: code for name, code in codes.items() if code.max() > 0}
    if not codes:
        return [], False
    sizes = [code.max() + 1 for code in codes.values()]
    exact = int(np.prod(sizes, dtype=float)) <= len(values)
    if exact:
        cells = np.ravel_multi_index(list(codes.values()), sizes)
        counts = np.bincount(cells, minlength=int(np.prod(sizes)))
        exact = counts.min() == counts.max()
    parts = _of_grid(codes, values, counts[0]) if exact else _alone(codes, values)
    return parts, exact


def _codes(labels):
    """Group of each label; NaN is a group of its own."""
    words = np.array([str(v) for v in labels.tolist()])
    names, code = np.unique(words, return_inverse=True)
    code = code.reshape(-1)
    numeric = all(isinstance(v, (int, float, np.number)) and not isinstance(v, (bool, np.bool_)) for v in labels.tolist())
    if len(names) <= MOST_GROUPS or not numeric:
        return code
    numbers = labels.astype(float)
    edges = np.nanquantile(numbers, np.linspace(0, 1, MOST_GROUPS + 1)[1:-1])
    return np.unique(np.where(np.isnan(numbers), MOST_GROUPS, np.searchsorted(edges, numbers, side="right")),
                     return_inverse=True)[1].reshape(-1)


def _of_grid(codes, values, repeats):
    """The exact parts of a grid whose every cell has `repeats` networks."""
    total = values.var()
    names = list(codes)
    alone = {name: _explained([codes[name]], values) for name in names}
    parts = [Part((name,), name.replace("_", " "), share / total) for name, share in alone.items()]
    for one, other in itertools.combinations(names, 2):
        share = _explained([codes[one], codes[other]], values) - alone[one] - alone[other]
        parts.append(Part((one, other), f"{one} with {other}".replace("_", " "), max(share, 0.0) / total))
    cells = _explained(list(codes.values()), values)
    parts.sort(key=lambda part: -part.share)
    if len(names) > 2:
        parts.append(Part((), "three or more together", max(cells / total - sum(p.share for p in parts), 0.0)))
    if repeats > 1:
        parts.append(Part((), "seeds", max(1 - cells / total, 0.0)))
    return parts


def _alone(codes, values):
    total, count = values.var(), len(values)
    parts = []
    for name, code in codes.items():
        groups = code.max() + 1
        share = _explained([code], values) / total
        within = (1 - share) / max(count - groups, 1)
        parts.append(Part((name,), name.replace("_", " "), max(share - (groups - 1) * within, 0.0)))
    parts.sort(key=lambda part: -part.share)
    return [*parts, Part((), "rest: together, seeds", max(1 - sum(p.share for p in parts), 0.0))]


def _explained(codes, values):
    """The variance of the means over the groups that these codes make together."""
    cells = np.ravel_multi_index(codes, [code.max() + 1 for code in codes])
    counts = np.bincount(cells)
    sums = np.bincount(cells, values)
    there = counts > 0
    means = sums[there] / counts[there]
    return float((counts[there] * (means - values.mean()) ** 2).sum() / len(values))
