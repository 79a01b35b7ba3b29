# SPDX-License-Identifier: MIT
"""Which colour each network has in a chart: that of its setting, or of its value on one axis where settings are many.

A label that figures have too has the colour that it has there: see `layout.Layout.lines` and `by_width.width_styles`.
"""

from typing import NamedTuple

import matplotlib
import numpy as np
from matplotlib.colors import to_hex

from eigensweep_analysis.by_width import width_styles
from eigensweep_analysis.layout import Layout, text
from eigensweep_analysis.panels import BASELINE, PALETTE, short

#: More settings than this have no colour of their own.
MOST_SETTINGS = len(PALETTE)


class Shades(NamedTuple):
    """The field `shade` of a chart's rows and how it is drawn."""

    #: Words per network, in the order of the rows.
    words: list
    #: A Vega-Lite colour channel.
    encoding: dict
    #: For captions: "setting", "width".
    name: str


def shades(data, networks):
    """The colours of these networks; `data` as figures take it."""
    settings = list(dict.fromkeys(networks.rows.setting))
    of_types = Layout(data).layer in networks.axes and len(networks.axes) > 1  # one colour for each type of layers
    if len(settings) <= MOST_SETTINGS and not of_types:
        words = {setting: short(setting, 60) for setting in settings}
        colours = dict(zip(words.values(), _of_labels(data, settings)))
        return _shades([words[s] for s in networks.rows.setting], colours, "setting", len(settings) > 1)
    counts = {name: len(set(map(str, networks.options[name].tolist()))) for name in networks.axes}
    # Of the axes with few values the one with most tells most networks apart; else the one with fewest is binned.
    few = {name: count for name, count in counts.items() if count <= MOST_SETTINGS}
    name = Layout(data).layer if of_types else max(few, key=few.get) if few else min(counts, key=counts.get)
    values = [None if v != v else v for v in networks.options[name].tolist()]
    groups = _groups(values)
    labels = [_label(name, group) for group in groups]
    colours = dict(zip(labels, _of_groups(Layout(data), name, groups)))
    label = {value: words for words, group in zip(labels, groups) for value in group}
    return _shades([label[v] for v in values], colours, "layer type" if of_types else name.replace("_", " "), True)


def _groups(values):
    """At most MOST_SETTINGS groups of an axis's values: numbers ascending, names in the study's order; None is no value."""
    ordered = sorted(dict.fromkeys(values), key=lambda v: 0 if isinstance(v, str) else -np.inf if v is None else v)
    parts = np.array_split(np.arange(len(ordered)), min(len(ordered), MOST_SETTINGS))
    return [[ordered[place] for place in part] for part in parts]


def _label(name, group):
    first, last = (np.nan if v is None else v for v in (group[0], group[-1]))
    return text(name, first) if len(group) == 1 else f"{text(name, first)} to {_value(last)}"


def _value(value):
    return f"{value:g}" if isinstance(value, (float, np.floating)) else str(value)


def _of_labels(data, labels):
    """Their colours in figures; labels that figures do not have take the rest of the palette, in its order."""
    there = {_key(line.label): line.style["color"] for line in Layout(data).lines()}
    if "width" in data.coords and data.width.dtype.kind in "iuf":
        widths = np.unique(data.width.values[~np.isnan(data.width.values)])
        there.update({_key(text("width", w)): style["color"] for w, (_, style) in width_styles(widths).items()})
    there = {key: to_hex(colour) for key, colour in there.items()}
    keys = [_key(label) for label in labels]
    taken = {there[key] for key in keys if key in there}
    rest = [colour for colour in map(to_hex, PALETTE) if colour not in taken]
    rest = iter(rest * len(labels))
    return [there.get(key) or next(rest) for key in keys]


def _key(label):
    """The options of a label; figures may name them in another order."""
    return tuple(sorted(label.strip().split(", ")))


def _of_groups(layout, name, groups):
    """The colours of groups of an axis's values, by the rule that figures have for this axis."""
    firsts = [group[0] for group in groups]
    numeric = all(v is None or isinstance(v, (int, float)) and not isinstance(v, bool) for v in firsts)
    if not numeric:
        return PALETTE[: len(groups)]
    if name == layout.strength:
        positive = [v for v in firsts if v is not None and v > 0]
        ramp = iter(_ramp("plasma", [0.75 - 0.6 * s for s in _shares(positive)] if len(positive) > 1 else [0.4]))
        return [next(ramp) if v in positive else BASELINE for v in firsts]
    if name == layout.width:
        styles = width_styles([np.nan if v is None else float(v) for v in firsts])
        return [BASELINE if v is None else to_hex(styles[float(v)][1]["color"]) for v in firsts]
    if all(len(group) == 1 for group in groups):
        return PALETTE[: len(groups)]
    return _ramp("viridis", [0.92 * (1 - s) for s in _shares(groups)])  # bins have an order, and figures have no bins


def _shares(values):
    return [place / max(len(values) - 1, 1) for place in range(len(values))]


def _ramp(name, shares):
    return [to_hex(matplotlib.colormaps[name](share)) for share in shares]


def _shades(words, colours, name, several):
    scale = {"domain": list(colours), "range": list(colours.values())}
    encoding = {"field": "shade", "type": "nominal", "scale": scale, "sort": scale["domain"],
                "legend": {"title": None, "orient": "bottom", "columns": 2, "symbolOpacity": 1} if several else None}
    return Shades(words, encoding, name)


#: A click on the legend shows those networks alone; one beside it shows all of them again.
CHOSEN = {"name": "chosen", "select": {"type": "point", "fields": ["shade"]}, "bind": "legend"}


def faint(strong, weak=0.05):
    """The opacity of what the legend has chosen, and of the others."""
    return {"condition": {"param": "chosen", "value": strong}, "value": weak}
