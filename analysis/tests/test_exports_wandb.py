# SPDX-License-Identifier: MIT
"""Exports to Weights & Biases: what is asked of wandb, and what lies in the offline runs that it writes.

wandb is large (over 60 MB), so tests/requirements.txt does not have it. A stand-in notes what is
asked of it. Where wandb is installed, its own files are read back too.
"""

import json
import os
import struct
import sys
import types
from pathlib import Path

import pytest

from export_samples import INF, STUDIES, as_text, export, finished, needs, set_numbers, study
from sample import SEED, WIDTH


class StandIn(types.ModuleType):
    """Notes what is asked of wandb, and leaves a file where wandb would."""

    def __init__(self, writes=True, error=None):
        super().__init__("wandb")
        self.__version__, self.Error, self.Settings = "0.0", RuntimeError, dict
        self.runs, self.writes, self.error, self.teardowns = [], writes, error, 0

    def init(self, **asked):
        if self.error:
            raise self.error
        run = types.SimpleNamespace(asked=asked, history=[], summary={}, exit_code=None)
        run.log = lambda numbers, step: run.history.append((step, numbers))
        run.finish = lambda exit_code: self._finish(run, exit_code)
        self.runs.append(run)
        return run

    def _finish(self, run, exit_code):
        run.exit_code, known_as = exit_code, run.asked["id"]
        path = Path(run.asked["dir"]) / "wandb" / f"offline-run-1-{known_as}" / f"run-{known_as}.wandb"
        if self.writes:
            path.parent.mkdir(parents=True)
            path.write_text("a run")

    def teardown(self):
        self.teardowns += 1


@pytest.fixture
def wandb(monkeypatch):
    stand_in = StandIn()
    monkeypatch.setitem(sys.modules, "wandb", stand_in)
    return stand_in


def check(row, config, summary, history, exit_code):
    """Holds a run against a row of the file."""
    about = config.pop("eigensweep")
    assert config == as_text(row["options"])
    assert (about["trial"], about["trial_id"], about["status"]) == (row["trial"], row["trial_id"], row["status"])
    assert exit_code == (0 if row["status"] == "ok" else 1) and summary["status"] == row["status"]
    assert [(step, numbers["history/loss"]) for step, numbers in history] == row["loss"]
    if row["status"] != "ok":
        assert "test_accuracy" not in summary
        return
    assert summary["test_accuracy"] == row["test_accuracy"] and summary["exponent/layer_1"] == row["exponent"][0]
    for (attack, epsilon), share in row["robust"].items():
        assert summary[f"robust_accuracy/{attack}/epsilon_{epsilon:g}".replace(".", "_")] == share


@pytest.mark.parametrize("name", STUDIES)
def test_wandb_is_asked_for_an_offline_run_per_network(tmp_path, wandb, name):
    file = study(tmp_path, name)
    assert export("wandb", file) == 0
    wanted = finished(file)
    assert [run.asked["id"].rsplit("-", 1)[-1] for run in wandb.runs] == [row["trial_id"] for row in wanted]
    for run, row in zip(wandb.runs, wanted):
        assert run.asked["mode"] == "offline" and run.asked["project"] == "sample"
        assert run.asked["dir"] == str(tmp_path / "exports") and run.asked["notes"] == (row["message"] or None)
        check(row, run.asked["config"], run.summary, run.history, run.exit_code)
    assert wandb.teardowns == 1


def read(file):
    """(config, summary, history, exit code) of an offline run's file: records of protobuf in LevelDB's log format."""
    from wandb.proto import wandb_internal_pb2

    content, place, record = file.read_bytes(), 7, b""  # after wandb's header
    config, summary, history, exit_code = {}, {}, [], None
    while place < len(content):
        left = 32768 - place % 32768  # a block
        if left < 7:
            place += left
            continue
        _, length, part = struct.unpack("<IHB", content[place: place + 7])
        record = (record if part in (3, 4) else b"") + content[place + 7: place + 7 + length]
        place += 7 + length
        if part not in (1, 4):  # whole, or the last part
            continue
        said = wandb_internal_pb2.Record.FromString(record)
        config |= {item.key: json.loads(item.value_json) for item in said.run.config.update if item.key != "_wandb"}
        summary |= {"/".join(i.nested_key) or i.key: json.loads(i.value_json) for i in said.summary.update}
        if said.HasField("history"):
            numbers = {"/".join(i.nested_key) or i.key: json.loads(i.value_json) for i in said.history.item}
            history.append((numbers.pop("_step"), numbers))
        exit_code = said.exit.exit_code if said.HasField("exit") else exit_code
    return config, summary, history, exit_code


@needs("wandb")
@pytest.mark.parametrize("name", STUDIES)
def test_wandb_s_files_have_every_number(tmp_path, monkeypatch, name):
    monkeypatch.setenv("WANDB_MODE", "disabled")  # what the command is for decides
    file = study(tmp_path, name)
    assert export("wandb", file) == 0
    runs = {f.stem.rsplit("-", 1)[-1]: f for f in (tmp_path / "exports").glob("wandb/offline-run-*/*.wandb")}
    wanted = finished(file)
    assert set(runs) == {row["trial_id"] for row in wanted}
    for row in wanted:
        check(row, *read(runs[row["trial_id"]]))


def test_a_second_export_replaces_its_runs_and_no_others(tmp_path, wandb):
    file, folder = study(tmp_path, axes=(WIDTH, SEED)), tmp_path / "out"
    theirs = folder / "wandb" / "offline-run-1-theirs" / "run-theirs.wandb"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("somebody's")
    assert export("wandb", file, "--output", folder) == 0
    assert export("wandb", file, "--output", folder, "--where", "width=64") == 0
    left = sorted(path.name.rsplit("-", 1)[-1] for path in (folder / "wandb").iterdir())
    assert left == ["0000000000000000", "0000000000000001", "theirs"]
    assert theirs.read_text() == "somebody's"


def test_names_that_would_become_one_stay_two(tmp_path, wandb):
    file = study(tmp_path, axes=(WIDTH,), attacks=("a.b", "a_b", "7"), name="x/y: 50%")
    assert export("wandb", file) == 0
    run = wandb.runs[0]
    at = {n.removeprefix("robust_accuracy/") for n in run.summary if n.startswith("robust_accuracy/") and "epsilon_0_05" in n}
    assert at == {"a_b/epsilon_0_05", "a_b/epsilon_0_05_2", "7/epsilon_0_05"}
    assert run.asked["project"] == "x-y- 50-"


def test_an_infinite_number_is_a_text_in_the_summary(tmp_path, wandb):
    file = study(tmp_path, axes=(WIDTH,))
    set_numbers(file, "accuracy/train_loss", [INF, 1.0])
    assert export("wandb", file) == 0
    assert [run.summary["train_loss"] for run in wandb.runs] == ["inf", 1.0]


def test_what_wandb_refuses_is_one_line(tmp_path, monkeypatch, capsys):
    stand_in = StandIn(error=RuntimeError("no such\nsetting"))
    monkeypatch.setitem(sys.modules, "wandb", stand_in)
    assert export("wandb", study(tmp_path)) == 2
    assert capsys.readouterr().err == ("error: export wandb: wandb 0.0 refused (no such setting); install another version "
                                       "of it, or choose another target\n")
    assert stand_in.teardowns == 1


def test_a_run_that_wandb_did_not_write_is_an_error(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "wandb", StandIn(writes=False))
    assert export("wandb", study(tmp_path)) == 4
    error = capsys.readouterr().err
    assert error.startswith(f"error: {tmp_path}/exports/wandb/es-") and error.count("\n") == 1
    assert error.endswith("-0000000000000000: wandb did not write this run; --output names another folder to write into\n")


def test_reports_of_errors_are_off_while_wandb_writes_and_as_before_later(tmp_path, wandb, monkeypatch):
    seen = []
    init = wandb.init
    wandb.init = lambda **asked: (seen.append(os.environ.get("WANDB_ERROR_REPORTING")), init(**asked))[1]
    for before in ("true", None):
        if before is None:
            monkeypatch.delenv("WANDB_ERROR_REPORTING")
        else:
            monkeypatch.setenv("WANDB_ERROR_REPORTING", before)
        assert export("wandb", study(tmp_path, "one network")) == 0
        assert os.environ.get("WANDB_ERROR_REPORTING") == before
    assert seen == ["false", "false"]
