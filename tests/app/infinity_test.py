# SPDX-License-Identifier: MIT
"""Infinite width in the JSON of every command that prints JSON, and in the files of a run."""

import csv
import json
import sys
import unittest

from commands import COMMANDS, CommandCase

WIDE = {
    "name": "wide",
    "dataset": {"train_samples": 200, "test_samples": 50},
    "model": {"kind": "mlp", "width": {"sweep": [64, "inf"]}, "parametrisation": "ntk", "weight_variance": 2, "centre_output": True},
    "training": {"loss": "mse", "optimizer": {"kind": "sgd", "momentum": 0}},
    "metrics": {"accuracy": {}},
}


def strict(text):
    """Parses JSON by its standard: NaN and Infinity, which Python accepts, are errors."""

    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


def found(tree, key):
    """All values of a key, at any depth."""
    if isinstance(tree, dict):
        return [value for name, value in tree.items() if name == key] + [hit for value in tree.values() for hit in found(value, key)]
    return [hit for value in tree for hit in found(value, key)] if isinstance(tree, list) else []


class Infinity(CommandCase):
    def test_infinite_width_is_inf_wherever_it_is_written(self):
        self.write(WIDE)
        self.assertEqual(self.call(*self.words("run", self.file, self.output)).returncode, 0)
        printed = {}
        for command in COMMANDS:
            if b"--json" not in self.call(command, "--help").stdout:
                continue
            done = self.call(*self.words(command, self.file, self.output), "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            printed[command] = strict(done.stdout)
        self.assertGreaterEqual(set(printed), {"plan", "show", "simulate", "status"})
        self.assertEqual(found(printed["plan"], "values"), [[64, "inf"]])
        self.assertEqual(found(printed["show"], "width"), [64, "inf"])
        self.assertEqual(found(strict((self.output / "study.json").read_text()), "sweep"), [[64, "inf"]])
        strict((self.output / "status.json").read_text())
        table = self.call("export", "--csv", str(self.output)).stdout.decode()
        self.assertEqual([row["width"] for row in csv.DictReader(table.splitlines())], ["64", "inf"], table)


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
