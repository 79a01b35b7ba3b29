# SPDX-License-Identifier: MIT
"""Bars: how much of the differences between networks each option explains."""

import pandas

from eigensweep_analysis.charts.chart import Chart
from eigensweep_analysis.importance import importance
from eigensweep_analysis.panels import PALETTE, NoFigure, short

#: The most bars of one outcome.
MOST_BARS = 10


def importance_chart(data, networks):
    """The chart of `importance.importance` for every outcome of the study."""
    if not networks.axes:
        raise NoFigure("no option of the study has two values")
    options = {name: networks.options[name] for name in networks.axes}
    frames, exact = [], True
    for words, values in networks.outcomes().items():
        parts, is_exact = importance(options, values)
        exact = exact and is_exact
        if parts:
            frames.append(pandas.DataFrame({"outcome": words, "explained_by": [short(p.words, 40) for p in parts],
                                            "share": [p.share for p in parts]}))
    if not frames:
        raise NoFigure("fewer than three networks have results that differ")
    kept = []
    for frame in frames:
        least = frame.share.nlargest(MOST_BARS).min()
        kept.append(frame[frame.share >= max(least, 5e-4)])
    rows = pandas.concat(kept, ignore_index=True)
    views = []
    for words, frame in rows.groupby("outcome", sort=False):
        views.append({
            "title": {"text": short(words, 70), "fontWeight": "normal"}, "width": 300, "height": {"step": 19},
            "transform": [{"filter": {"field": "outcome", "equal": words}}],
            "layer": [{"mark": {"type": "bar", "color": PALETTE[0], "height": 13}},
                      {"mark": {"type": "text", "align": "left", "dx": 4, "fontSize": 10},
                       "encoding": {"text": {"field": "share", "format": ".1%"}}}],
            "encoding": {
                "y": {"field": "explained_by", "type": "nominal", "sort": frame.explained_by.tolist(), "title": None,
                      "axis": {"labelLimit": 220}},
                "x": {"field": "share", "type": "quantitative", "scale": {"domain": [0, 1.08]}, "title": "share of the variance",
                      "axis": {"format": "%", "values": [0, 0.25, 0.5, 0.75, 1]}},
                "tooltip": [{"field": "explained_by", "title": "option"}, {"field": "share", "format": ".2%"}]}})
    how = ("Exact parts of a full grid: an option alone, two options beyond what each does alone, seeds." if exact else
           "The networks do not fill a grid, so each option stands alone, corrected for what chance would explain.")
    caption = (f"How much of the variance between networks an option explains (functional ANOVA). {how} "
               "It says what mattered in this study's ranges, not elsewhere. Parts below 0.05 % are left out.")
    return Chart("importance", "What matters", caption, {"hconcat": views}, rows)
