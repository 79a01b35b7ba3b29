# SPDX-License-Identifier: MIT
"""A run whose data differs from the data of the records in its output folder."""

import gzip
import json
import struct
import subprocess
import sys
import unittest

from harness import BIN, Case, study


class Data(Case):
    def setUp(self):
        super().setUp()
        self.images("a", 1)
        self.images("b", 2)

    def images(self, name, pixel):
        """Writes four images of 2 x 2 pixels for training and two for testing, as four files in the format of MNIST."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        for split, count in (("train", 4), ("t10k", 2)):
            content = struct.pack(">iiii", 0x803, count, 2, 2) + bytes([pixel] * (4 * count))
            (folder / f"{split}-images-idx3-ubyte.gz").write_bytes(gzip.compress(content))
            (folder / f"{split}-labels-idx1-ubyte").write_bytes(struct.pack(">ii", 0x801, count) + bytes(i % 2 for i in range(count)))

    def name_data(self, folder, seeds=2, epsilons=(0.05, 0.1), **options):
        content = study(seeds=seeds, widths=(8,))
        content["dataset"] = {"kind": "idx_folder", "folder": folder, "classes": 2} | options
        content["training"]["batch_size"] = 4
        content["attacks"]["fgsm"] = {"epsilon": {"sweep": list(epsilons)}, "samples": 2}
        self.write(content)

    def refused(self, **options):
        """Runs a study that must be refused, without a change in the output folder. Returns the one line of output."""
        kept = {name: (self.output / name).read_bytes() for name in ("ledger.bin", "study.json", "datasets.json", "results.h5")}
        text = self.run_study("--workers", 1, expect=3, **options)
        lines = [line for line in text.splitlines() if "content hash" in line]
        self.assertEqual(len(lines), 1, text)
        for name, content in kept.items():
            self.assertEqual((self.output / name).read_bytes(), content, name)
        return lines[0]

    def hashes(self):
        return [entry["sha256"] for entry in json.loads((self.output / "datasets.json").read_text())["datasets"]]

    def test_another_file_for_a_study_that_is_all_done_is_refused(self):
        self.name_data("a")
        self.run_study("--workers", 1)
        old = self.hashes()[0]
        self.name_data("b")
        for ranks in (0, 2):
            line = self.refused(ranks=ranks)
            self.assertIn(f"was made from {self.folder / 'a'} with the content hash {old}, but the study now names {self.folder / 'b'} with ", line)
            self.assertIn("choose another --output, bring the old data back, or give the new data a /dataset/label of its own", line)
        # Every solution that the message names works.
        self.run_study("--workers", 1, output=self.folder / "other")
        self.name_data("a")
        self.run_study("--workers", 1)
        self.name_data("b", label="b")
        self.run_study("--workers", 1)
        self.assertEqual(len(self.records()), 24)
        self.assertEqual(len(set(self.hashes())), 2)

    def test_a_file_that_was_replaced_is_refused_for_new_seeds_and_new_epsilons(self):
        self.name_data("a")
        self.run_study("--workers", 1)
        self.images("a", 3)
        self.name_data("a", seeds=3)
        self.assertIn(f"but the study now names {self.folder / 'a'} with ", self.refused())
        self.name_data("a", epsilons=(0.05, 0.1, 0.2))
        self.refused()
        self.images("a", 1)
        self.run_study("--workers", 1)

    def test_a_content_that_the_study_states_is_asked_for(self):
        self.name_data("a", sha256="0" * 64)
        text = self.run_study("--workers", 1, expect=3)
        self.assertIn("/dataset/sha256: the content of dataset 'idx_folder' has the hash ", text)
        self.assertFalse((self.output / "ledger.bin").exists())

    def test_a_worker_that_meets_other_content_stops_the_run_and_nothing_is_tried_again(self):
        self.name_data("a")
        text = self.run_study("--workers", 1, expect=3, fake={"content": "0" * 64, "trace": str(self.folder / "trace")})
        self.assertIn(f"has the hash {'0' * 64}, not {self.hashes()[0]}", text)
        self.assertEqual(self.records(), [])
        self.assertEqual((self.folder / "trace").read_text().count("content"), 1)

    def test_doctor_says_it_and_changes_nothing(self):
        self.name_data("a")
        self.run_study("--workers", 1)
        self.name_data("b")
        before = {path.name: path.read_bytes() for path in self.output.iterdir() if path.is_file()}
        command = [str(BIN / "eigensweep"), "doctor", str(self.file), "--output", str(self.output), "--device", "cpu"]
        done = subprocess.run(command, env=self.environment({}), capture_output=True, text=True)
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertIn(f"with the content hash {self.hashes()[0]}, but the study now names {self.folder / 'b'} with ", done.stdout)
        self.assertEqual({path.name: path.read_bytes() for path in self.output.iterdir() if path.is_file()}, before)

    def test_collect_does_not_read_the_data(self):
        self.name_data("a")
        self.run_study("--workers", 1)
        self.images("a", 9)
        (self.output / "results.h5").unlink()
        done = subprocess.run([str(BIN / "eigensweep"), "collect", str(self.output)], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
