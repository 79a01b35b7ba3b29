# SPDX-License-Identifier: MIT
"""Figures of the report's section on robustness: worst cases over attacks, and distances."""

import itertools
from functools import partial

import numpy as np

from eigensweep_analysis.attack_reach import recording, tried
from eigensweep_analysis.report_figures import at_labels, bracket, spread_note, words_of
from eigensweep_analysis.gallery import Kind, Plan
from eigensweep_analysis.layout import (
    NORMS,
    Layout,
    attack_name,
    by_attack,
    distance_label,
    intensity_label,
    panel_title,
    panel_values,
)
from eigensweep_analysis.panels import (
    DATA,
    Picture,
    draw,
    file_name,
    finish,
    grid,
    label_rows,
    some,
)
from eigensweep_analysis.robustness import (
    agreement,
    nearest_distance,
    robust_accuracy,
)

#: More networks than this hide each other where every attack is drawn; more bins have no room.
MOST_LINES, MOST_BINS = 4, 7
#: How single attacks are drawn behind the worst case.
DASHES = [(0, (1, 1.2)), (0, (5, 1.5)), (0, (6, 1.5, 1, 1.5)), (0, (9, 2)), (0, (2, 2.5))]
THIN = {"linewidth": 1.0, "zorder": 2.5}
STRONG = {"linewidth": 2.2, "linestyle": "solid"}


def robust_kinds(data, norm, split):
    """The figures of the attacks of one norm, not drawn yet: curves, then distances."""
    found = agreement(data, norm=norm, split=split)
    layout, where = Layout(data), place_words(norm, split)
    panels = len(layout.labels(layout.width)) * len(layout.labels(layout.depth))
    with_distances = bool(recording(data, norm, split))
    curves, distances = [], []
    for part, title in layout.parts():
        if with_distances or found.sizes["attack"] > 1:  # one curve alone has its own figure
            curves.append(Plan(f"worst case{bracket(where, title)}",
                               partial(_curves, data, found, part, title), panels))
        if with_distances:
            distances.append(Plan(f"distances{bracket(where, title)}",
                                  partial(_distances, data, found, part, title), panels))
    return [Kind(f"figure of worst cases ({where})", curves),
            Kind(f"figure of distances ({where})", distances)]


def place_words(norm, split):
    """A norm, and a split that is not the usual one, in words."""
    return f"{NORMS.get(norm, norm)} norm" + ("" if split == "test" else f", {split} samples")


def worst_name(found):
    """What the worst case is of: one attack's name, or all attacks.

    Without distances it is not known which samples an attack fooled, so attacks do not add up.
    """
    labels = found.attack.values
    several = "all attacks together" if found.attrs["samples"] else "the strongest of its attacks"
    return by_attack(labels[0]) if len(labels) == 1 else several


def lowest_name(found):
    """The worst case as a row or a line is called."""
    return "worst case" if found.attrs["samples"] else "lowest of all"


def _curves(data, found, part, part_title):
    layout, x = Layout(data), found.epsilon.values
    labels = [str(a) for a in found.attack.values]
    behind = dict(zip(labels, itertools.cycle(DASHES))) if len(labels) > 1 else {}
    lines = layout.lines(MOST_LINES)
    for line in lines:
        line.style.update(STRONG)
        if behind and line.label.startswith("_"):
            line.label = lowest_name(found)
    where, worst_of = place_words(found.norm, found.split), worst_name(found)
    title = _title(f"Robust accuracy under {worst_of}", found, part_title)
    figure, panels, cells = _panels(layout, title)
    own = {a: found.robust_accuracy.sel(attack=a).where(tried(data, a, x)) for a in behind}
    for axes, place in cells:
        worst = at_labels(found.worst_case, {**part, **place})
        for line in lines:
            for attack, dash in behind.items():
                here = at_labels(own[attack], {**part, **place})
                mean = panel_values(here, line.select, layout.replicates)[0]
                mean = np.asarray(mean, float).reshape(-1)
                there = np.isfinite(mean)
                axes.plot(x[there], mean[there], color=line.style["color"], linestyle=dash, **THIN)
            draw(axes, x, panel_values(worst, line.select, layout.replicates), line)
        for attack, dash in behind.items():
            axes.plot([], [], color="#606060", linestyle=dash, label=attack_name(attack), **THIN)
        axes.set_ylim(0, 1)
        axes.grid(axis="y", color="#e4e4e4", linewidth=0.6, zorder=0)
    for axes in panels[-1]:
        axes.set_xlabel(intensity_label(data.robust_accuracy, "epsilon", data))
    label_rows(panels, "robust accuracy")
    finish(figure, panels, [line.label for line in lines])
    caption = f"Share of samples that withstand {worst_of}, by attack intensity"
    caption += bracket(where, part_title) + ". "
    if behind:
        thick = "worst case of each sample" if found.attrs["samples"] else "lowest of all attacks"
        caption += (f"Thick: the {thick}. Thin: single attacks; one that equals it lies "
                    "behind it. ")
    return Picture(_name("robust", data, found, part), caption + spread_note(data, layout), figure)


def _distances(data, found, part, part_title):
    layout = Layout(data)
    lines = layout.lines(MOST_LINES)
    distance = nearest_distance(data, norm=found.norm, split=found.split)
    reach = distance.attrs["largest_epsilon"]
    edges = some([e for e in found.epsilon.values if 0 < e <= reach], MOST_BINS)
    shares = _shares(distance, edges)
    where = place_words(found.norm, found.split)
    title = _title("Distance of the nearest misclassified point", found, part_title)
    figure, panels, cells = _panels(layout, title)
    places, width = np.arange(len(edges) + 2), 0.8 / len(lines)
    for axes, place in cells:
        here = at_labels(shares, {**part, **place})
        for number, line in enumerate(lines):
            mean, low, high = (np.asarray(s, float).reshape(-1)
                               for s in panel_values(here, line.select, layout.replicates))
            if not np.isfinite(mean).any():
                continue
            x = places + (number - (len(lines) - 1) / 2) * width
            bars = axes.bar(x, mean, width * 0.92, color=line.style["color"], label=line.label,
                            zorder=3)
            for bar in bars:
                bar.set_gid(DATA)
            if np.any(high > low):
                axes.vlines(x, low, high, color="black", linewidth=0.8, zorder=4)
        axes.set_xticks(places, ["0", *(f"\u2264 {e:g}" for e in edges), f"> {edges[-1]:g}"],
                        rotation=45, ha="right", rotation_mode="anchor")
        axes.grid(axis="y", color="#e4e4e4", linewidth=0.6, zorder=0)
    for axes in panels[-1]:
        axes.set_xlabel(distance_label(data.robust_accuracy, data))
    label_rows(panels, "share of samples")
    finish(figure, panels)
    caption = ("Share of samples by the distance of the nearest misclassified point that was found"
               f"{bracket(where, part_title)}. 0: misclassified without an attack. "
               f"> {edges[-1]:g}: none found. ")
    if (distance.notnull().any("sample") & (distance.largest_epsilon < edges[-1])).any():
        caption += "A network that was attacked up to a smaller epsilon has no bars beyond it. "
    note = spread_note(data, layout, "Bars", "black lines", "bar")
    return Picture(_name("distances", data, found, part), caption + note, figure)


def _title(words, found, part_title):
    """With the norm, unless an attack's name says it already, on one line of the title."""
    where = place_words(found.norm, found.split)
    named = f"({NORMS.get(found.norm, found.norm)})" in words and found.split == "test"
    return words + bracket("" if named else where.replace(" ", "\u00a0"), part_title)


def _panels(layout, title):
    """A figure with depths down and widths across: (figure, panels, [(axes, labels)])."""
    widths, depths = layout.labels(layout.width), layout.labels(layout.depth)
    figure, panels = grid(len(depths), len(widths), title)
    cells = []
    for (row, depth), (column, width) in itertools.product(enumerate(depths), enumerate(widths)):
        axes = panels[row][column]
        axes.set_title(panel_title((layout.depth, depth), (layout.width, width)), loc="left")
        cells.append((axes, {layout.width: width, layout.depth: depth}))
    return figure, panels, cells


def _shares(distance, edges):
    """Shares of samples (..., bin): at 0, up to each edge, beyond the last one."""
    left = robust_accuracy(distance, [0.0, *edges]).rename(epsilon="bin")
    values = left.values
    whole = np.where(np.isnan(values[..., :1]), np.nan, 1.0)
    steps = -np.diff(np.concatenate([whole, values, np.zeros_like(whole)], axis=-1), axis=-1)
    return left.pad(bin=(0, 1)).copy(data=steps).drop_vars("bin")


def _name(what, data, found, part):
    split = "" if found.split == "test" else found.split
    return file_name(what, found.norm, split, *words_of(data, part))
