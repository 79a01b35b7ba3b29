# SPDX-License-Identifier: MIT
"""Exports to Optuna, read back with optuna.load_study."""

import datetime
import time

import h5py
import numpy as np
import pytest

from eigensweep_analysis import load
from eigensweep_analysis.single_numbers import numbers
from eigensweep_analysis.exports.objective import choose
from export_samples import INF, NAN, STUDIES, as_text, export, finished, needs, set_numbers, study
from sample import SEED, STRENGTH, WIDTH, add_distances, write

pytestmark = needs("optuna")


def read(database):
    import optuna

    return optuna.load_study(study_name=None, storage=f"sqlite:///{database}")


@pytest.fixture(params=[None, "Pacific/Auckland"])
def zone(request, monkeypatch):
    """Has nothing to do with what is written."""
    if request.param:
        monkeypatch.setenv("TZ", request.param)
        time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_a_trial_ends_with_the_file_and_lasts_as_long_as_its_training(tmp_path, zone):
    file, database = study(tmp_path, "a diverged network"), tmp_path / "exports" / "optuna.db"
    with h5py.File(file, "a") as raw:
        raw.attrs["created_utc"] = "2026-11-28T21:37:45Z"
        raw["train_seconds"][1] = NAN
    assert export("optuna", file) == 0
    trials, end = read(database).trials, datetime.datetime(2026, 11, 28, 21, 37, 45)
    assert {t.datetime_complete for t in trials} == {end}
    assert [t.duration.total_seconds() for t in trials] == [0.5, 0, 2.5, 0, 0.5, 2.5]
    first = database.read_bytes()
    assert export("optuna", file) == 0 and database.read_bytes() == first


def test_a_dashboard_finds_the_objective_s_name_and_the_user_the_dashboard(tmp_path, capsys):
    folder = tmp_path / "a folder"
    folder.mkdir()
    file = study(folder)
    assert export("optuna", file, "--objective", "train_loss") == 0
    said, database = capsys.readouterr(), folder / "exports" / "optuna.db"
    assert read(database).metric_names == ["train_loss"]
    assert said.out.splitlines()[1:] == [
        f"look at it: optuna-dashboard 'sqlite:///{database}' (python -m pip install optuna-dashboard)"]
    assert not said.err


@pytest.mark.parametrize("name", STUDIES)
def test_optuna_has_a_trial_per_network(tmp_path, capsys, name):
    file, database = study(tmp_path, name), tmp_path / "exports" / "optuna.db"
    assert export("optuna", file, "--objective", "test_accuracy") == 0
    assert "maximize test_accuracy" in capsys.readouterr().out
    loaded = read(database)
    assert loaded.study_name == "sample" and loaded.direction.name == "MAXIMIZE"
    assert loaded.user_attrs["objective"] == "test_accuracy"
    assert loaded.user_attrs["eigensweep"]["results"] == str(file)
    wanted = finished(file)
    assert [t.user_attrs["trial_id"] for t in loaded.trials] == [row["trial_id"] for row in wanted]
    for trial, row in zip(loaded.trials, wanted):
        assert trial.params == as_text(row["options"])
        assert trial.user_attrs["trial"] == row["trial"] and trial.user_attrs["status"] == row["status"]
        if row["status"] != "ok":
            assert trial.state.name == "FAIL" and trial.values is None
            assert trial.user_attrs["message"] == (row["message"] or row["status"])
            continue
        assert trial.state.name == "COMPLETE" and trial.value == row["test_accuracy"]
        assert trial.user_attrs["train_loss"] == row["train_loss"] and "test_accuracy" not in trial.user_attrs
        for (attack, epsilon), share in row["robust"].items():
            assert trial.user_attrs[f"robust_accuracy/{attack}/epsilon={epsilon:g}"] == share
    best = max((row for row in wanted if row["status"] == "ok"), key=lambda row: row["test_accuracy"])
    assert loaded.best_trial.user_attrs["trial_id"] == best["trial_id"]


def test_optuna_s_parameters_have_the_type_of_their_axis(tmp_path):
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    def distributions(name):
        folder = tmp_path / name
        folder.mkdir()
        assert export("optuna", study(folder, name)) == 0
        return read(folder / "exports" / "optuna.db").trials[-1].distributions

    found = distributions("a list of trials")
    assert found == {"width": IntDistribution(8, 77), "strength": FloatDistribution(0.0, 2.3), "depth": IntDistribution(1, 3),
                     "learning_rate": FloatDistribution(1e-4, 1.0, log=True)}
    assert distributions("axes of all types") == {
        "width": CategoricalDistribution(["16", "inf"]), "batch_norm": CategoricalDistribution([False, True]),
        "activation": CategoricalDistribution(["tanh", "relu"])}


def test_a_network_without_an_objective_is_a_failed_trial_or_is_left_out(tmp_path):
    file = study(tmp_path, axes=(WIDTH, SEED))
    set_numbers(file, "accuracy/test_accuracy", [0.9, float("nan"), float("nan"), 0.8])
    set_numbers(file, "accuracy/status", [1, 3, 0, 1])  # ok, diverged, still to be measured
    assert export("optuna", file, "--objective", "test_accuracy") == 0
    trials = read(tmp_path / "exports" / "optuna.db").trials
    assert [(t.state.name, t.value) for t in trials] == [("COMPLETE", 0.9), ("FAIL", None), ("COMPLETE", 0.8)]
    assert trials[1].user_attrs["message"] == "has no test_accuracy" and trials[1].user_attrs["status"] == "ok"


def test_a_network_that_diverged_is_a_failed_trial_even_if_it_has_the_number(tmp_path):
    file = study(tmp_path, "a diverged network")
    assert export("optuna", file, "--objective", "train_seconds") == 0
    trials = read(tmp_path / "exports" / "optuna.db").trials
    assert [(t.state.name, t.value) for t in trials[:3]] == [("FAIL", None), ("COMPLETE", 2.5), ("COMPLETE", 2.5)]


def test_an_infinite_number_is_a_text_among_the_attributes(tmp_path):
    file = study(tmp_path, axes=(WIDTH,))
    set_numbers(file, "accuracy/train_loss", [INF, 1.0])
    assert export("optuna", file) == 0
    trials = read(tmp_path / "exports" / "optuna.db").trials
    assert [t.user_attrs["train_loss"] for t in trials] == ["inf", 1.0]


def objective(file, name=None):
    data = load(file, layout="trials")
    return choose(data, numbers(data), name)


def test_a_study_with_attacks_is_about_the_accuracy_under_the_strongest(tmp_path, capsys):
    file = study(tmp_path)
    # Half of the clean accuracy is nearest at 0.05. Noise leaves less, but is no adversary.
    with h5py.File(file, "a") as raw:
        raw["attacks_sigma/robust_accuracy"][...] = 0.01
        means = raw["attacks/robust_accuracy"][:, 1].mean(0)
    nearest = [0.0, 0.01, 0.02, 0.05, 0.1, 0.2][int(np.argmin(np.abs(means - means[0] / 2)))]
    chosen = objective(file)
    assert (chosen.number.name, chosen.direction) == (f"robust_accuracy/pgd/epsilon={nearest:g}", "maximize")
    assert export("optuna", file) == 0
    said = capsys.readouterr().out
    assert f"maximize robust_accuracy/pgd/epsilon={nearest:g} (--objective names another number)" in said
    assert read(tmp_path / "exports" / "optuna.db").user_attrs["objective"] == chosen.number.name


def test_a_thorough_protocol_comes_before_a_lower_accuracy(tmp_path):
    file = write(tmp_path / "r.h5", axes=(WIDTH, SEED), attacks=("mine", "pgd"))  # pgd leaves less
    assert objective(file).number.attack == "pgd"
    add_distances(file, options={"mine": {"kind": "strict"}})
    assert objective(file).number.attack == "mine"


def test_an_infinite_accuracy_does_not_decide(tmp_path):
    file = study(tmp_path, axes=(WIDTH,))
    with h5py.File(file, "a") as raw:
        raw["attacks/robust_accuracy"][0, 1] = INF  # of pgd, the stronger one
    assert objective(file).number.attack == "pgd"


def test_a_study_without_attacks_is_about_the_test_accuracy(tmp_path):
    assert objective(study(tmp_path, "no attacks")).number.name == "test_accuracy"


@pytest.mark.parametrize(("name", "direction"), [
    ("train_loss", "minimize"), ("robust_loss/pgd/epsilon=0.1", "minimize"), ("exponent/layer=1", "maximize"),
    ("train_seconds", "minimize")])
def test_a_loss_is_better_when_it_is_smaller(tmp_path, name, direction):
    file = study(tmp_path)
    assert objective(file, name).direction == direction
    assert export("optuna", file, "--objective", name) == 0
    assert read(tmp_path / "exports" / "optuna.db").direction.name.lower() == direction


def test_an_export_to_optuna_replaces_itself_and_no_trials_of_the_user(tmp_path, capsys):
    file, database = study(tmp_path, axes=(WIDTH, STRENGTH)), tmp_path / "exports" / "optuna.db"
    assert export("optuna", file) == export("optuna", file, "--where", "width=64") == 0
    assert len(read(database).trials) == 3
    read(database).ask()
    capsys.readouterr()
    assert export("optuna", file) == 2
    assert capsys.readouterr().err == (
        f"error: {database}: would be overwritten, and nothing shows that an export wrote it; move it away, or name "
        "another file with --output\n")
    assert len(read(database).trials) == 4
