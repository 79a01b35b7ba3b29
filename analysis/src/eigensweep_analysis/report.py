# SPDX-License-Identifier: MIT
"""One self-contained HTML page about a study, and its figures as files of their own."""

import html
import json
import shlex

from eigensweep_analysis.balanced_figures import balanced_kinds
from eigensweep_analysis.balanced_page import balanced_page
from eigensweep_analysis.by_width import prepared
from eigensweep_analysis.charts import CHARTS
from eigensweep_analysis.charts.chart import script
from eigensweep_analysis.report_figures import figure_kinds
from eigensweep_analysis.files import GENERATOR, PAGE_BEGINS, make_folder, refuse_foreign, write_all
from eigensweep_analysis.fold import for_figures
from eigensweep_analysis.gallery import MOST, MOST_OF_LARGE, Gallery
from eigensweep_analysis.layer_figures import layer_kinds
from eigensweep_analysis.layer_page import layer_page
from eigensweep_analysis.load import STATUS
from eigensweep_analysis.networks import each_once, networks
from eigensweep_analysis.nouns import noun, trains_nothing
from eigensweep_analysis.overview import overview_figures
from eigensweep_analysis.page import asset, pictures
from eigensweep_analysis.page.network_table import network_table
from eigensweep_analysis.page.study_words import study_words
from eigensweep_analysis.page.troubles_table import MOST_ROWS, troubles_table
from eigensweep_analysis.panels import NoFigure
from eigensweep_analysis.robust_figures import robust_kinds
from eigensweep_analysis.robust_page import alarm_words, robust_page, robust_places
from eigensweep_analysis.width import width_kinds as width_kinds_of
from eigensweep_analysis.width_page import has_page, width_page

#: Above this number of networks, a page shows all networks over each axis, but only some of the single settings.
LARGE = 500


def write_report(data, output, source="", everything=False, reload=0):
    """Writes figures (`figures/*.svg`, `*.pdf`, their numbers as `*.csv`) and `report.html` into a folder.

    The page needs no network and no other file. Its charts and its table of networks are interactive where scripts run;
    where none does, drawings and the whole table stand in their place. A study with attacks has a section "Robustness". A
    study with several widths and the metric kernel_regime has a section "Width and the kernel regime". Networks with the
    metrics weights or ei_balance, and simulations of balanced networks, have one, too. A figure that cannot be drawn is
    left out, with a sentence in the section "What is not shown".

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
    reload : int
        Seconds after which the page loads itself again; 0: never.

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
    rows = networks(data)
    # Charts and general figures are about what trained networks can do.
    charts, no_charts = ([], []) if trains_nothing(data) else _charts(data, rows)
    most = None if everything else MOST_OF_LARGE if data.status.size > LARGE else MOST
    gallery = Gallery(most)
    kinds, width_kinds, notes = [] if trains_nothing(data) else figure_kinds(data), [], []
    if is_large(data) and kinds:
        kinds.insert(0, overview_figures(data))
    if has_page(data):
        width_kinds, notes = width_kinds_of(data)
    robust = {place: robust_kinds(data, *place) for place in robust_places(data)}
    parts = [kinds, width_kinds, layer_kinds(data), balanced_kinds(data), *robust.values()]
    hung = iter(gallery.hang([kind for part in parts for kind in part]))
    figures, of_width, of_layers, of_balanced, *of_robust = ([pictures.figure(h) for _ in part for h in next(hung)] for part in parts)
    width = width_page(data, of_width) if has_page(data) else ""
    robustness = robust_page(data, dict(zip(robust, of_robust)))
    own = [("balanced", "Balanced networks", balanced_page(data, of_balanced)),
           ("width", "Width and the kernel regime", width), ("layers", "Weights and Dale's law", layer_page(data, of_layers))]
    left_out = [*no_charts, *gallery.left_out, *notes]
    if gallery.is_thinned:
        command = _command(source, output, where)
        left_out += [f"All figures: {command} --all-figures", f"Those of a part of the study: {command} --where AXIS=VALUE"]
    page = _page(data, rows, [pictures.chart(*drawn) for drawn in charts], robustness, figures, own, source, left_out, reload)
    files = {f"{chart.name}.{suffix}": content for chart, drawn in charts for suffix, content in drawn}
    files = {f"figures/{n}": f for n, f in {**files, **gallery.files}.items()}
    # The page is written last, so that all its figures exist when it exists.
    *written, page = write_all(output, {**files, "report.html": page})
    return [page, *written]


def is_large(data):
    """Whether panels and lines show only a part of the networks: a list of trials, zipped options, very many cells."""
    return "point" in data.dims or bool(data.attrs.get("zipped")) or data.status.size > LARGE


def _command(source, output, where):
    """The command that writes this report, to be pasted."""
    parts = ["python -m eigensweep_analysis report", shlex.quote(source or "RESULTS"), "--output", shlex.quote(str(output))]
    return " ".join([*parts, *(f"--where {shlex.quote(condition)}" for condition in where)])


def _charts(data, rows):
    """([(chart, its files)], why there are no others)."""
    drawn, without = [], []
    for kind in CHARTS if len(rows) else []:
        try:
            chart = kind(data, rows)
            drawn.append((chart, chart.files()))
        except NoFigure as error:
            without.append(f"no {kind.__name__.replace('_', ' ')}: {error}")
    return drawn, without


def _page(data, rows, charts, robustness, figures, own, source, left_out, reload):
    """The whole page; `own` are sections that only some studies have: (place, head, inside)."""
    title = str(data.attrs.get("title") or data.attrs.get("study", {}).get("name", "study"))
    sections = [("alarms", "Alarms", alarm_words(data) + _warnings(data)),
                ("study", "What was asked", study_words(data)),
                ("all-networks", f"Settings and {noun(data).many}", network_table(rows, source, noun(data))),
                ("charts", "Explore", "\n".join(charts)), ("robustness", "Robustness", robustness),
                ("figures", "Figures", "\n".join(figures)), *own,
                ("not-shown", "What is not shown", _not_shown(left_out)),
                ("troubles", f"{noun(data).many.capitalize()} without results", troubles_table(data)),
                ("provenance", "Where the numbers come from", _provenance(data))]
    sections = [(place, head, inside) for place, head, inside in sections if inside]
    links = "".join(f"<a href='#{place}'>{head}</a>" for place, head, _ in sections)
    parts = [
        PAGE_BEGINS,
        GENERATOR,
        "<meta name='viewport' content='width=device-width,initial-scale=1'>",
        f"<meta http-equiv='refresh' content='{reload}'>" if reload else "",
        f"<title>{html.escape(title)}</title><style>{asset('style.css')}</style></head><body>",
        f"<h1>{html.escape(title)}</h1>",
        f"<p class='lead'>{html.escape(str(data.attrs.get('comment', '')))}</p>",
        _summary(data, source),
        f"<nav>{links}</nav>",
        *(f"<section><h2 id='{place}'>{head}</h2>{inside}</section>" for place, head, inside in sections),
        f"<script>{script()}</script>" if charts else "",
        f"<script>{asset('page.js')}</script></body></html>",
    ]
    return "\n".join(part for part in parts if part)


def _summary(data, source):
    status = data.status.values.reshape(-1)
    status = status[each_once(data).values.reshape(-1)]
    counts = [f"{int((status == code).sum()):,} {name}" for code, name in STATUS.items() if (status == code).any()]
    axes = []
    for axis in data.attrs.get("axes", []):
        if axis["coordinate"] in ("point", "replicate", "zip"):
            continue
        size = len(axis.get("values", []))
        if axis["coordinate"] in data.coords:
            size = len(set(data[axis["coordinate"]].values.astype(str).reshape(-1).tolist()) - {""})
        axes.append(f"{axis['name'].replace('_', ' ')} ({size})")
    words = noun(data)
    sentences = [f"{words.count(len(status))}: {', '.join(counts)}." if counts else f"No {words.many}."]
    if axes:
        sentences.append(f"Axes: {', '.join(axes)}.")
    for axes in data.attrs.get("zipped", {}).values():
        sentences.append(f"Swept together (zip): {', '.join(a.replace('_', ' ') for a in axes)}.")
    if "point" in data.dims:
        sentences.append(f"The {words.many} do not fill a grid of these axes, so the distinct settings are listed.")
    if data.attrs.get("where"):
        sentences.append(f"Only {words.many} with {', '.join(data.attrs['where'])}.")
    if source:
        sentences.append(f"Numbers from {source}.")
    return f"<p>{html.escape(' '.join(sentences))}</p>"


def _not_shown(left_out):
    if not left_out:
        return ""
    items = "".join(f"<li>{html.escape(words)}</li>" for words in [*left_out[:MOST_ROWS], *left_out[MOST_ROWS:][-2:]])
    more = len(left_out) - MOST_ROWS - 2
    items += f"<li>{more:,} further figures, for reasons like these.</li>" if more > 0 else ""
    return f"<ul>{items}</ul>"


def _warnings(data):
    warnings = data.attrs.get("study_warnings") or []
    warnings = [warnings] if isinstance(warnings, str) else warnings
    if not warnings:
        return ""
    return "".join(f"<div class='warn'><b>Before the run:</b> {html.escape(str(w))}</div>" for w in warnings)


def _provenance(data):
    plain = {n: data.attrs[n] for n in ("eigensweep_version", "git_revision", "git_dirty", "created_utc")
             if n in data.attrs}
    provenance = data.attrs.get("provenance", {})
    plain.update(provenance if isinstance(provenance, dict) else {"provenance": provenance})
    if "git_dirty" in plain:
        plain["git_dirty"] = bool(plain["git_dirty"])
    rows = "".join(f"<tr><td class='t'>{html.escape(words)}</td><td class='t'>{html.escape(said)}</td></tr>"
                   for words, said in (_plain(key, value) for key, value in plain.items()))
    study = data.attrs.get("resolved") or data.attrs.get("study") or {}
    study = study if isinstance(study, str) else json.dumps(study, indent=2)
    return (f"<div class='wide'><table class='plain'>{rows}</table></div>"
            f"<details><summary>The study, with every default written out</summary><pre>{html.escape(study)}</pre>"
            "</details>")


def _plain(key, value):
    """A name and its value in plain words: ("devices", "cpu"), ("training time", "78.5 s")."""
    words = str(key).replace("_", " ")
    if words.endswith(" seconds") and isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{words.removesuffix(' seconds')} time", f"{value:,.0f} s" if value >= 100 else f"{value:.3g} s"
    return words, _said(value)


def _said(value):
    if isinstance(value, dict):
        return ", ".join(" ".join(_plain(key, inner)) for key, inner in value.items())
    if isinstance(value, list):
        return ("; " if any(isinstance(v, dict) for v in value) else ", ").join(map(_said, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    return "-" if value is None else str(value)
