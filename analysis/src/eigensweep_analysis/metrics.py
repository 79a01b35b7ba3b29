# SPDX-License-Identifier: MIT
"""Finds the variables of a metric's columns, whatever label the study gave it."""

from eigensweep_analysis.load import BOOKKEEPING

#: Columns of spectra taken at initialisation stand under their name with this in front.
INITIAL = "initial_"


def sections(data, kind):
    """(group in the file, options) of every metric of this kind that the study asks for, in its order.

    Options that the list of evaluations lacks are looked up in the resolved study.
    """
    resolved = data.attrs.get("resolved")
    metrics = resolved.get("metrics", {}) if isinstance(resolved, dict) else {}
    for evaluation in data.attrs.get("evaluations", []):
        if evaluation.get("family") == "metric" and evaluation.get("kind") == kind:
            label = evaluation.get("label", kind)
            study = metrics.get(label) if isinstance(metrics, dict) else None
            yield evaluation.get("group", label), {**(study or {}), **(evaluation.get("options") or {})}


def options_of(data, values, kind):
    """The options of the metric of this kind that an array is a column of; {} where the file does not say it."""
    return next((options for group, options in sections(data, kind) if group == values.attrs.get("group")), {})


def is_initial(options):
    """Whether a metric with these options looks at the network before training."""
    return options.get("network") == "initial"


def with_plain_names(data):
    """The results with every metric's columns under their plain names.

    `load` puts a group's label in front of a column that several groups have, as `spectrum_eigenvalues` beside
    `early_eigenvalues`. Here the first metric of a kind that looks at the trained network has `eigenvalues`, the first
    that looks at the initial one `initial_eigenvalues`; columns of further ones keep their label.

    Parameters
    ----------
    data : xarray.Dataset
        As from `load`.

    Returns
    -------
    xarray.Dataset
    """
    renamed = {name: plain for plain, name in _chosen(data).items() if name != plain}
    return data.rename({n: plain for n, plain in renamed.items() if plain not in data or plain in renamed})


def measured(data, plain):
    """The numbers of a metric's column by its plain name, or None; never the study's axis of that name ("exponent")."""
    return data.data_vars.get(plain, data.data_vars.get(_chosen(data).get(plain)))


def _chosen(data):
    """Plain name -> the variable that gets it."""
    places = {(v.attrs["group"], v.attrs["column"]): n for n, v in data.data_vars.items() if "group" in v.attrs}
    chosen = {}
    for prefix, (wanted, *_) in _groups(data):
        for (group, column), name in places.items():
            if group == wanted and column not in BOOKKEEPING:
                chosen.setdefault(prefix + column, name)
    return chosen


def left_out(data):
    """(label, label of the earlier metric of its kind) of the metrics whose columns keep their label."""
    return [(other, first) for _, (first, *others) in _groups(data) for other in others]


def _groups(data):
    """[(prefix of plain names, groups)]: the groups of each kind of metric, those at initialisation apart."""
    found = {}
    for kind in dict.fromkeys(e["kind"] for e in data.attrs.get("evaluations", []) if e.get("family") == "metric"):
        for group, options in sections(data, kind):
            found.setdefault((kind, INITIAL if is_initial(options) else ""), []).append(group)
    return [(prefix, groups) for (_, prefix), groups in found.items()]
