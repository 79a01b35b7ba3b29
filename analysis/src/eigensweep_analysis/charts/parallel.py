# SPDX-License-Identifier: MIT
"""Parallel coordinates: every network as a line through its options and what came out."""

import textwrap

import numpy as np
import pandas

from eigensweep_analysis.charts.chart import Chart
from eigensweep_analysis.charts.ticks import digits_apart
from eigensweep_analysis.panels import NoFigure, short, some

#: More lines than this hide each other; more axes do not fit.
MOST_LINES, MOST_AXES = 300, 10
#: The most values of an axis that are written beside it.
MOST_LABELS = 7
#: Room of an axis on a wide and on a narrow page, characters of its name in a line of that room, lines, and their height.
WIDE, NARROW, MOST_IN_LINE, MOST_NAME_LINES, LINE_HEIGHT = 125, 105, 17, 5, 13
LABEL = {"type": "text", "align": "left", "dx": 5, "fontSize": 10}


def parallel_chart(data, networks):
    """The chart of all options that vary and of the outcomes; the last outcome but the exponent colours the lines."""
    outcomes = networks.outcomes()
    if not networks.axes:
        raise NoFigure("no option of the study has two values")
    if not outcomes:
        raise NoFigure("no network has a test accuracy, a robust accuracy or an exponent yet")
    accuracies = [words for words in outcomes if "accuracy" in words]
    coloured = (accuracies or list(outcomes))[-1]
    there = np.flatnonzero(np.isfinite(outcomes[coloured]))
    drawn = there[some(list(range(len(there))), MOST_LINES)]
    dimensions = [(_broken(name.replace("_", " ")), *_places(networks.options[name].tolist())) for name in networks.axes[:MOST_AXES]]
    dimensions += [(_broken(words), *_places(values.tolist(), log=False)) for words, values in outcomes.items()]
    frames = [pandas.DataFrame({
        "network": networks.rows.network.values[drawn],
        "setting": networks.rows.setting.values[drawn],
        "outcome": outcomes[coloured][drawn],
        "axis": words,
        "value": [labels[i] for i in drawn],
        "place": places[drawn],
    }) for words, places, labels, _ in dimensions]
    rows = pandas.concat(frames, ignore_index=True).dropna(subset=["place"])
    order = [words for words, *_ in dimensions]
    ticks = [{"axis": words, "place": place, "label": label} for words, _, _, marks in dimensions for place, label in marks]
    low, high = float(outcomes[coloured][drawn].min()), float(outcomes[coloured][drawn].max())
    step = (high - low) / 200 or 0.005
    least = {"name": "least", "value": low, "bind": {"input": "range", "min": low, "max": high, "step": step,
                                                     "name": f"show only {coloured} from "}}
    under = {"name": "under", "select": {"type": "point", "fields": ["network"], "on": "mouseover", "clear": "mouseout"}}
    x = {"field": "axis", "type": "nominal", "sort": order, "title": None, "scale": {"padding": 0.3},
         "axis": {"labelAngle": 0, "orient": "top", "domain": False, "ticks": False, "labelLimit": NARROW - 3,
                  "offset": _room_of_names(order), "labelExpr": "split(datum.label, '|')", "grid": True, "gridColor": "#999"}}
    y = {"field": "place", "type": "quantitative", "scale": {"domain": [0, 1]}, "axis": None}
    lines = {
        "transform": [{"filter": f"datum.outcome >= least - {step / 2}"}], "params": [under],
        "mark": {"type": "line", "strokeWidth": 1.4},
        "encoding": {"x": x, "y": y, "detail": {"field": "network"},
                     "color": _colour(coloured, low, high),
                     "opacity": {"condition": {"param": "under", "value": 0.9, "empty": True}, "value": 0.12},
                     "tooltip": [{"field": "setting"}, {"field": "network"}, {"field": "outcome", "format": ".3f",
                                                                              "title": short(coloured, 60)}]},
    }
    halo = {"mark": {**LABEL, "stroke": "white", "strokeWidth": 3}}  # lines behind a label would hide it
    labels = {"data": {"values": ticks}, "layer": [halo, {"mark": {**LABEL, "color": "#333"}}],
              "encoding": {"x": x, "y": y, "text": {"field": "label"}}}
    spec = {"width": max(WIDE * len(order), 320), "height": 320, "usermeta": {"least": NARROW * len(order)}, "params": [least],
            "layer": [lines, labels]}
    lines_are = "A line per network" + ("" if len(drawn) == len(there) else f", {len(drawn):,} of {len(there):,}")
    caption = f"{lines_are}, coloured by {coloured}. The slider takes away the networks below it."
    if len(networks.axes) > MOST_AXES:
        caption += f" The first {MOST_AXES} of {len(networks.axes)} options."
    return Chart("parallel-coordinates", "All options at once", caption, spec, rows)


def _colour(words, low, high):
    """The colour channel of the outcome, with labels at the ends of its legend: others stand out of it and are cut."""
    legend = {"title": short(words, 60), "orient": "bottom", "gradientLength": 240, "titleLimit": 400}
    scale = {"scheme": "viridis"}
    if low < high:
        ends = [low, (low + high) / 2, high]
        legend |= {"values": ends, "format": f".{digits_apart(ends)}~g"}
        scale["domain"] = [low, high]
    return {"field": "outcome", "type": "quantitative", "scale": scale, "legend": legend}


def _room_of_names(names):
    """How far above the plot names begin, so that their last line is above the label of the topmost tick."""
    return LINE_HEIGHT * max(name.count("|") for name in names) + 10


def _places(values, log=True):
    """(places in [0, 1] (n,), words of each, [(place, label)] to write).

    Many numbers stand in proportion (with `log`, of their logarithms where they span much), few numbers and names by rank.
    """
    numeric = all(isinstance(v, (int, float, np.number)) and not isinstance(v, (bool, np.bool_)) for v in values)
    if numeric:
        numbers = np.array(values, float)
        finite = numbers[np.isfinite(numbers)]
        several = len(np.unique(finite))
        if (several > MOST_LABELS or not log) and several > 1 and np.isfinite(numbers[~np.isnan(numbers)]).all():
            low, high = finite.min(), finite.max()
            log = log and low > 0 and high / low >= 50
            scaled = np.log(numbers / low) / np.log(high / low) if log else (numbers - low) / (high - low)
            places = (0, 0.25, 0.5, 0.75, 1)
            ticks = [low * (high / low) ** p if log else low + p * (high - low) for p in places]
            digits = digits_apart(ticks)
            return scaled, [f"{v:.{digits + 1}g}" for v in numbers], [(p, f"{t:.{digits}g}") for p, t in zip(places, ticks)]
    words = [_words(v) for v in values]
    ordered = sorted(set(zip(words, values)), key=lambda pair: (_rank(pair[1]), pair[0])) if numeric else \
        [(w, None) for w in dict.fromkeys(words)]
    names = list(dict.fromkeys(w for w, _ in ordered))
    place = {name: i / (len(names) - 1) if len(names) > 1 else 0.5 for i, name in enumerate(names)}
    shown = some(names, MOST_LABELS)
    return np.array([place[w] for w in words]), words, [(place[n], short(n, 16)) for n in shown]


def _rank(value):
    return -np.inf if value != value else float(value)


def _words(value):
    if isinstance(value, (bool, np.bool_)):
        return "on" if value else "off"
    if isinstance(value, (float, np.floating)):
        return "none" if np.isnan(value) else f"{value:.4g}"
    return str(value) or "none"


def _broken(words):
    """A name in short lines; Vega breaks it at the bars."""
    parts = words.replace(" (", "|", 1).rstrip(")").replace(", ", "|").replace(" of the ", "|of the ", 1).split("|")
    lines = [line for part in parts for line in textwrap.wrap(short(part, 3 * MOST_IN_LINE), MOST_IN_LINE)]
    return "|".join([*lines[:MOST_NAME_LINES], *(["..."] if len(lines) > MOST_NAME_LINES else [])])
