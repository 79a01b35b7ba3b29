# SPDX-License-Identifier: MIT
"""bench/tuners with a tiny grid: each program trains every network once, to like accuracies, or is named as left out."""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

if importlib.util.find_spec("torch") is None:
    print("skipped: no torch; run scripts/setup")
    sys.exit(77)

BIN, SOURCE = Path(os.environ["EIGENSWEEP_BIN"]), Path(os.environ["EIGENSWEEP_SOURCE"])
STUDY = {"name": "tiny", "seed": {"sweep": [0, 1]}, "dataset": {"kind": "mnist", "train_samples": 6000},
         "model": {"kind": "mlp", "activation": "tanh", "width": 16, "batch_norm": {"sweep": [False, True]}},
         "training": {"epochs": 4, "batch_size": 64, "optimizer": {"kind": "adam", "learning_rate": 0.001, "amsgrad": True}},
         "regularizers": {"spectral": {"strength": {"sweep": [0, 0.1]}, "exponent": 1, "layers": "last"}},
         "attacks": {"gaussian_noise": {"sigma": {"sweep": [0.1]}}, "fgsm": {"epsilon": {"sweep": [0.1]}},
                     "pgd": {"epsilon": {"sweep": [0.1]}, "steps": 2, "relative_step": 0.5}}}


class Tuners(unittest.TestCase):
    def tuners(self, *words):
        with tempfile.TemporaryDirectory() as folder:
            study = Path(folder) / "tiny.json"
            study.write_text(json.dumps(STUDY))
            command = [sys.executable, str(SOURCE / "bench/tuners"), "--bin", str(BIN), "--cores", "1", "--study", str(study),
                       "--python", sys.executable, *words]
            return subprocess.run(command, capture_output=True, text=True, timeout=250)

    def test_rows(self):
        done = self.tuners("--alike", "0.05")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = {cells[0]: cells[1:] for cells in
                ([cell.strip() for cell in line.strip("|").split("|")] for line in done.stdout.splitlines() if line[:1] == "|")}
        for name, module in (("eigensweep", "torch"), ("process-per-point", "torch"), ("optuna", "optuna"), ("ray", "ray")):
            if importlib.util.find_spec(module) is None:
                self.assertIn(f"{name} is left out: {sys.executable} has no {module}", done.stdout)
                continue
            _, ratio, networks, accuracy = rows[name]
            self.assertEqual(networks, "8")
            self.assertGreater(float(ratio), 0)
            self.assertGreater(float(accuracy), 0.7)

    def test_programs_that_train_differently_are_told(self):
        done = self.tuners("--alike", "0", "--only", "eigensweep", "process-per-point")
        self.assertEqual(done.returncode, 1)
        self.assertIn("the mean test accuracies differ by more than 0: the programs do not train the same", done.stderr)


if __name__ == "__main__":
    unittest.main()
