# SPDX-License-Identifier: MIT
"""The simulations of balanced networks (group `balanced` of a results file) as rows, and curves of them."""

import dataclasses

import numpy as np
import pandas

from eigensweep_analysis.fold import settings, training_axes
from eigensweep_analysis.layout import asked, band
from eigensweep_analysis.statistics import over

GROUP = "balanced"
#: Options of the procedure that figures have on axes, lines and panels; all others make figures of their own.
OPTIONS = ("populations", "neurons", "inputs", "cross_coupling", "drive_difference")
#: Columns with a number for each population, and columns with one for each simulation. Times are in units of tau.
OF_POPULATIONS = ("rate", "mean_field_rate", "limit_rate", "deviation", "irregularity", "response_time")
OF_SIMULATIONS = ("difference", "mean_field_difference", "decision_gain", "error_rate")


@dataclasses.dataclass(frozen=True)
class Population:
    """Neurons that figures show together."""

    #: The option `populations` of its simulations, and its place in their columns.
    populations: str
    place: int
    words: str


POPULATIONS = [
    Population("one", 0, "one population"),
    Population("two", 0, "two: excitatory"),
    Population("two", 1, "two: inhibitory"),
]


def simulations(data):
    """A row per simulation that has finished; no rows without the group.

    Parameters
    ----------
    data : xarray.Dataset
        As figures take it (`fold.for_figures`).

    Returns
    -------
    pandas.DataFrame
        OPTIONS; OF_SIMULATIONS; "rate 0", "rate 1", ... of OF_POPULATIONS; `part`, the values of all other options that
        vary, in words. NaN where there is no number.
    """
    columns = {v.attrs["column"]: v for v in data.data_vars.values() if v.attrs.get("group") == GROUP and "column" in v.attrs}
    if "rate" not in columns:
        return pandas.DataFrame()
    dims = data.status.dims

    def flat(values):
        return values.broadcast_like(data.status).transpose(*dims).values.reshape(-1)

    axes = {a["coordinate"]: a["pointer"].rpartition("/")[2] for a in data.attrs.get("axes", [])
            if a["pointer"].startswith("/procedure/")}
    training = {name: flat(data[name]) for name in training_axes(data)}
    rows = pandas.DataFrame(index=range(data.status.size))
    for option in OPTIONS:
        rows[option] = _unswept(data, option, training.get("case"), len(rows))
    for name, values in training.items():
        if axes.get(name) in OPTIONS:
            rows[axes[name]] = np.where(pandas.isna(values), rows[axes[name]], values)
    for column in OF_POPULATIONS:
        for place in range(data.sizes.get("population", 0)):
            rows[f"{column} {place}"] = flat(columns[column].isel(population=place)).astype(float)
    for column in OF_SIMULATIONS:
        rows[column] = flat(columns[column]).astype(float) if column in columns else np.nan
    others = [n for n in training if axes.get(n) not in OPTIONS and len(set(map(str, training[n].tolist()))) > 1]
    others = [n for n in others if not _follows(training[n], rows.populations)]
    labels = zip(*(training[n].tolist() for n in others))
    rows["part"] = [settings(others, values) for values in labels] if others else ""
    there = (flat(data.status) == 1) & flat(asked(data)) & np.isfinite(rows["rate 0"].values)
    rows = rows[there].reset_index(drop=True)
    for option in OPTIONS[1:]:
        rows[option] = pandas.to_numeric(rows[option], errors="coerce")
    return rows


def _unswept(data, option, cases, count):
    """The values (networks,) of an option that is no axis, as the resolved study has them; None where it does not."""
    resolved = data.attrs.get("resolved")
    resolved = resolved if isinstance(resolved, dict) else {}
    of_case = {c.get("name"): c.get("procedure") for c in resolved.get("cases") or [] if isinstance(c, dict)}
    names = cases.tolist() if cases is not None else [None] * count
    found = []
    for name in names:
        value = (of_case.get(name) or resolved.get("procedure") or {}).get(option)
        found.append(None if isinstance(value, dict) else value)
    return np.array(found, object)


def _follows(labels, populations):
    """Whether an option has one value for each choice of populations, such as the name of its case."""
    pairs = set(zip(populations.astype(str), map(str, labels.tolist())))
    return len(pairs) == populations.astype(str).nunique()


def curve(rows, x, y):
    """Means over simulations with their deviations, against an option.

    Parameters
    ----------
    rows : pandas.DataFrame
        From `simulations`.
    x, y : str
        Columns; rows that lack one are passed over.

    Returns
    -------
    (x, stats, deviation)
        Ascending values (n,) of the option; (mean, low, high) as `panels.draw` takes them; standard deviations, NaN of
        one simulation.
    """
    rows = rows[np.isfinite(rows[x]) & np.isfinite(rows[y])]
    values = np.unique(rows[x])
    found = [over(rows[y][rows[x] == v].values, 0) for v in values]
    mean = np.array([f.mean for f in found], float)
    deviation = np.array([f.deviation for f in found], float)
    return values, band(mean, deviation), deviation


def values_of(rows, option):
    """The values of an option that simulations have, ascending."""
    return np.unique(rows[option].dropna().values.astype(float))
