# SPDX-License-Identifier: MIT
"""Runs the real `eigensweep run` with a fake worker that trains nothing, and reads its output folder. Uses only the
standard library."""

import collections
import json
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

BIN = Path(os.environ["EIGENSWEEP_BIN"])  # the folder with eigensweep
TESTS = Path(os.environ["EIGENSWEEP_TESTS"])  # the folder with the fake worker
SOURCE = Path(__file__).resolve().parents[2]
SANITIZED = os.environ.get("EIGENSWEEP_SANITIZED", "") == "1"


def study(name="test", seeds=3, widths=(8, 16), models=True, metrics=True):
    """A study of len(widths) x 2 x seeds trials with one attack and one metric."""
    made = {
        "name": name,
        "model": {"kind": "mlp", "width": {"sweep": list(widths)}},
        "training": {"epochs": 1, "batch_size": 64, "optimizer": {"kind": "adam", "learning_rate": {"sweep": [0.001, 0.01]}}},
        "attacks": {"fgsm": {"epsilon": {"sweep": [0.05, 0.1]}}},
        "metrics": {"accuracy": {}} if metrics else {},
        "seed": {"sweep": list(range(seeds))},
        "output": {"models": models},
    }
    return made


def state_of(pid):
    """The state letter of proc(5): R, S, T (stopped), Z; X if the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return "X"


def exit_code(returned, text):
    """The code that a run left with, of what its launcher returned and said. Open MPI 4.1's mpirun can crash in its own clean-up
    after a run has ended itself by MPI_Abort (seen once in some thousand, in PMIx_server_finalize); it has said the run's code
    by then. Any other crash counts."""
    said = re.search(r"MPI_ABORT was invoked on rank \d+ .*\nwith errorcode (\d+)\.", text)
    if returned == -signal.SIGSEGV and said and re.search(r"PMIx_server_finalize.*\n(.*\n)*.*\] mpirun\(", text[said.end():]):
        return int(said[1])
    return returned


class Case(unittest.TestCase):
    """A test case with its own temporary folder."""

    maxDiff = None

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="eigensweep-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.output = self.folder / "out"
        self.write(study())

    def write(self, content):
        self.file = self.folder / "study.json"
        self.file.write_text(json.dumps(content))

    def environment(self, fake):
        variables = dict(os.environ)
        variables["EIGENSWEEP_WORKER"] = str(TESTS / "eigensweep_fake_worker")
        variables["EIGENSWEEP_FAKE"] = json.dumps(fake)
        # For mpirun as root in a container, with more ranks than cores, and without busy waiting.
        variables.update(
            OMPI_ALLOW_RUN_AS_ROOT="1",
            OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
            OMPI_MCA_rmaps_base_oversubscribe="1",
            OMPI_MCA_mpi_yield_when_idle="1",
            OMPI_MCA_btl_base_warn_component_unused="0",
        )
        if SANITIZED:
            variables["ASAN_OPTIONS"] = "detect_leaks=0"  # MPI does not free all its memory
        return variables

    def start(self, *arguments, ranks=0, fake=None, output=None, through=()):
        """`through`: the command that starts each process, before the program's own words."""
        command = [str(BIN / "eigensweep"), "run", str(self.file), "--output", str(output or self.output), "--device", "cpu"]
        command = [*through, *command, *map(str, arguments)]
        if ranks:
            command = ["mpirun", "-n", str(ranks), "--bind-to", "none", *command]
        return subprocess.Popen(command, env=self.environment(fake or {}), stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, start_new_session=True)

    def finish(self, process, expect=0, timeout=60):
        try:
            text, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            text, _ = process.communicate()
            self.fail(f"still running after {timeout} s:\n{text}")
        if expect is not None:
            self.assertEqual(exit_code(process.returncode, text), expect, text)
        return text

    def wait_for_words(self, process, words, seconds=60):
        """Waits until a process has said this. What it has said by then is not in the text of finish()."""
        said = b""

        def heard():
            nonlocal said
            if select.select([process.stdout], [], [], 0)[0]:
                said += os.read(process.stdout.fileno(), 1 << 16)
            return words.encode() in said

        self.wait_for(heard, seconds)

    def run_study(self, *arguments, expect=0, **options):
        return self.finish(self.start(*arguments, **options), expect)

    def wait_for(self, condition, seconds=60):
        """Waits until `condition()` is true, and returns its value."""
        deadline = time.monotonic() + seconds
        while not (said := condition()):
            self.assertLess(time.monotonic(), deadline, f"waited {seconds} s in vain")
            time.sleep(0.02)
        return said

    def wait_for_start(self):
        self.wait_for((self.output / "status.json").exists)

    def records(self, output=None):
        ledger = (output or self.output) / "ledger.bin"
        text = subprocess.run([str(TESTS / "eigensweep_ledger_dump"), str(ledger)], check=True, capture_output=True, text=True)
        return [json.loads(line) for line in text.stdout.splitlines()]

    def content(self, output=None):
        """The sorted records of a ledger. Two runs are compared by this, because the order of records may differ."""
        return sorted(json.dumps(record, sort_keys=True) for record in self.records(output))

    def undisturbed(self, *arguments, fake=None):
        """The content of a run of the same study in which nothing happens."""
        output = self.folder / "undisturbed"
        self.run_study(*arguments, output=output, fake=fake)
        return self.content(output)

    def status(self):
        return json.loads((self.output / "status.json").read_text())

    def packs_done(self):
        return self.status()["packs"]["done"] if (self.output / "status.json").exists() else 0

    def elapsed(self):
        """Seconds by the run's own clock."""
        return self.status()["elapsed_seconds"] if (self.output / "status.json").exists() else 0

    def assert_nothing_twice(self):
        counts = collections.Counter((r["kind"], r["trial"], r["evaluation"]) for r in self.records() if r["status"] != "failed")
        self.assertEqual([key for key, count in counts.items() if count > 1], [])
