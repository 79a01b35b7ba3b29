# SPDX-License-Identifier: MIT
"""From the results file's rows of trials to one labelled array per quantity, with the study's axes as dimensions."""

import json
from pathlib import Path

import h5py
import numpy as np
import xarray as xr

from eigensweep_analysis.stored import EAGER_BYTES, Source, Stored
from eigensweep_analysis.unfold import LAYOUTS, unfold

FILE_TYPE = "eigensweep-results"
FORMAT_VERSION = 1

#: What `status` holds.
STATUS = {-1: "not asked", 0: "missing", 1: "ok", 2: "failed", 3: "diverged"}
#: Variables that every evaluation's group has: always named with the group's label in front.
BOOKKEEPING = ("status", "message", "evaluation_seconds", "kind", "options")


class ResultsError(ValueError):
    """These results do not allow the request; the message is one line and says what to do."""


class UnreadableResults(ResultsError):
    """The file is missing, damaged, of a newer format or no results file; the message is one line."""


def load(path: str | Path, layout: str = "auto") -> xr.Dataset:
    """The results of a study as one xarray.Dataset whose dimensions are the study's axes.

    Parameters
    ----------
    path : str or Path
        A results file, `runs/<study>/results.h5`, or the folder that it lies in.
    layout : {"auto", "grid", "trials"}
        "grid": a dimension per axis. "trials": the rows of the file as they are, one dimension `trial` with the axes
        as coordinates along it. "auto": a grid where that has at most 8 cells per row of the file
        (`unfold.MOST_CELLS_PER_ROW`), else trials: so memory follows from the size of the file. A random search, or a
        grid most of whose cells are excluded, is thus a list of trials.

    Returns
    -------
    xarray.Dataset
        One dimension per training and replicate axis of the study (`width`, `depth`, `strength`, `seed`, ...), also
        where it has one value; numbers ascending, names in the order of the file. A cell to which an axis does not
        apply (a case without it) stands at the label NaN (numbers) or "" (names).

        Options that the study zips share one dimension. It is named after the first of them whose values are all
        different, and the others are coordinates along it: `data.sel(width=64).learning_rate`. Where none has
        different values all along, the dimension is called `zip` and its labels are 0, 1, ... in the file's order.
        Of a seed zipped with training options, these come first; whatever its name, the dimension holds settings and
        no replicates, so a mean over it is one over settings.

        Metrics and attacks keep their names (`test_accuracy`, `robust_accuracy[..., attack, epsilon]`,
        `eigenvalues[..., layer, eigenvalue]`), metrics with the group's label in front where two would collide.
        Attacks of another intensity carry its name: `robust_accuracy_sigma[..., attack_sigma, sigma]`;
        training history is `history_loss[..., epoch]`, an evaluation's own state `accuracy_status` and so on.
        Each variable's attributes `group` and `column` say where in the file it stands, `family` whether that is a
        "metric" or an "attack". A number above the attribute `alarm_above` is an alarm, and `alarm` says what it means.
        Variables of more than 8 MiB (`stored.EAGER_BYTES`) are read when they are used, from a file that then stays open.
        Numbers that are not there (yet) are NaN; `status` (see STATUS), `trial_id` and `message` say why.
        In a grid the coordinate `trial` is each cell's row of the file, -1 of a cell without one.
        Attributes: those of the file, with its JSON texts parsed: `axes`, `evaluations`, `study`, `resolved`,
        `provenance`, `study_warnings`; `layout`, which of the two it is; `zipped`, dimension -> axes that share it.

    Raises
    ------
    UnreadableResults
        The file is missing, truncated or damaged, no results file, or of a newer format.
    ResultsError
        `layout` is "grid" and the rows have no grid, or one beyond this machine's memory. `UnreadableResults` is one.
    OSError
        The system refused to read the file (no permission, an input/output error).
    """
    if layout not in LAYOUTS:
        raise ResultsError(f"layout {layout!r}: no such layout; choose from: {', '.join(LAYOUTS)}")
    path, (rows, attributes, stored) = read_file(path, _rows)
    _check_axes(path, attributes)
    try:
        data = unfold(rows, attributes, layout, stored)
    except MemoryError as error:
        raise ResultsError(f"{path}: no memory for this layout ({_words(error)}); use layout 'trials'") from None
    except ValueError as error:
        raise ResultsError(f"{path}: {error}") from None
    data.encoding["source"] = str(path.absolute())  # as of xarray.open_dataset; load_model reads it
    return data


def _open(path):
    # A results file is replaced as a whole, never written to: no lock is needed, and some file systems have none. Where
    # the user has it open in this process already, HDF5 wants the same flag again.
    for locking in (False, None):
        try:
            return h5py.File(path, "r", locking=locking)
        except OSError as error:
            if "file locking" not in str(error):
                raise
    return h5py.File(path, "r", locking=True)


def read_file(path, read):
    """What `read` makes of a results file.

    Parameters
    ----------
    path : str or Path
        As for `load`.
    read : callable
        Gets the opened h5py.File, whose type and version are right. Whatever it raises but
        MemoryError and UnreadableResults means that the file is damaged.

    Returns
    -------
    path : Path
        Of the file itself.
    result
        What `read` returned.

    Raises
    ------
    UnreadableResults, OSError
        As `load`.
    """
    path = _file_of(Path(path))
    try:
        file = _open(path)
    except OSError as error:
        why = _words(error)
        raise UnreadableResults(f"{path}: no HDF5 file or a damaged one ({why}); {_ANEW}") from None
    with file:
        try:
            _check(path, file)
            return path, read(file)
        except (MemoryError, UnreadableResults):
            raise
        except Exception as error:  # noqa: BLE001 - flipped bits can raise any error of h5py, numpy and xarray
            raise UnreadableResults(f"{path}: damaged ({_words(error)}); {_ANEW}") from None


def _rows(file):
    attributes = _attributes(file)
    rows, stored = _read(file, attributes)
    missing = [name for name in ("trial", "trial_id", "status") if name not in rows.variables]
    if missing:
        raise ValueError(f"it has no '{missing[0]}'")
    return rows, attributes, stored


#: What to do about a damaged file.
_ANEW = "'eigensweep collect' on its folder makes it anew from the ledger"


def _file_of(path):
    """The results file that a path names; OSError where the system refuses to read it."""
    if path.is_dir():
        inside = path / "results.h5"
        if not inside.is_file():
            raise UnreadableResults(f"{path}: a folder without results.h5; give the results.h5 of a run")
        path = inside
    if not path.exists():
        raise UnreadableResults(f"{path}: no such file; give the results.h5 of a run")
    if not path.is_file():
        raise UnreadableResults(f"{path}: no regular file; give the results.h5 of a run")
    with open(path, "rb") as stream:  # HDF5 raises the same error for a refusal of the system and a damaged file
        stream.read(1)
    return path


def _words(error):
    """An error's text on one line."""
    return " ".join(str(error).split()) or type(error).__name__


def _check_axes(path, attributes):
    axes = attributes.setdefault("axes", [])
    good = isinstance(axes, list) and all(
        isinstance(a, dict) and all(isinstance(a.get(k), str) for k in ("name", "coordinate", "pointer", "role")) for a in axes
    )
    if not good:
        raise UnreadableResults(f"{path}: damaged (axes_json is no list of axes); {_ANEW}")


def _check(path, file):
    file_type = _text(file.attrs.get("file_type", ""))
    if file_type != FILE_TYPE:
        raise UnreadableResults(
            f"{path}: file_type is '{file_type}', not '{FILE_TYPE}' (this is not a results file); "
            "give the results.h5 of a run"
        )
    version = np.asarray(file.attrs.get("format_version", 0)).ravel().tolist()
    version = version[0] if version else 0
    if version != FORMAT_VERSION:
        raise UnreadableResults(
            f"{path}: format_version is {version}, this package reads {FORMAT_VERSION}; "
            "install the eigensweep_analysis that came with the eigensweep that wrote it"
        )


def _text(value):
    # Bytes that are not UTF-8 must not stop a reader. They become question marks.
    value = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return value.encode("utf-8", "replace").decode()


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
            raise ValueError(f"{dataset.name} has no scale on dimension {axis}")
        names.append(dimension[0].name.rsplit("/", 1)[-1])
    return tuple(names)


def _values(dataset):
    """A dataset's numbers; texts as str; the fill value as NaN if the type has one."""
    if h5py.check_string_dtype(dataset.dtype) is not None:
        return dataset.asstr(errors="replace")[...].astype(object)
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
    for name in ("long_name", "description", "units", "alarm"):
        if name in dataset.attrs:
            kept[name] = _text(dataset.attrs[name])
    if "alarm_above" in dataset.attrs:
        kept["alarm_above"] = float(np.asarray(dataset.attrs["alarm_above"]).ravel()[0])
    return kept


def _families(attributes):
    """Group -> "attack" or "metric", from the list of evaluations, because the user chooses the groups' names."""
    return {e["group"]: e["family"] for e in attributes.get("evaluations", []) if "group" in e and "family" in e}


def _read(file, attributes):
    """A Dataset over `trial` of everything in the file, groups flattened into names; large ones apart, not read."""
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
    variables, coordinates, stored = {}, {}, {}
    source = Source(Path(file.filename), _open, UnreadableResults)
    for name, scale in scales.items():
        # A scale without values of its own (netCDF: "dimension without variable") gives no coordinate.
        if not _text(scale.attrs.get("NAME", "")).startswith("This is a netCDF dimension but not"):
            coordinates[name] = ((name,), _values(scale), _scalar_attributes(scale))
    for group, name, dataset in members:
        if families.get(group) == "attack" and name not in BOOKKEEPING:
            # Attacks of another intensity than epsilon have a group of their own: robust_accuracy, robust_accuracy_sigma.
            label = name + group.removeprefix("attacks")
        else:
            prefixed = group and (families.get(group) != "metric" or name in BOOKKEEPING or holders[name] > 1)
            label = f"{group}_{name}" if prefixed else name
        while label in variables or label in coordinates:
            label = f"{group}_{label}"
        place = {"group": group, "column": name, "family": families.get(group, "")} if group else {}
        dims, described = _dimensions(dataset), {**_scalar_attributes(dataset), **place}
        if dataset.dtype.kind == "f" and dims[:1] == ("trial",) and dims[1:] and dataset.nbytes > EAGER_BYTES:
            stored[label] = (dims, Stored(source, dataset.name, dataset.shape, dataset.dtype), described)
            variables[label] = (dims[:1], np.zeros(dataset.shape[0], bool), {})  # keeps its place among the others
        else:
            variables[label] = (dims, _values(dataset), described)
    return xr.Dataset(variables, coordinates), stored
