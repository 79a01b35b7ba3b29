# SPDX-License-Identifier: MIT
"""`eigensweep run` with the real worker on real MNIST, small: the same results alone, under mpirun, killed and continued;
extended studies train nothing again; a kept network gives the numbers of the file in plain torch."""

import gzip
import json
import os
import re
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
    import torch
    from safetensors.torch import load_file
except ImportError as missing:
    print(f"skipped: {missing}; scripts/setup installs what the tests need")
    sys.exit(77)

BIN = Path(os.environ["EIGENSWEEP_BIN"])
MNIST = Path(os.environ["EIGENSWEEP_SOURCE"]) / "data" / "mnist"
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


def with_unreadable_place(content):
    """A checkpoint whose place in the training is no JSON, without a checksum, as older programs write."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    del header["__metadata__"]["sha256"]
    header["__metadata__"]["position"] = re.sub(r'("epoch":)', r"\1-", header["__metadata__"]["position"], count=1)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + content[8 + length :]


def study(epochs=2, attacks=None):
    """Eight trials: two widths, with and without penalty, two seeds."""
    return {
        "name": "small",
        "seed": {"sweep": [0, 1]},
        "dataset": {"train_samples": 1500, "test_samples": 400},
        "model": {"width": {"sweep": [24, 32]}, "depth": 2},
        "training": {"epochs": epochs, "batch_size": 128, "optimizer": {"amsgrad": True}},
        "regularizers": {"spectral": {"strength": {"sweep": [0, 0.5]}, "layers": "all"}},
        "attacks": attacks or {"fgsm": {"epsilon": {"sweep": [0, 0.05]}, "samples": 100}},
    }


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


class Results(Case):
    def test_packs_and_ranks_do_not_matter(self):
        self.run_study(study(), self.folder / "alone", "--lanes", "1", "--workers", "1")
        alone = self.numbers(self.folder / "alone")
        self.assertTrue((alone["status"] == 1).all())
        self.run_study(study(), self.folder / "packed", "--workers", "1")
        self.assert_same(alone, self.numbers(self.folder / "packed"), 1e-4)
        for ranks in (1, 2, 3):
            self.run_study(study(), self.folder / f"ranks-{ranks}", ranks=ranks)
            self.assert_same(alone, self.numbers(self.folder / f"ranks-{ranks}"), 1e-4)

    def test_a_kept_network_gives_the_numbers_of_the_file(self):
        output = self.folder / "out"
        self.run_study(study(), output)
        import gzip

        with gzip.open(MNIST / "t10k-images-idx3-ubyte.gz") as stream:
            images = np.frombuffer(stream.read(), np.uint8, offset=16).reshape(-1, 784)[:400]
        with gzip.open(MNIST / "t10k-labels-idx1-ubyte.gz") as stream:
            labels = np.frombuffer(stream.read(), np.uint8, offset=8)[:400].astype(np.int64)
        inputs, labels = torch.from_numpy(images.astype(np.float32) / 255), torch.from_numpy(labels)
        with h5py.File(output / "results.h5") as file:
            epsilon = list(file["epsilon"][...])
            for row, trial in enumerate(file["trial_id"].asstr()[...]):
                weights = load_file(output / "models" / f"{trial}.safetensors")
                width = weights["0.weight"].shape[0]
                network = torch.nn.Sequential(
                    torch.nn.Linear(784, width), torch.nn.Tanh(), torch.nn.Linear(width, width), torch.nn.Tanh(),
                    torch.nn.Linear(width, 10),
                )
                network.load_state_dict(weights)
                right = (network(inputs).argmax(1) == labels).float()
                self.assertAlmostEqual(right.mean().item(), file["accuracy/test_accuracy"][row], delta=0.0026)
                robust = file["attacks/robust_accuracy"][row, 0]
                self.assertAlmostEqual(robust[epsilon.index(0.0)], right[:100].mean().item(), delta=0.0101)
                x = inputs[:100].clone().requires_grad_(True)
                torch.nn.functional.cross_entropy(network(x), labels[:100], reduction="sum").backward()
                moved = (x + 0.05 * x.grad.sign()).clamp(0, 1)
                attacked = (network(moved).argmax(1) == labels[:100]).float().mean().item()
                self.assertAlmostEqual(robust[epsilon.index(0.05)], attacked, delta=0.0101)


    def test_a_network_that_is_too_narrow_for_its_exponent_has_none_and_the_reason(self):
        content = study(epochs=1) | {"model": {"width": {"sweep": [12, 24]}}, "seed": 0, "regularizers": {}}
        text = self.run_study(content, self.folder / "out")
        self.assertIn("/metrics/spectrum: layers of fewer than 18 units get no exponent", text)
        with h5py.File(self.folder / "out" / "results.h5") as file:
            self.assertEqual(list(file["spectrum/status"][...]), [1, 1])
            np.testing.assert_array_equal(file["spectrum/fit_ranks"][:, 0], [2, 14])
            np.testing.assert_array_equal(np.isfinite(file["spectrum/exponent"][:, 0]), [False, True])
            self.assertEqual(list(file["spectrum/message"].asstr()[...]),
                             ["layer 1 has 2 ranks from 11 on, fewer than the 8 that a fit needs: no exponent", ""])
        shown = subprocess.run([str(BIN / "eigensweep"), "show", str(self.folder / "out" / "results.h5"), "--json"],
                               capture_output=True, text=True, check=True)
        exponents = [row["last_exponent"]["mean"] for row in json.loads(shown.stdout)["combinations"]]
        self.assertIsNone(exponents[0])
        self.assertGreater(exponents[1], 0)


class Interruptions(Case):
    """A single trial on one thread always runs the same arithmetic, so its numbers must be equal to the last bit. In
    packs the sums are rounded in another order, and a penalty with eigenvectors amplifies this in a dozen epochs, so
    there only the first epoch is compared."""

    def interrupted(self, signal_number, moment, expect, *options):
        content, output = study(epochs=12), self.folder / f"out-{signal_number}-{moment}"
        process = subprocess.Popen(
            self.command(content, output, *options), env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        time.sleep(moment)
        process.send_signal(signal_number)
        text = process.communicate(timeout=120)[0]
        if process.returncode != 0:  # a fast machine may have finished before
            self.assertEqual(process.returncode, expect, text)
        self.run_study(content, output, *options)
        return self.numbers(output)

    def test_a_trial_that_was_killed_and_continued_equals_an_undisturbed_one_bit_for_bit(self):
        alone = ("--lanes", "1", "--workers", "2", "--threads", "1")
        self.run_study(study(epochs=12), self.folder / "whole", *alone)
        whole = self.numbers(self.folder / "whole")
        for moment in (0.6, 1.2, 2.4):
            self.assert_same(whole, self.interrupted(signal.SIGKILL, moment, -9, *alone), 0)
        for moment in (0.8, 1.6):
            self.assert_same(whole, self.interrupted(signal.SIGINT, moment, 75, *alone), 0)

    def test_a_network_or_a_checkpoint_that_finds_no_room_stops_the_run_which_continues_bit_for_bit(self):
        alone = ("--lanes", "1", "--workers", "2", "--threads", "1")
        self.run_study(study(), self.folder / "whole", *alone)
        for what, options in (("models", ()), ("checkpoints", ("--checkpoint-every", "0.001"))):
            output = self.folder / what
            done = subprocess.run(  # a network of width 24 does not fit in 70 KiB
                ["bash", "-c", 'ulimit -S -f 70; exec "$@"', "sh", *self.command(study(), output, *alone, *options)],
                env=ENVIRONMENT, capture_output=True, text=True, timeout=300,
            )
            self.assertEqual(done.returncode, 4, done.stdout + done.stderr)
            self.assertRegex(done.stderr.splitlines()[-1], f"^eigensweep: {output}/{what}/[^ ]*: cannot write: File too large ")
            self.run_study(study(), output, *alone, *options)
            self.assert_same(self.numbers(self.folder / "whole"), self.numbers(output), 0)

    def killed_with_checkpoints(self, output, *options):
        """Kills a run as soon as there is a checkpoint, and gives the checkpoints."""
        process = subprocess.Popen(self.command(study(epochs=30), output, *options), env=ENVIRONMENT,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        limit = time.monotonic() + 60
        while not list((output / "checkpoints").glob("*.safetensors")) and time.monotonic() < limit:
            time.sleep(0.005)
        process.kill()
        process.wait()
        checkpoints = list((output / "checkpoints").glob("*.safetensors"))
        self.assertTrue(checkpoints, "the run ended before it was killed")
        return checkpoints

    def test_a_killed_run_goes_on_from_the_checkpoints_on_the_way_and_from_damaged_ones_anew_bit_for_bit(self):
        alone = ("--lanes", "1", "--workers", "2", "--threads", "1", "--checkpoint-every", "0.01")
        self.run_study(study(epochs=30), self.folder / "whole", *alone)
        output = self.folder / "out"
        for damage, expected in (
            (lambda content: content, "goes on from its checkpoint"),
            (lambda content: content[:-1], "its content has changed since it was written; delete it, and it is made again"),
            (with_unreadable_place, "; delete it, and its trials start anew"),
        ):
            shutil.rmtree(output, ignore_errors=True)
            for checkpoint in self.killed_with_checkpoints(output, *alone):
                checkpoint.write_bytes(damage(checkpoint.read_bytes()))
            said = self.run_study(study(epochs=30), output, *alone)
            self.assert_same(self.numbers(self.folder / "whole"), self.numbers(output), 0)
            self.assertIn(expected, said + "".join(log.read_text() for log in (output / "logs").iterdir()))

    def test_packs_that_were_killed_and_continued_equal_undisturbed_ones(self):
        self.run_study(study(epochs=12), self.folder / "whole")
        whole = self.numbers(self.folder / "whole")
        for moment in (0.6, 1.2, 1.8):
            again = self.numbers_of_first_epoch(self.interrupted(signal.SIGKILL, moment, -9))
            self.assert_same(self.numbers_of_first_epoch(whole), again, 1e-4)

    @staticmethod
    def numbers_of_first_epoch(numbers):
        first = {name: numbers[name][:, 0] for name in ("history/loss", "history/task_loss", "history/penalty")}
        return first | {"status": numbers["status"], "trial_id": numbers["trial_id"]}


class Extensions(Case):
    def trained(self, output):
        with h5py.File(output / "results.h5") as file:
            return {trial: seconds for trial, seconds in zip(file["trial_id"].asstr()[...], file["train_seconds"][...])}

    def test_more_epsilons_attacks_and_widths_train_nothing_again(self):
        output = self.folder / "out"
        self.run_study(study(), output)
        before, models = self.trained(output), {p: p.stat().st_mtime_ns for p in (output / "models").iterdir()}
        old = self.numbers(output)
        more = study(attacks={
            "fgsm": {"epsilon": {"sweep": [0, 0.05, 0.1]}, "samples": 100},
            "pgd": {"epsilon": {"sweep": [0.05]}, "steps": 5, "samples": 100},
        })
        self.run_study(more, output)
        self.assertEqual(self.trained(output), before)
        with h5py.File(output / "results.h5") as file:
            self.assertEqual(list(file["attack"].asstr()[...]), ["fgsm", "pgd"])
            robust = file["attacks/robust_accuracy"][...]
        self.assertFalse(np.isnan(robust[:, 0]).any())
        np.testing.assert_array_equal(robust[:, 0, :2], old["attacks/robust_accuracy"][:, 0])
        more["model"]["width"]["sweep"].append(40)
        self.run_study(more, output)
        after = self.trained(output)
        self.assertEqual(len(after), 12)
        self.assertEqual({trial: after[trial] for trial in before}, before)
        for path, modified in models.items():
            self.assertEqual(path.stat().st_mtime_ns, modified)


class Infinity(Case):
    """A grid with infinite width, whose limit is a cell like any other."""

    @staticmethod
    def study(epsilons):
        return {
            "name": "limit",
            "seed": {"sweep": [0, 1]},
            "dataset": {"train_samples": 200, "test_samples": 200},
            "model": {"width": {"sweep": [16, 512, "inf"]}, "activation": "relu", "normalise": "per_image",
                      "parametrisation": "ntk", "weight_variance": 2, "bias_variance": 0.1, "centre_output": True},
            "training": {"epochs": 60, "batch_size": 200, "loss": "mse", "target_offset": 0.1, "snapshots": 3,
                         "optimizer": {"kind": "sgd", "learning_rate": 2}},
            "attacks": {"fgsm": {"epsilon": {"sweep": epsilons}, "samples": 100}},
            "metrics": {"accuracy": {}, "spectrum": {}, "initial": {"kind": "spectrum", "network": "initial"},
                        "kernel_regime": {"samples": 32, "keep_grams": True},
                        "kernel_regression": {"train_samples": 50, "samples": 100, "epsilon": 0.01}},
        }

    def test_the_limit_is_trained_attacked_measured_and_loaded_again(self):
        output = self.folder / "out"
        self.run_study(self.study([0, 0.05]), output)
        with h5py.File(output / "results.h5") as file:
            self.assertTrue((file["status"][...] == 1).all())
            width, loss = file["width"][...], file["history/loss"][...]
            robust, drift = file["attacks/robust_accuracy"][:, 0], file["kernel_regime/ntk_drift"][...]
            exponent, grams = file["spectrum/exponent"][...], file["kernel_regime/hidden_grams"][...]
            moments = file["kernel_regime/moment_epoch"][...]
            on_the_way = file["kernel_regime/ntk_drift_history"][...]
            regression = file["kernel_regression/robust_accuracy_final"][...]
            comparable, untrained = file["comparable_to_inf"][...], file["initial/exponent"][...]
        limit = np.isinf(width)
        self.assertEqual(limit.sum(), 2)
        self.assertTrue(np.isnan(drift[limit]).all() and np.isfinite(drift[~limit]).all())
        self.assertTrue(np.isfinite(grams).all() and (comparable == 1).all())
        self.assertTrue(np.isnan(exponent[width == 16]).all(), "16 units have fewer ranks from 11 on than a fit needs")
        self.assertTrue(np.isfinite(exponent[width > 16]).all())
        np.testing.assert_array_equal(exponent[limit], untrained[limit])
        self.assertTrue((exponent[width == 512] != untrained[width == 512]).all())
        self.assertEqual(moments[~limit].tolist(), [[1, 8, 60]] * 4)
        np.testing.assert_allclose(on_the_way[~limit, 2], drift[~limit])
        self.assertTrue((on_the_way[~limit, 0] < on_the_way[~limit, 1]).all())
        self.assertTrue((regression[width == 512] > 0.4).all() and np.isnan(regression[limit]).all())
        np.testing.assert_array_equal(robust[limit][0], robust[limit][1])  # every seed is the same network
        # A finite network's loss is that of its epoch's step, before it; the limit's is after it.
        wide, infinite = loss[width == 512].mean(0), loss[limit][0]
        np.testing.assert_allclose(wide[1:], infinite[:-1], rtol=0.05)

        self.run_study(self.study([0, 0.05, 0.1]), output)
        with h5py.File(output / "results.h5") as file:
            again = file["attacks/robust_accuracy"][:, 0]
        np.testing.assert_array_equal(again[:, :2], robust)
        more = self.study([0, 0.05, 0.1])
        more["metrics"]["later"] = {"kind": "kernel_regime", "samples": 32}  # runs on kept networks and snapshots
        self.run_study(more, output)
        with h5py.File(output / "results.h5") as file:
            np.testing.assert_allclose(file["later/ntk_drift_history"][...], on_the_way)
        self.assertFalse(np.isnan(again).any())
        self.assertTrue((again[limit][:, 2] <= again[limit][:, 1]).all())

    def test_a_convolutional_network_has_a_limit_too(self):
        study = self.study([0, 0.05])
        study["name"] = "convolutional"
        study["dataset"] = {"train_samples": 60, "test_samples": 40}
        study["model"] = {**study["model"], "kind": "cnn", "width": {"sweep": [16, 256, "inf"]}, "depth": 1, "channels": 128,
                          "kernel_size": 5, "stride": 2, "pooling": "average"}
        study["training"] |= {"batch_size": 60, "epochs": 12}  # later, so narrow a network deviates
        study["attacks"]["fgsm"]["samples"] = 10
        del study["training"]["snapshots"]
        study["metrics"] = {"accuracy": {}, "spectrum": {}}
        output = self.folder / "out"
        self.run_study(study, output)
        with h5py.File(output / "results.h5") as file:
            self.assertTrue((file["status"][...] == 1).all())
            width, loss = file["width"][...], file["history/loss"][...]
            robust, exponent = file["attacks/robust_accuracy"][:, 0], file["spectrum/exponent"][...]
        limit = np.isinf(width)
        self.assertTrue(np.isfinite(exponent[limit]).all(), exponent)
        self.assertTrue((robust[limit][:, 1] <= robust[limit][:, 0]).all())
        np.testing.assert_array_equal(robust[limit][0], robust[limit][1])
        np.testing.assert_allclose(loss[width == 256].mean(0)[1:], loss[limit][0][:-1], rtol=0.05)


class Widths(Case):
    """The distance from the start of training falls with the width as theory says (Lee et al. 2019; Yang, Hu 2021)."""

    WIDTHS = [128, 256, 512, 1024, 2048]

    def slopes(self, parametrisation, training):
        output = self.folder / parametrisation
        self.run_study({
            "name": "widths",
            "seed": {"sweep": [0, 1]},
            "dataset": {"train_samples": 128, "test_samples": 128},
            "model": {"width": {"sweep": self.WIDTHS}, "depth": 2, "activation": "relu", "normalise": "per_image",
                      "parametrisation": parametrisation, "weight_variance": 2, "bias_variance": 0.1,
                      "centre_output": True},
            "training": {"epochs": 2000, "batch_size": 128, "loss": "mse", "target_offset": 0.1, "stop_loss": 0.02,
                         **training},
            "metrics": {"kernel_regime": {"samples": 64}},
        }, output)
        with h5py.File(output / "results.h5") as file:
            width = file["width"][...]
            self.assertTrue((np.nanmin(file["history/task_loss"][...], 1) <= 0.02).all())
            change, drift = file["kernel_regime/weight_change"][...], file["kernel_regime/ntk_drift"][...]
        mean = [np.r_[change[width == w].mean(0), drift[width == w].mean()] for w in self.WIDTHS]
        return np.polyfit(np.log(self.WIDTHS), np.log(mean), 1)[0]  # input, hidden, readout, tangent kernel

    def test_the_ntk_parametrisation_becomes_lazy_and_mup_does_not(self):
        lazy = self.slopes("ntk", {"optimizer": {"kind": "sgd", "learning_rate": 2}})
        np.testing.assert_allclose(lazy[[0, 2]], -0.5, atol=0.1)
        self.assertAlmostEqual(lazy[1], -1, delta=0.15)
        rich = self.slopes("mup", {"rate_rule": "mup", "optimizer": {"kind": "sgd", "learning_rate": 0.1}})
        self.assertLess(abs(rich[3]), 0.15)


class Data(Case):
    def data_folder(self, name, relabel):
        """A node's own MNIST: the real images, with the labels as they are or moved on by one."""
        folder = self.folder / name / "mnist"
        folder.mkdir(parents=True)
        for file in MNIST.iterdir():
            if "labels" not in file.name:
                (folder / file.name).symlink_to(file)
                continue
            content = bytearray(gzip.decompress(file.read_bytes()))
            if relabel:
                content[8:] = bytes((label + 1) % 10 for label in content[8:])
            (folder / file.name).write_bytes(gzip.compress(bytes(content), 1))
        return folder.parent

    def test_two_ranks_that_see_different_content_under_one_path_do_not_mix(self):
        output = self.folder / "out"
        alike, other = self.data_folder("alike", False), self.data_folder("other", True)
        content = study(epochs=1)
        run = self.command(content, output, "--device", "cpu", "--threads", "1")
        ranks = []
        for index, folder in enumerate((alike, other)):
            ranks += [":"] * (index > 0) + ["-n", "1", "-x", f"EIGENSWEEP_DATA_FOLDER={folder}", *run]
        done = subprocess.run(["mpirun", *ranks], env=ENVIRONMENT, capture_output=True, text=True, timeout=300)
        text = done.stdout + done.stderr
        self.assertEqual(done.returncode, 3, text)
        said = re.search(r"/dataset: on (\S+) the content of dataset 'mnist' has the hash (\w+), not (\w+) as where the run began", text)
        self.assertIsNotNone(said, text)
        # All results come from the first rank's data. The other rank's worker left none, and no trial counts as failed.
        self.run_study(content, output, "--device", "cpu")
        with h5py.File(output / "results.h5") as file:
            self.assertEqual(set(file["dataset_sha256"].asstr()[...]), {said.group(3)})
            self.assertTrue((file["status"][...] == 1).all())


if __name__ == "__main__":
    unittest.main()
