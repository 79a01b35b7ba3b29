# SPDX-License-Identifier: MIT
"""The regime of training over width and a second number of the study: the strength of a penalty, the lazy scale, ..."""

import numpy as np
from matplotlib.figure import Figure

from eigensweep_analysis.by_width import ALL, conditions, numbers, width_ticks
from eigensweep_analysis.cells import outline, paint
from eigensweep_analysis.fits import CROSSOVER_GAP, mean_over_seeds
from eigensweep_analysis.layout import attack_name, last_layer, robust_accuracies
from eigensweep_analysis.load import ResultsError
from eigensweep_analysis.panels import Picture, file_name
from eigensweep_analysis.width_figures import note

#: What a map shows besides robust accuracy: variable, its name in figures, whether of the last hidden layer.
QUANTITIES = [
    ("ntk_drift", "NTK drift", False),
    ("feature_change", "feature change, last hidden layer", True),
    ("linearisation_gap", "linearisation gap", False),
]


def numeric_axes(data):
    """Names of the training axes besides the width that hold two or more numbers.

    Penalties' strengths come first, the depth last.
    """
    pointers = {a["coordinate"]: a["pointer"] for a in data.attrs.get("axes", []) if a["role"] == "training"}
    found = [n for n in data.status.dims if n in pointers and n != "width" and data[n].dtype.kind in "iuf"
             and np.isfinite(data[n].values.astype(float)).sum() > 1]
    return sorted(found, key=lambda n: (pointers[n].endswith("/depth"), not pointers[n].endswith("/strength")))


def map_pictures(data, against=None):
    """Maps of the regime over width and one other axis.

    Parameters
    ----------
    data : xarray.Dataset
        As from `prepared`.
    against : str
        The other axis; None takes the first of `numeric_axes`.

    Returns
    -------
    ([Picture], str)
        One per condition of the remaining axes; why there is none, or which axes could be asked for instead.

    Raises
    ------
    ResultsError
        `against` is no such axis.
    """
    axes = numeric_axes(data)
    if against is not None and against not in axes:
        choice = f"choose from: {', '.join(axes)}" if axes else "it sweeps none"
        raise ResultsError(f"--against {against}: not a swept number of this study's training or model; {choice}")
    if not axes:
        return [], "no number besides the width is swept"
    chosen = against or axes[0]
    pictures = [_map(data, chosen, label, selection) for label, selection in conditions(data, (chosen,))]
    pictures = [p for p in pictures if p is not None]
    if not pictures:
        return [], f"'{chosen}' takes no two values where the width is swept, or nothing is measured there"
    others = [a for a in axes if a != chosen]
    return pictures, f"drawn over '{chosen}'; --against draws another: {', '.join(others)}" if others and not against else ""


def cell_means(data, values, axis, selection):
    """Means over seeds, an array (values of the axis, widths); NaN where a cell is missing."""
    levels = [v for v in data[axis].values if np.isfinite(v)]
    return np.array([mean_over_seeds(numbers(values, {**selection, axis: v})) for v in levels])


def _map(data, axis, label, selection):
    """One figure, or None where the condition has fewer than two widths or values of the axis."""
    levels = [v for v in data[axis].values if np.isfinite(v)]
    there = cell_means(data, (data.status == 1).astype(float), axis, selection) > 0
    columns, rows = there.any(0), there.any(1)
    panels = [(title, values[rows][:, columns], log) for title, values, log in _panels(data, axis, selection)]
    panels = [p for p in panels if np.isfinite(p[1]).any()]
    if columns.sum() < 2 or rows.sum() < 2 or not panels:
        return None
    name, words = data.attrs["title"], axis.replace("_", " ")
    size = (max(2.4, 0.42 * columns.sum() + 1.3), max(1.5, 0.3 * rows.sum() + 0.9))
    across = 2 if len(panels) > 1 else 1
    down = -(-len(panels) // across)
    figure = Figure(figsize=(size[0] * across, size[1] * down + 0.6), layout="constrained")
    grid = figure.subplots(down, across, squeeze=False)
    title = f"{name}: regime over width and {words}" + ("" if label == ALL else f" ({label})")
    figure.suptitle(title, fontsize=10, x=0.02, ha="left", fontweight="bold")
    gaps = next((values for words, values, _ in panels if words == QUANTITIES[2][1]), None)
    for axes, (title, values, log) in zip(grid.flat, panels):
        paint(axes, values, log)
        if gaps is not None:
            outline(axes, np.where(np.isfinite(gaps), gaps <= CROSSOVER_GAP, np.nan))
        axes.set_title(title, loc="left")
        axes.set_xticks(range(columns.sum()), width_ticks(data.width.values[columns]))
        axes.set_yticks(range(rows.sum()), [f"{v:g}" for v in np.array(levels)[rows]])
        axes.set_xlabel("width")
        axes.set_ylabel(words)
    for axes in list(grid.flat)[len(panels):]:
        axes.remove()
    line = f" Orange line: linearisation gap {CROSSOVER_GAP:g}." if gaps is not None else ""
    note(figure, f"Means over seeds; hatched: no number.{line}")
    caption = (f"Means over seeds of each cell of width and {words}{'' if label == ALL else f' ({label})'}; hatched: no "
               f"number.{line}")
    return Picture(file_name(name, "width_map", axis, "" if label == ALL else label), caption, figure)


def _panels(data, axis, selection):
    """(title, means, whether on a logarithmic ramp) of all that the study has numbers of."""
    for variable, title, last in QUANTITIES:
        if variable in data:
            yield title, cell_means(data, last_layer(data[variable]) if last else data[variable], axis, selection), True
    attacks = list(robust_accuracies(data))
    if attacks:
        values, attack, strength = attacks[-1]
        levels = [v for v in data[strength].values if v > 0] or list(data[strength].values)
        level = levels[len(levels) // 2]
        title = rf"robust accuracy, {attack_name(attack)}, $\{strength}$ = {level:g}"
        yield title, cell_means(data, values.sel({strength: level}), axis, selection), False
