# SPDX-License-Identifier: MIT
"""Which colour each network has in a chart: that of its setting, or of its value on one axis where settings are many."""

from typing import NamedTuple

import numpy as np

from eigensweep_analysis.layout import text
from eigensweep_analysis.panels import PALETTE, short

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


def shades(networks):
    """The colours of these networks."""
    settings = list(dict.fromkeys(networks.rows.setting))
    if len(settings) <= MOST_SETTINGS:
        words = {setting: short(setting, 60) for setting in settings}
        scale = {"domain": list(dict.fromkeys(words.values())), "range": PALETTE}
        return _shades([words[s] for s in networks.rows.setting], scale, "setting", len(settings) > 1)
    counts = {name: len(set(map(str, networks.options[name].tolist()))) for name in networks.axes}
    # Of the axes with few values the one with most tells most networks apart; else the one with fewest is binned.
    few = {name: count for name, count in counts.items() if count <= MOST_SETTINGS}
    name = max(few, key=few.get) if few else min(counts, key=counts.get)
    values = networks.options[name].tolist()
    ordered = sorted(set(values), key=lambda v: (isinstance(v, str), v if v == v else -np.inf))
    groups = np.array_split(np.arange(len(ordered)), min(len(ordered), MOST_SETTINGS))
    label = {}
    for group in groups:
        ends = [ordered[group[0]], ordered[group[-1]]]
        for place in group:
            label[ordered[place]] = text(name, ends[0]) if len(group) == 1 else f"{text(name, ends[0])} to {_value(ends[1])}"
    numeric = all(isinstance(v, (int, float, np.number)) and not isinstance(v, (bool, np.bool_)) for v in ordered)
    scale = {"domain": list(dict.fromkeys(label.values())), **({"scheme": "viridis"} if numeric else {"range": PALETTE})}
    return _shades([label[v] for v in values], scale, name.replace("_", " "), True)


def _value(value):
    return f"{value:g}" if isinstance(value, (float, np.floating)) else str(value)


def _shades(words, scale, name, several):
    encoding = {"field": "shade", "type": "nominal", "scale": scale, "sort": scale["domain"],
                "legend": {"title": None, "orient": "bottom", "columns": 2, "symbolOpacity": 1} if several else None}
    return Shades(words, encoding, name)


#: A click on the legend shows those networks alone; one beside it shows all of them again.
CHOSEN = {"name": "chosen", "select": {"type": "point", "fields": ["shade"]}, "bind": "legend"}


def faint(strong, weak=0.05):
    """The opacity of what the legend has chosen, and of the others."""
    return {"condition": {"param": "chosen", "value": strong}, "value": weak}
