# SPDX-License-Identifier: MIT
"""`eigensweep-worker --bench-step` and `--bench-requests`, which the programs of bench/ rest on."""

import json
import os
import subprocess
import unittest
from pathlib import Path

BIN = Path(os.environ["EIGENSWEEP_BIN"])
SMALL = {"dataset": {"train_samples": 600}}  # 9 steps of an epoch with batches of 64


class Steps(unittest.TestCase):
    def worker(self, *words, text="", **environment):
        command = [str(BIN / "eigensweep-worker"), "--device", "cpu", "--threads", "1", *words]
        return subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, env=os.environ | environment)

    def refused(self, *words, text="", **environment):
        done = self.worker(*words, text=text, **environment)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        return done.stderr

    def assert_times(self, found, lanes, steps):
        """The figures that any training has, whatever they are."""
        self.assertEqual((found["lanes"], found["batch"], found["steps_per_epoch"]), (lanes, 64, 9))
        self.assertGreaterEqual(found["steps"], steps)
        low, high = found["ms_per_step_quartiles"]
        self.assertGreater(low, 0)
        self.assertLessEqual(low, found["ms_per_step"])
        self.assertLessEqual(found["ms_per_step"], high)
        self.assertGreaterEqual(found["ms_per_refresh"], 0)
        self.assertEqual(found["remarks"], [])
        self.assertAlmostEqual(found["ms_per_model_and_step"] * lanes, found["ms_per_step"])

    def test_one_training(self):
        done = self.worker("--bench-step", "16", "64", "2", "20", "--bench-change", json.dumps(SMALL))
        self.assertEqual(done.returncode, 0, done.stderr)
        found = json.loads(done.stdout)
        self.assert_times(found, 2, 20)
        self.assertEqual(found["refreshes"], 2)  # of epochs 2 and 3; the first one also starts the process

    def test_one_worker_times_many_trainings(self):
        other = SMALL | {"model": {"depth": 3}, "regularizers": {"spectral": None}}
        requests = [{"width": 16, "batch": 64, "lanes": 1, "change": SMALL},
                    {"width": 16, "batch": 64, "lanes": 3, "steps": 7, "block": 3, "change": other}]
        done = self.worker("--bench-requests", text="\n".join(map(json.dumps, requests)) + "\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        first, second = map(json.loads, done.stdout.splitlines())
        self.assert_times(first, 1, 1)
        self.assert_times(second, 3, 7)

    def test_steps_that_cannot_be_recorded_are_named(self):
        done = self.worker("--bench-step", "16", "64", "1", "9", "--bench-change", json.dumps(SMALL),
                           EIGENSWEEP_STEP_GRAPHS="1")
        self.assertEqual(done.returncode, 0, done.stderr)
        found = json.loads(done.stdout)
        self.assertIs(found["steps_are_replayed"], False)
        [remark] = found["remarks"]
        self.assertRegex(remark, r"^EIGENSWEEP_STEP_GRAPHS: steps were not recorded: LibTorch \S+ cannot record them on cpu$")

    def test_a_variable_that_says_neither_yes_nor_no_is_refused(self):
        said = self.refused("--bench-step", "16", "64", "1", "9", EIGENSWEEP_STEP_GRAPHS="yes")
        self.assertIn("EIGENSWEEP_STEP_GRAPHS is 'yes'; give 1 to record training steps, or 0 not to", said)

    def test_the_choice_of_kernels_is_left_to_mkl_if_asked(self):
        def products(**environment):
            done = self.worker("--devices", **environment)
            self.assertEqual(done.returncode, 0, done.stderr)
            return json.loads(done.stdout)["cpu_products"]

        ours = " with its kernels for Intel's CPUs"
        as_shipped = products(EIGENSWEEP_MKL_AS_SHIPPED="1")
        self.assertNotIn(ours, as_shipped)
        is_amd = "AuthenticAMD" in Path("/proc/cpuinfo").read_text()
        if is_amd and as_shipped.startswith("MKL"):
            as_shipped = as_shipped.replace(";", f"{ours};", 1)
        self.assertEqual(products(), as_shipped)
        said = self.refused("--devices", EIGENSWEEP_MKL_AS_SHIPPED="no")
        self.assertIn("EIGENSWEEP_MKL_AS_SHIPPED is 'no'; give 1 to leave the choice of kernels to MKL, or 0 not to", said)

    def test_an_option_that_no_study_has_is_refused(self):
        said = self.refused("--bench-step", "16", "64", "1", "3", "--bench-change", '{"model": {"widht": 3}}')
        self.assertRegex(said, "--bench-step:/model/widht: .*'width'")

    def test_a_change_that_makes_more_trials_is_refused(self):
        said = self.refused("--bench-step", "16", "64", "1", "3", "--bench-change", '{"model": {"depth": {"sweep": [1, 2]}}}')
        self.assertIn("1 lanes were asked for, and the study has 2 trials", said)

    def test_text_that_is_no_json_is_refused(self):
        self.assertIn("--bench-change: no JSON: ", self.refused("--bench-step", "16", "64", "1", "3", "--bench-change", "{"))
        for text in ("{", '{"width": 3}', '{"width": 16, "batch": 64, "lanes": "two"}'):
            self.assertIn("--bench-requests: no request: ", self.refused("--bench-requests", text=text + "\n"))

    def test_an_epoch_of_one_step_is_refused(self):
        self.assertIn("batches of 60000 make 1 steps of an epoch", self.refused("--bench-step", "16", "60000", "1", "3"))

    def test_a_training_that_diverges_has_no_times(self):
        change = SMALL | {"training": {"loss": "mse", "optimizer": {"kind": "sgd", "learning_rate": 1000, "amsgrad": None}}}
        done = self.worker("--bench-step", "16", "64", "1", "20", "--bench-change", json.dumps(change))
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        self.assertIn("--bench-step: the training diverged", done.stderr)


if __name__ == "__main__":
    unittest.main()
