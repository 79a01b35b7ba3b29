# SPDX-License-Identifier: MIT
"""The networks of a study one by one: options, numbers and training curves under plain names."""

import dataclasses
import datetime

import numpy as np

from eigensweep_analysis.exports.axes import axes
from eigensweep_analysis.single_numbers import is_column, numbers
from eigensweep_analysis.exports.place import study_name
from eigensweep_analysis.load import STATUS, ResultsError


@dataclasses.dataclass
class Network:
    """One row of the results file, of a network that was trained or tried."""

    #: The row of the file.
    row: int
    #: Its place among the rows that are exported.
    place: int
    trial_id: str
    #: Its `trial_id`, with -2, -3, ... where several cells of the study share one training.
    key: str
    #: "width 64, seed 0": the axes that have several values.
    label: str
    #: "ok", "failed" or "diverged".
    status: str
    #: Why it failed or diverged, one line.
    message: str
    #: Seconds that its training took; NaN if the file does not say it.
    seconds: float
    #: Axis -> value; without the axes that have no part in its case.
    options: dict
    #: Name -> finite or infinite number.
    numbers: dict
    #: Name ("history/loss") -> [(epoch, number)], without epochs that have none.
    curves: dict


def networks(data):
    """The networks that have finished, well or not.

    Parameters
    ----------
    data : xarray.Dataset
        As `load(path, layout="trials")` returns it.

    Returns
    -------
    found : list of Network
        In the order of the file.
    axes : list of exports.axes.Axis
        Their values are those of all rows.
    numbers : list of single_numbers.Number
        Likewise.

    Raises
    ------
    ResultsError
        No network has finished.
    """
    columns, options, curves = numbers(data), axes(data), _curves(data)
    keys = _keys(_texts(data, "trial_id"))
    messages = _texts(data, "message")
    several = [a for a in options if len(a.choices()) > 1]
    seconds = data["train_seconds"].values if "train_seconds" in data else np.full(len(keys), np.nan)
    found = []
    for place, status in enumerate(data["status"].values.tolist()):
        if STATUS.get(status, "missing") in ("missing", "not asked"):
            continue
        said = [f"{a.name} {_word(a.values[place])}" for a in several if a.values[place] is not None]
        found.append(Network(
            row=int(data["trial"].values[place]), place=place,
            trial_id=str(data["trial_id"].values[place]), key=keys[place],
            label=", ".join(said) or study_name(data), status=STATUS[status],
            message=messages[place], seconds=float(seconds[place]),
            options={a.name: a.values[place] for a in options if a.values[place] is not None},
            numbers={n.name: float(n.values[place]) for n in columns if not np.isnan(n.values[place])},
            curves={name: points for name, curve in curves.items() if (points := curve(place))}))
    if not found:
        raise ResultsError(f"{data.encoding.get('source', 'results.h5')}: no network has finished, so "
                           "there is nothing to export; 'eigensweep run' on its study trains them")
    return found, options, columns


def _curves(data):
    """Name -> a function from the place of a network to its [(epoch, number)]."""
    def curve(values, epochs):
        return lambda place: [(e, v) for e, v in zip(epochs, values[place].tolist()) if not np.isnan(v)]

    found = {}
    for name, values in data.data_vars.items():
        if is_column(values) and values.dims == ("trial", "epoch"):
            group = values.attrs.get("group")
            known_as = f"{group}/{values.attrs['column']}" if group else name
            found[known_as] = curve(values.values.astype(float), [int(e) for e in data["epoch"].values])
    return found


def _keys(ids):
    seen, keys = {}, []
    for trial_id in ids:
        seen[trial_id] = seen.get(trial_id, 0) + 1
        keys.append(trial_id if seen[trial_id] == 1 else f"{trial_id}-{seen[trial_id]}")
    return keys


def _texts(data, name):
    if name not in data:
        return [""] * data.sizes.get("trial", 0)
    return [" ".join(str(v).split()) for v in data[name].values.tolist()]


def _word(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def created(data):
    """When the results file was written, in seconds since 1970; 0 if the file does not say it."""
    said = str(data.attrs.get("created_utc", "")).replace("Z", "+00:00")  # Python 3.10 reads no Z
    try:
        return datetime.datetime.fromisoformat(said).timestamp()
    except ValueError:
        return 0.0
