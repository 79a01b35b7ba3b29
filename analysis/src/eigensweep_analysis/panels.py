# SPDX-License-Identifier: MIT
"""How a figure's panels are drawn: style, lines with bands, legend beside the data, the files of a finished figure."""

import dataclasses
import io

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

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


def draw(axes, x, stats, line, markers=True):
    """One line (mean) with the band between the two others (low, high). False when there is nothing to draw."""
    mean, low, high = (np.asarray(s, float).reshape(-1) for s in stats)
    there = np.isfinite(mean)
    if not there.any():
        return False
    x = np.asarray(x)[there]
    style = dict(line.style) if markers else {k: v for k, v in line.style.items() if k != "marker"}
    axes.plot(x, mean[there], label=line.label, **style, markeredgewidth=0, zorder=3)
    if np.any(high[there] > low[there]):
        axes.fill_between(x, low[there], high[there], color=line.style["color"], alpha=0.18, linewidth=0, zorder=2)
    return True


def grid(rows, columns, title, width=2.7, height=2.15, share="all", room=2.0):
    """A figure and its rows x columns panels, with `room` inches on the right for the legend.

    A single long row is broken into lines of four. `share` says which panels have the y axis in common, as matplotlib's
    `sharey`.
    """
    shape = (rows, columns) if rows > 1 or columns <= 4 else (-(-columns // 4), 4)
    figure = Figure(figsize=(width * shape[1] + room, height * shape[0] + 0.7), layout="constrained")
    panels = figure.subplots(*shape, squeeze=False, sharex=True, sharey=share)
    if shape[0] != rows:
        for axes in panels.flat[columns:]:
            axes.remove()
        panels = panels.reshape(1, -1)[:, :columns]
        for axes in panels.flat:
            axes.tick_params(labelbottom=True)
    if title:
        figure.suptitle(title, fontsize=10, x=0.02, ha="left", fontweight="bold")
    return figure, panels


def finish(figure, panels, order=()):
    """The legend beside the panels, so that it covers no data; panels without data are taken away.

    Labels stand as in `order`, those that it lacks behind them as they come.
    """
    handles = {}
    for axes in panels.flat:
        for handle, label in zip(*axes.get_legend_handles_labels()):
            handles.setdefault(label, handle)
        if not axes.lines:
            axes.set_axis_off()
            axes.set_title("", loc="left")
    if handles:
        handles = {label: handles[label] for label in [*(n for n in order if n in handles), *handles]}
        figure.legend(handles.values(), handles.keys(), loc="outside right center", frameon=False, handlelength=2.6)


def log_labels(axes):
    """Ticks of a logarithmic y axis as numbers one can read: 0.02, 0.05, 0.1 over less than two decades, powers over more."""
    low, high = axes.get_ylim()
    if high < 100 * low:
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def label_rows(panels, label):
    """The y axis's label on the first panel of every line of the figure."""
    for axes in panels.flat:
        if axes.get_subplotspec().is_first_col():
            axes.set_ylabel(label)


def anchor(spectrum):
    """Rank and value through which the 1/n line goes: rank 11 (the penalty's usual anchor), or the middle."""
    there = np.flatnonzero(np.isfinite(spectrum))
    place = there[min(10, len(there) // 2)]
    return place + 1, spectrum[place]


def clip_spectra(panels, numbers):
    """Round-off eigenvalues would stretch the axis over many empty decades: show down to 1e-9 of the largest."""
    largest = np.nanmax(numbers)
    smallest = np.nanmin(numbers[numbers > 0])
    for axes in panels.flat:
        axes.set_ylim(max(smallest / 2, largest * 1e-9), largest * 3)


def render(picture):
    """The files of a picture: [(suffix, bytes)]."""
    with matplotlib.rc_context(STYLE):
        image = io.BytesIO()
        picture.figure.savefig(image, format="png")
        picture.figure.set_layout_engine("none")  # the layout found for the first file serves the second
        drawing = io.BytesIO()
        # No date in the file: the same results give the same bytes.
        picture.figure.savefig(drawing, format="pdf", metadata={"CreationDate": None})
    return [("png", image.getvalue()), ("pdf", drawing.getvalue())]


def file_name(*words):
    """A file name (no suffix) of these words, those that are empty left out."""
    joined = "_".join(w for w in words if w)
    return "".join(c if c.isalnum() or c in "._-" else "-" for c in joined)
