# SPDX-License-Identifier: MIT
"""Runs of `eigensweep run` with the real worker, and what tests compare of them."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

try:
    import h5py
    import numpy as np
except ImportError as missing:
    print(f"skipped: {missing}; scripts/setup installs what the tests need")
    sys.exit(77)

BIN = Path(os.environ["EIGENSWEEP_BIN"])
#: The device that all results must come from; "" accepts any.
DEVICE = os.environ.get("EIGENSWEEP_EXPECTED_DEVICE", "")
ENVIRONMENT = dict(
    os.environ,
    OMPI_ALLOW_RUN_AS_ROOT="1",
    OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
    OMPI_MCA_rmaps_base_oversubscribe="1",
    OMPI_MCA_hwloc_base_binding_policy="none",
    OMPI_MCA_btl_base_warn_component_unused="0",
)


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="eigensweep-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def command(self, content, output, *options, ranks=0):
        file = self.folder / f"study-{abs(hash(json.dumps(content)))}.json"
        file.write_text(json.dumps(content))
        launcher = ["mpirun", "-n", str(ranks)] if ranks else []
        return [*launcher, str(BIN / "eigensweep"), "run", str(file), "--output", str(output), *options]

    def run_study(self, content, output, *options, ranks=0, expect=0):
        done = subprocess.run(
            self.command(content, output, *options, ranks=ranks), env=ENVIRONMENT, capture_output=True, text=True, timeout=300
        )
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        if DEVICE and expect == 0:
            with h5py.File(output / "results.h5") as file:
                self.assertEqual(set(file["device"].asstr()[...]), {DEVICE})
        return done.stdout + done.stderr

    def numbers(self, output):
        """Every number that a rerun must repeat, by name."""
        found = {}
        with h5py.File(output / "results.h5") as file:
            for name in (
                "status", "history/loss", "history/task_loss", "history/penalty", "attacks/robust_accuracy",
                "attacks/robust_loss", "accuracy/test_accuracy", "accuracy/test_loss", "spectrum/eigenvalues",
            ):
                found[name] = file[name][...]
            found["trial_id"] = file["trial_id"].asstr()[...]
        return found

    def assert_same(self, first, second, relative):
        for name, values in first.items():
            if name == "trial_id":
                self.assertEqual(list(values), list(second[name]))
            elif name.endswith("accuracy"):  # one of the hundred samples may lie on a decision boundary
                np.testing.assert_allclose(values, second[name], atol=0.0101 if relative else 0, err_msg=name)
            elif name == "spectrum/eigenvalues":  # the smallest are rounding errors of the largest
                np.testing.assert_allclose(values, second[name], rtol=relative * 10, atol=relative * np.nanmax(values), err_msg=name)
            else:
                np.testing.assert_allclose(values, second[name], rtol=relative, err_msg=name)
