# SPDX-License-Identifier: MIT
"""Files that cannot be read and folders that cannot be written: one line each, with the exit code of its kind."""

import os
import resource
import shutil
import stat
import subprocess
import sys
import threading
from pathlib import Path

import h5py
import numpy as np
import pytest

from eigensweep_analysis import UnreadableResults, files, load
from eigensweep_analysis.__main__ import main
from sample import SEED, STRENGTH, WIDTH, write


def newer(path):
    file = write(path, axes=(WIDTH,))
    with h5py.File(file, "a") as raw:
        raw.attrs["format_version"] = 2


def foreign(path):
    with h5py.File(path, "w") as file:
        file.attrs["file_type"] = "weather"


def cut(share):
    def make(path):
        write(path, axes=(WIDTH, SEED))
        os.truncate(path, int(os.path.getsize(path) * share))
    return make


def without(name):
    def make(path):
        write(path, axes=(WIDTH, SEED))
        with h5py.File(path, "a") as raw:
            del raw[name]
    return make


def without_scale(path):
    write(path, axes=(WIDTH, SEED))
    with h5py.File(path, "a") as raw:
        raw["test"] = np.zeros(4)


def wrong_version(path):
    write(path, axes=(WIDTH,))
    with h5py.File(path, "a") as raw:
        raw.attrs["format_version"] = "one"


#: name -> (how the file is made, what the message says)
FILES = {
    "missing": (lambda path: None, "no such file; give the results.h5 of a run"),
    "empty": (lambda path: path.write_bytes(b""), "no HDF5 file or a damaged one"),
    "text": (lambda path: path.write_text("hello"), "no HDF5 file or a damaged one"),
    "another type": (foreign, "file_type is 'weather', not 'eigensweep-results' (this is not a results file)"),
    "newer": (newer, "format_version is 2, this package reads 1; install the eigensweep_analysis that came with"),
    "version is a word": (wrong_version, "format_version is one, this package reads 1"),
    "first kilobyte": (lambda path: (cut(1)(path), os.truncate(path, 1000)), "no HDF5 file or a damaged one"),
    "half": (cut(0.5), "no HDF5 file or a damaged one"),
    "all but the end": (cut(0.999), "no HDF5 file or a damaged one"),
    "no status": (without("status"), "damaged"),
    "no trials": (without("trial"), "damaged"),
    "a variable without scale": (without_scale, "damaged (/test has no scale on dimension 0)"),
    "a folder": (lambda path: path.mkdir(), "a folder without results.h5; give the results.h5 of a run"),
    "a pipe": (lambda path: os.mkfifo(path), "no regular file; give the results.h5 of a run"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_read_is_one_line(tmp_path, capsys, name):
    make, words = FILES[name]
    path = tmp_path / "my results #1 %.h5"
    make(path)
    with pytest.raises(UnreadableResults) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: ") and words in str(caught.value) and "\n" not in str(caught.value)
    for command in (["report"], ["figures", "paper"], ["figures", "width"]):
        assert main([*command, str(path), "--output", str(tmp_path / "out")]) == 3
        assert capsys.readouterr().err == f"error: {caught.value}\n"
    assert not (tmp_path / "out").exists()


def test_any_end_that_is_missing_is_found(tmp_path):
    file = write(tmp_path / "r.h5", axes=(WIDTH,))
    content = file.read_bytes()
    for length in range(0, len(content), 4099):
        file.write_bytes(content[:length])
        with pytest.raises(UnreadableResults):
            load(file)


def test_a_folder_stands_for_the_file_in_it(tmp_path, capsys):
    folder = tmp_path / "a run"
    folder.mkdir()
    write(folder / "results.h5", axes=(WIDTH,), attacks=())
    assert load(folder).identical(load(folder / "results.h5"))
    assert main(["report", str(folder)]) == 0
    assert (folder / "report" / "report.html").is_file()


@pytest.mark.parametrize("name", ["with space", "#1", "100%", "it's", "\u00e4\u6f22"])
def test_paths_of_all_kinds_work(tmp_path, capsys, name):
    folder = tmp_path / name
    try:
        folder.mkdir()
    except OSError:  # some file systems restrict names
        pytest.skip(f"this file system has no folder {name!r}")
    file = write(tmp_path / "r.h5", axes=(WIDTH,), attacks=(), metrics=False)
    shutil.move(file, folder / "results.h5")
    assert main(["report", str(folder / "results.h5"), "--output", str(folder / "my report")]) == 0
    assert (folder / "my report" / "report.html").read_text(encoding="utf-8")


def test_a_file_that_is_replaced_meanwhile_is_the_old_one_or_the_new_one(tmp_path):
    one = write(tmp_path / "one.h5", axes=(WIDTH, SEED), name="one")
    two = write(tmp_path / "two.h5", axes=(WIDTH, STRENGTH), name="two")
    path, stop = tmp_path / "results.h5", threading.Event()
    shutil.copy(one, path)

    def replace():
        while not stop.is_set():
            for source in (two, one):
                shutil.copy(source, tmp_path / "new")
                os.replace(tmp_path / "new", path)

    writer = threading.Thread(target=replace)
    writer.start()
    try:
        titles = {data.attrs["title"]: data.test_accuracy.dims for data in (load(path) for _ in range(15))}
    finally:
        stop.set()
        writer.join()
    assert titles.items() <= {"one": ("width", "seed"), "two": ("width", "strength")}.items()


def test_a_file_that_may_not_be_read_is_the_system_s_refusal(tmp_path, capsys, monkeypatch):
    file = write(tmp_path / "r.h5", axes=(WIDTH,))

    def refuse(*_):
        raise PermissionError(13, "Permission denied", str(file))

    monkeypatch.setattr("builtins.open", refuse)
    assert main(["report", str(file)]) == 4
    assert capsys.readouterr().err == f"error: {file}: Permission denied\n"


@pytest.mark.parametrize("command", [["report"], ["figures", "width"], ["figures", "paper"]])
def test_a_folder_that_cannot_be_written_is_one_line(tmp_path, capsys, command):
    file = write(tmp_path / "r.h5", axes=(WIDTH, STRENGTH), attacks=("pgd",), metrics=False)
    (tmp_path / "taken").write_text("a file")
    for output in (tmp_path / "taken", tmp_path / "taken" / "below"):
        assert main([*command, str(file), "--output", str(output)]) == 4
        error = capsys.readouterr().err
        assert error.count("\n") == 1 and "--output names another folder to write into" in error
    assert (tmp_path / "taken").read_text() == "a file"


def test_unexpected_errors_are_one_line_too(tmp_path, capsys, monkeypatch):
    file = write(tmp_path / "r.h5", axes=(WIDTH,))
    monkeypatch.setattr("eigensweep_analysis.__main__.load", lambda _: 1 / 0)
    assert main(["report", str(file)]) == 70
    assert capsys.readouterr().err == (
        "error: ZeroDivisionError: division by zero (a bug of ours; EIGENSWEEP_TRACEBACK=1 shows where)\n")
    monkeypatch.setenv("EIGENSWEEP_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        main(["report", str(file)])


def test_files_are_whole_follow_links_and_leave_others_alone(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "page.html").write_text("old")
    (tmp_path / "elsewhere" / "page.html").chmod(0o640)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "report.html").symlink_to(tmp_path / "elsewhere" / "page.html")
    (tmp_path / "out" / "report.html.tmp").write_text("somebody's")
    files.write(tmp_path / "out" / "report.html", "new")
    assert (tmp_path / "out" / "report.html").is_symlink()
    assert (tmp_path / "elsewhere" / "page.html").read_text() == "new"
    assert stat.S_IMODE((tmp_path / "elsewhere" / "page.html").stat().st_mode) == 0o640
    assert {f.name for f in (tmp_path / "out").iterdir()} == {"report.html", "report.html.tmp"}
    assert (tmp_path / "out" / "report.html.tmp").read_text() == "somebody's"
    before = os.umask(0o027)
    try:
        files.write(tmp_path / "out" / "fresh", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out" / "fresh").stat().st_mode) == 0o640
    files.write("/dev/null", "nothing")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    (tmp_path / "page").write_text("old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError):
        files.write(tmp_path / "page", "new")
    assert [f.name for f in tmp_path.iterdir()] == ["page"] and (tmp_path / "page").read_text() == "old"


def test_a_disk_without_room_names_the_file(tmp_path, capsys):
    with pytest.raises(OSError) as caught:
        files.write("/dev/full", "x")
    assert caught.value.filename == "/dev/full" and caught.value.strerror == "No space left on device"
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "report.html").symlink_to("/dev/full")
    file = write(tmp_path / "r.h5", axes=(WIDTH,), attacks=())
    assert main(["report", str(file)]) == 4
    assert capsys.readouterr().err == (
        f"error: {tmp_path}/report/report.html: No space left on device; --output names another folder to write into\n")


def test_a_limit_on_the_size_of_a_file_names_the_file_and_leaves_no_part_of_it(tmp_path):
    file = write(tmp_path / "r.h5", axes=(WIDTH,), attacks=())
    words = [sys.executable, "-B", "-m", "eigensweep_analysis", "report", str(file)]
    done = subprocess.run(words, capture_output=True, text=True, check=False,
                          env={"PYTHONPATH": str(Path(__file__).resolve().parents[1] / "src")},
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)))
    assert done.returncode == 4
    assert done.stderr.startswith(f"error: {tmp_path}/report/figures/") and ": File too large; --output" in done.stderr
    assert done.stderr.count("\n") == 1 and not list((tmp_path / "report" / "figures").iterdir())


def test_a_part_of_a_study_can_be_asked_for(tmp_path, capsys):
    file = write(tmp_path / "r.h5", axes=(WIDTH, STRENGTH, SEED), attacks=(), metrics=False)
    output = ["--output", str(tmp_path / "out")]
    assert main(["report", str(file), "--where", "width=64", "--where", "strength=0.3", *output]) == 0
    page = (tmp_path / "out" / "report.html").read_text()
    assert "2 networks: 2 ok" in page and "Only networks with width=64, strength=0.3." in page
    for wrong, words in (("width=65", "the axis has no such value; choose from: 64, 256"), ("width", "no AXIS=VALUE"),
                         ("colour=red", "no axis of this study; choose from: width, strength, seed")):
        assert main(["report", str(file), "--where", wrong, *output]) == 2
        error = capsys.readouterr().err
        assert words in error and error.count("\n") == 1
