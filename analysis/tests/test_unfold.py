# SPDX-License-Identifier: MIT
"""The file's size bounds the memory: zipped options share a dimension, a sparse grid stays a list of trials."""

import itertools
import json

import h5py
import numpy as np
import pytest

from eigensweep_analysis import ResultsError, load
from eigensweep_analysis.unfold import MOST_CELLS_PER_ROW
from sample import SEED, WIDTH, axis, write

POINTERS = [f"/training/option_{letter}" for letter in "abcdefghijklmn"]


def zipped(path, options=5, points=24, seeds=(0, 1), declared=True, repeat=False):
    """A random search: every row has a value of its own of each option; `repeat`: no option has distinct values."""
    random = np.random.default_rng(0)
    names = [p.rsplit("/", 1)[-1] for p in POINTERS[:options]]
    values = {n: random.permutation(points).tolist() for n in names}
    if repeat:
        values = {n: [place // 2 if i else place % 2 for place in range(points)] for i, n in enumerate(names)}
    rows = [{**{n: values[n][point] for n in names}, "seed": seed} for seed in seeds for point in range(points)]
    axes = [axis(n, p, values[n]) for n, p in zip(names, POINTERS)] + [axis("seed", "/seed", list(seeds), "replicate")]
    return write(path, axes=axes, rows=rows, attacks=("fgsm",), zips=[POINTERS[:options]] if declared else ()), rows


def check_every_row(file, rows, data):
    with h5py.File(file) as raw:
        for place, row in enumerate(rows):
            found = data.test_accuracy
            for name, value in row.items():
                found = found.isel({found[name].dims[0]: np.flatnonzero(found[name].values == value)})
            assert found.values.ravel().tolist() == [raw["accuracy/test_accuracy"][place]]


@pytest.mark.parametrize("options", [2, 5, 14])
def test_zipped_options_share_one_dimension(tmp_path, options):
    file, rows = zipped(tmp_path / "r.h5", options)
    data = load(file)
    assert data.test_accuracy.dims == ("option_a", "seed") and data.test_accuracy.shape == (24, 2)
    assert data.robust_accuracy.dims == ("option_a", "seed", "attack", "epsilon")
    assert data.option_b.dims == ("option_a",)
    assert data.attrs["zipped"] == {"option_a": [p.rsplit("/", 1)[-1] for p in POINTERS[:options]]}
    assert data.option_a.values.tolist() == sorted(range(24))
    check_every_row(file, rows, data)
    assert data.nbytes < 3 * load(file, layout="trials").nbytes


def test_zipped_options_whose_values_repeat_are_counted(tmp_path):
    file, rows = zipped(tmp_path / "r.h5", 2, points=4, repeat=True)
    data = load(file)
    assert data.test_accuracy.dims == ("zip", "seed") and data.zip.values.tolist() == [0, 1, 2, 3]
    assert data.option_a.values.tolist() == [0, 1, 0, 1] and data.option_b.values.tolist() == [0, 0, 1, 1]
    check_every_row(file, rows, data)


def test_options_that_vary_together_are_found_where_the_file_lacks_the_study(tmp_path):
    file, rows = zipped(tmp_path / "r.h5", declared=False)
    assert load(file).attrs["layout"] == "trials"  # the study is there and zips nothing
    with h5py.File(file, "a") as raw:
        del raw.attrs["study_json"], raw.attrs["resolved_json"]
    data = load(file)
    assert data.test_accuracy.dims == ("option_a", "seed")
    check_every_row(file, rows, data)


def test_a_sparse_grid_stays_a_list_of_trials(tmp_path):
    axes = [axis(n, f"/training/{n}", list(range(20))) for n in ("first", "second", "third")]
    rows = [{"first": i, "second": (7 * i) % 20, "third": (11 * i) % 20} for i in range(20)]
    file = write(tmp_path / "r.h5", axes=axes, rows=rows)
    data = load(file)
    assert data.attrs["layout"] == "trials"
    assert data.test_accuracy.dims == ("trial",) and data.robust_accuracy.dims == ("trial", "attack", "epsilon")
    assert {n: data[n].dims for n in ("first", "second", "third")} == dict.fromkeys(("first", "second", "third"), ("trial",))
    assert "first" in data.coords and data.trial.values.tolist() == list(range(20))
    check_every_row(file, rows, data)


@pytest.mark.parametrize("axes, layout", [(4, "grid"), (5, "trials")])
def test_the_limit_is_eight_cells_per_row(tmp_path, axes, layout):
    assert MOST_CELLS_PER_ROW == 8
    names = [f"option{i}" for i in range(axes)]
    rows = [{n: value for n in names} for value in (0, 1)]  # 2^axes cells, 2 rows
    data = load(write(tmp_path / "r.h5", axes=[axis(n, f"/{n}", [0, 1]) for n in names], rows=rows))
    assert data.attrs["layout"] == layout


def test_either_layout_can_be_asked_for(tmp_path):
    file = write(tmp_path / "r.h5", axes=(WIDTH, SEED))
    assert load(file).test_accuracy.dims == load(file, layout="grid").test_accuracy.dims == ("width", "seed")
    listed = load(file, layout="trials")
    assert listed.test_accuracy.dims == ("trial",) and listed.width.dims == ("trial",)
    sparse, _ = zipped(tmp_path / "s.h5", 2, declared=False)
    assert load(sparse).attrs["layout"] == "trials"
    assert load(sparse, layout="grid").test_accuracy.shape == (24, 24, 2)
    with pytest.raises(ResultsError, match="layout 'cube': no such layout; choose from: auto, grid, trials"):
        load(file, layout="cube")


def test_a_grid_that_cannot_be_made_is_refused(tmp_path):
    axes = [axis(f"option{i}", f"/o{i}", list(range(24))) for i in range(14)]
    rows = [{f"option{i}": point for i in range(14)} for point in range(24)]
    file = write(tmp_path / "r.h5", axes=axes, rows=rows)
    assert load(file).attrs["layout"] == "trials"
    with pytest.raises(ResultsError, match="the grid has more cells than can be counted; use 'auto' or 'trials'"):
        load(file, layout="grid")


def test_two_rows_in_one_cell_lose_neither(tmp_path):
    rows = [{"width": 64}, {"width": 64}, {"width": 256}]
    file = write(tmp_path / "r.h5", axes=(WIDTH,), rows=rows)
    assert load(file).test_accuracy.shape == (3,)
    with pytest.raises(ResultsError, match="two rows in one cell"):
        load(file, layout="grid")


def test_a_file_without_its_axes_is_damaged(tmp_path):
    file = write(tmp_path / "r.h5", axes=(WIDTH,))
    for wrong in ("no JSON", json.dumps({"width": 1}), json.dumps([{"name": "width"}])):
        with h5py.File(file, "a") as raw:
            raw.attrs["axes_json"] = wrong
        with pytest.raises(ResultsError, match="axes_json is no list of axes"):
            load(file)
