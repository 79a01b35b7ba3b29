# SPDX-License-Identifier: MIT
"""Numbers above a limit that the program has set: what they mean and what to do about them."""

from typing import NamedTuple

import numpy as np
import xarray as xr


class Alarm(NamedTuple):
    """One number above its limit."""

    #: Id of the trial.
    trial: str
    #: Path of the dataset in the results file, as "attacks/dead_and_robust".
    dataset: str
    #: The largest number of the trial (and attack), in the dataset's units.
    value: float
    #: What it should not exceed.
    limit: float
    #: What that means and what to do, in words.
    text: str
    #: Dimension -> label: the study's axes, and `attack` where the dataset has it.
    at: dict


#: What the numbers with a limit are, for files whose variables have no description.
MEANINGS = {
    "unconfirmed": "share of samples whose point left ball or box, or is right when evaluated again",
    "rise": "robust accuracy less the lowest at a smaller intensity",
    "above_cheaper": "robust accuracy less the lowest of attacks that took fewer gradients",
    "dead_and_robust": "share of samples that nothing fooled at the last radius, with gradient 0",
    "found_late": "share of samples found in the last tenth of the steps",
    "found_by_squares": "share of samples whose nearest misclassified point random squares found",
}


def limit(values: xr.DataArray) -> tuple[float, str]:
    """(number above which something is wrong, what that means and what to do); NaN of a variable without a limit."""
    return values.attrs.get("alarm_above", np.nan), values.attrs.get("alarm", "")


def meaning(values: xr.DataArray) -> str:
    """What a variable is, as half a sentence; "" if nothing says it."""
    return values.attrs.get("description") or MEANINGS.get(values.attrs.get("column", values.name), "")


def path_of(values: xr.DataArray) -> str:
    """Where a variable stands in the file, as `Alarm.dataset` has it."""
    place = values.attrs
    return f"{place['group']}/{place['column']}" if "group" in place else str(values.name)


def checked(results: xr.Dataset) -> list[str]:
    """Names of the variables that have a limit; none in files of earlier versions."""
    return [name for name, values in results.data_vars.items()
            if not np.isnan(limit(values)[0])
            and set(results.trial_id.dims) <= set(values.dims)]


def alarms(results: xr.Dataset) -> list[Alarm]:
    """Every number of the results that is above the limit of its dataset.

    Parameters
    ----------
    results : xarray.Dataset
        As from `load`, or a part of it.

    Returns
    -------
    list of Alarm
        One for each trial, dataset and attack: the largest number along all other dimensions.
        NaN is no alarm. The list is empty where nothing is wrong, and in files without limits.
    """
    found, seen = [], set()
    for name in checked(results):
        values = results[name]
        above, words = limit(values)
        path = path_of(values)
        kept = [*results.trial_id.dims, *_attack_dimension(results, values)]
        numbers = values.transpose(*kept, ...).values.astype(float)
        numbers = np.where(np.isnan(numbers), -np.inf, numbers)
        largest = numbers.max(axis=tuple(range(len(kept), numbers.ndim)), initial=-np.inf)
        for cell in np.argwhere(largest > above).tolist():
            places = dict(zip(kept, cell))
            trial = str(results.trial_id.isel({d: places[d] for d in results.trial_id.dims}).item())
            at = {d: results[d].values[i] for d, i in places.items() if d in results.coords}
            key = (trial, path, at.get(kept[-1]) if len(kept) > results.trial_id.ndim else None)
            if key not in seen:  # cells that ask for one training repeat its numbers
                seen.add(key)
                found.append(Alarm(trial, path, float(largest[tuple(cell)]), above, words, at))
    return found


def _attack_dimension(results, values):
    """[name of the dimension of attacks], or []."""
    return [d for d in values.dims
            if (d == "attack" or d.startswith("attack_")) and d not in results.trial_id.dims][:1]
