# SPDX-License-Identifier: MIT
"""Which attacks a study has, on how many samples, and up to which intensity."""

import numpy as np
import xarray as xr

#: The kinds of attack on whose search an estimate rests where a study has one.
THOROUGH = ("strict", "autoattack_standard")


def attack_options(results: xr.Dataset) -> dict[str, dict]:
    """Label of an attack -> its options with every default, and `kind`."""
    found = {}
    for entry in results.attrs.get("evaluations", []):
        if entry.get("family") == "attack":
            kind = entry.get("kind", entry.get("label", ""))
            found[str(entry.get("label", kind))] = {**(entry.get("options") or {}), "kind": kind}
    return found


def attacks_of(results: xr.Dataset, norm: str, split: str = "test") -> list[str]:
    """Labels of the attacks on an epsilon with this norm and split, in the study's order."""
    return [a for a, place in _places(results) if place == (norm, split)]


def places(results: xr.Dataset) -> list[tuple[str, str]]:
    """(norm, split) of the attacks of a study, each once, in its order."""
    return list(dict.fromkeys(place for _, place in _places(results)))


def _places(results):
    """[(label, (norm, split))] of every attack on an epsilon; noise is none."""
    measured = results.data_vars.get("robust_accuracy")
    if measured is None or not {"attack", "epsilon"} <= set(measured.dims):
        return []
    options = attack_options(results)
    chosen = [(str(a), options.get(str(a), {})) for a in results.attack.values]
    return [(a, (o.get("norm", "linf"), o.get("split", "test"))) for a, o in chosen
            if not o.get("kind", "").endswith("_noise")]


def recording(results: xr.Dataset, norm: str, split: str = "test") -> list[str]:
    """Labels of those attacks that have recorded distances."""
    values = distances(results)
    if values is None or not {"attack", "sample"} <= set(values.dims):
        return []
    return [a for a in attacks_of(results, norm, split) if values.sel(attack=a).notnull().any()]


def intensities(results: xr.Dataset, attack: str) -> np.ndarray:
    """The intensities above 0 that an attack has numbers at, ascending."""
    values = results.robust_accuracy.sel(attack=attack)
    there = values.notnull().any([d for d in values.dims if d != "epsilon"]).values
    epsilons = results.epsilon.values
    return epsilons[there & (epsilons > 0)]


def distances(results):
    """The variable d_min with its samples along `sample`; None without it."""
    values = results.data_vars.get("d_min")
    if values is None or "attacked_sample" not in values.dims:
        return values
    return values.rename(attacked_sample="sample")


def leading(results, labels):
    """The attacks among these up to whose largest intensity a worst case is told."""
    options = attack_options(results)
    return [a for a in labels if options.get(a, {}).get("kind") in THOROUGH] or labels


def samples_asked(options, label):
    """The number of samples asked for; infinite for all."""
    return options.get(label, {}).get("samples", 0) or np.inf


def count_samples(values):
    """How many samples, from the first, have a distance in any network."""
    there = values.notnull().any([d for d in values.dims if d != "sample"]).values
    return int(np.flatnonzero(there).max(initial=-1)) + 1
