# SPDX-License-Identifier: MIT
"""Which room may include which: the table of docs/architecture.md, held against every #include of the repository."""

import re
import sys
from pathlib import Path

SCIENCE = {"kernels", "models", "regularizers", "attacks", "metrics"}
# Room -> the rooms of ours that it may include, besides itself.
MAY_USE = {
    "core": set(),
    "hdf5": {"core"},
    "study": {"core"},
    "wire": {"core", "study"},
    # Users bring their own data in HDF5 files.
    "data": {"core", "study", "hdf5"},
    "models": {"core", "study", "data"},
    "kernels": {"core", "study", "data", "models"},
    "regularizers": {"core", "study", "data", "models"},
    "attacks": {"core", "study", "data", "models"},
    # A metric's result travels as a record's column.
    "metrics": {"core", "study", "data", "models", "attacks", "kernels", "wire"},
    "training": {"core", "study", "data"} | SCIENCE,
    "worker": {"core", "study", "data", "training", "wire"} | SCIENCE,
    "sweep": {"core", "study", "wire"},
    "results": {"core", "study", "wire", "hdf5"},
    "app": {"core", "study", "wire", "data", "sweep", "results", "worker"},
}
# A library's headers -> the rooms that may see them.
LIBRARIES = {
    r"(torch|ATen|c10)/": {"data", "training", "worker"} | SCIENCE,
    r"mpi\.h": {"sweep", "app"},
    r"(hdf5|H5)[^/]*\.h": {"hdf5", "results"},
    r"CLI/": {"app"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)


def room_of(file: Path, root: Path) -> str:
    """The room a file belongs to; a header directly under include/eigensweep/ belongs to app."""
    parts = file.relative_to(root).parts
    inner = parts[2:] if parts[0] == "include" else parts[1:]
    return inner[0] if len(inner) > 1 else "app"


def violations(root: Path) -> list[str]:
    found = []
    files = [*root.glob("include/eigensweep/**/*.hpp"), *root.glob("src/**/*.hpp"), *root.glob("src/**/*.cpp")]
    if not files:
        return [f"{root}: no sources found"]
    for file in sorted(files):
        room, name = room_of(file, root), file.relative_to(root)
        if room not in MAY_USE:
            found.append(f"{name}: unknown room '{room}'; add it to {Path(__file__).name} and docs/architecture.md")
            continue
        for included in INCLUDE.findall(file.read_text()):
            ours = re.match(r"eigensweep/(\w+)/", included)
            if ours and ours.group(1) != room and ours.group(1) not in MAY_USE[room]:
                found.append(f"{name}: room '{room}' may not include '{included}'")
            for pattern, rooms in LIBRARIES.items():
                if re.match(pattern, included) and room not in rooms:
                    found.append(f"{name}: room '{room}' may not see the library of '{included}'")
    return found


if __name__ == "__main__":
    problems = violations(Path(sys.argv[1]))
    print("\n".join(problems))
    sys.exit(bool(problems))
