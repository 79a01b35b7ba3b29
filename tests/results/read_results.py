# SPDX-License-Identifier: MIT
"""Reads a results file with a library that is not ours and compares every number, bit for bit.

usage: read_results.py <write_sample_results> h5py|h5netcdf|netCDF4
"""

import json
import math
import os
import subprocess
import sys
import tempfile

writer, library = sys.argv[1:]
try:
    import numpy
    import h5py

    if library != "h5py":
        import xarray

        __import__(library)
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)


#: Columns of attacks with a number for each sample, and none for each strength.
OF_SAMPLES = {"d_min", "found_by"}


def check_columns(column, rows):
    """column(group, name) gives an array with the trial first. Checks that it holds every expected number."""
    compared = 0
    for index, row in enumerate(rows):
        for path, expected in row["columns"].items():
            values = numpy.array([math.nan if v is None else v for v in expected["values"]], dtype=float)
            values = values.reshape(expected["shape"])
            parts = path.split("/")
            if parts[0] == "attacks":
                found = column("attacks", parts[2])[index, attacks.index(parts[1])]
                if numpy.ndim(found) > 0 and parts[2] not in OF_SAMPLES:  # else one number for all strengths
                    found = numpy.array([found[list(epsilon).index(s)] for s in expected["strengths"]])
                found = numpy.reshape(found, expected["shape"])
            else:
                found = numpy.asarray(column(parts[0], parts[1])[index], dtype=float)
                inside = tuple(slice(0, n) for n in expected["shape"])
                padding = found.copy()
                padding[inside] = math.nan
                assert numpy.isnan(padding).all() or (padding[~numpy.isnan(padding)] == -1).all(), path
                found = found[inside]
            known = ~numpy.isnan(values)  # JSON has no infinity, so the file has null
            assert (found[known] == values[known]).all(), (path, found, values)
            compared += known.sum()
    return compared


with tempfile.TemporaryDirectory() as folder:
    file = os.path.join(folder, "results.h5")
    subprocess.run([writer, file], check=True)
    with open(file + ".json") as stream:
        rows = json.load(stream)
    flags = ["missing", "ok", "failed", "diverged"]

    if library == "h5py":
        with h5py.File(file) as data:
            attacks = [label.decode() for label in data["attack"][:]]
            epsilon = data["epsilon"][:]
            assert check_columns(lambda group, name: data[group][name][:], rows) > 200
            assert [label.decode() for label in data["trial_id"][:]] == [row["trial_id"] for row in rows]
            assert [flags[s] for s in data["status"][:]] == [row["status"] for row in rows]
            assert data.attrs["file_type"] == "eigensweep-results"
            assert json.loads(data.attrs["provenance"])["given"] == "by the test"
            assert data["attacks/robust_accuracy"].dims[2][0].name == "/epsilon"
            variables = []
            data.visititems(lambda name, item: variables.append(item) if isinstance(item, h5py.Dataset) else None)
            for item in variables:
                assert item.is_scale or all(len(dim) == 1 for dim in item.dims), item.name
                assert "long_name" in item.attrs and "description" in item.attrs, item.name
                assert item.dtype.kind == "O" or "units" in item.attrs, item.name
    else:
        engine = {"h5netcdf": "h5netcdf", "netCDF4": "netcdf4"}[library]
        with xarray.open_dataset(file, engine=engine) as data:
            assert list(data.coords) and dict(data.sizes)["trial"] == len(rows)
            for name in rows[0]["coordinates"]:
                assert list(data[name].values) == [row["coordinates"][name] for row in rows], name
            assert data["width"].dtype.kind == "i"
            assert [flags[s] for s in data["status"].values] == [row["status"] for row in rows]
        with xarray.open_datatree(file, engine=engine) as tree:
            attacks = list(tree["attacks"].coords["attack"].values)
            epsilon = list(tree["attacks"].coords["epsilon"].values)
            assert attacks == ["fgsm", "pgd"] and epsilon == [0, 0.05, 0.1]
            assert tree["attacks"]["robust_accuracy"].dims == ("trial", "attack", "epsilon")
            assert tree["spectrum"]["eigenvalues"].dims == ("trial", "layer", "eigenvalue")
            assert list(tree["history"].coords["epoch"].values) == [1, 2, 3]
            assert check_columns(lambda group, name: tree[group][name].values, rows) > 200
            chosen = tree["attacks"]["robust_accuracy"].sel(attack="pgd", epsilon=0.1)
            assert chosen.dims == ("trial",)
print(f"{library}: all numbers found")
