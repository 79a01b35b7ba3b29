# SPDX-License-Identifier: MIT
"""The figures of a report: each a grid of panels (widths by depths or layers) with one line per penalty strength."""

import itertools
from functools import partial

import numpy as np
from matplotlib.ticker import NullFormatter

from eigensweep_analysis.attacked import split_of
from eigensweep_analysis.gallery import Kind, Plan, pictures
from eigensweep_analysis.layout import (
    MOST_ACROSS,
    MOST_LINES,
    Layout,
    by_attack,
    exponents,
    intensity_label,
    is_nan,
    panel_title,
    panel_values,
    robust_accuracies,
    select_cell,
    text,
)
from eigensweep_analysis.metrics import INITIAL, options_of
from eigensweep_analysis.panels import (
    GUIDE,
    MARKERS,
    PALETTE,
    NoFigure,
    Line,
    Picture,
    anchor,
    clip_spectra,
    draw,
    file_name,
    finish,
    grid,
    label_rows,
    literal,
    on_log_axis,
    short,
    some,
)
from eigensweep_analysis.statistics import DEVIATION, how_many, summary


def accuracy_figures(data):
    """Robust accuracy against epsilon, one figure per attack; panels: widths across, depths down."""
    layout = Layout(data)
    attacks = list(robust_accuracies(data))
    panels = len(layout.labels(layout.width)) * len(layout.labels(layout.depth))
    plans = [
        Plan(f"robust accuracy under {by_attack(attack)}{bracket(title)}",
             partial(_accuracy, data, values, attack, intensity, part, title), panels)
        for part, title in layout.parts() for values, attack, intensity in attacks
    ]
    return Kind("figure of robust accuracy", plans, "" if attacks else "the study has no attacks")


def _accuracy(data, values, attack, intensity_dim, part, part_title):
    layout = Layout(data)
    widths, depths = layout.labels(layout.width), layout.labels(layout.depth)
    lines = layout.lines()
    counts = []
    title = f"Robust accuracy under {by_attack(attack)}" + bracket(part_title)
    figure, panels = grid(len(depths), len(widths), title)
    for (row, depth), (column, width) in itertools.product(enumerate(depths), enumerate(widths)):
        axes = panels[row][column]
        here = at_labels(values, {**part, layout.width: width, layout.depth: depth})
        for line in lines:
            draw(axes, values[intensity_dim].values, panel_values(here, line.select, layout.replicates), line)
            counts.append(seed_counts(here, line, layout))
        axes.set_title(panel_title((layout.depth, depth), (layout.width, width)), loc="left")
        axes.set_ylim(0, 1)
        axes.grid(axis="y", color="#e4e4e4", linewidth=0.6, zorder=0)
    for axes in panels[-1]:
        axes.set_xlabel(intensity_label(values, intensity_dim, data))
    label_rows(panels, "robust accuracy")
    finish(figure, panels)
    return Picture(
        file_name("accuracy", attack, *words_of(data, part)),
        f"Share of {split_of(data, attack)} samples still classified right under {by_attack(attack)}{bracket(part_title)}, by attack "
        f"intensity. {spread_note(data, layout, counts=counts)}",
        figure,
    )


def spectrum_figures(data, variable="eigenvalues", when=""):
    """Covariance eigenspectra in log-log, one figure per depth; panels: widths across, layers down."""
    layout = Layout(data)
    name = "figure of eigenspectra" + bracket(when)
    if variable not in data:
        return Kind(name, [], "no metric 'spectrum' has measured them" if not when else "")
    across, down = len(layout.labels(layout.width)), min(data.sizes["layer"], MOST_ACROSS)
    plans = [
        Plan("eigenspectra" + bracket(when, panel_title((layout.depth, depth)), title),
             partial(_spectrum, data, variable, when, part, title, depth), across * max(down, 1))
        for part, title in layout.parts() for depth in layout.labels(layout.depth)
    ]
    return Kind(name, plans)


def _spectrum(data, variable, when, part, part_title, depth):
    layout = Layout(data)
    widths, lines = layout.labels(layout.width), layout.lines()
    here = at_labels(data[variable], {**part, layout.depth: depth})
    if not np.isfinite(here.values).any():
        raise NoFigure("no network has an eigenvalue")
    positive = np.isfinite(here) & (here > 0)
    layers = [v for v in data.layer.values if positive.sel(layer=v).values.any()]
    if not layers:
        raise NoFigure("every eigenvalue is 0: the units of the hidden layers do not change from sample to sample")
    layers, counts = layout.some("layers", layers), []
    title = "Covariance eigenspectra" + bracket(when, panel_title((layout.depth, depth)), part_title)
    figure, panels = grid(len(layers), len(widths), title)
    for (row, layer), (column, width) in itertools.product(enumerate(layers), enumerate(widths)):
        axes = panels[row][column]
        cell, start = at_labels(here, {"layer": layer, layout.width: width}), None
        for line in lines:
            stats = on_log_axis(panel_values(cell, line.select, layout.replicates))
            counts.append(seed_counts(cell, line, layout))
            if draw(axes, data.eigenvalue.values, stats, line, markers=False):
                start = anchor(stats[0]) if start is None else start
                last = data.eigenvalue.values[np.isfinite(stats[0])][-1]
        if start is not None:
            ranks = np.array([1.0, float(last)])
            axes.plot(ranks, start[1] * (ranks / start[0]) ** -1, label=r"$n^{-1}$", **GUIDE)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set_title(panel_title(("layer", int(layer)), (layout.width, width)), loc="left")
    clip_spectra(panels, here.values)
    for axes in panels[-1]:
        axes.set_xlabel("rank $n$")
    label_rows(panels, r"eigenvalue $\lambda_n$")
    finish(figure, panels)
    return Picture(
        file_name("spectrum", when.replace(" ", "-"), text("depth", depth) if depth is not None else "", *words_of(data, part)),
        f"Eigenvalues of the covariance of hidden activations over {_spectrum_samples(data, variable)}, in descending "
        f"order{bracket(when, panel_title((layout.depth, depth)), part_title)}; dotted: a spectrum falling as 1/n. "
        + spread_note(data, layout, counts=counts),
        figure,
    )


def _spectrum_samples(data, variable):
    """The samples that a spectrum's covariance is taken over, in words."""
    options = options_of(data, data[variable], "spectrum")
    named = "test" if options.get("split") == "test" else "training"
    count = options.get("samples")
    return f"the first {count:,} {named} samples" if isinstance(count, int) and count else f"the {named} set"


def exponent_figures(data):
    """The fitted exponent against width, or against each penalty's strength if there is one width.

    Panels: depths down, layers across.
    """
    layout = Layout(data)
    if exponents(data) is None:
        return Kind("figure of exponents", [], "no metric 'spectrum' has fitted any")
    by_width = data.sizes.get(layout.width, 1) > 1
    x_names = [layout.width] if by_width else _strengths(data)
    if not x_names:
        if layout.layer in data.dims and data.sizes[layout.layer] > 1:
            return Kind("figure of exponents", [])  # they are with those of layer types
        return Kind("figure of exponents", [], "neither the width nor a penalty's strength is an axis to draw them against")
    panels = len(layout.labels(layout.depth)) * max(min(data.sizes["layer"], MOST_ACROSS), 1)
    plans = []
    for x_name in x_names:
        against = f" against {x_name.replace('_', ' ')}" if len(x_names) > 1 else ""
        plans += [Plan(f"exponents{against}{bracket(title)}", partial(_exponent, data, x_name, part, title), panels)
                  for part, title in _layout_along(data, x_name).parts()]
    return Kind("figure of exponents", plans)


def _strengths(data):
    """The names of the axes that are penalties' strengths, in the study's order."""
    axes = [a for a in data.attrs.get("axes", []) if a["pointer"].endswith("/strength") and a["coordinate"] in data.dims]
    return [a["coordinate"] for a in axes]


def _layout_along(data, x_name):
    """The layout of figures with this axis as x axis: a penalty's strength, or the width."""
    return Layout(data, x_name if x_name in _strengths(data) else None)


def _exponent(data, x_name, part, part_title):
    layout = _layout_along(data, x_name)
    by_width = x_name == layout.width
    values, x = exponents(data), data[x_name].values
    x = x[np.isfinite(x)]
    if not len(x):
        raise NoFigure(f"every {x_name.replace('_', ' ')} is infinite" if by_width else f"no {x_name} is a finite number")
    depths = layout.labels(layout.depth)
    layers = [v for v in data.layer.values if np.isfinite(values.sel(layer=v).values).any()]
    if not layers:
        raise NoFigure("no network has one")
    layers, counts = layout.some("layers", layers), []
    lines = layout.lines() if by_width else list(_lines_without(layout, x_name))
    elsewhere = {}  # labels of lines with numbers that have no place on the x axis
    figure, panels = grid(len(depths), len(layers), f"Exponent of the eigenspectrum against {x_name}" + bracket(part_title))
    for (row, depth), (column, layer) in itertools.product(enumerate(depths), enumerate(layers)):
        axes = panels[row][column]
        everywhere = at_labels(values, {**part, layout.depth: depth, "layer": layer})
        here = everywhere.sel({x_name: x}) if x_name in everywhere.dims else everywhere
        for line in lines:
            stats = panel_values(here, line.select, layout.replicates)
            if not by_width and layout.width in data.dims:
                stats = [s.squeeze(layout.width) for s in stats]
            if not draw(axes, x, stats, line) and np.isfinite(select_cell(everywhere, line.select).values).any():
                elsewhere[line.label] = None
            counts.append(seed_counts(here, line, layout))
        axes.set_title(panel_title((layout.depth, depth), ("layer", int(layer))), loc="left")
        if axes.lines:
            axes.axhline(1.0, label=r"$\alpha = 1$", **GUIDE)
        if by_width:
            axes.set_xscale("log", base=2)
            ticks = some(x, MOST_ACROSS)
            axes.set_xticks(ticks, [f"{v:g}" for v in ticks])
            axes.minorticks_off()
    for axes in panels[-1]:
        axes.set_xlabel("width $N$ (units)" if by_width else literal(short(f"penalty {x_name}", 40)))
    label_rows(panels, r"exponent $\alpha$")
    finish(figure, panels)
    return Picture(
        file_name("exponent", "" if by_width or x_name == _strengths(data)[0] else x_name, *words_of(data, part)),
        "Exponent of the power law fitted to each hidden layer's eigenspectrum" + bracket(part_title)
        + "; dotted: exponent 1, that of mouse V1. " + spread_note(data, layout, counts=counts)
        + _not_along(x_name, list(elsewhere)),
        figure,
    )


def _not_along(x_name, labels):
    """A sentence on conditions without a number of the x axis, as those without its penalty; "" without any."""
    words = "; ".join(labels[:MOST_LINES]) + (f"; and {len(labels) - MOST_LINES} more" if len(labels) > MOST_LINES else "")
    return f" Not drawn, since they have no {x_name.replace('_', ' ')}: {words}." if labels else ""


def at_labels(values, select):
    """The numbers at these labels of the dimensions that the array has; None is no label."""
    return select_cell(values, {n: v for n, v in select.items() if v is not None and n in values.dims})


def _lines_without(layout, name):
    """The lines if one of their axes is the x axis: one per combination of the other axes."""
    names = [n for n in layout.together if n != name]
    for place, cell in enumerate(layout.cells(names)):
        label = ", ".join(text(n, v) for n, v in zip(names, cell) if not is_nan(v)) or "_all"
        style = {"color": PALETTE[place % len(PALETTE)], "marker": MARKERS[place % len(MARKERS)]}
        yield Line(label, dict(zip(names, cell)), style)


def figure_kinds(data):
    """The figures of a report, by kind and not drawn yet: [Kind]."""
    kinds = [accuracy_figures(data), spectrum_figures(data)]
    if INITIAL + "eigenvalues" in data:
        kinds.append(spectrum_figures(data, INITIAL + "eigenvalues", "at initialisation"))
    return [*kinds, exponent_figures(data)]


def all_figures(data):
    """Every figure that the file has the numbers for."""
    return pictures(figure_kinds(data))


def bracket(*parts):
    inside = ", ".join(p for p in parts if p)
    return f" ({inside})" if inside else ""


def spread_note(data, layout, means="Lines", spreads="bands", each="point", counts=None):
    """Sentences on what a mark stands for, and on what is not drawn.

    `counts`: `seed_counts` of all that is drawn, since seeds without a number are in no mean. Without them, the
    networks that are done count.
    """
    if counts is None:
        counts = [summary(data.status.where(data.status == 1), layout.replicates).count.values.reshape(-1)]
    count = how_many(np.concatenate(counts))
    if count in ("", "1"):
        return f"One network per {each}." + layout.note()
    return f"{means}: mean over {count} seeds; {spreads}: {DEVIATION}." + layout.note()


def seed_counts(values, line, layout):
    """How many networks each mean of a line is over: (points,)."""
    return summary(select_cell(values, line.select), layout.replicates).count.values.reshape(-1)


def words_of(data, part):
    return [text(n, v) for n, v in part.items() if data.sizes[n] > 1]
