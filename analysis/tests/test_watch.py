# SPDX-License-Identifier: MIT
"""`report --watch`: a report for every new version of the results, until the run has ended."""

import json

import pytest

from eigensweep_analysis import ResultsError
from eigensweep_analysis.__main__ import main
from eigensweep_analysis.watch import watch
from sample import SEED, WIDTH, write

pytestmark = pytest.mark.usefixtures("coarse")


def state(folder, word):
    (folder / "status.json").write_text(json.dumps({"state": word}))


def test_every_new_version_is_written_until_the_run_has_ended(tmp_path):
    state(tmp_path, "running")
    looks, calls, said = [], [], []

    def sleep(_):
        looks.append(len(calls))
        if len(looks) in (2, 4):
            write(tmp_path / "results.h5", axes=(WIDTH, SEED), epochs=len(looks))
        if len(looks) == 6:
            state(tmp_path, "complete")

    def report(is_live):
        calls.append(is_live)
        return f"report {len(calls)}"

    assert watch(tmp_path, report, said.append, sleep=sleep) == "report 3"
    assert looks == [0, 0, 1, 1, 2, 2] and calls == [True, True, False] and said == ["report 1", "report 2"]


def test_results_that_do_not_fit_yet_are_waited_for(tmp_path):
    state(tmp_path, "running")
    file = write(tmp_path / "results.h5", axes=(WIDTH, SEED))
    said = []

    def report(is_live):
        if is_live:
            raise ResultsError("no network with width 8")
        return "done"

    assert watch(file, report, said.append, sleep=lambda _: state(tmp_path, "complete")) == "done"
    assert said == ["waiting: no network with width 8"]


def test_without_a_run_and_without_results_it_says_so(tmp_path, capsys):
    assert main(["report", str(tmp_path), "--watch"]) == 2
    assert capsys.readouterr().err == (f"error: {tmp_path}/results.h5: no results, and no run is under way in {tmp_path}; start one "
                                       "with 'eigensweep run'\n")


def test_ctrl_c_ends_it(tmp_path):
    def interrupted(_):
        raise KeyboardInterrupt

    state(tmp_path, "running")
    assert watch(tmp_path, lambda _: "report", lambda _: None, sleep=interrupted) == "no report yet"
    write(tmp_path / "results.h5", axes=(WIDTH, SEED))
    assert watch(tmp_path, lambda _: "report", lambda _: None, sleep=interrupted) == "report"


@pytest.mark.parametrize("live", [True, False])
def test_the_page_of_a_run_under_way_reloads_itself(tmp_path, live):
    from eigensweep_analysis import load
    from eigensweep_analysis.report import write_report

    page = write_report(load(write(tmp_path / "r.h5", axes=(WIDTH, SEED))), tmp_path / "out", reload=10 if live else 0)[0].read_text()
    assert ("<meta http-equiv='refresh' content='10'>" in page) == live


def test_the_command_ends_with_the_run(tmp_path, capsys):
    write(tmp_path / "results.h5", axes=(WIDTH, SEED))
    state(tmp_path, "complete")
    assert main(["report", str(tmp_path), "--watch"]) == 0
    assert capsys.readouterr().out.startswith(f"wrote {tmp_path}/report/report.html")
