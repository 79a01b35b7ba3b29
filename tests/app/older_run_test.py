# SPDX-License-Identifier: MIT
"""A run of an earlier version is read, continued and extended. older_run/ is what revision 7dfec35 left of older_run/study.json
when SIGTERM stopped it (`eigensweep run study.json --output older_run --workers 1 --lanes 1 --threads 1`): some trials finished, one
with a checkpoint in the middle of its training, the rest not begun."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

try:
    import h5py
    import numpy as np
except ImportError as missing:
    print(f"skipped: {missing}; scripts/setup --tests installs what the tests need")
    sys.exit(77)

BIN = Path(os.environ["EIGENSWEEP_BIN"])
OLDER = Path(__file__).resolve().parent / "older_run"


class OlderRun(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="eigensweep-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.run_folder = self.folder / "run"
        shutil.copytree(OLDER, self.run_folder)
        self.study = json.loads((OLDER / "study.json").read_text())

    def call(self, *arguments):
        done = subprocess.run([str(BIN / "eigensweep"), *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def continue_run(self, study):
        file = self.folder / "study.json"
        file.write_text(json.dumps(study))
        return self.call("run", file, "--output", self.run_folder, "--workers", 1, "--lanes", 1, "--threads", 1, "--device", "cpu")

    def rows(self, folder):
        """trial id -> its numbers, of every row with a trained network."""
        names = ("history/loss", "history/penalty", "attacks/robust_accuracy", "attacks/robust_loss", "accuracy/test_accuracy",
                 "accuracy/test_loss", "spectrum/eigenvalues")
        with h5py.File(folder / "results.h5") as file:
            ids, status = file["trial_id"].asstr()[...], file["status"][...]
            return {ids[row]: [file[name][row] for name in names] for row in range(len(ids)) if status[row] == 1}

    def test_its_results_file_is_read(self):
        self.assertIn("width", self.call("show", self.run_folder))
        self.assertIn("robust_accuracy", self.call("export", "--csv", self.run_folder / "results.h5"))

    def test_it_is_continued_from_its_checkpoint_and_keeps_every_number(self):
        before = self.rows(self.run_folder)
        self.assertGreater(len(before), 0)
        self.assertEqual(len(list((self.run_folder / "checkpoints").iterdir())), 1)
        said = self.continue_run(self.study)
        self.assertIn(f"{len(before)} of 8 trials are already done", said)
        log = "".join(path.read_text() for path in (self.run_folder / "logs").iterdir())
        self.assertIn("goes on from its checkpoint", log)
        self.assertNotIn("checkpoint of", log)
        after = self.rows(self.run_folder)
        self.assertEqual(len(after), 8)
        for trial, numbers in before.items():
            for old, new in zip(numbers, after[trial]):
                np.testing.assert_array_equal(new[tuple(slice(size) for size in old.shape)], old)

    def test_a_checkpoint_of_it_leads_where_a_training_without_a_break_leads(self):
        self.continue_run(self.study)
        continued = self.rows(self.run_folder)
        shutil.rmtree(self.run_folder)
        self.continue_run(self.study)
        for trial, numbers in self.rows(self.run_folder).items():
            for one, other in zip(numbers, continued[trial]):
                # Another machine's or version's products differ in their last digits, which decide two of 60 samples.
                np.testing.assert_allclose(other, one, rtol=0.02, atol=0.035)

    def test_it_is_extended_by_an_attack_and_a_seed(self):
        before = self.rows(self.run_folder)
        self.study["attacks"]["fgsm"] = {"epsilon": {"sweep": [0, 0.2]}, "samples": 40}
        self.study["seed"]["sweep"].append(2)
        self.continue_run(self.study)
        with h5py.File(self.run_folder / "results.h5") as file:
            self.assertEqual(list(file["attack"].asstr()[...]), ["pgd", "fgsm"])
            self.assertEqual(list(file["status"][...]), [1] * 12)
            fgsm = file["attacks/robust_accuracy"][:, 1, :]
            asked = np.isin(file["epsilon"][...], [0, 0.2])
            self.assertTrue(np.isfinite(fgsm[:, asked]).all())
        after = self.rows(self.run_folder)
        for trial, numbers in before.items():
            np.testing.assert_array_equal(after[trial][0], numbers[0])  # the loss: it was not trained again


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
