# SPDX-License-Identifier: MIT
"""The figures of all parts, and the two files that they are written to: tables.md for docs/performance.md, and figures.json."""

import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path

MEASURED, FAILED, SKIPPED, BEYOND = "measured", "failed", "skipped", "not reached"


@dataclass
class Row:
    """One figure. `keys` say what it is of, for the goals: {"width": 64, "lanes": 16}; `spread`: its quartiles."""

    what: str
    value: float | None = None
    unit: str = ""
    spread: tuple[float, float] | None = None
    verdict: str = MEASURED
    note: str = ""
    keys: dict = field(default_factory=dict)


def number(value: float | None) -> str:
    """Four digits, without an exponent where the number can be read without one."""
    if value is None:
        return ""
    if value == 0 or 1e-3 <= abs(value) < 1e6:
        digits = 0 if value == 0 else max(0, 3 - math.floor(math.log10(abs(value))))
        text = f"{value:,.{digits}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{value:.2e}"


def line_of(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "/").replace("\n", " ") for cell in cells) + " |"


class Table:
    """The rows of one part. Each is printed when it comes."""

    COLUMNS = ("figure", "value", "unit", "quartiles", "note")

    def __init__(self, name: str, title: str) -> None:
        self.name, self.title, self.rows = name, title, []
        print(f"\n## {name}: {title}\n\n{self._head()}", flush=True)

    def _head(self) -> str:
        return line_of(list(self.COLUMNS)) + "\n|" + "---|" * len(self.COLUMNS)

    def cells(self, row: Row) -> list[str]:
        value = number(row.value) if row.verdict == MEASURED else row.verdict
        spread = " .. ".join(number(x) for x in row.spread) if row.spread else ""
        return [row.what, value, row.unit, spread, row.note]

    def add(self, row: Row) -> Row:
        if row.verdict == MEASURED and (row.value is None or not math.isfinite(row.value)):
            row = Row(row.what, None, row.unit, None, FAILED, f"the figure is {row.value}, no finite number", row.keys)
        self.rows.append(row)
        print(line_of(self.cells(row)), flush=True)
        return row

    def measured(self, what: str, value: float, unit: str, spread=None, note: str = "", **keys) -> Row:
        return self.add(Row(what, value, unit, tuple(spread) if spread else None, MEASURED, note, keys))

    def failed(self, what: str, why: str, **keys) -> Row:
        return self.add(Row(what, verdict=FAILED, note=why, keys=keys))

    def skipped(self, what: str, why: str, **keys) -> Row:
        return self.add(Row(what, verdict=SKIPPED, note=why, keys=keys))

    def beyond(self, what: str, why: str, **keys) -> Row:
        """The machine has too little memory, or the figure takes longer than it may: an answer, and no failure."""
        return self.add(Row(what, verdict=BEYOND, note=why, keys=keys))

    def trouble(self, what: str, trouble, **keys) -> Row:
        """A Trouble instead of a figure."""
        return (self.beyond if trouble.is_beyond else self.failed)(what, str(trouble), **keys)

    def values(self, unit: str, **keys) -> list[float]:
        """The measured figures in this unit whose keys have these values."""
        return [row.value for row in self.rows if row.verdict == MEASURED and row.unit == unit
                and all(row.keys.get(name) == value for name, value in keys.items())]

    def markdown(self) -> str:
        return "\n".join([f"## {self.name}: {self.title}", "", self._head(), *(line_of(self.cells(row)) for row in self.rows)])


def write(folder: Path, about: dict, tables: list[Table]) -> None:
    """Writes all tables so far; called after each part, because the machine may be gone before the last."""
    lines = ["# What a GPU does", "", *(f"- {name}: {value}" for name, value in about.items()), ""]
    text = "\n".join(lines) + "\n" + "\n\n".join(table.markdown() for table in tables) + "\n"
    (folder / "tables.md").write_text(text)
    content = {"about": about, "parts": {t.name: {"title": t.title, "rows": [asdict(r) for r in t.rows]} for t in tables}}
    (folder / "figures.json").write_text(json.dumps(content, indent=1, allow_nan=False) + "\n")
