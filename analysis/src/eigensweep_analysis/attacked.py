# SPDX-License-Identifier: MIT
"""What one attack of a study was asked: its own intensities among those of all attacks."""


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
