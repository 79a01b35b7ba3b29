# SPDX-License-Identifier: MIT
"""The numbers that a figure shows, as a table: every line, bar, dot and cell that is drawn from data."""

import csv
import io

import numpy as np

from eigensweep_analysis.panels import DATA

COLUMNS = ["panel", "line", "x", "y", "value"]


def numbers(figure):
    """A CSV text: panel, label of the line, place on both axes, and the value of a matrix's cell.

    Bands are left out; the captions say what they are, and the results file has the networks.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for axes in figure.axes:
        panel = " ".join(axes.get_title("left").split()).replace("\\$", "$")
        for row in [*_lines(axes), *_bars(axes), *_cells(axes)]:
            writer.writerow([panel, *row])
    return text.getvalue()


def _lines(axes):
    for line in axes.lines:
        if line.get_gid() == DATA:
            for x, y in zip(np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)):
                yield [_name(line), _plain(x), _plain(y), ""]


def _bars(axes):
    names = _tick_names(axes.xaxis)
    for container in axes.containers:
        for bar in container:
            if getattr(bar, "get_gid", lambda: None)() == DATA:
                middle = bar.get_x() + bar.get_width() / 2
                tick = min(names, key=lambda place: abs(place - middle))
                yield [_name(container), names[tick], _plain(bar.get_height()), ""]


def _cells(axes):
    for image in axes.images:
        values = np.ma.filled(np.ma.asarray(image.get_array(), float), np.nan)
        columns, rows = _tick_names(axes.xaxis), _tick_names(axes.yaxis)
        for (row, column), value in np.ndenumerate(values):
            if np.isfinite(value):
                yield ["", columns.get(column, column), rows.get(row, row), _plain(value)]


def _tick_names(axis):
    """Place on an axis -> what its tick is called.

    The axis knows that everywhere. Its labels do not: a panel with another one below it, or left of it, shows none.
    """
    places = axis.get_majorticklocs()
    return dict(zip(places.tolist(), axis.get_major_formatter().format_ticks(places)))


def _name(drawn):
    """Its label. One that begins with "_ " is meant for this table alone: legends hide what begins with "_"."""
    label = str(drawn.get_label() or "")
    return label[2:] if label.startswith("_ ") else "" if label.startswith("_") else label


def _plain(value):
    return f"{value:.7g}"
