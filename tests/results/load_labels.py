# SPDX-License-Identifier: MIT
"""Loads results files of studies with odd labels with our package and finds every column of every metric and attack.

usage: load_labels.py <write_sample_results> <folder of the package>
"""

import json
import os
import subprocess
import sys
import tempfile

writer, package = sys.argv[1:]
sys.path.insert(0, package)
try:
    import numpy

    from eigensweep_analysis import load
    from eigensweep_analysis.layout import robust_accuracies
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)


def check(file):
    with open(file + ".json") as stream:
        rows = json.load(stream)
    data = load(file)
    places = {(v.attrs["group"], v.attrs["column"]): name for name, v in data.data_vars.items() if "group" in v.attrs}
    groups = {(e["family"], e["label"]): e["group"] for e in data.attrs["evaluations"]}
    compared = 0
    for row in rows:
        at = {axis["coordinate"]: row["coordinates"][axis["name"]]
              for axis in data.attrs["axes"] if axis["role"] != "evaluation"}
        for path, expected in row["columns"].items():
            *_, label, column = path.split("/")
            if label == "history" or "family" not in expected:
                continue
            values = data[places[groups[expected["family"], label], column]].sel(at)
            if expected["family"] == "attack":
                attack, *inner = values.dims  # no strength if one number holds for all strengths
                strength = [name for name in inner if name != "attacked_sample"]
                found = values.sel({attack: label} | {name: expected["strengths"] for name in strength}).values
            else:
                found = values.values[tuple(slice(0, n) for n in expected["shape"])]
            wanted = numpy.array(expected["values"], float).reshape(expected["shape"])
            assert (found == wanted).all(), (path, found, wanted)
            compared += 1
    attacks = {label for family, label in groups if family == "attack"}
    assert {attack for _, attack, _ in robust_accuracies(data)} == attacks, attacks
    return compared


with tempfile.TemporaryDirectory() as folder:
    file = os.path.join(folder, "results.h5")
    count = 0
    while subprocess.run([writer, file, str(count)]).returncode == 0:
        # Of each of two trials: two attacks with two columns, metrics with 4, 4, 4 and 8.
        assert check(file) >= 2 * (2 * 2 + 4 + 4 + 4 + 8)
        count += 1
    assert count > 30, count
