# SPDX-License-Identifier: MIT
"""Robust accuracy at any epsilon, from the distances of the nearest misclassified points."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from eigensweep_analysis.attack_reach import (
    THOROUGH,
    attack_options,
    attacks_of,
    count_samples,
    distance_reach,
    distances,
    intensities,
    leading,
    reach,
    recording,
    samples_asked,
    worst_reach,
)
from eigensweep_analysis.layout import robust_accuracies
from eigensweep_analysis.load import ResultsError, load

#: Quantile of the normal distribution for 95 % intervals.
Z = 1.959963984540054


def front_attack(means: dict, kinds: dict):
    """The attack to believe among several.

    A thorough protocol if there is one, since it is the estimate to rest on. Else the attack that leaves the lowest
    accuracy, since each gives an upper bound.

    Parameters
    ----------
    means : dict
        Label -> mean robust accuracies at the attack's intensities.
    kinds : dict
        Label -> kind.

    Returns
    -------
    The label; None without attacks.
    """
    thorough = [label for label in means if kinds.get(label) in THOROUGH]
    return min(thorough or means, key=lambda label: np.mean(means[label]), default=None)


def telling_place(means: Sequence[float], clean: float) -> int:
    """The place of the intensity at which networks differ most: where half of the clean accuracy is left."""
    return int(np.argmin(np.abs(np.asarray(means, float) - 0.5 * clean)))


def nearest_distance(results: xr.Dataset | str | Path, trial: str | None = None,
                     norm: str = "linf", split: str = "test") -> xr.DataArray:
    """Distance of the nearest misclassified point that any attack of a norm has tried.

    Only samples that all these attacks were run on are kept: the first n of the split.

    Parameters
    ----------
    results : xarray.Dataset, str or Path
        As from `load`, or a part of it that keeps the dimension `attack`; or what `load` takes.
    trial : str, optional
        A trial id or the beginning of one. Without it: all trials.
    norm : {"linf", "l2"}
        The attacks' option `norm`; an attack without this option is in "linf".
    split : {"test", "validation"}
        The attacks' option `split`.

    Returns
    -------
    xarray.DataArray
        Distances (..., sample) in units of the inputs, `...` being the study's axes; without them
        if one trial was asked for. 0: the sample itself is misclassified. Infinity: no attack
        found a point. NaN: the network is broken, or one of the attacks failed or has not run yet.
        The coordinate `largest_epsilon` (...) says up to which epsilon a network was attacked.
        Beyond it nothing has been tried, so an infinite distance says nothing there. Networks
        differ in it where cases have intensities of their own, and where an attack is under way,
        failed or diverged at some. It is infinite for attacks that look without a radius.
        Attributes: `units`, `norm`, `split`, `attacks` (labels) and `largest_epsilon`, that of the
        study.

    Raises
    ------
    ResultsError
        No attack of this norm on this split recorded distances, or no such trial.
    """
    results = results if isinstance(results, xr.Dataset) else load(results)
    labels = recording(results, norm, split)
    if not labels:
        raise ResultsError(f"results: no attack with norm '{norm}' on the {split} samples has "
                           "recorded distances (d_min); add the attack 'strict' to the study")
    values = distances(results).sel(attack=labels)
    values = values.isel(sample=slice(min(count_samples(values.sel(attack=a)) for a in labels)))
    # An attack that ended well without distances is of an earlier version: the others stand alone.
    # One that did not end well leaves a gap in the evidence.
    silent = values.isnull().all("sample")
    pooled = values.where(~silent, np.inf).min("attack", skipna=False)
    broken = silent.all("attack")
    if "attacks_status" in results:
        status = results.attacks_status.sel(attack=labels)
        lost = (status != -1).any("epsilon") & ~(status == 1).any("epsilon")
        broken = broken | (silent & lost).any("attack")
    pooled = pooled.where(~broken).transpose(..., "sample").rename("nearest_distance")
    reached = worst_reach(results, labels, distance_reach)
    pooled = pooled.assign_coords(largest_epsilon=reached)
    largest = max(intensities(results, a).max(initial=0.0) for a in leading(results, labels))
    pooled.attrs = {"units": results.d_min.attrs.get("units", "1"), "norm": norm, "split": split,
                    "long_name": "distance of the nearest misclassified point", "attacks": labels,
                    "largest_epsilon": float(largest)}
    return pooled if trial is None else _of_trial(pooled, results, trial)


def robust_accuracy(d_min: xr.DataArray | np.ndarray, epsilons: Sequence[float]) -> xr.DataArray | np.ndarray:
    """Share of samples whose nearest misclassified point lies beyond epsilon.

    Parameters
    ----------
    d_min : xarray.DataArray or array
        Distances with a dimension `sample`; of an array, the last one. NaN does not count.
    epsilons : array (e,)
        Radii, in the units of `d_min`. Above the largest epsilon that was attacked the share of an
        array is only what was left there.

    Returns
    -------
    xarray.DataArray or array (..., e)
        Without the samples; NaN where no sample has a distance, and above the coordinate
        `largest_epsilon` where `d_min` has it (as from `nearest_distance`).
    """
    values = _with_samples(d_min)
    reached = values.coords.get("largest_epsilon")
    values, epsilons = values.drop_vars("largest_epsilon", errors="ignore"), np.atleast_1d(np.asarray(epsilons, float))
    count = values.notnull().sum("sample")
    count = count.where(count > 0)
    shares = [((values > e).sum("sample") / count).expand_dims({"epsilon": [e]}, -1)
              for e in epsilons]
    found = xr.concat(shares, "epsilon").transpose(..., "epsilon").rename("robust_accuracy")
    if reached is not None:
        found = found.where(found.epsilon <= reached.drop_vars("largest_epsilon"))
    return found if isinstance(d_min, xr.DataArray) else found.values


def median_distance(d_min: xr.DataArray | np.ndarray) -> xr.DataArray | np.ndarray:
    """The distance within which half of the samples have a misclassified point.

    Parameters
    ----------
    d_min : xarray.DataArray or array
        As for `robust_accuracy`.

    Returns
    -------
    xarray.DataArray or array (...)
        Infinite where no point was found for half of the samples; NaN without a distance.
    """
    values = _with_samples(d_min)
    numbers = values.transpose(..., "sample").values.astype(float)
    # Sorted, NaN comes last; one more of them gives a number to look up where there is none.
    ordered = np.sort(np.pad(numbers, [(0, 0)] * (numbers.ndim - 1) + [(0, 1)],
                             constant_values=np.nan), axis=-1)
    count = (~np.isnan(ordered)).sum(-1, keepdims=True)
    low, high = (np.take_along_axis(ordered, place, -1)
                 for place in (np.maximum(count - 1, 0) // 2, count // 2))
    found = values.count("sample").copy(data=((low + high) / 2)[..., 0]).rename("median_distance")
    return found if isinstance(d_min, xr.DataArray) else found.values


def wilson_interval(share: float | np.ndarray, count: int | np.ndarray) -> tuple[float | np.ndarray, float | np.ndarray]:
    """The 95 % confidence interval of a share, after Wilson (1927).

    It covers the choice of the samples alone, not that of the network.

    Parameters
    ----------
    share : float or array
        Between 0 and 1.
    count : int or array
        Number of samples that the share is of.

    Returns
    -------
    low, high : float or array
        Ends of the interval.
    """
    centre = (share + Z**2 / (2 * count)) / (1 + Z**2 / count)
    half = Z / (1 + Z**2 / count) * np.sqrt(share * (1 - share) / count + Z**2 / (4 * count**2))
    return np.maximum(centre - half, 0), np.minimum(centre + half, 1)


def agreement(results: xr.Dataset | str | Path, epsilons: Sequence[float] | None = None, norm: str = "linf",
              split: str = "test") -> xr.Dataset:
    """How far apart attacks of a norm are: their robust accuracies beside the worst case of all.

    Parameters
    ----------
    results, norm, split
        As for `nearest_distance`.
    epsilons : array (e,), optional
        Radii in units of the inputs; by default 0 and every intensity of these attacks.

    Returns
    -------
    xarray.Dataset
        `robust_accuracy` (..., attack, epsilon): from the attack's distances. Of an attack without
        distances: what the file has at this epsilon, if it is of the same samples. NaN above the
        largest intensity at which the attack has a number of this network.
        `worst_case` (..., epsilon): share of samples that withstand all of these attacks. It never
        rises with epsilon. NaN above the largest intensity that this network has of `strict`, or
        of all attacks where it was to have no `strict`.
        `gap` (..., attack, epsilon): the first less the second.
        The attribute `samples` is the number of samples, 0 if no attack recorded distances.

    Raises
    ------
    ResultsError
        There is no attack of this norm on this split.
    """
    results = results if isinstance(results, xr.Dataset) else load(results)
    labels = attacks_of(results, norm, split)
    recorded = {str(a): values for values, a, name in robust_accuracies(results)
                if name == "epsilon"}
    labels = [a for a in labels if a in recorded]
    if not labels:
        raise ResultsError(f"results: no attack with norm '{norm}' on the {split} samples")
    if epsilons is None:
        epsilons = np.unique(np.concatenate([[0.0], *(intensities(results, a) for a in labels)]))
    epsilons = np.atleast_1d(np.asarray(epsilons, float))
    measured = recording(results, norm, split)
    pooled = nearest_distance(results, norm=norm, split=split) if measured else None
    options = attack_options(results)
    wanted = min((samples_asked(options, a) for a in measured), default=None)
    shares, shown = [], []
    for label in labels:
        if label in measured:
            values = distances(results).sel(attack=label, drop=True)
            share = robust_accuracy(values.isel(sample=slice(pooled.sizes["sample"])), epsilons)
        elif wanted is None or samples_asked(options, label) == wanted:
            share = recorded[label].drop_vars("attack").reindex(epsilon=epsilons)
        else:
            continue
        shares.append(share.where(share.epsilon <= reach(results, label)))
        shown.append(label)
    accuracy = xr.concat(shares, xr.IndexVariable("attack", np.array(shown, object)))
    accuracy = accuracy.transpose(..., "attack", "epsilon")
    worst = accuracy.min("attack")
    if pooled is not None:
        pool = robust_accuracy(pooled.drop_vars("largest_epsilon"), epsilons)
        worst = xr.where(worst < pool, worst, pool)
    order = np.argsort(epsilons)
    # A point within one ball lies in every larger one.
    falling = np.fmin.accumulate(worst.transpose(..., "epsilon").values[..., order], axis=-1)
    worst = worst.transpose(..., "epsilon").copy(data=falling[..., np.argsort(order)])
    worst = worst.where(worst.epsilon <= worst_reach(results, shown))
    found = {"robust_accuracy": accuracy, "worst_case": worst, "gap": accuracy - worst}
    for values in found.values():
        values.attrs = {}
    return xr.Dataset(found, attrs={"norm": norm, "split": split,
                                    "samples": 0 if pooled is None else pooled.sizes["sample"]})


def _of_trial(values, results, trial):
    """The distances of one trial; of cells that share a trial, the first one's."""
    ids = results.trial_id
    flat = ids.values.reshape(-1).astype(str)
    near = sorted({one for one in flat.tolist() if one and one.startswith(str(trial))})
    if len(near) != 1 or not str(trial):
        many = f"{len(near)} trial ids begin with" if near else "no trial id begins with"
        raise ResultsError(f"results: {many} '{trial}'; give one of the variable trial_id")
    cell = np.unravel_index(int(np.flatnonzero(flat == near[0])[0]), ids.shape)
    return values.isel(dict(zip(ids.dims, (int(i) for i in cell))))


def _with_samples(d_min):
    if isinstance(d_min, xr.DataArray):
        return d_min
    values = np.asarray(d_min, float)
    return xr.DataArray(values, dims=[*(f"axis_{i}" for i in range(values.ndim - 1)), "sample"])
