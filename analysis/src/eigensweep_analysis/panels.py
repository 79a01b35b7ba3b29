# SPDX-License-Identifier: MIT
"""How a figure's panels are drawn: style, lines with bands, legend beside the data, the files of a finished figure."""

import dataclasses
import hashlib
import io
import re
import textwrap

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
    "svg.hashsalt": "eigensweep",
    "savefig.dpi": 180,
}


#: Longest names: of a file without suffix (255 bytes are allowed, copies and archives add to it), of a line, of a panel.
MOST_IN_FILE_NAME, MOST_IN_LABEL, MOST_IN_TITLE = 80, 90, 60
#: Marks what is drawn from numbers, unlike guides.
DATA = "data"


class NoFigure(Exception):
    """A figure that the results have no numbers for; the message says why, as the end of a sentence."""


@dataclasses.dataclass
class Line:
    """One line of every panel: where its numbers lie and how it is drawn."""

    label: str
    select: dict
    style: dict


@dataclasses.dataclass
class Picture:
    """A finished figure with its file name (no suffix) and caption."""

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
    axes.plot(x, mean[there], label=line.label, **style, markeredgewidth=0, zorder=3, gid=DATA)
    if np.any(high[there] > low[there]):
        axes.fill_between(x, low[there], high[there], color=line.style["color"], alpha=0.18, linewidth=0, zorder=2)
    return True


def on_log_axis(stats):
    """(mean, low, high) as a logarithmic axis can show them.

    A mean that is not positive has no place there. The lower end of a band that is not positive becomes 0, which such
    an axis draws at the panel's lower limit. Single numbers that are not positive count in means, so this comes last.
    """
    mean, low, high = (np.asarray(s, float).reshape(-1) for s in stats)
    return np.where(mean > 0, mean, np.nan), np.maximum(low, 0.0), high


def grid(rows, columns, title, width=2.7, height=2.15, share="all", room=2.0, share_x=True):
    """A figure and its rows x columns panels, with `room` inches on the right for the legend.

    A single long row is broken into lines of four. `share` says which panels have the y axis in common, as matplotlib's
    `sharey`; `share_x` whether all have the x axis in common.
    """
    shape = (rows, columns) if rows > 1 or columns <= 4 else (-(-columns // 4), 4)
    figure = Figure(figsize=(width * shape[1] + room, height * shape[0] + 0.7), layout="constrained")
    panels = figure.subplots(*shape, squeeze=False, sharex=share_x, sharey=share)
    if shape[0] != rows:
        for axes in panels.flat[columns:]:
            axes.remove()
        panels = panels.reshape(1, -1)[:, :columns]
        for axes in panels.flat:
            axes.tick_params(labelbottom=True)
    if title:
        head(figure, title)
    return figure, panels


def head(figure, title):
    """The title of a figure, broken to its width."""
    across = max(30, int(figure.get_figwidth() * 10))
    words = textwrap.fill(literal(short(title, 3 * across - 10)), across)
    figure.suptitle(words, fontsize=10, x=0.02, ha="left", fontweight="bold")


def finish(figure, panels, order=()):
    """The legend beside the panels, so that it covers no data; panels without data are taken away.

    Labels follow `order`; other labels come last, in the order of their lines. Names that are too long are cut in the
    middle. Raises NoFigure if no panel has data.
    """
    handles = {}
    if not any(has_data(axes) for axes in panels.flat):
        raise NoFigure("no network has a number that could be drawn")
    for axes in panels.flat:
        if has_data(axes):
            for handle, label in zip(*axes.get_legend_handles_labels()):
                handles.setdefault(label, handle)
            axes.set_title(titled(axes.get_title("left"), axes), loc="left")
        else:
            for line in [*axes.lines]:
                line.remove()
            axes.set_axis_off()
            axes.set_title("", loc="left")
    if handles:
        handles = {label: handles[label] for label in [*(n for n in order if n in handles), *handles]}
        labels = [textwrap.fill(literal(short(label, MOST_IN_LABEL)), 32) for label in handles]
        figure.legend(handles.values(), labels, loc="outside right center", frameon=False, handlelength=2.6)


def has_data(axes):
    """Whether something is drawn from numbers: a line, a cloud of points, a bar or an image."""
    drawn = [*axes.lines, *axes.collections, *axes.patches]
    return any(item.get_gid() == DATA for item in drawn) or bool(axes.images)


def titled(words, axes):
    """A panel's title, cut and broken to fit over it."""
    inches = axes.figure.get_figwidth() / max(axes.get_gridspec().ncols, 1) if axes.get_subplotspec() else 3
    return textwrap.fill(literal(short(words, MOST_IN_TITLE)), max(16, int(inches * 11)))


def short(words, most):
    """A text of at most `most` characters; of a longer one the middle is left out."""
    return words if len(words) <= most else f"{words[: most // 2]} ... {words[len(words) - most // 2 + 5:]}"


#: The formulas that we write ourselves. Any other dollar sign belongs to a name.
_FORMULA = re.compile(r"(\$(?:[a-zA-Z\\]+ = 1|[nN]\^\{-?[0-9.]+\}|[a-zA-Z]|\\[a-z]+(?:_n)?)\$)|\$")


def literal(words):
    """A text in which dollar signs of names do not begin formulas."""
    return _FORMULA.sub(lambda found: found.group(1) or r"\$", words)


def some(values, most):
    """At most that many of the values, evenly chosen, the ends among them."""
    if len(values) <= most:
        return values
    return [values[i] for i in np.unique(np.linspace(0, len(values) - 1, most).round().astype(int))]


#: More panels than this beside each other are too small to see.
MOST_ACROSS = 8


def some_layers(count):
    """(the places of at most MOST_ACROSS of so many hidden layers, evenly chosen, a sentence on it or "")."""
    if count <= MOST_ACROSS:
        return list(range(count)), ""
    return some(list(range(count)), MOST_ACROSS), f" {MOST_ACROSS} of {count} hidden layers."


def log_labels(axes):
    """Readable ticks of a logarithmic y axis: 0.02, 0.05, 0.1 over less than two decades, powers of ten over more."""
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
    """Shows eigenvalues down to 1e-9 of the largest. Round-off ones would stretch the axis over many empty decades."""
    numbers = np.asarray(numbers)
    numbers = numbers[np.isfinite(numbers) & (numbers > 0)]
    if not len(numbers):
        raise NoFigure("no eigenvalue is positive, so none has a place in log-log (hidden layers whose units never change)")
    for axes in panels.flat:
        axes.set_ylim(max(numbers.min() / 2, numbers.max() * 1e-9), numbers.max() * 3)


def render(picture):
    """The files of a picture: [(suffix, bytes)]."""
    with matplotlib.rc_context(STYLE):
        files = []
        # No date and no random names in the files: the same results give the same bytes.
        for suffix, metadata in (("svg", {"Date": None}), ("pdf", {"CreationDate": None})):
            drawing = io.BytesIO()
            picture.figure.savefig(drawing, format=suffix, metadata=metadata)
            picture.figure.set_layout_engine("none")  # the layout found for the first file serves the second
            files.append((suffix, drawing.getvalue()))
    files[0] = "svg", _light(files[0][1])
    return files


#: The paths of an SVG, and numbers in them with more than two decimals.
_PATH, _LONG = re.compile(rb' d="[^"]*"'), re.compile(rb"-?\d+\.\d{3,}")
#: What no reader of an SVG needs: comments, blanks between elements, names of groups that nothing refers to.
_IDLE = re.compile(rb'<!--.*?-->|(?<=>)\s+(?=<)| id="[A-Za-z.0-9]+_\d+"', re.DOTALL)


def _light(drawing):
    """An SVG of matplotlib in two thirds of its bytes."""
    return _IDLE.sub(b"", _PATH.sub(_rounded, drawing))


def _rounded(path):
    """A path with two decimals: hundredths of a point cannot be seen, and are a third of the file."""
    return _LONG.sub(lambda number: b"%.2f" % float(number.group()), path.group())


def file_name(*words):
    """A short file name (no suffix) of these words, without empty ones.

    It holds only ASCII letters, digits, ".", "_" and "-". A long name is cut and ends in a hash of the whole name.
    """
    joined = "_".join(w for w in words if w)
    slug = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in joined).lstrip(".-")
    if len(slug) > MOST_IN_FILE_NAME or not slug:
        slug = f"{slug[: MOST_IN_FILE_NAME - 9].rstrip('-._')}-{digest(joined)}".lstrip("-")
    return slug


def digest(words):
    """Eight characters that stand for a text."""
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:8]
