# SPDX-License-Identifier: MIT
"""bench/floor with a tiny network: every row has its operations, which were counted by hand, and finite times."""

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

#: Of 784-16-10, batches of 64, two lanes. A pass forward of B samples: 2 * B * 2 * (784 + 10) * 16.
STEP = 2 * 3_252_224 + 2 * 64 * 2 * 10 * 16
PENALTY = 4 * 64 * 2 * 16 * 16
REFRESH = 3_048_960_000 + 60_000 * 2 * 16 * 32  # 60,000 samples forward, and their covariance
GFLOP = {
    "step": STEP / 1e9,
    "penalty": PENALTY / 1e9,
    "refresh": REFRESH / 1e9,
    "epoch": (938 * (STEP + PENALTY) + REFRESH) / 1e9,
    "PGD step": 2 * 50_816_000 / 1e9,  # 1,000 samples forward and back to the inputs
}


class Floor(unittest.TestCase):
    def floor(self, *words):
        command = [sys.executable, str(SOURCE / "bench/floor"), "--worker", str(BIN / "eigensweep-worker"),
                   "--threads", "1", "--rounds", "1", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=250)

    def test_rows(self):
        done = self.floor("--width", "16", "--batch", "64", "--lanes", "2")
        self.assertEqual(done.returncode, 0, done.stderr)
        head, *table = [line for line in done.stdout.splitlines() if line]
        computes = ["float32"] + (["bfloat16"] if "avx512_bf16" in Path("/proc/cpuinfo").read_text() else [])
        rates = ", ".join(rf"{name} \d+" for name in ("float32", "float64", *computes[1:]))
        self.assertRegex(head, rf"^1 threads, LibTorch 2\S*: {rates} GFLOP/s, memory [\d.]+ GB/s$")
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]
        self.assertEqual([(row[1], row[2]) for row in rows], [(compute, what) for compute in computes for what in GFLOP])
        for size, _, what, operations, floor, measured, share in rows:
            self.assertEqual(size, "16, 64, 2")
            self.assertAlmostEqual(float(operations) / GFLOP[what], 1, delta=0.01)
            self.assertGreater(float(floor), 0)
            self.assertRegex(share, r"^-?\d+ %$")
            if what != "penalty":  # a difference of two times
                self.assertGreater(float(measured), 0)

    def test_half_a_configuration_is_refused(self):
        done = self.floor("--width", "16")
        self.assertEqual(done.returncode, 2)
        self.assertIn("give --width, --batch and --lanes together, or none of them", done.stderr)


if __name__ == "__main__":
    unittest.main()
