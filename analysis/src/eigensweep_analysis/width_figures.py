# SPDX-License-Identifier: MIT
"""Figures against width: distance from the kernel regime, robust accuracy, regression with the tangent kernel."""

from functools import partial

import matplotlib
import numpy as np

from eigensweep_analysis.attacked import split_of
from eigensweep_analysis.by_width import (
    ALL,
    PART,
    diagnostics,
    figures_of,
    finite_numbers,
    finite_widths,
    numbers,
    parts,
    spread,
)
from eigensweep_analysis.fits import mean_over_seeds
from eigensweep_analysis.gallery import Plan
from eigensweep_analysis.layout import attack_name, band, by_attack, robust_accuracies
from eigensweep_analysis.metrics import sections
from eigensweep_analysis.panels import (
    BASELINE,
    DATA,
    MARKERS,
    PALETTE,
    Line,
    Picture,
    draw,
    file_name,
    finish,
    grid,
    has_data,
    label_rows,
    log_labels,
    on_log_axis,
    some,
    some_layers,
)
from eigensweep_analysis.statistics import over

#: Width and height of a panel of accuracies in inches.
PANEL = (3.4, 2.6)
DASHES = ["-", "--", ":", "-."]
#: How the limit of infinite width is drawn.
LIMIT = {"linestyle": (0, (1, 1.5)), "linewidth": 1.2, "zorder": 2}
#: Columns of the metric kernel_regression and the metrics of the network itself: name, colour, marker, (clean, robust).
PREDICTORS = [
    ("network", PALETTE[6], "o", ("test_accuracy", None)),
    ("kernel at initialisation", PALETTE[0], "s", ("accuracy_initial", "robust_accuracy_initial")),
    ("kernel after training", PALETTE[1], "^", ("accuracy_final", "robust_accuracy_final")),
]


def width_axis(axes, widths):
    """A logarithmic x axis with the widths themselves as ticks, every second one where there are many."""
    widths = np.asarray(some(widths[np.isfinite(widths)], 16))
    axes.set_xscale("log", base=2)
    every = 1 if len(widths) <= 5 else 2
    axes.set_xticks(widths, [f"{w:g}" if i % every == 0 else "" for i, w in enumerate(widths[::-1])][::-1])
    axes.minorticks_off()
    axes.set_xlabel("width $N$ (units)")


def note(figure, words):
    """A line under the panels that says what is drawn."""
    figure.supxlabel(words, x=0.02, ha="left", fontsize=8, color=BASELINE)


def diagnostics_plans(data, found):
    """Every diagnostic against width in log-log, a panel each: ([Plan], why there is none)."""
    rows = diagnostics(data)
    if not rows:
        return [], "the results hold no column of the metric 'kernel_regime'"
    return [Plan("diagnostics against width" + (f" ({label})" if label else ""), partial(_diagnostics, data, rows, label, some),
                 len(rows)) for label, some in figures_of(found)], ""


def _diagnostics(data, rows, label, found):
    name = str(data.attrs.get("title") or "study")
    title = f"{name}: distance from the kernel regime against width" + (f" ({label})" if label else "")
    figure, panels = grid(1, len(rows), title, share=False)
    layers = data.sizes.get("layer", 1)
    places, thinned = some_layers(layers)
    for axes, (variable, words, dimension) in zip(panels.flat, rows):
        axes.set_title(words, loc="left")
        axes.set_yscale("log")
        start, last = (0.0, 0.0), 0.0
        # The affine layer after the hidden ones is the readout.
        drawn = [part for i, part in enumerate(parts(data, dimension)) if i in places or i >= layers]
        for place, (condition, selection) in enumerate(found):
            for number, part in enumerate(drawn):
                widths, values = finite_numbers(data, variable, selection, part)
                stats = on_log_axis(band(*over(values, 1)[:2]))
                mean, seeds = stats[0], np.isfinite(stats[0])
                line = _diagnostic_line(condition if len(found) > 1 else "", place, part, number)
                if draw(axes, widths, stats, line):
                    start = max(start, (widths[seeds][0], mean[seeds][0]), key=lambda point: point[1])
                    last = max(last, widths[seeds][-1])
        if len(found) > 1 and has_data(axes):  # colours are the conditions; dashes and markers, the same for all, are the layers
            for number, part in enumerate(drawn if dimension else []):
                style = {**_diagnostic_line("", 0, part, number).style, "color": BASELINE}
                axes.plot([], [], label=f"layer {part[1] + 1}", **style)
        if last > start[0] > 0:
            span = np.array([start[0], last])
            for power, dash in ((-0.5, (0, (1, 1.5))), (-1.0, (0, (4, 2)))):
                axes.plot(span, 1.25 * start[1] * (span / span[0]) ** power, color="#909090", linewidth=0.9, linestyle=dash,
                          zorder=1, label=rf"$N^{{{power:g}}}$")
        log_labels(axes)
        width_axis(axes, finite_widths(data)[0])
    labels = dict.fromkeys(words for axes in panels.flat for words in axes.get_legend_handles_labels()[1])
    finish(figure, panels, sorted(labels, key=lambda words: (words.startswith("$"), words.startswith("layer"))))
    words = spread(data) + thinned + " Grey: powers of the width."
    note(figure, words)
    caption = ("How far training moved networks of each width from where they were at initialisation, and from their "
               "linearisation, in log-log. " + words)
    return Picture(file_name(name, "width_diagnostics", label), caption, figure)


def _diagnostic_line(condition, place, part, number):
    """The line of one condition and layer, the drawn one of this number; colours tell conditions apart, with one condition layers."""
    colour = PALETTE[place % len(PALETTE)] if condition else PALETTE[number % len(PALETTE)] if part else BASELINE
    label = condition or (f"{PART[part[0]]} {part[1] + 1}" if part else "whole network")
    return Line(label, {}, {"color": colour, "marker": MARKERS[number % len(MARKERS)], "linestyle": DASHES[number % 4]})


def robustness_plans(data, found):
    """Robust accuracy against width, a figure per attack, a line per intensity: ([Plan], why there is none)."""
    plans = [Plan(f"{attack_name(attack)} against width" + (f" ({label})" if label else ""),
                  partial(_robustness, data, label, some, values, attack, intensity), len(some))
             for values, attack, intensity in robust_accuracies(data) for label, some in figures_of(found)]
    return plans, "" if plans else "the study has no attacks"


def _robustness(data, part, found, values, attack, intensity):
    name = str(data.attrs.get("title") or "study")
    figure, panels = grid(1, len(found), f"{name}: {attack_name(attack)} against width" + (f" ({part})" if part else ""), *PANEL)
    levels = values[intensity].values
    colours = matplotlib.colormaps["viridis"](np.linspace(0, 0.9, len(levels)))
    widths, _ = finite_widths(data)
    for axes, (label, selection) in zip(panels.flat, found):
        axes.set_title("" if label == ALL else label, loc="left")
        axes.set_ylim(0, 1)
        for i, (level, colour) in enumerate(zip(levels, colours)):
            style = {"color": colour, "marker": MARKERS[i % len(MARKERS)]}
            line_and_limit(axes, widths, numbers(values.sel({intensity: level}), selection),
                           Line(f"{intensity} {level:g}", {}, style))
        width_axis(axes, widths)
    label_rows(panels, "robust accuracy")
    finish(figure, panels)
    words = spread(data) + " Dotted: infinite width."
    note(figure, words)
    caption = f"Share of {split_of(data, attack)} samples still classified right under {by_attack(attack)}, against width. {words}"
    return Picture(file_name(name, "width", str(attack), part), caption, figure)


def line_and_limit(axes, widths, values, line):
    """Means and deviations of (w, s) at the finite widths, and a horizontal line at the infinite one's mean."""
    finite = np.isfinite(widths)
    mean, deviation, _ = over(values[finite], 1)
    drawn = draw(axes, widths[finite], band(mean, deviation), line)
    for limit in mean_over_seeds(values[~finite]):
        if np.isfinite(limit):
            axes.axhline(limit, color=line.style["color"], **LIMIT, gid=DATA)
            drawn = True
    return drawn


def regression_plans(data, found):
    """The networks' accuracies beside those of regression with their tangent kernels: ([Plan], why there is none)."""
    columns = [column for _, _, _, pair in PREDICTORS[1:] for column in pair]
    if not any(c in data and np.isfinite(data[c].values).any() for c in columns):
        return [], "the results hold no column of the metric 'kernel_regression'"
    return [Plan("kernel regression against width" + (f" ({label})" if label else ""), partial(_regression, data, label, some),
                 2 * len(some)) for label, some in figures_of(found)], ""


def _regression(data, part, found):
    name = str(data.attrs.get("title") or "study")
    own, attack = _same_attack(data)
    figure, panels = grid(len(found), 2, f"{name}: kernel regression against width" + (f" ({part})" if part else ""), *PANEL)
    widths, _ = finite_widths(data)
    for row, (label, selection) in enumerate(found):
        for column, kind in enumerate(("clean", "under attack")):
            axes = panels[row][column]
            axes.set_title(kind if label == ALL else f"{kind}, {label}", loc="left")
            for words, colour, marker, pair in PREDICTORS:
                values = own if pair[column] is None else data.get(pair[column])
                if values is None:
                    continue
                line_and_limit(axes, widths, numbers(values, selection), Line(words, {}, {"color": colour, "marker": marker}))
            axes.set_ylim(0, 1)
            width_axis(axes, widths)
            if row + 1 < len(found):
                axes.set_xlabel("")
    label_rows(panels, "test accuracy")
    finish(figure, panels)
    words = spread(data) + " Dotted: infinite width." + _fitted(data)
    note(figure, words)
    caption = ("Test accuracy of the networks, and of kernel regression with their tangent kernels before and after "
               f"training; attacked: {attack}. {words}")
    return Picture(file_name(name, "width_regression", part), caption, figure)


def _fitted(data):
    """A sentence on how many samples kernel regression was fitted to; the networks may have seen more."""
    options = next((o for _, o in sections(data, "kernel_regression")), {})
    samples = options.get("train_samples")
    return "" if samples is None else f" Regression: on the first {samples:,} training samples at most."


def _same_attack(data):
    """(robust accuracies of the networks under the attack that kernel_regression uses or None, that attack in words)."""
    options = next((o for _, o in sections(data, "kernel_regression")), {})
    epsilon, wanted = options.get("epsilon"), str(options.get("attack", ""))
    if epsilon is None:
        return None, "as the metric says; the networks' own robust accuracy is not drawn"
    words = f"{attack_name(wanted) + ', ' if wanted else ''}epsilon {epsilon:g}"
    for values, attack, intensity in robust_accuracies(data):
        same = not wanted or str(attack).partition("[")[0] == wanted
        if intensity == "epsilon" and same and np.isclose(values[intensity].values, epsilon).any():
            split = split_of(data, attack)  # kernel_regression attacks test samples
            where = "" if split == "test" else f", on {split} samples"
            return values.sel({intensity: epsilon}, method="nearest"), f"{words} (networks: {attack_name(attack)} of the study{where})"
    return None, f"{words}; the study attacks its networks with nothing like it, so theirs is not drawn"
