# SPDX-License-Identifier: MIT
"""The CPUs of the threads of running workers, read from /proc, whatever thread variables a site sets."""

import os
import signal
import subprocess
import sys
import unittest
from pathlib import Path

from harness import BIN, TESTS, Case, study

SITES = (
    {},
    {"OMP_PROC_BIND": "true"},
    {"OMP_PROC_BIND": "close", "OMP_PLACES": "cores"},
    {"OMP_PROC_BIND": "spread", "OMP_PLACES": "threads"},
    {"OMP_PLACES": "{0}"},
    {"GOMP_CPU_AFFINITY": "0"},
    {"KMP_AFFINITY": "granularity=fine,compact,1,0", "KMP_BLOCKTIME": "infinite"},
    {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1"},
    {"OMP_NUM_THREADS": "7", "MKL_NUM_THREADS": "7", "OMP_DYNAMIC": "true"},
    {"OMP_WAIT_POLICY": "active", "GOMP_SPINCOUNT": "infinite"},
)
CPUS = os.sched_getaffinity(0)


def mask_of(status):
    """The CPUs that a /proc/.../status file allows."""
    text = next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("Cpus_allowed_list"))
    cpus = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        cpus |= set(range(int(first), int(last or first) + 1))
    return cpus


class Placed(Case):
    """Starts runs, and looks at the CPUs of their workers from outside once all workers train."""

    worker = None
    fake = {"steps": 1000000, "step_ms": 5}

    def start_with(self, site, *options, launcher=()):
        self.output = self.folder / f"out-{len(list(self.folder.iterdir()))}"
        environment = self.environment(self.fake) | site | {"EIGENSWEEP_WORKER": str(self.worker)}
        command = [*launcher, str(BIN / "eigensweep"), "run", str(self.file), "--output", str(self.output), "--device", "cpu", *options]
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                        start_new_session=True)
        self.addCleanup(self.end)
        return self.wait_for(self.all_at_work)

    def end(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.communicate()

    def all_at_work(self):
        self.assertIsNone(self.process.poll(), "the run has ended")
        if not (self.output / "status.json").exists():
            return None
        workers = self.status()["workers"]
        return workers if workers and all(worker.get("epoch", 0) > 0 for worker in workers) else None

    def seen(self):
        """(rank, slot) -> the CPUs of each thread of that worker. A worker is identified by its log file."""
        masks = {}
        for process in Path("/proc").glob("[0-9]*"):
            try:
                log = Path(os.readlink(process / "fd" / "1"))
                if log.parent != self.output / "logs" or not log.name.startswith("worker-"):
                    continue
                rank, slot = log.stem.split("-")[1:]
                masks[int(rank), int(slot)] = [mask_of(task / "status") for task in (process / "task").iterdir()]
            except OSError:
                continue  # not ours, or already gone
        return masks

    def assert_as_placed(self, site, workers, threads):
        seen = self.seen()
        self.assertEqual(len(workers), len(seen), (site, workers, seen))
        for place in workers:
            masks = seen[place["rank"], place["slot"]]
            self.assertGreaterEqual(len(masks), threads, site)
            for mask in masks:
                self.assertEqual(mask, set(place["cpus"]), (site, place, seen))

    def assert_disjoint(self, workers):
        all_cpus = [cpu for place in workers for cpu in place["cpus"]]
        self.assertEqual(sorted(all_cpus), sorted(CPUS))

    def stop(self, is_launched=False):
        self.process.terminate()
        text, _ = self.process.communicate(timeout=60)
        self.assertIn("stopped: ", text)
        if not is_launched:  # mpirun has its own exit code after a signal
            self.assertEqual(self.process.returncode, 75, text)

    def needs_two_cpus(self):
        if len(CPUS) < 2:
            self.skipTest("two workers cannot have a CPU each on a machine of one")


class OpenMPWorkers(Placed):
    worker = TESTS / "eigensweep_openmp_worker"

    def test_two_workers_have_their_own_cpus_under_every_site(self):
        self.needs_two_cpus()
        for site in SITES:
            workers = self.start_with(site, "--workers", "2")
            self.assert_disjoint(workers)
            self.assert_as_placed(site, workers, 1)
            self.stop()

    def test_threads_of_one_worker_have_all_its_cpus_under_every_site(self):
        self.needs_two_cpus()
        for site in SITES:
            workers = self.start_with(site, "--workers", "1", "--threads", "2")
            self.assertEqual(set(workers[0]["cpus"]), CPUS)
            self.assert_as_placed(site, workers, 2)
            self.stop()

    def test_the_mask_that_a_user_or_a_launcher_gives_is_kept(self):
        self.needs_two_cpus()
        last = max(CPUS)
        workers = self.start_with({}, "--workers", "2", launcher=("taskset", "-c", str(last)))
        self.assertEqual([place["cpus"] for place in workers], [[last], [last]])
        self.assert_as_placed({}, workers, 1)
        self.stop()
        for binding in ("none", "core"):
            workers = self.start_with({"OMP_PROC_BIND": "true"}, launcher=("mpirun", "-n", "2", "--bind-to", binding))
            self.assertEqual(len(workers), 2)
            self.assertFalse(set(workers[0]["cpus"]) & set(workers[1]["cpus"]), (binding, workers))
            self.assert_as_placed({}, workers, 1)
            self.stop(is_launched=True)


class RealWorkers(Placed):
    worker = BIN / "eigensweep-worker"

    def setUp(self):
        super().setUp()
        small = study(widths=(8,), metrics=False)
        small["dataset"] = {"kind": "mnist", "train_samples": 64, "test_samples": 100}
        small["training"] = {"epochs": 100000, "batch_size": 32, "loss": {"sweep": ["mse", "cross_entropy"]}}
        self.write(small)

    def test_two_workers_have_their_own_cpus(self):
        self.needs_two_cpus()
        for site in ({"OMP_PROC_BIND": "true"}, {"GOMP_CPU_AFFINITY": "0"}):
            workers = self.start_with(site, "--workers", "2")
            self.assert_disjoint(workers)
            self.assert_as_placed(site, workers, 1)
            self.stop()

    def test_threads_of_one_worker_have_all_its_cpus(self):
        self.needs_two_cpus()
        for site in ({"OMP_PROC_BIND": "true"}, {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}):
            workers = self.start_with(site, "--workers", "1", "--threads", "2")
            self.assertEqual(set(workers[0]["cpus"]), CPUS)
            self.assert_as_placed(site, workers, 2)
            self.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
