# SPDX-License-Identifier: MIT
"""bench/foolbox with a tiny network where foolbox is installed, else what it says."""

import importlib.util
import os
import subprocess
import sys
import unittest
from pathlib import Path

BIN, SOURCE = Path(os.environ["EIGENSWEEP_BIN"]), Path(os.environ["EIGENSWEEP_SOURCE"])


class FoolBox(unittest.TestCase):
    def test_a_row_or_what_is_missing(self):
        command = [sys.executable, str(SOURCE / "bench/foolbox"), "--widths", "8", "--rounds", "1", "--threads", "1",
                   "--samples", "40", "--steps", "2", "--bin", str(BIN)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=250)
        if importlib.util.find_spec("foolbox") is None:
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("has no package 'foolbox'; install it there", done.stderr)
            return
        self.assertEqual(done.returncode, 0, done.stderr)
        cells = [cell.strip() for cell in done.stdout.splitlines()[2].strip("|").split("|")]
        self.assertEqual(cells[0], "8")
        self.assertTrue(all(float(cell) > 0 for cell in cells[:8]), cells)
        self.assertLessEqual(float(cells[8]), 0.2)  # of 40 samples from different random starts


if __name__ == "__main__":
    unittest.main()
