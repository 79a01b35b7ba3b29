# SPDX-License-Identifier: MIT
"""Results as tables: a row per network, per attack and intensity, per layer, or per epoch."""

from pathlib import Path

import numpy as np
import pandas
import xarray as xr

from eigensweep_analysis.load import STATUS, ResultsError, load
from eigensweep_analysis.single_numbers import NO_NUMBERS, is_column, numbers
from eigensweep_analysis.unfold import listed

#: The first columns of every table. They also show that a table is an export's.
FIRST = ("trial", "trial_id", "status", "message")
#: What names an attack, before its intensities, and what came of it, after them.
ATTACK, OUTCOME = ("attack", "attack_kind", "attack_norm"), ("attack_status", "attack_message")
#: Columns of attacks that come before the others.
ACCURACIES = ("robust_accuracy", "robust_loss", "clean_accuracy", "clean_loss")

Results = str | Path | xr.Dataset


def networks(results: Results) -> pandas.DataFrame:
    """A row per network.

    Parameters
    ----------
    results : str, Path or xarray.Dataset
        A results file, the folder that it lies in, or what `load` returns, in either layout.

    Returns
    -------
    pandas.DataFrame
        `trial`, `trial_id`, `status`, `message`, the axes, then every number that a network has once:
        `test_accuracy`, `exponent/layer=1`, `robust_accuracy/pgd/epsilon=0.1`, ... Numbers are NaN
        where there are none, texts are "". `trial` is the row of the file, as `load_model` takes it.

    Raises
    ------
    ResultsError
        There are no networks.
    """
    data = _rows(results)
    found = numbers(data)
    table = _of_networks(data, np.arange(data.sizes["trial"]), {n.name for n in found})
    return pandas.DataFrame(table | {n.name: n.values for n in found})


def attacks(results: Results) -> pandas.DataFrame:
    """A row per network, attack and intensity that the study asks for, missing networks included.

    Parameters
    ----------
    results : str, Path or xarray.Dataset
        As for `networks`.

    Returns
    -------
    pandas.DataFrame
        As of `networks` up to the axes. Then the attack (`attack`, its label; `attack_kind`; `attack_norm`),
        a column per intensity (`epsilon`, `sigma`), `attack_status`, `attack_message`, the numbers of attacks
        (`robust_accuracy`, ...) and those that a network has once (`test_accuracy`, ...). A network
        without attacks has one row.

    Raises
    ------
    ResultsError
        There are no networks.
    """
    data = _rows(results)
    count = data.sizes["trial"]
    tables = [t for group in _attack_groups(data) if (t := _attacks(data, group)) is not None]
    intensities = list(dict.fromkeys(t.attrs["intensity"] for t in tables))
    attacked = set().union(*(t["place"] for t in tables)) if tables else set()
    rest = [place for place in range(count) if place not in attacked]
    if rest:
        tables.append(pandas.DataFrame({"place": rest}))
    # Without a column of its own a table takes NaN there, which is no text.
    rows = pandas.concat(tables, ignore_index=True).sort_values("place", kind="stable")
    for name in (*ATTACK, *OUTCOME):
        rows[name] = rows[name].fillna("") if name in rows else ""
    intensities = [n for n in intensities if n in rows]
    found = [n for n in rows if n not in ("place", *ATTACK, *intensities, *OUTCOME)]
    order = [*ATTACK, *intensities, *OUTCOME, *(n for n in ACCURACIES if n in found), *(n for n in found if n not in ACCURACIES)]
    places = rows["place"].to_numpy(int)
    columns = _of_networks(data, places, set(order))
    columns |= {name: rows[name].to_numpy() for name in order}
    for name, values in data.data_vars.items():
        if is_column(values) and values.dims == ("trial",) and not _is_bookkeeping(name, values):
            columns[_free(name, columns, values.attrs.get("group"))] = values.values[places]
    return pandas.DataFrame(columns)


def layers(results: Results) -> pandas.DataFrame:
    """A row per network and layer that has a number.

    Parameters
    ----------
    results : str, Path or xarray.Dataset
        As for `networks`.

    Returns
    -------
    pandas.DataFrame
        As of `networks` up to the axes, then `layer` (1 is the first hidden layer) and the numbers
        (`exponent`, ...). A column over affine layers is on the row of the hidden layer that its layer
        feeds. The readout feeds none. It is the row after the last hidden layer.
        The affine layers of an `rnn` are not those of its states: rows 1 to 3 have the numbers of what
        reads rows, of what reads the state, and of the readout.

    Raises
    ------
    ResultsError
        There are no networks, or none has a number per layer.
    """
    data = _rows(results)
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
        raise ResultsError(f"{_source(data)}: no network has a number per layer; the study needs the metric "
                           "spectrum and a network that has finished")
    places, layer = np.nonzero(there)
    table = _of_networks(data, places, {"layer", *cells})
    table["layer"] = layer + 1
    return pandas.DataFrame(table | {name: values[there] for name, values in cells.items()})


def epochs(results: Results) -> pandas.DataFrame:
    """A row per network and epoch that the training has recorded.

    Parameters
    ----------
    results : str, Path or xarray.Dataset
        As for `networks`.

    Returns
    -------
    pandas.DataFrame
        As of `networks` up to the axes, then `epoch` (from 1 on) and the numbers (`loss`, `task_loss`,
        `penalty`, `train_accuracy`, ...).

    Raises
    ------
    ResultsError
        There are no networks, or none has a number per epoch.
    """
    data = _rows(results)
    columns = {v.attrs.get("column", name): v.transpose("trial", "epoch").values.astype(float)
               for name, v in data.data_vars.items() if is_column(v) and v.dims == ("trial", "epoch")}
    there = np.zeros((data.sizes["trial"], data.sizes.get("epoch", 0)), bool)
    for values in columns.values():
        there |= ~np.isnan(values)
    if not there.any():
        raise ResultsError(f"{_source(data)}: no network has a number per epoch; 'eigensweep run' on its study trains them")
    places, epoch = np.nonzero(there)
    table = _of_networks(data, places, {"epoch", *columns})
    table["epoch"] = data["epoch"].values[epoch]
    return pandas.DataFrame(table | {name: values[there] for name, values in columns.items()})


#: Name of a table -> the function that makes it.
TABLES = {"networks": networks, "attacks": attacks, "layers": layers, "epochs": epochs}


def _rows(results):
    """The results, a row per network."""
    data = listed(results) if isinstance(results, xr.Dataset) else load(results, layout="trials")
    if not data.sizes.get("trial"):
        raise ResultsError(f"{_source(data)}: has no networks; 'eigensweep run' on its study trains them")
    return data


def _source(data):
    return data.encoding.get("source", "results.h5")


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
    """Rows of a group of attacks with one intensity (`attrs`): the network's `place`, ATTACK, OUTCOME and numbers."""
    columns = {v.attrs["column"]: v for v in data.data_vars.values() if v.attrs.get("group") == group}
    status = columns.get("status")
    if status is None or status.ndim not in (2, 3):
        return None
    asked = np.nonzero(status.values >= 0)
    intensity = status.dims[2] if status.ndim == 3 else None
    labels = data[status.dims[1]].values[asked[1]].astype(object)
    known = {e.get("label"): e for e in data.attrs.get("evaluations", []) if e.get("group") == group}
    norms = {label: (e.get("options") or {}).get("norm", "") for label, e in known.items()}
    table = {
        "place": asked[0],
        "attack": labels,
        "attack_kind": [known.get(label, {}).get("kind", "") for label in labels],
        "attack_norm": [norms.get(label, "") for label in labels],
        **({intensity: data[intensity].values[asked[2]]} if intensity else {}),
        "attack_status": [STATUS.get(s, "unknown") for s in status.values[asked].tolist()],
    }
    for name, values in columns.items():
        if name == "message" and values.dims == status.dims[:2]:
            table["attack_message"] = values.values[asked[:2]]
        elif is_column(values) and name not in NO_NUMBERS and values.dims[1:] and (
                values.dims == status.dims[: values.ndim]):
            table[name] = values.values[asked[: values.ndim]]
    rows = pandas.DataFrame(table)
    rows.attrs["intensity"] = intensity
    return rows


def _is_bookkeeping(name, values):
    return values.attrs.get("column", name) in NO_NUMBERS


def _free(name, taken, group, suffix=""):
    """A column's name; with the group in front, or the suffix behind, until no other has it."""
    while name in taken:
        name = f"{name}{suffix}" if suffix else f"{group or 'network'}_{name}"
    return name
