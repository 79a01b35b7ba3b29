# SPDX-License-Identifier: MIT
"""Which of a study's axes make panels, lines and figures of their own, and how labels read."""

import matplotlib
import numpy as np
import xarray as xr

from eigensweep_analysis.metrics import measured
from eigensweep_analysis.panels import BASELINE, MARKERS, MOST_ACROSS, PALETTE, Line, some
from eigensweep_analysis.resolved import input_range
from eigensweep_analysis.statistics import summary

#: More lines than this in one panel cannot be told apart.
MOST_LINES = 8
#: The most values of a penalty's strength in one panel. Of more, some are chosen evenly.
MOST_STRENGTHS = 12
#: No penalty, then one after another of the strengths, where colours say something else.
DASHES = [(0, (4, 2)), "solid", (0, (1, 1.2)), (0, (6, 1.5, 1, 1.5)), (0, (9, 2)), (0, (2, 2.5))]
#: Axes whose labels are whole texts: "vanilla", "width 64, learning rate 0.1", "dann" (a type of layers).
NAMED = ("case", "point", "zip", "model_layer")

#: A fit to fewer ranks has no exponent. The program has the same rule; files that are older than the rule need it here.
FEWEST_FIT_RANKS = 8


def axis_by_pointer(data, ending, default):
    """The name of the axis whose pointer ends in `ending`; `default` if no axis does."""
    for axis in data.attrs.get("axes", []):
        if axis["pointer"].endswith(ending) and axis["coordinate"] in data.dims:
            return axis["coordinate"]
    return default


def role(data, wanted):
    """Names of the axes that are dimensions of one role, "training" or "replicate".

    A dimension that a seed shares with a training option (zip) has the role "training", even if it is named after the
    seed: networks along it differ by more than chance, so no mean is taken over them.
    """
    axes = [a for a in data.attrs.get("axes", []) if a["coordinate"] in data.coords]
    training = {data[a["coordinate"]].dims for a in axes if a["role"] == "training"}
    found = [a for a in axes if a["coordinate"] in data.dims]
    return [a["coordinate"] for a in found
            if wanted == ("training" if (a["coordinate"],) in training else a["role"])]


def has_seeds(data):
    """Whether several networks differ by their seed alone, so that means and bands are over seeds."""
    return any(data.sizes[n] > 1 for n in role(data, "replicate"))


def text(name, value):
    """A label's value as readers write it: "width 256", "batch norm on", "vanilla"."""
    if isinstance(value, (bool, np.bool_)):
        value = "on" if value else "off"
    if isinstance(value, (float, np.floating)):
        value = "none" if np.isnan(value) else f"{value:g}"
    if name in NAMED:
        return f" {value}" if str(value).startswith("_") else str(value)  # legends hide labels that begin with _
    return f"{name.replace('_', ' ')} {value if str(value) else 'none'}"


#: What papers call attacks.
ATTACKS = {"fgsm": "FGSM", "pgd": "PGD", "mi_fgsm": "MI-FGSM", "apgd": "APGD", "square": "Square attack",
           "grey_image": "grey image", "fab": "FAB", "deepfool": "DeepFool", "strict": "strict protocol", "reference": "reference PGD",
           "autoattack_standard": "standard AutoAttack", "gaussian_noise": "Gaussian noise",
           "uniform_noise": "uniform noise", "salt_and_pepper_noise": "salt-and-pepper noise",
           "synaptic_noise": "synaptic noise", "unit_deletion": "deletion of units"}
NORMS = {"linf": "L-infinity", "l2": "L2"}


def attack_name(label):
    """An attack's label as papers print it: "PGD", "PGD[steps=40]", "strict protocol (L2)", "Gaussian noise"."""
    head, bracket, tail = str(label).partition("[")
    # A label may be the kind and a word of the study's own.
    kind = max((kind for kind in ATTACKS if head == kind or head.startswith(kind + "_")), key=len, default=None)
    if kind is None:
        head = head.replace("_", " ")
    else:
        rest = head[len(kind) + 1:]
        head = ATTACKS[kind] + (f" ({NORMS.get(rest, rest.replace('_', ' '))})" if rest else "")
    return head + (" " if bracket and " " in head else "") + bracket + tail


def by_attack(label):
    """An attack's name as it follows "under" or begins a sentence: "PGD", "the strict protocol"."""
    name = attack_name(label)
    return f"the {name}" if name.startswith((ATTACKS["strict"], ATTACKS["square"])) else name


def asked(data):
    """Which cells the study has networks in: an array over the dimensions of `status`."""
    # As str, since numpy before 1.25 compares no empty array of objects with a text.
    return data.trial_id.astype(str) != "" if "trial_id" in data else xr.ones_like(data.status, bool)


class Layout:
    """Which axes make panels, which make lines, and which make figures of their own."""

    def __init__(self, data, strength=None):
        self.data = data
        self.width = axis_by_pointer(data, "/model/width", "width")
        self.depth = axis_by_pointer(data, "/model/depth", "depth")
        self.strength = strength or axis_by_pointer(data, "/strength", "strength")  # of several, the first
        self.layer = axis_by_pointer(data, "/model/layer", None)  # the type of the layers
        # A study of one network has no axes at all: its rows are averaged over.
        self.replicates = role(data, "replicate") + [n for n in ("trial",) if n in data.dims]
        others = [n for n in role(data, "training") if n not in (self.width, self.depth, self.strength)]
        lines = [n for n in (*others, self.strength) if n in data.dims]
        # If one panel would have too many lines, the axes beside the strength make figures of their own. Points of a
        # list of trials never do; the best of them are lines.
        # A study of layer types compares these, so that the other axes make figures of their own.
        self.apart = [] if "point" in others or len(self.cells(lines)) <= MOST_LINES else others
        if self.layer in others and data.sizes[self.layer] > 1:
            self.apart = [n for n in others if n != self.layer]
        self.together = [n for n in lines if n not in self.apart]
        self.thinned = {}  # what is drawn in part: words -> (how many, of how many)

    def cells(self, names):
        """The combinations of these axes' values that the study has networks of."""
        there = asked(self.data)
        there = there.any([n for n in there.dims if n not in names]).transpose(*names).values
        labels = [self.data[n].values for n in names]
        return [tuple(values[i] for values, i in zip(labels, place)) for place in np.argwhere(there).tolist()]

    def parts(self):
        """(selection, title) of each figure that the axes in `apart` make."""
        for cell in self.cells(self.apart):
            title = ", ".join(text(n, v) for n, v in zip(self.apart, cell) if self.data.sizes[n] > 1)
            yield dict(zip(self.apart, cell)), title

    def labels(self, name):
        """The labels of an axis that get panels; [None] if there is no such axis."""
        return self._some(f"values of {name.replace('_', ' ')}", self._all(name), MOST_ACROSS)

    def note(self):
        """A sentence on what is not drawn; "" if everything is."""
        parts = [f"{some} of {count} {words}" for words, (some, count) in self.thinned.items()]
        return f" Drawn: {', '.join(parts)}." if parts else ""

    def some(self, words, values):
        """At most MOST_ACROSS of these values, the others noted as left out."""
        return self._some(words, values, MOST_ACROSS)

    def _all(self, name):
        return list(self.data[name].values) if name in self.data.dims else [None]

    def _some(self, words, values, most):
        """At most that many of the values, evenly chosen, the ends among them."""
        if len(values) <= most:
            return values
        self.thinned[words] = (most, len(values))
        if words == "networks":  # best first
            return values[:most]
        return some(values, most)

    def lines(self, most=None):
        """The lines of every panel, at most that many, those without penalty first and in grey."""
        found = []
        strengths = [v for v in self._all(self.strength) if v is not None and v > 0]
        other = [n for n in self.together if n != self.strength and self.data.sizes[n] > 1]
        cells = self.cells(self.together)
        if "point" in self.together:
            cells = self._some("networks", cells, most or MOST_LINES)
        else:
            cells = self._some("lines", cells, most or MOST_STRENGTHS)
        for place, cell in enumerate(cells):
            select = dict(zip(self.together, cell))
            shown = [n for n in self.together if self.data.sizes[n] > 1] or self.together
            shown = [n for n in shown if not is_nan(select[n])]
            label = ", ".join(text(n, select[n]) for n in shown) or "_all"  # no legend for a single line
            strength = select.get(self.strength)
            types = list(self.data[self.layer].values) if self.layer in other else []
            if types:  # one colour for each type of layers, whatever else differs
                colour = PALETTE[types.index(select[self.layer]) % len(PALETTE)]
            elif other:
                colour = PALETTE[place % len(PALETTE)]
            elif strength is None:
                colour = PALETTE[0]
            elif not strength > 0:
                colour = BASELINE
            else:
                # The values have an order, so lightness shows it, which is visible without colour too.
                share = strengths.index(strength) / max(len(strengths) - 1, 1)
                colour = matplotlib.colormaps["plasma"](0.75 - 0.6 * share if len(strengths) > 1 else 0.4)
            style = {"color": colour, "marker": MARKERS[place % len(MARKERS)]}
            if strength is not None and not strength > 0 and not other:
                style["linestyle"] = (0, (4, 2))
            if types and strength is not None:  # then markers and dashes are the strengths
                dash = strengths.index(strength) + 1 if strength > 0 else 0
                style |= {"marker": MARKERS[dash % len(MARKERS)], "linestyle": DASHES[dash % len(DASHES)]}
            found.append(Line(label, select, style))
        return found


def is_nan(value):
    return isinstance(value, (float, np.floating)) and np.isnan(value)


def select_cell(values, select):
    """The numbers at these labels; NaN is the label of an axis that a case does not have."""
    chosen = values.sel({n: v for n, v in select.items() if n in values.dims and not is_nan(v)})
    for name, value in select.items():
        if name in chosen.dims and is_nan(value):
            chosen = chosen.isel({name: int(np.flatnonzero(np.isnan(chosen[name].values))[0])})
    return chosen


def panel_values(values, select, replicates):
    """A line and its band: the mean over the replicates of a selection, less and plus the standard deviation.

    Missing numbers do not count. A mean of one network has no band. One dimension stays.
    """
    mean, deviation, _ = summary(select_cell(values, select), replicates)
    return band(mean, deviation)


def band(mean, deviation):
    """(mean, lower end, upper end) as `draw` takes them; the ends are the mean where there is no deviation."""
    half = np.nan_to_num(deviation)
    return mean, mean - half, mean + half


def last_layer(values, there=None):
    """The numbers of every network's own last hidden layer.

    `there` is finite and not negative where a network has a layer. Without `there`, a network is taken to lack the
    layers that have no number.
    """
    has = np.isfinite(values) if there is None else there >= 0
    filled, found = values.isel(layer=-1), has.isel(layer=-1)
    for layer in range(values.sizes["layer"] - 2, -1, -1):
        filled = filled.where(found, values.isel(layer=layer))
        found = found | has.isel(layer=layer)
    return filled


def exponents(data):
    """The exponents of spectra, NaN where an older program fitted fewer ranks than FEWEST_FIT_RANKS; None without any."""
    values, first, last = (measured(data, name) for name in ("exponent", "fit_first", "fit_last"))
    if values is None or first is None or last is None:
        return values
    return values.where(last - first + 1 >= FEWEST_FIT_RANKS)


def panel_title(*parts):
    return ", ".join(text(n, v) for n, v in parts if v is not None)


def robust_accuracies(data):
    """(numbers, label of the attack, name of its intensity) of every attack and noise of the study.

    All curves of robust accuracy come from here. If the file has the clean accuracy of the attacked samples, it is the
    first point, at intensity 0. The intensities of a curve are its own coordinate.
    """
    for name in data.data_vars:
        attack_dim, intensity_dim = data[name].dims[-2:] if data[name].ndim > 1 else ("", "")
        place = data[name].attrs  # as `load` notes it; a metric's column may have such a name too
        is_attack = place.get("column", name) == "robust_accuracy" and place.get("family", "attack") == "attack"
        if is_attack and attack_dim.startswith("attack"):
            clean = data.get(name.replace("robust", "clean", 1))
            for attack in data[attack_dim].values:
                values = data[name].sel({attack_dim: attack})
                if clean is not None and attack_dim in clean.dims:
                    values = _with_clean(values, clean.sel({attack_dim: attack}), intensity_dim)
                yield values, attack, intensity_dim


def _with_clean(values, clean, intensity):
    """A curve with the clean accuracy at intensity 0, if it has no number there."""
    attributes = values[intensity].attrs
    if (values[intensity] == 0).any():
        values = values.where(np.isfinite(values) | (values[intensity] != 0), clean).transpose(*values.dims)
    else:
        # Intensities are positive, so that 0 comes first.
        zero = clean.expand_dims({intensity: [0.0]}, axis=-1)
        values = xr.concat([zero, values], intensity).transpose(*values.dims).rename(values.name)
    values[intensity].attrs.update(attributes)
    return values


def intensity_label(values, name, data):
    """A perturbation's intensity as the x axis names it: what it is, and in which unit. `data` is the study."""
    what = {"epsilon": r"attack intensity $\varepsilon$", "sigma": r"standard deviation $\sigma$",
            "share": "share of the pixels", "relative_sigma": "standard deviation over the weight's size",
            "deleted_share": "share of the units"}.get(name, name)
    return _with_unit(what, values[name], data)


def distance_label(values, data):
    """The distance of a misclassified point as the x axis names it: it has the unit of `values.epsilon`."""
    return _with_unit("distance", values["epsilon"], data)


def _with_unit(what, intensities, data):
    unit = intensities.attrs.get("units", "1")  # "1": none
    unit = {"1": "", "pixel": _input_unit(data)}.get(unit, unit)
    return f"{what} ({unit})" if unit else what


def _input_unit(data):
    """What an intensity in units of the inputs is relative to, in words; "" where that is not one range."""
    ends = input_range(data)
    if ends is None:
        return ""
    return "pixels in [0, 1]" if ends == (0, 1) else f"data in [{ends[0]:g}, {ends[1]:g}]"
