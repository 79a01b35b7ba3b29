# SPDX-License-Identifier: MIT
"""bench/balanced with a tiny network: a row for each program, their ratio, and what is not installed."""

import os
import subprocess
import sys
import unittest
from pathlib import Path

try:
    import numpy  # noqa: F401
except ImportError as missing:
    print(f"skipped: {missing}; run scripts/setup")
    sys.exit(77)

BIN, SOURCE = Path(os.environ["EIGENSWEEP_BIN"]), Path(os.environ["EIGENSWEEP_SOURCE"])


class Balanced(unittest.TestCase):
    def test_rows(self):
        command = [sys.executable, str(SOURCE / "bench/balanced"), "--worker", str(BIN / "eigensweep-worker"), "--neurons", "400",
                   "--inputs", "60", "--drive", "0.2", "--rounds", "1", "--python", "/no/such/python"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=250)
        self.assertEqual(done.returncode, 0, done.stderr)
        head, *lines = [line for line in done.stdout.splitlines() if line]
        self.assertTrue(head.startswith("N = 400 of each of two populations, K = 60, m0 = 0.2; the least of 1 rounds; load "))
        table = [line for line in lines if line.startswith("|")]
        rows = {cells[1]: cells[2:] for cells in ([cell.strip() for cell in line.split("|")] for line in table[2:])}
        self.assertEqual(list(rows), ["eigensweep", "NumPy, a row per update", "NumPy, fields kept"])
        times = {program: float(time.replace(",", "")) for program, (time, *_) in rows.items()}
        self.assertGreater(min(times.values()), 0)
        for program, (_, ratio, rates, _) in rows.items():
            self.assertAlmostEqual(float(ratio), times[program] / times["eigensweep"], delta=0.05 * float(ratio))
            self.assertEqual(len(rates.split(" / ")), 2)
        missing = [line for line in lines if line.startswith("Not measured: ")]
        self.assertEqual([line.split(":")[1].strip() for line in missing], ["Brian2", "NEST"])


if __name__ == "__main__":
    unittest.main()
