# SPDX-License-Identifier: MIT
"""The command line when what it prints cannot be written: a full disk, a closed standard output, a reader that left."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from eigensweep_analysis.__main__ import main
from sample import WIDTH, write

SENTENCE = "error: standard output: cannot write all of it; make space, or write to another place\n"
CALLS = ["help", "report help", "figures help", "report"]


def command(call, folder):
    words = {"help": ["--help"], "report help": ["report", "--help"], "figures help": ["figures", "--help"]}
    return [sys.executable, "-B", *(["-u"] if call == "report" else []), "-m", "eigensweep_analysis",
            *words.get(call, ["report", str(folder / "results.h5"), "--output", str(folder / "report")])]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("study")
    write(made / "results.h5", axes=(WIDTH,), attacks=("fgsm",))
    return made


def environment():
    return dict(os.environ, PYTHONPATH=str(Path(__file__).resolve().parents[1] / "src"))


@pytest.mark.parametrize(("call", "redirection"), [
    *((call, ">/dev/full") for call in CALLS), ("help", ">&-"), ("report help", "<&- >&-"), ("report", ">&-")])
def test_what_cannot_be_written_is_told_with_exit_code_4(folder, call, redirection):
    shell = ["bash", "-c", f'exec "$@" {redirection}', "bash", *command(call, folder)]
    done = subprocess.run(shell, stderr=subprocess.PIPE, text=True, env=environment(), check=False)
    assert done.returncode == 4, done.stderr
    assert done.stderr.endswith(SENTENCE)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("call", CALLS)
def test_a_reader_that_left_hears_nothing(folder, call):
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(command(call, folder), stdout=writer, stderr=subprocess.PIPE, text=True, env=environment(), check=False,
                          preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_DFL))
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_path_that_is_no_utf8_is_refused_before_anything_is_written(folder, tmp_path):
    odd = os.fsencode(tmp_path) + b"/caf\xe9"
    os.mkdir(odd)
    os.symlink(folder / "results.h5", odd + b"/results.h5")
    for words in (["report", odd + b"/results.h5"], ["report", str(folder / "results.h5"), "--output", odd],
                  ["figures", "width", str(folder / "results.h5"), odd + b"/results.h5"]):
        done = subprocess.run([sys.executable, "-B", "-m", "eigensweep_analysis", *words], capture_output=True, text=True, env=environment(),
                              check=False)
        assert done.returncode == 2
        assert done.stderr.startswith(f"error: {tmp_path}/caf\\xe9"), done.stderr
        assert done.stderr.endswith(": is not UTF-8 (a page holds no other text); rename the file or folder\n")
    assert os.listdir(odd) == [b"results.h5"]


def test_an_error_keeps_its_code(folder):
    shell = ["bash", "-c", 'exec "$@" >/dev/full', "bash", sys.executable, "-B", "-m", "eigensweep_analysis", "report", str(folder / "none.h5")]
    done = subprocess.run(shell, stderr=subprocess.PIPE, text=True, env=environment(), check=False)
    assert done.returncode == 3
    assert main(["report", str(folder / "none.h5")]) == 3
