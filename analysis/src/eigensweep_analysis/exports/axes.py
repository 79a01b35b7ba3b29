# SPDX-License-Identifier: MIT
"""The study's axes as other tools want them: one value per network, each axis of one type."""

import dataclasses

import numpy as np


@dataclasses.dataclass
class Axis:
    """An option that the study varies, with the value of every network."""

    name: str
    #: One value per network: all bool, all int, all float or all str. None: the axis has no part in
    #: the network's case.
    values: list

    def choices(self):
        """The distinct values: numbers ascending, texts and truth values as they come."""
        found = list(dict.fromkeys(v for v in self.values if v is not None))
        return sorted(found) if self.is_number() else found

    def is_number(self):
        """Whether the values are numbers. Truth values are none."""
        first = next((v for v in self.values if v is not None), None)
        return isinstance(first, (int, float)) and not isinstance(first, bool)


def axes(data):
    """The axes that at least one network has a value of, in the study's order.

    Parameters
    ----------
    data : xarray.Dataset
        As `load(path, layout="trials")` returns it.

    Returns
    -------
    list of Axis
    """
    names = [a["coordinate"] for a in data.attrs.get("axes", [])]
    names = [n for n in names if n in data.coords and data[n].dims == ("trial",)]
    found = [Axis(name, _values(data[name].values)) for name in names]
    return [a for a in found if any(v is not None for v in a.values)]


def _values(values):
    if values.dtype.kind in "OUS":
        return [str(v) or None for v in values.tolist()]
    if values.dtype.kind != "f":
        return values.tolist()
    if np.isinf(values).any():
        # Few dashboards have an infinity, and an axis has one type. As texts all values remain.
        return [None if np.isnan(v) else f"{v:.12g}" for v in values.tolist()]
    return [None if np.isnan(v) else v for v in values.tolist()]
