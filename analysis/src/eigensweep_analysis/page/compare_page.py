# SPDX-License-Identifier: MIT
"""The page about two studies: what differs in what they asked, and in what came out."""

import html

import pandas

from eigensweep_analysis.charts.chart import Chart, script
from eigensweep_analysis.compare import EXPONENT, compare, differing_options, same_networks
from eigensweep_analysis.files import GENERATOR, PAGE_BEGINS, write_all
from eigensweep_analysis.page import asset, pictures
from eigensweep_analysis.page.network_table import EXPONENT_IS, label
from eigensweep_analysis.panels import PALETTE, short

#: A page lists no more rows; `compare.csv` has all.
MOST_ROWS, MOST_DIFFERENCES = 400, 60


def write_comparison(first, second, output, names):
    """Writes `compare.html`, `compare.csv` and the chart's files into a folder.

    Parameters
    ----------
    first, second : xarray.Dataset
        As from `load`.
    output : str or Path
        Folder; made if it is not there.
    names : (str, str)
        What the page calls the studies: their files.

    Returns
    -------
    list of Path
        The files written, the page first.

    Raises
    ------
    ResultsError
        As `compare`, or the folder has files of others under these names.
    OSError
        The folder or a file cannot be written.
    """
    table = compare(first, second)
    titles = [str(data.attrs.get("title") or "study") for data in (first, second)]
    chart = _chart(table, titles)
    drawn = chart.files()
    same = same_networks(first, second)
    page = "\n".join([
        PAGE_BEGINS, GENERATOR, "<meta name='viewport' content='width=device-width,initial-scale=1'>",
        f"<title>{html.escape(' and '.join(titles))}</title><style>{asset('style.css')}</style></head><body>",
        f"<h1>A: {html.escape(titles[0])}, B: {html.escape(titles[1])}</h1>",
        f"<p class='lead'>A: {html.escape(names[0])}<br>B: {html.escape(names[1])}</p>",
        f"<div class='warn'>{html.escape(same)}</div>" if same else "",
        "<h2>What the studies ask for differently</h2>", _asked(first, second, table),
        "<h2>Shared settings</h2>", pictures.chart(chart, drawn), _rows(table),
        f"<script>{script()}</script>", f"<script>{asset('page.js')}</script></body></html>"])
    files = {f"figures/{chart.name}.{suffix}": content for suffix, content in drawn}
    files["compare.csv"] = table.to_csv(index=False, lineterminator="\n")
    *written, path = write_all(output, {**files, "compare.html": page})
    return [path, *written]


def _chart(table, titles):
    outcomes = list(dict.fromkeys(table.outcome))
    rows = pandas.DataFrame({"outcome": table.outcome, "setting": [_setting(table, row) for _, row in table.iterrows()],
                             "a": table.mean_a, "b": table.mean_b, "difference": table.difference})
    first = table.attrs["front"] or outcomes[0]
    a, b = (f"{side}: {short(title, 50)}" for side, title in zip("AB", titles))
    choice = {"name": "outcome", "value": first, "bind": {"input": "select", "options": outcomes, "name": "outcome "}}
    axis = {"type": "quantitative", "scale": {"zero": False, "nice": False, "padding": 12}, "axis": {"tickCount": 6}}
    ends = {"transform": [{"aggregate": [{"op": op, "field": field, "as": f"{op}_{field}"} for op in ("min", "max") for field in "ab"]},
                          {"calculate": "[min(datum.min_a, datum.min_b), max(datum.max_a, datum.max_b)]", "as": "end"},
                          {"flatten": ["end"]}],
            "mark": {"type": "line", "strokeDash": [2, 3], "color": "#777"},
            "encoding": {"x": {"field": "end", **axis}, "y": {"field": "end", **axis}}}
    dots = {"mark": {"type": "point", "filled": True, "size": 60, "color": PALETTE[0], "opacity": 0.8},
            "encoding": {"x": {"field": "a", "title": a, **axis}, "y": {"field": "b", "title": b, **axis},
                         "tooltip": [{"field": "setting"}, {"field": "a", "format": ".4g", "title": a},
                                     {"field": "b", "format": ".4g", "title": b},
                                     {"field": "difference", "format": "+.4g", "title": "B less A"}]}}
    spec = {"width": 380, "height": 340, "params": [choice], "transform": [{"filter": "datum.outcome == outcome"}],
            "layer": [ends, dots]}
    caption = f"A dot per shared setting, means over the networks of each study; dotted: equal. Drawn first: {first}."
    return Chart("comparison", "B against A", caption, spec, rows)


def _setting(table, row):
    options = table.attrs["options"]
    words = [f"{name.replace('_', ' ')} {label(row[name])}" for name in options if table[name].astype(str).nunique() > 1]
    return ", ".join(words) or "all networks"


def _digits(value):
    """Decimals for numbers of this size: those of an accuracy have four."""
    return 4 if abs(value) < 10 else 2 if abs(value) < 1000 else 0


def _asked(first, second, table):
    found = differing_options(first, second)
    body = "".join(f"<tr>{''.join(_text(short(str(cell), 120)) for cell in row)}</tr>" for row in found[:MOST_DIFFERENCES])
    more = f"<p class='s'>and {len(found) - MOST_DIFFERENCES:,} more</p>" if len(found) > MOST_DIFFERENCES else ""
    notes = [f"Only {side} varies {', '.join(n.replace('_', ' ') for n in names)}: its networks count together."
             for side, names in zip("AB", table.attrs["only_in"]) if names]
    said = "".join(f"<p>{html.escape(note)}</p>" for note in notes)
    if not found:
        return f"<p>Nothing.</p>{said}"
    return (f"<div class='wide'><table><thead><tr><th class='t'>option</th><th class='t'>A</th><th class='t'>B</th></tr></thead>"
            f"{body}</table></div>{more}{said}")


def _text(words):
    return f"<td class='t'>{html.escape(words)}</td>"


def _rows(table):
    options = [n for n in table.attrs["options"] if table[n].astype(str).nunique() > 1]
    heads = [*(f"<th scope='col' class='t'>{html.escape(n.replace('_', ' '))}</th>" for n in options),
             "<th scope='col' class='t'>outcome</th>",
             *(f"<th scope='col'>{words}</th>" for words in ("A", "B", "B less A", "95 % interval"))]
    body = []
    for _, row in table.head(MOST_ROWS).iterrows():
        cells = [f"<td class='t' data-head='{html.escape(n)}'><span>{html.escape(label(row[n]))}</span></td>" for n in options]
        mark = f" <span class='s'>({html.escape(row.note)})</span>" if row.note else ""
        cells.append(f"<td class='t' data-head='outcome'><span>{html.escape(row.outcome)}{mark}</span></td>")
        cells += [_cell(side, _mean(row[f"mean_{s}"], row[f"deviation_{s}"], row[f"count_{s}"])) for side, s in (("A", "a"), ("B", "b"))]
        cells.append(_cell("B less A", f"{row.difference:+.{_digits(row.mean_a)}f}"))
        ends = [f"{end:+.{_digits(row.mean_a)}f}" for end in (row.low, row.high) if end == end]
        cells.append(_cell("95 % interval", " to ".join(ends) or "-"))
        body.append(f"<tbody><tr>{''.join(cells)}</tr></tbody>")
    note = ("Mean &plusmn; one standard deviation (n). The interval of the difference is Welch's; it takes each row alone, so of "
            "many rows some leave 0 out by chance.")
    if EXPONENT in set(table.outcome):
        note += f" {EXPONENT[:1].upper()}{EXPONENT[1:]}: {html.escape(EXPONENT_IS)}."
    if len(table) > MOST_ROWS:
        note += f" {MOST_ROWS} of {len(table):,} rows; compare.csv has all."
    return (f"<div class='tools' data-for='networks'></div><table id='networks' class='data' data-level='0'><thead><tr>"
            f"{''.join(heads)}</tr></thead>{''.join(body)}</table><p class='s'>{note}</p>")


def _cell(head, words):
    return f"<td data-head='{head}'><span>{words}</span></td>"


def _mean(mean, deviation, count):
    digits = _digits(mean)
    spread = f" <span class='s'>&plusmn; {deviation:.{digits}f}</span>" if count > 1 else ""
    return f"{mean:.{digits}f}{spread} <span class='s'>({count})</span>"
