# SPDX-License-Identifier: MIT
"""Robust accuracy by intensity under an attack of the reader's choice: settings' means, and every network."""

import numpy as np
import pandas

from eigensweep_analysis.attacked import split_of
from eigensweep_analysis.charts.chart import Chart
from eigensweep_analysis.charts.shades import CHOSEN, faint, shades
from eigensweep_analysis.networks import distinct
from eigensweep_analysis.panels import NoFigure, some
from eigensweep_analysis.statistics import DEVIATION, over

#: The most numbers of single networks that the page carries for this chart.
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
    means = _statistics(curves, intensity, np.array(colours.words, object), networks.rows.trial_id.values)
    several = bool((means.networks > 1).any())
    single = {"mark": {"type": "line", "strokeWidth": 0.8 if several else 1.6}, "params": [CHOSEN],
              "encoding": {"x": x, "y": y, "color": colour, "detail": {"field": "network"},
                           "opacity": faint(0.35, 0.02) if several else faint(0.8),
                           "tooltip": [{"field": "setting"}, {"field": "network"}, {"field": intensity},
                                       {"field": "accuracy", "format": ".3f"}]}}
    layers = [_band(x, y, colour), single, _means(x, y, colour, colours.name)] if several else [single]
    # Layers with data of their own do not have the transforms of the whole chart.
    layers = [{**layer, "transform": [{"filter": "datum.attack == attack"}, *layer.get("transform", [])]} for layer in layers]
    spec = {"width": 620, "height": 300, "params": [choice], "layer": layers}
    words = (f"Thick lines: means over the networks of a {colours.name}, bands: {DEVIATION}, thin lines: single networks"
             if several else "A line per network")
    chosen = "Choose the attack below the chart; drawn first" if len(attacks) > 1 else "Attack"
    caption = f"Share of {_samples(data, curves)} still classified right. {words}. {chosen}: {attacks[0]}."
    if len(drawn) < len(networks):
        caption += f" {'Thin lines' if several else 'Drawn'}: {len(drawn):,} of {len(networks):,} networks."
    return Chart("robust-accuracy", "Robust accuracy", caption, spec, rows, means if several else None)


def _statistics(curves, intensity, shade, ids):
    """Mean, deviation and count of all networks, drawn or not, by attack, shade (networks,) and intensity.

    Cells of a shade that share one training count once.
    """
    found = []
    for curve in curves:
        for words in dict.fromkeys(shade):
            here = np.flatnonzero(shade == words)
            mean, deviation, count = over(curve.accuracy[here[distinct(ids[here])]], 0)
            found.append(pandas.DataFrame({"attack": curve.attack, "shade": words, intensity: curve.levels, "mean": mean,
                                           "standard_deviation": deviation, "networks": count}))
    return pandas.concat(found, ignore_index=True).dropna(subset=["mean"])


def _samples(data, curves):
    """Which samples the attacks were run on, in words."""
    splits = {curve.attack: split_of(data, curve.label) for curve in curves}
    if len(set(splits.values())) == 1:
        return f"{min(splits.values())} samples"
    others = ", ".join(f"{attack} on {split} samples" for attack, split in splits.items() if split != "test")
    return f"test samples ({others})"


def _band(x, y, colour):
    # A mean of one network has no deviation; null counts as 0 here.
    ends = [{"calculate": f"datum.mean {sign} datum.standard_deviation", "as": end} for sign, end in (("-", "low"), ("+", "high"))]
    return {"data": {"name": "means"}, "mark": {"type": "area", "opacity": 0.15}, "transform": ends,
            "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "color": colour}}


def _means(x, y, colour, group):
    tooltip = [{"field": "shade", "title": group}, {"field": x["field"]}, {"field": "mean", "format": ".3f"},
               {"field": "standard_deviation", "format": ".3f", "title": "standard deviation"}, {"field": "networks"}]
    return {"data": {"name": "means"}, "mark": {"type": "line", "strokeWidth": 2.2, "point": {"size": 28}},
            "encoding": {"x": x, "y": {**y, "field": "mean"}, "color": colour, "opacity": faint(1.0), "tooltip": tooltip}}
