# SPDX-License-Identifier: MIT
"""How a kill campaign starts a study and finds its processes: alone, under mpirun, or as a job of the tests' own SLURM. Every process
of a campaign carries the same word in its environment, so that none is missed and no stranger is hit."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sweep"))
from harness import BIN, SOURCE, state_of  # noqa: E402

TAG = "EIGENSWEEP_CAMPAIGN"


def processes(tag):
    """All living processes of a campaign: {pid: (name, words of its command, its environment)}."""
    found = {}
    wanted = f"{TAG}={tag}".encode()
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            variables = (folder / "environ").read_bytes().split(b"\0")
            if wanted not in variables:
                continue
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if state_of(folder.name) in "ZX":
                continue
        except OSError:
            continue
        name = os.path.basename(words[0]).decode()
        found[int(folder.name)] = (name, words, dict(v.split(b"=", 1) for v in variables if b"=" in v))
    return found


def send(pid, number):
    """A signal to a process that may have ended meanwhile; whether it was there."""
    try:
        os.kill(pid, number)
        return True
    except ProcessLookupError:
        return False


class Launcher:
    """One study, started as often as it takes. `options` are those of `eigensweep run`."""

    ranks = 1

    def __init__(self, folder, file, output, options, variables, tag):
        self.folder, self.file, self.output, self.tag = folder, file, output, tag
        self.options = [str(option) for option in options]
        self.variables = variables | {TAG: tag}
        self.log = folder / "log"

    def command(self):
        return ["run", str(self.file), "--output", str(self.output), "--device", "cpu", *self.options]

    def workers(self):
        return sorted(pid for pid, (name, _, _) in processes(self.tag).items() if "worker" in name)

    def rank_pids(self):
        """By rank."""
        found = {}
        for pid, (name, words, variables) in processes(self.tag).items():
            if name == "eigensweep" and b"run" in words[1:2]:
                rank = variables.get(b"OMPI_COMM_WORLD_RANK", variables.get(b"SLURM_PROCID", variables.get(b"PMIX_RANK", b"0")))
                found[int(rank)] = pid
        return found

    def end_all(self):
        for pid in processes(self.tag):
            send(pid, signal.SIGKILL)


class Alone(Launcher):
    prefix = ()

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([*self.prefix, str(BIN / "eigensweep"), *self.command()], env=os.environ | self.variables,
                                            stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)

    def is_running(self):
        return self.process.poll() is None

    def wait(self, seconds):
        """The exit code."""
        return self.process.wait(seconds)

    def kill_job(self, number):
        return send(self.process.pid, number)


class Mpirun(Alone):
    ranks = 2
    prefix = ("mpirun", "-n", "2", "--bind-to", "none")

    def __init__(self, *arguments):
        super().__init__(*arguments)
        # What Open MPI leaves behind when it is killed stays in the folder.
        (self.folder / "mpi").mkdir(exist_ok=True)
        self.variables |= {
            "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_rmaps_base_oversubscribe": "1",
            "OMPI_MCA_mpi_yield_when_idle": "1", "OMPI_MCA_orte_tmpdir_base": str(self.folder / "mpi"),
            "OMPI_MCA_btl_vader_backing_directory": str(self.folder / "mpi"),
        }


class Slurm(Launcher):
    """A job of two nodes, by the batch script that users submit; submitted again whenever it has ended for good."""

    ranks = 2
    cluster = None  # running, set by who has started it

    def start(self):
        answer = self.cluster.ask(
            "sbatch", "--parsable", "--nodes=2", "--ntasks-per-node=1", "--time=30", f"--output={self.log}", "--open-mode=append",
            str(SOURCE / "slurm" / "eigensweep.sbatch"), *self.command()[1:], cwd=self.folder, EIGENSWEEP=str(BIN / "eigensweep"),
            **self.variables)
        self.job = int(answer.split()[0])

    def state(self):
        return self.cluster.job(self.job).get("JobState", "")

    def is_running(self):
        return self.state() not in ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL")

    def wait(self, seconds):
        deadline = time.monotonic() + seconds
        while self.is_running():
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("job", seconds)
            time.sleep(0.3)
        # Processes of a cancelled job take their time to leave.
        while processes(self.tag) and time.monotonic() < deadline:
            time.sleep(0.2)
        code, number = self.cluster.job(self.job)["ExitCode"].split(":")
        return int(code) if self.state() in ("COMPLETED", "FAILED") and number == "0" else 128 + int(number)

    def kill_job(self, number):
        if number == signal.SIGTERM:
            self.cluster.ask("scancel", str(self.job))
        else:
            self.cluster.ask("scancel", "--signal=KILL", str(self.job))
        return True

    def requeue(self):
        self.cluster.ask("scontrol", "requeue", str(self.job))

    def restart_daemon(self, node):
        """The node's daemon dies and comes back; the job's own processes live on."""
        self.cluster.end(f"slurmd.{node}", signal.SIGKILL)
        self.cluster.start_node(node)

    def lose_node(self, node):
        self.cluster.kill_node(node)
        for pid, (name, _, variables) in processes(self.tag).items():
            if variables.get(b"SLURMD_NODENAME") == node.encode() and "eigensweep" in name:
                send(pid, signal.SIGKILL)
        # Only now is the controller told: nobody has answered for SlurmdTimeout.
        self.cluster.wait_for("the node is given up", lambda: "down" in self.node_state(node))
        self.cluster.start_node(node)
        self.cluster.wait_for("the node is back", lambda: "down" not in self.node_state(node))

    def node_state(self, node):
        return self.cluster.ask("sinfo", "-h", "-N", "-n", node, "-o", "%t")
