# SPDX-License-Identifier: MIT
"""bench/useful with a tiny study: what is useful is above 0 and no more than all."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BIN, SOURCE = Path(os.environ["EIGENSWEEP_BIN"]), Path(os.environ["EIGENSWEEP_SOURCE"])
STUDY = {"name": "tiny", "seed": {"sweep": [0, 1]}, "dataset": {"kind": "gaussian", "train_samples": 1000}, "model": {"width": 16},
         "training": {"epochs": 2}, "attacks": {"fgsm": {"epsilon": 0.1}}}


class Useful(unittest.TestCase):
    def useful(self, study):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "tiny.json"
            file.write_text(json.dumps(study))
            return subprocess.run([sys.executable, str(SOURCE / "bench/useful"), str(file), "--bin", str(BIN), "--workers", "1"],
                                  capture_output=True, text=True, timeout=200)

    def test_row(self):
        done = self.useful(STUDY)
        self.assertEqual(done.returncode, 0, done.stderr)
        name, wall, useful, bound, ratio = [cell.strip() for cell in done.stdout.splitlines()[-1].strip("|").split("|")]
        self.assertEqual(name, "tiny")
        self.assertGreater(float(useful.removesuffix(" %")), 0)
        self.assertGreater(float(ratio), 1)
        self.assertLessEqual(float(bound.removesuffix(" s")), float(wall.removesuffix(" s")))

    def test_a_study_that_fails_is_told(self):
        done = self.useful({**STUDY, "model": {"width": 0}})
        self.assertEqual(done.returncode, 1)
        self.assertIn("left with 2: ", done.stderr)


if __name__ == "__main__":
    unittest.main()
