# SPDX-License-Identifier: MIT
"""Tables of networks, attacks, layers and epochs, against the numbers of the file, from both layouts."""

import h5py
import numpy as np
import pandas
import pytest

from eigensweep_analysis import ResultsError, load, tables
from export_samples import STUDIES, export, rows, study
from sample import EPSILONS, SEED, WIDTH, axis

#: Studies that `load` makes a grid of.
GRIDS = [name for name in STUDIES if name != "a list of trials"]


@pytest.mark.parametrize("name", STUDIES)
def test_networks_have_their_options_and_every_number(tmp_path, name):
    file = study(tmp_path, name)
    table = tables.networks(file)
    assert table.trial_id.tolist() == [row["trial_id"] for row in rows(file)]
    for row, (_, found) in zip(rows(file), table.iterrows()):
        assert found.status == row["status"] and found.message == row["message"]
        assert {n: found[n] for n in row["options"]} == row["options"]
        np.testing.assert_array_equal(found.test_accuracy, row["test_accuracy"])
        for (attack, epsilon), share in row["robust"].items():
            np.testing.assert_array_equal(found[f"robust_accuracy/{attack}/epsilon={epsilon:g}"], share)


@pytest.mark.parametrize("which", tables.TABLES)
@pytest.mark.parametrize("name", GRIDS)
def test_a_grid_has_the_rows_of_its_file(tmp_path, name, which):
    file = study(tmp_path, name)
    grid = load(file)
    assert grid.attrs["layout"] == "grid" or name == "one network"
    keys = ["trial_id", *{"attacks": ["attack", "epsilon"], "layers": ["layer"], "epochs": ["epoch"]}.get(which, [])]
    of_file, of_grid = (tables.TABLES[which](r).drop(columns="trial") for r in (file, grid))
    keys = [key for key in keys if key in of_file]
    of_file, of_grid = (t.sort_values(keys, ignore_index=True) for t in (of_file, of_grid))
    pandas.testing.assert_frame_equal(of_file, of_grid[of_file.columns.tolist()], check_dtype=False)


def test_a_part_of_a_grid_is_a_table_of_its_networks(tmp_path):
    file = study(tmp_path)
    whole, width = tables.attacks(file), WIDTH["values"][1]
    part = tables.attacks(load(file).sel(width=[width]))
    assert set(part.width) == {width}
    assert len(part) == (whole.width == width).sum()
    np.testing.assert_array_equal(np.sort(part.robust_accuracy), np.sort(whole.robust_accuracy[whole.width == width]))


@pytest.mark.parametrize("which", tables.TABLES)
@pytest.mark.parametrize("name, widths", [("falling", [256, 64]), ("a hole", [64, 256])])
def test_a_grid_keeps_the_numbers_of_the_rows_of_its_file(tmp_path, which, name, widths):
    file = study(tmp_path, axes=(axis("width", "/model/width", widths), SEED), drop=(1,) if name == "a hole" else ())
    with h5py.File(file) as raw:
        ids = raw["trial_id"].asstr()[...]
    grid = load(file)
    for part in (grid, grid.sel(width=[256]), grid.sel(seed=1), grid.isel(width=0, seed=0)):
        table = tables.TABLES[which](part)
        assert len(table) and table.trial_id.tolist() == ids[table.trial].tolist()
    assert set(tables.TABLES[which](grid).trial) == set(range(len(ids)))
    # A network that the file has no row of has no number of a row.
    cells = grid.trial_id.values.astype(str) != ""
    assert ids[grid.trial.values[cells]].tolist() == grid.trial_id.values[cells].tolist() and (grid.trial.values[~cells] == -1).all()


def test_epochs_are_those_that_a_network_has_reached(tmp_path):
    file = study(tmp_path, "a diverged network")
    table = tables.epochs(file)
    with h5py.File(file) as raw:
        losses, diverged = raw["history/loss"][...], raw["status"][...] == 3
    assert table.columns[:4].tolist() == list(tables.FIRST)
    for trial, row in enumerate(losses):
        own = table[table.trial == trial]
        assert own.epoch.tolist() == (np.flatnonzero(~np.isnan(row)) + 1).tolist()
        np.testing.assert_array_equal(own.loss, row[~np.isnan(row)])
    assert diverged.any() and (table.groupby("trial").size()[np.flatnonzero(diverged)] == 2).all()


@pytest.mark.parametrize("which", tables.TABLES)
def test_every_table_is_exported(tmp_path, which):
    file = study(tmp_path, axes=(WIDTH, SEED))
    assert export("csv", file, "--long", which) == 0
    table = pandas.read_csv(tmp_path / "exports" / f"{which}.csv", dtype={"trial_id": str}, keep_default_na=False)
    made = tables.TABLES[which](file)
    assert table.columns.tolist() == made.columns.tolist() and table.trial_id.tolist() == made.trial_id.tolist()
    assert which != "attacks" or len(table) == len(rows(file)) * 2 * len(EPSILONS) or table.sigma.notna().any()


def test_numbers_that_are_not_there_are_one_line(tmp_path, capsys):
    file = study(tmp_path)
    with h5py.File(file, "a") as raw:
        raw["history/loss"][...] = raw["history/task_loss"][...] = np.nan
        for name in raw["history"]:
            raw["history"][name][...] = np.nan
    with pytest.raises(ResultsError, match="no network has a number per epoch"):
        tables.epochs(file)
    assert export("csv", file, "--long", "epochs") == 2
    assert capsys.readouterr().err.startswith(f"error: {file}: no network has a number per epoch")
