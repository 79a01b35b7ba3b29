# SPDX-License-Identifier: MIT
"""The parts of a report's page."""

from importlib.resources import files


def asset(name):
    """The text of a file that stands beside the code of the page: its style or its script."""
    return (files(__package__) / name).read_text(encoding="utf-8")
