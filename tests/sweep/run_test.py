# SPDX-License-Identifier: MIT
"""`eigensweep run` as a user runs it: to the end, continued, with failures; alone and under mpirun."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
import unittest

from harness import BIN, SOURCE, Case, study

TRIALS = 12
RECORDS = 36  # 12 trials with a training, an attack and a metric each


class Runs(Case):
    def test_a_study_runs_to_its_end_and_leaves_what_it_promised(self):
        text = self.run_study("--workers", 2)
        self.assertEqual(len(self.records()), RECORDS)
        self.assertTrue(all(record["status"] == "ok" for record in self.records()))
        self.assert_nothing_twice()
        self.assertEqual(len(list((self.output / "models").iterdir())), TRIALS)
        self.assertEqual(json.loads((self.output / "study.json").read_text())["name"], "test")
        self.assertFalse((self.output / "checkpoints").exists())
        status = self.status()
        self.assertEqual(status["state"], "complete")
        self.assertEqual(status["trials"]["done"], TRIALS)
        self.assertIn("cpu, ", text)

    def test_the_proof_of_an_end_is_written_only_where_nothing_is_left(self):
        proof = self.folder / "done"
        arguments = ("--done-file", proof)
        self.run_study(*arguments, "--time-budget", 60, "--time-margin", 59, expect=75, fake={"steps": 100000, "step_ms": 20})
        self.assertFalse(proof.exists())
        self.run_study(*arguments, expect=1, fake={"error_seed": 1})
        self.assertFalse(proof.exists())
        self.run_study(*arguments, ranks=2)
        self.assertEqual(proof.read_text(), "")

    def test_a_finished_study_has_nothing_left_to_do(self):
        self.run_study()
        before = (self.output / "ledger.bin").read_bytes()
        text = self.run_study()
        self.assertIn(f"{TRIALS} of {TRIALS} trials are already done", text)
        self.assertIn("nothing to do; everything goes to", text)
        self.assertEqual((self.output / "ledger.bin").read_bytes(), before)

    def test_a_run_with_nothing_left_to_do_still_brings_the_results_up_to_date(self):
        self.run_study()
        # The state after a kill between the last record and results.h5.
        (self.output / "results.h5").write_bytes(b"of an earlier stop")
        self.run_study()
        self.assertEqual((self.output / "results.h5").read_bytes()[:4], b"\x89HDF")

    def test_an_extended_study_trains_only_what_is_new(self):
        self.run_study()
        self.write(study(seeds=4))
        self.run_study()
        self.assert_nothing_twice()
        self.assertEqual(sum(record["kind"] == "training" for record in self.records()), 16)

    def test_a_reduced_study_leaves_the_checkpoints_of_the_full_one(self):
        self.write(study(seeds=1))
        self.run_study()
        own = next(record["trial"] for record in self.records())
        self.write(study())
        self.run_study()
        folder = self.output / "checkpoints"
        folder.mkdir()
        left = [folder / f"{letter * 16}.safetensors" for letter in "abc"]
        for file, trials in zip(left, ([own], ["0123456789abcdef"], [own, "0123456789abcdef"])):
            header = json.dumps({"__metadata__": {"position": json.dumps({"trials": trials})}}).encode()
            file.write_bytes(len(header).to_bytes(8, "little") + header)
        self.write(study(seeds=1))
        self.run_study()
        self.assertEqual([file.exists() for file in left], [False, True, True])

    def test_a_new_metric_trains_nothing(self):
        self.write(study(metrics=False))
        self.run_study()
        before = len(self.records())
        self.write(study())
        self.run_study()
        new = self.records()[before:]
        self.assertEqual(len(new), TRIALS)
        self.assertEqual({record["kind"] for record in new}, {"evaluation"})

    def test_collect_finds_a_dataset_beside_the_study_file(self):
        (self.folder / "digits").symlink_to(SOURCE / "data" / "mnist")
        self.write(study() | {"dataset": {"folder": "digits"}})
        self.run_study()
        (self.output / "results.h5").unlink()
        done = subprocess.run([str(BIN / "eigensweep"), "collect", str(self.output)], capture_output=True, text=True, cwd="/")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue((self.output / "results.h5").exists())

    def shown(self, output):
        """The output of `show` and `export` for a folder, without the time at which results.h5 was written."""
        summary = json.loads(subprocess.run([str(BIN / "eigensweep"), "show", str(output), "--json"], capture_output=True, check=True).stdout)
        del summary["created_utc"]
        return summary, subprocess.run([str(BIN / "eigensweep"), "export", "--csv", str(output)], capture_output=True, check=True).stdout

    def test_collect_needs_the_ledger_and_the_study_alone(self):
        digits = self.folder / "digits"
        digits.symlink_to(SOURCE / "data" / "mnist")
        # A batch that is not larger than the width gives a warning, which needs the headers of the data.
        self.write(study(widths=(16, 64)) | {"dataset": {"folder": "digits"}, "regularizers": {"spectral": {"strength": 1}}})
        self.run_study()
        before = self.shown(self.output)
        warnings = self.status()["warnings"]
        self.assertTrue(any("regularizers/spectral" in warning for warning in warnings), warnings)
        digits.unlink()
        self.file.rename(self.folder / "elsewhere.json")
        for name, left in (("copied", None), ("no status", "status.json")):
            with self.subTest(folder=name):
                moved = self.folder / "another place" / name
                shutil.copytree(self.output, moved)
                shutil.rmtree(moved / "models")
                (moved / "results.h5").unlink()
                if left is not None:
                    (moved / left).unlink()
                done = subprocess.run([str(BIN / "eigensweep"), "collect", str(moved)], capture_output=True, text=True, cwd="/", check=False)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertEqual(self.shown(moved), before)
                content = (moved / "results.h5").read_bytes()
                for warning in warnings if left is None else ["this file was made without the data"]:
                    self.assertIn(json.dumps(warning, ensure_ascii=False)[1:].rstrip('"').encode(), content)
        (self.folder / "elsewhere.json").rename(self.file)
        text = self.run_study(expect=3)
        self.assertIn(str(digits), text)

    def test_one_two_and_four_ranks_give_the_same_records(self):
        self.run_study()
        expected = self.content()
        for ranks in (1, 2, 4):  # oversubscribed on a machine with two cores
            output = self.folder / f"ranks{ranks}"
            text = self.run_study(ranks=ranks, output=output)
            self.assertEqual(self.content(output), expected, text)

    def test_an_idle_rank_costs_no_core(self):
        self.write(study(seeds=1, widths=(8,)))
        gate = self.folder / "gate"
        process = self.start("--lanes", 2, ranks=3, fake={"gate": str(gate)})
        self.wait_for(lambda: self.elapsed() > 1)
        ranks = [int(p) for p in os.listdir("/proc") if p.isdigit() and self.is_rank(p)]
        self.assertEqual(len(ranks), 3)
        start = time.monotonic()
        before = {pid: self.cpu(pid) for pid in ranks}
        then = self.elapsed()
        self.wait_for(lambda: self.elapsed() > then + 1)
        spent = {pid: self.cpu(pid) - before[pid] for pid in ranks}
        passed = time.monotonic() - start
        gate.touch()
        self.finish(process)
        for pid, seconds in spent.items():
            self.assertLess(seconds, 0.15 * passed, spent)

    def is_rank(self, pid):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as stream:
                words = stream.read().split(b"\0")
        except OSError:
            return False
        return words[0].endswith(b"/eigensweep") and str(self.output).encode() in words

    @staticmethod
    def cpu(pid):
        with open(f"/proc/{pid}/stat", encoding="ascii") as stream:
            fields = stream.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Failures(Case):
    def test_a_trial_that_always_crashes_is_isolated_and_fails_with_its_last_words(self):
        text = self.run_study("--workers", 1, "--lanes", 8, expect=1, fake={"crash_seed": 1})
        failed = [record for record in self.records() if record["status"] == "failed"]
        self.assertEqual(len(failed), 4)
        for record in failed:
            self.assertEqual(record["message"], "killed by signal 6 (Aborted); its last words: about to crash | terminate called")
        self.assertEqual(sum(r["kind"] == "training" and r["status"] == "ok" for r in self.records()), 8)
        self.assertIn("failed", text)
        self.assertEqual(self.status()["trials"]["failed"], 4)
        # The next run retries only the failed trials.
        before = len(self.records())
        self.run_study("--workers", 1)
        self.assertEqual(len(self.records()) - before, 12)
        self.assert_nothing_twice()

    def test_a_pack_too_large_for_memory_is_halved(self):
        self.run_study("--workers", 1, "--lanes", 6, fake={"most_lanes": 2})
        self.assertEqual(len(self.records()), RECORDS)
        self.assert_nothing_twice()

    def test_packs_of_a_shape_that_was_too_large_once_are_not_tried_whole(self):
        self.write(study(seeds=12, widths=(8,)))
        text = self.run_study("--workers", 1, "--lanes", 4, fake={"most_lanes": 2})
        self.assertEqual(text.count("(out_of_memory)"), 1, text)
        self.assert_nothing_twice()

    def test_an_error_that_a_worker_reports_fails_its_trial_alone(self):
        self.run_study("--workers", 1, expect=1, fake={"error_seed": 2})
        failed = [record for record in self.records() if record["status"] == "failed"]
        self.assertEqual({record["message"] for record in failed}, {"cannot train this"})
        self.assertEqual(len(failed), 4)

    def test_a_diverged_trial_is_a_result_and_never_tried_again(self):
        self.run_study(fake={"diverge_seed": 0})
        self.assertEqual(sum(record["status"] == "diverged" for record in self.records()), 4)
        before = len(self.records())
        self.run_study()
        self.assertEqual(len(self.records()), before)

    def test_broken_data_ends_the_run_with_its_message(self):
        text = self.run_study(expect=3, fake={"data_error": True})
        self.assertIn("images.gz: is truncated", text)

    def test_a_worker_that_cannot_start_ends_the_run_with_its_last_words(self):
        text = self.run_study("--workers", 1, expect=4, fake={"no_start": "cannot open libtorch.so"})
        self.assertIn("no worker could be started: exit code 127; its last words: cannot open libtorch.so", text)

    def test_a_hanging_worker_is_replaced(self):
        self.write(study(seeds=1, widths=(8,)))
        text = self.run_study("--workers", 1, "--lanes", 1, "--hang-after", 0.5, expect=1, fake={"hang_seed": 0})
        self.assertIn("the worker hung", text)

    def test_a_second_run_on_one_output_is_refused(self):
        process = self.start(fake={"step_ms": 200})
        self.wait_for_start()
        text = self.run_study(expect=4)
        self.assertIn(f"another run writes here (process {process.pid} on ", text)
        shown = subprocess.run([str(BIN / "eigensweep"), "status", str(self.output)], capture_output=True, text=True, check=True)
        self.assertIn(f"state    running (process {process.pid} on ", shown.stdout)
        os.kill(process.pid, signal.SIGINT)
        self.finish(process, 75)

    def test_another_study_does_not_mix_with_this_one(self):
        self.run_study()
        self.write(study(name="other"))
        text = self.run_study(expect=2)
        self.assertIn("holds the results of the study 'test', not of 'other'", text)

    def test_a_wrong_study_ends_every_rank_with_one_message(self):
        self.write({"name": "x", "modle": {}})
        text = self.run_study(ranks=2, expect=2)
        self.assertEqual(text.count("did you mean 'model'"), 1, text)

    def test_an_output_that_cannot_be_written_says_so(self):
        self.output = "/proc/nothing/here"
        self.assertIn("cannot create the folder", self.run_study(expect=4))

    def test_a_full_disk_loses_nothing_that_was_finished(self):
        disk = self.folder / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(disk)], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("cannot mount a small file system here")
        self.addCleanup(subprocess.run, ["umount", "-l", str(disk)])
        self.write(study(seeds=60, models=False))
        text = self.run_study("--workers", 1, "--lanes", 2, expect=4, output=disk / "out")
        self.assertIn("No space left on device", text)
        kept = self.content(disk / "out")
        subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
        self.run_study("--workers", 1, output=disk / "out")
        self.assertEqual(set(kept) - set(self.content(disk / "out")), set())
        self.output = disk / "out"
        self.assert_nothing_twice()
        self.assertEqual(len(self.records()), 720)


class ClosedStreams(Case):
    """The parent has closed some of the descriptors 0, 1 and 2. A file of ours must not get one of these numbers,
    because messages would then be written into it."""

    def test_no_message_lands_in_a_file(self):
        self.run_study()
        expected = self.content()
        for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
            with self.subTest(closed=closed):
                output = self.folder / f"out-{len(closed)}"
                command = shlex.join([str(BIN / "eigensweep"), "run", str(self.file), "--output", str(output), "--device", "cpu"])
                done = subprocess.run(["sh", "-c", f"{command} {closed}"], env=self.environment({}), capture_output=True, timeout=60)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(self.content(output), expected)
                json.loads((output / "lock").read_text())
                json.loads((output / "status.json").read_text())


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
