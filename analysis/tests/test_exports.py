# SPDX-License-Identifier: MIT
"""The command `export`: where it writes, what it leaves alone, and one line for everything that it refuses."""

import sqlite3
import sys
import types

import h5py
import pytest

from eigensweep_analysis.__main__ import main
from eigensweep_analysis.exports import EXPORTS
from export_samples import export, needs, study
from sample import SEED, WIDTH, write

PACKAGES = {"tensorboard": "tensorboard", "optuna": "optuna", "wandb": "wandb", "parquet": "pyarrow", "csv": ""}
WRITTEN = {"optuna": "optuna.db", "parquet": "attacks.parquet", "csv": "attacks.csv"}
FILES = [pytest.param(t, marks=[needs(PACKAGES[t])] if PACKAGES[t] else []) for t in WRITTEN]
EVERY = [pytest.param(t, marks=[needs(PACKAGES[t])] if PACKAGES[t] else []) for t in PACKAGES]


def refused(capsys, code, words, *command):
    """The command leaves with this code and says one line."""
    capsys.readouterr()
    assert export(*command) == code
    said = capsys.readouterr()
    assert said.out == "" and said.err == f"error: {words}\n"


def test_every_target_is_tested():
    assert set(EXPORTS) == set(PACKAGES)


@pytest.mark.parametrize("target", [t for t in PACKAGES if PACKAGES[t]])
def test_a_package_that_is_absent_is_one_line(tmp_path, capsys, monkeypatch, target):
    package = PACKAGES[target]
    for name in [n for n in sys.modules if n.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    file = study(tmp_path)
    capsys.readouterr()
    assert export(target, file) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: export {target}: needs the package {package} (") and error.count("\n") == 1
    assert error.endswith(f"); install it: python -m pip install {package}; or, in a checkout, what every export needs: "
                          "python -m pip install './analysis[exports]'\n")
    assert not (tmp_path / "exports").exists()


@pytest.mark.parametrize("target", FILES)
def test_a_foreign_file_is_not_overwritten(tmp_path, capsys, target):
    file, output = study(tmp_path), tmp_path / "exports" / WRITTEN[target]
    output.parent.mkdir()
    output.write_text("somebody's,file\n")
    refused(capsys, 2, f"{output}: would be overwritten, and nothing shows that an export wrote it; move it away, or name "
            "another file with --output", target, file)
    refused(capsys, 2, f"{file}: would be overwritten, and nothing shows that an export wrote it; move it away, or name "
            "another file with --output", target, file, "--output", file)
    assert output.read_text() == "somebody's,file\n"


@needs("optuna")
def test_another_database_is_not_overwritten(tmp_path, capsys):
    output = tmp_path / "mine.db"
    with sqlite3.connect(output) as database:
        database.execute("CREATE TABLE studies (study_id INTEGER)")
    database.close()
    assert export("optuna", study(tmp_path), "--output", output) == 2
    assert "nothing shows that an export wrote it" in capsys.readouterr().err


@needs("pyarrow")
def test_another_parquet_file_is_not_overwritten(tmp_path, capsys):
    import pandas

    pandas.DataFrame({"trial": [0]}).to_parquet(tmp_path / "mine.parquet")
    assert export("parquet", study(tmp_path), "--output", tmp_path / "mine.parquet") == 2
    assert "nothing shows that an export wrote it" in capsys.readouterr().err


@pytest.mark.parametrize("target", FILES)
def test_an_export_replaces_itself_and_an_empty_file(tmp_path, target):
    file, output = study(tmp_path, axes=(WIDTH, SEED)), tmp_path / "a folder" / "out"
    output.parent.mkdir()
    output.touch()
    assert export(target, file, "--output", output) == 0
    first = output.read_bytes()
    assert export(target, file, "--output", output, "--where", "width=64") == 0
    assert output.read_bytes() != first and [f.name for f in output.parent.iterdir()] == ["out"]


@pytest.mark.parametrize("target", FILES)
def test_an_output_that_is_a_folder_gets_the_usual_name(tmp_path, capsys, target):
    assert export(target, study(tmp_path), "--output", tmp_path) == 0
    assert (tmp_path / WRITTEN[target]).is_file() and str(tmp_path / WRITTEN[target]) in capsys.readouterr().out


@needs("tensorboard")
def test_a_foreign_file_in_a_log_folder_is_not_overwritten(tmp_path, capsys):
    file, folder = study(tmp_path), tmp_path / "exports" / "tensorboard"
    assert export("tensorboard", file) == 0
    (folder / ".eigensweep-report").unlink()
    event = next(f for f in folder.iterdir() if f.is_file())
    event.write_text("somebody's")
    refused(capsys, 2, f"{event}: would be overwritten, and nothing shows that it is ours (the folder has no "
            ".eigensweep-report); move it away, or name another folder with --output", "tensorboard", file)
    assert event.read_text() == "somebody's"


@pytest.mark.parametrize("target", EVERY)
def test_an_output_that_cannot_be_written_is_one_line(tmp_path, capsys, target):
    file = study(tmp_path)
    (tmp_path / "taken").write_text("a file")
    assert export(target, file, "--output", tmp_path / "taken" / "below") == 4
    error = capsys.readouterr().err
    assert error.startswith(f"error: {tmp_path}/taken") and error.count("\n") == 1 and "--output names another" in error
    assert (tmp_path / "taken").read_text() == "a file"


@pytest.mark.parametrize("target", EVERY)
def test_a_file_that_cannot_be_read_is_one_line(tmp_path, capsys, target):
    refused(capsys, 3, f"{tmp_path}/none.h5: no such file; give the results.h5 of a run", target, tmp_path / "none.h5")


@pytest.mark.parametrize("target", ["tensorboard", "optuna", "wandb"])
@pytest.mark.parametrize("options", [{"rows": []}, {"statuses": {i: (0, "") for i in range(12)}}])
def test_a_study_of_which_nothing_has_finished_is_one_line(tmp_path, capsys, monkeypatch, target, options):
    if target not in sys.modules:  # none of it is needed for that
        monkeypatch.setitem(sys.modules, target, types.ModuleType(target))
    file = study(tmp_path, **options)
    refused(capsys, 2, f"{file}: no network has finished, so there is nothing to export; 'eigensweep run' on its study "
            "trains them", target, file)
    assert not (tmp_path / "exports").exists()


@pytest.mark.parametrize("long", [[], ["--long", "layers"]])
def test_a_table_of_no_networks_is_refused(tmp_path, capsys, long):
    file = study(tmp_path, rows=[])
    refused(capsys, 2, f"{file}: has no networks; 'eigensweep run' on its study trains them", "csv", file, *long)


def test_a_table_of_layers_without_numbers_is_refused(tmp_path, capsys):
    file = study(tmp_path, metrics=False)
    refused(capsys, 2, f"{file}: no network has a number per layer; the study needs the metric spectrum and a network "
            "that has finished", "csv", file, "--long", "layers")


@needs("optuna")
def test_an_objective_that_is_not_there_is_one_line(tmp_path, capsys):
    assert export("optuna", study(tmp_path), "--objective", "accuracy") == 2
    error = capsys.readouterr().err
    assert error.startswith("error: --objective accuracy: no number of this study; choose from: ")
    assert "robust_accuracy/fgsm/epsilon=0, " in error and " test_accuracy, " in error and error.count("\n") == 1
    assert error.endswith(" in all)\n")


@needs("optuna")
@pytest.mark.parametrize(("wanted", "nearest"), [
    ("robust_accuracy/strict/epsilon=0.03", [f"robust_accuracy/strict/epsilon={e}" for e in ("0.02", "0.05", "0", "0.01", "0.1", "0.2")]),
    ("strict/epsilon=0.1", ["robust_loss/strict/epsilon=0.1", "robust_accuracy/strict/epsilon=0.1"]),
    ("tets_accuracy", ["test_accuracy", "train_accuracy"])])
def test_an_objective_that_is_not_there_is_answered_with_the_nearest(tmp_path, capsys, wanted, nearest):
    file = study(tmp_path, attacks=("fgsm", "mi_fgsm", "pgd", "strict"))
    assert export("optuna", file, "--objective", wanted) == 2
    error = capsys.readouterr().err
    listed = error.partition("choose from: ")[2].split(", ")
    assert set(nearest) <= set(listed[:6]) and {"test_accuracy", "train_seconds"} <= set(listed)
    assert len(listed) == len(set(listed)) and error.endswith(" in all)\n")


@needs("optuna")
def test_a_study_without_accuracies_needs_an_objective(tmp_path, capsys):
    file = study(tmp_path, attacks=(), metrics=False, noise_levels=())
    refused(capsys, 2, "export optuna: the study has neither robust accuracy nor test accuracy; name one with --objective: "
            "train_seconds", "optuna", file)
    assert export("optuna", file, "--objective", "train_seconds") == 0


@needs("optuna")
def test_a_study_that_diverged_as_a_whole_has_no_objective(tmp_path, capsys):
    file = write(tmp_path / "r.h5", axes=(WIDTH,), statuses={i: (3, "loss is not finite") for i in range(2)})
    refused(capsys, 2, "export optuna: no network has a number, so there is none to optimise; export csv has the reasons",
            "optuna", file)


@pytest.mark.parametrize(("words", "option", "having"), [
    (["csv", "--objective", "test_accuracy"], "objective", "optuna"), (["wandb", "--long", "layers"], "long", "parquet, csv")])
def test_an_option_of_another_target_is_refused(tmp_path, capsys, words, option, having):
    refused(capsys, 2, f"--{option}: 'export {words[0]}' has no such option; it goes with {having}",
            words[0], study(tmp_path), *words[1:])


@pytest.mark.parametrize(("where", "words"), [
    ("width=65", "--where width=65: the axis has no such value; choose from: 64, 256"),
    ("width", "--where width: no AXIS=VALUE; write e.g. --where width=256"),
    ("colour=red", "--where colour: no axis of this study; choose from: width, strength, seed")])
def test_a_part_that_is_not_there_is_one_line(tmp_path, capsys, where, words):
    refused(capsys, 2, words, "csv", study(tmp_path), "--where", where)


@pytest.mark.parametrize("words", [["excel", "r.h5"], ["csv", "r.h5", "--long", "neurons"], ["csv"]])
def test_a_wrong_command_line_ends_with_2(capsys, words):
    with pytest.raises(SystemExit) as left:
        main(["export", *words])
    assert left.value.code == 2
    error = capsys.readouterr().err
    assert words != ["excel", "r.h5"] or "tensorboard" in error


@pytest.mark.parametrize("target", EVERY)
def test_a_folder_stands_for_the_file_in_it(tmp_path, target):
    study(tmp_path, "one network")
    assert export(target, tmp_path) == 0
    assert any((tmp_path / "exports").iterdir())


@pytest.mark.parametrize("target", EVERY)
def test_cells_that_share_a_training_are_all_there(tmp_path, capsys, target):
    file = write(tmp_path / "results.h5", axes=(WIDTH,))
    with h5py.File(file, "a") as raw:
        raw["trial_id"][1] = raw["trial_id"][0]
    assert export(target, file) == 0
    said = capsys.readouterr().out
    assert {"csv": "24 rows", "parquet": "24 rows", "optuna": "2 networks", "wandb": "2 networks",
            "tensorboard": "2 networks"}[target] in said
    if target == "tensorboard":
        assert {p.name for p in (tmp_path / "exports" / "tensorboard").iterdir() if p.is_dir()} == {
            "width_64-0000000000000000", "width_256-0000000000000000-2"}
