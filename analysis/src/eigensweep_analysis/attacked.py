# SPDX-License-Identifier: MIT
"""What single attacks of a study were asked: which one is the adversary, at which intensities, on which samples."""

from eigensweep_analysis.attack_reach import THOROUGH, attack_options
from eigensweep_analysis.layout import robust_accuracies


def split_of(data, attack):
    """The part of the dataset whose samples an attack perturbs: "test" or "validation"."""
    return str(attack_options(data).get(str(attack), {}).get("split", "test"))


def measured_levels(values, intensity):
    """The intensities at which a curve of `robust_accuracies` has a number of any network, ascending.

    Attacks of one group share their axis of intensities, so that it has those of the other attacks too.
    """
    there = values.notnull().any([d for d in values.dims if d != intensity])
    return values[intensity].values[there.values]


def middle_level(values, intensity):
    """The middle one of the attack's own intensities above 0; 0 if it has no other; None where none is asked for.

    Where no network has a number yet, every intensity of the axis may be the attack's own.
    """
    levels = measured_levels(values, intensity)
    levels = levels if len(levels) else values[intensity].values
    levels = [level for level in levels if level > 0] or list(levels)
    return levels[len(levels) // 2] if levels else None


def adversary(data):
    """The curve that stands for a study's robustness, as `robust_accuracies` gives it; None without attacks.

    It is a thorough protocol's if there is one, else that of the last attack that searches a ball. Noise and changes of
    the network look for no worst case, so that the first of these is taken where the study has nothing else.
    """
    curves, options = list(robust_accuracies(data)), attack_options(data)
    curves = [curve for curve in curves if len(measured_levels(curve[0], curve[2]))] or curves
    kinds = [str(options.get(str(attack), {}).get("kind", attack)) for _, attack, _ in curves]
    searches = [(curve, kind) for curve, kind in zip(curves, kinds) if curve[2] == "epsilon" and not kind.endswith("_noise")]
    thorough = [curve for curve, kind in searches if kind in THOROUGH]
    return (thorough or [curve for curve, _ in searches] or curves[:1] or [None])[-1]
