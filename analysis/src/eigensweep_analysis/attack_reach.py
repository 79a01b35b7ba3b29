# SPDX-License-Identifier: MIT
"""Which attacks a study has, on how many samples, and up to which intensity."""

import numpy as np
import xarray as xr

#: The kinds of attack on whose search an estimate rests where a study has one.
THOROUGH = ("strict", "autoattack_standard")
#: The kinds of attack that look for the nearest point in no ball, so that their distances answer every epsilon.
WITHOUT_RADIUS = ("fab", "deepfool")


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
    return [a for a in labels if _kind(results, a) in THOROUGH] or labels


def tried(results: xr.Dataset, attack: str, epsilons: np.ndarray) -> xr.DataArray:
    """Whether an attack has a number of a network at these epsilons (..., epsilon); at 0 it needs none."""
    there = results.robust_accuracy.sel(attack=attack, drop=True).notnull()
    there = there.reindex(epsilon=epsilons, fill_value=False)
    return there | (there.epsilon == 0)


def reach(results: xr.Dataset, attack: str) -> xr.DataArray:
    """The largest epsilon at which an attack has a number of a network (...); 0 without one."""
    there = results.robust_accuracy.sel(attack=attack, drop=True).notnull()
    return there.epsilon.where(there, 0.0).max("epsilon")


def worst_reach(results: xr.Dataset, labels: list[str], reaches=reach) -> xr.DataArray:
    """Up to which epsilon the worst case over these attacks is told of a network (...).

    It is that of the thorough attacks that the network was to have, and of all where it was to have none. Cases differ
    in that, and an attack that is under way or that failed has reached less far in some networks than in others.
    """
    own = {a: reaches(results, a) for a in labels}
    found, thorough = _largest(own.values()), [a for a in labels if _kind(results, a) in THOROUGH]
    if not thorough:
        return found
    return xr.where(_largest(_asked(results, a) for a in thorough), _largest(own[a] for a in thorough), found)


def distance_reach(results: xr.Dataset, attack: str) -> xr.DataArray:
    """Up to which distance an attack looks for points around a network's samples (...): its `reach`, or without end."""
    found = reach(results, attack)
    return found.where(found == 0, np.inf) if _kind(results, attack) in WITHOUT_RADIUS else found


def _kind(results, attack):
    return attack_options(results).get(attack, {}).get("kind")


def _asked(results, attack):
    """Whether the study asks an attack of a network (...)."""
    if "attacks_status" in results:
        return (results.attacks_status.sel(attack=attack, drop=True) != -1).any("epsilon")
    return reach(results, attack) > 0


def _largest(arrays):
    return xr.concat(list(arrays), "attack").max("attack")


def samples_asked(options, label):
    """The number of samples asked for; infinite for all."""
    return options.get(label, {}).get("samples", 0) or np.inf


def count_samples(values):
    """How many samples, from the first, have a distance in any network."""
    there = values.notnull().any([d for d in values.dims if d != "sample"]).values
    return int(np.flatnonzero(there).max(initial=-1)) + 1
