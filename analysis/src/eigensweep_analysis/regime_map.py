# SPDX-License-Identifier: MIT
"""The regime of training over width and a second number of the study: the strength of a penalty, the lazy scale, ..."""

from functools import cache, partial

import numpy as np
from matplotlib.figure import Figure

from eigensweep_analysis.attacked import adversary, middle_level
from eigensweep_analysis.by_width import ALL, cells_of, numbers, some_widths, width_ticks
from eigensweep_analysis.cells import outline, paint
from eigensweep_analysis.fits import CROSSOVER_GAP, mean_over_seeds
from eigensweep_analysis.gallery import Kind, Plan, pictures
from eigensweep_analysis.layout import attack_name, has_seeds, last_layer, role, text
from eigensweep_analysis.load import ResultsError
from eigensweep_analysis.panels import DATA, NoFigure, Picture, file_name, head, literal, log_labels, short, some, titled
from eigensweep_analysis.width_figures import note

#: More cells than this in a row or column have no room for their numbers.
MOST_CELLS = 24
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


def map_plans(data, against=None):
    """Maps of the regime over width and one other axis.

    Parameters
    ----------
    data : xarray.Dataset
        As from `prepared`.
    against : str
        The other axis; None takes the first of `numeric_axes`.

    Returns
    -------
    ([Plan], str)
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
    found = _mapped(data, chosen)
    told = _told(data)
    ends = cache(lambda: _ends(data, chosen, [selection for _, selection in found], told))
    plans = [Plan("regime map" + ("" if label == ALL else f" ({label})"), partial(_map, data, chosen, label, selection, ends, told), 4)
             for label, selection in found]
    if not plans:
        return [], f"'{chosen}' takes no two values where the width is swept, or nothing is measured there"
    others = [a for a in axes if a != chosen]
    return plans, f"drawn over '{chosen}'; --against draws another: {', '.join(others)}" if others and not against else ""


def map_pictures(data, against=None):
    """([Picture], str): the maps of `map_plans`, drawn."""
    plans, why = map_plans(data, against)
    return list(pictures([Kind("regime map", plans)])), why


def _mapped(data, axis):
    """The conditions with networks of two widths and of two values of the axis."""
    there = (data.status == 1).isel({axis: np.isfinite(data[axis].values.astype(float))})
    there = there.any(role(data, "replicate"))
    wide, long = there.any(axis).sum("width") > 1, there.any("width").sum(axis) > 1
    return cells_of(data, [d for d in wide.dims], wide & long)


def cell_means(data, values, axis, selection):
    """Means over seeds, an array (values of the axis, widths); NaN where a cell is missing."""
    levels = [v for v in data[axis].values if np.isfinite(v)]
    return np.array([mean_over_seeds(numbers(values, {**selection, axis: v})) for v in levels])


def _ends(data, axis, selections, told):
    """Title of a panel -> (low, high): the ends of its colours, the same in the maps of all conditions."""
    found = {}
    for selection in selections:
        for title, values, log in _panels(data, axis, selection, told):
            there = values[np.isfinite(values) & ((values > 0) | (not log))]
            low, high = found.get(title, (np.inf, -np.inf))
            found[title] = min(low, there.min(initial=np.inf)), max(high, there.max(initial=-np.inf))
    return found


def _map(data, axis, label, selection, ends, told):
    """One figure. Raises NoFigure where nothing is measured."""
    data, thinned = some_widths(data, MOST_CELLS)
    if data.sizes[axis] > MOST_CELLS:
        thinned += f" {MOST_CELLS} of {data.sizes[axis]} values of {axis.replace('_', ' ')}."
        data = data.isel({axis: some(range(data.sizes[axis]), MOST_CELLS)})
    levels = [v for v in data[axis].values if np.isfinite(v)]
    there = cell_means(data, (data.status == 1).astype(float), axis, selection) > 0
    columns, rows = there.any(0), there.any(1)
    panels = [(title, values[rows][:, columns], log) for title, values, log in _panels(data, axis, selection, told)]
    panels = [p for p in panels if np.isfinite(p[1]).any()]
    if not panels:
        raise NoFigure("nothing is measured there")
    name, words = str(data.attrs.get("title") or "study"), axis.replace("_", " ")
    size = (max(3.0, 0.42 * columns.sum() + 1.9), max(1.5, 0.3 * rows.sum() + 0.9))
    across = 2 if len(panels) > 1 else 1
    down = -(-len(panels) // across)
    figure = Figure(figsize=(size[0] * across, size[1] * down + 0.6), layout="constrained")
    grid = figure.subplots(down, across, squeeze=False)
    title = f"{name}: regime over width and {words}" + ("" if label == ALL else f" ({label})")
    head(figure, title)
    gaps = next((values for words, values, _ in panels if words == QUANTITIES[2][1]), None)
    for axes, (title, values, log) in zip(grid.flat, panels):
        colours = figure.colorbar(paint(axes, values, log, *ends()[title]), ax=axes, shrink=0.9)
        colours.solids.set_gid(DATA)
        if log:
            log_labels(colours.ax)
        if gaps is not None:
            outline(axes, np.where(np.isfinite(gaps), gaps <= CROSSOVER_GAP, np.nan))
        axes.set_title(titled(title, axes), loc="left")
        axes.set_xticks(range(columns.sum()), width_ticks(data.width.values[columns]))
        axes.set_yticks(range(rows.sum()), [f"{v:g}" for v in np.array(levels)[rows]])
        axes.set_xlabel("width")
        axes.set_ylabel(literal(short(words, 36)))
    for axes in list(grid.flat)[len(panels):]:
        axes.remove()
    line = f" Orange line: linearisation gap {CROSSOVER_GAP:g}." if gaps is not None else ""
    line += thinned
    note(figure, f"{'Means over seeds' if has_seeds(data) else 'One network per cell'}; hatched: no number.{line}")
    means = "Means over seeds of" if has_seeds(data) else "One network in"
    caption = (f"{means} each cell of width and {words}{'' if label == ALL else f' ({label})'}; hatched: no "
               f"number.{line}")
    return Picture(file_name(name, "width_map", axis, "" if label == ALL else label), caption, figure)


def _told(data):
    """(words, numbers at one intensity) of the adversary's robust accuracy: [] without one."""
    curve = adversary(data)
    level = curve and middle_level(curve[0], curve[2])
    if level is None:
        return []
    values, attack, intensity = curve
    return [(f"robust accuracy, {attack_name(attack)}, {text(intensity, level)}", values.sel({intensity: level}))]


def _panels(data, axis, selection, told):
    """(title, means, whether the ramp is logarithmic) of every quantity that the study has numbers for.

    `told` is `_told` of the whole study, of which `data` may be a part.
    """
    for variable, title, last in QUANTITIES:
        if variable in data and not (last and not data.sizes["layer"]):
            yield title, cell_means(data, last_layer(data[variable]) if last else data[variable], axis, selection), True
    for title, values in told:
        here = values.sel({name: data[name].values for name in ("width", axis)})
        yield title, cell_means(data, here, axis, selection), False
