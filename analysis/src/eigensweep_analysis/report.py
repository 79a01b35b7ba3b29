# SPDX-License-Identifier: MIT
"""One self-contained HTML page about a study, and its figures as files of their own."""

import base64
import html
import itertools
import json
from pathlib import Path

import numpy as np

from eigensweep_analysis.by_width import prepared
from eigensweep_analysis.figures import all_figures
from eigensweep_analysis.layout import Layout, attack_name, exponents, last_layer, robust_accuracies, text
from eigensweep_analysis.load import STATUS
from eigensweep_analysis.panels import render
from eigensweep_analysis.width import width_pictures
from eigensweep_analysis.width_page import has_page, width_page

CSS = """
body{font:15px/1.5 system-ui,sans-serif;color:#1a1a1a;max-width:72rem;margin:2rem auto;padding:0 1.25rem}
h1{font-size:1.6rem;margin-bottom:.2rem} h2{font-size:1.15rem;margin-top:2.2rem;border-bottom:1px solid #ddd}
h3{font-size:1rem;margin:1.2rem 0 .2rem}
.lead{color:#555;margin-top:0} .wide{overflow-x:auto}
table{border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .7rem;text-align:right;border-bottom:1px solid #e6e6e6;white-space:nowrap}
th{border-bottom:1.5px solid #555;vertical-align:bottom} th.t,td.t{text-align:left;white-space:normal}
.s{color:#777;font-size:.85em} figure{margin:1.4rem 0} figure img{max-width:100%;height:auto}
figcaption{color:#444;font-size:.9rem;max-width:60rem}
.warn{background:#fff6dd;padding:.6rem 1rem;border-left:4px solid #e69f00}
pre{background:#f6f6f6;padding:.7rem 1rem;overflow-x:auto;font-size:.82rem}
@media print{body{max-width:none}}
"""


def write_report(data, output, source=""):
    """Writes figures (`figures/*.png`, `*.pdf`) and `report.html` into a folder.

    A study with several widths and the metric kernel_regime has a section "Width and the kernel regime" in it.

    Parameters
    ----------
    data : xarray.Dataset
        As from `load`.
    output : str or Path
        Folder; made if it is not there.
    source : str
        What the page calls the file that the numbers are from.

    Returns
    -------
    list of Path
        The files written, the page first.
    """
    output = Path(output)
    (output / "figures").mkdir(parents=True, exist_ok=True)
    data, written = prepared(data), []
    figures = [_written(picture, output / "figures", written) for picture in all_figures(data)]
    width = ""
    if has_page(data):
        width = width_page(data, [_written(p, output / "figures", written) for p in width_pictures(data)[0]])
    page = output / "report.html"
    page.write_text(_page(data, figures, width, source), encoding="utf-8")
    return [page, *written]


def _written(picture, folder, written):
    """Writes a picture's files, adds them to `written`, and gives the figure as HTML."""
    files = render(picture)
    for suffix, content in files:
        written.append(folder / f"{picture.name}.{suffix}")
        written[-1].write_bytes(content)
    return _figure(picture, files[0][1], round(picture.figure.get_figwidth() * 96))


def _page(data, figures, width, source):
    title = str(data.attrs.get("title") or data.attrs.get("study", {}).get("name", "study"))
    parts = [
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
        "<meta name='viewport' content='width=device-width,initial-scale=1'>",
        f"<title>{html.escape(title)}</title><style>{CSS}</style></head><body>",
        f"<h1>{html.escape(title)}</h1>",
        f"<p class='lead'>{html.escape(str(data.attrs.get('comment', '')))}</p>",
        _summary(data, source),
        "<p><a href='#width'>Width and the kernel regime</a></p>" if width else "",
        _warnings(data),
        "<h2>Means over seeds</h2>",
        _table(data),
        *(["<h2>Figures</h2>"] if figures else []),
        *figures,
        width,
        _troubles(data),
        _provenance(data),
        "</body></html>",
    ]
    return "\n".join(part for part in parts if part)


def _summary(data, source):
    status = data.status.values.reshape(-1)
    asked = status[data.trial_id.values.reshape(-1) != ""] if "trial_id" in data else status
    counts = [f"{int((asked == code).sum())} {name}" for code, name in STATUS.items() if (asked == code).any()]
    axes = [
        f"{a['name'].replace('_', ' ')} ({len(a['values'])})" if "values" in a else a["name"]
        for a in data.attrs.get("axes", [])
    ]
    sentence = f"{len(asked)} networks: {', '.join(counts)}."
    if axes:
        sentence += f" Axes: {', '.join(axes)}."
    if source:
        sentence += f" Numbers from {source}."
    return f"<p>{html.escape(sentence)}</p>"


def _warnings(data):
    warnings = data.attrs.get("study_warnings") or []
    warnings = [warnings] if isinstance(warnings, str) else warnings
    if not warnings:
        return ""
    return "<div class='warn'>" + "<br>".join(html.escape(str(w)) for w in warnings) + "</div>"


def _columns(data):
    """(head, values over the axes) of the table's columns."""
    for name, head in (("test_accuracy", "test accuracy"), ("train_accuracy", "train accuracy")):
        if name in data:
            yield head, data[name]
    for values, attack, dim in robust_accuracies(data):
        there = [e for e in values[dim].values if np.isfinite(values.sel({dim: e}).values).any()]
        clean, there = [e for e in there if e == 0], [e for e in there if e > 0]
        if len(there) > 3:
            there = [there[0], there[len(there) // 2], there[-1]]
        for strength in clean + there:
            yield f"{attack_name(attack)}, {dim} {strength:g}", values.sel({dim: strength})
    if "exponent" in data and data.sizes.get("layer"):
        yield "exponent, last layer", last_layer(exponents(data), data.get("fit_first"))


def _table(data):
    layout = Layout(data)
    columns = [(head, values) for head, values in _columns(data) if np.isfinite(values.values).any()]
    axes = [n for n in data.status.dims if n not in layout.replicates]
    shown = [n for n in axes if data.sizes[n] > 1] or axes
    heads = [f"<th class='t'>{html.escape(n.replace('_', ' '))}</th>" for n in shown]
    heads += ["<th>networks</th>"] + [f"<th>{html.escape(head)}</th>" for head, _ in columns]
    body = []
    for cell in itertools.product(*(range(data.sizes[n]) for n in axes)):
        place = dict(zip(axes, cell))
        here = data.status.isel(place).values.reshape(-1)
        if "trial_id" in data and not (data.trial_id.isel(place).values.reshape(-1) != "").any():
            continue  # the study has no such cell
        row = [f"<td class='t'>{html.escape(_label(data[n].values[place[n]]))}</td>" for n in shown]
        row.append(f"<td>{int((here == 1).sum())}/{len(here)}</td>")
        for _, values in columns:
            numbers = values.isel({n: i for n, i in place.items() if n in values.dims}).values.reshape(-1)
            row.append(_number(numbers[np.isfinite(numbers)]))
        body.append(f"<tr>{''.join(row)}</tr>")
    note = "<p class='s'>Mean; in small type half the distance from the smallest to the largest seed.</p>"
    return f"<div class='wide'><table><tr>{''.join(heads)}</tr>{''.join(body)}</table></div>{note}"


def _label(value):
    if isinstance(value, (float, np.floating)):
        return "none" if np.isnan(value) else f"{value:g}"
    return str(value) or "none"


def _number(numbers):
    if not len(numbers):
        return "<td>-</td>"
    spread = (numbers.max() - numbers.min()) / 2
    small = f" <span class='s'>&plusmn; {spread:.3f}</span>" if len(numbers) > 1 else ""
    return f"<td>{numbers.mean():.3f}{small}</td>"


def _figure(picture, image, width):
    encoded = base64.b64encode(image).decode()
    return (
        f"<figure id='{html.escape(picture.name)}'><img width='{width}' src='data:image/png;base64,{encoded}' "
        f"alt='{html.escape(picture.caption)}'><figcaption>{html.escape(picture.caption)}</figcaption></figure>"
    )


def _troubles(data):
    """A table of the networks that failed, diverged or are not there yet."""
    dims = data.status.dims
    rows = []
    for cell in np.argwhere(data.status.values != 1):
        place = dict(zip(dims, cell.tolist()))
        if "trial_id" in data and data.trial_id.isel(place).item() == "":
            continue
        where = ", ".join(text(n, data[n].values[i]) for n, i in place.items())
        message = data.message.isel(place).item() if "message" in data else ""
        state = STATUS.get(int(data.status.isel(place)), "unknown")
        rows.append(f"<tr><td class='t'>{html.escape(where)}</td><td class='t'>{state}</td>"
                    f"<td class='t'>{html.escape(message)}</td></tr>")
    if not rows:
        return ""
    return ("<h2>Networks without results</h2><div class='wide'><table><tr><th class='t'>network</th>"
            f"<th class='t'>status</th><th class='t'>why</th></tr>{''.join(rows)}</table></div>")


def _provenance(data):
    plain = {n: data.attrs[n] for n in ("eigensweep_version", "git_revision", "git_dirty", "created_utc")
             if n in data.attrs}
    provenance = data.attrs.get("provenance", {})
    plain.update(provenance if isinstance(provenance, dict) else {"provenance": provenance})
    rows = "".join(
        f"<tr><td class='t'>{html.escape(str(key).replace('_', ' '))}</td>"
        f"<td class='t'>{html.escape(value if isinstance(value, str) else json.dumps(value))}</td></tr>"
        for key, value in plain.items()
    )
    study = data.attrs.get("resolved") or data.attrs.get("study") or {}
    study = study if isinstance(study, str) else json.dumps(study, indent=2)
    return (f"<h2>Where the numbers come from</h2><div class='wide'><table>{rows}</table></div>"
            f"<details><summary>The study, with every default written out</summary><pre>{html.escape(study)}</pre>"
            "</details>")
