# SPDX-License-Identifier: MIT
"""`eigensweep plan` for a CPU and for a GPU that need not be there."""

import json
import sys
import unittest

from commands import BIN, CommandCase, small_study


class Plan(CommandCase):
    def setUp(self):
        super().setUp()
        self.write({**small_study(), "dataset": {"kind": "gaussian"}, "model": {"width": 64}, "seed": {"sweep": {"range": [1, 640, 1]}}})

    def plan(self, *words, **options):
        done = self.call("plan", str(self.file), *words, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode()

    def test_without_a_device_it_is_a_core(self):
        text = self.plan()
        self.assertEqual(text, self.plan("--device", "cpu"))
        self.assertNotIn("device:", text)
        self.assertIn("packs of up to 16 trials", text)
        self.assertIn("workers with 3.7 GiB (--memory)", text)
        self.assertIn("on 1 worker of one thread, at an assumed 50 GFLOP/s each (--speed, --workers)", text)
        self.assertIn("on 4 workers of one thread each, at an assumed", self.plan("--workers", "4"))
        plan = json.loads(self.plan("--json"))
        self.assertNotIn("device", plan)
        self.assertEqual(plan["threads"], 1)

    def test_a_stated_gpu_gets_large_packs_and_is_called_what_it_is(self):
        text = self.plan("--device", "cuda")
        self.assertIn("device: a stated GPU of 45 TFLOP/s with 48 GB for packs (estimates: no GPU confirmed them)\n", text)
        self.assertIn("in 1 packs of up to 640 trials", text)
        self.assertIn("workers with 44.7 GiB (--memory)", text)
        self.assertIn("on 1 worker, at an assumed 45000 GFLOP/s each (--speed, --workers)", text)
        self.assertEqual(json.loads(self.plan("--device", "cuda", "--json"))["device"], "cuda")

    def test_the_users_numbers_replace_the_stated_ones(self):
        text = self.plan("--device", "cuda", "--memory", "0.2", "--speed", "20000")
        self.assertIn("workers with 191 MiB (--memory)", text)
        self.assertIn("at an assumed 20000 GFLOP/s each", text)
        plan = json.loads(self.plan("--device", "cuda", "--memory", "0.2", "--json"))
        self.assertGreater(plan["packs"], 1)
        self.assertLessEqual(plan["bytes_of_largest_pack"], 2e8)

    def test_a_core_is_measured_if_asked(self):
        if not (BIN / "eigensweep-worker").exists():
            self.skipTest("eigensweep-worker is not built")
        real = {"env": self.environment({}) | {"EIGENSWEEP_WORKER": str(BIN / "eigensweep-worker")}}
        plan = json.loads(self.plan("--measure", "--json", **real))
        self.assertTrue(plan["measured"])
        self.assertTrue(1e9 < plan["flops_per_second"] < 1e12, plan)
        self.assertRegex(self.plan("--measure", **real), r"on 1 worker of one thread, at a measured \d+ GFLOP/s each \(--measure")

    def test_what_cannot_be_measured_is_said(self):
        done = self.call("plan", str(self.file), "--measure", "--speed", "20")
        self.assertEqual((done.returncode, done.stdout), (2, b""), done.stderr)
        self.assertIn(b"--speed excludes --measure", done.stderr)
        worker = self.folder / "worker"
        worker.write_text("#!/bin/sh\necho '{\"cuda\": 0}'\n")
        worker.chmod(0o755)
        for device, words in (("cpu", b"no core could be measured"), ("cuda", b"no GPU could be measured")):
            done = self.call("plan", str(self.file), "--measure", "--device", device,
                             env=self.environment({}) | {"EIGENSWEEP_WORKER": str(worker)})
            self.assertEqual((done.returncode, done.stdout), (4, b""), done.stderr)
            self.assertIn(words + b" there; leave out --measure, or give --speed", done.stderr)

    def test_diff_without_a_folder_means_where_run_puts_it(self):
        self.write({**small_study(), "name": "small", "dataset": {"kind": "gaussian", "train_samples": 50, "test_samples": 20}})
        done = self.call("plan", str(self.file), "--diff", cwd=self.folder)
        self.assertEqual((done.returncode, done.stdout), (3, b""), done.stderr)
        self.assertIn(b"runs/small: no ledger of a run lies there; give the run's output folder\n", done.stderr)
        run = self.call("run", str(self.file), "--workers", "1", cwd=self.folder)
        self.assertEqual(run.returncode, 0, run.stderr)
        done = self.call("plan", str(self.file), "--diff", cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout.decode(), r"(\d+) trials: \1 done, 0 to train, 0 to evaluate\n")


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
