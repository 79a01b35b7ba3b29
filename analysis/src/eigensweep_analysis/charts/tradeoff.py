# SPDX-License-Identifier: MIT
"""Clean against robust accuracy: what robustness costs, a dot per network."""

import numpy as np
import pandas

from eigensweep_analysis.charts.chart import Chart
from eigensweep_analysis.charts.shades import CHOSEN, faint, shades
from eigensweep_analysis.networks import middle, some_levels
from eigensweep_analysis.panels import NoFigure, some

#: The most numbers that the page carries for this chart.
MOST_NUMBERS = 2500


def tradeoff_chart(data, networks):
    """The scatter of test accuracy and robust accuracy at an attack and intensity of the reader's choice."""
    if "test_accuracy" not in networks.numbers:
        raise NoFigure("no metric 'accuracy' has measured the test accuracy")
    curves = [c for c in networks.curves if (c.levels > 0).any()]
    front = networks.front()
    if front is None:
        raise NoFigure("the study has no attacks in balls, or none has run yet")
    curves = [front, *(c for c in curves if c is not front)]
    levels = {c.label: [p for p in some_levels(c) if c.levels[p] > 0] for c in curves}
    drawn = some(list(range(len(networks))), max(MOST_NUMBERS // sum(map(len, levels.values())), 1))
    colours = shades(data, networks)
    frames = [pandas.DataFrame({
        "attack": f"{c.attack}, {c.intensity} {c.levels[place]:g}",
        "network": networks.rows.network.values[drawn],
        "setting": networks.rows.setting.values[drawn],
        "shade": np.array(colours.words, object)[drawn],
        "test_accuracy": networks.numbers["test_accuracy"][drawn],
        "robust_accuracy": c.accuracy[drawn, place],
    }) for c in curves for place in levels[c.label]]
    rows = pandas.concat(frames, ignore_index=True).dropna(subset=["test_accuracy", "robust_accuracy"])
    if rows.empty:
        raise NoFigure("no network has both accuracies")
    attacks = list(dict.fromkeys(rows.attack))
    first = f"{front.attack}, {front.intensity} {front.levels[middle(front)]:g}"
    first = first if first in attacks else attacks[0]
    choice = {"name": "attack", "value": first, "bind": {"input": "select", "options": attacks, "name": "attack "}}
    zoom = {"name": "zoom", "select": "interval", "bind": "scales"}
    axis = {"type": "quantitative", "scale": {"zero": False, "nice": False, "padding": 14}, "axis": {"tickCount": 6}}
    spec = {
        "width": 440, "height": 340, "params": [choice, CHOSEN, zoom], "transform": [{"filter": "datum.attack == attack"}],
        "mark": {"type": "point", "filled": True, "size": 55 if len(drawn) < 300 else 22},
        "encoding": {
            "x": {"field": "test_accuracy", "title": "test accuracy, clean", **axis},
            "y": {"field": "robust_accuracy", "title": "robust accuracy", **axis},
            "color": colours.encoding, "opacity": faint(0.8),
            "tooltip": [{"field": "setting"}, {"field": "network"}, {"field": "test_accuracy", "format": ".3f"},
                        {"field": "robust_accuracy", "format": ".3f"}, {"field": "attack"}]},
    }
    dots = "A dot per network" if len(drawn) == len(networks) else f"A dot per network, {len(drawn):,} of {len(networks):,}"
    caption = f"{dots}, by {colours.name}. Up and to the right is better. Drawn first: {first}. The wheel zooms."
    return Chart("clean-against-robust", "Clean against robust", caption, spec, rows)
