# SPDX-License-Identifier: MIT
"""slurm/eigensweep.sbatch on a real SLURM of two virtual nodes (cluster.py): studies complete by themselves whatever cuts them, and
give what an undisturbed run gives. With the fake worker, and once with the real one."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

try:
    import h5py
except ImportError:
    h5py = None

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sweep"))
from cluster import Cluster, Unavailable  # noqa: E402
from harness import BIN, SOURCE, TESTS, Case, study  # noqa: E402

SCRIPT = SOURCE / "slurm" / "eigensweep.sbatch"
REAL_WORKER = os.environ.get("EIGENSWEEP_REAL_WORKER", "")
TRIALS = 12
cluster = None  # started once, by main
undisturbed = {}  # by the study's text, what its ledger holds


class SlurmCase(Case):
    """A test with a cluster of its own and a study whose undisturbed content is known."""

    fake = '{"steps": 60, "step_ms": 20}'  # 1.2 s a pack
    worker = str(TESTS / "eigensweep_fake_worker")

    def setUp(self):
        super().setUp()
        # Jobs of a test that failed must not disturb the next one.
        self.addCleanup(lambda: cluster.ask("scancel", "--quiet", "-u", "root"))

    def submit(self, *options, arguments=(), site=None):
        """Submits the study; returns the job's number."""
        command = ["sbatch", "--parsable", "--nodes=2", "--ntasks-per-node=1", "--time=10",
                   f"--output={self.folder}/job.log", *options, str(SCRIPT), str(self.file), "--output", str(self.output),
                   "--device", "cpu", *map(str, arguments)]
        answer = cluster.ask(*command, cwd=self.folder, EIGENSWEEP=str(BIN / "eigensweep"), EIGENSWEEP_WORKER=self.worker, EIGENSWEEP_FAKE=self.fake,
                             EIGENSWEEP_ENV=str(site or ""))
        answer = answer.split("\n")
        self.assertTrue(answer[0].isdigit(), answer)
        return int(answer[0])

    def log(self):
        path = self.folder / "job.log"
        return path.read_text() if path.exists() else ""

    def logs(self):
        """The job's log and what the controller noted, for the message of a test that fails."""
        return self.log() + cluster.log()

    def wait_until(self, what, condition, seconds=90):
        try:
            cluster.wait_for(what, condition, seconds)
        except TimeoutError as error:
            self.fail(f"{error}\n{self.logs()}\n{cluster.ask('squeue')}{cluster.ask('sinfo', '-N', '-l')}")

    def state(self, job):
        return cluster.job(job).get("JobState", "")

    def wait_for_end(self, job, expect="COMPLETED", seconds=150):
        over = ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL")
        self.wait_until("the job is over", lambda: self.state(job) in over, seconds)
        self.assertEqual(self.state(job), expect, self.logs())

    def wait_for_progress(self, records=3):
        """Until the ledger has something and workers are busy."""
        self.wait_until("there are records", lambda: len(self.safe_records()) >= records)

    def safe_records(self):
        return self.records() if (self.output / "ledger.bin").exists() else []

    def undisturbed(self):
        """What a run without SLURM and without interruption gives."""
        text = self.file.read_text()
        if text not in undisturbed:
            self.run_study("--workers", 2, output=self.folder / "undisturbed")
            undisturbed[text] = self.content(self.folder / "undisturbed")
        return undisturbed[text]

    def assert_as_undisturbed(self):
        self.assertEqual(self.content(), self.undisturbed(), self.logs())
        self.assert_nothing_twice()
        self.assertTrue((self.output / "results.h5").exists())

    def processes(self, name, rank=None, node=None):
        """Processes of this name of jobs of ours, by their environment."""
        found = []
        mine = f"SLURM_CONF={cluster.folder}/".encode()  # a node's daemon names its own file there
        for folder in Path("/proc").iterdir():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                variables = (folder / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if not words[0].endswith(b"/" + name.encode()) or not any(v.startswith(mine) for v in variables):
                continue
            if rank is not None and f"SLURM_PROCID={rank}".encode() not in variables:
                continue
            if node is not None and f"SLURMD_NODENAME={node}".encode() not in variables:
                continue
            found.append(int(folder.name))
        return found


class Jobs(SlurmCase):
    def test_a_study_on_two_nodes_completes_in_one_step(self):
        self.fake = "{}"
        site = self.folder / "site.sh"
        site.write_text((SOURCE / "slurm/env/generic.sh").read_text() + "echo site: ${srun_options[*]}\n")
        job = self.submit(site=site)
        self.wait_for_end(job)
        self.assertIn("site: --cpu-bind=cores", self.log())
        self.assert_as_undisturbed()
        self.assertIn("workers 0-1 (ranks 0-1) on ", self.log())
        self.assertEqual(cluster.job(job)["Restarts"], "0")

    def test_the_doctor_tells_a_good_start_from_one_that_would_run_the_study_twice(self):
        program = ["srun", "-N2", "-n2", "-t5", str(BIN / "eigensweep"), "doctor", str(self.file), "--device", "cpu"]
        text = cluster.ask(program[0], "--mpi=pmix", *program[1:], EIGENSWEEP_WORKER=self.worker)
        for line in ("ranks    2 on 1 machine", "left of the SLURM allocation", "place    workers 0-1 (ranks 0-1) on ", "verdict  all is well"):
            self.assertIn(line, text)
        # Without a common MPI plugin every task is a job of its own: Open MPI refuses that, or we do.
        text = cluster.ask(program[0], "--mpi=none", *program[1:], EIGENSWEEP_WORKER=self.worker)
        self.assertNotIn("verdict", text)
        self.assertRegex(text, "MPI sees one rank in an srun of 2 tasks|not built with SLURM")

    def test_a_study_that_fails_is_not_requeued(self):
        self.write({"name": "x", "modle": {}})
        job = self.submit()
        self.wait_for_end(job, "FAILED")
        self.assertEqual(cluster.job(job)["ExitCode"], "2:0")
        self.assertIn("did you mean 'model'", self.log())

    def test_a_job_asked_to_stop_requeues_itself_and_completes(self):
        job = self.submit()
        self.wait_for_progress()
        cluster.ask("scancel", "--signal=USR1", str(job))  # what --signal=USR1@60 does a minute before the end
        self.wait_until("the job is requeued", lambda: cluster.job(job).get("Restarts") == "1")
        self.assertIn("stopped with work left: going on in the next allocation", self.log())
        self.wait_for_end(job)
        self.assert_as_undisturbed()

    def test_where_requeueing_is_forbidden_a_new_job_goes_on(self):
        job = self.submit("--no-requeue", "--gpus-per-node=1", f"--output={self.folder}/job-%j.log")
        self.wait_for_progress()
        cluster.ask("scancel", "--signal=USR1", str(job))
        self.wait_for_end(job)
        first = (self.folder / f"job-{job}.log").read_text()
        self.assertIn("Submitted batch job", first)
        following = int(first.split("Submitted batch job")[1].split()[0])
        # It has the resources of the first: two nodes of one task each, a GPU per node.
        shown = cluster.job(following)
        self.assertEqual((shown["NumNodes"].split("-")[0], shown["NumTasks"], shown["TresPerNode"]), ("2", "2", "gres:gpu:1"))
        self.wait_for_end(following)
        self.assert_as_undisturbed()


class Submits(SlurmCase):
    def test_a_submitted_study_completes_and_can_be_followed(self):
        command = [str(BIN / "eigensweep"), "submit", str(self.file), "--output", str(self.output), "--time", "10m", "--nodes", "2", "--",
                   "--device", "cpu"]
        done = subprocess.run(command, env=cluster.environment(EIGENSWEEP_WORKER=self.worker, EIGENSWEEP_FAKE=self.fake), capture_output=True,
                              text=True, cwd="/")
        self.assertEqual(done.returncode, 0, done.stderr)
        # A node of the cluster has two cores.
        self.assertIn("2 nodes of 2 tasks with 1 core, for 00:10:00", done.stdout)
        job = int(done.stdout.split("\njob ")[1].split()[0])
        self.wait_for_progress()
        cluster.ask("scancel", "--signal=USR1", str(job))
        self.wait_for_end(job)
        self.assertEqual(cluster.job(job)["Restarts"], "1")
        shown = cluster.ask(str(BIN / "eigensweep"), "status", str(self.output))
        self.assertIn("state    complete", shown)
        self.assert_as_undisturbed()
        # The script that was written can be submitted again, from anywhere.
        again = cluster.ask("sbatch", "--parsable", str(self.output / "job.sbatch"), EIGENSWEEP_WORKER=self.worker).split()[0]
        self.wait_for_end(int(again))
        self.assertIn("12 of 12 trials are already done", (self.output / f"job-{again}.log").read_text())


class Limits(SlurmCase):
    fake = '{"steps": 600, "step_ms": 20}'  # 12 s a pack

    def test_a_study_longer_than_its_time_limit_completes_by_itself(self):
        self.write(study(seeds=4))
        # SLURM's limits are whole minutes, and its signal would come at once for one: the run itself knows when its minute ends.
        job = self.submit("--time=1", "--signal=USR1@1", arguments=("--lanes", 2))
        self.wait_for_end(job)
        restarts = int(cluster.job(job)["Restarts"])
        self.assertGreaterEqual(restarts, 1, self.logs())
        self.assertIn("left of the SLURM allocation: workers are asked to stop", self.log())
        self.assertNotIn("DUE TO TIME LIMIT", self.log())
        self.assert_as_undisturbed()


class Faults(SlurmCase):
    def test_a_killed_rank_takes_the_step_along_but_not_the_job(self):
        job = self.submit()
        self.wait_for_progress()
        victims = self.processes("eigensweep", rank=1)
        self.assertEqual(len(victims), 1)
        os.kill(victims[0], signal.SIGKILL)
        self.wait_for_end(job)
        self.assertIn("a rank was killed, or none has started (exit code 137): starting again from what is safe", self.log())
        self.assertEqual(cluster.job(job)["Restarts"], "0")
        self.assert_as_undisturbed()

    def test_a_job_that_loses_a_node_is_requeued_and_completes(self):
        job = self.submit()
        self.wait_for_progress()
        cluster.kill_node("n2")
        for pid in self.processes("eigensweep", node="n2") + self.processes("eigensweep_fake_worker", node="n2"):
            os.kill(pid, signal.SIGKILL)
        self.wait_until("the job is requeued", lambda: cluster.job(job).get("Restarts") == "1")
        cluster.start_node("n2")
        self.wait_for_end(job)
        self.assert_as_undisturbed()

    def test_a_cancelled_job_leaves_checkpoints_and_another_one_completes(self):
        self.fake = '{"steps": 300, "step_ms": 20}'
        job = self.submit()
        self.wait_until("training is under way", lambda: self.processes("eigensweep_fake_worker"))
        time.sleep(2)
        cluster.ask("scancel", str(job))
        self.wait_for_end(job, "CANCELLED")
        self.wait_until("every rank has left", lambda: not self.processes("eigensweep"))
        self.assertTrue(list((self.output / "checkpoints").iterdir()), self.logs())
        self.fake = '{"steps": 300, "step_ms": 1}'
        self.wait_for_end(self.submit())
        self.assert_as_undisturbed()


@unittest.skipUnless(REAL_WORKER, "built without the worker")
@unittest.skipUnless(h5py, "h5py is not there; scripts/setup --tests installs it")
class Results(SlurmCase):
    """Real networks: the numbers of a job that was cut are those of one that was not, to the last bit."""

    worker = REAL_WORKER
    alone = ("--lanes", 1, "--threads", 1)  # the same arithmetic whenever a trial runs

    def setUp(self):
        super().setUp()
        self.write({
            "name": "real",
            "seed": {"sweep": [0, 1]},
            "dataset": {"train_samples": 3000, "test_samples": 400},
            "model": {"width": {"sweep": [24, 32]}, "depth": 2},
            "training": {"epochs": 300, "batch_size": 64, "optimizer": {"amsgrad": True}},
            "regularizers": {"spectral": {"strength": 0.5, "layers": "all"}},
            "attacks": {"fgsm": {"epsilon": {"sweep": [0, 0.05]}, "samples": 100}},
        })

    def numbers(self):
        with h5py.File(self.output / "results.h5") as file:
            names = ("status", "history/loss", "history/penalty", "attacks/robust_accuracy", "attacks/robust_loss",
                     "accuracy/test_loss", "spectrum/eigenvalues")
            return {name: file[name][...].tobytes() for name in names} | {"trial": list(file["trial_id"].asstr()[...])}

    def test_a_job_that_was_cut_gives_the_numbers_of_one_that_was_not(self):
        self.output = self.folder / "whole"
        self.wait_for_end(self.submit(arguments=self.alone))
        whole = self.numbers()
        self.output = self.folder / "cut"
        job = self.submit(arguments=self.alone)
        self.wait_until("networks are being trained", lambda: any(w.get("epoch", 0) >= 3 for w in self.workers()))
        cluster.ask("scancel", "--signal=USR1", str(job))
        self.wait_until("the job is requeued", lambda: cluster.job(job).get("Restarts") == "1")
        self.assertTrue(list((self.output / "checkpoints").iterdir()), self.logs())
        self.wait_for_end(job)
        self.assertEqual(self.numbers(), whole, self.logs())

    def workers(self):
        return self.status()["workers"] if (self.output / "status.json").exists() else []


if __name__ == "__main__":
    home = tempfile.mkdtemp(prefix="eigensweep-slurm-")
    cluster = Cluster(home)
    try:
        cluster.start()
    except Unavailable as reason:
        print(f"skipped: {reason}")
        sys.exit(77)
    try:
        result = unittest.main(verbosity=2, argv=sys.argv, exit=False).result
    finally:
        cluster.stop()
        shutil.rmtree(home, ignore_errors=True)
    if result.skipped and not result.failures and not result.errors and len(result.skipped) == result.testsRun:
        print("skipped:", *(reason for _, reason in result.skipped))
        sys.exit(77)
    sys.exit(not result.wasSuccessful())
