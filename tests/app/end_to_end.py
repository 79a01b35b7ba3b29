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

from real_runs import BIN, ENVIRONMENT, Case

MNIST = Path(os.environ["EIGENSWEEP_SOURCE"]) / "data" / "mnist"


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

    def attack(self, output, content, expect=0):
        file = self.folder / "attacks.json"
        file.write_text(content if isinstance(content, str) else json.dumps(content))
        command = [str(BIN / "eigensweep"), "attack", str(output), "--study", str(file)]
        done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done.stderr

    def test_kept_networks_are_attacked_again_without_training(self):
        output = self.folder / "out"
        self.run_study(study(), output)
        trained, old = self.trained(output), self.numbers(output)
        said = self.attack(output, {"attacks": {"strong": {"kind": "pgd", "epsilon": 0.1, "steps": 5, "samples": 100}}})
        self.assertEqual(self.trained(output), trained)
        self.assertNotIn("already done", said)
        status = json.loads((output / "status.json").read_text())
        self.assertEqual(status["continue_command"], f"eigensweep attack {output} --study {self.folder / 'attacks.json'}")
        with h5py.File(output / "results.h5") as file:
            self.assertEqual(list(file["attack"].asstr()[...]), ["fgsm", "strong"])
            robust = file["attacks/robust_accuracy"][...]
        np.testing.assert_array_equal(robust[:, 0, :2], old["attacks/robust_accuracy"][:, 0])
        self.assertFalse(np.isnan(robust[:, 1, -1]).any())
        # A label that is there already gets the new options; results.h5 names the folder as well.
        self.attack(output / "results.h5", {"attacks": {"fgsm": {"epsilon": 0.2, "samples": 100}}})
        with h5py.File(output / "results.h5") as file:
            self.assertEqual(list(file["epsilon"][...]), [0.1, 0.2])
        self.assertEqual(self.trained(output), trained)
        # Metrics are added to those that a study without the section has.
        said = self.attack(output, {"metrics": {"accuracy": {}, "weights": {}}})
        self.assertNotIn("will lack", said)
        with h5py.File(output / "results.h5") as file:
            self.assertLessEqual({"accuracy", "spectrum", "weights"}, set(file))
        # The user's own file does not ask for the new attack: the run says what results.h5 no longer has.
        said = self.run_study(study(), output)
        self.assertIn(f"{output}/results.h5 will lack attacks/strong, metrics/weights, which ", said)
        with h5py.File(output / "results.h5") as file:
            self.assertEqual(list(file["attack"].asstr()[...]), ["fgsm"])
        self.assertNotIn("will lack", self.run_study(study(), output))

    def test_what_attack_cannot_do_is_said_in_one_line_and_changes_nothing(self):
        output = self.folder / "out"
        self.run_study(study(), output)
        before = (output / "results.h5").read_bytes(), (output / "study.json").read_bytes()
        file, networks = self.folder / "attacks.json", len(list((output / "models").iterdir()))
        for content, message in (
            ({"model": {"width": 3}}, f"{file}:/model: cannot be changed, because the networks in {output} are trained; leave it out: "
                                      "only 'attacks' and 'metrics' are read here"),
            ({"attacks": {"pgd": {"epsilon": 0.1, "stepz": 3}}}, f"(in the study of {output}, with the attacks and metrics of {file})"),
            ({"attacks": 3}, f"{file}:/attacks: is no object"),
            ("[1]", f'{file}: is no JSON object; write {{"attacks": {{...}}}}'),
            ("{", f"{file}: is no JSON: "),
        ):
            self.assertIn(message, self.attack(output, content, expect=2))
        min((output / "models").iterdir()).unlink()
        self.assertIn(f"{output}: 1 of {networks} networks are not in {output}/models (not trained yet, or not kept); 'eigensweep run ",
                      self.attack(output, {"attacks": {"pgd": {"epsilon": 0.1}}}, expect=2))
        self.assertEqual(((output / "results.h5").read_bytes(), (output / "study.json").read_bytes()), before)
        empty = self.folder / "empty"
        empty.mkdir()
        self.assertIn("name an output folder of 'eigensweep run'", self.attack(empty, {"attacks": {}}, expect=2))


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
