# SPDX-License-Identifier: MIT
"""A chart as a Vega-Lite specification and its rows: interactive where scripts run, a drawing where they do not."""

import dataclasses
import json
import math

import pandas
import vl_convert

#: The edition of Vega-Lite that the specifications are written in; vl-convert carries several.
VEGA_LITE = "5.20"
#: Fonts and lines as in the figures of `panels`.
CONFIG = {
    "font": "DejaVu Sans, system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {"labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": "normal", "gridColor": "#e4e4e4"},
    "legend": {"labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": "normal", "labelLimit": 260, "symbolLimit": 24},
    "header": {"labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": "normal"},
    "title": {"fontSize": 12, "anchor": "start"},
}


@dataclasses.dataclass
class Chart:
    """A chart that is ready for a page."""

    #: File name without a suffix; also its place on the page.
    name: str
    title: str
    caption: str
    #: Vega-Lite without `data`: every view reads the rows, or names another data set.
    spec: dict
    #: A row per mark; missing numbers are NaN.
    rows: pandas.DataFrame
    #: Numbers over more networks than have rows, a row per mark, for views with the data set named "means"; None without.
    means: pandas.DataFrame = None

    def whole(self):
        """The specification with its rows, as Vega takes it."""
        more = {} if self.means is None else {"datasets": {"means": records(self.means)}}
        return {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "config": CONFIG, **self.spec,
                "data": {"values": records(self.rows)}, **more}

    def table(self):
        """All numbers of the chart: its rows, then its means."""
        return self.rows if self.means is None else pandas.concat([self.rows, self.means], ignore_index=True)

    def files(self):
        """[(suffix, content)]: drawings, the numbers as CSV."""
        spec = self.whole()
        # An image has one description, that of the page. Labels of every mark would be most of its bytes.
        spec["config"] = {**spec["config"], "aria": False}
        return [("svg", vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE).encode()),
                ("pdf", vl_convert.vegalite_to_pdf(spec, vl_version=VEGA_LITE)),
                ("csv", self.table().to_csv(index=False, lineterminator="\n").encode())]


def records(rows):
    """Rows as JSON has them: numbers with six digits, None where a number is missing or infinite."""
    return [{name: _plain(value) for name, value in row.items()} for row in rows.to_dict("records")]


def _plain(value):
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def script():
    """The library that draws the charts in a browser, as one text without `</script>`; it needs no network."""
    code = vl_convert.javascript_bundle(vl_version=VEGA_LITE)
    return code.replace("</script", r"<\/script")


def embedded(value):
    """JSON for the inside of a <script>: no text in it can end the element or begin a comment."""
    words = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return words.replace("<", r"\u003c").replace("\u2028", r"\u2028").replace("\u2029", r"\u2029")
