# SPDX-License-Identifier: MIT
"""The figures of a report: each a grid of panels (widths by depths or layers) with one line per penalty strength."""

import itertools

import matplotlib
import numpy as np
from matplotlib.ticker import NullFormatter

from eigensweep_analysis.layout import (
    Layout,
    attack_name,
    exponents,
    panel_title,
    panel_values,
    robust_accuracies,
    strength_label,
    text,
)
from eigensweep_analysis.metrics import INITIAL
from eigensweep_analysis.panels import (
    GUIDE,
    MARKERS,
    PALETTE,
    STYLE,
    Line,
    Picture,
    anchor,
    clip_spectra,
    draw,
    file_name,
    finish,
    grid,
    label_rows,
)


def accuracy_figures(data):
    """Robust accuracy against epsilon, one figure per attack; panels: widths across, depths down."""
    layout = Layout(data)
    for part, part_title in layout.parts():
        for values, attack, strength_dim in robust_accuracies(data):
            if not np.isfinite(values.values).any():
                continue
            widths, depths = layout.labels(layout.width), layout.labels(layout.depth)
            title = f"Robust accuracy under {attack_name(attack)}" + (f" ({part_title})" if part_title else "")
            figure, panels = grid(len(depths), len(widths), title)
            for (row, depth), (column, width) in itertools.product(enumerate(depths), enumerate(widths)):
                axes = panels[row][column]
                for line in layout.lines():
                    where = {**part, **line.select, layout.width: width, layout.depth: depth}
                    stats = panel_values(values, where, layout.replicates)
                    draw(axes, values[strength_dim].values, stats, line)
                axes.set_title(panel_title((layout.depth, depth), (layout.width, width)), loc="left")
                axes.set_ylim(0, 1)
                axes.grid(axis="y", color="#e4e4e4", linewidth=0.6, zorder=0)
            for axes in panels[-1]:
                axes.set_xlabel(strength_label(data, strength_dim))
            label_rows(panels, "robust accuracy")
            finish(figure, panels)
            yield Picture(
                file_name("accuracy", attack, *_words(part)),
                f"Share of test images still classified right under {attack_name(attack)}"
                f"{' (' + part_title + ')' if part_title else ''}, by attack strength. {_spread(data, layout)}",
                figure,
            )


def spectrum_figures(data, variable="eigenvalues", when=""):
    """Covariance eigenspectra in log-log, one figure per depth; panels: widths across, layers down."""
    layout = Layout(data)
    values = data[variable]
    for part, part_title in layout.parts():
        for depth in layout.labels(layout.depth):
            widths = layout.labels(layout.width)
            here = values.sel({n: v for n, v in {**part, layout.depth: depth}.items() if n in values.dims})
            layers = [v for v in data.layer.values if np.isfinite(here.sel(layer=v).values).any()]
            if not layers:
                continue
            title = "Covariance eigenspectra" + _bracket(when, panel_title((layout.depth, depth)), part_title)
            figure, panels = grid(len(layers), len(widths), title)
            for (row, layer), (column, width) in itertools.product(enumerate(layers), enumerate(widths)):
                axes = panels[row][column]
                start = None
                for line in layout.lines():
                    where = {**line.select, layout.width: width}
                    stats = panel_values(here.sel(layer=layer).where(here.sel(layer=layer) > 0), where,
                                         layout.replicates)
                    if draw(axes, data.eigenvalue.values, stats, line, markers=False):
                        start = anchor(stats[0].values) if start is None else start
                if start is not None:
                    ranks = np.array([1.0, float(np.isfinite(stats[0].values).sum() or data.sizes["eigenvalue"])])
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
            yield Picture(
                file_name("spectrum", when.replace(" ", "-"), text("depth", depth) if depth is not None else "", *_words(part)),
                "Eigenvalues of the covariance of hidden activations over the training set, in descending order"
                f"{_bracket(when, panel_title((layout.depth, depth)), part_title)}; dotted: a spectrum falling as 1/n. "
                + _spread(data, layout),
                figure,
            )


def exponent_figures(data):
    """The fitted exponent against width (strength if there is one width); panels: depths down, layers across."""
    layout = Layout(data)
    values = exponents(data)
    by_width = len(layout.labels(layout.width)) > 1
    x_name = layout.width if by_width else layout.strength
    if x_name not in data.dims:
        return
    x = data[x_name].values
    x = x[np.isfinite(x)]
    for part, part_title in layout.parts():
        depths = layout.labels(layout.depth)
        layers = [v for v in data.layer.values if np.isfinite(values.sel(layer=v).values).any()]
        if not layers:
            return
        title = f"Exponent of the eigenspectrum against {x_name}" + _bracket(part_title)
        figure, panels = grid(len(depths), len(layers), title)
        for (row, depth), (column, layer) in itertools.product(enumerate(depths), enumerate(layers)):
            axes = panels[row][column]
            where = {**part, layout.depth: depth}
            for line in layout.lines() if by_width else _lines_without(layout, x_name):
                chosen = {**where, **line.select}
                stats = panel_values(values.sel(layer=layer), chosen, layout.replicates)
                if x_name in stats[0].dims:
                    stats = [s.sel({x_name: x}) for s in stats]
                if not by_width and layout.width in data.dims:
                    stats = [s.squeeze(layout.width) for s in stats]
                draw(axes, x, stats, line)
            axes.set_title(panel_title((layout.depth, depth), ("layer", int(layer))), loc="left")
            if axes.lines:
                axes.axhline(1.0, label=r"$\alpha = 1$", **GUIDE)
            if by_width:
                axes.set_xscale("log", base=2)
                axes.set_xticks(x, [f"{v:g}" for v in x])
                axes.minorticks_off()
        for axes in panels[-1]:
            axes.set_xlabel("width $N$ (units)" if by_width else f"penalty {x_name}")
        label_rows(panels, r"exponent $\alpha$")
        finish(figure, panels)
        yield Picture(
            file_name("exponent", *_words(part)),
            "Exponent of the power law fitted to each hidden layer's eigenspectrum" + _bracket(part_title)
            + "; dotted: exponent 1, that of mouse V1. " + _spread(data, layout),
            figure,
        )


def _lines_without(layout, name):
    """The lines when one of their axes has become the x axis: one per combination of the others."""
    names = [n for n in layout.together if n != name]
    for place, cell in enumerate(layout.cells(names)):
        label = ", ".join(text(n, v) for n, v in zip(names, cell)) or "_all"
        style = {"color": PALETTE[place % len(PALETTE)], "marker": MARKERS[place % len(MARKERS)]}
        yield Line(label, dict(zip(names, cell)), style)


def all_figures(data):
    """Every figure that the file has the numbers for."""
    with matplotlib.rc_context(STYLE):
        yield from accuracy_figures(data)
        if "eigenvalues" in data:
            yield from spectrum_figures(data)
        if INITIAL + "eigenvalues" in data:
            yield from spectrum_figures(data, INITIAL + "eigenvalues", "at initialisation")
        if "exponent" in data:
            yield from exponent_figures(data)


def _bracket(*parts):
    inside = ", ".join(p for p in parts if p)
    return f" ({inside})" if inside else ""


def _spread(data, layout):
    count = int(np.prod([data.sizes[n] for n in layout.replicates])) if layout.replicates else 1
    if count == 1:
        return "One network per point."
    return f"Lines: mean over {count} seeds; bands: from the smallest to the largest."


def _words(part):
    return [text(n, v) for n, v in part.items()]
