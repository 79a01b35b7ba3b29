# SPDX-License-Identifier: MIT
"""`eigensweep run` with workers on the pretended device: the numbers are the CPU's, bit for bit, and an error of the device costs
no more than it must."""

import json
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
    import numpy as np
except ImportError as missing:
    print(f"skipped: {missing}; scripts/setup --tests installs what the tests need")
    sys.exit(77)

BIN = Path(os.environ["EIGENSWEEP_BIN"])
WORKER = os.environ["EIGENSWEEP_WORKER_ON_DEVICE"]


def study(**changes):
    content = {
        "name": "device",
        "seed": {"sweep": [0, 1]},
        "dataset": {"kind": "gaussian", "train_samples": 600, "test_samples": 200, "input_size": 30},
        "model": {"width": {"sweep": [12, 16]}, "depth": 2},
        "training": {"epochs": 3, "batch_size": 100},
        "regularizers": {"spectral": {"strength": {"sweep": [0, 0.5]}, "layers": "all"}},
        "attacks": {"pgd": {"epsilon": {"sweep": [0, 0.1]}, "samples": 60, "steps": 5}},
    }
    return content | changes


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="eigensweep-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def command(self, content, name, *options):
        file = self.folder / f"{name}.json"
        file.write_text(json.dumps(content))
        return [str(BIN / "eigensweep"), "run", str(file), "--output", str(self.folder / name), "--device", "cpu", "--workers", "1",
                "--threads", "1", *options]

    @staticmethod
    def environment(on_device, fault=None):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("EIGENSWEEP_")}
        if on_device:
            environment["EIGENSWEEP_WORKER"] = WORKER
        if fault:
            environment["EIGENSWEEP_PRETENDED_FAULT"] = json.dumps(fault)
        return environment

    def run_study(self, content, name, fault=None, on_device=True, expect=0):
        done = subprocess.run(self.command(content, name), env=self.environment(on_device, fault), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=300)
        self.assertEqual(done.returncode, expect, done.stdout)
        self.output = done.stdout
        return self.content(name)

    def content(self, name):
        """Every array of numbers of results.h5 but times, by its path."""
        found = {}

        def keep(path, node):
            if isinstance(node, h5py.Dataset) and node.dtype.kind in "fiu" and "second" not in path:
                found[path] = node[()]

        with h5py.File(self.folder / name / "results.h5") as file:
            file.visititems(keep)
        return found

    def assert_equal(self, one, other, tolerance=0):
        self.assertEqual(one.keys(), other.keys())
        self.assertGreater(len(one), 20)
        for path, array in one.items():
            np.testing.assert_allclose(array, other[path], rtol=tolerance, atol=0, err_msg=path)


class Results(Case):
    def assert_as_on_the_cpu(self, content, tolerance=0):
        on_device = self.run_study(content, "device")
        with h5py.File(self.folder / "device" / "results.h5") as file:
            self.assertEqual(set(file["device"].asstr()[()]), {"pretended:0"})
            self.assertEqual(json.loads(file.attrs["provenance"])["float32_products"], ["ieee"])
        self.assert_equal(on_device, self.run_study(content, "cpu", on_device=False), tolerance)

    def test_a_study_gives_the_numbers_of_the_cpu(self):
        self.assert_as_on_the_cpu(study())

    def test_every_condition_of_the_paper_does(self):
        conditions = [
            {"name": "vanilla"},
            {"name": "whitened", "model": {"whiten": 1}},
            {"name": "jacobian", "regularizers": {"jacobian": {"strength": 0.01}}},
            {"name": "adversary", "training": {"adversary": "pgd"}},
        ]
        content = study(cases=conditions)
        del content["regularizers"]
        self.assert_as_on_the_cpu(content)

    def test_convolutional_networks_do(self):
        content = study(model={"kind": "cnn", "width": 16}, training={"epochs": 1, "batch_size": 50})
        self.assert_as_on_the_cpu(content | {"dataset": {"train_samples": 200, "test_samples": 60}})

    def test_kernels_and_networks_of_infinite_width_do(self):
        model = {"width": {"sweep": [16, "inf"]}, "depth": 2, "parametrisation": "ntk", "weight_variance": 1, "centre_output": True}
        training = {"loss": "mse", "batch_size": 600, "epochs": 30, "optimizer": {"kind": "sgd", "learning_rate": 0.5}}
        content = study(model=model, training=training, metrics={"accuracy": {}, "kernel_regression": {"train_samples": 100}, "kernel_regime": {"samples": 40}})
        del content["regularizers"]
        self.assert_as_on_the_cpu(content, tolerance=1e-14)  # the CPU sums a loss in blocks


class Checkpoints(Case):
    def begin(self, content, name, on_device):
        """Interrupts a run in a training, after its first checkpoint."""
        command = self.command(content, name, "--checkpoint-every", "0.001")
        process = subprocess.Popen(command, env=self.environment(on_device), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        limit = time.monotonic() + 120
        while not list((self.folder / name / "checkpoints").glob("*.safetensors")) and time.monotonic() < limit:
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        output = process.communicate(timeout=120)[0]
        self.assertEqual(process.returncode, 75, output)

    def log(self, name):
        return "".join(file.read_text() for file in (self.folder / name / "logs").iterdir())

    def test_a_run_goes_on_on_another_device_with_the_numbers_of_an_undisturbed_one(self):
        content = study(model={"width": 12}, training={"epochs": 150, "batch_size": 100})  # long enough to be met in training
        undisturbed = self.run_study(content, "undisturbed")
        for first, second in ((True, False), (False, True)):
            name = "from_the_device" if first else "to_the_device"
            self.begin(content, name, on_device=first)
            self.assertNotIn("goes on from its checkpoint", self.log(name))
            self.assert_equal(self.run_study(content, name, on_device=second), undisturbed)
            self.assertIn("goes on from its checkpoint", self.log(name))
            with h5py.File(self.folder / name / "results.h5") as file:
                self.assertIn("pretended:0" if second else "cpu", set(file["device"].asstr()[()]))


class Faults(Case):
    def test_a_lost_context_ends_its_worker_and_nothing_else(self):
        undisturbed = self.run_study(study(), "undisturbed")
        fault = {"kind": "lost", "after": 1500, "once": str(self.folder / "once")}
        self.assert_equal(self.run_study(study(), "lost", fault=fault), undisturbed)
        self.assertTrue((self.folder / "once").exists())
        self.assertIn("the device does not compute: CUDA error: unspecified launch failure", self.output)

    def test_a_device_that_is_broken_from_the_start_fails_no_trial(self):
        undisturbed = self.run_study(study(), "undisturbed")
        self.run_study(study(), "broken", fault={"kind": "lost"}, expect=4)
        self.assertIn("the device does not compute: CUDA error: unspecified launch failure", self.output)
        self.assertNotIn("failed:", self.output)
        self.assert_equal(self.run_study(study(), "broken"), undisturbed)

    def test_a_solver_that_is_refused_memory_is_no_divergence(self):
        undisturbed = self.run_study(study(), "undisturbed")
        fault = {"kind": "refused", "operator": "linalg_eigh", "once": str(self.folder / "once"), "after": 3,
                 "text": "cusolver error: CUSOLVER_STATUS_ALLOC_FAILED, when calling `cusolverDnCreate(handle)`"}
        self.assert_equal(self.run_study(study(), "refused", fault=fault), undisturbed)
        self.assertTrue((self.folder / "once").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
