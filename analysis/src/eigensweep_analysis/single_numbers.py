# SPDX-License-Identifier: MIT
"""Every number that a network has once, such as its robust accuracy under an attack, by a name."""

import dataclasses
import itertools

import numpy as np

#: Along these dimensions a network has a spectrum, a curve or samples, and no numbers of their own.
SERIES = ("epoch", "moment", "eigenvalue", "attacked_sample", "sample", "other_sample")
#: A column with more numbers per network, or per network and attack, is no list of single numbers.
MOST = 100
#: Columns that say how a number came about.
NO_NUMBERS = ("status", "evaluation_seconds", "lane")


@dataclasses.dataclass
class Number:
    """A number that each network has once."""

    #: "test_accuracy", "exponent/layer=1", "robust_accuracy/pgd/epsilon=0.1".
    name: str
    #: The column's name in the file: "robust_accuracy".
    column: str
    #: "attack", "metric", or "" of the training itself.
    family: str
    #: (networks,), NaN where there is none.
    values: np.ndarray
    #: (networks,): as STATUS of what measures it, or None without such a status.
    status: np.ndarray | None
    #: The attack's label; "" of other families.
    attack: str = ""
    #: Name and value of the attack's intensity; ("", NaN) without one.
    intensity: str = ""
    level: float = float("nan")


def numbers(data):
    """All of them that at least one network has.

    Parameters
    ----------
    data : xarray.Dataset
        As `load(path, layout="trials")` returns it.

    Returns
    -------
    list of Number
        In the order of the file.
    """
    statuses = {v.attrs["group"]: v for v in data.data_vars.values()
                if v.attrs.get("group") and v.attrs.get("column") == "status"}
    found = []
    for name, values in data.data_vars.items():
        column = values.attrs.get("column", name)
        if is_column(values) and column not in NO_NUMBERS:
            found += _of(data, name, values, statuses.get(values.attrs.get("group")))
    return [number for number in found if not np.isnan(number.values).all()]


def is_column(values):
    """Whether a variable has numbers of every network."""
    return values.dims[:1] == ("trial",) and values.dtype.kind in "biuf"


def _of(data, name, values, status):
    """The numbers of one variable: one for each place along its further dimensions."""
    dims, family = values.dims[1:], values.attrs.get("family", "")
    attack = dims[0] if family == "attack" and dims else None
    count = np.prod([data.sizes[d] for d in dims if d != attack], dtype=object)
    if any(d in SERIES for d in dims) or count > MOST:
        return
    column = values.attrs.get("column", name)
    # A number with an intensity has its dimension, as the status of the attack has.
    intensity = next((d for d in dims[1:] if attack and status is not None and d in status.dims), "")
    for place in itertools.product(*(range(data.sizes[d]) for d in dims)):
        at = dict(zip(dims, place))
        labels = {d: data[d].values[i] for d, i in at.items()}
        words = [_word(label) if d == attack else f"{d}={_word(label)}" for d, label in labels.items()]
        yield Number("/".join([column if attack else name, *words]), column, family,
                     values.values[(slice(None), *place)].astype(float), _status_of(status, at),
                     str(labels.get(attack, "")), intensity, float(labels.get(intensity, "nan")))


def _status_of(status, at):
    """The status of the networks for one number, taken at the number's place along its dimensions."""
    if status is None or not set(status.dims[1:]) <= set(at):
        return None
    return status.isel({d: at[d] for d in status.dims[1:]}).values


def _word(label):
    return f"{label:g}" if isinstance(label, (float, np.floating)) else str(label)
