# SPDX-License-Identifier: MIT
"""The report's page on width and the kernel regime: exponents, the crossover, their meaning and their limits."""

import html
import math

import numpy as np

from eigensweep_analysis.attacked import middle_level
from eigensweep_analysis.by_width import (
    ALL,
    DIAGNOSTICS,
    PART,
    diagnostics,
    finite_numbers,
    finite_widths,
    numbers,
    swept,
)
from eigensweep_analysis.fits import CROSSOVER_GAP, half_slopes, mean_over_seeds
from eigensweep_analysis.layout import by_attack, has_seeds, robust_accuracies, select_cell
from eigensweep_analysis.networks import each_once
from eigensweep_analysis.width import CROSSOVER, exponents

#: Slopes of the narrower and the wider half of the widths that differ by more are not one power law.
BENT = 0.2
#: Networks whose final losses differ by more than this factor were not trained equally far.
UNEQUAL = 1.2
#: The page covers only this many conditions, the first ones; `figures width` writes a table of all.
MOST_CONDITIONS = 24
#: Sentences on more conditions or fits than this are left to the table.
MOST_SENTENCES = 6
#: Fewer widths, seeds, or a smaller ratio of widths make an exponent doubtful.
FEW_WIDTHS, FEW_SEEDS, SHORT_RANGE = 4, 8, 16
#: A condition has trained if the task loss of its networks fell to this share of that of the first epoch.
TRAINED = 0.5
PARAGRAPH = (
    "A network in the kernel regime moves its weights so little that it stays linear in them about its initialisation, and "
    "its tangent kernel (NTK) stays what it was. Below, each distance from that regime is fitted by a power of the width."
)
THEORY = (
    "For wide networks in the NTK parametrisation theory has the weights of the first and of the last affine layer change "
    "as width to the -1/2, those between as width to the -1, and the kernel drift fall at least as the -1/2 (Lee et al. 2019)."
)


def has_page(data):
    """Whether `prepared` results have something for this page: two widths or more, and numbers of kernel_regime."""
    return data.sizes.get("width", 0) > 1 and bool(diagnostics(data)) and bool(swept(data))


def width_page(data, figures):
    """The page as HTML; `figures` are the HTML texts of its figures."""
    rows = exponents(data, MOST_CONDITIONS)
    parts = [f"<p>{html.escape(PARAGRAPH)}</p>", _table(data, rows),
             "<h3>What the numbers say</h3>", _list(findings(data, rows)),
             "<h3>What they cannot say</h3>", _list(limits(data, rows)), *figures]
    return "\n".join(parts)


def findings(data, rows):
    """Sentences on the crossover, the exponents and robustness, each with the loss that the networks ended at.

    A condition whose networks have hardly trained gives one sentence: that nothing follows from it.
    """
    losses = {label: _loss_ends(data, selection) for label, selection in _shown(data)}
    idle = {label: ends for label, ends in losses.items() if ends is not None and not ends[1] <= TRAINED * ends[0]}
    found = [f"{'' if label == ALL else label + ': '}nothing follows, because the networks have hardly trained: their mean task loss "
             f"was {first:.3g} in the first epoch and {last:.3g} in the last." for label, (first, last) in idle.items()]
    rows = [row for row in rows if row["condition"] not in idle]
    for row in rows:
        if row["diagnostic"] == CROSSOVER:
            found.append(_with_loss(_crossover(data, row), losses.get(row["condition"])))
    if _parametrisation(data) == "ntk" and rows:
        found.append(THEORY)
    told = [r for r in rows if r["diagnostic"] in ("weight_change", "ntk_drift") and np.isfinite(r["exponent"])]
    if len(told) <= MOST_SENTENCES:
        found += [_with_loss(f"{_where(row)}{_name(row)} goes as width to the {_interval(row)}.", losses.get(row["condition"]))
                  for row in told]
    found += [_with_loss(words, losses.get(label)) for label, words in _robustness(data) if label not in idle]
    return found


def _loss_ends(data, selection):
    """(mean task loss in the first epoch, in the last) of a condition's finite networks; None without two epochs."""
    if "history_task_loss" not in data or data.sizes.get("epoch", 0) < 2:
        return None
    _, curves = _task_losses(data, selection)
    first, last = curves[..., 0], _last(curves)
    there = np.isfinite(first) & np.isfinite(last)
    return (float(first[there].mean()), float(last[there].mean())) if there.any() else None


def _task_losses(data, selection):
    """(finite widths, task losses (w, s, epoch) of a condition's networks that finished well).

    What a network that diverged had last can be of any size, so it says nothing of how far the others were trained.
    """
    widths, finite = finite_widths(data)
    return widths[finite], numbers(data.history_task_loss.where(data.status == 1), selection)[finite]


def _with_loss(words, ends):
    """A claim, and the loss of the networks that it is about."""
    return words if ends is None else f"{words[:-1]} (mean task loss at the end: {ends[1]:.3g})."


def limits(data, rows):
    """Sentences on what these widths, seeds and networks leave open."""
    found = []
    count = len(swept(data))
    if count > MOST_CONDITIONS:
        found.append(f"This section is about {MOST_CONDITIONS} of {count:,} conditions; the command 'figures width' writes a "
                     "table of all of them.")
    fits = [row for row in rows if row["diagnostic"] != CROSSOVER]
    widths = [row["widths"] for row in fits]
    seeds = [row["seeds"] for row in fits]
    if min(widths) < FEW_WIDTHS:
        found.append(f"Some exponents are of {min(widths)} widths: with fewer than three there is no exponent, with three hardly "
                     "a test that a power law fits.")
    there = np.unique(np.concatenate([_widths_used(data, selection) for _, selection in _shown(data)]))
    if there.max() / there.min() < SHORT_RANGE:
        found.append(f"The widths span a factor of {there.max() / there.min():.3g}; over so short a range many curves look like "
                     "powers.")
    if min(seeds) < 2:
        found.append("Where there is one network per width there is no interval: the scatter between initialisations is unknown.")
    elif min(seeds) < FEW_SEEDS:
        draws = math.comb(2 * min(seeds) - 1, min(seeds))
        found.append(f"Intervals come from drawing {min(seeds)} seeds anew, which can be done in {draws} ways; so few make "
                     "them too narrow. They cover the scatter between seeds alone, not whether a power law holds.")
    bent = [f"{_where(row)}{_name(row)} ({low:.2f} over the narrower half, {high:.2f} over the wider)"
            for row in fits for low, high in [_halves(data, row)] if abs(high - low) > BENT]
    if len(bent) > MOST_SENTENCES:
        found.append(f"{len(bent)} of {len(fits)} exponents differ by more than {BENT:g} between the narrower and the wider half of "
                     "the widths: those are not one power of the width, and their exponent depends on the widths chosen.")
    elif bent:
        found.append(f"These are not one power of the width, so their exponent depends on the widths chosen: {'; '.join(bent)}.")
    found += _losses(data)
    missing = _missing(data)
    if missing:
        found.append(f"{missing} of the study's networks have no numbers; means are over those that have.")
    found.append(f"That the gap is {CROSSOVER_GAP:g} at the crossover is a convention, the change is gradual; slopes over "
                 f"widths {there.min():g} to {there.max():g} need not hold beyond. Robustness and distance from the kernel regime both "
                 "go with the width: that alone does not say that one is the other's cause.")
    return found


def _crossover(data, row):
    where, (widths, gaps) = _where(row), finite_numbers(data, "linearisation_gap", _selection(data, row))
    means = mean_over_seeds(gaps)
    widths, means = widths[np.isfinite(means)], means[np.isfinite(means)]
    gap = f"{where}the linearisation gap (the share of the trained change that the linearised network misses)"
    if not len(means):
        return f"{gap} has no numbers."
    if np.isfinite(row["exponent"]):
        sure = f" (95 % interval {row['low']:.0f} to {row['high']:.0f})" if np.isfinite(row["low"]) else " (no interval)"
        return (f"{gap} falls to {CROSSOVER_GAP:g} at width {row['exponent']:.0f}{sure}, the crossover: wider networks are in the "
                "kernel regime by this measure, narrower ones are not.")
    if (means <= CROSSOVER_GAP).all():
        return f"{gap} is below {CROSSOVER_GAP:g} at every width from {widths[0]:g} on: the crossover lies at a smaller width."
    if (means > CROSSOVER_GAP).all():
        return (f"{gap} stays above {CROSSOVER_GAP:g} up to width {widths[-1]:g}: no network here is in the kernel regime by this "
                "measure.")
    return f"{gap} does not fall through {CROSSOVER_GAP:g} in the order of the widths: there is no crossover to name."


def _robustness(data):
    """(condition, sentence) per attack: robust accuracy at the narrowest, the widest and at infinite width."""
    widths, finite = finite_widths(data)
    for label, selection in _shown(data):
        for values, attack, intensity in robust_accuracies(data):
            level = middle_level(values, intensity)
            if not level:
                continue
            means = mean_over_seeds(numbers(values.sel({intensity: level}), selection))
            there = np.flatnonzero(np.isfinite(means) & finite)
            if len(there) < 2:
                continue
            limit = [f", {means[i]:.3f} at infinite width" for i in np.flatnonzero(np.isfinite(means) & ~finite)]
            first, last = there[0], there[-1]
            yield label, (f"{'' if label == ALL else label + ': '}{by_attack(attack)} of {intensity} {level:g} leaves an accuracy of "
                          f"{means[first]:.3f} at width {widths[first]:g}, {means[last]:.3f} at {widths[last]:g}{''.join(limit)}.")


def _losses(data):
    """Sentences on whether the networks of a condition were trained to one loss; none without the history."""
    if "history_task_loss" not in data:
        return []
    resolved = data.attrs.get("resolved")
    stop = resolved.get("training", {}).get("stop_loss", 0) if isinstance(resolved, dict) else 0
    for label, selection in _shown(data):
        widths, curves = _task_losses(data, selection)
        last = _last(curves)
        there = last[np.isfinite(last)]
        if not len(there) or there.max() <= UNEQUAL * there.min():
            continue
        where = "" if label == ALL else f"{label}: "
        if isinstance(stop, (int, float)) and stop > 0:
            late = last > UNEQUAL * stop
            which = ", ".join(f"{w:g}" for w in widths[late.any(1)])
            yield (f"{where}{late.sum()} of {len(there)} networks (width {which}) ran out of epochs before the stop_loss of "
                   f"{stop:g}; the furthest from it ended at {there.max():.3g}. They moved less than on the way to that loss, which "
                   "bends every exponent that they are in; more epochs would tell.")
        else:
            yield (f"{where}networks ended training at task losses from {there.min():.3g} to {there.max():.3g}, so a part of what "
                   "goes with the width may be unequal training; the option stop_loss trains all to one loss.")


def _shown(data):
    """The conditions that the page is about."""
    return swept(data)[:MOST_CONDITIONS]


def _last(curves):
    """The last number of each curve (..., n); NaN for a curve without numbers."""
    there = np.isfinite(curves)
    places = curves.shape[-1] - 1 - there[..., ::-1].argmax(-1)
    return np.where(there.any(-1), np.take_along_axis(curves, places[..., None], -1)[..., 0], np.nan)


def _missing(data):
    """How many networks of the conditions on this page have not finished well."""
    without = each_once(data) & (data.status != 1)
    return sum(int(select_cell(without, selection).sum()) for _, selection in _shown(data))


def _parametrisation(data):
    """The model's parametrisation where all networks of the study share it, else None."""
    resolved = data.attrs.get("resolved")
    if not isinstance(resolved, dict) or "parametrisation" in data.dims:
        return None
    if any("parametrisation" in case.get("model", {}) for case in resolved.get("cases", []) if isinstance(case, dict)):
        return None
    return resolved.get("model", {}).get("parametrisation")


def _selection(data, row):
    return row["selection"]


def _widths_used(data, selection):
    widths, finite = finite_widths(data)
    status = numbers(data.status, selection)
    return widths[finite & (status == 1).any(1)]


def _halves(data, row):
    return half_slopes(*finite_numbers(data, row["diagnostic"], _selection(data, row), row["part"]))


def _where(row):
    return "" if row["condition"] == ALL else f"{row['condition']}: "


def _name(row):
    words = next(title for variable, title, _ in DIAGNOSTICS if variable == row["diagnostic"])
    return words + (f" of {PART[row['part'][0]]} {row['part'][1] + 1}" if row["part"] else "")


def _interval(row):
    sure = f" ({row['low']:.2f} to {row['high']:.2f})" if np.isfinite(row["low"]) else " (no interval)"
    return f"{row['exponent']:.2f}{sure}"


def _list(sentences):
    return "<ul>" + "".join(f"<li>{html.escape(s[:1].upper() + s[1:])}</li>" for s in sentences) + "</ul>"


def _table(data, rows):
    several = any(row["condition"] != ALL for row in rows)
    heads = [*(["condition"] if several else []), "diagnostic", "layer"]
    named = "".join(f"<th class='t'>{h}</th>" for h in heads)
    body = [f"<tr>{named}<th>exponent</th><th>95 % interval</th>"
            "<th>narrower half</th><th>wider half</th><th>widths</th><th>seeds</th></tr>"]
    for row in rows:
        if row["diagnostic"] == CROSSOVER:
            continue
        title = next(title for variable, title, _ in DIAGNOSTICS if variable == row["diagnostic"])
        place = f"{PART[row['part'][0]]} {row['part'][1] + 1}" if row["part"] else ""
        words = [*([row["condition"]] if several else []), title, place]
        interval = f"{row['low']:.2f} to {row['high']:.2f}" if np.isfinite(row["low"]) else "-"
        cells = [_digits(row["exponent"]), interval, *map(_digits, _halves(data, row)), row["widths"], row["seeds"]]
        body.append("<tr>" + "".join(f"<td class='t'>{html.escape(w)}</td>" for w in words)
                    + "".join(f"<td>{c}</td>" for c in cells) + "</tr>")
    numbers, intervals = ("mean over seeds", "intervals: 2.5 to 97.5 percentiles over seeds drawn anew 1000 times"
                          ) if has_seeds(data) else ("number", "no intervals, as there is one network per width")
    note = (f"<p class='s'>Least squares of log({numbers}) on log(width), finite widths alone; {intervals}. Halves: the slope "
            "over the narrower and over the wider widths.</p>")
    return f"<div class='wide'><table>{''.join(body)}</table></div>{note}"


def _digits(value):
    return f"{value:.2f}" if np.isfinite(value) else "-"
