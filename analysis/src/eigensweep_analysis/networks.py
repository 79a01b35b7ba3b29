# SPDX-License-Identifier: MIT
"""The networks of a study as rows: which setting each has, and what came out of it."""

import dataclasses

import numpy as np
import pandas

from eigensweep_analysis.attack_reach import attack_options
from eigensweep_analysis.fold import settings, training_axes
from eigensweep_analysis.layout import asked, attack_name, exponents, last_layer, robust_accuracies, role
from eigensweep_analysis.load import STATUS
from eigensweep_analysis.metrics import measured
from eigensweep_analysis.panels import some
from eigensweep_analysis.robustness import front_attack, telling_place
from eigensweep_analysis.statistics import over

#: A table and its pages have at most this many intensities of an attack, the ends among them.
MOST_INTENSITIES = 6


@dataclasses.dataclass
class Curve:
    """Robust accuracy under one attack: a number per network and intensity, intensity 0 among them if it is known."""

    #: As papers print it.
    attack: str
    #: The label that the study gave it.
    label: str
    #: Its kind, as "strict"; the label where the file does not say it.
    kind: str
    #: "epsilon", "sigma", ...
    intensity: str
    #: (i,)
    levels: np.ndarray
    #: (networks, i), shares in [0, 1], NaN where there is no number.
    accuracy: np.ndarray


@dataclasses.dataclass
class Networks:
    """A row per cell that the study asks for; cells that share one training repeat its numbers (see `distinct`)."""

    #: `trial_id`, `network` (how its id begins, as `load_model` takes it), `setting` (words), `status`, `message`.
    rows: pandas.DataFrame
    #: Name of every training option and seed -> labels (networks,).
    options: dict
    #: `final_loss`, `train_accuracy`, `test_accuracy`, `exponent` (of the last hidden layer), what another procedure than
    #: training records, where any network has a number -> (networks,), NaN where one has none.
    numbers: dict
    #: Names of the training options with two values or more.
    axes: list
    #: Names of the options over which means are taken.
    seeds: list
    curves: list

    def __len__(self):
        return len(self.rows)

    def front(self):
        """The curve of the attack to believe (`robustness.front_attack`); None without an attack in balls."""
        there = {c.label: c for c in self.curves if c.intensity == "epsilon"}
        means = {label: over(c.accuracy[:, c.levels > 0], 0).mean for label, c in there.items() if (c.levels > 0).any()}
        return there.get(front_attack(means, {label: c.kind for label, c in there.items()}))

    def outcomes(self):
        """Words -> numbers (networks,) of what a study is about: clean and robust accuracy, the spectrum's exponent."""
        found = {}
        if "test_accuracy" in self.numbers:
            found["test accuracy"] = self.numbers["test_accuracy"]
        curve = self.front()
        if curve is not None:
            level = middle(curve)
            found[f"robust accuracy ({curve.attack}, {curve.intensity} {curve.levels[level]:g})"] = curve.accuracy[:, level]
        if "exponent" in self.numbers:
            found["exponent of the last layer"] = self.numbers["exponent"]
        return {words: values for words, values in found.items() if np.isfinite(values).any()}


def middle(curve):
    """The place of the intensity at which networks differ most (`robustness.telling_place`), not that of intensity 0."""
    means = over(curve.accuracy, 0).mean
    positive = np.flatnonzero(curve.levels > 0)
    return int(positive[telling_place(means[positive], means.max())]) if len(positive) else 0


def networks(data):
    """The rows of a study, as figures take it (`fold.for_figures`).

    Parameters
    ----------
    data : xarray.Dataset

    Returns
    -------
    Networks
        In the order of the study's axes.
    """
    dims = data.status.dims
    there = np.flatnonzero(asked(data).transpose(*dims).values.reshape(-1))

    def column(values):
        return values.broadcast_like(data.status).transpose(*dims).values.reshape(-1)[there]

    seeds = [a["coordinate"] for a in data.attrs.get("axes", []) if a["role"] == "replicate" and a["coordinate"] in data.coords
             and a["coordinate"] != "replicate"]
    # A seed that the study zips with training options is one of them: its networks differ by more than chance.
    zipped = [n for n in seeds if set(data[n].dims) & set(role(data, "training")) and "replicate" not in data.dims]
    seeds, training = [n for n in seeds if n not in zipped], [*zipped, *training_axes(data)]
    ids = column(data.trial_id) if "trial_id" in data else np.full(len(there), "", object)
    options = {name: column(data[name]) for name in (*training, *seeds)}
    varying = [name for name in training if len(set(map(str, options[name].tolist()))) > 1]
    labels = zip(*(options[n].tolist() for n in varying))
    rows = pandas.DataFrame({
        "trial_id": ids,
        "network": [str(i)[:8] or str(place) for place, i in enumerate(ids)],
        "setting": [settings(varying, values) for values in labels] if varying else "all networks",
        "status": [STATUS.get(int(code), "unknown") for code in column(data.status)],
        "message": column(data.message) if "message" in data else "",
    }, index=range(len(there)))
    numbers = {name: column(values).astype(float) for name, values in _measured(data)}
    numbers = {name: values for name, values in numbers.items() if np.isfinite(values).any()}
    curves, kinds = [], attack_options(data)
    for values, attack, intensity in robust_accuracies(data):
        accuracy = values.transpose(*dims, intensity).values.reshape(-1, values.sizes[intensity])[there]
        measured_at = np.isfinite(accuracy).any(0)
        if measured_at.any():
            kind = str((kinds.get(str(attack)) or {}).get("kind", attack))
            curves.append(Curve(attack_name(attack), str(attack), kind, intensity, values[intensity].values[measured_at].astype(float),
                                accuracy[:, measured_at]))
    return Networks(rows, options, numbers, varying, seeds, curves)


def _measured(data):
    if "history_loss" in data and data.sizes.get("epoch"):
        # What a network that diverged had last is no end of a training, and it can be of any size.
        yield "final_loss", _last(data.history_loss).where(data.status == 1)
    for name in ("train_accuracy", "test_accuracy"):
        if name in data and data[name].dims == data.status.dims:
            yield name, data[name]
    for values in data.data_vars.values():
        # What a procedure that trains nothing records of a trial.
        if values.attrs.get("group") and not values.attrs.get("family") and values.dims == data.status.dims:
            yield values.attrs["column"], values
    if exponents(data) is not None and data.sizes.get("layer"):
        yield "exponent", last_layer(exponents(data), measured(data, "fit_first"))


def _last(history):
    """The last epoch's number of every network, of those that ended before it the last that they reached."""
    last = history.isel(epoch=0, drop=True)
    for epoch in range(1, history.sizes["epoch"]):
        here = history.isel(epoch=epoch, drop=True)
        last = here.where(here.notnull(), last)
    return last


def distinct(ids):
    """Which of these cells count as networks: of those with one trial id, which share one training, the first.

    A cell without an id is a network of its own.

    Parameters
    ----------
    ids : array (n,)

    Returns
    -------
    array (n,) of bool
    """
    ids = np.asarray(ids).astype(str)
    found = ids == ""
    found[np.unique(ids, return_index=True)[1]] = True
    return found


def each_once(data):
    """The cells of a study that it has networks in, of cells that share one training the first: as `layout.asked`."""
    there = asked(data)
    if "trial_id" not in data:
        return there
    ids = data.trial_id.transpose(*there.dims).values.reshape(-1)
    return there & there.copy(data=distinct(ids).reshape(there.shape))


def some_levels(curve):
    """Places of at most MOST_INTENSITIES of the curve's intensities, that of `middle` among them."""
    places = some(list(range(len(curve.levels))), MOST_INTENSITIES - 1)
    return sorted({*places, middle(curve)})
