# SPDX-License-Identifier: MIT
"""The examples of pages: the programs run, the studies are valid and make as many trials as the page says."""

import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sweep"))
from harness import BIN, SOURCE  # noqa: E402

PAGE = SOURCE / "docs" / "studies.md"
PAGES_OF_ONE_STUDY = [SOURCE / "docs" / name for name in ("width.md", "dale.md", "balanced.md")]
BLOCK = re.compile(r"^```(json|python)\n(.*?)^```\n\n?(This makes (\d+) trials? and (\d+) points?)?", re.MULTILINE | re.DOTALL)


def counted(number, noun):
    return f"{number} {noun}" + ("" if number == "1" else "s")


class StudiesPage(unittest.TestCase):
    def test_every_example_does_what_the_page_says(self):
        blocks = BLOCK.findall(PAGE.read_text())
        self.assertGreater(len(blocks), 9)
        with tempfile.TemporaryDirectory() as folder:
            for number, (language, text, said, trials, points) in enumerate(blocks):
                if language == "python":
                    subprocess.run([sys.executable, "-c", text], cwd=folder, check=True)
                    continue
                self.assertTrue(said, f"the page does not say what this makes: {text}")
                (Path(folder) / f"{number}.json").write_text(text)
                self.assertIn(f"{counted(trials, 'trial')}, {counted(points, 'point')}, fine", self.validate(folder, f"{number}.json"))
            self.assertIn("20 trials, 20 points, fine", self.validate(folder, "search.json"))

    def test_the_study_to_copy_of_other_pages_is_one(self):
        for page in PAGES_OF_ONE_STUDY:
            with self.subTest(page=page.name), tempfile.TemporaryDirectory() as folder:
                [(_, text, said, trials, points)] = BLOCK.findall(page.read_text())
                self.assertTrue(said)
                (Path(folder) / "study.json").write_text(text)
                self.assertIn(f"{trials} trials, {points} points, fine", self.validate(folder, "study.json"))

    def test_the_first_example_has_the_default_activation(self):
        done = subprocess.run([str(BIN / "eigensweep"), "describe", "mlp"], check=True, capture_output=True, text=True)
        default = re.search(r"\n  activation +[^\n]*default \"(\w+)\"", done.stdout)[1]
        self.assertIn(f"one network 784-64-10 with {default} units", PAGE.read_text())

    def validate(self, folder, name):
        done = subprocess.run([str(BIN / "eigensweep"), "validate", name], cwd=folder, check=False, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout


if __name__ == "__main__":
    unittest.main(verbosity=2)
