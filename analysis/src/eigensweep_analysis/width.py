# SPDX-License-Identifier: MIT
"""How a study's numbers go with width: exponents with confidence intervals, the crossover, robustness up to infinity."""

import csv
import io
import itertools
from pathlib import Path

import matplotlib
import numpy as np

from eigensweep_analysis.layout import attack_name, robust_accuracies
from eigensweep_analysis.load import ResultsError
from eigensweep_analysis.panels import BASELINE, MARKERS, PALETTE, STYLE, Line, Picture, draw, file_name, finish, grid, render

#: What the kernel regime predicts a power of the width for: variable, its name in figures, the dimension it runs over.
DIAGNOSTICS = [
    ("weight_change", "weight change", "affine"),
    ("parameter_change", "parameter change", None),
    ("feature_change", "feature change", "layer"),
    ("gate_flips", "gate flips", "layer"),
    ("ntk_drift", "NTK drift", None),
    ("ntk_distance", "NTK distance", None),
    ("linearisation_gap", "linearisation gap", None),
]
PART = {"affine": "affine layer", "layer": "hidden layer"}
#: A network whose linearisation misses this share of its change has left the kernel regime.
CROSSOVER_GAP = 0.1
BOOTSTRAPS = 1000
#: Width and height of a panel of robust accuracy in inches.
PANEL = (3.6, 2.7)
LEAST_WIDTHS = 3
COLUMNS = "condition diagnostic part exponent low high widths seeds".split()


def fit_exponent(widths, values, bootstraps=BOOTSTRAPS):
    """The exponent p of values ~ width^p with its 95 % confidence interval.

    Parameters
    ----------
    widths : array (w,)
        Finite widths, ascending.
    values : array (w, s)
        A positive number per width and seed; NaN where it is missing.
    bootstraps : int
        How many times the seeds are drawn anew, with replacement.

    Returns
    -------
    (float, float, float)
        Least squares of log(mean over seeds) on log(width), and the 2.5 and 97.5 percentiles over bootstraps; NaN with
        fewer than three widths, an interval of NaN with one seed.
    """
    slope = _slope(widths, values)
    seeds = values.shape[1]
    if seeds < 2 or not np.isfinite(slope):
        return slope, np.nan, np.nan
    random = np.random.default_rng(0)
    drawn = [_slope(widths, values[:, random.integers(0, seeds, seeds)]) for _ in range(bootstraps)]
    return slope, *np.nanpercentile(drawn, [2.5, 97.5])


def _slope(widths, values):
    means = _mean(values)
    there = np.isfinite(means) & (means > 0)
    if there.sum() < LEAST_WIDTHS:
        return np.nan
    return float(np.polyfit(np.log(np.asarray(widths, float)[there]), np.log(means[there]), 1)[0])


def _mean(values):
    counts = np.isfinite(values).sum(1)
    return np.where(counts > 0, np.nansum(values, 1) / np.maximum(counts, 1), np.nan)


def crossover(widths, gaps, level=CROSSOVER_GAP):
    """The width at which the seeds' mean linearisation gap falls to `level`, between two widths by a line in log-log.

    NaN when it never does within the widths there are.
    """
    means = _mean(gaps)
    for i in range(len(means) - 1):
        if means[i] > level >= means[i + 1]:
            share = np.log(means[i] / level) / np.log(means[i] / means[i + 1])
            return float(np.exp((1 - share) * np.log(widths[i]) + share * np.log(widths[i + 1])))
    return np.nan


def write_width(data, output, source):
    """Writes the figures and the table of exponents of a study that sweeps the width.

    Parameters
    ----------
    data : xarray.Dataset
        What `load` gave.
    output : str or Path
        Folder; made if it is not there.
    source : str
        The results file, for errors.

    Returns
    -------
    list of Path
        `<study>_width_diagnostics.png` and `.pdf` (if the study has the metric kernel_regime), `<study>_width_<attack>.png`
        and `.pdf`, `<study>_width.csv`.

    Raises
    ------
    ResultsError
        The study does not sweep the width, or has neither kernel_regime nor attacks.
    """
    if data.sizes.get("width", 0) < 2:
        raise ResultsError(f"{source}: the study has one width; sweep /model/width to see what goes with it")
    diagnostics = [d for d in DIAGNOSTICS if d[0] in data]
    attacks = list(robust_accuracies(data))
    if not diagnostics and not attacks:
        raise ResultsError(f"{source}: no metric 'kernel_regime' and no attacks in it; ask for one of them")
    output = Path(output)
    output.mkdir(parents=True, exist_ok=True)
    name, written = data.attrs["title"], []
    conditions = _conditions(data)
    with matplotlib.rc_context(STYLE):
        pictures = [_diagnostics_figure(name, data, diagnostics, conditions)] if diagnostics else []
        pictures += [_robustness_figure(name, data, *attack, conditions) for attack in attacks]
    for picture in pictures:
        for suffix, content in render(picture):
            written.append(output / f"{picture.name}.{suffix}")
            written[-1].write_bytes(content)
    if diagnostics:
        written.append(output / f"{file_name(name, 'width')}.csv")
        written[-1].write_text(table(data, diagnostics, conditions), encoding="utf-8")
    return written


def _conditions(data):
    """[(label, selection)]: every combination of the other training axes that has a network."""
    inner = {"width", "seed", "attack", "epsilon", "attack_sigma", "sigma", "layer", "affine", "eigenvalue", "epoch"}
    axes = [d for d in data.status.dims if d not in inner]
    found = []
    for cell in itertools.product(*(data[a].values for a in axes)):
        selection = dict(zip(axes, cell))
        if not (data.status.sel(selection) == 1).any():
            continue
        words = [f"{a} {v:g}" if isinstance(v, (float, np.floating)) else f"{a} {v}" for a, v in selection.items()
                 if data.sizes[a] > 1 and not (isinstance(v, (float, np.floating)) and np.isnan(v))]
        found.append((", ".join(words) or "all networks", selection))
    return found


def _numbers(data, variable, selection, part=None):
    """(finite widths, values (w, s)) of one condition."""
    values = data[variable].sel(selection)
    if part is not None:
        values = values.isel({part[0]: part[1]})
    widths = data.width.values.astype(float)
    finite = np.isfinite(widths)
    values = values.expand_dims("seed") if "seed" not in values.dims else values
    return widths[finite], values.transpose("width", "seed").values[finite]


def _parts(data, dimension):
    return [(dimension, i) for i in range(data.sizes[dimension])] if dimension else [None]


def table(data, diagnostics, conditions):
    """A CSV text: the exponent of each diagnostic against width per condition, and the crossover width."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)

    def show(value):
        return "" if np.isnan(value) else f"{value:.4g}"

    for label, selection in conditions:
        for variable, _, dimension in diagnostics:
            for part in _parts(data, dimension):
                widths, values = _numbers(data, variable, selection, part)
                place = f"{part[0]} {part[1] + 1}" if part else ""
                used = int(np.isfinite(_mean(values)).sum())
                numbers = [show(v) for v in fit_exponent(widths, values)]
                writer.writerow([label, variable, place, *numbers, used, values.shape[1]])
        if "linearisation_gap" in data:
            widths, gaps = _numbers(data, "linearisation_gap", selection)
            row = [label, f"crossover width (gap {CROSSOVER_GAP:g})", "", show(crossover(widths, gaps))]
            writer.writerow([*row, "", "", len(widths), gaps.shape[1]])
    return text.getvalue()


def _diagnostics_figure(name, data, diagnostics, conditions):
    figure, panels = grid(1, len(diagnostics), f"{name}: distance from the kernel regime against width")
    for axes, (variable, title, dimension) in zip(panels.flat, diagnostics):
        axes.set_title(title, loc="left")
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.set_xlabel("width")
        for i, (label, selection) in enumerate(conditions):
            for part in _parts(data, dimension):
                widths, values = _numbers(data, variable, selection, part)
                values = np.where(values > 0, values, np.nan)
                mean = _mean(values)
                place = f"{PART[part[0]]} {part[1] + 1}" if part else ""
                words = [label] if len(conditions) > 1 or not place else []
                line = Line(", ".join([*words, place] if place else words), {}, {
                    "color": PALETTE[i % len(PALETTE)], "marker": MARKERS[(part[1] if part else 0) % len(MARKERS)],
                    "linestyle": ["-", "--", ":", "-."][(part[1] if part else 0) % 4]})
                counts = np.isfinite(values).any(1)
                low, high = mean.copy(), mean.copy()
                low[counts], high[counts] = np.nanmin(values[counts], 1), np.nanmax(values[counts], 1)
                draw(axes, widths, (mean, low, high), line)
    finish(figure, panels)
    caption = "Lines: means over seeds; bands: from the smallest to the largest seed."
    figure.supxlabel(caption, x=0.02, ha="left", fontsize=8, color=BASELINE)
    return Picture(file_name(name, "width_diagnostics"), caption, figure)


def _robustness_figure(name, data, values, attack, strength, conditions):
    title = f"{name}: {attack_name(attack)} against width"
    figure, panels = grid(1, len(conditions), title, *PANEL)
    levels = values[strength].values
    colours = matplotlib.colormaps["viridis"](np.linspace(0, 0.9, len(levels)))
    for axes, (label, selection) in zip(panels.flat, conditions):
        axes.set_title("" if label == "all networks" else label, loc="left")
        axes.set_xscale("log", base=2)
        axes.set_ylim(0, 1)
        axes.set_xlabel("width")
        chosen = values.sel(selection)
        widths = data.width.values.astype(float)
        for level, colour in zip(levels, colours):
            at = chosen.sel({strength: level})
            at = at.expand_dims("seed") if "seed" not in at.dims else at
            numbers = at.transpose("width", "seed").values
            finite = np.isfinite(widths)
            mean, deviation = _mean(numbers[finite]), _deviation(numbers[finite])
            line = Line(f"{strength} {level:g}", {}, {"color": colour, "marker": "o"})
            draw(axes, widths[finite], (mean, mean - deviation, mean + deviation), line)
            for limit in _mean(numbers[~finite]):
                if np.isfinite(limit):
                    axes.axhline(limit, color=colour, linestyle=(0, (1, 1.5)), linewidth=1.1, zorder=2)
    finish(figure, panels)
    for axes in panels.flat:
        if axes.get_subplotspec().is_first_col():
            axes.set_ylabel("robust accuracy")
    caption = "Lines: means over seeds; bands: \u00b1 one standard deviation. Dotted: infinite width."
    figure.supxlabel(caption, x=0.02, ha="left", fontsize=8, color=BASELINE)
    return Picture(file_name(name, "width", str(attack)), caption, figure)


def _deviation(values):
    counts = np.isfinite(values).sum(1)
    squares = np.nansum((values - _mean(values)[:, None]) ** 2, 1)
    return np.where(counts > 1, np.sqrt(squares / np.maximum(counts - 1, 1)), 0.0)
