# SPDX-License-Identifier: MIT
"""The batch script and the sites' files, without SLURM: short, and Bash that parses."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "slurm" / "eigensweep.sbatch"
SITES = sorted((ROOT / "slurm" / "env").glob("*.sh"))


class Scripts(unittest.TestCase):
    def test_bash_can_read_them(self):
        self.assertGreaterEqual(len(SITES), 3)
        for path in (SCRIPT, *SITES):
            done = subprocess.run(["bash", "-n", str(path)], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""), path)

    def test_the_batch_script_stays_short_and_asks_for_what_makes_it_go_on(self):
        lines = SCRIPT.read_text().splitlines()
        self.assertLessEqual(len(lines), 44)
        for directive in ("#SBATCH --signal=USR1@60", "#SBATCH --requeue", "#SBATCH --open-mode=append"):
            self.assertIn(directive, lines)

    def run_with(self, srun: str, folder: str) -> subprocess.CompletedProcess:
        """The script where `srun` is this Bash; it sees the program's arguments. Nothing sleeps."""
        bin_folder = Path(folder) / "bin"
        bin_folder.mkdir()
        for name, text in (("srun", srun), ("sleep", "exit 0"), ("eigensweep", "exit 99"), ("scontrol", "exit 1")):
            (bin_folder / name).write_text(f"#!/usr/bin/env bash\n{text}\n")
            (bin_folder / name).chmod(0o755)
        environment = os.environ | {"PATH": f"{bin_folder}:{os.environ['PATH']}", "EIGENSWEEP": str(bin_folder / "eigensweep"),
                                    "SLURM_SUBMIT_DIR": folder, "SLURM_JOB_ID": "7"}
        return subprocess.run(["bash", str(SCRIPT), "study.json"], capture_output=True, text=True, env=environment)

    def test_a_step_that_ran_nothing_is_no_success(self):
        with tempfile.TemporaryDirectory() as folder:
            done = self.run_with('[[ $1 == --mpi=list ]] || echo "$*" >> calls', folder)
            self.assertEqual(done.returncode, 255, done.stdout + done.stderr)
            self.assertEqual(done.stdout.count("none has started (exit code 255): starting again"), 3)
            calls = (Path(folder) / "calls").read_text().splitlines()
            self.assertEqual(len(calls), 3)
            self.assertIn("run study.json --done-file", calls[0])

    def test_a_step_that_left_its_proof_is_one(self):
        with tempfile.TemporaryDirectory() as folder:
            done = self.run_with('[[ $1 == --mpi=list ]] || touch "${@: -1}"', folder)
            self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
            self.assertEqual(list(Path(folder).glob(".eigensweep*")), [])

    def test_without_a_study_it_says_how_it_is_used(self):
        done = subprocess.run(["bash", str(SCRIPT)], capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("usage: sbatch slurm/eigensweep.sbatch STUDY", done.stderr)

    def test_sites_add_to_the_options_of_srun_and_name_themselves(self):
        for path in SITES:
            script = f"module() {{ :; }}; srun_options=(); set -eu; source '{path}'; printf '%s\\n' \"${{srun_options[@]}}\""
            done = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("--cpu-bind=cores", done.stdout.splitlines())
            self.assertIn(f"EIGENSWEEP_ENV=$PWD/slurm/env/{path.name}", path.read_text())


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
