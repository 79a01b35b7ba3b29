# SPDX-License-Identifier: MIT
"""Large datasets are read when they are used, and then have the numbers that they have always had."""

import pickle
import shutil
import sys

import h5py
import numpy as np
import pytest
import xarray as xr

from eigensweep_analysis import UnreadableResults, load, tables
from eigensweep_analysis.report import write_report
from eigensweep_analysis.stored import EAGER_BYTES, Source
from export_samples import STUDIES, study


loading = sys.modules[load.__module__]


@pytest.fixture
def lazy(monkeypatch):
    """Every dataset of floats counts as large."""
    monkeypatch.setattr(loading, "EAGER_BYTES", 0)


def is_read(values):
    return values.variable._in_memory


@pytest.mark.parametrize("layout", ["auto", "trials"])
@pytest.mark.parametrize("name", STUDIES)
def test_numbers_are_the_same(tmp_path, monkeypatch, name, layout):
    file = study(tmp_path, name)
    eager = load(file, layout)
    monkeypatch.setattr(loading, "EAGER_BYTES", 0)
    lazily = load(file, layout)
    assert list(lazily.variables) == list(eager.variables) and lazily.attrs == eager.attrs
    assert not is_read(lazily.eigenvalues) and is_read(eager.eigenvalues)
    xr.testing.assert_identical(lazily.eigenvalues.isel(layer=0), eager.eigenvalues.isel(layer=0))
    assert not is_read(lazily.eigenvalues)  # a part does not read the whole
    xr.testing.assert_identical(lazily, eager)


def test_parts_are_read_alone(tmp_path, lazy, monkeypatch):
    file = study(tmp_path, "a row that is not there")
    whole = load(file).load()
    keys = [dict(width=0), dict(width=[1, 0], layer=0), dict(eigenvalue=slice(1, None, 2), width=[1]), dict(strength=slice(None, None, -1)),
            dict(layer=[0, 0], eigenvalue=[2, 0]), dict(width=0, strength=slice(1, 2)), dict(width=-1, strength=-1, layer=-1, eigenvalue=-1),
            dict(width=xr.DataArray([0, 1], dims="pair"), strength=xr.DataArray([1, 0], dims="pair"))]
    for key in keys:
        xr.testing.assert_identical(load(file).eigenvalues.isel(key), whole.eigenvalues.isel(key))
    drawn = load(file).sel(width=whole.width[-1]).eigenvalues
    np.testing.assert_array_equal(drawn.values, whole.eigenvalues.isel(width=-1).values)


def test_a_replaced_file_keeps_its_numbers_while_it_is_open(tmp_path, lazy):
    file = study(tmp_path)
    data, other, whole = load(file), load(file), load(file).load()
    data.eigenvalues.isel(layer=0).load()  # opens it
    shutil.copy(file, tmp_path / "new.h5")
    with h5py.File(tmp_path / "new.h5", "a") as raw:
        raw["spectrum/eigenvalues"][...] = 0
    (tmp_path / "new.h5").replace(file)
    xr.testing.assert_identical(data, whole)
    with pytest.raises(UnreadableResults, match="results.h5: has been replaced since it was loaded; load it again"):
        other.eigenvalues.load()  # was not opened before
    sent = pickle.dumps(load(file))
    (tmp_path / "results.h5").unlink()
    study(tmp_path)
    with pytest.raises(UnreadableResults, match="has been replaced"):
        pickle.loads(sent).eigenvalues.load()


def test_results_can_be_sent_to_another_process(tmp_path, lazy):
    file = study(tmp_path)
    xr.testing.assert_identical(pickle.loads(pickle.dumps(load(file))), load(file).load())


def test_tables_and_pages_take_them(tmp_path, lazy):
    file = study(tmp_path)
    data = load(file)
    assert len(tables.layers(data))
    assert write_report(data, tmp_path / "report")[0].is_file()


def test_only_what_is_used_is_read_and_only_once(tmp_path, lazy, monkeypatch):
    read, sizes = Source.read, []

    def counted(*arguments):
        found = read(*arguments)
        sizes.append(found.size)
        return found

    monkeypatch.setattr(Source, "read", counted)
    data = load(study(tmp_path))
    count = data.sizes["eigenvalue"]
    data.robust_accuracy.load(), sizes.clear()
    data.eigenvalues.isel(width=0, strength=0, seed=0, eigenvalue=slice(0, 3)).load()
    assert sizes == [3 * data.sizes["layer"]]
    data.eigenvalues.isel(eigenvalue=[count - 1]).load(), data.eigenvalues.load()
    sizes.clear()
    assert np.isfinite(data.eigenvalues.values).any() and sizes == []


def test_small_datasets_are_read_at_once(tmp_path):
    data = load(study(tmp_path))
    assert all(is_read(values) for values in data.data_vars.values())
    assert all(values.nbytes <= EAGER_BYTES for values in data.data_vars.values())
