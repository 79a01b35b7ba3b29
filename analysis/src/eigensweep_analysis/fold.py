# SPDX-License-Identifier: MIT
"""Studies that are no grid, for figures and tables: zipped settings and lists of trials become one named axis."""

import numpy as np
import xarray as xr

from eigensweep_analysis.attacked import middle_level
from eigensweep_analysis.layout import robust_accuracies, text
from eigensweep_analysis.unfold import MOST_CELLS_PER_ROW


def for_figures(data):
    """The results as figures take them.

    The labels of a dimension `zip` are its settings. A list of trials becomes an axis `point`, the distinct settings of
    the training axes with the best first, and an axis `replicate` if settings have several networks.
    """
    data = _zips_named(data)
    names = training_axes(data)
    if "trial" not in data.dims or not data.sizes["trial"] or not names:
        return data
    return _points(data, names)


def training_axes(data):
    """Names of the coordinates, dimensions or not, that hold the training options of the networks."""
    return [a["coordinate"] for a in data.attrs.get("axes", [])
            if a["role"] == "training" and a["coordinate"] in data.coords and a["coordinate"] not in ("point", "zip")]


def is_sparse(data):
    """Whether there are axes but no grid of them."""
    return data.attrs.get("layout") == "trials" and bool(training_axes(data))


def _zips_named(data):
    added = []
    for name, axes in data.attrs.get("zipped", {}).items():
        if name not in axes:
            labels = [settings(axes, values) for values in zip(*(data[a].values for a in axes))]
            data = data.assign_coords({name: (name, np.array(labels, object))})
            added.append({"name": name, "coordinate": name, "pointer": "/zip", "role": "training"})
    return data.assign_attrs(axes=[*data.attrs.get("axes", []), *added]) if added else data


def settings(names, values):
    """Several options with their values in words, without the options that a case does not have."""
    words = [text(n, v) for n, v in zip(names, values) if not (isinstance(v, float) and np.isnan(v))]
    return ", ".join(words) or "no option"


def _points(data, names):
    count = data.sizes["trial"]
    coded = np.array([np.unique(data[n].values.astype(str), return_inverse=True)[1].reshape(-1) for n in names])
    _, first, point = np.unique(coded, axis=1, return_index=True, return_inverse=True)
    point = point.reshape(-1)
    order = np.argsort(point, kind="stable")
    begins = np.searchsorted(point[order], np.arange(len(first)))
    replicate = np.empty(count, int)
    replicate[order] = np.arange(count) - begins[point[order]]
    most = int(replicate.max()) + 1
    if len(first) * most > MOST_CELLS_PER_ROW * count:  # one setting has many networks, most have few
        first, point, replicate, most = np.arange(count), np.arange(count), np.zeros(count, int), 1
    # The best settings come first, settings without a number last; ties keep the order of the file.
    scores = _scores(data)
    sums = np.bincount(point, np.nan_to_num(scores), len(first))
    numbers = np.bincount(point, np.isfinite(scores), len(first))
    means = np.where(numbers > 0, sums / np.maximum(numbers, 1), -np.inf)
    rank = np.empty(len(first), int)
    rank[np.lexsort((first, -means))] = np.arange(len(first))
    point, first = rank[point], first[np.argsort(rank)]
    variables = {}
    for name, variable in data.variables.items():
        if "trial" not in variable.dims or name == "trial":
            if name != "trial":
                variables[name] = variable
            continue
        values = variable.transpose("trial", ...).values
        if name in names:
            variables[name] = xr.Variable(("point",), values[first], variable.attrs)
            continue
        is_text = values.dtype.kind in "OUS"
        if values.dtype.kind in "iub" and not name.endswith("status"):
            values = values.astype(float)
        empty = "" if is_text else np.nan if values.dtype.kind == "f" else 0
        cells = np.full((len(first), most, *values.shape[1:]), empty, object if is_text else values.dtype)
        cells[point, replicate] = values
        variables[name] = xr.Variable(("point", "replicate", *variable.dims[1:]), cells, variable.attrs)
    labels = [settings(names, values) for values in zip(*(data[n].values[first].tolist() for n in names))]
    labels = [label if seen == 0 else f"{label} ({seen + 1})" for label, seen in zip(labels, _occurrences(labels))]
    coordinates = {n: variables.pop(n) for n in data.coords if n in variables}
    coordinates["point"] = xr.Variable(("point",), np.array(labels, object))
    coordinates["replicate"] = xr.Variable(("replicate",), np.arange(most))
    axes = [*data.attrs["axes"], {"name": "point", "coordinate": "point", "pointer": "/", "role": "training"},
            {"name": "replicate", "coordinate": "replicate", "pointer": "/", "role": "replicate"}]
    return xr.Dataset(variables, coordinates, {**data.attrs, "axes": axes})


def _scores(data):
    """The numbers that rank settings: the test accuracy, else that under the first attack with numbers, else NaN."""
    if "test_accuracy" in data and data.test_accuracy.dims == ("trial",):
        return data.test_accuracy.values.astype(float)
    for values, _, intensity in robust_accuracies(data):
        level = middle_level(values, intensity)
        if level is not None:
            scores = values.sel({intensity: level}).values.astype(float)
            if np.isfinite(scores).any():
                return scores
    return np.full(data.sizes["trial"], np.nan)


def _occurrences(labels):
    """How often each label has occurred before."""
    seen = {}
    for label in labels:
        seen[label] = seen.get(label, -1) + 1
        yield seen[label]
