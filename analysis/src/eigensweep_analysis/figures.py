# SPDX-License-Identifier: MIT
"""The figures of a report: each a grid of panels (widths by depths or layers) with one line per penalty strength."""

import dataclasses
import itertools

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

#: Categories: Okabe and Ito's palette, told apart under every common form of colour blindness.
PALETTE = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442"]
MARKERS = ["o", "s", "^", "D", "v", "P", "X", "*"]
BASELINE = "#404040"
#: Lines that are no data: the 1/n spectrum, the exponent 1.
GUIDE = {"color": "black", "linewidth": 0.9, "linestyle": (0, (1, 1.5)), "zorder": 1}
STYLE = {
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "lines.linewidth": 1.5,
    "lines.markersize": 4,
    "pdf.fonttype": 42,  # text stays text in the PDF
    "savefig.dpi": 180,
}
#: More lines than this in one panel cannot be told apart.
MOST_LINES = 8


@dataclasses.dataclass
class Line:
    """One line of every panel: where its numbers lie and how it is drawn."""

    label: str
    select: dict
    style: dict


@dataclasses.dataclass
class Picture:
    """A finished figure with the file name (no suffix) and the caption it goes by."""

    name: str
    caption: str
    figure: Figure


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
    """A label's value as readers write it: "width 256", "vanilla"."""
    if isinstance(value, (float, np.floating)):
        value = "none" if np.isnan(value) else f"{value:g}"
    if name == "case":
        return str(value)
    return f"{name.replace('_', ' ')} {value if str(value) else 'none'}"


def attack_name(label):
    """An attack's label as papers print it: "PGD", "PGD[steps=40]", "gaussian noise"."""
    head, bracket, tail = str(label).partition("[")
    return (head.upper() if head in ("fgsm", "pgd") else head.replace("_", " ")) + bracket + tail


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
            shown = [n for n in shown if not _is_nan(select[n])]
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


def _is_nan(value):
    return isinstance(value, (float, np.floating)) and np.isnan(value)


def panel_values(values, select, replicates):
    """Mean, smallest and largest over the replicates of a selection, each over what is left: one dimension."""
    chosen = values.sel({n: v for n, v in select.items() if n in values.dims and not _is_nan(v)})
    for name, value in select.items():
        if name in chosen.dims and _is_nan(value):
            chosen = chosen.isel({name: int(np.flatnonzero(np.isnan(chosen[name].values))[0])})
    dims = [d for d in replicates if d in chosen.dims]
    return chosen.mean(dims), chosen.min(dims), chosen.max(dims)


def draw(axes, x, stats, line, markers=True):
    """One line with the band between the smallest and the largest replicate. False when there is nothing to draw."""
    mean, low, high = (np.asarray(s.values, float).reshape(-1) for s in stats)
    there = np.isfinite(mean)
    if not there.any():
        return False
    x = np.asarray(x)[there]
    style = dict(line.style) if markers else {k: v for k, v in line.style.items() if k != "marker"}
    axes.plot(x, mean[there], label=line.label, **style, markeredgewidth=0, zorder=3)
    if np.any(high[there] > low[there]):
        axes.fill_between(x, low[there], high[there], color=line.style["color"], alpha=0.18, linewidth=0, zorder=2)
    return True


def grid(rows, columns, title, width=2.7, height=2.15):
    """A figure and its rows x columns panels, with room on the right for the legend.

    A single long row is broken into lines of four.
    """
    shape = (rows, columns) if rows > 1 or columns <= 4 else (-(-columns // 4), 4)
    figure = Figure(figsize=(width * shape[1] + 2.0, height * shape[0] + 0.7), layout="constrained")
    panels = figure.subplots(*shape, squeeze=False, sharex=True, sharey=True)
    if shape[0] != rows:
        for axes in panels.flat[columns:]:
            axes.remove()
        panels = panels.reshape(1, -1)[:, :columns]
        for axes in panels.flat:
            axes.tick_params(labelbottom=True)
    if title:
        figure.suptitle(title, fontsize=10, x=0.02, ha="left", fontweight="bold")
    return figure, panels


def finish(figure, panels):
    """The legend beside the panels, so that it covers no data; panels without data are taken away."""
    handles = {}
    for axes in panels.flat:
        for handle, label in zip(*axes.get_legend_handles_labels()):
            handles.setdefault(label, handle)
        if not axes.lines:
            axes.set_axis_off()
            axes.set_title("", loc="left")
    if handles:
        figure.legend(handles.values(), handles.keys(), loc="outside right center", frameon=False, handlelength=2.6)


def label_rows(panels, label):
    """The y axis's label on the first panel of every line of the figure."""
    for axes in panels.flat:
        if axes.get_subplotspec().is_first_col():
            axes.set_ylabel(label)


def panel_title(*parts):
    return ", ".join(text(n, v) for n, v in parts if v is not None)


def robust_accuracies(data):
    """(numbers, label of the attack, name of its strength) of every attack and noise of the study."""
    for name in data.data_vars:
        if name.startswith("robust_accuracy"):
            attack_dim, strength_dim = data[name].dims[-2:]
            for attack in data[attack_dim].values:
                yield data[name].sel({attack_dim: attack}), attack, strength_dim


def accuracy_figures(data):
    """Robust accuracy against epsilon, one figure per attack; panels: widths across, depths down."""
    layout = Layout(data)
    for part, part_title in layout.parts():
        for values, attack, strength_dim in robust_accuracies(data):
            if not np.isfinite(values.values).any():
                continue
            widths, depths = layout.labels(layout.width), layout.labels(layout.depth)
            title = f"Robust accuracy under {attack_name(attack)}" + (f" ({part_title})" if part_title else "")
            figure, panels = grid(len(depths), len(widths), title)
            for (row, depth), (column, width) in itertools.product(enumerate(depths), enumerate(widths)):
                axes = panels[row][column]
                for line in layout.lines():
                    where = {**part, **line.select, layout.width: width, layout.depth: depth}
                    stats = panel_values(values, where, layout.replicates)
                    draw(axes, data[strength_dim].values, stats, line)
                axes.set_title(panel_title((layout.depth, depth), (layout.width, width)), loc="left")
                axes.set_ylim(0, 1)
                axes.grid(axis="y", color="#e4e4e4", linewidth=0.6, zorder=0)
            for axes in panels[-1]:
                what = {"epsilon": r"attack strength $\varepsilon$", "sigma": r"standard deviation $\sigma$"}
                axes.set_xlabel(f"{what.get(strength_dim, strength_dim)} ({_unit(data, strength_dim)})")
            label_rows(panels, "robust accuracy")
            finish(figure, panels)
            yield Picture(
                _name("accuracy", attack, part),
                f"Share of test images still classified right under {attack_name(attack)}"
                f"{' (' + part_title + ')' if part_title else ''}, by attack strength. {_spread(data, layout)}",
                figure,
            )


def spectrum_figures(data):
    """Covariance eigenspectra in log-log, one figure per depth; panels: widths across, layers down."""
    layout = Layout(data)
    values = data.eigenvalues
    for part, part_title in layout.parts():
        for depth in layout.labels(layout.depth):
            widths = layout.labels(layout.width)
            here = values.sel({n: v for n, v in {**part, layout.depth: depth}.items() if n in values.dims})
            layers = [v for v in data.layer.values if np.isfinite(here.sel(layer=v).values).any()]
            if not layers:
                continue
            title = "Covariance eigenspectra" + _bracket(panel_title((layout.depth, depth)), part_title)
            figure, panels = grid(len(layers), len(widths), title)
            for (row, layer), (column, width) in itertools.product(enumerate(layers), enumerate(widths)):
                axes = panels[row][column]
                anchor = None
                for line in layout.lines():
                    where = {**line.select, layout.width: width}
                    stats = panel_values(here.sel(layer=layer).where(here.sel(layer=layer) > 0), where,
                                         layout.replicates)
                    if draw(axes, data.eigenvalue.values, stats, line, markers=False):
                        anchor = _anchor(stats[0].values) if anchor is None else anchor
                if anchor is not None:
                    ranks = np.array([1.0, float(np.isfinite(stats[0].values).sum() or data.sizes["eigenvalue"])])
                    axes.plot(ranks, anchor[1] * (ranks / anchor[0]) ** -1, label=r"$n^{-1}$", **GUIDE)
                axes.set_xscale("log")
                axes.set_yscale("log")
                axes.xaxis.set_minor_formatter(NullFormatter())
                axes.yaxis.set_minor_formatter(NullFormatter())
                axes.set_title(panel_title(("layer", int(layer)), (layout.width, width)), loc="left")
            _clip_spectra(panels, here)
            for axes in panels[-1]:
                axes.set_xlabel("rank $n$")
            label_rows(panels, r"eigenvalue $\lambda_n$")
            finish(figure, panels)
            yield Picture(
                _name("spectrum", text("depth", depth) if depth is not None else "", part),
                "Eigenvalues of the covariance of hidden activations over the training set, in descending order"
                f"{_bracket(panel_title((layout.depth, depth)), part_title)}; dotted: a spectrum falling as 1/n. "
                + _spread(data, layout),
                figure,
            )


def exponent_figures(data):
    """The fitted exponent against width (strength if there is one width); panels: depths down, layers across."""
    layout = Layout(data)
    values = data.exponent
    by_width = len(layout.labels(layout.width)) > 1
    x_name = layout.width if by_width else layout.strength
    if x_name not in data.dims:
        return
    x = data[x_name].values
    x = x[np.isfinite(x)]
    for part, part_title in layout.parts():
        depths = layout.labels(layout.depth)
        layers = [v for v in data.layer.values if np.isfinite(values.sel(layer=v).values).any()]
        if not layers:
            return
        title = f"Exponent of the eigenspectrum against {x_name}" + _bracket(part_title)
        figure, panels = grid(len(depths), len(layers), title)
        for (row, depth), (column, layer) in itertools.product(enumerate(depths), enumerate(layers)):
            axes = panels[row][column]
            where = {**part, layout.depth: depth}
            for line in layout.lines() if by_width else _lines_without(layout, x_name):
                chosen = {**where, **line.select}
                stats = panel_values(values.sel(layer=layer), chosen, layout.replicates)
                if x_name in stats[0].dims:
                    stats = [s.sel({x_name: x}) for s in stats]
                if not by_width and layout.width in data.dims:
                    stats = [s.squeeze(layout.width) for s in stats]
                draw(axes, x, stats, line)
            axes.set_title(panel_title((layout.depth, depth), ("layer", int(layer))), loc="left")
            if axes.lines:
                axes.axhline(1.0, label=r"$\alpha = 1$", **GUIDE)
            if by_width:
                axes.set_xscale("log", base=2)
                axes.set_xticks(x, [f"{v:g}" for v in x])
                axes.minorticks_off()
        for axes in panels[-1]:
            axes.set_xlabel("width $N$ (units)" if by_width else f"penalty {x_name}")
        label_rows(panels, r"exponent $\alpha$")
        finish(figure, panels)
        yield Picture(
            _name("exponent", "", part),
            "Exponent of the power law fitted to each hidden layer's eigenspectrum" + _bracket(part_title)
            + "; dotted: exponent 1, that of mouse V1. " + _spread(data, layout),
            figure,
        )


def _lines_without(layout, name):
    """The lines when one of their axes has become the x axis: one per combination of the others."""
    names = [n for n in layout.together if n != name]
    for place, cell in enumerate(layout.cells(names)):
        label = ", ".join(text(n, v) for n, v in zip(names, cell)) or "_all"
        style = {"color": PALETTE[place % len(PALETTE)], "marker": MARKERS[place % len(MARKERS)]}
        yield Line(label, dict(zip(names, cell)), style)


def all_figures(data):
    """Every figure that the file has the numbers for."""
    with matplotlib.rc_context(STYLE):
        yield from accuracy_figures(data)
        if "eigenvalues" in data:
            yield from spectrum_figures(data)
        if "exponent" in data:
            yield from exponent_figures(data)


def _anchor(spectrum):
    """Rank and value through which the 1/n line goes: rank 11 (the penalty's usual anchor), or the middle."""
    there = np.flatnonzero(np.isfinite(spectrum))
    place = there[min(10, len(there) // 2)]
    return place + 1, spectrum[place]


def _clip_spectra(panels, values):
    """Round-off eigenvalues would stretch the axis over many empty decades: show down to 1e-9 of the largest."""
    largest = np.nanmax(values.values)
    smallest = np.nanmin(values.where(values > 0).values)
    for axes in panels.flat:
        axes.set_ylim(max(smallest / 2, largest * 1e-9), largest * 3)


def _bracket(*parts):
    inside = ", ".join(p for p in parts if p)
    return f" ({inside})" if inside else ""


def _spread(data, layout):
    count = int(np.prod([data.sizes[n] for n in layout.replicates])) if layout.replicates else 1
    if count == 1:
        return "One network per point."
    return f"Lines: mean over {count} seeds; bands: from the smallest to the largest."


def _unit(data, name):
    unit = data[name].attrs.get("units", "")
    return {"": "input units", "1": "input units", "pixel": "pixels in [0, 1]"}.get(unit, unit)


def _name(kind, what, part):
    words = [kind, what, *(text(n, v) for n, v in part.items())]
    joined = "_".join(w for w in words if w)
    return "".join(c if c.isalnum() or c in "._-" else "-" for c in joined)
