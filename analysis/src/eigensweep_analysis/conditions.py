# SPDX-License-Identifier: MIT
"""What a study of the paper compares: networks, the conditions they were trained under, means over their seeds."""

import collections
import dataclasses

import numpy as np
import xarray as xr

from eigensweep_analysis.fold import for_figures, is_sparse
from eigensweep_analysis.layout import Layout, is_nan, role, robust_accuracies, select_cell, text
from eigensweep_analysis.load import STATUS, ResultsError
from eigensweep_analysis.metrics import with_plain_names
from eigensweep_analysis.statistics import over

VANILLA = "vanilla"


@dataclasses.dataclass(frozen=True)
class Condition:
    """One way of training: its label, its kind ("spectral"), the penalty's strength (None: none), its cell."""

    label: str
    family: str
    strength: float | None
    select: dict = dataclasses.field(compare=False)


@dataclasses.dataclass
class Network:
    """One network of a study, trained under several conditions: a panel of the figures."""

    title: str
    study: str
    data: xr.Dataset
    conditions: list

    def seeds(self, values, condition):
        """The numbers of one condition with one row per seed that the study asks for, and those seeds' status."""
        replicates = role(self.data, "replicate")
        asked = select_cell(self.data.trial_id, condition.select).values.reshape(-1) != ""
        status = select_cell(self.data.status, condition.select).values.reshape(-1)[asked]
        numbers = select_cell(values, condition.select).transpose(*replicates, ...).values
        return numbers.reshape(len(asked), -1)[asked], status

    def statistics(self, values, condition):
        """The `statistics.Summary` over the seeds with numbers."""
        return over(self.seeds(values, condition)[0], 0)

    def absent(self, values, condition):
        """Why seeds have no numbers: "1 of 3 seeds diverged"; "" when all have."""
        numbers, status = self.seeds(values, condition)
        without = ~np.isfinite(numbers).any(axis=1)
        reasons = collections.Counter(
            "without numbers" if code == 1 else STATUS.get(int(code), "unknown") for code in status[without]
        )
        return ", ".join(f"{count} of {len(status)} seeds {reason}" for reason, count in reasons.items())


@dataclasses.dataclass
class Study:
    """A results file as the figures see it."""

    name: str
    kind: str
    networks: list


def read_study(data, source):
    """The networks and conditions of a study.

    Parameters
    ----------
    data : xarray.Dataset
        As from `load`.
    source : str or Path
        The file's name, for errors.

    Raises
    ------
    ResultsError
        The study has no attacks, no numbers of them yet, or no conditions that could be told apart.
    """
    if is_sparse(data):
        raise ResultsError(f"{source}: the networks do not fill a grid, so there are no conditions to compare; the report "
                           "shows every network over every axis")
    data = for_figures(with_plain_names(data))
    accuracies = [values for values, _, _ in robust_accuracies(data)]
    if not accuracies:
        raise ResultsError(f"{source}: the study has no attacks, so no robust accuracy to draw; add /attacks to it")
    names = role(data, "training")
    pointers = {a["coordinate"]: a["pointer"] for a in data.attrs["axes"]}
    # What is penalised is a condition; what is trained (model, data, optimiser) is a network.
    members = {n: [m for m in data.attrs.get("zipped", {}).get(n, []) if m != n] for n in names}
    lines = [n for n in names if any(pointers[m].startswith(("/cases", "/regularizers/")) for m in (n, *members[n]))]
    apart = [n for n in names if n not in lines]
    kind = _model_kind(data)
    name = str(data.attrs.get("study", {}).get("name") or data.attrs.get("title") or "study")
    cells = Layout(data).cells
    networks = {}
    for cell in cells([*apart, *lines]):
        place, rest = dict(zip(apart, cell)), dict(zip(lines, cell[len(apart):]))
        title = ", ".join([kind, *(text(n, v) for n, v in place.items() if data.sizes[n] > 1)])
        network = networks.setdefault(title, Network(title, name, data, []))
        for axis, others in members.items():  # labels name the zipped options together with their axis
            if axis in rest:
                at = int(np.flatnonzero([_same(v, rest[axis]) for v in data[axis].values])[0])
                rest = {**rest, **{m: data[m].values[at] for m in others}}
        condition = _condition(data, pointers, rest, place, set(lines))
        if condition not in network.conditions:  # without a penalty, its options make no difference
            network.conditions.append(condition)
    if not any(len(network.conditions) > 1 for network in networks.values()):
        raise ResultsError(
            f"{source}: the study has one condition, so none to compare; the paper's have /cases or a sweep of "
            "a penalty's strength"
        )
    if not any(np.isfinite(values.values).any() for values in accuracies):
        raise ResultsError(f"{source}: no network of the study has been attacked yet; let the run go on")
    return Study(name, kind, list(networks.values()))


def _model_kind(data):
    resolved = data.attrs.get("resolved", {})
    models = [resolved.get("model", {}), *(case.get("model", {}) for case in resolved.get("cases", []))]
    return "/".join(sorted({model["kind"] for model in models if "kind" in model})) or "network"


def _condition(data, pointers, select, place, axes):
    """The condition of a cell: named by its case; without cases, by the penalties that are on.

    A penalty of strength 0 is off, so that its own options make no difference; options that are zipped with them do.
    """
    case = next((n for n in select if pointers[n] == "/cases"), None)
    shown = {n: v for n, v in select.items() if n not in (case, "zip") and not is_nan(v) and v != ""}
    cell = {**place, **{n: v for n, v in select.items() if n in axes}}
    penalty = {n: pointers[n].split("/")[2] for n in shown if pointers[n].startswith("/regularizers/")}
    strengths = {n: v for n, v in shown.items() if pointers[n].endswith("/strength")}
    fixed = _fixed_strengths(data, None if case is None else str(select[case]))
    swept = {penalty[n]: v for n, v in strengths.items() if n in penalty}
    known = {**fixed, **swept}
    found = list(dict.fromkeys([*penalty.values(), *known]))
    on = [name for name in found if known.get(name, 1) > 0]  # one whose strength the file does not tell is on
    shown = {n: v for n, v in shown.items() if penalty.get(n) in (None, *on) or (case is not None and n in strengths)}
    strength = next((v for n, v in strengths.items() if n in shown), None)
    words = [text(n, v) for n, v in shown.items()]
    unswept = [name for name in on if name in fixed and name not in swept]
    if case is not None:
        family = str(select[case])
        unswept = unswept if len(found) == 1 else []  # the case's name tells the rest
    else:
        family = " and ".join(on) or VANILLA
    if unswept and strength is None:
        strength = fixed[unswept[0]]
    words += [text("strength" if len(on) == 1 else f"{name}_strength", fixed[name]) for name in unswept]
    return Condition(", ".join([family, *words]), family, strength, cell)


def _same(one, other):
    return one == other or (is_nan(one) and is_nan(other))


def _fixed_strengths(data, case):
    """Name of a penalty -> its strength, of those of a case (None: of a study without cases) that the study does not sweep."""
    resolved = data.attrs.get("resolved", {})
    entries = [resolved] if case is None else [e for e in resolved.get("cases", []) if e.get("name") == case]
    return {name: float(options["strength"]) for entry in entries for name, options in (entry.get("regularizers") or {}).items()
            if isinstance(options, dict) and isinstance(options.get("strength"), (int, float))}
