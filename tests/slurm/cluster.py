# SPDX-License-Identifier: MIT
"""A SLURM of one machine for tests: munge, a controller and several node daemons, all on the loopback, all in one folder.

    cluster.py start FOLDER [NODES]     then: . FOLDER/environment.sh; sinfo
    cluster.py stop FOLDER

Nothing outside the folder is written, and only the daemons that the folder's pid files name are ended."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

PROGRAMS = ("munged", "mungekey", "slurmctld", "slurmd", "sbatch", "srun", "scontrol", "squeue", "sinfo", "scancel")
SLOW = 60  # seconds that anything here may take on a busy machine

CONFIGURATION = """\
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
CredType=cred/munge
# A requeued job may start again once its credential has expired: by default after two minutes.
AuthInfo=socket={folder}/munge/socket,cred_expire=5
SlurmctldPort={port}
SrunPortRange={srun_first}-{srun_last}
CommunicationParameters=DisableIPv6,NoInAddrAny,NoCtldInAddrAny
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/run/slurmctld.pid
SlurmdPidFile={folder}/run/slurmd.%n.pid
SlurmctldLogFile={folder}/log/slurmctld.log
SlurmdLogFile={folder}/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=1,batch_sched_delay=0,sched_min_interval=0
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
GresTypes=gpu
ReturnToService=2
KillWait=5
SlurmdTimeout={node_timeout}
SlurmctldTimeout=60
MessageTimeout=20
# Every node may claim two cores of a machine that has fewer.
SlurmdParameters=config_overrides
NodeName=n[1-{nodes}] NodeHostname={host} NodeAddr=127.0.0.1 Port=[{first}-{last}] CPUs=2 Boards=1 SocketsPerBoard=1 \
CoresPerSocket=2 ThreadsPerCore=1 RealMemory=1000 Gres=gpu:2 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


class Unavailable(Exception):
    """This machine cannot run the cluster; the words say why."""


class Cluster:
    """Daemons in `folder`. Nodes n1, n2, ... share this machine's name, folders and network interface."""

    def __init__(self, folder, nodes=2, node_timeout=5):
        self.folder = Path(folder).resolve()
        self.nodes = nodes
        self.node_timeout = node_timeout  # seconds after which the controller takes a silent node for dead

    # ---------------------------------------------------------------- up and down

    def start(self):
        missing = [program for program in PROGRAMS if not self.find(program)]
        if missing:
            raise Unavailable(f"{', '.join(missing)} not installed (apt-get install slurm-wlm munge)")
        if os.geteuid() != 0:
            raise Unavailable("slurmctld and slurmd of Debian start as root only")
        self.write()
        try:
            self.call(["mungekey", "--create", f"--keyfile={self.folder}/munge/key"])
            self.call(["munged", f"--socket={self.folder}/munge/socket", f"--key-file={self.folder}/munge/key", "--force",
                       f"--log-file={self.folder}/log/munged.log", f"--pid-file={self.folder}/run/munged.pid",
                       f"--seed-file={self.folder}/munge/seed", "--num-threads=2"])
            self.call(["slurmctld", "-c", "-f", f"{self.folder}/slurm.conf"])
            for node in range(1, self.nodes + 1):
                self.start_node(f"n{node}")
            self.wait_for("every node is idle", lambda: self.states().count("idle") == self.nodes)
        except (OSError, subprocess.SubprocessError, TimeoutError) as error:
            logs = "".join(f"\n{log.name}: {log.read_text()[-500:]}" for log in sorted((self.folder / "log").iterdir()))
            self.stop()
            raise Unavailable(f"the cluster does not come up: {error}{logs}") from error
        return self

    def write(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        for name in ("munge", "state", "spool", "log", "run"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "munge").chmod(0o700)
        port = free_ports(self.nodes + 1)
        (self.folder / "slurm.conf").write_text(CONFIGURATION.format(
            host=socket.gethostname().split(".")[0], user="root", folder=self.folder, nodes=self.nodes,
            node_timeout=self.node_timeout, port=port, first=port + 1, last=port + self.nodes,
            srun_first=port + 50, srun_last=port + 99))
        for node in range(1, self.nodes + 1):
            # A folder of its own for each node's PMIx: all of them see one folder for temporary files, and the second node of a step
            # dies on the first one's sockets.
            own = self.folder / "nodes" / f"n{node}"
            own.mkdir(parents=True)
            (self.folder / "spool" / f"n{node}").mkdir()
            (own / "slurm.conf").symlink_to(self.folder / "slurm.conf")
            (own / "gres.conf").symlink_to(self.folder / "gres.conf")
            (own / "pmix").mkdir()
            (own / "mpi.conf").write_text(f"PMIxCliTmpDirBase={own}/pmix\n")
        # Two GPUs that nobody will use: SLURM only wants their files to be devices.
        (self.folder / "gres.conf").write_text("Name=gpu File=/dev/null\nName=gpu File=/dev/zero\n")
        exports = "".join(f"export {name}={value}\n" for name, value in self.variables().items())
        (self.folder / "environment.sh").write_text(exports)

    def stop(self):
        jobs = self.ask("squeue", "-h", "-o", "%A").split() if self.alive("slurmctld") else []
        if jobs:
            self.ask("scancel", *jobs)
            try:
                self.wait_for("no job is left", lambda: not self.ask("squeue", "-h", "-t", "R,CG,PD,S", "-o", "%A").strip())
            except TimeoutError:
                pass
        for name in [*(f"slurmd.n{node}" for node in range(1, self.nodes + 1)), "slurmctld", "munged"]:
            self.end(name)

    def start_node(self, node):
        self.call(["slurmd", "-c", "-N", node, "-f", f"{self.folder}/nodes/{node}/slurm.conf"])

    def kill_node(self, node):
        """A node's end without a word: its daemon and the daemons of its steps. The steps' own processes are the caller's."""
        name = f"slurmd.{node}"
        pid = self.alive(name)
        os.kill(pid, signal.SIGKILL)
        for folder in Path("/proc").iterdir():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                variables = (folder / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            # A step's daemon is called by the node's configuration, which only that node uses.
            if b"slurmstepd" in words[0] and any(f"{self.folder}/nodes/{node}/".encode() in v for v in variables + words):
                os.kill(int(folder.name), signal.SIGKILL)
        self.wait_for("the node's daemon is gone", lambda: not self.alive(name))

    def end(self, name, number=signal.SIGTERM):
        """Sends a signal to a daemon and waits for its end."""
        pid = self.alive(name)
        if not pid:
            return
        os.kill(pid, number)
        deadline = time.time() + 5
        while self.alive(name):
            if time.time() > deadline:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)

    def alive(self, name):
        """The process of a daemon of ours; 0 if it does not run. A zombie that nobody has waited for does not."""
        try:
            pid = int((self.folder / "run" / f"{name}.pid").read_text())
            words = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)
        except (OSError, ValueError):
            return 0
        right = words[0].endswith("(" + name.split(".")[0]) and words[1].split()[0] not in "ZX"
        return pid if right else 0

    # ---------------------------------------------------------------- use

    def variables(self):
        """What a job of this cluster needs in its environment. Nodes of one name and one /dev/shm would share the names of Open MPI's
        shared-memory segments, so messages go over the loopback."""
        return {
            "SLURM_CONF": str(self.folder / "slurm.conf"),
            "OMPI_ALLOW_RUN_AS_ROOT": "1",
            "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
            "OMPI_MCA_btl": "self,tcp",
            "OMPI_MCA_btl_tcp_if_include": "lo",
            "OMPI_MCA_oob_tcp_if_include": "lo",
            "OMPI_MCA_mpi_yield_when_idle": "1",
        }

    def states(self):
        return [line.split()[1] for line in self.ask("sinfo", "-h", "-N", "-o", "%N %t").splitlines()]

    def job(self, number):
        """What scontrol says of a job, by name."""
        text = self.ask("scontrol", "show", "job", "-o", str(number))
        return dict(word.split("=", 1) for word in text.split() if "=" in word)

    def log(self):
        """What the controller noted of its jobs, for the message of a test that fails."""
        path = self.folder / "log" / "slurmctld.log"
        lines = path.read_text(errors="replace").splitlines() if path.exists() else []
        return "".join(f"slurmctld {line}\n" for line in lines if "JobId" in line or "node" in line.lower())

    def ask(self, *command, cwd=None, **variables):
        """What a command of SLURM's prints, its complaints included."""
        done = subprocess.run(command, cwd=cwd or self.folder, env=self.environment(**variables), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SLOW)
        return done.stdout

    def environment(self, **more):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SLURM_", "SBATCH_", "PMIX_"))}
        return kept | self.variables() | {"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"} | more

    def call(self, command):
        command = [self.find(command[0]) or command[0], *command[1:]]
        with open(self.folder / "log" / "start.log", "a", encoding="utf-8") as log:
            subprocess.run(command, env=self.environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=True, timeout=SLOW)

    @staticmethod
    def find(program):
        return shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin")

    @staticmethod
    def wait_for(what, condition, seconds=SLOW):
        deadline = time.time() + seconds
        while not condition():
            if time.time() > deadline:
                raise TimeoutError(f"waited {seconds} s in vain until {what}")
            time.sleep(0.25)


def free_ports(count):
    """The first of a hundred ports, of which the first `count` are free on the loopback."""
    for first in range(21000, 30000, 100):
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
            return first
        except OSError:
            continue
    raise Unavailable("no free ports between 21000 and 30000")


if __name__ == "__main__":
    what, where = sys.argv[1:3]
    cluster = Cluster(where, int(sys.argv[3]) if len(sys.argv) > 3 else 2)
    if what == "start":
        try:
            cluster.start()
        except Unavailable as reason:
            sys.exit(f"cluster.py: {reason}")
        print(f". {cluster.folder}/environment.sh")
    else:
        cluster.nodes = len(list((cluster.folder / "nodes").iterdir()))
        cluster.stop()
