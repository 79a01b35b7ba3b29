# SPDX-License-Identifier: MIT
"""`eigensweep run` that is stopped, by a signal or because its time is up, and continued; alone and under mpirun."""

import os
import re
import signal
import sys
import time
import unittest

from harness import Case, study

RECORDS = 36  # 12 trials with a training, an attack and a metric each


class Stops(Case):
    def stop_in_the_middle(self, number, workers=1, **options):
        trace = self.folder / f"trace{number}"
        process = self.start("--workers", workers, fake={"steps": 1000, "step_ms": 20, "trace": str(trace)}, **options)
        self.wait_for(lambda: self.text(trace).count("\n") >= 6)
        os.kill(process.pid, number)
        return process

    @staticmethod
    def text(path):
        return path.read_text() if path.exists() else ""

    def test_a_request_to_stop_drains_and_the_same_command_continues_from_the_checkpoint(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
            with self.subTest(signal=number):
                process = self.stop_in_the_middle(number, workers=2)
                text = self.finish(process, 75)
                self.assertIn("continues", text)
                self.assertTrue(list((self.output / "checkpoints").iterdir()), text)
                self.assertEqual(self.status()["state"], "stopped")
        trace = self.folder / "trace"
        self.run_study("--workers", 2, fake={"steps": 20, "step_ms": 5, "trace": str(trace)})
        self.assertEqual(len(self.records()), RECORDS)
        # Stopped packs continue from their checkpoints, and each of the three stopped runs made at least one step.
        first = {}
        for line in trace.read_text().splitlines():
            pack, step = line.split()
            first.setdefault(pack, int(step))
        self.assertGreater(sum(step >= 3 for step in first.values()), 0, first)

    def test_a_study_that_asks_for_more_attacks_meanwhile_continues_from_the_checkpoints(self):
        self.finish(self.stop_in_the_middle(signal.SIGTERM, workers=2), 75)
        content = study()
        content["attacks"]["fgsm"]["epsilon"]["sweep"].append(0.2)
        self.write(content)
        trace = self.folder / "trace"
        self.run_study("--workers", 2, fake={"steps": 20, "step_ms": 5, "trace": str(trace)})
        first = {}
        for line in trace.read_text().splitlines():
            pack, step = line.split()
            first.setdefault(pack, int(step))
        self.assertGreater(sum(step > 0 for step in first.values()), 0, first)

    def test_ranks_drain_on_the_signal_that_a_batch_system_sends(self):
        process = self.stop_in_the_middle(signal.SIGUSR1, ranks=2)
        self.finish(process, 75)
        self.assertTrue(list((self.output / "checkpoints").iterdir()))
        self.run_study(ranks=2)
        self.assertEqual(len(self.records()), RECORDS)

    def test_a_second_interrupt_leaves_at_once(self):
        # A step takes an hour: only a run that does not wait for its end leaves.
        process = self.start(fake={"step_ms": 3600000})
        self.wait_for_start()
        self.wait_for(lambda: {worker.get("stage") for worker in self.status()["workers"]} == {"train"})
        os.kill(process.pid, signal.SIGINT)
        self.wait_for_words(process, "(Ctrl-C again to leave at once)")
        self.assertIsNone(process.poll())
        os.kill(process.pid, signal.SIGINT)
        self.finish(process, 75)
        self.assertEqual(self.records(), [])
        self.assertEqual(list(self.output.glob("checkpoints/*")), [])


class Budgets(Case):
    """Runs with a time budget."""

    # Half an hour of steps: a run that ends has stopped by itself.
    endless = {"steps": 100000, "step_ms": 20}

    def assert_stopped_by_itself(self, text):
        """Once, and no earlier than it said at its start."""
        said = re.findall(r"workers are asked to stop (.+) s before the end|stopping: the time is up in (.+) s$", text, re.MULTILINE)
        (margin, _), (_, left) = said
        self.assertLessEqual(float(left), float(margin), text)
        self.assertEqual(self.status()["state"], "stopped")

    def test_it_checkpoints_and_stops_by_itself_and_the_same_command_continues(self):
        text = self.run_study("--workers", 1, "--time-budget", "6s", expect=75, fake=self.endless)
        self.assert_stopped_by_itself(text)
        self.assertNotIn("workers that have not stopped yet are ended", text)
        self.assertTrue(list((self.output / "checkpoints").iterdir()), text)
        self.assertTrue((self.output / "results.h5").exists())
        self.run_study("--workers", 1, "--time-budget", "1-00:00:00")
        self.assertEqual(len(self.records()), RECORDS)
        self.assert_nothing_twice()

    def test_ranks_stop_together(self):
        text = self.run_study("--time-budget", 60, "--time-margin", 55, ranks=2, expect=75, fake=self.endless)
        self.assert_stopped_by_itself(text)
        self.assertNotIn("workers that have not stopped yet are ended", text)
        self.assertEqual(len(list((self.output / "checkpoints").iterdir())), 2, text)  # one of each rank's worker

    def test_the_end_of_the_slurm_job_counts_unless_the_option_says_otherwise(self):
        os.environ["SLURM_JOB_ID"], os.environ["SLURM_JOB_END_TIME"] = "1", str(int(time.time()) + 6)
        self.addCleanup(os.environ.pop, "SLURM_JOB_ID")
        self.addCleanup(os.environ.pop, "SLURM_JOB_END_TIME")
        text = self.run_study("--workers", 1, expect=75, fake=self.endless)
        self.assertIn("left of the SLURM allocation: workers are asked", text)
        self.assert_stopped_by_itself(text)
        self.assertIn("left: workers are asked to stop", self.run_study("--workers", 1, "--time-budget", "5m"))

    def test_workers_that_do_not_stop_in_time_are_ended_and_nothing_finished_is_lost(self):
        # The training is kept, and its first evaluation never ends.
        fake = {"steps": 1, "evaluation_ms": 3600000}
        text = self.run_study("--workers", 1, "--lanes", 1, "--time-budget", 5, "--time-margin", 1.5, expect=75, fake=fake)
        self.assertIn("workers that have not stopped yet are ended", text)
        self.assertEqual([record["kind"] for record in self.records()], ["training"])
        self.run_study("--workers", 1)
        self.assertEqual(len(self.records()), RECORDS)
        self.assert_nothing_twice()

    def test_time_for_nothing_at_all_is_an_error_and_no_reason_to_continue(self):
        self.write(study(models=False))
        fake = {"steps": 1, "evaluation_ms": 20000}
        text = self.run_study("--workers", 1, "--time-budget", 3, expect=4, fake=fake)
        self.assertIn("ended before there was anything to keep (continued like this the run would get nowhere); give it more time", text)

    def test_a_checkpoint_of_a_worker_that_does_not_stop_is_something_to_keep(self):
        # The workers save, and then wait for the gate, also when they are asked to stop.
        fake = {"steps": 200, "step_ms": 10, "gate": str(self.folder / "never")}
        budget = ("--workers", 1, "--lanes", 1, "--time-budget", 6, "--time-margin", 3)
        text = self.run_study(*budget, "--checkpoint-every", 0.1, expect=75, fake=fake)
        self.assertIn("workers that have not stopped yet are ended", text)
        self.assertEqual(self.records(), [])
        # A run that adds nothing to what the earlier one saved gets nowhere.
        self.assertIn("would get nowhere", self.run_study(*budget, "--checkpoint-every", 3600, expect=4, fake=fake))
        self.assertTrue(list((self.output / "checkpoints").iterdir()))

    def test_what_is_no_time_span_is_refused(self):
        for option in ("--time-budget", "--time-margin"):
            text = self.run_study(option, "soon", expect=2)
            self.assertIn(f"{option}: 'soon' is no time span; write e.g. 2:00:00, 90m or 3600 (seconds)", text)
        text = self.run_study("--time-budget", "1m", "--time-margin", "2m", expect=2)
        self.assertIn("--time-margin: 2 min 00 s is no less than the time that the run has, ", text)


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
