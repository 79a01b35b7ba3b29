# SPDX-License-Identifier: MIT
"""Which of a study's axes make panels, lines and figures of their own, and how labels read."""

import matplotlib
import numpy as np
import xarray as xr

from eigensweep_analysis.panels import BASELINE, MARKERS, PALETTE, Line

#: More lines than this in one panel cannot be told apart.
MOST_LINES = 8

#: A power law fitted to fewer ranks has no exponent: the program's own rule, for files that are older than it.
FEWEST_FIT_RANKS = 8


def axis_by_pointer(data, ending, default):
    """The name of the axis whose pointer ends in `ending`; `default` if no axis does."""
    for axis in data.attrs.get("axes", []):
        if axis["pointer"].endswith(ending) and axis["coordinate"] in data.dims:
            return axis["coordinate"]
    return default


def role(data, wanted):
    """Names of the axes of one role that are dimensions."""
    axes = data.attrs.get("axes", [])
    return [a["coordinate"] for a in axes if a["role"] == wanted and a["coordinate"] in data.dims]


def text(name, value):
    """A label's value as readers write it: "width 256", "batch norm on", "vanilla"."""
    if isinstance(value, (bool, np.bool_)):
        value = "on" if value else "off"
    if isinstance(value, (float, np.floating)):
        value = "none" if np.isnan(value) else f"{value:g}"
    if name == "case":
        return str(value)
    return f"{name.replace('_', ' ')} {value if str(value) else 'none'}"


def attack_name(label):
    """An attack's label as papers print it: "PGD", "PGD[steps=40]", "Gaussian noise"."""
    head, bracket, tail = str(label).partition("[")
    head = head.upper() if head in ("fgsm", "pgd") else head.replace("_", " ").replace("gaussian", "Gaussian")
    return head + bracket + tail


class Layout:
    """Which axes make panels, which make lines, and which make figures of their own."""

    def __init__(self, data):
        self.data = data
        self.width = axis_by_pointer(data, "/model/width", "width")
        self.depth = axis_by_pointer(data, "/model/depth", "depth")
        self.strength = axis_by_pointer(data, "/strength", "strength")
        # A study of one network has no axes at all: its rows are averaged over.
        self.replicates = role(data, "replicate") + [n for n in ("trial",) if n in data.dims]
        others = [n for n in role(data, "training") if n not in (self.width, self.depth, self.strength)]
        lines = [n for n in (*others, self.strength) if n in data.dims]
        # Too many lines for one panel: the axes beside the strength make figures of their own.
        self.apart = [] if len(self.cells(lines)) <= MOST_LINES else others
        self.together = [n for n in lines if n not in self.apart]

    def cells(self, names):
        """The combinations of these axes' values that the study has networks of."""
        there = self.data.trial_id != ""
        there = there.any([n for n in there.dims if n not in names]).transpose(*names).values
        labels = [self.data[n].values for n in names]
        return [tuple(values[i] for values, i in zip(labels, place)) for place in np.argwhere(there).tolist()]

    def parts(self):
        """(selection, title) of each figure that the other axes ask for."""
        for cell in self.cells(self.apart):
            title = ", ".join(text(n, v) for n, v in zip(self.apart, cell))
            yield dict(zip(self.apart, cell)), title

    def labels(self, name):
        return self.data[name].values if name in self.data.dims else [None]

    def lines(self):
        """The lines of every panel, those without penalty first and in grey."""
        found = []
        strengths = [v for v in self.labels(self.strength) if v is not None and v > 0]
        other = [n for n in self.together if n != self.strength and self.data.sizes[n] > 1]
        for place, cell in enumerate(self.cells(self.together)):
            select = dict(zip(self.together, cell))
            shown = [n for n in self.together if self.data.sizes[n] > 1] or self.together
            shown = [n for n in shown if not is_nan(select[n])]
            label = ", ".join(text(n, select[n]) for n in shown) or "_all"  # no legend for a single line
            strength = select.get(self.strength)
            if other:
                colour = PALETTE[place % len(PALETTE)]
            elif strength is None:
                colour = PALETTE[0]
            elif not strength > 0:
                colour = BASELINE
            else:
                # Ordered values: one lightness ramp, so that the order reads without colour too.
                share = strengths.index(strength) / max(len(strengths) - 1, 1)
                colour = matplotlib.colormaps["plasma"](0.75 - 0.6 * share if len(strengths) > 1 else 0.4)
            style = {"color": colour, "marker": MARKERS[place % len(MARKERS)]}
            if strength is not None and not strength > 0 and not other:
                style["linestyle"] = (0, (4, 2))
            found.append(Line(label, select, style))
        return found


def is_nan(value):
    return isinstance(value, (float, np.floating)) and np.isnan(value)


def select_cell(values, select):
    """The numbers at these labels; NaN is the label of an axis that has no part in a case."""
    chosen = values.sel({n: v for n, v in select.items() if n in values.dims and not is_nan(v)})
    for name, value in select.items():
        if name in chosen.dims and is_nan(value):
            chosen = chosen.isel({name: int(np.flatnonzero(np.isnan(chosen[name].values))[0])})
    return chosen


def panel_values(values, select, replicates):
    """Mean, smallest and largest over the replicates of a selection, each over what is left: one dimension."""
    chosen = select_cell(values, select)
    dims = [d for d in replicates if d in chosen.dims]
    return chosen.mean(dims), chosen.min(dims), chosen.max(dims)


def last_layer(values, there=None):
    """The numbers of every network's own last hidden layer.

    `there` is finite and not negative where a network has a layer; without it a layer without a number is taken for one
    that the network does not have.
    """
    has = np.isfinite(values) if there is None else there >= 0
    filled, found = values.isel(layer=-1), has.isel(layer=-1)
    for layer in range(values.sizes["layer"] - 2, -1, -1):
        filled = filled.where(found, values.isel(layer=layer))
        found = found | has.isel(layer=layer)
    return filled


def exponents(data):
    """The exponents of spectra; none where an older program fitted fewer ranks than FEWEST_FIT_RANKS."""
    if "fit_first" not in data or "fit_last" not in data:
        return data.exponent
    ranks = data.fit_last - data.fit_first + 1
    return data.exponent.where(ranks >= FEWEST_FIT_RANKS)


def panel_title(*parts):
    return ", ".join(text(n, v) for n, v in parts if v is not None)


def robust_accuracies(data):
    """(numbers, label of the attack, name of its strength) of every attack and noise of the study."""
    for name in data.data_vars:
        attack_dim, strength_dim = data[name].dims[-2:] if data[name].ndim > 1 else ("", "")
        place = data[name].attrs  # as `load` notes it; a metric's column may have such a name too
        if place.get("column", name) == "robust_accuracy" and place.get("family", "attack") == "attack":
            values = _with_clean(data, name, strength_dim)
            for attack in data[attack_dim].values:
                yield values.sel({attack_dim: attack}), attack, strength_dim


def _with_clean(data, name, strength_dim):
    """Robust accuracies with the clean accuracy of the attacked samples at strength 0, if the file has it."""
    values = data[name]
    clean = data.get(name.replace("robust", "clean", 1))
    if clean is None or strength_dim not in values.coords:
        return values
    if not (values[strength_dim] == 0).any():
        clean = clean.expand_dims({strength_dim: [0.0]}, axis=-1)
        return xr.concat([clean, values], strength_dim).transpose(*values.dims).assign_attrs(values.attrs)
    return values.where(np.isfinite(values) | (values[strength_dim] != 0), clean).transpose(*values.dims)


def strength_label(data, name):
    """A perturbation's strength as the x axis names it: what it is, and in which unit."""
    what = {"epsilon": r"attack strength $\varepsilon$", "sigma": r"standard deviation $\sigma$"}.get(name, name)
    unit = data[name].attrs.get("units", "")
    unit = {"": "input units", "1": "input units", "pixel": "pixels in [0, 1]"}.get(unit, unit)
    return f"{what} ({unit})"
