# SPDX-License-Identifier: MIT
"""The JSON Schema of study files: it takes every study of the project, and marks what is misspelt where it stands."""

import json
import sys
import unittest

from commands import SOURCE, CommandCase

try:
    import jsonschema
except ImportError as missing:
    print(f"skipped: {missing}; scripts/setup --tests installs what the tests need")
    sys.exit(77)


class Schema(CommandCase):
    def setUp(self):
        super().setUp()
        done = self.call("schema")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.validator = jsonschema.Draft202012Validator(json.loads(done.stdout))

    def wrong_places(self, study):
        """JSON pointers of the smallest parts that are wrong."""
        return {"/" + "/".join(map(str, error.absolute_path)) for error in self.validator.iter_errors({"name": "a", **study})}

    def test_it_takes_every_study_of_the_project(self):
        files = [p for p in (SOURCE / "jobs").rglob("*.json") if p.name != "study.schema.json"]
        self.assertGreater(len(files), 10)
        for file in files:
            self.assertEqual(self.wrong_places(json.loads(file.read_text())), set(), file)

    def test_it_takes_labels_sweeps_and_cases(self):
        for study in (
            {"attacks": {"mine": {"kind": "pgd", "epsilon": 0.1, "steps": 3}, "fgsm": {"epsilon": {"sweep": [0.1, 0.2]}}}},
            {"attacks": {"fgsm": {"kind": "pgd", "epsilon": 0.1, "steps": 3}}},
            {"model": {"width": {"sweep": [64, 32, 64]}}, "seed": {"sweep": [0, 1, 2]}, "zip": [["/model/width", "/seed"]]},
            {"attacks": {"mine": {"kind": "pgd", "epsilon": 0.1}}, "cases": [{"name": "x", "attacks": {"mine": {"steps": 9}}},
                                                                           {"name": "y", "attacks": {"mine": None}}]},
        ):
            self.assertEqual(self.wrong_places(study), set(), study)

    def test_it_marks_what_is_misspelt(self):
        for study, place in (
            ({"modle": {}}, "/"),
            ({"model": {"kind": "mpl"}}, "/model"),
            ({"model": {"widht": 64}}, "/model"),
            ({"attacks": {"fgms": {"epsilon": 0.1}}}, "/attacks/fgms"),
            ({"attacks": {"fgsm": {"epsilon": 0.1, "steps": 3}}}, "/attacks/fgsm"),
            ({"attacks": {"mine": {"kind": "fgms", "epsilon": 0.1}}}, "/attacks/mine"),
            ({"metrics": {"acuracy": {}}}, "/metrics/acuracy"),
            ({"training": {"optimizer": {"kind": "adm"}}}, "/training/optimizer"),
            ({"training": {"epoch": 3}}, "/training"),
            ({"regularizers": {"spectral": {"strength": "5"}}}, "/regularizers/spectral"),
        ):
            self.assertEqual(self.wrong_places(study), {place}, study)


if __name__ == "__main__":
    unittest.main(verbosity=2)
