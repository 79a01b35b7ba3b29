# SPDX-License-Identifier: MIT
"""A run kills workers that hang or are stopped and ends when a rank is stopped; their work runs again."""

import os
import signal
import sys
import unittest

from harness import TESTS, Case, exit_code, state_of, study
from kill_test import processes

FLOOR = 20  # seconds, of sweep/schedule/silence.hpp
SPEED = 10  # of fast_clock.cpp


class Hangs(Case):
    """What happens to a worker or a rank that is silent, and to its work. When a worker counts as silent is tested in virtual
    time: hang_watch_test.cpp, silence_test.cpp and supervisor_test.cpp."""

    def test_a_worker_that_hangs_or_is_stopped_is_ended_and_its_pack_is_tried_again(self):
        self.write(study())
        expected = self.undisturbed()
        marker, trace = self.folder / "hangs", self.folder / "trace"
        fake = {"steps": 30, "step_ms": 20, "hang_once": str(marker), "trace": str(trace)}
        process = self.start("--workers", 2, "--lanes", 1, "--hang-after", 2, fake=fake)
        workers = self.wait_for(lambda: len(found := processes(self.output)[1]) == 2 and found)
        # One hangs in the middle of its training, so the last step is the other's.
        self.wait_for(lambda: marker.exists() and marker.read_text().endswith("\n") and " 29\n" in trace.read_text())
        hung = int(marker.read_text())
        stopped = next(pid for pid in workers if pid != hung)
        os.kill(stopped, signal.SIGSTOP)
        text = self.finish(process)
        for worker in (0, 1):
            self.assertIn(f"lost worker {worker}: the worker hung: not a word for 2.0 s", text)
        for pid in (hung, stopped):
            self.assertEqual(state_of(pid), "X", text)
        self.assertEqual(self.content(), expected, text)
        self.assert_nothing_twice()

    def test_a_rank_that_is_stopped_for_good_ends_the_job_and_loses_nothing(self):
        self.check_stopped_for_good(-1, "rank 1 on .* has said nothing for 2.0 s \\(stopped, or its node hangs\\)")

    def test_nor_is_anything_lost_with_rank_0(self):
        self.check_stopped_for_good(0, "rank 1 error rank 0 has said nothing for 2.0 s \\(stopped, or its node hangs\\)")

    def check_stopped_for_good(self, which, said):
        self.write(study(seeds=12))
        expected = self.undisturbed()
        process = self.start("--lanes", 3, "--rank-timeout", "2", ranks=2, fake={"steps": 10, "step_ms": 150})
        self.wait_for(lambda: self.packs_done() >= 2)
        ranks, _ = processes(self.output)
        os.kill(ranks[which], signal.SIGSTOP)
        text = self.finish(process, expect=75)
        self.assertRegex(text, said)
        self.wait_for(lambda: processes(self.output) == ([], []))
        text = self.run_study(ranks=2)
        self.assertEqual(self.content(), expected, text)
        self.assert_nothing_twice()

    def test_a_rank_that_is_stopped_when_all_is_done_does_not_keep_the_others(self):
        content = study(seeds=1, widths=(8,))
        content["training"]["optimizer"]["learning_rate"] = 0.001
        self.write(content)
        gate = self.folder / "gate"
        process = self.start("--rank-timeout", "3", ranks=2, fake={"gate": str(gate)})
        self.wait_for(lambda: processes(self.output)[1])
        ranks, _ = processes(self.output)
        os.kill(ranks[-1], signal.SIGSTOP)  # it has no work
        gate.touch()
        text = self.finish(process)
        self.assertEqual(self.status()["state"], "complete", text)
        self.assertIn("rank 1 has not left: it is ended", text)

    def test_a_rank_that_is_stopped_before_all_have_started_ends_the_job(self):
        command = 'test $OMPI_COMM_WORLD_RANK = 0 || kill -STOP $$; exec "$@"'
        process = self.start("--rank-timeout", "2", ranks=2, through=["sh", "-c", command, "sh"])
        text = self.finish(process, expect=None)
        self.assertGreaterEqual(process.returncode, 128, text)
        self.assertIn("not all ranks have started within 2.0 s", text)


class ExitCodes(unittest.TestCase):
    """Which code counts where mpirun crashes after a run that ended itself; the words are those of Open MPI 4.1.4."""

    ABORTED = "MPI_ABORT was invoked on rank 0 in communicator MPI_COMM_WORLD\nwith errorcode 75.\n\nNOTE: invoking MPI_ABORT\n"
    CRASHED = ("[vm:01519] *** Process received signal ***\n[vm:01519] Signal: Segmentation fault (11)\n"
               "[vm:01519] [ 1] /lib/x86_64-linux-gnu/libpmix.so.2(PMIx_server_finalize+0xb08)[0x7f2553c7d118]\n"
               "[vm:01519] [ 5] /lib/x86_64-linux-gnu/libopen-rte.so.40(orte_finalize+0x5d)[0x7f2557036d7d]\n"
               "[vm:01519] [ 6] mpirun(+0x13ea)[0x55f3e4b3d3ea]\n")

    def test_a_crash_of_mpirun_in_its_own_clean_up_leaves_the_code_of_the_run(self):
        self.assertEqual(exit_code(-signal.SIGSEGV, self.ABORTED + self.CRASHED), 75)

    def test_every_other_end_keeps_what_the_launcher_returned(self):
        self.assertEqual(exit_code(0, self.ABORTED + self.CRASHED), 0)
        self.assertEqual(exit_code(-signal.SIGSEGV, self.CRASHED), -signal.SIGSEGV)
        self.assertEqual(exit_code(-signal.SIGSEGV, self.CRASHED + self.ABORTED), -signal.SIGSEGV)
        of_the_program = self.CRASHED.replace("] mpirun(", "] eigensweep(")
        self.assertEqual(exit_code(-signal.SIGSEGV, self.ABORTED + of_the_program), -signal.SIGSEGV)


class DerivedHangs(Case):
    """The same with the timeouts that a run derives from its own measurements. The run's clock is ten times as fast, so the
    least timeout of twenty seconds takes two."""

    def environment(self, fake):
        return super().environment(fake) | {"LD_PRELOAD": str(TESTS / "libeigensweep_fast_clock.so")}

    def test_a_step_that_takes_very_long_is_taken_for_a_hang_once(self):
        self.write(study(seeds=4, widths=(8,)))  # two of its trials have the seed
        expected = self.undisturbed()
        # Longer than the floor, and shorter than what a pack may take that was taken for hung before.
        fake = {"slow_seed": 3, "slow_ms": int(2.5 * FLOOR / SPEED * 1000)}
        text = self.run_study("--workers", 2, "--lanes", 1, fake=fake)
        self.assertEqual(text.count("the worker hung"), 2, text)
        self.assertEqual(self.content(), expected, text)
        self.assert_nothing_twice()

    def test_a_rank_that_is_stopped_for_a_while_costs_no_worker(self):
        self.write(study(seeds=6))
        # Steps so short that the floor holds for every pack.
        process = self.start("--lanes", 3, ranks=2, fake={"steps": 50, "step_ms": 20})
        self.wait_for(lambda: self.packs_done() >= 1)
        ranks, workers = processes(self.output)
        for pid in (ranks[-1], *workers):
            os.kill(pid, signal.SIGSTOP)
        self.wait_for(lambda: self.status()["workers"][0]["lost"] == 1)
        # The other worker has been silent for as long: rank 0 says soon that it doubts that one too.
        self.wait_until_later(10)
        os.kill(ranks[-1], signal.SIGCONT)
        # Its rank reads that before the worker says anything.
        self.wait_until_later(1)
        for pid in workers:
            if os.path.exists(f"/proc/{pid}"):
                os.kill(pid, signal.SIGCONT)
        text = self.finish(process)
        # Rank 0 ran on and had to take its own worker for hung; that of the other rank was stopped together with its supervisor.
        self.assertEqual(text.count("the worker hung"), 1, text)
        self.assertIn("lost worker 0: the worker hung", text)
        self.assertEqual(len(self.records()), 72)
        self.assert_nothing_twice()

    def wait_until_later(self, seconds):
        """By the run's own clock."""
        then = self.elapsed()
        self.wait_for(lambda: self.elapsed() > then + seconds)


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
