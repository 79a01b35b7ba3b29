# SPDX-License-Identifier: MIT
"""The batch script and the sites' files, without SLURM: short, and Bash that parses."""

import subprocess
import sys
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
        self.assertLessEqual(len(lines), 40)
        for directive in ("#SBATCH --signal=USR1@60", "#SBATCH --requeue", "#SBATCH --open-mode=append"):
            self.assertIn(directive, lines)

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
