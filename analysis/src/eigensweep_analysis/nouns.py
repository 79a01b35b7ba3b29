# SPDX-License-Identifier: MIT
"""What a page calls the members of a study: networks, or simulations where the study trains nothing."""

from typing import NamedTuple


class Noun(NamedTuple):
    """One word for a member of the study, in singular and plural."""

    one: str
    many: str

    def count(self, number):
        """ "1 network", "1,200 networks"."""
        return f"1 {self.one}" if number == 1 else f"{number:,} {self.many}"


NETWORK, SIMULATION = Noun("network", "networks"), Noun("simulation", "simulations")


def trains_nothing(data):
    """Whether every case of the study has a procedure other than `train`, and nothing is asked of trained networks."""
    resolved = data.attrs.get("resolved")
    if not isinstance(resolved, dict) or data.attrs.get("evaluations") or "history_loss" in data:
        return False
    cases = [case for case in resolved.get("cases") or [] if isinstance(case, dict)] or [{}]
    procedures = [case.get("procedure") or resolved.get("procedure") for case in cases]
    return all(isinstance(p, dict) and p.get("kind", "train") != "train" for p in procedures)


def noun(data):
    """The `Noun` of a study, as `load` or `fold.for_figures` gives it."""
    return SIMULATION if trains_nothing(data) else NETWORK
