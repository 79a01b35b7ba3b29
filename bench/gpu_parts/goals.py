# SPDX-License-Identifier: MIT
"""What was wanted of a GPU, against what the parts have measured."""

from . import tables
from .product_rate import UNIT
from .sizes import TINY, Sizes

TITLE = "what was wanted, and what was measured"
FASTER_NARROW, FASTER_MIDDLE, LEAST_SHARE, PAPER_MINUTES = 20, 5, 0.6, 30


class Goals(tables.Table):
    COLUMNS = ("goal", "wanted", "measured", "met")

    def cells(self, row: tables.Row) -> list[str]:
        measured = f"{tables.number(row.value)} {row.unit}" if row.verdict == tables.MEASURED else row.note
        return [row.what, row.keys["wanted"], measured, row.keys["met"]]

    def judge(self, what: str, found: list[float], unit: str, least: float | None = None, most: float | None = None) -> None:
        """`found`: what counts is its smallest number, or its largest where the goal has a `most`."""
        wanted = f"at least {least:g} {unit}" if least is not None else f"at most {most:g} {unit}"
        if not found:
            self.skipped(what, "not measured", wanted=wanted, met="not measured")
            return
        value = min(found) if least is not None else max(found)
        met = value >= least if least is not None else value <= most
        self.measured(what, value, unit, wanted=wanted, met="met" if met else "not met")


def judge(sizes: Sizes, parts: dict[str, tables.Table]) -> Goals:
    """`parts`: the tables by name; those that are missing leave their goals without a measurement."""
    goals = Goals("goals", TITLE + (" (tiny sizes: these say nothing)" if sizes is TINY else ""))

    def values(part: str, unit: str, **keys) -> list[float]:
        return parts[part].values(unit, **keys) if part in parts else []

    for width in sizes.narrow:
        goals.judge(f"packs against one process per model, width {width}", values("packs", "times", width=width), "times",
                    least=FASTER_NARROW)
    goals.judge(f"packs against one process per model, width {sizes.middle}", values("packs", "times", width=sizes.middle),
                "times", least=FASTER_MIDDLE)
    goals.judge("packs against JAX vmap, the worst ratio", values("rivals", "times", rival="JAX vmap"), "times", least=1)
    for width in sizes.wide:
        # The engine chooses how many lanes a pack has, so the best number of lanes counts.
        shares = values("rate", UNIT, width=width)
        goals.judge(f"training, width {width}", [max(shares)] if shares else [], UNIT, least=LEAST_SHARE)
    goals.judge("the paper's five studies", values("paper", "min", study="all"), "min", most=PAPER_MINUTES)
    return goals
