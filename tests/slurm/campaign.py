# SPDX-License-Identifier: MIT
"""Kills parts of running studies at random, seeded, moments until each is complete, and checks that nothing is lost and nothing double:

    campaign.py FOLDER --launcher alone|mpirun|slurm --kills 100 --seed 1 [--worker PATH] [--rows FILE]
    campaign.py table FILE...        the rows of earlier campaigns as the table of docs/reliability.md

FOLDER is new, or what a campaign that failed has left, and is removed when all is well. EIGENSWEEP_BIN and EIGENSWEEP_TESTS name the folders with eigensweep and with
the fake worker; --worker takes the real one, and then trains a small study on MNIST."""

import argparse
import collections
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from launchers import Alone, Mpirun, Slurm, processes, send
from harness import BIN, TESTS, state_of, study

try:
    import h5py
except ImportError:
    h5py = None

LAUNCHERS = {"alone": Alone, "mpirun": Mpirun, "slurm": Slurm}
STEPS = 12
FAKE = {"steps": STEPS, "step_ms": 40, "evaluation_ms": 20, "checkpoint_kib": 4096}
PATIENCE = 400  # seconds until an attempt that neither ends nor gets anywhere is a failure
# What differs between equal runs: when and where a trial ran, and in whose company.
OF_THE_RUN = {"attacks/evaluation_seconds", "train_seconds", "device", "host", "lane", "pack", "provenance", "warnings"}


class Kinds:
    """The kinds of kill: each says whether it hit somebody. `run` is a launcher, `dice` the campaign's random numbers."""

    def __init__(self, run, dice):
        self.run, self.dice = run, dice

    def names(self):
        names = ["worker_killed", "worker_crashed", "worker_stopped_for_a_while", "worker_stopped_for_good", "worker_asked_to_leave",
                 "coordinator_killed", "job_killed", "job_terminated", "everything_killed", "during_publish", "during_checkpoint"]
        if self.run.ranks > 1:
            names += ["rank_killed", "rank_crashed", "rank_stopped_for_a_while", "rank_stopped_for_good", "coordinator_stopped_for_good"]
        if isinstance(self.run, Slurm):
            names += ["node_daemon_restarted", "node_lost", "job_requeued"]
        return names

    def strike(self, name):
        return getattr(self, name)()

    def any_worker(self, number):
        workers = self.run.workers()
        return bool(workers) and send(self.dice.choice(workers), number)

    def worker_killed(self):
        return self.any_worker(signal.SIGKILL)

    def worker_crashed(self):
        return self.any_worker(signal.SIGSEGV)

    def worker_asked_to_leave(self):
        return self.any_worker(signal.SIGTERM)

    def worker_stopped_for_good(self):
        return self.any_worker(signal.SIGSTOP)

    def worker_stopped_for_a_while(self):
        return self.for_a_while(self.run.workers())

    def rank_stopped_for_a_while(self):
        return self.for_a_while(list(self.run.rank_pids().values()))

    def for_a_while(self, pids):
        if not pids:
            return False
        pid = self.dice.choice(pids)
        hit = send(pid, signal.SIGSTOP)
        time.sleep(self.dice.uniform(0.5, 2))
        return hit and send(pid, signal.SIGCONT)

    def rank(self, rank, number):
        pid = self.run.rank_pids().get(rank)
        return pid is not None and send(pid, number)

    def coordinator_killed(self):
        return self.rank(0, signal.SIGKILL)

    def rank_killed(self):
        return self.rank(1, signal.SIGKILL)

    def rank_crashed(self):
        return self.rank(1, signal.SIGSEGV)

    def rank_stopped_for_good(self):
        return self.stop_for_good(1)

    def coordinator_stopped_for_good(self):
        return self.stop_for_good(0)

    def stop_for_good(self, rank):
        """Where all ranks are stopped nobody is left to find it, nor to kill them for a test's sake."""
        stopped = [pid for pid in self.run.rank_pids().values() if state_of(pid) == "T"]
        return not stopped and self.rank(rank, signal.SIGSTOP)

    def job_killed(self):
        return self.run.kill_job(signal.SIGKILL)

    def job_terminated(self):
        return self.run.kill_job(signal.SIGTERM)

    def everything_killed(self):
        ours = [pid for pid, (name, _, _) in processes(self.run.tag).items() if "eigensweep" in name]
        self.dice.shuffle(ours)
        return any([send(pid, signal.SIGKILL) for pid in ours])

    def during_publish(self):
        """The end of a run is the only sure time of a publish: waits for it."""
        return self.when_there(lambda: self.half_written(self.run.output, "results.h5"), lambda: self.rank(0, signal.SIGKILL))

    def during_checkpoint(self):
        folder = self.run.output / "checkpoints"

        def kill():
            hit = [send(pid, signal.SIGKILL) for pid in self.run.workers()]
            return any(hit)

        return self.when_there(lambda: self.half_written(folder, ""), kill)

    @staticmethod
    def half_written(folder, name):
        """Whether a file that begins so is being written there."""
        return folder.exists() and any(found.startswith(f".eigensweep-tmp-{name}") for found in os.listdir(folder))

    def when_there(self, condition, act, seconds=60):
        deadline = time.monotonic() + seconds
        polls = 0
        while time.monotonic() < deadline:
            try:
                if condition():
                    return act()
            except FileNotFoundError:
                pass
            polls += 1
            if polls % 2000 == 0 and not self.run.is_running():
                return False
        return False

    def node_daemon_restarted(self):
        self.run.restart_daemon(self.dice.choice(["n1", "n2"]))
        return True

    def node_lost(self):
        self.run.lose_node(self.dice.choice(["n1", "n2"]))
        return True

    def job_requeued(self):
        self.run.requeue()
        return True


class Campaign:
    def __init__(self, arguments):
        self.arguments = arguments
        self.dice = random.Random(arguments.seed)
        self.folder = Path(arguments.folder).resolve()
        if (self.folder / "undisturbed").exists():  # of an earlier campaign that failed
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True)
        self.is_real = bool(arguments.worker)
        self.trace = self.folder / "trace"
        self.rows = []
        self.expected = self.expected_results = None

    # ---------------------------------------------------------------- what is run

    def launcher(self, kind, folder):
        folder.mkdir()
        file = folder / "study.json"
        file.write_text(json.dumps(self.study()))
        # A stopped worker is found in time for a campaign of hundreds; the derived time is what tests/sweep/hang_test.py tests.
        options = ["--lanes", 1, "--hang-after", 60 if self.is_real else 5, "--rank-timeout", 60 if self.is_real else 6,
                   "--checkpoint-every", 1 if self.is_real else 0.1, "--threads", 1]
        if kind == "alone":
            options += ["--workers", 2]
        variables = {"EIGENSWEEP_WORKER": self.arguments.worker or str(TESTS / "eigensweep_fake_worker")}
        if not self.is_real:
            variables["EIGENSWEEP_FAKE"] = json.dumps(FAKE | {"trace": str(folder / "trace")})
        return LAUNCHERS[kind](folder, file, folder / "out", options, variables, str(folder))

    def study(self):
        if not self.is_real:
            return study(seeds=10)
        return {"name": "real", "seed": {"sweep": [0, 1, 2]}, "dataset": {"train_samples": 2000, "test_samples": 200},
                "model": {"width": {"sweep": [16, 24]}, "depth": 2},
                "training": {"epochs": 40, "batch_size": 64, "optimizer": {"amsgrad": True}},
                "attacks": {"fgsm": {"epsilon": {"sweep": [0, 0.05]}, "samples": 50}}}

    # ---------------------------------------------------------------- what must hold

    def records(self, output):
        if not (output / "ledger.bin").exists():
            return []
        dump = subprocess.run([str(TESTS / "eigensweep_ledger_dump"), str(output / "ledger.bin")], check=True, capture_output=True, text=True)
        return [json.loads(line) for line in dump.stdout.splitlines()]

    @staticmethod
    def text(path):
        return path.read_text() if path.exists() else ""

    @staticmethod
    def key(record):
        return (record["kind"], record["trial"], record["evaluation"])

    def done(self, output):
        """How often each record that counts is there."""
        return collections.Counter(self.key(record) for record in self.records(output) if record["status"] != "failed")

    def results(self, output):
        """Every number of results.h5 that does not tell of the run itself."""
        if h5py is None:
            shown = subprocess.run([str(BIN / "eigensweep"), "show", str(output / "results.h5")], check=True, capture_output=True, text=True)
            return shown.stdout
        values = {}

        def keep(name, item):
            if hasattr(item, "dtype") and name not in OF_THE_RUN and not name.endswith("_seconds"):
                values[name] = item[...].tobytes() if item.dtype.kind != "O" else [str(value) for value in item[...].ravel()]

        with h5py.File(output / "results.h5") as file:
            file.visititems(keep)
        return values

    def undisturbed(self):
        run = self.launcher("alone", self.folder / "undisturbed")
        run.start()
        if run.wait(PATIENCE) != 0:
            raise AssertionError(f"the undisturbed run failed: {run.log.read_text()[-2000:]}")
        self.expected, self.expected_results = self.done(run.output), self.results(run.output)

    def check_complete(self, run):
        done = self.done(run.output)
        problems = []
        for key, count in done.items():
            if count > 1:
                problems.append(f"double: {key} is there {count} times")
        problems += [f"lost: {key}" for key in self.expected if key not in done]
        if self.results(run.output) != self.expected_results:
            problems.append("results.h5 differs from that of the undisturbed run")
        left = [str(path.relative_to(run.output)) for path in run.output.rglob("*")
                if path.name.startswith(".eigensweep-tmp-")]
        problems += [f"left over: {name}" for name in left]
        deadline = time.monotonic() + 15  # Open MPI's daemons take a while to leave after mpirun was killed
        while processes(run.tag) and time.monotonic() < deadline:
            time.sleep(0.1)
        problems += [f"stray: {pid} {name}" for pid, (name, _, _) in processes(run.tag).items()]
        return problems

    # ---------------------------------------------------------------- a study and its kills

    def round(self, number, wanted):
        """One study to its end under at most `wanted` kills; returns how many there were."""
        run = self.launcher(self.arguments.launcher, self.folder / f"round{number}")
        kinds = Kinds(run, self.dice)
        acknowledged = set()
        rows, problems, starts, code = [], [], 0, None
        try:
            while code != 0:
                run.start()
                starts += 1
                while len(rows) < wanted and run.is_running():
                    name = self.dice.choice(kinds.names() if not self.arguments.kinds else self.arguments.kinds.split(","))
                    moment = self.dice.uniform(0.2, 4)
                    time.sleep(moment)
                    known = set(self.done(run.output))
                    problems += [f"lost: {key} was in the ledger before" for key in acknowledged - known]
                    acknowledged |= known
                    if run.is_running() and kinds.strike(name):
                        rows.append({"launcher": self.arguments.launcher, "worker": "real" if self.is_real else "fake", "kind": name,
                                     "moment": round(moment, 2), "round": number, "seed": self.arguments.seed, "start": starts})
                        print(f"round {number}: {name} after {moment:.2f} s, {len(acknowledged)} records", flush=True)
                code = run.wait(PATIENCE)
                if starts > 60:
                    problems.append("never complete")
                    break
            problems += self.check_complete(run)
        except subprocess.TimeoutExpired:
            problems.append(f"neither ended nor got anywhere in {PATIENCE} s")
        except Exception as error:  # the campaign goes on with the next round, and tells
            problems.append(f"{type(error).__name__}: {error}")
        if problems:
            print(f"round {number} FAILED: " + "; ".join(problems) + f"\n{self.text(run.log)[-3000:]}", flush=True)
            run.end_all()
        redone = 0 if self.is_real else self.text(run.folder / "trace").count("\n") - STEPS * len(self.study_trials())
        for row in rows:
            row.update(starts=starts, redone=redone, problems=problems, kills=len(rows))
        self.rows += rows
        if self.arguments.rows:
            with open(self.arguments.rows, "a", encoding="utf-8") as file:
                file.writelines(json.dumps(row) + "\n" for row in rows)
        if not problems:
            shutil.rmtree(run.folder)
        return len(rows), problems

    def study_trials(self):
        return [key for key in self.expected if key[0] == "training"]

    def run(self):
        cluster = None
        if self.arguments.launcher == "slurm":
            from cluster import Cluster, Unavailable  # noqa: PLC0415
            try:
                cluster = Slurm.cluster = Cluster(self.folder / "cluster").start()
            except Unavailable as reason:
                print(f"skipped: {reason}")
                return 77
        failed = []
        try:
            self.undisturbed()
            number = kills = 0
            while kills < self.arguments.kills and number < 10 * self.arguments.kills:
                number += 1
                hit, problems = self.round(number, min(self.dice.randint(2, 6), self.arguments.kills - kills))
                kills += hit
                failed += problems
        finally:
            if cluster:
                cluster.stop()
        print(table(self.rows))
        if not failed:
            shutil.rmtree(self.folder)
        return bool(failed)


def table(rows):
    """Markdown: per kind of kill how many, and what came of the studies that they hit."""
    lines = ["| kind | alone | mpirun | SLURM | lost | double |", "|---|---|---|---|---|---|"]
    kinds = sorted({row["kind"] for row in rows})
    for kind in kinds:
        mine = [row for row in rows if row["kind"] == kind]
        by = collections.Counter(row["launcher"] for row in mine)
        hit = {(row["seed"], row["launcher"], row["round"]): row["problems"] for row in mine}
        lost, double = (sum(p.startswith(word) for problems in hit.values() for p in problems) for word in ("lost", "double"))
        lines.append(f"| {kind.replace('_', ' ')} | {by['alone']} | {by['mpirun']} | {by['slurm']} | {lost} | {double} |")
    rounds = {(row["seed"], row["launcher"], row["worker"], row["round"]): row for row in rows}.values()
    redone = sum(row["redone"] for row in rounds)
    lines.append(f"\n{len(rows)} kills of {len(rounds)} studies in {sum(row['starts'] for row in rounds)} starts; steps done again: {redone}; "
                 f"studies with problems: {sum(bool(row['problems']) for row in rounds)}")
    return "\n".join(lines)


if __name__ == "__main__":
    if sys.argv[1:2] == ["table"]:
        print(table([json.loads(line) for name in sys.argv[2:] for line in Path(name).read_text().splitlines()]))
        sys.exit(0)
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--launcher", choices=LAUNCHERS, default="mpirun")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--worker", help="the real worker; without, the fake one")
    parser.add_argument("--kinds", help="only these kinds, separated by commas")
    parser.add_argument("--rows", help="a file to which a line of JSON is appended per kill")
    sys.exit(Campaign(parser.parse_args()).run())
