# SPDX-License-Identifier: MIT
"""What the resolved study file says of all networks of a study."""

#: Datasets whose inputs are pixels in [0, 1]. Those of hdf5 have options for it; generated ones have no bounds.
IMAGES = ("mnist", "idx_folder", "cifar10")


def input_range(data):
    """(least, largest) input that the networks of a study can have.

    None where the study does not say it, it has no bounds, or its networks have several.
    """
    ranges = {_range_of(case.get("dataset") or {}) for case in _cases(data)}
    return ranges.pop() if len(ranges) == 1 else None


def is_recurrent(data):
    """Whether all networks of a study are of the kind `rnn`."""
    return {(case.get("model") or {}).get("kind") for case in _cases(data)} == {"rnn"}


def _cases(data):
    """The resolved studies that make up this one; empty where the file does not say it."""
    resolved = data.attrs.get("resolved")
    if not isinstance(resolved, dict):
        return []
    cases = resolved["cases"] if isinstance(resolved.get("cases"), list) else [resolved]
    return [case for case in cases if isinstance(case, dict)]


def _range_of(dataset):
    """(lower, upper) of one dataset's resolved options; None where an end is swept."""
    if dataset.get("kind") in IMAGES:
        return 0, 1
    ends = dataset.get("lower"), dataset.get("upper")
    return ends if all(isinstance(end, (int, float)) for end in ends) else None
