# SPDX-License-Identifier: MIT
"""From rows of trials to a grid: which axes become dimensions, and when the rows stay a list."""

import numpy as np
import xarray as xr

#: No grid has more cells than this per row of the file; otherwise the file's size would not bound the memory.
MOST_CELLS_PER_ROW = 8
LAYOUTS = ("auto", "grid", "trials")


def unfold(rows, attributes, layout="auto", stored=None):
    """The results as a grid of the study's axes, or as the list of trials that they are in the file.

    Parameters
    ----------
    rows : xarray.Dataset
        Everything in the file over `trial`; its variables are taken out of it one by one, to save memory.
    attributes : dict
        The file's attributes, parsed: `axes`, `study` and `resolved` (for the options that are zipped).
    layout : str
        One of LAYOUTS, as for `load`.
    stored : dict, optional
        Name -> (dimensions, stored.Stored, attributes) of variables that are not read yet. Each takes the place of the
        variable of this name in `rows`.

    Returns
    -------
    xarray.Dataset
        With the attributes `layout` ("grid" or "trials") and `zipped`: dimension -> names of the axes that share it.
    """
    stored = stored or {}
    axes = [a for a in attributes.get("axes", []) if a["role"] != "evaluation"]
    axes = [a for a in axes if a["coordinate"] in rows.variables and rows[a["coordinate"]].dims == ("trial",)]
    coded = {a["coordinate"]: _labels_and_places(rows[a["coordinate"]].values) for a in axes}
    dimensions = _dimensions(axes, attributes, coded)
    count = rows.sizes.get("trial", 0)
    shape = tuple(size for _, _, size, _ in dimensions)
    cells = int(np.prod(shape, dtype=object)) if shape else 0
    # With more cells than 64 bits can count, the place of a row cannot be computed.
    fits = dimensions and count and cells < 2**62
    flat = np.ravel_multi_index([places for _, _, _, places in dimensions], shape) if fits else None
    # Two rows in one cell: in a grid, one of them would be lost.
    fits = fits and len(np.unique(flat)) == count
    if layout == "grid" and dimensions and count and not fits:
        why = "more cells than can be counted" if cells >= 2**62 else "two rows in one cell"
        raise ValueError(f"layout 'grid': the grid has {why}; use 'auto' or 'trials'")
    if layout == "trials" or not fits or (layout == "auto" and cells > MOST_CELLS_PER_ROW * count):
        rows = rows.assign({name: values.variable(dims, said) for name, (dims, values, said) in stored.items()})
        return _listed(rows, attributes, [a["coordinate"] for a in axes])
    return _grid(rows, attributes, dimensions, shape, flat, stored)


def _labels_and_places(values):
    """The distinct labels of an axis in order (numbers ascending, NaN last), and each row's place among them."""
    if values.dtype.kind in "biuf":
        labels, places = np.unique(values, return_inverse=True)
        return labels, places.reshape(-1)
    order = {}
    places = np.array([order.setdefault(value, len(order)) for value in values.tolist()], dtype=int)
    return np.array(list(order), dtype=object).astype(str), places


def _dimensions(axes, attributes, coded):
    """[(name, axes that share it, size, place of each row)] in the order of the study's axes."""
    found, taken = [], {a["coordinate"] for a in axes}
    replicate = {a["coordinate"] for a in axes if a["role"] == "replicate"}
    groups = _zipped(axes, attributes, coded)
    for axis in axes:
        name = axis["coordinate"]
        group = next((g for g in groups if name in g), [name])
        if name != group[0]:
            continue
        if len(group) == 1:
            labels, places = coded[name]
            found.append((name, group, len(labels), places))
            continue
        together = np.array([coded[n][1] for n in group])
        _, first, places = np.unique(together, axis=1, return_index=True, return_inverse=True)
        places, size = places.reshape(-1), len(first)
        # The first axis whose labels tell all settings apart names the dimension. Training axes come before a seed,
        # whose name would suggest replicates. Without such an axis the settings are numbered.
        leader = next((n for n in sorted(group, key=replicate.__contains__) if len(coded[n][0]) == size), None)
        if leader is not None:
            places = coded[leader][1]
        else:
            leader = _free("zip", taken)
            taken.add(leader)
            rank = np.empty(size, int)
            rank[np.argsort(first)] = np.arange(size)  # in the order of the file
            places = rank[places]
        found.append((leader, group, size, places))
    return found


def _zipped(axes, attributes, coded):
    """Groups of axes that the study zips; where the file does not have the study, axes that always vary together."""
    studies = [attributes.get(n) for n in ("resolved", "study") if isinstance(attributes.get(n), dict)]
    names = {a.get("pointer"): a["coordinate"] for a in axes}
    if studies:
        asked = next((s["zip"] for s in studies if isinstance(s.get("zip"), list)), [])
        groups = [[names[p] for p in names if p in group] for group in asked if isinstance(group, list)]
        return [g for g in groups if len(g) > 1]
    groups = {}
    for axis in axes:
        labels, places = coded[axis["coordinate"]]
        if len(labels) > 1:
            # Axes vary together when each takes a new label at the same rows.
            seen = {}
            key = tuple(seen.setdefault(p, len(seen)) for p in places.tolist())
            groups.setdefault((axis["role"], key), []).append(axis["coordinate"])
    return [g for g in groups.values() if len(g) > 1]


def _free(wanted, taken):
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted}{number}"
    return name


def _listed(rows, attributes, names):
    attributes = {**attributes, "layout": "trials", "zipped": {}}
    if rows.sizes.get("trial", 0) and "trial" not in rows.coords:
        rows = rows.assign_coords(trial=np.arange(rows.sizes["trial"]))
    return rows.set_coords(names).assign_attrs(attributes)


def listed(data):
    """The networks of a grid as a list of trials: the inverse of `unfold`.

    Parameters
    ----------
    data : xarray.Dataset
        As from `load` in either layout, or a part of it.

    Returns
    -------
    xarray.Dataset
        One dimension `trial` instead of the axes, without the cells that the study does not ask for. Its labels are the
        rows of the file. Results in layout "trials" stay as they are.
    """
    if data.attrs.get("layout") == "trials":
        return data
    dims, row = data.status.dims, data.get("trial")
    rows = data.drop_vars("trial", errors="ignore")
    rows = rows.stack(trial=dims, create_index=False) if dims else rows.expand_dims("trial")
    rows = rows.transpose("trial", ...)
    if row is not None:
        rows = rows.assign_coords(trial=row.broadcast_like(data.status).transpose(*dims).values.reshape(-1))
    if "trial_id" in rows:
        rows = rows.isel(trial=np.flatnonzero(rows.trial_id.values.astype(str) != ""))
    rows.encoding["source"] = data.encoding.get("source", "results.h5")
    names = [a["coordinate"] for a in data.attrs.get("axes", []) if a["coordinate"] in rows.variables]
    return _listed(rows, data.attrs, names)


def _grid(rows, attributes, dimensions, shape, flat, stored):
    names = [name for name, *_ in dimensions]
    order = np.argsort(flat) if len(flat) == np.prod(shape) else None
    shared = {axis: name for name, group, *_ in dimensions if len(group) > 1 for axis in group}
    variables, coordinates = {}, {}
    for name, group, size, places in dimensions:
        first = np.zeros(size, int)
        first[places[::-1]] = np.arange(len(places))[::-1]
        for axis in group:
            values = rows[axis].values[first]
            values = values.astype(str) if values.dtype == object else values
            coordinates[axis] = xr.Variable((name,), values, rows[axis].attrs)
        if name not in coordinates:
            coordinates[name] = xr.Variable((name,), np.arange(size), {"long_name": "place in the zipped options"})
    left = dict(rows.variables)
    were_coordinates = set(rows.coords)
    del rows
    for name in list(left):
        variable = left.pop(name)
        if name in coordinates or name in shared:
            continue
        if name == "trial":  # load_model takes it, so it goes wherever the cells go
            row = np.full(int(np.prod(shape)), -1)
            row[flat] = np.arange(len(flat))
            variable = xr.Variable(tuple(names), row.reshape(shape), {**variable.attrs, "long_name": "row of the file"})
        elif name in stored:
            dims, values, said = stored[name]
            variable = values.on_grid(shape, flat).variable(tuple(names) + dims[1:], said)
        elif "trial" in variable.dims:
            variable = variable.transpose("trial", ...)
            values = _cells(variable.values, shape, flat, order, name.endswith("status"))
            variable = xr.Variable(tuple(names) + variable.dims[1:], values, variable.attrs)
        (coordinates if name in were_coordinates else variables)[name] = variable
    zipped = {name: group for name, group, *_ in dimensions if len(group) > 1}
    return xr.Dataset(variables, coordinates, {**attributes, "layout": "grid", "zipped": zipped})


def _cells(values, shape, flat, order, is_status):
    """Values (row, ...) as (cells of the grid, ...); cells without a row are NaN, "", status 0."""
    if order is not None:
        return values[order].reshape(shape + values.shape[1:])
    if values.dtype.kind in "iub" and not is_status:
        values = values.astype(np.float64)
    empty = np.nan if values.dtype.kind == "f" else "" if values.dtype.kind in "OUS" else 0
    cells = np.full((int(np.prod(shape)), *values.shape[1:]), empty, object if values.dtype.kind in "OUS" else values.dtype)
    cells[flat] = values
    return cells.reshape(shape + values.shape[1:])
