# SPDX-License-Identifier: MIT
"""One self-contained HTML page about a study, and its figures as files of their own."""

import base64
import html
import json
import shlex

from eigensweep_analysis.by_width import prepared
from eigensweep_analysis.figures import figure_kinds
from eigensweep_analysis.files import GENERATOR, PAGE_BEGINS, make_folder, refuse_foreign, write_all
from eigensweep_analysis.fold import for_figures
from eigensweep_analysis.gallery import MOST, MOST_OF_LARGE, Gallery
from eigensweep_analysis.layout import asked, has_seeds
from eigensweep_analysis.load import STATUS
from eigensweep_analysis.overview import overview_figures
from eigensweep_analysis.robust_figures import robust_kinds
from eigensweep_analysis.robust_page import alarm_line, robust_page, robust_places
from eigensweep_analysis.tables import MOST_ROWS, settings_table, troubles_table
from eigensweep_analysis.width import width_kinds as width_kinds_of
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


#: Above this number of networks, a page shows all networks over each axis, but only some of the single settings.
LARGE = 1000


def write_report(data, output, source="", everything=False):
    """Writes figures (`figures/*.png`, `*.pdf`) and `report.html` into a folder.

    A study with attacks has a section "Robustness". A study with several widths and the metric kernel_regime has a section
    "Width and the kernel regime". A figure that cannot be drawn is left out, with a sentence in the section "What is not
    shown".

    Parameters
    ----------
    data : xarray.Dataset
        As from `load`, in either layout.
    output : str or Path
        Folder; made if it is not there. Files in it that a report does not write stay, and others' files are not
        overwritten (see `files.write_all`).
    source : str
        The page's name for the file with the numbers.
    everything : bool
        Draw all figures; otherwise as many as `gallery.MOST` says, and the page says how to get the others.

    Returns
    -------
    list of Path
        The files written, the page first.

    Raises
    ------
    ResultsError
        The folder holds a file of others under the name of one of the report's.
    OSError
        The folder or a file cannot be written.
    """
    refuse_foreign(output, {"report.html": ""})  # before the work; what figures overwrite is known after it
    output = make_folder(output)
    where = data.attrs.get("where", [])
    data = for_figures(prepared(data))
    most = None if everything else MOST_OF_LARGE if data.status.size > LARGE else MOST
    gallery = Gallery(most)
    kinds, width_kinds, notes = figure_kinds(data), [], []
    if is_large(data):
        kinds.insert(0, overview_figures(data))
    if has_page(data):
        width_kinds, notes = width_kinds_of(data)
    robust = {place: robust_kinds(data, *place) for place in robust_places(data)}
    parts = [kinds, width_kinds, *robust.values()]
    hung = iter(gallery.hang([kind for part in parts for kind in part]))
    figures, of_width, *of_robust = ([_figure(h) for _ in part for h in next(hung)] for part in parts)
    width = width_page(data, of_width) if has_page(data) else ""
    robustness = robust_page(data, dict(zip(robust, of_robust)))
    left_out = [*gallery.left_out, *notes]
    if gallery.is_thinned:
        command = _command(source, output, where)
        left_out += [f"All figures: {command} --all-figures", f"Those of a part of the study: {command} --where AXIS=VALUE"]
    page = _page(data, robustness, figures, width, source, left_out)
    # The page is written last, so that all its figures exist when it exists.
    *written, page = write_all(output, {**{f"figures/{n}": f for n, f in gallery.files.items()}, "report.html": page})
    return [page, *written]


def is_large(data):
    """Whether panels and lines show only a part of the networks: a list of trials, zipped options, very many cells."""
    return "point" in data.dims or bool(data.attrs.get("zipped")) or data.status.size > LARGE


def _command(source, output, where):
    """The command that writes this report, to be pasted."""
    parts = ["python -m eigensweep_analysis report", shlex.quote(source or "RESULTS"), "--output", shlex.quote(str(output))]
    return " ".join([*parts, *(f"--where {shlex.quote(condition)}" for condition in where)])


def _page(data, robustness, figures, width, source, left_out):
    title = str(data.attrs.get("title") or data.attrs.get("study", {}).get("name", "study"))
    parts = [
        PAGE_BEGINS,
        GENERATOR,
        "<meta name='viewport' content='width=device-width,initial-scale=1'>",
        f"<title>{html.escape(title)}</title><style>{CSS}</style></head><body>",
        f"<h1>{html.escape(title)}</h1>",
        f"<p class='lead'>{html.escape(str(data.attrs.get('comment', '')))}</p>",
        _summary(data, source),
        _links(robustness, width),
        alarm_line(data),
        _warnings(data),
        "<h2>Means over seeds</h2>" if has_seeds(data) else "<h2>Numbers of every setting</h2>",
        settings_table(data, source),
        robustness,
        *(["<h2>Figures</h2>"] if figures else []),
        *figures,
        width,
        _not_shown(left_out),
        troubles_table(data),
        _provenance(data),
        "</body></html>",
    ]
    return "\n".join(part for part in parts if part)


def _links(robustness, width):
    """Where on the page its long sections are."""
    links = ["<a href='#robustness'>Robustness</a>"] if robustness else []
    links += ["<a href='#width'>Width and the kernel regime</a>"] if width else []
    return f"<p>{' &middot; '.join(links)}</p>" if links else ""


def _summary(data, source):
    status = data.status.values.reshape(-1)
    status = status[asked(data).values.reshape(-1)]
    counts = [f"{int((status == code).sum()):,} {name}" for code, name in STATUS.items() if (status == code).any()]
    axes = []
    for axis in data.attrs.get("axes", []):
        if axis["coordinate"] in ("point", "replicate", "zip"):
            continue
        size = len(axis.get("values", []))
        if axis["coordinate"] in data.coords:
            size = len(set(data[axis["coordinate"]].values.astype(str).reshape(-1).tolist()) - {""})
        axes.append(f"{axis['name'].replace('_', ' ')} ({size})")
    networks = "1 network" if len(status) == 1 else f"{len(status):,} networks"
    sentences = [f"{networks}: {', '.join(counts)}." if counts else "No networks."]
    if axes:
        sentences.append(f"Axes: {', '.join(axes)}.")
    for axes in data.attrs.get("zipped", {}).values():
        sentences.append(f"Swept together (zip): {', '.join(a.replace('_', ' ') for a in axes)}.")
    if "point" in data.dims:
        sentences.append("The networks do not fill a grid of these axes, so the distinct settings are listed.")
    if data.attrs.get("where"):
        sentences.append(f"Only networks with {', '.join(data.attrs['where'])}.")
    if source:
        sentences.append(f"Numbers from {source}.")
    return f"<p>{html.escape(' '.join(sentences))}</p>"


def _not_shown(left_out):
    if not left_out:
        return ""
    items = "".join(f"<li>{html.escape(words)}</li>" for words in [*left_out[:MOST_ROWS], *left_out[MOST_ROWS:][-2:]])
    more = len(left_out) - MOST_ROWS - 2
    items += f"<li>{more:,} further figures, for reasons like these.</li>" if more > 0 else ""
    return f"<h2>What is not shown</h2><ul>{items}</ul>"


def _warnings(data):
    warnings = data.attrs.get("study_warnings") or []
    warnings = [warnings] if isinstance(warnings, str) else warnings
    if not warnings:
        return ""
    return "<div class='warn'>" + "<br>".join(html.escape(str(w)) for w in warnings) + "</div>"


def _figure(hung):
    """A figure with its caption and the names of its files."""
    picture, image = hung.picture, hung.files[0][1]
    encoded, width = base64.b64encode(image).decode(), round(picture.figure.get_figwidth() * 96)
    names = " and ".join(f"figures/{picture.name}.{suffix}" for suffix, _ in hung.files)
    return (
        f"<figure id='{html.escape(picture.name)}'><img width='{width}' src='data:image/png;base64,{encoded}' "
        f"alt='{html.escape(picture.caption)}'><figcaption>{html.escape(picture.caption)} "
        f"<span class='s'>{html.escape(names)}</span></figcaption></figure>"
    )


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
