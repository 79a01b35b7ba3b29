# SPDX-License-Identifier: MIT
"""Which number an optimiser's study is about."""

import dataclasses
import difflib
import os

import numpy as np

from eigensweep_analysis.attack_reach import attack_options
from eigensweep_analysis.single_numbers import Number
from eigensweep_analysis.load import ResultsError
from eigensweep_analysis.robustness import front_attack, telling_place

#: Columns with one of these in their name are better when they are smaller; all others when larger.
SMALLER_IS_BETTER = ("loss", "cross_entropy", "seconds", "alarms", "unconfirmed")
#: An error lists the first names of this many columns, and before them some that are near a name that is not there.
MOST_LISTED, MOST_NEAR = 12, 6


@dataclasses.dataclass
class Objective:
    """The number that a study is about, and which end of it is the good one."""

    number: Number
    #: "maximize" or "minimize", as optimisers say it.
    direction: str


def choose(data, columns, name=None):
    """The number with this name, or the one that says most about a study.

    A study with attacks asks which networks are robust. So the choice is the robust accuracy under
    `front_attack`, at the intensity of `telling_place`. A study without attacks is about the test
    accuracy.

    Parameters
    ----------
    data : xarray.Dataset
        As `load` returns it.
    columns : list of single_numbers.Number
    name : str, optional
        Of one of them.

    Returns
    -------
    Objective

    Raises
    ------
    ResultsError
        There is no such number, or none at all to choose.
    """
    if not columns:
        raise ResultsError("export optuna: no network has a number, so there is none to optimise; "
                           "export csv has the reasons")
    if name is not None:
        chosen = next((c for c in columns if c.name == name), None)
        if chosen is None:
            raise ResultsError(f"--objective {name}: no number of this study; "
                               f"choose from: {_listed(columns, name)}")
    else:
        chosen = _front(data, columns) or next((c for c in columns if c.name == "test_accuracy"), None)
        if chosen is None:
            raise ResultsError("export optuna: the study has neither robust accuracy nor test "
                               f"accuracy; name one with --objective: {_listed(columns)}")
    smaller = any(word in chosen.column for word in SMALLER_IS_BETTER)
    return Objective(chosen, "minimize" if smaller else "maximize")


def _front(data, columns):
    """The robust accuracy that says most; None without attacks of an adversary."""
    curves = {}
    for number in columns:
        # Noise has another intensity. It is no adversary.
        if number.column == "robust_accuracy" and number.intensity == "epsilon" and number.level > 0:
            curves.setdefault(number.attack, []).append(number)
    kinds = {label: options.get("kind") for label, options in attack_options(data).items()}
    means = {label: [_mean(n) for n in numbers] for label, numbers in curves.items()}
    label = front_attack(means, kinds)
    if label is None:
        return None
    clean = [_mean(n) for n in columns if n.attack == label and (
        n.column == "clean_accuracy" or (n.column == "robust_accuracy" and n.level == 0))]
    return curves[label][telling_place(means[label], max(clean + means[label]))]


def _mean(number):
    """Over the networks that have it; 0 if it is finite nowhere."""
    there = number.values[np.isfinite(number.values)]
    return float(there.mean()) if len(there) else 0.0


def _listed(columns, wanted=None):
    """Names to choose from: the nearest to the one that was wanted, then the first of every column."""
    names = [c.name for c in columns]
    near = sorted(names, key=lambda name: -_likeness(name, wanted))[:MOST_NEAR] if wanted else []
    # The first numbers of every column, so that a column with many does not hide the others.
    firsts = list({c.column: c.name for c in reversed(columns)}.values())[::-1]
    shown = list(dict.fromkeys(near + firsts[:MOST_LISTED]))
    return ", ".join(shown) + (f", ... ({len(names)} in all)" if len(names) > len(shown) else "")


def _likeness(name, wanted):
    """How near a name is. A name that holds the whole wanted one is nearest; its beginning says what a number is of."""
    common = len(os.path.commonprefix([name, wanted]))
    alike = difflib.SequenceMatcher(None, name, wanted, autojunk=False).ratio()
    return (wanted in name) + alike + common / len(wanted)
