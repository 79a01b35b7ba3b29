# SPDX-License-Identifier: MIT
"""Exports to tables, read back with pandas and held against the file's numbers."""

import json

import h5py
import numpy as np
import pandas
import pytest

from export_samples import STUDIES, export, needs, rows, study
from sample import DEPTH, EPSILONS, SEED, STRENGTH, WIDTH, add_distances, attach, axis

CLOSE = 1e-14  # some versions of pandas read a CSV's numbers with a wrong last digit
FORMS = ["csv", pytest.param("parquet", marks=needs("pyarrow"))]


def read(path):
    if path.suffix == ".parquet":
        return pandas.read_parquet(path)
    return pandas.read_csv(path, dtype={"trial_id": str})


def text(value):
    """A text of a table; CSV has no difference between "" and nothing."""
    return "" if not isinstance(value, str) else value


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", STUDIES)
def test_a_table_has_a_row_per_network_attack_and_intensity(tmp_path, form, name):
    file = study(tmp_path, name)
    assert export(form, file) == 0
    table = read(tmp_path / "exports" / f"attacks.{form}")
    networks = rows(file)
    with_noise = [*EPSILONS] if "noise_levels" not in STUDIES[name] else [*EPSILONS, 0.1, 0.2]
    attacked = "attacks" not in STUDIES[name]
    assert len(table) == len(networks) * (len(EPSILONS) + len(with_noise) if attacked else 1)
    assert table.columns[:4].tolist() == ["trial", "trial_id", "status", "message"]
    for row in networks:
        own = table[table.trial == row["trial"]]
        assert set(own.trial_id) == {row["trial_id"]} and set(own.status) == {row["status"]}
        assert set(map(text, own.message)) == {row["message"]}
        for option, value in row["options"].items():
            assert (own[option] == value).all()
        np.testing.assert_allclose(own.test_accuracy, row["test_accuracy"], rtol=CLOSE)
        if not attacked:
            assert text(own.attack.item()) == text(own.attack_kind.item()) == "" and "epsilon" not in table
            continue
        assert set(own.attack_status) - {"ok"} <= {row["status"]}
        for (attack, epsilon), share in row["robust"].items():
            one = own[(own.attack == attack) & (own.epsilon == epsilon)]
            np.testing.assert_allclose(one.robust_accuracy, [share], rtol=CLOSE)


@pytest.mark.parametrize("form", FORMS)
def test_attacks_have_their_kind_their_norm_and_their_own_intensity(tmp_path, form):
    file = study(tmp_path)
    add_distances(file, options={"fgsm": {"norm": "l2"}})
    with h5py.File(file, "a") as raw:
        raw["attacks/status"][0, 0, 1] = -1  # not asked
        raw["attacks/message"][0, 1] = "a logit is not finite"
        clean = np.full((12, 2), 0.99)
        clean[0, 0] = 0.5
        attach(raw.create_dataset("attacks/clean_accuracy", data=clean), raw, ["trial", "attack"])
    assert export(form, file) == 0
    table = read(tmp_path / "exports" / f"attacks.{form}")
    assert len(table) == 12 * (2 * len(EPSILONS) + 2) - 1
    first = table[table.trial == 0]
    assert first[first.attack == "fgsm"].epsilon.tolist() == [0.0, 0.02, 0.05, 0.1, 0.2]
    assert set(first[first.attack == "fgsm"].attack_norm) == {"l2"} and set(first[first.attack == "pgd"].attack_norm) == {"linf"}
    assert set(first[first.attack == "fgsm"].clean_accuracy) == {0.5} and set(first[first.attack == "pgd"].clean_accuracy) == {0.99}
    assert set(first[first.attack == "pgd"].attack_message) == {"a logit is not finite"}
    noise = first[first.attack == "gaussian_noise"]
    assert noise.sigma.tolist() == [0.1, 0.2] and noise.epsilon.isna().all()
    assert noise.robust_accuracy.tolist() == pytest.approx([0.87, 0.77]) and noise.clean_accuracy.isna().all()
    assert set(table.attack_kind) == {"fgsm", "pgd", "gaussian_noise"}
    assert "d_min" not in table and "dead_and_robust" in table


@pytest.mark.parametrize("form", FORMS)
def test_values_keep_their_types(tmp_path, form):
    assert export(form, study(tmp_path, "axes of all types")) == 0
    table = read(tmp_path / "exports" / f"attacks.{form}")
    assert table.batch_norm.dtype == bool and set(table.width) == {16.0, np.inf} and set(table.activation) == {"tanh", "relu"}
    if form == "csv":
        assert set((tmp_path / "exports" / "attacks.csv").read_text().split("\n")[1].split(",")) >= {"false", "16.0", "tanh"}


@pytest.mark.parametrize("form", FORMS)
def test_an_axis_called_as_a_column_of_the_table_keeps_its_values(tmp_path, form):
    file = study(tmp_path, axes=(axis("attack_kind", "/a", ["x", "y"]), axis("layer_", "/b", [1, 2]),
                                 axis("attack_status", "/c", [0.5, 1.5])))
    assert export(form, file) == export(form, file, "--long", "layers") == 0
    table = read(tmp_path / "exports" / f"attacks.{form}")
    assert set(table.attack_kind_axis) == {"x", "y"} and set(table.attack_kind) == {"fgsm", "pgd", "gaussian_noise"}
    assert set(table.attack_status_axis) == {0.5, 1.5} and set(table.attack_status) == {"ok"}
    assert set(read(tmp_path / "exports" / f"layers.{form}").attack_kind) == {"x", "y"}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", STUDIES)
def test_a_table_of_layers_has_a_row_per_network_and_layer(tmp_path, form, name):
    file = study(tmp_path, name)
    with h5py.File(file, "a") as raw:
        shape = raw["spectrum/exponent"].shape
        has = np.isfinite(raw["spectrum/exponent"][...])
        for column, first in (("fit_first", 11), ("fit_last", 64)):
            dataset = raw.create_dataset(f"spectrum/{column}", data=np.where(has, np.full(shape, first), -1))
            dataset.attrs["_FillValue"] = np.int64(-1)
            attach(dataset, raw, ["trial", "layer"])
    assert export(form, file, "--long", "layers") == 0
    table = read(tmp_path / "exports" / f"layers.{form}")
    found = {(r.trial, r.layer, r.trial_id): (r.exponent, r.participation_ratio, r.fit_first, r.fit_last)
             for r in table.itertuples()}
    wanted = {(row["trial"], layer, row["trial_id"]): (alpha, alpha * 5, 11, 64)
              for row in rows(file) for layer, alpha in enumerate(row["exponent"], 1) if np.isfinite(alpha)}
    assert list(found) == list(wanted)
    np.testing.assert_allclose(list(found.values()), list(wanted.values()), rtol=CLOSE)
    assert "eigenvalues" not in table


def test_affine_layers_stand_on_the_row_of_the_layer_that_they_feed(tmp_path):
    file = study(tmp_path, axes=(WIDTH, DEPTH), regime=True)
    assert export("csv", file, "--long", "layers") == 0
    table = read(tmp_path / "exports" / "layers.csv")
    with h5py.File(file) as raw:
        own = table[table.trial == 1]  # of depth 3
        np.testing.assert_allclose(own.weight_change, raw["kernel_regime/weight_change"][1], rtol=CLOSE)
        np.testing.assert_allclose(own.cka, [*raw["kernel_regime/cka"][1], np.nan], rtol=CLOSE)
        assert own.layer.tolist() == [1, 2, 3, 4] and np.isnan(own.exponent.iloc[3])


@needs("pyarrow")
def test_parquet_says_where_it_comes_from(tmp_path):
    from pyarrow import parquet

    file = study(tmp_path, axes=(WIDTH, SEED))
    assert export("parquet", file, "--where", "width=64") == 0
    said = json.loads(parquet.read_schema(tmp_path / "exports" / "attacks.parquet").metadata[b"eigensweep"])
    assert said == {"study": "sample", "results": str(file), "created_utc": "2026-01-01T00:00:00Z", "where": "width=64",
                    "eigensweep_version": "0.1.0", "git_revision": "0123456789abcdef"}


def test_a_table_can_go_into_a_device(tmp_path):
    assert export("csv", study(tmp_path), "--output", "/dev/null") == 0


@pytest.mark.parametrize("form", FORMS)
def test_a_part_of_the_networks_keeps_its_rows_numbers(tmp_path, form):
    file = study(tmp_path, axes=(WIDTH, STRENGTH, SEED))
    assert export(form, file, "--where", "width=256", "--where", "strength=0.3", "--output", tmp_path / "t") == 0
    table = pandas.read_csv(tmp_path / "t") if form == "csv" else pandas.read_parquet(tmp_path / "t")
    assert set(table.trial) == {8, 9} and set(table.width) == {256} and set(table.strength) == {0.3}
