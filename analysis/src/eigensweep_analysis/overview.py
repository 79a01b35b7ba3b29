# SPDX-License-Identifier: MIT
"""Every network as a point over each axis of the study, for a random search or a very large grid."""

from functools import partial

import numpy as np

from eigensweep_analysis.attacked import middle_level
from eigensweep_analysis.fold import training_axes
from eigensweep_analysis.gallery import Kind, Plan
from eigensweep_analysis.layout import by_attack, robust_accuracies, text
from eigensweep_analysis.networks import distinct
from eigensweep_analysis.panels import BASELINE, DATA, PALETTE, NoFigure, Picture, file_name, finish, grid, label_rows, literal, short

#: More points than this hide each other; as many are chosen evenly. More axes than this make no readable figure.
MOST_POINTS, MOST_AXES, MOST_QUANTITIES = 20_000, 16, 4
#: The most values of an axis that a line of means joins; the ratio of values from which on the axis is logarithmic.
MOST_MEANS, LOG_FROM = 24, 50


def overview_figures(data):
    """Accuracy of every network against each axis that varies, a panel per axis, a figure per kind of accuracy."""
    axes = [n for n in training_axes(data) if len(set(data[n].values.astype(str).tolist())) > 1]
    quantities = list(_quantities(data))
    if not axes:
        return Kind("figure of every network", [], "no axis of the study has two values")
    plans = [Plan(f"every network: {what}", partial(_overview, data, axes, what, name, values), min(len(axes), MOST_AXES))
             for what, name, values in quantities[:MOST_QUANTITIES]]
    return Kind("figure of every network", plans, "" if quantities else "no metric 'accuracy' and no attacks")


def _quantities(data):
    """(words, word for the file, numbers per network)."""
    if "test_accuracy" in data and data.test_accuracy.dims == data.status.dims:
        yield "test accuracy", "test", data.test_accuracy
    for values, attack, intensity in robust_accuracies(data):
        level = middle_level(values, intensity)
        if level is not None:
            yield f"robust accuracy under {by_attack(attack)}, {intensity} {level:g}", str(attack), values.sel({intensity: level})


def _overview(data, axes, what, name, values):
    y = values.transpose(*data.status.dims).values.reshape(-1).astype(float)
    there = np.flatnonzero(np.isfinite(y))
    if not len(there):
        raise NoFigure("no network has a number of it")
    drawn = there[np.unique(np.linspace(0, len(there) - 1, min(MOST_POINTS, len(there))).astype(int))]
    ids = data.trial_id.transpose(*data.status.dims).values.reshape(-1) if "trial_id" in data else np.full(len(y), "")
    figure, panels = grid(1, min(len(axes), MOST_AXES), f"Every network: {what}", room=0.2, share_x=False)
    for panel, axis in zip(panels.flat, axes):
        x = data[axis].broadcast_like(data.status).transpose(*data.status.dims).values.reshape(-1)
        _cloud(panel, axis, x, y, drawn, there, ids)
    label_rows(panels, "accuracy")
    finish(figure, panels)
    shown, count = (int(distinct(ids[places]).sum()) for places in (drawn, there))
    words = f"A dot per network; {shown:,} of {count:,} networks." if len(drawn) < len(there) else "A dot per network."
    words += " Lines: means over all networks with that value of the axis."
    if len(axes) > MOST_AXES:
        words += f" The first {MOST_AXES} of {len(axes)} axes."
    return Picture(file_name("overview", name), f"{what[:1].upper()}{what[1:]} of every network against each option that varies. {words}",
                   figure)


def _cloud(panel, axis, x, y, drawn, there, ids):
    """One panel: the networks as dots, means as a line; names and switches stand at places 1, 2, ...

    Cells that share one training count once at each value of the axis.
    """
    names = None
    if x.dtype.kind in "OUSb":
        labels = list(dict.fromkeys(x[there].tolist()))
        names = [text("case", v) if not isinstance(v, bool) else ("on" if v else "off") for v in labels]
        places = {label: place for place, label in enumerate(labels)}
        x = np.array([places.get(v, np.nan) for v in x.tolist()], float)
    x = x.astype(float)
    shown = drawn[np.isfinite(x[drawn])]
    size = 5 if len(shown) < 300 else 3.5 if len(shown) < 3000 else 2
    panel.plot(x[shown], y[shown], "o", color=PALETTE[0], markersize=size, alpha=0.5, markeredgewidth=0, rasterized=True,
               label="_network", gid=DATA)
    counted = there[np.isfinite(x[there])]
    values, place = np.unique(x[counted], return_inverse=True)
    if 1 < len(values) <= MOST_MEANS and len(counted) > len(values):
        means = [y[here][distinct(ids[here])].mean() for here in (counted[place.reshape(-1) == i] for i in range(len(values)))]
        panel.plot(values, means, color=BASELINE, linewidth=1.2, marker="_", label="_mean", gid=DATA)
    if names is not None:
        kept = range(0, len(names), -(-len(names) // 8) or 1)
        panel.set_xticks(list(kept), [literal(short(str(names[i]), 12)) for i in kept], rotation=30, ha="right")
    elif len(values) > 1 and values[0] > 0 and values[-1] / values[0] >= LOG_FROM:
        panel.set_xscale("log")
    panel.set_xlabel(literal(short(axis.replace("_", " "), 36)))
    panel.set_ylim(0, 1)
    panel.tick_params(labelbottom=True)
