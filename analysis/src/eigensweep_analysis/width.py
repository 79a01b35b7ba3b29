# SPDX-License-Identifier: MIT
"""How a study's numbers go with width: exponents with confidence intervals, the crossover, all figures."""

import csv
import io
from pathlib import Path

import matplotlib
import numpy as np

from eigensweep_analysis.by_width import conditions, diagnostics, finite_numbers, parts, prepared, swept
from eigensweep_analysis.fits import CROSSOVER_GAP, crossover_interval, fit_exponent, mean_over_seeds
from eigensweep_analysis.layout import robust_accuracies
from eigensweep_analysis.load import ResultsError
from eigensweep_analysis.metrics import left_out
from eigensweep_analysis.panels import STYLE, file_name, render
from eigensweep_analysis.regime_map import map_pictures
from eigensweep_analysis.similarity import similarity_pictures
from eigensweep_analysis.width_curves import history_pictures, spectra_pictures
from eigensweep_analysis.width_figures import diagnostics_pictures, regression_pictures, robustness_pictures

#: What is drawn with a line per width or against it, in this order.
DRAWERS = [
    ("diagnostics", diagnostics_pictures),
    ("robust accuracy", robustness_pictures),
    ("kernel regression", regression_pictures),
    ("spectra", spectra_pictures),
    ("diagnostics over epochs", history_pictures),
    ("CKA between networks", similarity_pictures),
]
#: The name of the crossover's row in the table of exponents.
CROSSOVER = f"crossover width (gap {CROSSOVER_GAP:g})"
COLUMNS = "condition diagnostic part exponent low high widths seeds".split()


def write_width(data, output, source, against=None):
    """Writes the figures and the table of exponents of a study that sweeps the width.

    Parameters
    ----------
    data : xarray.Dataset
        What `load` gave.
    output : str or Path
        Folder; made if it is not there.
    source : str
        The results file, for errors.
    against : str
        The regime map's other axis; see `map_pictures`.

    Returns
    -------
    (list of Path, list of str)
        The files, `<study>_width_<figure>.png` and `.pdf` for every figure that the results have the numbers for and
        `<study>_width.csv` if they have those of the metric kernel_regime; what was not drawn, and why.

    Raises
    ------
    ResultsError
        The study does not sweep the width, has neither kernel_regime nor attacks, or no axis `against`.
    """
    if data.sizes.get("width", 0) < 2:
        raise ResultsError(f"{source}: the study has one width; sweep /model/width to see what goes with it")
    data = prepared(data)
    if not diagnostics(data) and not list(robust_accuracies(data)):
        raise ResultsError(f"{source}: no metric 'kernel_regime' and no attacks in it; ask for one of them")
    pictures, notes = width_pictures(data, against)
    output = Path(output)
    output.mkdir(parents=True, exist_ok=True)
    written = []
    for picture in pictures:
        for suffix, content in render(picture):
            written.append(output / f"{picture.name}.{suffix}")
            written[-1].write_bytes(content)
    if diagnostics(data):
        written.append(output / f"{file_name(data.attrs['title'], 'width')}.csv")
        written[-1].write_text(table(exponents(data)), encoding="utf-8")
    return written, notes


def width_pictures(data, against=None):
    """([Picture], [what is not drawn and why]) of `prepared` results."""
    found = swept(data, conditions(data))
    pictures = []
    notes = [f"metric '{other}' is not drawn: '{first}' is of the same kind and comes first" for other, first in left_out(data)]
    with matplotlib.rc_context(STYLE):
        for what, drawer in DRAWERS:
            drawn, why = drawer(data, found)
            pictures += drawn
            notes += [f"no figure of {what}: {why}"] if why else []
        drawn, why = map_pictures(data, against)
    notes += [f"{'regime map' if drawn else 'no regime map'}: {why}"] if why else []
    return pictures + drawn, notes


def exponents(data):
    """The rows of the table of exponents: dictionaries with the keys COLUMNS, per condition its crossover last.

    `part` is (dimension, place) or None; `exponent`, `low` and `high` are those of `fit_exponent`, in the crossover's
    row (`diagnostic` CROSSOVER) the width of `crossover_interval`.
    """
    rows = []
    for label, selection in swept(data, conditions(data)):
        for variable, _, dimension in diagnostics(data):
            for part in parts(data, dimension):
                widths, values = finite_numbers(data, variable, selection, part)
                used = int(np.isfinite(mean_over_seeds(values)).sum())
                if used:
                    numbers = fit_exponent(widths, values)
                    seeds = int(np.isfinite(values).any(0).sum())
                    rows.append(dict(zip(COLUMNS, [label, variable, part, *numbers, used, seeds])))
        if "linearisation_gap" in data:
            widths, gaps = finite_numbers(data, "linearisation_gap", selection)
            used, seeds = int(np.isfinite(mean_over_seeds(gaps)).sum()), int(np.isfinite(gaps).any(0).sum())
            numbers = crossover_interval(widths, gaps)
            rows.append(dict(zip(COLUMNS, [label, CROSSOVER, None, *numbers, used, seeds])))
    return rows


def table(rows):
    """A CSV text of the rows of `exponents`; unknown numbers are empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        part = f"{row['part'][0]} {row['part'][1] + 1}" if row["part"] else ""
        numbers = ["" if np.isnan(row[n]) else f"{row[n]:.4g}" for n in ("exponent", "low", "high")]
        writer.writerow([row["condition"], row["diagnostic"], part, *numbers, row["widths"], row["seeds"]])
    return text.getvalue()
