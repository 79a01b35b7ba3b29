# SPDX-License-Identifier: MIT
"""A study's numbers as functions of the width: its conditions, the diagnostics of the kernel regime, numbers per seed."""

import matplotlib
import numpy as np

from eigensweep_analysis.layout import MOST_LINES, has_seeds, is_nan, role, select_cell, text
from eigensweep_analysis.metrics import with_plain_names
from eigensweep_analysis.panels import MARKERS, some
from eigensweep_analysis.statistics import DEVIATION

#: Quantities that the kernel regime predicts as powers of the width: variable, name in figures, dimension it runs over.
DIAGNOSTICS = [
    ("weight_change", "weight change", "affine"),
    ("parameter_change", "parameter change", None),
    ("feature_change", "feature change", "layer"),
    ("gate_flips", "gate flips", "layer"),
    ("cka_distance", "1 - CKA", "layer"),
    ("ntk_drift", "NTK drift", None),
    ("ntk_distance", "NTK distance", None),
    ("linearisation_gap", "linearisation gap", None),
]
PART = {"affine": "affine layer", "layer": "hidden layer"}
#: The label of the only condition of a study.
ALL = "all networks"


def prepared(data):
    """The results with plain names (see `with_plain_names`) and `cka_distance`, 1 - `cka`."""
    data = with_plain_names(data)
    return data.assign(cka_distance=1 - data.cka) if "cka" in data else data


def diagnostics(data):
    """The rows of DIAGNOSTICS for which the study has numbers."""
    return [row for row in DIAGNOSTICS if row[0] in data and np.isfinite(data[row[0]].values).any()]


def conditions(data, inner=()):
    """[(label, selection)] of every combination of training axes except width and `inner` that has a network."""
    axes = [d for d in data.status.dims if d not in ("width", *inner, *role(data, "replicate"))]
    return cells_of(data, axes, data.status == 1)


def cells_of(data, axes, there):
    """[(label, selection)] of the cells of these axes in which `there` holds anywhere."""
    there = there.any([d for d in there.dims if d not in axes]).transpose(*axes).values
    labels = [data[a].values for a in axes]
    found = []
    for place in np.argwhere(there).tolist() if axes else [[]] * bool(there):
        selection = {a: values[i] for a, values, i in zip(axes, labels, place)}
        words = [text(a, v) for a, v in selection.items() if data.sizes[a] > 1 and not is_nan(v)]
        found.append((", ".join(words) or ALL, selection))
    return found


def figures_of(found):
    """[(label, conditions)] of the figures that these conditions need: one figure, or one per value of some axes.

    Many conditions are split by their axes, the axis with the fewest values first.
    """
    if len(found) <= MOST_LINES:
        return [("", found)]
    values = {a: {str(selection[a]) for _, selection in found} for a in found[0][1]}
    several = [a for a in values if len(values[a]) > 1]
    if not several:
        return [("", found)]
    if len(several) == 1:
        axis, parts = several[0], [found[i : i + MOST_LINES] for i in range(0, len(found), MOST_LINES)]
        return [(f"{text(axis, part[0][1][axis])} to {_value(part[-1][1][axis])}", part) for part in parts]
    axis = min(several, key=lambda a: len(values[a]))
    groups = {}
    for label, selection in found:
        groups.setdefault(text(axis, selection[axis]), []).append((label, selection))
    return [(f"{label}, {inner}" if inner else label, some) for label, group in groups.items()
            for inner, some in figures_of(group)]


def _value(label):
    return f"{label:g}" if isinstance(label, (float, np.floating)) else str(label)


def swept(data):
    """The conditions that have networks of two widths or more."""
    there = (data.status == 1).any(role(data, "replicate"))
    axes = [d for d in there.dims if d != "width"]
    return cells_of(data, axes, there.sum("width") > 1) if "width" in there.dims else []


def finite_widths(data):
    """(widths as floats, which of them are finite)."""
    widths = data.width.values.astype(float)
    return widths, np.isfinite(widths)


def numbers(values, selection, part=None):
    """An array (width, seed, ...) of one condition; `part` is (dimension, place) or None.

    The array has one seed if the condition selects it (a dimension shared by zip), or if each width has its own.
    """
    chosen = select_cell(values, selection)
    if part is not None:
        chosen = chosen.isel({part[0]: part[1]})
    chosen = chosen if "seed" in chosen.dims else chosen.drop_vars("seed", errors="ignore").expand_dims("seed")
    return chosen.transpose("width", "seed", ...).values


def finite_numbers(data, variable, selection, part=None):
    """(finite widths, values (w, s)) of one condition."""
    widths, finite = finite_widths(data)
    return widths[finite], numbers(data[variable], selection, part)[finite]


def spread(data, one="One network per point."):
    """A sentence that explains lines and bands; `one` if no two networks differ by their seed alone."""
    return f"Lines: means over seeds; bands: {DEVIATION}." if has_seeds(data) else one


def some_widths(data, most):
    """(the results with at most that many widths, evenly chosen, a sentence on it or "")."""
    count = data.sizes["width"]
    if count <= most:
        return data, ""
    return data.isel(width=some(range(count), most)), f" {most} of {count} widths."


def parts(data, dimension):
    """The places along a dimension as `numbers` takes them; [None] without one."""
    return [(dimension, i) for i in range(data.sizes[dimension])] if dimension else [None]


def width_ticks(widths):
    """The widths as an axis of cells names them."""
    return [f"{w:g}" if np.isfinite(w) else r"$\infty$" for w in np.asarray(widths, float)]


def width_styles(widths):
    """Width -> (label, line style): one ramp from narrow to wide, told apart in grey too; infinity black and dashed."""
    finite = [w for w in widths if np.isfinite(w)]
    styles = {}
    for place, width in enumerate(finite):
        share = place / max(len(finite) - 1, 1)
        marker = MARKERS[place % len(MARKERS)]
        styles[width] = (f"width {width:g}", {"color": matplotlib.colormaps["viridis"](0.92 * (1 - share)), "marker": marker})
    for width in widths:
        if np.isinf(width):
            styles[width] = ("infinite width", {"color": "black", "linestyle": (0, (4, 1.5)), "marker": "*"})
    return styles
