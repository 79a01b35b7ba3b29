# SPDX-License-Identifier: MIT
"""A run detects hung workers by timeouts that it derives from its own measurements. The user sets no timeout."""

import json
import os
import signal
import sys
import time
import unittest

from harness import Case, study
from kill_test import processes

FLOOR = 20  # seconds, of sweep/schedule/silence.hpp


class Hangs(Case):
    """Tests with few runs, because every timeout is at least 20 seconds."""

    def test_hung_slow_and_stopped_workers(self):
        content = study(seeds=24, widths=(8,))
        content["training"]["optimizer"]["learning_rate"] = 0.001
        self.write(content)
        undisturbed = self.folder / "undisturbed"
        self.run_study(output=undisturbed)
        marker = self.folder / "hangs"
        fake = {"steps": 30, "step_ms": 50, "hang_once": str(marker), "slow_seed": 3, "slow_ms": (FLOOR + 12) * 1000}
        self.start_time = time.time()
        process = self.start("--workers", 4, "--lanes", 1, fake=fake)
        try:
            # One worker is stopped for good, one for a while. The others continue.
            self.wait_for(lambda: marker.exists() and self.packs_done() >= 2)
            stopped = self.stop_one(process)
            paused = self.stop_one(process)
            time.sleep(FLOOR / 3)
            os.kill(paused, signal.SIGCONT)
        except Exception:
            process.kill()
            raise
        text = self.finish(process, timeout=150)
        # The hung worker, the slow one (its retry gets a longer timeout), and the one that was stopped for good.
        self.assertEqual(text.count("the worker hung"), 3, text)
        self.assertFalse(os.path.exists(f"/proc/{stopped}"), text)
        self.assertLess(time.time() - self.start_time, 100)
        self.assertEqual(self.content(), self.content(undisturbed), text)
        self.assert_nothing_twice()

    def test_a_rank_that_is_stopped_for_a_while_costs_no_worker(self):
        self.write(study(seeds=12))
        process = self.start("--lanes", 3, ranks=2, fake={"steps": 10, "step_ms": 150})
        self.wait_for(lambda: self.packs_done() >= 2)
        ranks, workers = processes(self.output)
        for pid in (ranks[-1], *workers):
            os.kill(pid, signal.SIGSTOP)
        time.sleep(FLOOR + 7)
        for pid in (ranks[-1], *workers):
            if os.path.exists(f"/proc/{pid}"):
                os.kill(pid, signal.SIGCONT)
        text = self.finish(process, timeout=100)
        # Rank 0 ran on, and its own worker was stopped, so it had to take that for hung. The other worker was stopped
        # together with its supervisor, so that one did not.
        self.assertEqual(text.count("the worker hung"), 1, text)
        self.assertIn("lost worker 0: the worker hung", text)
        self.assertEqual(len(self.records()), 144)
        self.assert_nothing_twice()

    def test_a_rank_that_is_stopped_for_good_ends_the_job_and_loses_nothing(self):
        self.check_stopped_for_good(-1, "rank 1 on .* has said nothing for 4.0 s \\(stopped, or its node hangs\\)")

    def test_nor_is_anything_lost_with_rank_0(self):
        self.check_stopped_for_good(0, "rank 1 error rank 0 has said nothing for 4.0 s \\(stopped, or its node hangs\\)")

    def check_stopped_for_good(self, which, said):
        self.write(study(seeds=12))
        undisturbed = self.folder / "undisturbed"
        self.run_study(output=undisturbed)
        process = self.start("--lanes", 3, "--rank-timeout", "4", ranks=2, fake={"steps": 10, "step_ms": 150})
        self.wait_for(lambda: self.packs_done() >= 2)
        ranks, _ = processes(self.output)
        os.kill(ranks[which], signal.SIGSTOP)
        text = self.finish(process, expect=75, timeout=60)
        self.assertRegex(text, said)
        self.wait_for(lambda: processes(self.output) == ([], []))
        text = self.run_study(ranks=2)
        self.assertEqual(self.content(), self.content(undisturbed), text)
        self.assert_nothing_twice()

    def test_a_rank_that_is_stopped_when_all_is_done_does_not_keep_the_others(self):
        content = study(seeds=1, widths=(8,))
        content["training"]["optimizer"]["learning_rate"] = 0.001
        self.write(content)
        process = self.start("--rank-timeout", "12", ranks=2, fake={"steps": 40, "step_ms": 100})
        self.wait_for(lambda: processes(self.output)[1])
        ranks, _ = processes(self.output)
        os.kill(ranks[-1], signal.SIGSTOP)  # this rank has no work
        text = self.finish(process, timeout=60)
        self.assertEqual(self.status()["state"], "complete", text)
        self.assertIn("rank 1 has not left: it is ended", text)

    def test_a_rank_that_is_stopped_before_all_have_started_ends_the_job(self):
        process = self.start("--rank-timeout", "5", ranks=2)
        ranks = self.wait_for(lambda: processes(self.output)[0])
        os.kill(ranks[-1], signal.SIGSTOP)
        text = self.finish(process, expect=None, timeout=60)
        self.assertGreaterEqual(process.returncode, 128, text)
        self.assertIn("not all ranks have started within 5.0 s", text)

    def packs_done(self):
        try:
            return self.status()["packs"]["done"]
        except (OSError, json.JSONDecodeError):
            return 0

    def stop_one(self, process):
        """Stops a worker that is making progress, so not one that is stopped, hung or slow. Returns its pid."""
        chosen = []

        def found():
            _, workers = processes(self.output)
            recent = {pid: self.cpu(pid) for pid in workers}
            time.sleep(0.5)
            chosen[:] = [pid for pid in workers if self.cpu(pid) > recent[pid]]
            return bool(chosen) and process.poll() is None

        self.wait_for(found)
        os.kill(chosen[0], signal.SIGSTOP)
        return chosen[0]

    @staticmethod
    def cpu(pid):
        """A measure of activity: how often the process was woken up. The fake worker uses almost no CPU time."""
        try:
            with open(f"/proc/{pid}/status", encoding="ascii") as stream:
                fields = dict(line.split(":", 1) for line in stream if ":" in line)
        except OSError:
            return 0
        # A hung or slow worker wakes up at most once a second, a working one several times.
        return int(fields["voluntary_ctxt_switches"]) // 3


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
