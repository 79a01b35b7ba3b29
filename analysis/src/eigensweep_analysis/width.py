# SPDX-License-Identifier: MIT
"""A study's numbers against width: exponents with confidence intervals, the crossover, all figures."""

import csv
import io

import numpy as np

from eigensweep_analysis.by_width import diagnostics, finite_numbers, parts, prepared, swept
from eigensweep_analysis.files import make_folder, write_all
from eigensweep_analysis.fits import CROSSOVER_GAP, crossover_interval, fit_exponent, fitted, mean_over_seeds
from eigensweep_analysis.fold import for_figures, is_sparse
from eigensweep_analysis.gallery import Gallery, Kind, pictures
from eigensweep_analysis.layout import robust_accuracies
from eigensweep_analysis.load import ResultsError
from eigensweep_analysis.metrics import left_out
from eigensweep_analysis.panels import file_name
from eigensweep_analysis.regime_map import map_plans
from eigensweep_analysis.similarity import similarity_plans
from eigensweep_analysis.width_curves import history_plans, spectra_plans
from eigensweep_analysis.width_figures import diagnostics_plans, regression_plans, robustness_plans

#: What is drawn with a line per width or against it, in this order.
DRAWERS = [
    ("diagnostics", diagnostics_plans),
    ("robust accuracy", robustness_plans),
    ("kernel regression", regression_plans),
    ("spectra", spectra_plans),
    ("diagnostics over epochs", history_plans),
    ("CKA between networks", similarity_plans),
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
        The study is no grid, does not sweep the width, has neither kernel_regime nor attacks, or no axis `against`; the
        folder holds a file of others under the name of one of these.
    """
    if is_sparse(data):
        raise ResultsError(f"{source}: the networks do not fill a grid, so nothing can be followed along one axis; the report "
                           "shows every network over every axis")
    others = [a for axes in data.attrs.get("zipped", {}).values() if "width" in axes for a in axes if a != "width"]
    if others and "width" not in data.dims and len(np.unique(data.width)) > 1:
        raise ResultsError(f"{source}: the width changes together with {', '.join(others)} (zip) and takes a value twice, so "
                           "there is no axis of widths; the report shows every network over every axis")
    if data.sizes.get("width", 0) < 2:
        raise ResultsError(f"{source}: the study has one width; sweep /model/width to see what goes with it")
    data = for_figures(prepared(data))
    if not diagnostics(data) and not list(robust_accuracies(data)):
        raise ResultsError(f"{source}: no metric 'kernel_regime' and no attacks in it; ask for one of them")
    kinds, notes = width_kinds(data, against)
    output = make_folder(output)  # before the work
    gallery = Gallery()
    gallery.hang(kinds)
    tables = {f"{file_name(_title(data), 'width')}.csv": table(exponents(data))} if diagnostics(data) else {}
    return write_all(output, {**gallery.files, **tables}), [*gallery.left_out, *notes]


def _title(data):
    return str(data.attrs.get("title") or "study")


def width_kinds(data, against=None):
    """([Kind], [remarks]) of `prepared` results."""
    notes = [f"metric '{other}' is not drawn: '{first}' is of the same kind and comes first" for other, first in left_out(data)]
    others = [a for axes in data.attrs.get("zipped", {}).values() if "width" in axes for a in axes if a != "width"]
    if others:
        notes.append(f"with the width change {', '.join(others)} (zip): what is seen need not be the width's doing")
    found = swept(data)
    kinds = []
    for what, drawer in DRAWERS:
        plans, why = drawer(data, found) if found else ([], "no two widths have a network that was trained")
        kinds.append(Kind(f"figure of {what}", plans, why))
    plans, why = map_plans(data, against)
    kinds.append(Kind("regime map", plans, why))
    return kinds, notes


def width_pictures(data, against=None):
    """([Picture], [what is not drawn and why]) of `prepared` results."""
    kinds, notes = width_kinds(data, against)
    return list(pictures(kinds)), [*notes, *(kind.note() for kind in kinds if kind.why)]


def exponents(data, most=None):
    """The rows of the table of exponents: dictionaries with the keys COLUMNS and `selection`, per condition its
    crossover last.

    `most`: only this many conditions, the first ones; None takes all.

    `part` is (dimension, place) or None; `exponent`, `low` and `high` are those of `fit_exponent`, in the crossover's
    row (`diagnostic` CROSSOVER) the width of `crossover_interval`. `widths` counts those that the fit takes.
    """
    rows = []
    for label, selection in swept(data) if most is None else swept(data)[:most]:
        for variable, _, dimension in diagnostics(data):
            for part in parts(data, dimension):
                widths, values = finite_numbers(data, variable, selection, part)
                if np.isfinite(values).any():
                    used, seeds = int(fitted(values).sum()), int(np.isfinite(values).any(0).sum())
                    row = [label, variable, part, *fit_exponent(widths, values), used, seeds]
                    rows.append({**dict(zip(COLUMNS, row)), "selection": selection})
        if "linearisation_gap" in data:
            widths, gaps = finite_numbers(data, "linearisation_gap", selection)
            used, seeds = int(np.isfinite(mean_over_seeds(gaps)).sum()), int(np.isfinite(gaps).any(0).sum())
            numbers = crossover_interval(widths, gaps)
            row = [label, CROSSOVER, None, *numbers, used, seeds]
            rows.append({**dict(zip(COLUMNS, row)), "selection": selection})
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
