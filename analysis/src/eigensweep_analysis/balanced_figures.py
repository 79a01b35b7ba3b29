# SPDX-License-Identifier: MIT
"""Figures of balanced networks: rates beside the mean field, irregularity, response times, decisions of pools."""

import itertools
from functools import partial

import matplotlib
import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from eigensweep_analysis.balanced import OPTIONS, POPULATIONS, curve, simulations, values_of
from eigensweep_analysis.gallery import Kind, Plan
from eigensweep_analysis.panels import (
    BASELINE,
    DATA,
    GUIDE,
    MARKERS,
    PALETTE,
    Line,
    NoFigure,
    Picture,
    draw,
    file_name,
    finish,
    grid,
    label_rows,
    some,
)
from eigensweep_analysis.statistics import DEVIATION

#: More lines, ticks and panels in a row than this cannot be read; of more, some are drawn, evenly chosen.
MOST_LINES, MOST_TICKS, MOST_PANELS = 8, 6, 4
MEAN_FIELD = {"linestyle": (0, (4, 2)), "linewidth": 1.2, "zorder": 2.5}
LIMIT = {"color": "black", "linestyle": (0, (1, 1.5)), "linewidth": 1.2, "zorder": 2}
#: Name and symbol of an option on axes and in legends.
SYMBOLS = {"neurons": "N", "inputs": "K"}
INPUTS, NEURONS = "inputs of a neuron $K$", "neurons of a population $N$"
COUPLING = "mean weight between the pools"
#: The colour and line of each population where several share a panel.
STYLES = {
    "one population": {"color": PALETTE[0], "marker": "o"},
    "two: excitatory": {"color": PALETTE[1], "marker": "s"},
    "two: inhibitory": {"color": PALETTE[2], "marker": "^"},
}


def balanced_kinds(data):
    """The figures of the group `balanced`, not drawn yet: [Kind]; [] without it."""
    rows = simulations(data)
    if not len(rows):
        return []
    kinds = []
    single, pools = rows[rows.populations != "pools"], rows[rows.populations == "pools"]
    for some_rows, figures in ((single, SINGLE), (pools, POOLS)):
        for name, drawer in figures if len(some_rows) else []:
            kinds.append(Kind(f"figure of {name}", [
                Plan(name + (f" ({part})" if part else ""), partial(drawer, some_rows[some_rows.part == part], part), 3)
                for part in dict.fromkeys(some_rows.part)]))
    return kinds


def _styles(rows, option):
    """Value of an option -> (label, style): one ramp from small to large, told apart in grey too."""
    values = some(values_of(rows, option), MOST_LINES)
    shares = [0.92 * (1 - i / max(len(values) - 1, 1)) for i in range(len(values))]
    return {v: Line(f"{SYMBOLS[option]} = {v:g}", {}, {"color": matplotlib.colormaps["viridis"](s), "marker": MARKERS[i % len(MARKERS)]})
            for i, (v, s) in enumerate(zip(values, shares))}


def _populations(rows):
    """[(population, its rows)] of those that have simulations."""
    found = [(p, rows[rows.populations == p.populations]) for p in POPULATIONS]
    return [(p, r) for p, r in found if len(r)]


def _ticks(axes, values, words):
    """A logarithmic x axis with some of the values as ticks."""
    axes.set_xscale("log")
    ticks = some(list(values), MOST_TICKS)
    axes.set_xticks(ticks, [f"{v:g}" for v in ticks], rotation=30 if len(ticks) > 4 else 0)
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.minorticks_off()
    axes.set_xlabel(words)
    axes.tick_params(labelbottom=True)


def _dashes(axes, x, y, line, words):
    """A curve of the mean field; its label stands in the table of numbers, not in the legend."""
    axes.plot(x, y, color=line.style["color"], label=f"_ {words}, {line.label}", gid=DATA, **MEAN_FIELD)


def _picture(rows, name, part, caption, figure):
    return Picture(file_name("balanced", name, part), f"{caption}{f' ({part})' if part else ''}. {_spread(rows)}", figure)


def _spread(rows):
    if rows.groupby(list(OPTIONS), dropna=False).size().max() == 1:
        return "One simulation per point."
    return f"Means over simulations that differ by their seed; bands: {DEVIATION}."


def _title(words, part):
    return words + (f" ({part})" if part else "")


def _rates(rows, part):
    shown = _populations(rows)
    figure, panels = grid(1, len(shown), _title("Rates beside the mean field", part))
    lines, limits = _styles(rows, "neurons"), False
    for axes, (population, here) in zip(panels.flat, shown):
        place = population.place
        axes.set_title(population.words, loc="left")
        for neurons, line in lines.items():
            of_size = here[here.neurons == neurons]
            x, stats, _ = curve(of_size, "inputs", f"rate {place}")
            draw(axes, x, stats, line)
            x, stats, _ = curve(of_size, "inputs", f"mean_field_rate {place}")
            _dashes(axes, x, stats[0], line, "mean field")
        x, stats, _ = curve(here, "inputs", f"limit_rate {place}")
        if len(x):
            limits = True
            axes.plot(x[[0, -1]], stats[0][[-1, -1]], label="limit of infinite K", gid=DATA, **LIMIT)
        _ticks(axes, values_of(rows, "inputs"), INPUTS)
    panels.flat[0].plot([], [], color=BASELINE, label="mean field", **MEAN_FIELD)
    label_rows(panels, "rate (share of active neurons)")
    finish(figure, panels, [line.label for line in lines.values()])
    caption = "Mean activity against the number of inputs K. Dashed: the mean field at this K and N"
    return _picture(rows, "rate", part, caption + ("; dotted: its limit for K to infinity" if limits else ""), figure)


def _deviations(rows, part):
    if len(values_of(rows, "neurons")) < 2:
        raise NoFigure("the number of neurons has one value")
    shown = _populations(rows)
    figure, panels = grid(2, len(shown), _title("Deviation of rates from the mean field", part), share="row", height=2.3)
    lines = _styles(rows, "inputs")
    for column, (population, here) in enumerate(shown):
        above, below = panels[:, column]
        ends = []
        for inputs, line in lines.items():
            x, stats, scatter = curve(here[here.inputs == inputs], "neurons", f"deviation {population.place}")
            draw(above, x, stats, line)
            there = np.isfinite(scatter) & (scatter > 0)
            if draw(below, x[there], (scatter[there],) * 3, line):
                ends.append((x[there], scatter[there]))
        above.axhline(0, **{**GUIDE, "label": "_zero"})
        if ends:
            low, high = min(x[0] for x, _ in ends), max(x[-1] for x, _ in ends)
            first = max(y[0] * (x[0] / low) ** 0.5 for x, y in ends)
            below.plot([low, high], [1.3 * first, 1.3 * first * (low / high) ** 0.5], label="$N^{-0.5}$", **GUIDE)
        above.set_title(population.words, loc="left")
        below.set_title(f"{population.words}, scatter", loc="left")
        below.set_yscale("log")
        below.yaxis.set_major_locator(LogLocator(subs=(1, 3)))
        below.yaxis.set_minor_formatter(NullFormatter())
        for axes in (above, below):
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))
            _ticks(axes, values_of(rows, "neurons"), NEURONS)
        above.set_xlabel("")
    panels[0, 0].set_ylabel("deviation (of the rate)")
    panels[1, 0].set_ylabel("standard deviation\nover seeds (of the rate)")
    finish(figure, panels, [line.label for line in lines.values()])
    return _picture(rows, "deviation", part, "Rate over that of the mean field, less 1, against the number of neurons N; below, how far "
                    "simulations of one setting differ from each other", figure)


def _irregularity(rows, part):
    shown = _populations(rows)
    figure, panels = grid(1, len(shown), _title("Irregularity", part))
    lines = _styles(rows, "neurons")
    for axes, (population, here) in zip(panels.flat, shown):
        axes.set_title(population.words, loc="left")
        for neurons, line in lines.items():
            x, stats, _ = curve(here[here.neurons == neurons], "inputs", f"irregularity {population.place}")
            draw(axes, x, stats, line)
        axes.set_ylim(0, 1)
        _ticks(axes, values_of(rows, "inputs"), INPUTS)
    label_rows(panels, "irregularity q/m (1: frozen)")
    finish(figure, panels, [line.label for line in lines.values()])
    return _picture(rows, "irregularity", part, "q over the rate m, with q the mean over neurons of their squared mean activity, against the "
                    "number of inputs K: 1 where every neuron is always or never active, less where neurons are irregular", figure)


def _response(rows, part):
    shown = _populations(rows)
    if not any(np.isfinite(r[f"response_time {p.place}"]).any() for p, r in shown):
        raise NoFigure("drive_step is 0, so no step of the drive was timed")
    sizes = values_of(rows, "neurons")
    drawn = some(sizes, MOST_PANELS)
    figure, panels = grid(1, len(drawn), _title("Response to a step of the drive", part))
    for axes, neurons in zip(panels.flat, drawn):
        axes.set_title(f"N = {neurons:g}", loc="left")
        for population, here in shown:
            x, stats, _ = curve(here[here.neurons == neurons], "inputs", f"response_time {population.place}")
            draw(axes, x, stats, Line(population.words, {}, STYLES[population.words]))
        _ticks(axes, values_of(rows, "inputs"), INPUTS)
        axes.set_ylim(bottom=0)
    label_rows(panels, r"response time (units of tau)")
    finish(figure, panels, list(STYLES))
    caption = "Time until the rate has come 1 - 1/e of its way after a step of the drive, against the number of inputs K"
    if len(drawn) < len(sizes):
        caption += f"; {len(drawn)} of {len(sizes)} sizes"
    return _picture(rows, "response", part, caption, figure)


def _pool_panels(rows, title):
    """(figure, panels, [(axes, rows of the panel)]): differences of the drives across, numbers of inputs down."""
    if len(values_of(rows, "cross_coupling")) < 2:
        raise NoFigure("cross_coupling has one value")
    across, down = (some(values_of(rows, n), MOST_PANELS) for n in ("drive_difference", "inputs"))
    figure, panels = grid(len(down), len(across), title)
    cells = []
    for (row, inputs), (column, difference) in itertools.product(enumerate(down), enumerate(across)):
        axes = panels[row, column]
        axes.set_title(f"K = {inputs:g}, drives differ by {difference:g}", loc="left")
        cells.append((axes, rows[(rows.inputs == inputs) & (rows.drive_difference == difference)]))
    for axes in panels[-1]:
        axes.set_xlabel(COUPLING)
    return figure, panels, cells


def _gain(rows, part):
    figure, panels, cells = _pool_panels(rows, _title("Gain of the pools' decision", part))
    lines = _styles(rows, "neurons")
    rows = rows.assign(mean_field_gain=rows.mean_field_difference / rows.drive_difference.where(rows.drive_difference != 0))
    for axes, here in cells:
        here = rows.loc[here.index]
        for neurons, line in lines.items():
            of_size = here[here.neurons == neurons]
            x, stats, _ = curve(of_size, "cross_coupling", "decision_gain")
            draw(axes, x, stats, line)
            x, stats, _ = curve(of_size, "cross_coupling", "mean_field_gain")
            _dashes(axes, x, stats[0], line, "mean field")
        axes.grid(axis="y", color="#e4e4e4", linewidth=0.6, zorder=0)
    panels.flat[0].plot([], [], color=BASELINE, label="mean field", **MEAN_FIELD)
    label_rows(panels, "decision gain")
    finish(figure, panels, [line.label for line in lines.values()])
    return _picture(rows, "gain", part, "Difference of the pools' rates over the difference of their drives, against the mean weight between "
                    "them; a more negative weight is a stronger competition. Dashed: the mean field", figure)


def _errors(rows, part):
    figure, panels, cells = _pool_panels(rows, _title("Errors of the pools' decision", part))
    lines = _styles(rows, "neurons")
    for axes, here in cells:
        for neurons, line in lines.items():
            x, stats, _ = curve(here[here.neurons == neurons], "cross_coupling", "error_rate")
            draw(axes, x, stats, line)
        axes.set_ylim(0, 0.6)
        axes.axhline(0.5, **{**GUIDE, "label": "chance"})
    label_rows(panels, "error rate")
    finish(figure, panels, [line.label for line in lines.values()])
    return _picture(rows, "errors", part, "Share of time windows in which the pool with the weaker drive was more active, against the mean "
                    "weight between the pools; dotted: chance", figure)


#: Name and drawer of the figures of one and two populations, and of those of pools.
SINGLE = [("rates and mean field", _rates), ("deviation from the mean field", _deviations), ("irregularity", _irregularity),
          ("response times", _response)]
POOLS = [("decision gain", _gain), ("error rates", _errors)]
