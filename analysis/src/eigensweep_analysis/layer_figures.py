# SPDX-License-Identifier: MIT
"""Figures of every affine layer's weights, before and after training, and of the balance of its units; by layer type."""

import itertools
from functools import partial
from typing import NamedTuple

import numpy as np

from eigensweep_analysis.gallery import Kind, Plan
from eigensweep_analysis.layout import Layout, exponents, panel_title, panel_values
from eigensweep_analysis.metrics import INITIAL, measured
from eigensweep_analysis.panels import (
    BASELINE,
    DATA,
    NoFigure,
    Picture,
    file_name,
    finish,
    grid,
    label_rows,
    log_labels,
    some,
)
from eigensweep_analysis.resolved import is_recurrent
from eigensweep_analysis.report_figures import at_labels, bracket, seed_counts, spread_note, words_of

#: Share of the room of a layer that its lines take; the most ticks of a panel.
ROOM, MOST_TICKS = 0.6, 8


class Quantity(NamedTuple):
    """A number of every layer of a network."""

    #: The column's plain name, of the trained network; that of the initial one has INITIAL in front.
    column: str
    title: str
    #: Of the y axis.
    label: str
    #: What the caption says.
    words: str
    #: "log", or the ends of the y axis; an end None, and a scale None, follow from the numbers.
    scale: object
    dimension: str = "affine"


QUANTITIES = [
    Quantity("first_to_second", "First singular value over the second", "$s_1$ / $s_2$",
             "The largest singular value of a layer's weights over the second largest; where it is large, one direction outweighs all "
             "others", "log"),
    Quantity("singular_entropy", "Entropy of the singular values", "entropy (share of its maximum)",
             "Entropy of the squared singular values of a layer's weights, over the logarithm of their number: 1 where all are equal",
             (0, 1.02)),
    Quantity("zero_weights", "Weights that are 0", "share of the weights", "Share of a layer's weights that are exactly 0", (0, None)),
    Quantity("balance", "Balance of excitation and inhibition", "$|E - I|$ / $(E + I)$",
             "|E - I| / (E + I) of the excitation E and the inhibition I of a unit, mean over units and samples: 0 is balanced, 1 has "
             "one of them alone", (0, 1.02)),
    Quantity("exponent", "Exponent of the eigenspectrum by layer", r"exponent $\alpha$",
             "Exponent of the power law fitted to the eigenspectrum of each hidden layer's covariance", None, "layer"),
]


def layer_kinds(data):
    """The figures of the metrics `weights` and `ei_balance`, and exponents by layer type, not drawn yet: [Kind].

    Exponents are here where the general figures have neither a width nor a strength to draw them against.
    """
    layout, kinds = Layout(data), []
    for quantity in QUANTITIES:
        both = _both(data, quantity)
        if not any(np.isfinite(values.values).any() for values in both):
            continue
        if quantity.column == "zero_weights" and not any((values > 0).any() for values in both):
            continue
        if quantity.column == "exponent" and not _is_wanted(layout):
            continue
        panels = len(layout.labels(layout.width)) * len(layout.labels(layout.depth))
        kinds.append(Kind(f"figure of {quantity.title[:1].lower()}{quantity.title[1:]}", [
            Plan(quantity.title + bracket(title), partial(_layers, data, quantity, part, title), panels)
            for part, title in layout.parts()]))
    return kinds


def _is_wanted(layout):
    """Whether exponents are compared between layer types, and no general figure shows them."""
    data = layout.data
    by_layer_type = layout.layer in data.dims and data.sizes[layout.layer] > 1
    return by_layer_type and not (data.sizes.get(layout.width, 1) > 1 or layout.strength in data.dims)


def _both(data, quantity):
    """The numbers of the trained and of the initial networks that there are, trained first: [DataArray]."""
    trained = exponents(data) if quantity.column == "exponent" else measured(data, quantity.column)
    found = [trained, measured(data, INITIAL + quantity.column)]
    return [values for values in found if values is not None and quantity.dimension in values.dims]


def _layers(data, quantity, part, part_title):
    """A panel for each width and depth; in each layer a mark per line, hollow at initialisation, filled after training."""
    layout = Layout(data)
    widths, depths, lines = layout.labels(layout.width), layout.labels(layout.depth), layout.lines()
    trained, initial = measured(data, quantity.column), measured(data, INITIAL + quantity.column)
    if quantity.column == "exponent":
        trained = exponents(data)
    states = [(values, filled) for values, filled in ((initial, False), (trained, True)) if values is not None]
    places = data[quantity.dimension].values
    there, counts = np.zeros(len(places), bool), []
    figure, panels = grid(len(depths), len(widths), quantity.title + bracket(part_title), width=2.9, height=2.4)
    for (row, depth), (column, width) in itertools.product(enumerate(depths), enumerate(widths)):
        axes = panels[row][column]
        axes.set_title(panel_title((layout.depth, depth), (layout.width, width)), loc="left")
        for number, line in enumerate(lines):
            x = places + ROOM * ((number + 0.5) / len(lines) - 0.5)
            means = []
            for values, filled in states:
                here = at_labels(values, {**part, layout.depth: depth, layout.width: width})
                stats = [np.asarray(s, float).reshape(-1) for s in panel_values(here, line.select, layout.replicates)]
                _marks(axes, x, stats, line, filled, bool(initial is not None and trained is not None))
                there |= np.isfinite(stats[0])
                counts.append(seed_counts(here, line, layout))
                means.append(stats[0])
            if len(means) == 2:
                axes.vlines(x, *means, color=line.style["color"], linewidth=0.8, zorder=2)
        for edge in places[:-1] + 0.5:
            axes.axvline(edge, color="#e4e4e4", linewidth=0.6, zorder=0)
        if quantity.scale == "log":
            axes.set_yscale("log")
            log_labels(axes)
    if not there.any():
        raise NoFigure("no network has one")
    if isinstance(quantity.scale, tuple):  # when all is drawn: the panels share the axis
        panels[0, 0].set_ylim(*quantity.scale)
    _ticks(panels, places[there], quantity.dimension, is_recurrent(data))
    if len(states) == 2:
        panels.flat[0].plot([], [], "o", color=BASELINE, markerfacecolor="white", label="at initialisation")
        panels.flat[0].plot([], [], "o", color=BASELINE, label="after training")
    label_rows(panels, quantity.label)
    finish(figure, panels, [line.label for line in lines])
    hollow = ". Hollow: at initialisation, filled: after training" if len(states) == 2 else ""
    hollow = hollow or (". At initialisation" if not states[0][1] else "")
    return Picture(file_name("layers", quantity.column, *words_of(data, part)),
                   f"{quantity.words}{bracket(part_title)}{hollow}. " + spread_note(data, layout, "Marks", "lines through them", "mark", counts),
                   figure)


def _marks(axes, x, stats, line, filled, both):
    """The means of one line in every layer, and their spread as vertical lines; x, and each of stats: (layers,)."""
    mean, low, high = stats
    there = np.isfinite(mean)
    if not there.any():
        return
    label = line.label if filled or not both else f"_ {line.label.lstrip('_')}, at initialisation"
    colour = line.style["color"]
    axes.plot(x[there], mean[there], linestyle="none", marker=line.style["marker"], markersize=5, markeredgewidth=1, color=colour,
              label=label, gid=DATA, markerfacecolor=colour if filled else "white", zorder=3 if filled else 3.5)
    spread = there & (high > low)
    axes.vlines(x[spread], low[spread], high[spread], color=colour, linewidth=2.2, alpha=0.4, zorder=2.2)


def _ticks(panels, places, dimension, recurrent):
    """Whole layers as ticks; of affine layers the last is the readout, and those of a recurrent network have names."""
    ticks = some(places.tolist(), MOST_TICKS)
    for axes in panels.flat:
        axes.set_xlim(places[0] - 0.5, places[-1] + 0.5)
        axes.set_xticks(ticks, [f"{place:g}" for place in ticks])
    for axes in panels[-1]:
        axes.set_xlabel("affine layer (the last: readout)" if dimension == "affine" else "hidden layer")
    if dimension == "affine" and recurrent:
        for axes in panels.flat:
            axes.set_xticks([1, 2, 3], ["row", "state", "readout"])
        for axes in panels[-1]:
            axes.set_xlabel("weights of")
