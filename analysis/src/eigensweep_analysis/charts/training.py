# SPDX-License-Identifier: MIT
"""Training curves: loss and accuracy of every network over the epochs."""

import numpy as np
import pandas

from eigensweep_analysis.charts.chart import Chart
from eigensweep_analysis.charts.shades import CHOSEN, faint, shades
from eigensweep_analysis.charts.ticks import log_ticks, whole_ticks
from eigensweep_analysis.layout import asked
from eigensweep_analysis.networks import distinct
from eigensweep_analysis.panels import NoFigure, some

#: The most curves, epochs, and points of all curves together; of more, some are drawn, evenly chosen.
MOST_CURVES, MOST_EPOCHS, MOST_POINTS = 200, 60, 4000
#: Column of the history, words, scale.
PANELS = [("loss", "loss with penalties", "log"), ("task_loss", "loss of the task", "log"),
          ("train_accuracy", "training accuracy", "linear")]


def training_chart(data, networks):
    """The chart of the group `history` of a results file."""
    panels = [(column, words, scale) for column, words, scale in PANELS if f"history_{column}" in data]
    if not panels or not data.sizes.get("epoch"):
        raise NoFigure("the study trains nothing, or nothing is trained yet")
    if len(panels) == 3 and _same(data):
        panels = panels[1:]  # without a penalty both losses are one
    epochs = some(list(range(data.sizes["epoch"])), MOST_EPOCHS)
    dims = data.status.dims
    there = np.flatnonzero(asked(data).transpose(*dims).values.reshape(-1))
    curves = {c: data[f"history_{c}"].transpose(*dims, "epoch").values.reshape(-1, data.sizes["epoch"])[there][:, epochs]
              for c, _, _ in panels}
    trained = np.flatnonzero(np.isfinite(next(iter(curves.values()))).any(1))
    if not len(trained):
        raise NoFigure("no network has a finished epoch")
    drawn = some(trained.tolist(), max(min(MOST_POINTS // len(epochs), MOST_CURVES), 1))
    colours = shades(data, networks)
    count = len(epochs)
    rows = pandas.DataFrame({
        "network": np.repeat(networks.rows.network.values[drawn], count),
        "setting": np.repeat(networks.rows.setting.values[drawn], count),
        "seed": np.repeat(_seeds(networks, drawn), count),
        "shade": np.repeat(np.array(colours.words, object)[drawn], count),
        "epoch": np.tile(data.epoch.values[epochs], len(drawn)),
        **{column: values[drawn].reshape(-1) for column, values in curves.items()},
    })
    rows = rows[rows[[c for c, _, _ in panels]].notna().any(axis=1)]
    views = [_view(rows, colours, *panel) for panel in panels]
    shown, count = (int(distinct(networks.rows.trial_id.values[places]).sum()) for places in (drawn, trained))
    caption = (f"Training of {_of(shown, count)}, a line each, by {colours.name}. "
               "A point at the end of a line: the network's last epoch.")
    return Chart("training", "Training curves", caption,
                 {"hconcat": views}, rows)


def _view(rows, colours, column, words, scale):
    positive = rows[column][rows[column] > 0]
    log = scale == "log" and len(positive) > 0 and len(positive) == rows[column].notna().sum()
    y = {"field": column, "type": "quantitative", "title": f"{words} (log scale)" if log else words,
         "scale": {"type": "log", "nice": False} if log else {"zero": False},
         "axis": {"values": log_ticks(positive.min(), positive.max()), "format": "~g"} if log else {"tickCount": 5}}
    x = {"field": "epoch", "type": "quantitative", "scale": {"nice": False},
         "axis": {"values": whole_ticks(int(rows.epoch.min()), int(rows.epoch.max())), "format": "d"}}
    tooltip = [{"field": "setting"}, {"field": "seed"}, {"field": "epoch"}, {"field": column, "format": ".4g", "title": words}]
    common = {"color": colours.encoding, "detail": {"field": "network"}, "tooltip": tooltip}
    line = {"mark": {"type": "line", "strokeWidth": 1.3}, "params": [CHOSEN],
            "encoding": {"x": x, "y": y, **common, "opacity": faint(0.7)}}
    last = {"mark": {"type": "point", "filled": True, "size": 22},
            "transform": [{"joinaggregate": [{"op": "max", "field": "epoch", "as": "last"}], "groupby": ["network"]},
                          {"filter": "datum.epoch == datum.last"}],
            "encoding": {"x": x, "y": y, **common, "opacity": faint(0.9)}}
    return {"width": 300, "height": 220, "layer": [line, last]}


def _same(data):
    loss, task = data.history_loss.values, data.history_task_loss.values
    there = np.isfinite(loss) & np.isfinite(task)
    return np.allclose(loss[there], task[there], rtol=1e-6)


def _seeds(networks, drawn):
    """The words for each network's replicate: "0", "0, 1" of two axes, "" without one."""
    parts = [[f"{v:g}" if isinstance(v, float) else str(v) for v in networks.options[name][drawn].tolist()]
             for name in networks.seeds]
    return np.array([", ".join(words) for words in zip(*parts)] if parts else [""] * len(drawn), object)


def _of(some_of, all_of):
    return f"{some_of:,} of {all_of:,} networks" if some_of < all_of else "1 network" if all_of == 1 else f"{all_of:,} networks"
