# SPDX-License-Identifier: MIT
"""bench/packs with a tiny network: a row for each pack and rival, and the best pack against both."""

import os
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


class Packs(unittest.TestCase):
    def test_rows(self):
        command = [sys.executable, str(SOURCE / "bench/packs"), "--worker", str(BIN / "eigensweep-worker"), "--widths", "16",
                   "--lanes", "1", "2", "--threads", "1", "--seconds", "0.01", "--rounds", "1"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=250)
        self.assertEqual(done.returncode, 0, done.stderr)
        head, *table = [line for line in done.stdout.splitlines() if line]
        self.assertEqual(head, "1 threads, 1 rounds, steps of a model per second")
        rows = {cells[1]: cells[2:] for cells in ([cell.strip() for cell in line.strip("|").split("|")] for line in table[2:])}
        best = rows.pop("**best pack** against one process per model, against torch.func")
        self.assertEqual(list(rows), ["1 lanes", "2 lanes", "PyTorch, one model", "torch.func, 2 lanes"])
        rates = {what: float(rate) for what, (rate, *_) in rows.items()}
        self.assertGreater(min(rates.values()), 0)
        for what, (_, way, ratio) in rows.items():
            self.assertEqual(way, "1 x 1")
            alone = max(rates["1 lanes"], rates["PyTorch, one model"])
            self.assertAlmostEqual(float(ratio), rates[what] / alone, delta=0.02)
        self.assertEqual(float(best[0]), max(rates["1 lanes"], rates["2 lanes"]))


if __name__ == "__main__":
    unittest.main()
