# SPDX-License-Identifier: MIT
"""The report's table of networks that failed, diverged or are missing yet."""

import collections
import html

import numpy as np

from eigensweep_analysis.layout import text
from eigensweep_analysis.load import STATUS
from eigensweep_analysis.networks import each_once
from eigensweep_analysis.nouns import noun
from eigensweep_analysis.panels import short

#: A page lists no more networks than this; the command `eigensweep export --csv` gives all of them.
MOST_ROWS = 200


def troubles_table(data):
    """A table of the networks that failed, diverged or are missing yet; if they are many, their number per reason."""
    dims = data.status.dims
    cells = np.argwhere((data.status.values != 1) & each_once(data).transpose(*dims).values)
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
    return (f"{note}<div class='wide'><table><tr><th class='t'>{noun(data).one}</th>"
            f"<th class='t'>status</th><th class='t'>why</th></tr>{''.join(rows)}</table></div>")
