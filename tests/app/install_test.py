# SPDX-License-Identifier: MIT
"""The installed program: it needs neither the build folder nor the sources, and runs wherever its folder lies."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

BUILD = Path(os.environ["EIGENSWEEP_BUILD"])
SOURCE = Path(__file__).resolve().parents[2]
TORCH = Path(os.environ["EIGENSWEEP_TORCH"]) / "lib"
#: What an installed program may need of its surroundings: a site's libraries, and the sanitizers' options in their builds.
KEPT = ("LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")

STUDY = {
    "name": "tiny",
    "dataset": {"kind": "gaussian", "input_size": 16, "classes": 3, "train_samples": 120, "test_samples": 40},
    "model": {"kind": "mlp", "width": {"sweep": [4, 6]}},
    "training": {"epochs": 1, "batch_size": 40},
    "attacks": {"fgsm": {"epsilon": 0.1}},
    "metrics": {"accuracy": {}},
}


def is_program(path):
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def search_path(path):
    """The folders in which a program looks for its libraries, as its header names them."""
    header = subprocess.run(["readelf", "-d", str(path)], check=True, stdout=subprocess.PIPE, text=True).stdout
    return [Path(folder) for entry in re.findall(r"\((?:RPATH|RUNPATH)\).*\[(.*)\]", header) for folder in entry.split(":")]


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="eigensweep-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.prefix = cls.folder / "prefix"
        command = [os.environ["EIGENSWEEP_CMAKE"], "--install", str(BUILD), "--prefix", str(cls.prefix)]
        environment = {name: value for name, value in os.environ.items() if name != "DESTDIR"}
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)

    def call(self, *arguments, prefix=None, expect=0):
        """Runs `eigensweep` off the PATH, in a folder of its own. Returns all that it says."""
        environment = {name: os.environ[name] for name in KEPT if name in os.environ}
        environment |= {"PATH": f"{prefix or self.prefix}/bin:/usr/bin:/bin", "HOME": str(self.folder)}
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir(exist_ok=True)
        done = subprocess.run(["env", "eigensweep", *map(str, arguments)], cwd=elsewhere, env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        self.assertEqual(done.returncode, expect, done.stdout)
        return done.stdout

    def run_study(self, prefix):
        """Trains and attacks two networks, and reads the results."""
        output = Path(tempfile.mkdtemp(dir=self.folder)) / "out"
        file = self.folder / "study.json"
        file.write_text(json.dumps(STUDY))
        self.call("run", file, "--output", output, "--device", "cpu", prefix=prefix)
        self.assertIn("tiny: 2 trials: 2 ok", self.call("show", output / "results.h5", prefix=prefix))

    def test_it_says_its_version(self):
        version = re.search(r"^project\(eigensweep VERSION (\S+)", (SOURCE / "CMakeLists.txt").read_text(), re.MULTILINE)[1]
        self.assertIn(f"eigensweep {version} (", self.call("--version"))

    def test_it_checks_and_plans_an_installed_study(self):
        study = self.prefix / "share/eigensweep/jobs/quickstart.json"
        self.assertIn("24 trials, 288 points, fine", self.call("validate", study))
        self.assertIn("24 trials, 24 cells, 288 points", self.call("plan", study))

    def test_it_runs_a_study(self):
        self.run_study(self.prefix)

    def test_it_runs_where_it_was_moved_to(self):
        moved = self.folder / "moved"
        self.prefix.rename(moved)
        self.addCleanup(moved.rename, self.prefix)
        self.run_study(moved)
        # The sources have these images, too: what is missing here tells which are read.
        study = moved / "share/eigensweep/jobs/quickstart.json"
        images = moved / "share/eigensweep/data/mnist/train-images-idx3-ubyte.gz"
        self.assertIn("fine", self.call("validate", study, prefix=moved))
        images.rename(moved / "images")
        self.addCleanup((moved / "images").rename, images)
        self.assertIn(str(images.parent), self.call("validate", study, prefix=moved, expect=3))

    def test_nothing_looks_for_libraries_in_the_build_folder(self):
        programs = {path.name: path for path in self.prefix.rglob("*") if path.is_file() and is_program(path)}
        self.assertEqual(set(programs), {"eigensweep", "eigensweep-worker"})
        self.assertIn(TORCH, search_path(programs["eigensweep-worker"]))
        for name, path in programs.items():
            wrong = [folder for folder in search_path(path) if folder != TORCH and folder.is_relative_to(BUILD)]
            self.assertEqual(wrong, [], name)

    def test_its_manual_and_completions_are_there(self):
        for name, words in {"man/man1/eigensweep.1": ["man"], "bash-completion/completions/eigensweep": ["completion", "bash"],
                            "zsh/site-functions/_eigensweep": ["completion", "zsh"]}.items():
            self.assertEqual((self.prefix / "share" / name).read_text(), self.call(*words), name)

    def test_its_pages_are_there(self):
        pages = self.prefix / "share/doc/eigensweep"
        for name in ("LICENSE", "CITATION.cff", "README.md", *(f"docs/{page.name}" for page in (SOURCE / "docs").glob("*.md"))):
            self.assertEqual((pages / name).read_text(), (SOURCE / name).read_text())


if __name__ == "__main__":
    unittest.main(verbosity=2)
