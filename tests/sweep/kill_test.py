# SPDX-License-Identifier: MIT
"""SIGKILL of a worker, of the coordinator's rank, of everything, at random moments. No finished work may be lost, none
may be done twice, and after the last run the records must equal those of an undisturbed run."""

import os
import random
import signal
import sys
import time
import unittest

from harness import Case, state_of, study

# Kills per test. Their moments are random on purpose, so a failure prints them.
ROUNDS = int(os.environ.get("EIGENSWEEP_KILL_ROUNDS", "3"))
SLOW = {"steps": 8, "step_ms": 25, "evaluation_ms": 30}


def processes(output):
    """The running processes of this output folder: (pids of ranks, pids of workers)."""
    ranks, workers = [], []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/cmdline", "rb") as stream:
                words = stream.read().split(b"\0")
            with open(f"/proc/{name}/stat", encoding="ascii") as stream:
                fields = stream.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if fields[0] == "Z":
            continue
        if words[0].endswith(b"/eigensweep") and str(output).encode() in words:
            ranks.append(int(name))
        elif words[0].endswith(b"/eigensweep_fake_worker"):
            workers.append((int(name), int(fields[1])))
    ranks.sort()
    return ranks, [pid for pid, parent in workers if parent in ranks]


class Kills(Case):
    def setUp(self):
        super().setUp()
        self.random = random.Random()
        self.moments = []

    def killed(self, victims, ranks, models=True):
        self.write(study(models=models))
        expected = self.undisturbed()
        finished = set()
        for round_number in range(ROUNDS):
            # Two workers have about 1.5 seconds of work, after the start of MPI if ranks are used.
            process = self.start("--workers", 1 if ranks else 2, "--lanes", 1, ranks=ranks, fake=SLOW)
            moment = self.random.uniform(0.1, 1.4) + (0.4 if ranks else 0.0)
            self.moments.append(round(moment, 3))
            time.sleep(moment)
            names = processes(self.output)
            self.kill(victims, process, *names)
            self.finish(process, expect=None)
            now = set(self.content())
            self.assertEqual(finished - now, set(), f"lost after kills at {self.moments}")
            finished = now
        for _ in range(3):  # a trial whose worker was killed twice counts as failed; the next run retries it
            process = self.start(ranks=ranks)
            self.finish(process, expect=None)
            if process.returncode == 0:
                break
        self.assertEqual(process.returncode, 0)
        self.assert_nothing_twice()
        final = [record for record in self.content() if '"failed"' not in record]
        self.assertEqual(final, expected, f"after kills at {self.moments}")

    def kill(self, victims, process, ranks, workers):
        if victims == "worker":
            chosen = self.random.sample(workers, min(1, len(workers)))
        elif victims == "coordinator":
            chosen = ranks[:1]
        elif victims == "rank":
            chosen = ranks[-1:]
        else:
            chosen = [process.pid, *ranks, *workers]
        for pid in chosen:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def test_worker(self):
        self.killed("worker", 0)

    def test_worker_of_a_rank(self):
        self.killed("worker", 2)

    def test_coordinator(self):
        self.killed("coordinator", 0)

    def test_coordinator_without_kept_models(self):
        self.killed("coordinator", 0, models=False)

    def test_coordinator_rank(self):
        self.killed("coordinator", 2)

    def test_other_rank(self):
        self.killed("rank", 2)

    def test_everything(self):
        self.killed("everything", 0)

    def test_everything_of_a_job(self):
        self.killed("everything", 2)

    def test_no_worker_outlives_its_supervisor(self):
        process = self.start(fake={"steps": 1000, "step_ms": 100})
        workers = self.wait_for(lambda: processes(self.output)[1])
        os.kill(process.pid, signal.SIGKILL)
        self.finish(process, expect=None)
        self.wait_for(lambda: all(state_of(pid) in "ZX" for pid in workers), seconds=10)


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
