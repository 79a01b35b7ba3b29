# SPDX-License-Identifier: MIT
"""Where an axis has its ticks, and how many digits labels need to differ."""

import math

import numpy as np

#: The most ticks of an axis: on a phone their labels stand side by side.
MOST_TICKS = 8
#: Sets of first digits for the ticks of a logarithmic axis, sparse to dense.
DIGITS = [(1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 5, 7), (1, 2, 3, 4, 5, 6, 7, 8, 9)]


def whole_ticks(first, last):
    """Whole numbers from `first` to `last`, at most MOST_TICKS of them, `first` among them where it has room."""
    span = last - first
    step = next(s for s in _round_steps() if span / s <= MOST_TICKS - 1)
    ticks = list(range(-(-first // step) * step, last + 1, step))
    return [first, *ticks] if not ticks or ticks[0] - first >= 0.6 * step else ticks


def _round_steps():
    power = 1
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10


def log_ticks(low, high):
    """Ticks of a logarithmic axis over [low, high]: 0.1, 0.2, 0.5; over several decades powers of ten alone."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in DIGITS:
        ticks = [float(f"{d}e{p}") for p in powers for d in digits if low <= float(f"{d}e{p}") <= high]
        if len(ticks) >= 3:
            return ticks[::-(-len(ticks) // MOST_TICKS)]
    step = float(f"{(high - low) / 4:.0e}") or 1.0  # so narrow that it is as good as linear
    return [float(f"{k * step:.6g}") for k in range(math.ceil(low / step), math.floor(high / step) + 1)] or [low]


def digits_apart(values, least=3):
    """The significant digits with which no two of these numbers read alike."""
    values = set(np.asarray(values, float).tolist())
    return next((d for d in range(least, 12) if len({f"{v:.{d}g}" for v in values}) == len(values)), 12)
