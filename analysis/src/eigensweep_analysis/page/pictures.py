# SPDX-License-Identifier: MIT
"""Figures and charts as a page holds them: the drawing, its caption, its numbers behind a link."""

import base64
import html

from eigensweep_analysis.charts.chart import embedded

#: A larger table of numbers stands in the folder alone, so that pages stay small.
MOST_CSV = 100_000


def figure(hung):
    """A drawn figure; a click enlarges it."""
    picture, width = hung.picture, round(hung.picture.figure.get_figwidth() * 96)
    return _figure("figure", picture.name, picture.caption, hung.files, width)


def chart(drawn, files):
    """An interactive chart with the drawing that stands in for it where no script runs."""
    spec = f"<script type='application/json'>{embedded(drawn.whole())}</script>"
    return f"<h3>{html.escape(drawn.title)}</h3>" + _figure("chart", drawn.name, drawn.caption, files, 0, spec)


def _figure(kind, name, caption, files, width, inside=""):
    contents = dict(files)
    image = base64.b64encode(contents["svg"]).decode()
    # On a phone a figure keeps this width and scrolls: smaller, its labels could not be read.
    size = f" width='{width}' style='--least:{round(0.75 * width)}px'" if width else ""
    still = f"<img class='still'{size} src='data:image/svg+xml;base64,{image}' alt='{html.escape(caption)}'>"
    if width:
        still = f"<div class='wide'>{still}</div>"
    return (f"<figure class='{kind}' id='{html.escape(name)}'>{still}{inside}<figcaption>{html.escape(caption)} {_links(name, contents)}</figcaption></figure>")


def _links(name, contents):
    """The files of a figure: its numbers come with the page, drawings stand beside it."""
    links = []
    numbers = contents.get("csv", b"")
    if 0 < len(numbers) <= MOST_CSV:
        encoded = base64.b64encode(numbers).decode()
        links.append(f"<a class='file' download='{html.escape(name)}.csv' href='data:text/csv;base64,{encoded}'>numbers (CSV)</a>")
    elif numbers:
        links.append(f"<a class='file' href='figures/{html.escape(name)}.csv'>numbers (CSV)</a>")
    links += [f"<a class='file' href='figures/{html.escape(name)}.{suffix}'>{suffix.upper()}</a>"
              for suffix in contents if suffix != "csv"]
    return f"<span class='s'>{''.join(links)}</span>"
