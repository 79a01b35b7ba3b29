# SPDX-License-Identifier: MIT
"""The report's sections on alarms and on robustness: worst cases, agreement between the attacks."""

import html

import numpy as np

from eigensweep_analysis.alarms import alarms, checked, limit, meaning, path_of
from eigensweep_analysis.attack_reach import places, tried
from eigensweep_analysis.layout import attack_name, text
from eigensweep_analysis.panels import short, some
from eigensweep_analysis.robust_figures import lowest_name, place_words
from eigensweep_analysis.robustness import agreement, wilson_interval

#: An alarm names at most this many networks; the table has at most this many intensities.
MOST_NAMED, MOST_COLUMNS = 12, 8
PARAGRAPH = (
    "A robust accuracy is an upper bound, because a stronger attack can only lower it. The worst "
    "case counts a sample as robust only if it withstands every attack of the norm."
)
WITHOUT = (
    "These attacks recorded no distances, so which samples they fooled is not known. The lowest of "
    "all attacks stands in for the worst case."
)


def robust_places(data):
    """(norm, split) of the attacks that have a number in any network."""
    return [place for place in places(data)
            if np.isfinite(agreement(data, norm=place[0], split=place[1]).worst_case.values).any()]


def robust_page(data, figures):
    """The section as HTML, "" without attacks.

    Parameters
    ----------
    data : xarray.Dataset
        As figures take it.
    figures : dict
        (norm, split) of `robust_places` -> HTML texts of its figures.
    """
    if not figures:
        return ""
    parts = [f"<p>{html.escape(PARAGRAPH)}</p>"]
    for (norm, split), drawn in figures.items():
        found = agreement(data, norm=norm, split=split)
        words = place_words(norm, split)
        parts += [f"<h3>{html.escape(words[:1].upper() + words[1:])}</h3>",
                  "" if found.attrs["samples"] else f"<p>{html.escape(WITHOUT)}</p>",
                  *drawn, _table(data, found)]
    return "\n".join(parts)


def alarm_words(data):
    """What the alarms say, which networks have them; or that there is none, or none to check."""
    columns = checked(data)
    if not columns:
        return "<p>These results have no limits for alarms, so none was checked.</p>"
    found, groups = alarms(data), {}
    for alarm in found:
        groups.setdefault((alarm.dataset, alarm.text, alarm.limit), []).append(alarm)
    meanings = {path_of(data[name]): meaning(data[name]) for name in columns}
    if not found:
        items = dict.fromkeys(_checked(data[name]) for name in columns)
        return f"<p>No alarm. Checked in every network:</p><ul>{''.join(items)}</ul>"
    parts = []
    for (dataset, words, limit), some_alarms in groups.items():
        some_alarms = sorted(some_alarms, key=lambda alarm: -alarm.value)
        column = _column(dataset.rsplit("/", 1)[-1])
        networks = _networks(len({alarm.trial for alarm in some_alarms}))
        lead = (f"<b>Alarm in {networks}: {html.escape(column)} "
                f"above {limit:g}.</b> {html.escape(words)}")
        if meanings.get(dataset):
            lead += f" <span class='s'>({html.escape(f'{column}: {meanings[dataset]}')})</span>"
        items = [f"<li>{html.escape(_where(data, alarm))}: {alarm.value:.3g}</li>"
                 for alarm in some_alarms[:MOST_NAMED]]
        if len(some_alarms) > MOST_NAMED:
            items.append(f"<li>and {len(some_alarms) - MOST_NAMED:,} more; "
                         "eigensweep_analysis.alarms lists all</li>")
        parts.append(f"<div class='warn'>{lead}<ul>{''.join(items)}</ul></div>")
    return "\n".join(parts)


def _checked(values):
    """An item about a number with a limit: what it is, and as a tooltip what it means above the limit."""
    name, means = _column(values.attrs.get("column", values.name)), meaning(values)
    above, to_do = limit(values)
    words = f"{name}, alarm above {above:g}" + (f": {means}" if means else "")
    return f'<li title="{html.escape(to_do)}">{html.escape(words)}</li>'


def _where(data, alarm):
    """Which network, and which attack, as readers write them."""
    parts = []
    for name, label in alarm.at.items():
        if (name == "attack" or name.startswith("attack_")) and name not in data.trial_id.dims:
            parts.append(attack_name(label))
        elif data.sizes[name] > 1 and name != "replicate":
            parts.append(text(name, label))
    return short(", ".join([*parts, f"trial {alarm.trial}"]), 200)


def _column(name):
    return name.replace("_", " ")


def _networks(count):
    return "1 network" if count == 1 else f"{count:,} networks"


def _table(data, found):
    """Robust accuracy of each attack, and how far it is above the worst case."""
    labels = [str(a) for a in found.attack.values]
    epsilons, worst = found.epsilon.values, _by_network(found.worst_case)
    there = np.flatnonzero(np.isfinite(worst).any(0) & (epsilons > 0)).tolist()
    shown = some(there, MOST_COLUMNS)
    rows = [["attack", *(f"{epsilons[i]:g}" for i in shown), "largest gap"]]
    for label in labels:
        # Between the intensities of a network its share is a loose bound, and a gap to it is none.
        there = tried(data, label, epsilons) & (found.epsilon > 0)
        accuracy, gap = (_by_network(found[name].sel(attack=label).where(there))
                         for name in ("robust_accuracy", "gap"))
        rows.append([short(attack_name(label), 80), *(_percent(accuracy[:, i]) for i in shown),
                     _largest(gap, epsilons)])
    rows.append([lowest_name(found), *(_percent(worst[:, i]) for i in shown), ""])
    notes = ["Robust accuracy in percent at each epsilon, of the lowest and the highest network."]
    if len(labels) > 1:
        notes.append("Largest gap: how many points an attack is above the last row, at most in "
                     "any network, and at which epsilon.")
    else:
        rows = [row[:-1] for row in rows[:-1]]
    if found.attrs["samples"]:
        low, high = wilson_interval(0.5, found.attrs["samples"])
        notes.append(f"A share of 50 % of {found.attrs['samples']:,} samples has the 95 % interval "
                     f"{100 * low:.1f} to {100 * high:.1f} % (Wilson).")
    body = "".join(_row(row, "h" if row is rows[0] else "d") for row in rows)
    return (f"<div class='wide'><table>{body}</table></div>"
            f"<p class='s'>{html.escape(' '.join(notes))}</p>")


def _row(cells, kind):
    first, *others = (html.escape(cell) for cell in cells)
    numbers = "".join(f"<t{kind}>{cell}</t{kind}>" for cell in others)
    return f"<tr><t{kind} class='t'>{first}</t{kind}>{numbers}</tr>"


def _by_network(values):
    """Numbers as (network, epsilon)."""
    return values.transpose(..., "epsilon").values.reshape(-1, values.sizes["epsilon"])


def _percent(numbers):
    numbers = numbers[np.isfinite(numbers)]
    ends = [f"{100 * end:.1f}" for end in (numbers.min(), numbers.max())] if len(numbers) else "-"
    return " \u2013 ".join(dict.fromkeys(ends))


def _largest(gap, epsilons):
    if not np.isfinite(gap).any():
        return "-"
    place = np.unravel_index(np.nanargmax(gap), gap.shape)
    where = f" at {epsilons[place[1]]:g}" if gap[place] > 0 else ""
    return f"{100 * gap[place]:.1f}{where}"
