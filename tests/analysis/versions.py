# SPDX-License-Identifier: MIT
"""Runs the analysis package's tests with exactly the oldest versions that its pyproject.toml allows.

usage: versions.py <analysis folder> <folder for the environment>

The environment is made anew when the bounds change. Exit code 77 (skipped) only where the package index cannot be reached.
"""

import hashlib
import os
import re
import shutil
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

SKIPPED = 77
#: Old versions warn of what younger ones of their own dependencies deprecate, so warnings are no errors here.
PYTEST = ["-B", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-W", "ignore"]
#: Tests of what no library has a part in: command lines, messages, names of files, what a seed means, what a browser
#: shows, how many panels there are, when a report is written anew.
OURS_ALONE = ["command_line", "gallery", "grids", "output_folders", "page_in_browser", "refusals", "watch", "zipped_seed"]
#: Reports of some of every kind of study: more of them call nothing else of a library.
SOME_STUDIES = ["tests/test_any_study.py", "-k", "every_layout or (report and (everything or infinite or zipped))"]
#: Runs beside one another, of about the same length.
PAGES = ["report", "robustness", "width_page", "layer_page", "balanced_page"]
HALVES = [[f"tests/test_{name}.py" for name in PAGES],
          ["tests", *(f"--ignore=tests/test_{name}.py" for name in ("any_study", *PAGES, *OURS_ALONE))]]


def lower_bounds(pyproject: str) -> list[str]:
    """`name==version` of every dependency, from its `name>=version`; ValueError where one has no lower bound."""
    found = re.search(r"^dependencies = \[(.*?)^\]", pyproject, re.MULTILINE | re.DOTALL)
    if found is None:
        raise ValueError("pyproject.toml: no list 'dependencies', one a line")
    wanted = []
    for requirement in re.findall(r'^\s*"([^"]+)"', found.group(1), re.MULTILINE):
        bound = re.fullmatch(r"([A-Za-z0-9_.-]+)>=([0-9.]+)(,<.*)?", requirement)
        if bound is None:
            raise ValueError(f"pyproject.toml: '{requirement}' has no lower bound; write name>=version")
        wanted.append(f"{bound.group(1)}=={bound.group(2)}")
    if not wanted:
        raise ValueError("pyproject.toml: 'dependencies' is empty")
    return wanted


def oldest_python(pyproject: str) -> str:
    """The interpreter of the oldest version allowed, if this machine has it; else the one that runs this."""
    version = re.search(r'requires-python = ">=([0-9.]+)"', pyproject).group(1)
    python = shutil.which(f"python{version}")
    works = python and subprocess.run([python, "-c", "import ensurepip"], capture_output=True, check=False).returncode == 0
    return python if works else sys.executable


def unreachable(pip: list[str]) -> str:
    """Why the package index cannot be reached; "" where it answers, whatever it says."""
    index = os.environ.get("PIP_INDEX_URL") or subprocess.run([*pip, "config", "get", "global.index-url"], capture_output=True,
                                                              text=True, check=False).stdout.strip() or "https://pypi.org/simple"
    try:
        urllib.request.urlopen(f"{index.rstrip('/')}/pip/", timeout=20).close()
    except urllib.error.HTTPError:
        return ""
    except OSError as error:
        reason = getattr(error, "reason", error)
        return "" if isinstance(reason, ssl.SSLError) else f"{index}: {reason}"
    return ""


def install(python: str, folder: Path, packages: list[str]) -> int:
    """Makes the environment; 0, or the exit code to leave with."""
    shutil.rmtree(folder, ignore_errors=True)
    # pip sets up in seconds what it finds in its cache. Wheels alone: nothing is compiled here.
    command = [folder / "bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check", "--only-binary=:all:"]
    for step in ([python, "-m", "venv", str(folder)], [*map(str, command), *packages, "pytest"]):
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(done.stdout + done.stderr)
            why = unreachable([str(folder / "bin/python"), "-m", "pip"])
            if why:
                print(f"skipped: the package index cannot be reached ({why}), so the oldest versions cannot be installed")
                return SKIPPED
            print(f"failed: {' '.join(map(str, step))}")
            return 1
    return 0


def main() -> int:
    package, folder = (Path(a).resolve() for a in sys.argv[1:3])
    text = (package / "pyproject.toml").read_text()
    packages, python = lower_bounds(text), oldest_python(text)
    mark = hashlib.sha256("\n".join([python, *packages]).encode()).hexdigest()
    stamp = folder / "installed"
    if not stamp.is_file() or stamp.read_text() != mark:
        code = install(python, folder, packages)
        if code:
            return code
        stamp.write_text(mark)
    own = folder / "bin/python"
    listed = subprocess.run([own, "-m", "pip", "freeze"], capture_output=True, text=True, check=True).stdout.lower().splitlines()
    for wanted in packages:
        name, version = wanted.lower().split("==")
        there = [line for line in listed if line.partition("==")[0].replace("_", "-") == name]
        if not any((line.partition("==")[2] + ".0.0").startswith(version + ".") for line in there):
            print(f"failed: wanted {wanted}, installed {there}")
            return 1
    print(f"{python} with {' '.join(packages)}", flush=True)
    runs = [subprocess.Popen([own, *PYTEST, *words], cwd=package, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            for words in (SOME_STUDIES, *HALVES)]
    for run in runs:
        print(run.communicate()[0], flush=True)
    return max(run.returncode for run in runs)


if __name__ == "__main__":
    sys.exit(main())
