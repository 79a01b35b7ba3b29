# SPDX-License-Identifier: MIT
"""The figures of "On 1/n neural representation and robustness" (Nassar et al. 2020), from the studies in jobs/paper."""

import csv
import io
import itertools
import textwrap
from functools import partial

import matplotlib
import numpy as np
from matplotlib.ticker import NullFormatter, NullLocator

from eigensweep_analysis.attacked import measured_levels
from eigensweep_analysis.conditions import VANILLA, read_study
from eigensweep_analysis.files import make_folder, write_all
from eigensweep_analysis.gallery import Gallery, Kind, Plan, pictures
from eigensweep_analysis.layout import band, by_attack, intensity_label, robust_accuracies
from eigensweep_analysis.load import ResultsError
from eigensweep_analysis.metrics import INITIAL
from eigensweep_analysis.panels import (
    BASELINE,
    GUIDE,
    MARKERS,
    Line,
    Picture,
    anchor,
    clip_spectra,
    draw,
    file_name,
    finish,
    grid,
    has_data,
    label_rows,
    literal,
    on_log_axis,
    some_layers,
    titled,
)
from eigensweep_analysis.statistics import DEVIATION, how_many

#: One hue per kind of condition, the same in every figure; light is weak, dark is strong. Others take what is left.
HUES = {VANILLA: "Greys", "vanilla-wh": "Purples", "spectral": "Blues", "spectral-wh": "Oranges", "jacobian": "Greens"}
SPARE_HUES = ["Reds", "YlOrBr", "RdPu", "PuBuGn"]
#: Kinds of condition differ in their dashes too, so that they can be told apart in grey.
DASHES = {
    VANILLA: (0, (4, 1.5)),
    "vanilla-wh": (0, (4, 1.5, 1, 1.5)),
    "spectral": "solid",
    "spectral-wh": (0, (1.5, 1)),
    "jacobian": (0, (7, 1.5, 1, 1.5, 1, 1.5)),
}
#: Width and height of a panel in inches.
PANEL = (3.2, 2.7)
#: Small epsilons matter most. Beyond this one the axis is logarithmic; otherwise half of it would show lines at 0.
LINEAR_TO = 0.1
#: Variable, and when its spectra are taken, if that is not after training.
SPECTRA = [("eigenvalues", ""), (INITIAL + "eigenvalues", "at initialisation")]
COLUMNS = "study network condition attack strength_name strength seeds mean standard_deviation".split()


def write_paper(results, output):
    """Writes the paper's figures and one table per study.

    Studies that differ in nothing but the kind of the model (`paper-4.2-mlp`, `paper-4.2-cnn`) share their figures,
    with a panel for each.

    Parameters
    ----------
    results : list of (source, xarray.Dataset)
        File names, for errors, and what `load` gave for them.
    output : str or Path
        Folder; made if it is not there.

    Returns
    -------
    (list of Path, list of str)
        The files written: a drawing as SVG and PDF and its numbers as CSV of each figure, `<study>_<attack>`,
        `<study>_spectrum` and, of networks before training, `<study>_spectrum_at-initialisation`; `<study>.csv`;
        figures that were not drawn, and why.

    Raises
    ------
    ResultsError
        A study has no attacks or no conditions to tell apart, or comes twice; the folder holds a file of others under
        the name of one of these.
    """
    groups = _groups(results)
    output = make_folder(output)  # before the work
    gallery, tables = Gallery(), {}
    for name, networks in groups.items():
        gallery.hang(paper_kinds(name, networks))
        tables[f"{file_name(name)}.csv"] = table(networks)
    return write_all(output, {**gallery.files, **tables}), gallery.left_out


def _groups(results):
    """Name -> networks of the studies that share their figures; a study alone keeps its name."""
    sources, together = {}, {}
    for source, data in results:
        study = read_study(data, source)
        if study.name in sources:
            raise ResultsError(f"{source}: study '{study.name}' is in {sources[study.name]} too; give each study once")
        sources[study.name] = source
        common = "-".join(word for word in study.name.split("-") if word != study.kind)
        together.setdefault(common, []).append(study)
    return {
        common if len(studies) > 1 else studies[0].name: [n for study in studies for n in study.networks]
        for common, studies in together.items()
    }


def paper_kinds(name, networks):
    """The figures of one group of networks, not drawn yet: robust accuracy per attack, then eigenspectra."""
    styles = _styles([c for network in networks for c in network.conditions])
    accuracies = [Plan(f"{name}: robust accuracy under {by_attack(attack)}", partial(_accuracy_figure, name, attack, parts, styles))
                  for attack, parts in _attacks(networks).items()]
    kinds = [Kind(f"figure of {name}: robust accuracy", accuracies)]
    for variable, when in SPECTRA:
        spectra = [n for n in networks if variable in n.data and np.isfinite(n.data[variable].values).any()]
        words = f"{name}: eigenspectra" + (f" ({when})" if when else "")
        plans = [Plan(words, partial(_spectrum_figure, name, spectra, variable, when, styles))] if spectra else []
        if plans or not when:
            why = "" if plans else "no trained network has an eigenvalue of the metric 'spectrum'"
            kinds.append(Kind(f"figure of {words}", plans, why))
    return kinds


def paper_figures(name, networks):
    """The figures of `paper_kinds`, drawn."""
    return pictures(paper_kinds(name, networks))


def _attacks(networks):
    """Attack -> [(network, its robust accuracies, name of the attack's intensity)]."""
    found = {}
    for network in networks:
        for values, attack, intensity in robust_accuracies(network.data):
            found.setdefault(str(attack), []).append((network, values, intensity))
    return found


def _styles(conditions):
    """Label -> how its line is drawn."""
    styles, spare = {}, iter(SPARE_HUES * len(conditions))
    hues = {}
    for condition in conditions:
        if condition.family not in hues:
            hues[condition.family] = HUES.get(condition.family) or next(spare)
    for condition in conditions:
        if condition.label in styles:
            continue
        levels = sorted({c.strength for c in conditions if c.family == condition.family and c.strength is not None})
        share = levels.index(condition.strength) / (len(levels) - 1) if len(levels) > 1 else 0.7
        styles[condition.label] = {
            "color": matplotlib.colormaps[hues[condition.family]](0.5 + 0.45 * share),
            "linestyle": DASHES.get(condition.family, "solid"),
            "marker": MARKERS[len(styles) % len(MARKERS)],
        }
    return styles


def _accuracy_figure(name, attack, parts, styles):
    figure, panels = grid(1, len(parts), f"{name}: robust accuracy under {by_attack(attack)}", *PANEL)
    caption = _spread([(network, values) for network, values, _ in parts])
    furthest = max(measured_levels(values, intensity).max(initial=0.0) for _, values, intensity in parts)
    for axes, (network, values, intensity) in zip(panels.flat, parts):
        _draw_conditions(axes, network, values, values[intensity].values, styles)
        axes.set_ylim(0, 1)
        axes.grid(axis="y", color="#e4e4e4", linewidth=0.6, zorder=0)
        axes.set_xlabel(intensity_label(values, intensity, network.data))
    if parts[0][2] == "epsilon" and furthest > LINEAR_TO:
        _bend(panels, furthest)
        caption += f" Axis linear up to {LINEAR_TO:g}, logarithmic beyond."
    label_rows(panels, "robust accuracy")
    caption += _left_out([(network, values) for network, values, _ in parts])
    titles = [network.title for network, _, _ in parts]
    return _finished(file_name(name, attack), figure, panels, titles, caption, styles)


def _bend(panels, furthest):
    ticks = [v for v in (0, 0.02, 0.05, 0.1, 0.2, 0.5, 1) if v <= furthest]
    for axes in panels.flat:
        axes.set_xscale("symlog", linthresh=LINEAR_TO, linscale=1)
        axes.set_xlim(-0.05 * LINEAR_TO, 1.1 * furthest)
        axes.set_xticks(ticks, [f"{v:g}" for v in ticks])
        axes.xaxis.set_minor_locator(NullLocator())


def _spectrum_figure(name, networks, variable, when, styles):
    deepest = max(network.data.sizes["layer"] for network in networks)
    # With one hidden layer the networks stand side by side, else a row each with its layers.
    layers, thinned = some_layers(deepest)
    shape = (1, len(networks)) if deepest == 1 else (len(networks), len(layers))
    figure, panels = grid(*shape, f"{name}: eigenspectra of the hidden layers" + (f" {when}" if when else ""), *PANEL)
    titles, drawn = [], []
    for axes, (network, layer) in zip(panels.flat, itertools.product(networks, layers)):
        means = _draw_spectra(axes, network, variable, layer, styles) if layer < network.data.sizes["layer"] else []
        drawn += means
        # A network without any results keeps the title of its first panel; layers that it does not have need none.
        title = network.title + (f", layer {layer + 1}" if deepest > 1 else "")
        titles.append(title if means or layer == 0 else "")
    if drawn:
        clip_spectra(panels, np.concatenate(drawn))
    label_rows(panels, r"eigenvalue $\lambda_n$")
    caption = f"{when[:1].upper()}{when[1:]}. " if when else ""
    caption += f"{_spread([(n, n.data[variable]) for n in networks])}{thinned} Dotted: the slope of 1/n; its height means nothing."
    caption += _left_out([(n, n.data[variable]) for n in networks]) + _collapsed(networks, variable)
    return _finished(file_name(name, "spectrum", when.replace(" ", "-")), figure, panels, titles, caption, styles)


def _draw_spectra(axes, network, variable, layer, styles):
    ranks = network.data.eigenvalue.values
    values = network.data[variable].isel(layer=layer)
    means = _draw_conditions(axes, network, values, ranks, styles, is_spectrum=True)
    if means:
        rank, value = anchor(means[0])
        ends = np.array([1.0, ranks[np.isfinite(means[0])][-1]])
        axes.plot(ends, value * (ends / rank) ** -1, label=r"$n^{-1}$", **GUIDE)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_minor_formatter(NullFormatter())
    # Not every panel has one below it that could carry its ticks.
    axes.tick_params(labelbottom=True)
    axes.set_xlabel("rank $n$")
    return means


def _draw_conditions(axes, network, values, x, styles, is_spectrum=False):
    """A line with its band for every condition that has numbers; their means."""
    means = []
    for condition in network.conditions:
        mean, deviation, _ = network.statistics(values, condition)
        line = Line(condition.label, condition.select, styles[condition.label])
        stats = band(mean, deviation)
        stats = on_log_axis(stats) if is_spectrum else stats
        if draw(axes, x, stats, line, markers=not is_spectrum):
            means.append(stats[0])
    return means


def _spread(parts):
    """What a line is, of the numbers of each network; seeds without one are in no mean."""
    counts = [network.statistics(values, c).count.reshape(-1) for network, values in parts for c in network.conditions]
    count = how_many(np.concatenate(counts))
    return "One network per line." if count in ("", "1") else f"Lines: mean over {count} seeds; bands: {DEVIATION}."


def _left_out(parts):
    """Which seeds of which conditions the means lack, and why."""
    absent = [(network, c, network.absent(values, c)) for network, values in parts for c in network.conditions]
    notes = [f"{network.title}, {condition.label} ({why})" for network, condition, why in absent if why]
    return f" Left out: {'; '.join(notes)}." if notes else ""


def _collapsed(networks, variable):
    """Which seeds of which conditions have no positive eigenvalue: theirs count in means, and alone are no line."""
    notes = []
    for network, condition in ((n, c) for n in networks for c in n.conditions):
        numbers = network.seeds(network.data[variable], condition)[0]
        count = int((np.isfinite(numbers).any(1) & ~(numbers > 0).any(1)).sum())
        notes += [f"{network.title}, {condition.label} ({count} of {len(numbers)} seeds)"] if count else []
    return f" No eigenvalue is positive: {'; '.join(notes)}." if notes else ""


def _finished(name, figure, panels, titles, caption, styles):
    """Adds legend, titles and, under the panels, the caption, because a reader may have only the figure's file."""
    finish(figure, panels, list(styles))
    for axes, title in zip(panels.flat, titles):
        axes.set_title(titled(title, axes), loc="left")
        if title and not has_data(axes):
            axes.text(0, 0.9, "no results", transform=axes.transAxes, color=BASELINE)
    characters = int(figure.get_figwidth() * 17)
    figure.supxlabel(literal("\n".join(textwrap.wrap(caption, characters))), x=0.02, ha="left", fontsize=8, color=BASELINE)
    return Picture(name, caption, figure)


def table(networks):
    """A CSV text: mean and standard deviation over the seeds per network, condition, attack and intensity."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for attack, parts in _attacks(networks).items():
        for network, values, intensity in parts:
            for condition in network.conditions:
                statistics = zip(values[intensity].values, *network.statistics(values, condition))
                for level, mean, deviation, count in statistics:
                    numbers = ["" if np.isnan(v) else f"{v:.6g}" for v in (mean, deviation)]
                    row = (network.study, network.title, condition.label, attack, intensity, f"{level:g}", count)
                    writer.writerow([*row, *numbers])
    return text.getvalue()
