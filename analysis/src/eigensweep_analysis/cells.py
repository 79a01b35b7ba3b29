# SPDX-License-Identifier: MIT
"""Matrices as coloured cells with their numbers in them."""

import numpy as np
from matplotlib.colors import LogNorm, Normalize

COLOURS = "cividis"  # even in lightness, the same for colour-blind eyes


def paint(axes, values, log=False, low=None, high=None):
    """Draws a matrix, row 0 at the bottom, every cell with its number, missing ones hatched.

    Parameters
    ----------
    axes : matplotlib Axes
    values : array (rows, columns)
        NaN where a cell is missing.
    log : bool
        A logarithmic ramp; numbers that are not positive have the colour of its lower end.
    low, high : float
        Ends of the ramp; those of the numbers if None.

    Returns
    -------
    matplotlib AxesImage
        For a colour bar.
    """
    there = np.isfinite(values) & ((values > 0) | (not log))
    low = np.min(values[there], initial=np.inf) if low is None else low
    high = np.max(values[there], initial=-np.inf) if high is None else high
    low, high = (low, high) if low < high else (0.5 * high, high) if np.isfinite(high) and high > 0 else (0.5, 1.0)
    norm = (LogNorm if log else Normalize)(low, high, clip=True)
    # The ramp clips the colours. The image keeps the numbers, because the table of the figure is made from it.
    numbers = np.ma.masked_invalid(values)
    image = axes.imshow(numbers, norm=norm, cmap=COLOURS, origin="lower", aspect="auto", interpolation="nearest")
    axes.patch.set(facecolor="white", hatch="////", edgecolor="#b0b0b0")
    for spine in axes.spines.values():
        spine.set_visible(True)
    axes.tick_params(length=2)
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            red, green, blue, _ = image.cmap(norm(value))
            dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
            axes.text(column, row, short(value), ha="center", va="center", fontsize=7, color="w" if dark else "k")
    return image


def short(value):
    """Two digits in as few characters as that takes: "12", "1.0", ".52", ".038", "4e-4"."""
    if value == 0:
        return "0"
    if abs(value) < 0.01:
        mantissa, power = f"{value:.0e}".split("e")
        return f"{mantissa}e{int(power)}"
    digits = 0 if abs(value) >= 9.5 else 1 if abs(value) >= 0.995 else 2 if abs(value) >= 0.0995 else 3
    return f"{value:.{digits}f}".replace("0.", ".", 1) if digits > 1 else f"{value:.{digits}f}"


def outline(axes, inside):
    """A thick line between cells where `inside` is 1 and those where it is 0; none beside missing ones (NaN)."""
    style = {"color": "#D55E00", "linewidth": 2.2, "solid_capstyle": "butt"}
    for row, column in np.ndindex(*inside.shape):
        here = inside[row, column]
        if column + 1 < inside.shape[1] and abs(here - inside[row, column + 1]) == 1:
            axes.plot([column + 0.5] * 2, [row - 0.5, row + 0.5], **style)
        if row + 1 < inside.shape[0] and abs(here - inside[row + 1, column]) == 1:
            axes.plot([column - 0.5, column + 0.5], [row + 0.5] * 2, **style)
