# SPDX-License-Identifier: MIT
"""How `eigensweep run` and `eigensweep collect` handle a damaged ledger, a full disk and a clock that jumps."""

import os
import random
import resource
import shutil
import subprocess
import sys
import unittest

from harness import BIN, TESTS, Case, study

HEADER = 24
RECORDS = 36


class Ledgers(Case):
    def setUp(self):
        super().setUp()
        self.run_study()
        self.expected = self.content()
        self.ledger = self.output / "ledger.bin"
        self.whole = self.ledger.read_bytes()

    def collect(self, expect=0):
        done = subprocess.run([str(BIN / "eigensweep"), "collect", str(self.output)], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done.stdout + done.stderr

    def starts(self):
        """The offset of each record, found by its marker."""
        found, place = [], self.whole.find(b"\x89R\r\n", HEADER)
        while place >= 0:
            found.append(place)
            place = self.whole.find(b"\x89R\r\n", place + 1)
        self.assertEqual(len(found), RECORDS)
        return found

    def flip(self, place, bit=0):
        content = bytearray(self.whole)
        content[place] ^= 1 << bit
        self.ledger.write_bytes(content)

    def repaired(self, twice_allowed=0):
        """Checks that another run replaces the damaged records. Returns its output."""
        text = self.run_study()
        self.assertEqual(sorted(set(self.content())), self.expected, text)
        self.assertLessEqual(len(self.content()) - RECORDS, twice_allowed, text)
        self.assertIn(f"made from {len(self.content())} records", self.collect())
        # After that, nothing is left to do.
        before = self.ledger.read_bytes()
        self.assertIn("12 of 12 trials are already done", self.run_study())
        self.assertEqual(self.ledger.read_bytes(), before)
        return text

    def test_a_torn_tail_costs_its_record(self):
        self.ledger.write_bytes(self.whole[:-5])
        self.assertIn(f"made from {RECORDS - 1} records; an unfinished one at the end left out", self.collect())
        self.repaired()

    def test_a_flipped_bit_costs_its_record(self):
        evaluations = [start for start, record in zip(self.starts(), self.records()) if record["kind"] == "evaluation"]
        self.flip(evaluations[len(evaluations) // 2] + 40, bit=3)
        text = self.collect()
        self.assertIn(f"made from {RECORDS - 1} records; 1 damaged ones left out: 'eigensweep run' does that work again", text)
        self.assertIn("1 damaged records are left out; their trials run again", self.repaired())

    def test_a_training_that_is_damaged_is_done_again_with_its_evaluations(self):
        trainings = [start for start, record in zip(self.starts(), self.records()) if record["kind"] == "training"]
        self.flip(trainings[3] + 60)
        self.repaired(twice_allowed=2)

    def test_flipped_bits_anywhere_lose_no_more_than_their_record(self):
        dice = random.Random(7)
        for _ in range(40):
            place = dice.randrange(HEADER, len(self.whole))
            with self.subTest(place=place):
                self.flip(place, dice.randrange(8))
                self.assertRegex(self.collect(), rf"made from {RECORDS - 1} records; (1 damaged|an unfinished)")

    def test_a_damaged_header_is_refused_and_nothing_is_written(self):
        self.flip(3)
        for text in (self.collect(expect=3), self.run_study(expect=3)):
            self.assertIn("ledger.bin: is no ledger; name another output folder or move the file away", text)
        self.flip(20, bit=1)  # the version
        damaged = self.ledger.read_bytes()
        for text in (self.collect(expect=3), self.run_study(expect=3)):
            self.assertIn("ledger.bin: is a ledger of version 3, this program knows version 1", text)
        self.assertEqual(self.ledger.read_bytes(), damaged)

    def test_an_empty_or_missing_ledger_beside_networks_is_told_and_filled_again(self):
        for content in (b"", self.whole[:10], None):
            with self.subTest(content=content):
                self.ledger.unlink()
                if content is not None:
                    self.ledger.write_bytes(content)
                    self.assertIn("made from 0 records", self.collect())
                else:
                    self.assertIn("ledger.bin: does not exist", self.collect(expect=3))
                text = self.run_study()
                self.assertIn("ledger.bin: has no records, but networks lie in ", text)
                self.assertEqual(self.content(), self.expected)

    def test_a_ledger_that_cannot_be_read_is_an_error(self):
        self.ledger.unlink()
        self.ledger.mkdir()
        self.assertIn("ledger.bin: cannot read", self.run_study(expect=3))


class Disks(Case):
    """No space in the output folder, for each kind of file that a run writes. No trial may be recorded as failed."""

    def stopped(self, limit, *arguments, study=None, fake=None):
        """Runs with a limit on the size of files, which must stop the run. Returns its output."""
        if study:
            self.write(study)
        command = [str(BIN / "eigensweep"), "run", str(self.file), "--output", str(self.output), "--device", "cpu", *map(str, arguments)]
        done = subprocess.run(command, env=self.environment(fake or {}), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY)))
        self.assertEqual(done.returncode, 4, done.stdout)
        self.assertRegex(done.stdout.splitlines()[-1], r"^eigensweep: /.*: cannot .*File too large.*, then run the same command again")
        self.assertNotIn("failed", done.stdout)
        self.assertNotIn("lost worker", done.stdout)
        if (self.output / "ledger.bin").exists():
            self.assertEqual([record for record in self.records() if record["status"] != "ok"], [])
        self.assertEqual([path.name for path in self.output.rglob(".eigensweep-tmp-*")], [])
        return done.stdout

    def test_each_file_of_a_run_that_does_not_fit_stops_it_and_it_continues(self):
        kib = 1 << 10
        many = study(seeds=40, widths=(8,))  # 80 trials: some 40 KiB of ledger
        for what, limit, arguments, content, fake in (
            ("models/", 20 * kib, [], study(), {"model_kib": 30}),
            ("checkpoints/", 20 * kib, ["--checkpoint-every", "0.001s"], study(), {"checkpoint_kib": 30, "steps": 20, "step_ms": 5}),
            ("ledger.bin", 10 * kib, ["--lanes", 2], many, {}),
            ("results.h5", 30 * kib, [], study(), {}),
        ):
            with self.subTest(file=what):
                shutil.rmtree(self.output, ignore_errors=True)
                shutil.rmtree(self.folder / "undisturbed", ignore_errors=True)
                text = self.stopped(limit, "--workers", 2, *arguments, study=content, fake=fake)
                self.assertIn(f"{self.output}/{what}", text.splitlines()[-1])
                self.run_study("--workers", 2)
                self.assertEqual(self.content(), self.undisturbed("--workers", 2))
                self.assert_nothing_twice()

    def test_a_checkpoint_that_does_not_fit_when_a_run_is_asked_to_stop_is_told(self):
        text = self.stopped(20 << 10, "--workers", 2, "--time-budget", "3s", "--time-margin", "1s",
                            fake={"checkpoint_kib": 30, "steps": 2000, "step_ms": 5})
        self.assertIn(f"{self.output}/checkpoints/", text.splitlines()[-1])

    def test_ranks_report_it_as_rank_0_does(self):
        fake = {"model_kib": 30}
        self.output.mkdir()
        command = ["mpirun", "-n", "2", "--bind-to", "none", "bash", "-c", 'ulimit -S -f 20; exec "$@"', "sh", str(BIN / "eigensweep"), "run", str(self.file),
                   "--output", str(self.output), "--device", "cpu"]
        done = subprocess.run(command, env=self.environment(fake), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        self.assertEqual(done.returncode, 4, done.stdout)
        self.assertIn("File too large (error 27); raise the limit on the size of a file (ulimit -f), then run the same command again", done.stdout)
        self.assertEqual([record for record in self.records() if record["status"] != "ok"], [])
        self.run_study(ranks=2)
        self.assertEqual(self.content(), self.undisturbed())

    def test_a_full_disk_stops_the_run_and_it_continues_when_there_is_room(self):
        disk = self.folder / "disk"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(disk)], capture_output=True).returncode != 0:
            self.skipTest("cannot mount a small file system here")
        self.addCleanup(subprocess.run, ["umount", "-l", str(disk)])
        self.output = disk / "out"
        fake = {"model_kib": 30}
        text = self.run_study("--workers", 2, expect=4, fake=fake)
        self.assertRegex(text.splitlines()[-1], r"^eigensweep: .*No space left on device \(error 28\); free some space, then run the same command again$")
        kept = self.content()
        self.assertGreater(len(kept), 0)
        self.assertEqual([record for record in self.records() if record["status"] != "ok"], [])
        # The disk is still full: the run fails again, and no record is lost.
        self.run_study("--workers", 2, expect=4, fake=fake)
        self.assertEqual(set(kept) - set(self.content()), set())
        subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
        self.run_study("--workers", 2, fake=fake)
        self.assertEqual(self.content(), self.undisturbed("--workers", 2))
        self.assert_nothing_twice()


class Clocks(Case):
    """The time of day jumps by years. No decision of a run may depend on it."""

    def environment(self, fake):
        return super().environment(fake) | {"LD_PRELOAD": str(TESTS / "libeigensweep_clock_jumps.so")}

    def test_the_clock_does_jump(self):
        years = set()

        def look():
            years.add(int(subprocess.run(["date", "+%Y"], env=self.environment({}), capture_output=True, text=True, check=True).stdout))
            return max(years) - min(years) > 15

        self.wait_for(look)

    def test_a_run_gives_what_it_always_gives(self):
        fake = {"steps": 20, "step_ms": 30}
        text = self.run_study("--workers", 2, "--hang-after", 5, "--checkpoint-every", 1, fake=fake)
        self.assertNotIn("hung", text)
        self.assertEqual(len(self.records()), RECORDS)
        other = self.folder / "ranks"
        self.run_study(ranks=2, output=other, fake=fake)
        self.assertEqual(self.content(other), self.content())
        self.assertEqual(self.run_study(output=other).count("already done"), 1)

    def test_a_time_budget_ends_when_it_must(self):
        text = self.run_study("--workers", 1, "--time-budget", "6s", expect=75, fake={"steps": 100000, "step_ms": 20})
        # The shortest of the jumps that a run could notice is an hour: four digits.
        self.assertRegex(text, r"stopping: the time is up in -?\d{1,3}\.\d s")


if __name__ == "__main__":
    os.environ.setdefault("TZ", "UTC")
    unittest.main(verbosity=2, argv=sys.argv)
