# SPDX-License-Identifier: MIT
"""Whether what sees no Torch compiles by itself: every source, which a unity build compiles behind others, the declaration half of
every kind, and every public header without a source of its own.

    alone_test.py ROOT COMPILER [flags ...]

With Clang the libraries that cost most come precompiled, which takes a quarter of the time. Then a file that lacks an include
of one of these libraries passes; one that lacks an include of ours does not."""

import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT, COMPILER, FLAGS = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
TORCH = re.compile(r'#include (<(torch|ATen|c10)/|"eigensweep/(models|data/device|data/torch|attacks|metrics|regularizers|constraints|kernels|training|worker))')
TORCH_ROOMS = ("models", "kernels", "regularizers", "constraints", "attacks", "metrics", "training", "worker")
#: What CMake gives single files.
DEFINED = [f'-D{name}=""' for name in ("EIGENSWEEP_SOURCE_DATA_FOLDER", "EIGENSWEEP_VERSION", "EIGENSWEEP_COMPILER", "EIGENSWEEP_BUILD_TYPE")]


def tasks():
    """(file, flags)"""
    include = ROOT / "include" / "eigensweep"
    for header in sorted(include.rglob("*.hpp")):
        own_source = ROOT / "src" / header.relative_to(include).with_suffix(".cpp")  # includes it first
        if not TORCH.search(header.read_text()) and not own_source.exists():
            # Included by an empty file: `#pragma once` says nothing in the main file.
            yield Path("/dev/null"), ["-x", "c++", "-include", str(header)]
    for source in sorted((ROOT / "src").rglob("*.cpp")):
        room = source.relative_to(ROOT / "src").parts[0]
        text = source.read_text()
        own = [f"-I{ROOT}/src/{room}", *DEFINED]
        if "#ifdef EIGENSWEEP_DECLARATIONS" in text:
            yield source, ["-DEIGENSWEEP_DECLARATIONS", *own]
        if room not in TORCH_ROOMS and not TORCH.search(text):
            yield source, own


#: ordered_json is what the engine uses; its members are instantiated once, here.
LIBRARIES = """#include <fmt/format.h>
#include <nlohmann/json.hpp>
template class nlohmann::basic_json<nlohmann::ordered_map>;
"""


def precompiled(folder):
    """The flags that bring the precompiled libraries; none if the compiler is not Clang."""
    version = subprocess.run([COMPILER, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    if "clang version" not in version:
        return []
    header, result = folder / "libraries.hpp", folder / "libraries.pch"
    header.write_text(LIBRARIES)
    command = [COMPILER, "-std=c++20", "-x", "c++-header", "-fpch-instantiate-templates", *FLAGS, str(header), "-o", str(result)]
    subprocess.run(command, check=True)
    return ["-include-pch", str(result)]


def complaint(task, libraries):
    file, flags = task
    command = [COMPILER, "-std=c++20", "-fsyntax-only", *libraries, *FLAGS, *flags, f"-I{ROOT}/include", str(file)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout if done.returncode else ""


if __name__ == "__main__":
    found = list(tasks())
    if len(found) < 120:
        sys.exit(f"only {len(found)} files found under {ROOT}")
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        libraries = precompiled(Path(folder))
        complaints = [text for text in pool.map(lambda task: complaint(task, libraries), found) if text]
    print("\n".join(complaints))
    print(f"{len(found)} files, {len(complaints)} that do not compile alone")
    sys.exit(bool(complaints))
