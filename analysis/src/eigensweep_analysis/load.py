# SPDX-License-Identifier: MIT
"""From the results file's rows of trials to one labelled array per quantity, with the study's axes as dimensions."""

import json
from pathlib import Path

import h5py
import numpy as np
import xarray as xr

FILE_TYPE = "eigensweep-results"
FORMAT_VERSION = 1

#: What `status` holds.
STATUS = {-1: "not asked", 0: "missing", 1: "ok", 2: "failed", 3: "diverged"}
#: Variables that every evaluation's group has: always named with the group's label in front.
BOOKKEEPING = ("status", "message", "evaluation_seconds", "kind", "options")


class ResultsError(ValueError):
    """The file is no results file that this package reads; the message says what to do."""


def load(path):
    """The results of a study as one xarray.Dataset whose dimensions are the study's axes.

    Parameters
    ----------
    path : str or Path
        A results file, `runs/<study>/results.h5`.

    Returns
    -------
    xarray.Dataset
        One dimension per training and replicate axis of the study (`width`, `depth`, `strength`, `seed`, ...), also
        where it has one value; numbers ascending, names in the order of the file. A cell to which an axis does not
        apply (a case without it) stands at the label NaN (numbers) or "" (names).

        Metrics and attacks keep their names (`test_accuracy`, `robust_accuracy[..., attack, epsilon]`,
        `eigenvalues[..., layer, eigenvalue]`), metrics with the group's label in front where two would collide.
        Attacks of another strength carry its name: `robust_accuracy_sigma[..., attack_sigma, sigma]`;
        training history is `history_loss[..., epoch]`, an evaluation's own state `accuracy_status` and so on.
        Each variable's attributes `group` and `column` say where in the file it stands, `family` whether that is a
        "metric" or an "attack".
        Numbers that are not there (yet) are NaN; `status` (see STATUS), `trial_id` and `message` say why.
        Attributes: those of the file, with its JSON texts parsed: `axes`, `evaluations`, `study`, `resolved`,
        `provenance`, `study_warnings`.

    Raises
    ------
    ResultsError
        The file is missing, no results file, or of a newer format.
    """
    path = Path(path)
    if not path.is_file():
        raise ResultsError(f"{path}: no such file; give the results.h5 of a run")
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise ResultsError(f"{path}: not an HDF5 file ({error}); give the results.h5 of a run") from None
    with file:
        _check(path, file)
        attributes = _attributes(file)
        rows = _read(file, attributes)
        return _unstack(rows, attributes)


def _check(path, file):
    file_type = _text(file.attrs.get("file_type", ""))
    if file_type != FILE_TYPE:
        raise ResultsError(
            f"{path}: file_type is '{file_type}', not '{FILE_TYPE}' (this is not a results file); "
            "give the results.h5 of a run"
        )
    version = int(np.asarray(file.attrs.get("format_version", 0)).ravel()[0])
    if version != FORMAT_VERSION:
        raise ResultsError(
            f"{path}: format_version is {version}, this package reads {FORMAT_VERSION}; "
            "install the eigensweep_analysis that came with the eigensweep that wrote it"
        )


def _text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def _attributes(file):
    """The root's attributes; JSON texts become objects without their suffix."""
    found = {}
    for name, value in file.attrs.items():
        if name.startswith("_"):
            continue  # netCDF's own
        if isinstance(value, (bytes, str)):
            value = _text(value)
            if name.endswith("_json") or name in ("provenance", "study_warnings"):
                try:
                    value = json.loads(value)
                except json.JSONDecodeError:
                    pass
                name = name.removesuffix("_json")
        elif isinstance(value, np.generic):
            value = value.item()
        elif isinstance(value, np.ndarray) and value.size == 1:
            value = value.ravel()[0].item() if value.dtype != object else _text(value.ravel()[0])
        found[name] = value
    return found


def _dimensions(dataset):
    """Names of the dimension scales attached to a dataset."""
    names = []
    for axis, dimension in enumerate(dataset.dims):
        if len(dimension) == 0:
            raise ResultsError(f"{dataset.file.filename}: {dataset.name} has no scale on dimension {axis}")
        names.append(dimension[0].name.rsplit("/", 1)[-1])
    return tuple(names)


def _values(dataset):
    """A dataset's numbers; texts as str; the fill value as NaN where the type has one to give."""
    if h5py.check_string_dtype(dataset.dtype) is not None:
        return dataset.asstr()[...].astype(object)
    values = dataset[...]
    if _text(dataset.attrs.get("dtype", "")) == "bool":
        return values.astype(bool)
    fill = dataset.attrs.get("_FillValue")
    if fill is not None and values.dtype.kind in "iu":
        missing = values == np.asarray(fill).ravel()[0]
        if missing.any():
            values = np.where(missing, np.nan, values.astype(np.float64))
    return values


def _scalar_attributes(dataset):
    kept = {}
    for name in ("long_name", "description", "units"):
        if name in dataset.attrs:
            kept[name] = _text(dataset.attrs[name])
    return kept


def _families(attributes):
    """What each group of evaluations holds, "attack" or "metric", by the list of evaluations: names are the user's."""
    return {e["group"]: e["family"] for e in attributes.get("evaluations", []) if "group" in e and "family" in e}


def _read(file, attributes):
    """A Dataset over `trial` of everything in the file, groups flattened into names."""
    families = _families(attributes)
    members = []  # (group, name, dataset)
    scales = {}

    def visit(group, prefix):
        for name, item in group.items():
            if isinstance(item, h5py.Group):
                visit(item, f"{prefix}_{name}" if prefix else name)
            elif item.attrs.get("CLASS", b"") == b"DIMENSION_SCALE":
                scales.setdefault(name, item)
            else:
                members.append((prefix, name, item))

    visit(file, "")
    holders = {}  # name -> how many groups have it; the root's own names count as taken
    for group, name, _ in members:
        if not group or families.get(group) == "metric":  # other names do not depend on one another
            holders[name] = holders.get(name, 0) + (1 if group else 2)
    variables, coordinates = {}, {}
    for name, scale in scales.items():
        # A scale without values of its own (netCDF: "dimension without variable") gives no coordinate.
        if not _text(scale.attrs.get("NAME", "")).startswith("This is a netCDF dimension but not"):
            coordinates[name] = ((name,), _values(scale), _scalar_attributes(scale))
    for group, name, dataset in members:
        if families.get(group) == "attack" and name not in BOOKKEEPING:
            # Attacks of another strength than epsilon have a group of their own: robust_accuracy, robust_accuracy_sigma.
            label = name + group.removeprefix("attacks")
        else:
            prefixed = group and (families.get(group) != "metric" or name in BOOKKEEPING or holders[name] > 1)
            label = f"{group}_{name}" if prefixed else name
        while label in variables or label in coordinates:
            label = f"{group}_{label}"
        place = {"group": group, "column": name, "family": families.get(group, "")} if group else {}
        variables[label] = (_dimensions(dataset), _values(dataset), {**_scalar_attributes(dataset), **place})
    return xr.Dataset(variables, coordinates)


def _axis_labels(values):
    """The distinct labels of an axis in order (numbers ascending, NaN last), and each row's place among them."""
    if values.dtype.kind in "biuf":
        labels, places = np.unique(values, return_inverse=True)
        return labels, places.reshape(-1)
    order = {}
    places = np.array([order.setdefault(value, len(order)) for value in values.tolist()], dtype=int)
    return np.array(list(order), dtype=object).astype(str), places


def _empty(dtype, shape):
    if dtype.kind in "f":
        return np.full(shape, np.nan, dtype)
    if dtype.kind in "OUS":
        return np.full(shape, "", object)
    return np.zeros(shape, dtype)


def _unstack(rows, attributes):
    """Turns the dimension `trial` into one dimension per training and replicate axis."""
    names = [axis["coordinate"] for axis in attributes.get("axes", []) if axis["role"] != "evaluation"]
    names = [name for name in names if name in rows.variables and rows[name].dims == ("trial",)]
    labels, places = {}, []
    for name in names:
        labels[name], place = _axis_labels(rows[name].values)
        places.append(place)
    if not names:
        # A study of one network: rows stay a dimension of their own.
        names, labels, places = ["trial"], {"trial": np.arange(rows.sizes["trial"])}, [np.arange(rows.sizes["trial"])]
    shape = tuple(len(labels[name]) for name in names)
    full = len(set(zip(*(place.tolist() for place in places)))) == int(np.prod(shape))

    variables = {}
    for name, variable in rows.variables.items():
        if name in labels or name == "trial":
            continue
        if "trial" not in variable.dims:
            variables[name] = variable
            continue
        variable = variable.transpose("trial", ...)
        values = variable.values
        if not full and values.dtype.kind in "iub" and not name.endswith("status"):
            values = values.astype(np.float64)
        grid = _empty(values.dtype, shape + values.shape[1:])
        grid[tuple(places)] = values
        variables[name] = xr.Variable(tuple(names) + variable.dims[1:], grid, variable.attrs)
    coordinates = {name: variables.pop(name) for name in rows.coords if name in variables}
    for name in names:
        kept = rows[name].attrs if name in rows.variables else {}
        coordinates[name] = xr.Variable((name,), labels[name], kept)
    return xr.Dataset(variables, coordinates, attributes)
