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
    for container in axes.containers:
        for bar in container:
            if getattr(bar, "get_gid", lambda: None)() == DATA:
                place = bar.get_x() + bar.get_width() / 2
                tick = int(np.clip(round(place), 0, len(axes.get_xticklabels()) - 1))
                yield [_name(container), axes.get_xticklabels()[tick].get_text(), _plain(bar.get_height()), ""]


def _cells(axes):
    for image in axes.images:
        values = np.ma.filled(np.ma.asarray(image.get_array(), float), np.nan)
        columns, rows = ([label.get_text() for label in labels] for labels in (axes.get_xticklabels(), axes.get_yticklabels()))
        for (row, column), value in np.ndenumerate(values):
            if np.isfinite(value):
                yield ["", columns[column] if column < len(columns) else column, rows[row] if row < len(rows) else row, _plain(value)]


def _name(drawn):
    label = str(drawn.get_label() or "")
    return "" if label.startswith("_") else label


def _plain(value):
    return f"{value:.7g}"
