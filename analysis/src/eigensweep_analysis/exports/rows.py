# SPDX-License-Identifier: MIT
"""Results as long tables: a row per network, attack and intensity, or per network and layer."""

import numpy as np
import pandas

from eigensweep_analysis.exports.numbers import NO_NUMBERS, is_column
from eigensweep_analysis.load import STATUS, ResultsError

#: The first columns of every table. They also show that a table is an export's.
FIRST = ("trial", "trial_id", "status", "message")
ATTACK = ("attack", "attack_kind", "attack_norm", "intensity", "intensity_value", "attack_status",
          "attack_message")
#: Columns of attacks that come before the others.
ACCURACIES = ("robust_accuracy", "robust_loss", "clean_accuracy", "clean_loss")


def long_table(data, what=None):
    """A table of results.

    Parameters
    ----------
    data : xarray.Dataset
        As `load(path, layout="trials")` returns it.
    what : str, optional
        "layers" for a row per network and layer; without it, a row per network, attack and
        intensity.

    Returns
    -------
    pandas.DataFrame
        Numbers are NaN where there are none; texts are "".

    Raises
    ------
    ResultsError
        There is nothing to put into it.
    """
    if not data.sizes.get("trial"):
        raise ResultsError(f"{data.encoding.get('source', 'results.h5')}: has no networks, so there is "
                           "nothing to export; 'eigensweep run' on its study trains them")
    return layer_rows(data) if what == "layers" else attack_rows(data)


def attack_rows(data):
    """A row per network, attack and intensity that the study asks for, missing networks included.

    A network without attacks has one row. Columns: FIRST, the axes, ATTACK, the numbers of attacks,
    then the numbers that a network has once (test accuracy, ...).
    """
    count = data.sizes["trial"]
    tables = [t for group in _attack_groups(data) if (t := _attacks(data, group)) is not None]
    attacked = set().union(*(t["place"] for t in tables)) if tables else set()
    rest = [place for place in range(count) if place not in attacked]
    if rest:
        tables.append(pandas.DataFrame({"place": rest}))
    # Without a column of its own a table takes NaN there, which is no text.
    rows = pandas.concat(tables, ignore_index=True).sort_values("place", kind="stable")
    for name in ATTACK:
        if name not in rows:
            rows[name] = np.nan if name == "intensity_value" else ""
        elif name != "intensity_value":
            rows[name] = rows[name].fillna("")
    numbers = [n for n in rows if n not in ("place", *ATTACK)]
    order = [n for n in ACCURACIES if n in numbers] + [n for n in numbers if n not in ACCURACIES]
    places = rows["place"].to_numpy(int)
    columns = _of_networks(data, places, {*ATTACK, *order})
    columns |= {name: rows[name].to_numpy() for name in (*ATTACK, *order)}
    for name, values in data.data_vars.items():
        if is_column(values) and values.dims == ("trial",) and not _is_bookkeeping(name, values):
            columns[_free(name, columns, values.attrs.get("group"))] = values.values[places]
    return pandas.DataFrame(columns)


def layer_rows(data):
    """A row per network and layer that has a number.

    A column over affine layers is on the row of the hidden layer that its layer feeds. The readout
    feeds none. It is the row after the last hidden layer.
    """
    columns = {name: values for name, values in data.data_vars.items()
               if is_column(values) and values.dims[1:] in (("layer",), ("affine",))}
    layers = max((v.shape[1] for v in columns.values()), default=0)
    count = data.sizes["trial"]
    cells = {}
    for name, values in columns.items():
        cells[name] = np.full((count, layers), np.nan)
        cells[name][:, : values.shape[1]] = values.values
    there = np.zeros((count, layers), bool)
    for values in cells.values():
        there |= ~np.isnan(values)
    if not there.any():
        raise ResultsError("--long layers: no network has a number per layer; the study needs the "
                           "metric spectrum and a network that has finished")
    places, layer = np.nonzero(there)
    table = _of_networks(data, places, {"layer", *cells})
    table["layer"] = layer + 1
    return pandas.DataFrame(table | {name: values[there] for name, values in cells.items()})


def _of_networks(data, places, others):
    """The columns FIRST and the axes, of the networks at these places."""
    words = np.array([STATUS.get(s, "unknown") for s in data["status"].values.tolist()], object)
    found = {"trial": data["trial"].values, "trial_id": data["trial_id"].values.astype(object),
             "status": words,
             "message": data["message"].values if "message" in data else np.full(len(words), "", object)}
    taken = {*found, *others}
    for axis in data.attrs.get("axes", []):
        name = axis["coordinate"]
        if name in data.coords and data[name].dims == ("trial",):
            known_as = _free(name, taken, None, "_axis")
            taken.add(known_as)
            found[known_as] = data[name].values
    return {name: values[places] for name, values in found.items()}


def _attack_groups(data):
    groups = [v.attrs.get("group") for v in data.data_vars.values() if v.attrs.get("family") == "attack"]
    return list(dict.fromkeys(groups))


def _attacks(data, group):
    """Rows of a group of attacks with one intensity: the network's `place`, ATTACK and numbers."""
    columns = {v.attrs["column"]: v for v in data.data_vars.values() if v.attrs.get("group") == group}
    status = columns.get("status")
    if status is None or status.ndim not in (2, 3):
        return None
    asked = np.nonzero(status.values >= 0)
    intensity = status.dims[2] if status.ndim == 3 else ""
    labels = data[status.dims[1]].values[asked[1]].astype(object)
    known = {e.get("label"): e for e in data.attrs.get("evaluations", []) if e.get("group") == group}
    norms = {label: (e.get("options") or {}).get("norm", "") for label, e in known.items()}
    table = {
        "place": asked[0],
        "attack": labels,
        "attack_kind": [known.get(label, {}).get("kind", "") for label in labels],
        "attack_norm": [norms.get(label, "") for label in labels],
        "intensity": np.full(len(labels), intensity, object),
        "intensity_value": data[intensity].values[asked[2]] if intensity else np.full(len(labels), np.nan),
        "attack_status": [STATUS.get(s, "unknown") for s in status.values[asked].tolist()],
    }
    for name, values in columns.items():
        if name == "message" and values.dims == status.dims[:2]:
            table["attack_message"] = values.values[asked[:2]]
        elif is_column(values) and name not in NO_NUMBERS and values.dims[1:] and (
                values.dims == status.dims[: values.ndim]):
            table[name] = values.values[asked[: values.ndim]]
    return pandas.DataFrame(table)


def _is_bookkeeping(name, values):
    return values.attrs.get("column", name) in NO_NUMBERS


def _free(name, taken, group, suffix=""):
    """A column's name; with the group in front, or the suffix behind, until no other has it."""
    while name in taken:
        name = f"{name}{suffix}" if suffix else f"{group or 'network'}_{name}"
    return name
