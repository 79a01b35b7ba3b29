# SPDX-License-Identifier: MIT
"""A part of a study: the networks with given values of some axes."""

import numpy as np

from eigensweep_analysis.load import ResultsError


def only(data, conditions):
    """The results of the networks with these values.

    Parameters
    ----------
    data : xarray.Dataset
        As from `load`.
    conditions : list of str
        "AXIS=VALUE"; several of one axis keep all of these values.

    Returns
    -------
    xarray.Dataset
        With the axes that it had; an axis of one value stays a dimension.

    Raises
    ------
    ResultsError
        No such axis or no such value.
    """
    wanted = {}
    for condition in conditions:
        name, equals, value = condition.partition("=")
        if not equals:
            raise ResultsError(f"--where {condition}: no AXIS=VALUE; write e.g. --where width=256")
        wanted.setdefault(name, []).append(value)
    axes = [a["coordinate"] for a in data.attrs.get("axes", []) if a["coordinate"] in data.coords]
    for name, values in wanted.items():
        if name not in axes:
            raise ResultsError(f"--where {name}: no axis of this study; choose from: {', '.join(axes) or '(it has none)'}")
        chosen = np.zeros(data[name].size, bool)
        for value in values:
            matches = np.array([_is(label, value) for label in data[name].values.tolist()], bool)
            if not matches.any():
                labels = list(dict.fromkeys(map(_word, data[name].values.tolist())))
                shown = ", ".join(labels[:12]) + (", ..." if len(labels) > 12 else "")
                raise ResultsError(f"--where {name}={value}: the axis has no such value; choose from: {shown}")
            chosen |= matches
        data = data.isel({data[name].dims[0]: np.flatnonzero(chosen)})
    return data.assign_attrs(where=list(conditions)) if conditions else data


def _word(label):
    if isinstance(label, bool):
        return "true" if label else "false"
    return f"{label:.12g}" if isinstance(label, float) else str(label)


def _is(label, value):
    if isinstance(label, bool) or isinstance(label, str):
        return _word(label) == value
    try:
        return np.isclose(label, float(value), rtol=1e-9, atol=0, equal_nan=True)
    except ValueError:
        return False
