# SPDX-License-Identifier: MIT
"""Lets the tests run from a checkout, with or without the package installed."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]
