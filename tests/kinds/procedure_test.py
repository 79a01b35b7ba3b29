# SPDX-License-Identifier: MIT
"""A study of the toy procedure logistic_map, which trains nothing: plan, a run under mpirun, results.h5, tables, the report."""

import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

try:
    import h5py
    import xarray  # noqa: F401  # the report needs it
except ImportError as error:
    print(f"skipped: {error}; scripts/setup --tests installs it")
    sys.exit(77)

PROGRAM = os.environ["EIGENSWEEP_PROGRAM"]
ANALYSIS = Path(__file__).resolve().parents[2] / "analysis" / "src"
GROWTHS, SEEDS, ITERATIONS = [2.5, 3.2, 3.9, 9.0], [0, 1, 2], 12
STUDY = {
    "name": "maps",
    "procedure": {"kind": "logistic_map", "growth": {"sweep": GROWTHS}, "iterations": ITERATIONS},
    "seed": {"sweep": SEEDS},
}


def states(growth, seed):
    """The same arithmetic in the same order, so the same bits."""
    growth, seed = float(growth), int(seed)
    state, found = (seed + 1) / (seed + 3), []
    for _ in range(ITERATIONS):
        state = growth * state * (1 - state)
        found.append(state)
    return found


class Simulation(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="eigensweep-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.study = self.folder / "maps.json"
        self.study.write_text(json.dumps(STUDY))

    def call(self, *command, expect=0):
        environment = os.environ | {
            "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_rmaps_base_oversubscribe": "1",
            "OMPI_MCA_mpi_yield_when_idle": "1", "PYTHONPATH": str(ANALYSIS)}
        done = subprocess.run([str(part) for part in command], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=200)
        self.assertEqual(done.returncode, expect, done.stdout)
        return done.stdout

    def run_study(self, ranks):
        output = self.folder / f"out-{ranks}"
        run = [PROGRAM, "run", self.study, "--output", output, "--device", "cpu"]
        self.call("mpirun", "-n", ranks, "--bind-to", "none", *run)
        return output, run

    def test_from_the_study_file_to_the_report(self):
        plan = json.loads(self.call(PROGRAM, "plan", self.study, "--json"))
        self.assertEqual((plan["trials"], plan["trials_to_train"], plan["points"]), (12, 12, 12))
        self.assertEqual(plan["flops"], 12 * 3 * ITERATIONS)

        output, run = self.run_study(2)
        self.assertEqual(list((output / "models").iterdir()), [])
        with h5py.File(output / "results.h5") as file:
            self.assertNotIn("history", file)
            self.assertNotIn("attacks", file)
            for row, (growth, seed) in enumerate(zip(file["growth"][...], file["seed"][...])):
                wanted = states(growth, seed)
                runs_away = not math.isfinite(wanted[-1])
                self.assertEqual(file["status"][row], 3 if runs_away else 1)
                self.assertEqual(runs_away, growth == 9.0)
                if not runs_away:
                    self.assertEqual(list(file["logistic_map/state"][row]), wanted)
                    self.assertAlmostEqual(file["logistic_map/mean_state"][row], sum(wanted) / ITERATIONS, 15)
            self.assertEqual(file["logistic_map/state"].shape, (12, ITERATIONS))
            self.assertEqual(set(file["message"].asstr()[...]), {"", "the state is not finite"})
            self.assertEqual(set(file["dataset_sha256"].asstr()[...]), {""})

        again = self.call(*run)
        self.assertIn("12 of 12 trials are already done", again)
        self.assertNotIn("warning", again)  # say, of records without a dataset
        shown = self.call(PROGRAM, "show", output)
        self.assertIn("growth", shown)
        self.assertIn("3.9", shown)
        table = self.call(PROGRAM, "export", "--csv", output / "results.h5").splitlines()
        self.assertEqual(len(table), 13)
        self.assertIn("mean_state", table[0])
        self.call(sys.executable, "-m", "eigensweep_analysis", "report", output / "results.h5", "--output", self.folder / "report")
        page = (self.folder / "report" / "report.html").read_text()
        self.assertIn("maps", page)
        self.assertIn("<th scope='col'>mean state</th>", page)

    def test_ranks_change_no_number(self):
        contents = []
        for ranks in (1, 3):
            with h5py.File(self.run_study(ranks)[0] / "results.h5") as file:
                contents.append((list(file["trial_id"].asstr()[...]), file["logistic_map/state"][...].tobytes()))
        self.assertEqual(contents[0], contents[1])

    def test_what_it_does_not_read_is_refused(self):
        self.study.write_text(json.dumps(STUDY | {"model": {"width": 8}}))
        said = self.call(PROGRAM, "validate", self.study, expect=2)
        self.assertIn("/model: the procedure 'logistic_map' does not read 'model'", said)


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
