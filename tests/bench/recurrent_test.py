# SPDX-License-Identifier: MIT
"""bench/recurrent with a tiny network: a row for each size, with times above 0 and their ratios."""

import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

try:
    import torch  # noqa: F401
except ImportError as missing:
    print(f"skipped: {missing}; run scripts/setup")
    sys.exit(77)

BIN, SOURCE = Path(os.environ["EIGENSWEEP_BIN"]), Path(os.environ["EIGENSWEEP_SOURCE"])


class Recurrent(unittest.TestCase):
    def recurrent(self, *words):
        command = [sys.executable, str(SOURCE / "bench/recurrent"), "--rounds", "1", "--sizes", "8,16", "--lanes", "1", "3"]
        return subprocess.run([*command, *words], capture_output=True, text=True, timeout=250)

    def test_a_row(self):
        done = self.recurrent("--worker", str(BIN / "eigensweep-worker"))
        self.assertEqual(done.returncode, 0, done.stderr)
        head, _, row = done.stdout.splitlines()
        self.assertEqual(head, "| width, batch | torch.nn.RNN | 1 lanes, ratio | 3 lanes, ratio |")
        self.assertRegex(row, r"^\| 8, 16 \|")
        theirs, alone, pack = re.findall(r"([\d.e+-]+)(?:, ([\d.]+))? \|", row.removeprefix("| 8, 16 |"))
        for milliseconds, ratio in (alone, pack):
            self.assertGreater(float(milliseconds), 0)
            self.assertAlmostEqual(float(theirs[0]) / float(milliseconds), float(ratio), delta=0.1 + 0.02 * float(ratio))

    def test_a_worker_that_fails_is_said(self):
        done = self.recurrent("--worker", "/bin/false")
        self.assertEqual(done.returncode, 1)
        self.assertIn("bench/recurrent: /bin/false", done.stderr)


if __name__ == "__main__":
    unittest.main()
