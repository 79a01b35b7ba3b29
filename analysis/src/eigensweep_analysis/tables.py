# SPDX-License-Identifier: MIT
"""The tables of a report: means over the replicates of every setting, networks without results."""

import collections
import html
import shlex

import numpy as np

from eigensweep_analysis.layout import Layout, asked, attack_name, exponents, has_seeds, last_layer, robust_accuracies, text
from eigensweep_analysis.load import STATUS
from eigensweep_analysis.metrics import measured
from eigensweep_analysis.panels import short
from eigensweep_analysis.statistics import DEVIATION, over

#: A page lists no more settings or networks than this; the command `eigensweep export --csv` gives all of them.
MOST_ROWS = 200


def _columns(data):
    """(head, values over the axes) of the table's columns."""
    for name, head in (("test_accuracy", "test accuracy"), ("train_accuracy", "train accuracy")):
        if name in data and data[name].dims == data.status.dims:
            yield head, data[name]
    for values in data.data_vars.values():
        # What a procedure that trains nothing records of a trial.
        if values.attrs.get("group") and not values.attrs["family"] and values.dims == data.status.dims:
            yield values.attrs["column"].replace("_", " "), values
    for values, attack, dim in robust_accuracies(data):
        there = [e for e in values[dim].values if np.isfinite(values.sel({dim: e}).values).any()]
        clean, there = [e for e in there if e == 0], [e for e in there if e > 0]
        if len(there) > 3:
            there = [there[0], there[len(there) // 2], there[-1]]
        for intensity in clean + there:
            yield f"{attack_name(attack)}, {dim} {intensity:g}", values.sel({dim: intensity})
    if exponents(data) is not None and data.sizes.get("layer"):
        yield "exponent, last layer", last_layer(exponents(data), measured(data, "fit_first"))


def settings_table(data, source=""):
    """Means over the replicates, a row per cell of the other axes; of many rows, the best by the first column."""
    layout = Layout(data)
    axes = [n for n in data.status.dims if n not in layout.replicates]
    order = (*axes, *(n for n in data.status.dims if n in layout.replicates))
    shape = tuple(data.sizes[n] for n in axes)

    def by_cell(values):
        return values.transpose(*order).values.reshape(int(np.prod(shape)), -1)

    columns = [(head, by_cell(values)) for head, values in _columns(data)]
    columns = [(head, values) for head, values in columns if np.isfinite(values).any()]
    status = by_cell(data.status)
    there = by_cell(asked(data))
    cells = np.flatnonzero(there.any(1))  # the study has no others
    count, note = len(cells), ""
    if count > MOST_ROWS:
        note = f"{MOST_ROWS} of {count:,} settings"
        if columns:
            means = _means(columns[0][1])[cells]
            cells = np.sort(cells[np.argsort(np.where(np.isfinite(means), -means, np.inf), kind="stable")[:MOST_ROWS]])
            note += f", those with the best {columns[0][0]}"
        cells = cells[:MOST_ROWS]
        note += f". All of them: eigensweep export --csv {shlex.quote(source or 'RESULTS')}. "
    shown = _label_columns(data, axes)
    heads = [f"<th class='t'>{html.escape(head)}</th>" for head, _, _ in shown]
    heads += ["<th>networks</th>"] + [f"<th>{html.escape(head)}</th>" for head, _ in columns]
    body = []
    for cell, place in zip(cells, np.transpose(np.unravel_index(cells, shape)) if shape else [()] * len(cells)):
        row = [f"<td class='t'>{html.escape(short(_label(labels[place[dim]]), 200))}</td>" for _, dim, labels in shown]
        row.append(f"<td>{int((status[cell] == 1).sum())}/{int(there[cell].sum())}</td>")
        row += [_number(values[cell][np.isfinite(values[cell])]) for _, values in columns]
        body.append(f"<tr>{''.join(row)}</tr>")
    note = html.escape(note)
    if has_seeds(data):
        note += f"Mean {DEVIATION} over the networks of a setting."
    return (f"<div class='wide'><table><tr>{''.join(heads)}</tr>{''.join(body)}</table></div>"
            f"<p class='s'>{note}</p>")


def _label_columns(data, axes):
    """(head, place of the dimension among `axes`, labels) of the columns that say which networks a row is about."""
    found = []
    for place, axis in enumerate(axes):
        # A seed on a dimension of settings is one of the zipped options.
        along = [a["coordinate"] for a in data.attrs.get("axes", []) if a["coordinate"] in data.coords and a["coordinate"] != axis]
        along = [n for n in along if data[n].dims == (axis,)]
        along = along if axis in ("point", "zip") else [axis, *along]
        found += [(n.replace("_", " "), place, data[n].values.tolist()) for n in along]
    several = [column for column in found if len(set(map(str, column[2]))) > 1]
    return several or found[:1]


def _means(values):
    there = np.isfinite(values)
    counts = there.sum(1)
    return np.where(counts > 0, np.where(there, values, 0).sum(1) / np.maximum(counts, 1), np.nan)


def _label(value):
    if isinstance(value, (float, np.floating)):
        return "none" if np.isnan(value) else f"{value:g}"
    return str(value) or "none"


def _number(numbers):
    if not len(numbers):
        return "<td>-</td>"
    mean, deviation, count = over(numbers, 0)
    small = f" <span class='s'>&plusmn; {deviation:.3f}</span>" if count > 1 else ""
    return f"<td>{mean:.3f}{small}</td>"


def troubles_table(data):
    """A table of the networks that failed, diverged or are missing yet; if they are many, their number per reason."""
    dims = data.status.dims
    cells = np.argwhere((data.status.values != 1) & asked(data).values)
    if not len(cells):
        return ""
    states, messages = data.status.values, data.message.values if "message" in data else None

    def reason(cell):
        message = "" if messages is None else str(messages[tuple(cell)])
        return STATUS.get(int(states[tuple(cell)]), "unknown"), message

    note = ""
    if len(cells) > MOST_ROWS:
        counts = collections.Counter(map(reason, cells.tolist())).most_common(20)
        words = [f"{count:,} {state}{': ' + short(message, 160) if message else ''}" for (state, message), count in counts]
        note = f"<p>{MOST_ROWS} of {len(cells):,} are listed. By reason:</p>"
        note += f"<ul>{''.join(f'<li>{html.escape(w)}</li>' for w in words)}</ul>"
    rows = []
    for cell in cells[:MOST_ROWS].tolist():
        place = dict(zip(dims, cell))
        where = ", ".join(text(n, data[n].values[i]) for n, i in place.items() if n in data.coords and n != "replicate")
        state, message = reason(cell)
        rows.append(f"<tr><td class='t'>{html.escape(where)}</td><td class='t'>{state}</td>"
                    f"<td class='t'>{html.escape(message)}</td></tr>")
    return (f"<h2>Networks without results</h2>{note}<div class='wide'><table><tr><th class='t'>network</th>"
            f"<th class='t'>status</th><th class='t'>why</th></tr>{''.join(rows)}</table></div>")
