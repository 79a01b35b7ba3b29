# SPDX-License-Identifier: MIT
"""The report's table of settings and their networks: sorts, filters and folds where scripts run, whole where not."""

import html
import shlex
from typing import NamedTuple

import numpy as np

from eigensweep_analysis.networks import MOST_INTENSITIES, middle
from eigensweep_analysis.nouns import NETWORK
from eigensweep_analysis.panels import short, some
from eigensweep_analysis.statistics import DEVIATION, over

#: A page lists no more settings, and of a setting no more networks; `eigensweep export --csv` gives all of them.
MOST_SETTINGS, MOST_NETWORKS = 200, 20
#: What the exponent is, for readers who meet it for the first time.
EXPONENT_IS = "exponent alpha of the covariance's eigenvalues n^-alpha in the last hidden layer"


class Column(NamedTuple):
    """Numbers of every network, one array (networks,) for each level of epsilon, or one alone."""

    words: str
    levels: list
    #: What stands below the words in the table's head, as HTML.
    below: str = ""
    #: Whether the numbers depend on the level that the page shows.
    at_level: bool = False
    #: A tooltip.
    title: str = ""


def network_table(networks, source="", noun=NETWORK):
    """The table as HTML: a body of rows per setting, its mean first, then its networks.

    An attack in balls has one column, in which each number stands for every intensity; the page shows one of them.
    """
    rows = networks.rows
    if not len(rows):
        return f"<p>No {noun.many}.</p>"
    columns, levels, shown = _columns(networks)
    groups = list(rows.groupby(_keys(networks), sort=False, dropna=False).indices.values()) if networks.axes else \
        [np.arange(len(rows))]
    groups.sort(key=lambda places: places[0])
    count = len(groups)
    groups, best = _best(groups, columns)
    several = any(len(g) > 1 for g in groups)
    heads = [_head(html.escape(name.replace("_", " ")), "t") for name in networks.axes] or [_head("setting", "t")]
    heads += [_head(noun.many), *(_head(html.escape(c.words) + c.below, title=c.title) for c in columns)]
    bodies = [_body(networks, places, columns, several, noun) for places in groups]
    note = [f"Mean {DEVIATION} over the {noun.many} of a setting." if several else f"A row per {noun.one}."]
    note += [f"{column.words[:1].upper()}{column.words[1:]}: {column.title}." for column in columns if column.title]
    if count > len(groups):
        note.append(f"{len(groups)} of {count:,} settings, those with the best {best}.")
    if count > len(groups) or any(len(g) > MOST_NETWORKS for g in groups):
        note.append(f"All {noun.many}: eigensweep export --csv {shlex.quote(source or 'RESULTS')}")
    return (f"<div class='tools' data-for='networks'></div>"
            f"<table id='networks' class='data' data-members='{noun.many}' data-level='{shown}' data-levels='{len(levels)}' style=\"{_level_names(levels)}\">"
            f"<thead><tr>{''.join(heads)}</tr></thead>{''.join(bodies)}</table>"
            f"<p class='s'>{html.escape(' '.join(note))}</p>")


def _keys(networks):
    return [networks.options[name].astype(str) for name in networks.axes]


def _columns(networks):
    """([Column], levels of epsilon, the level that is shown first)."""
    numbers = networks.numbers
    columns = [Column(name.replace("_", " "), [values]) for name, values in numbers.items()
               if name not in ("train_accuracy", "exponent")]
    balls = [c for c in networks.curves if c.intensity == "epsilon"]
    front = networks.front()
    union = sorted({float(v) for c in balls for v in c.levels})
    levels = sorted({*some(union, MOST_INTENSITIES - 1), *([float(front.levels[middle(front)])] if front else [])} & set(union))
    shown = levels.index(front.levels[middle(front)]) if front and front.levels[middle(front)] in levels else 0
    for curve in balls if levels else []:
        columns.append(Column(curve.attack, [_at(curve, v) for v in levels], _per_level(map(_epsilon, levels)), True))
    for curve in networks.curves:
        if curve not in balls:
            place = middle(curve)
            columns.append(Column(f"{curve.attack}, {curve.intensity} {curve.levels[place]:g}", [curve.accuracy[:, place]]))
    if "exponent" in numbers:
        columns.append(Column("exponent, last layer", [numbers["exponent"]], title=EXPONENT_IS))
    return columns, levels, shown


def _epsilon(level):
    return f"epsilon {level:g}"


def _level_names(levels):
    """The names of the levels as the style knows them; on a phone it writes that of the shown level beside the attack."""
    return ";".join(f"--l{place}:'{_epsilon(level)}'" for place, level in enumerate(levels))


def _at(curve, level):
    place = np.flatnonzero(np.isclose(curve.levels, level, rtol=1e-9))
    return curve.accuracy[:, place[0]] if len(place) else np.full(len(curve.accuracy), np.nan)


def _best(groups, columns):
    """(at most MOST_SETTINGS of the settings, in the study's order; the head of the column by which they are the best)."""
    if len(groups) <= MOST_SETTINGS:
        return groups, ""
    rising = [column for column in columns if column.words != "final loss"]
    if not rising:
        return groups[:MOST_SETTINGS], "place in the study"
    best = next((column for column in rising if column.words == "test accuracy"), rising[0])
    means = np.array([over(best.levels[0][group], 0).mean for group in groups])
    kept = np.sort(np.argsort(np.where(np.isfinite(means), -means, np.inf), kind="stable")[:MOST_SETTINGS])
    return [groups[i] for i in kept], best.words


def _head(words, kind="", title=""):
    tip = f' title="{html.escape(title)}"' if title else ""
    return f"<th scope='col'{_class(kind)}{tip}>{words}</th>"


def _class(kind):
    return f" class='{kind}'" if kind else ""


def _body(networks, places, columns, several, noun):
    """A setting: the row of its means, and rows of its networks where any setting has several."""
    rows = networks.rows.iloc[places]
    labels = [label(networks.options[name][places[0]]) for name in networks.axes] or [f"all {noun.many}"]
    names = networks.axes or ["setting"]
    good = int((rows.status == "ok").sum())
    cells = [_cell(short(words, 80), name.replace("_", " "), "t") for words, name in zip(labels, names)]
    cells.append(_cell(f"{good}/{len(rows)}", noun.many))
    cells += [_numbers(column, places) for column in columns]
    lines = [f"<tr class='setting'>{''.join(cells)}</tr>"]
    for place in places[:MOST_NETWORKS] if several else []:
        lines.append(_network(networks, place, columns, noun))
    return f"<tbody>{''.join(lines)}</tbody>"


def _network(networks, place, columns, noun):
    row = networks.rows.iloc[place]
    seeds = ", ".join(f"{name.replace('_', ' ')} {label(networks.options[name][place])}" for name in networks.seeds) or noun.one
    words = f"{seeds} ({row.network})"
    state = "" if row.status == "ok" else str(row.status)
    span = max(len(networks.axes), 1)
    cells = [f"<td class='t of' colspan='{span}'>{html.escape(words)}</td>", _cell(state, "status")]
    cells += [_numbers(column, [place]) for column in columns]
    return f"<tr class='network'>{''.join(cells)}</tr>"


def _cell(words, head, kind=""):
    return f"<td{_class(kind)} data-head='{html.escape(head)}'><span>{html.escape(words)}</span></td>"


def _numbers(column, places):
    """A cell with the mean and deviation of these networks at each level."""
    texts = [_number(values[places]) for values in column.levels]
    inside = f"<span>{texts[0]}</span>" if len(texts) == 1 else _per_level(texts)
    return f"<td{_class('at' if column.at_level else '')} data-head='{html.escape(column.words)}'>{inside}</td>"


def _number(values):
    mean, deviation, count = over(values, 0)
    if not count:
        return "-"
    digits = 3 if abs(mean) < 1000 else 0
    return f"{mean:.{digits}f}" + (f" <span class='s'>&plusmn; {deviation:.{digits}f}</span>" if count > 1 else "")


def _per_level(texts):
    return "".join(f"<span class='l l{place}'>{text}</span>" for place, text in enumerate(texts))


def label(value):
    """An option's value as tables have it: "64", "on", "none" where a case does not have the option."""
    if isinstance(value, (bool, np.bool_)):
        return "on" if value else "off"
    if isinstance(value, (float, np.floating)):
        return "none" if np.isnan(value) else f"{value:g}"
    return "none" if value is None else str(value) or "none"
