# SPDX-License-Identifier: MIT
"""Curves with a line per width: eigenspectra of hidden layers, diagnostics over the epochs of training."""

from functools import partial

import numpy as np
from matplotlib.ticker import NullFormatter

from eigensweep_analysis.by_width import numbers, some_widths, spread, width_styles
from eigensweep_analysis.gallery import Plan
from eigensweep_analysis.layout import band
from eigensweep_analysis.metrics import INITIAL
from eigensweep_analysis.panels import (
    DATA,
    GUIDE,
    Line,
    Picture,
    anchor,
    draw,
    file_name,
    finish,
    grid,
    label_rows,
    log_labels,
    on_log_axis,
    some_layers,
)
from eigensweep_analysis.statistics import over
from eigensweep_analysis.width_figures import note

#: Diagnostics over time: column without `_history`, name in figures, the dimension it runs over, scale of the y axis.
HISTORIES = [
    ("ntk_drift", "NTK drift", None, "log"),
    ("ntk_distance", "NTK distance", None, "log"),
    ("ntk_alignment", "NTK alignment with labels", None, "linear"),
    ("linearisation_gap", "linearisation gap", None, "log"),
    ("weight_change", "weight change", "affine", "log"),
    ("feature_change", "feature change", "layer", "log"),
    ("cka", "CKA with initialisation", "layer", "linear"),
]
#: A line or a colour for more widths than this could not be told apart.
MOST_WIDTHS = 12
PART = {"affine": "readout", "layer": "last hidden layer"}


def spectra_plans(data, found):
    """Eigenspectra of all hidden layers with a line per width, a figure per condition: ([Plan], why there is none)."""
    rows = [(n, when) for n, when in ((INITIAL + "eigenvalues", "at initialisation"), ("eigenvalues", "after training"))
            if n in data and np.isfinite(data[n].values).any()]
    if not rows:
        return [], "the results hold no column of the metric 'spectrum'"
    panels = len(rows) * len(some_layers(data.sizes["layer"])[0])
    return _plans("eigenspectra against width", _spectra, data, rows, found, panels), ""


def _spectra(data, rows, label, selection):
    data, thinned = some_widths(data, MOST_WIDTHS)
    name = str(data.attrs.get("title") or "study")
    layers, left_out = some_layers(_depth([numbers(data[variable], selection) for variable, _ in rows]))
    title = f"{name}: eigenspectra against width" + (f" ({label})" if label else "")
    figure, panels = grid(len(rows), len(layers), title, 3.2, 2.6)
    everything = []
    for row, (variable, when) in enumerate(rows):
        for column, layer in enumerate(layers):
            axes = panels[row][column]
            axes.set_title(f"hidden layer {layer + 1}, {when}", loc="left")
            shares = spectrum_shares(numbers(data[variable], selection, ("layer", layer)))
            start = None
            for width, lanes in zip(data.width.values.astype(float), shares):
                words, style = width_styles(data.width.values.astype(float))[width]
                lanes = lanes[np.isfinite(lanes).any(1)]
                if not len(lanes):
                    continue
                stats = on_log_axis(band(*over(lanes, 0)[:2]))
                if draw(axes, data.eigenvalue.values, stats, Line(words, {}, style), markers=False):
                    start, everything = anchor(stats[0]), [*everything, stats[0]]
            if start is not None:  # the guide goes through the widest network's spectrum
                ranks = np.array([1.0, data.sizes["eigenvalue"]])
                axes.plot(ranks, start[1] * (ranks / start[0]) ** -1, label=r"$n^{-1}$", **GUIDE)
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.xaxis.set_minor_formatter(NullFormatter())
            axes.yaxis.set_minor_formatter(NullFormatter())
    if everything:
        # Eigenvalues of round-off would stretch the axis over many empty decades.
        largest, smallest = np.nanmax(everything), np.nanmin(everything)
        panels.flat[0].set_ylim(max(smallest / 2, largest * 1e-7), largest * 3)
    for axes in panels[-1]:
        axes.set_xlabel("rank $n$")
    label_rows(panels, "share of variance")
    finish(figure, panels)
    words = spread(data, "One network per line.") + thinned + left_out
    note(figure, words)
    caption = ("Eigenvalues of the covariance of every hidden layer, each divided by the sum of its layer's, by width"
               f"{f' ({label})' if label else ''}; at infinite width those of the layer's Gram matrix; dotted: a spectrum "
               "falling as 1/n. " + words)
    return Picture(file_name(name, "width_spectra", label or ""), caption, figure)


def _depth(spectra):
    """How many layers the networks of these arrays (w, s, layer, n) have."""
    there = np.any([np.isfinite(s).any((0, 1, 3)) for s in spectra], axis=0)
    return int(np.flatnonzero(there)[-1]) + 1 if there.any() else 1


def spectrum_shares(eigenvalues):
    """Eigenvalues (..., n) divided by their sum, so that widths and parametrisations compare.

    Negative ones, which rounding leaves, do not count in the sum. A layer without a positive one has no shares (NaN).
    """
    total = np.where(eigenvalues > 0, eigenvalues, 0.0).sum(-1, keepdims=True)
    return eigenvalues / np.where(total > 0, total, np.nan)


def _plans(what, drawer, data, rows, found, panels):
    several = len(found) > 1
    return [Plan(what + (f" ({label})" if several else ""), partial(drawer, data, rows, several and label, selection), panels)
            for label, selection in found]


def history_plans(data, found):
    """Diagnostics over epochs with a line per network, coloured by width, a figure per condition."""
    rows = [row for row in HISTORIES if f"{row[0]}_history" in data and np.isfinite(data[f"{row[0]}_history"].values).any()]
    if not rows or "moment_epoch" not in data:
        return [], "the results hold no column of the metric 'kernel_regime' over epochs ('..._history')"
    return _plans("diagnostics over epochs", _history, data, rows, found, len(rows)), ""


def _history(data, rows, label, selection):
    data, thinned = some_widths(data, MOST_WIDTHS)
    name, widths = str(data.attrs.get("title") or "study"), data.width.values.astype(float)
    title = f"{name}: leaving the kernel regime" + (f" ({label})" if label else "")
    figure, panels = grid(1, len(rows), title, share=False)
    epochs = numbers(data.moment_epoch, selection)
    for axes, (variable, words, dimension, scale) in zip(panels.flat, rows):
        part = (dimension, _last(data, dimension, selection, variable)) if dimension else None
        axes.set_title(words + (f", {PART[dimension]}" if dimension else ""), loc="left")
        values = numbers(data[f"{variable}_history"], selection, part)
        for place, width in enumerate(widths):
            text, style = width_styles(widths)[width]
            style = {k: v for k, v in style.items() if k != "marker"}
            for when, curve in zip(epochs[place], values[place]):
                there = np.isfinite(curve) & (when > 0) & ((curve > 0) if scale == "log" else True)
                if there.any():
                    axes.plot(when[there], curve[there], label=text, linewidth=1.0, **style, zorder=3, gid=DATA)
        axes.set_xscale("log")
        axes.set_yscale(scale)
        if scale == "log":
            log_labels(axes)
        axes.set_xlabel("epoch")
        axes.tick_params(labelbottom=True)
    finish(figure, panels, [width_styles(widths)[w][0] for w in widths])
    words = "A line per network." + thinned
    note(figure, words)
    caption = ("How far training has moved networks of each width from where they were at initialisation, by epoch"
               f"{f' ({label})' if label else ''}. " + words)
    return Picture(file_name(name, "width_history", label or ""), caption, figure)


def _last(data, dimension, selection, variable):
    """The last place along a dimension with a number in this condition: a shallow network has fewer layers."""
    values = numbers(data[f"{variable}_history"].transpose(..., dimension), selection)
    there = np.isfinite(values).reshape(-1, data.sizes[dimension]).any(0)
    return int(np.flatnonzero(there)[-1]) if there.any() else 0
