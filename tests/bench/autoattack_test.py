# SPDX-License-Identifier: MIT
"""bench/autoattack with a stand-in for the package: both attacks are read, and a missing package is told."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BIN, SOURCE = Path(os.environ["EIGENSWEEP_BIN"]), Path(os.environ["EIGENSWEEP_SOURCE"])
STUDY = {"name": "tiny", "dataset": {"kind": "mnist", "train_samples": 3000}, "model": {"width": 16},
         "training": {"epochs": 2, "batch_size": 100},
         "attacks": {"strict": {"epsilon": {"sweep": [0.1, 0.5]}, "samples": 50, "steps": 5, "targets": 1, "queries": 5}}}
#: Returns the grey image, which keeps at most one class.
STAND_IN = """
class AutoAttack:
    def __init__(self, model, norm, eps, **options):
        assert norm == "Linf" and eps == 0.5
    def run_standard_evaluation(self, x, labels, bs):
        return x * 0 + 0.5
"""


class AutoAttack(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def compare(self, *words):
        path = os.pathsep.join([str(self.folder), str(SOURCE / "analysis/src"), os.environ.get("PYTHONPATH", "")])
        command = [sys.executable, str(SOURCE / "bench/autoattack"), str(self.folder / "out"), "--samples", "50", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=200, env=os.environ | {"PYTHONPATH": path})

    def test_row(self):
        study = self.folder / "tiny.json"
        study.write_text(json.dumps(STUDY))
        subprocess.run([str(BIN / "eigensweep"), "run", str(study), "--output", str(self.folder / "out"), "--workers", "1"],
                       cwd=SOURCE, check=True, capture_output=True, timeout=200)
        (self.folder / "autoattack.py").write_text(STAND_IN)
        done = self.compare("--epsilons", "0.5")
        self.assertEqual(done.returncode, 0, done.stderr)
        cells = [cell.strip() for cell in done.stdout.splitlines()[-1].strip("|").split("|")]
        ours, theirs = (float(cell.removesuffix(" %")) for cell in cells[2:4])
        only_ours, only_theirs = map(int, cells[4:6])
        self.assertLessEqual(ours, theirs)  # the grey image is one of the points that strict tries
        self.assertEqual(only_theirs, 0)
        self.assertAlmostEqual(theirs - ours, 100 * only_ours / 50)

    def test_a_missing_package_is_told(self):
        (self.folder / "autoattack.py").write_text("raise ImportError")
        done = self.compare()
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, "bench/autoattack: the package 'autoattack' is missing; see "
                                      "https://github.com/fra31/auto-attack\n")


if __name__ == "__main__":
    unittest.main()
