# SPDX-License-Identifier: MIT
"""Finds the network that a study kept of a trial."""

import difflib
from pathlib import Path
from typing import NamedTuple

import xarray as xr

from eigensweep_analysis.load import STATUS, ResultsError, read_file
from eigensweep_analysis.safetensors_file import KeptFile, damaged, read_kept_file

#: How many trials a message names.
_SHOWN = 3


class _Row(NamedTuple):
    trial_id: str
    status: int
    message: str
    #: SHA-256 of the kept file, "" where none was kept.
    sha256: str


def kept_file(results: str | Path | xr.Dataset, trial: int | str) -> KeptFile:
    """The file of a trial's network, verified.

    Parameters
    ----------
    results, trial
        As for `load_model`.

    Raises
    ------
    ResultsError
        No trial has this number or id, or there is no network of it.
    UnreadableResults
        The results or the network are damaged.
    OSError
        The system refused to read a file.
    """
    path, rows = read_file(_source(results), _rows)
    row = rows[_number(path, rows, trial.item() if hasattr(trial, "item") else trial)]
    file = path.parent / "models" / f"{row.trial_id}.safetensors"
    _expect_kept(path, row, file)
    kept = read_kept_file(file)
    if kept.metadata.get("trial", row.trial_id) != row.trial_id:
        raise damaged(file, f"it is the network of trial {kept.metadata['trial']}")
    if row.sha256 and kept.sha256 != row.sha256:
        raise damaged(file, f"it is not the one that {path.name} has numbers of")
    return kept


def _expect_kept(path, row, file):
    """Raises ResultsError if no network of the row is there."""
    name = f"{path}: trial {row.trial_id} has no network, since"
    status = STATUS.get(row.status, str(row.status))
    if status != "ok":
        why = f"{status}: {row.message}" if row.message else status
        raise ResultsError(f"{name} its training is not ok ({why}); choose one whose status is ok")
    if file.exists():
        return
    if row.sha256:
        raise ResultsError(f"{file}: no such file; bring the folder models/ back beside "
                           f"{path.name}, or run the study with another --output")
    raise ResultsError(f"{name} its study keeps none; set /output/models to true, and run it with "
                       "another --output")


def _source(results):
    """The path of the results file or its folder."""
    if not isinstance(results, xr.Dataset):
        return results
    if "source" not in results.encoding:
        raise ResultsError("results: this Dataset does not say which file it was loaded from; give "
                           "the path of the results.h5")
    return results.encoding["source"]


def _rows(file):
    """Every row of an opened results file."""
    def texts(name):
        return file[name].asstr(errors="replace")[...].tolist()

    status = file["status"][...].tolist()
    columns = texts("trial_id"), status, texts("message"), texts("model_sha256")
    return [_Row(*row) for row in zip(*columns, strict=True)]


def _number(path, rows, trial):
    """The number of the row that `trial` names."""
    if isinstance(trial, int) and not isinstance(trial, bool):
        if 0 <= trial < len(rows):
            return trial
        there = f"its rows are 0 to {len(rows) - 1}" if rows else "it has no rows"
        raise ResultsError(f"{path}: has no row {trial}; {there}")
    if not isinstance(trial, str):
        raise ResultsError(f"trial {trial!r}: neither the number of a row nor a trial id; "
                           "give one of them")
    ids = list(dict.fromkeys(row.trial_id for row in rows))
    found = [one for one in ids if one.startswith(trial)]
    if len(found) == 1:
        return [row.trial_id for row in rows].index(found[0])
    if found:
        raise ResultsError(f"{path}: {len(found)} trial ids begin with '{trial}' ({_some(found)}); "
                           "give more digits")
    near = difflib.get_close_matches(trial, ids, n=_SHOWN, cutoff=0) or ["none"]
    raise ResultsError(f"{path}: no trial id begins with '{trial}'; the nearest: {_some(near)}")


def _some(ids):
    return ", ".join(ids[:_SHOWN]) + (", ..." if len(ids) > _SHOWN else "")
