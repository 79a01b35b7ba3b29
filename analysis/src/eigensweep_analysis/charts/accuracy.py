# SPDX-License-Identifier: MIT
"""Robust accuracy by intensity under an attack of the reader's choice: settings' means, and every network."""

import numpy as np
import pandas

from eigensweep_analysis.attacked import split_of
from eigensweep_analysis.charts.chart import Chart
from eigensweep_analysis.charts.shades import CHOSEN, faint, shades
from eigensweep_analysis.panels import NoFigure, some
from eigensweep_analysis.statistics import DEVIATION

#: The most numbers that the page carries for this chart.
MOST_NUMBERS = 3000


def accuracy_chart(data, networks):
    """The chart of all curves of robust accuracy; the attack in front (`Networks.front`) is shown first."""
    curves = [c for c in networks.curves if c.intensity == "epsilon"] or networks.curves
    if not curves:
        raise NoFigure("the study has no attacks, or none has run yet")
    intensity = curves[0].intensity
    curves = [c for c in curves if c.intensity == intensity]
    front = networks.front() or curves[0]
    count = sum(len(c.levels) for c in curves)
    drawn = some(list(range(len(networks))), max(MOST_NUMBERS // count, 1))
    colours = shades(data, networks)
    frames = []
    for curve in curves:
        levels = len(curve.levels)
        frames.append(pandas.DataFrame({
            "attack": curve.attack,
            "network": np.repeat(networks.rows.network.values[drawn], levels),
            "setting": np.repeat(networks.rows.setting.values[drawn], levels),
            "shade": np.repeat(np.array(colours.words, object)[drawn], levels),
            intensity: np.tile(curve.levels, len(drawn)),
            "accuracy": curve.accuracy[drawn].reshape(-1),
        }))
    rows = pandas.concat(frames, ignore_index=True).dropna(subset=["accuracy"])
    attacks = [c.attack for c in [front, *(c for c in curves if c is not front)]]
    choice = {"name": "attack", "value": attacks[0], "bind": {"input": "select", "options": attacks, "name": "attack "}}
    x = {"field": intensity, "type": "quantitative", "title": f"attack intensity, {intensity}",
         "axis": {"format": "~g", "tickCount": 6}}
    y = {"field": "accuracy", "type": "quantitative", "title": "robust accuracy", "scale": {"domain": [0, 1]}}
    colour = colours.encoding
    groups = rows.groupby(["attack", "shade", intensity]).size()
    several = bool((groups > 1).any())
    single = {"mark": {"type": "line", "strokeWidth": 0.8 if several else 1.6}, "params": [CHOSEN],
              "encoding": {"x": x, "y": y, "color": colour, "detail": {"field": "network"},
                           "opacity": faint(0.35, 0.02) if several else faint(0.8),
                           "tooltip": [{"field": "setting"}, {"field": "network"}, {"field": intensity},
                                       {"field": "accuracy", "format": ".3f"}]}}
    layers = [_band(x, y, colour), single, _means(x, y, colour, colours.name)] if several else [single]
    spec = {"width": 620, "height": 300, "params": [choice], "transform": [{"filter": "datum.attack == attack"}], "layer": layers}
    words = (f"Thick lines: means over the networks of a {colours.name}, bands: {DEVIATION}, thin lines: single networks"
             if several else "A line per network")
    chosen = "Choose the attack below the chart; drawn first" if len(attacks) > 1 else "Attack"
    caption = f"Share of {_samples(data, curves)} still classified right. {words}. {chosen}: {attacks[0]}."
    if len(drawn) < len(networks):
        caption += f" Drawn: {len(drawn):,} of {len(networks):,} networks."
    return Chart("robust-accuracy", "Robust accuracy", caption, spec, rows)


def _samples(data, curves):
    """Which samples the attacks were run on, in words."""
    splits = {curve.attack: split_of(data, curve.label) for curve in curves}
    if len(set(splits.values())) == 1:
        return f"{min(splits.values())} samples"
    others = ", ".join(f"{attack} on {split} samples" for attack, split in splits.items() if split != "test")
    return f"test samples ({others})"


def _band(x, y, colour):
    return {"mark": {"type": "errorband", "extent": "stdev", "opacity": 0.15}, "encoding": {"x": x, "y": y, "color": colour}}


def _means(x, y, colour, group):
    tooltip = [{"field": "shade", "title": group}, {"field": x["field"]},
               {"field": "accuracy", "aggregate": "mean", "format": ".3f", "title": "mean"},
               {"field": "accuracy", "aggregate": "stdev", "format": ".3f", "title": "standard deviation"},
               {"aggregate": "count", "title": "networks"}]
    return {"mark": {"type": "line", "strokeWidth": 2.2, "point": {"size": 28}},
            "encoding": {"x": x, "y": {**y, "aggregate": "mean"}, "color": colour, "opacity": faint(1.0), "tooltip": tooltip}}
