# SPDX-License-Identifier: MIT
"""The figures of a report as matplotlib's, to be changed and saved."""

import warnings

import xarray as xr
from matplotlib.figure import Figure

from eigensweep_analysis.balanced_figures import balanced_kinds
from eigensweep_analysis.by_width import prepared
from eigensweep_analysis.fold import for_figures
from eigensweep_analysis.gallery import pictures
from eigensweep_analysis.layer_figures import layer_kinds
from eigensweep_analysis.nouns import trains_nothing
from eigensweep_analysis.report_figures import figure_kinds
from eigensweep_analysis.robust_figures import robust_kinds
from eigensweep_analysis.robust_page import robust_places
from eigensweep_analysis.width import width_kinds
from eigensweep_analysis.width_page import has_page


def draw(results: xr.Dataset) -> dict[str, Figure]:
    """Draws every figure that the results have the numbers for.

    Parameters
    ----------
    results : xarray.Dataset
        As from `load`, in either layout, or a part of it. A part is drawn faster:
        ``draw(data.sel(width=[256]))``; a list keeps the dimension.

    Returns
    -------
    dict of str to matplotlib.figure.Figure
        By the names of the files of a report: "accuracy_pgd", "spectrum", ...
    """
    data = for_figures(prepared(results))
    kinds = [] if trains_nothing(data) else figure_kinds(data)
    for place in robust_places(data):
        kinds += robust_kinds(data, *place)
    if has_page(data):
        kinds += width_kinds(data)[0]
    kinds += [*layer_kinds(data), *balanced_kinds(data)]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # the font lacks letters of a name
        return {picture.name: picture.figure for picture in pictures(kinds)}
