# SPDX-License-Identifier: MIT
"""Which room may include which: the table "Rooms" of docs/architecture.md, held against every #include of the repository."""

import re
import sys
from pathlib import Path

PAGE = "docs/architecture.md"
#: How the table calls a library -> its headers.
LIBRARIES = {"Torch": r"(torch|ATen|c10)/", "MPI": r"mpi\.h", "HDF5": r"(hdf5|H5)[^/]*\.h", "CLI11": r"CLI/"}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)


def names(text: str) -> set[str]:
    return {name.strip() for name in text.split(",")} - {"", "-"}


def rooms_of(page: str) -> dict[str, tuple[set[str], set[str]]]:
    """Room -> (rooms that it may include, libraries that it may see); ValueError where the page has no such table."""
    table = page.partition("\n## Rooms\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \|[^|]*\| ([^|]+) \|$", table, re.MULTILINE)
    if len(rows) < 3 or rows[0] != ("room", "may use"):
        raise ValueError(f"{PAGE}: no table 'room | what lives there | may use' under 'Rooms'")
    found = {}
    for rooms, uses in rows[1:]:
        ours, _, libraries = uses.partition(";")
        unknown = names(libraries) - set(LIBRARIES)
        if unknown:
            raise ValueError(f"{PAGE}: {rooms}: unknown libraries {sorted(unknown)}; known are {sorted(LIBRARIES)}")
        for room in names(rooms):
            found[room] = (names(ours), names(libraries))
    for room, (ours, _) in found.items():
        if ours - set(found):
            raise ValueError(f"{PAGE}: {room} may use {sorted(ours - set(found))}, which the table does not have")
    return found


def room_of(file: Path, root: Path) -> str:
    """The room a file belongs to; a header directly under include/eigensweep/ belongs to app."""
    parts = file.relative_to(root).parts
    inner = parts[2:] if parts[0] == "include" else parts[1:]
    return inner[0] if len(inner) > 1 else "app"


def violations(root: Path) -> list[str]:
    rooms = rooms_of((root / PAGE).read_text())
    found = []
    files = [*root.glob("include/eigensweep/**/*.hpp"), *root.glob("src/**/*.hpp"), *root.glob("src/**/*.cpp")]
    if not files:
        return [f"{root}: no sources found"]
    used: dict[str, set[str]] = {}
    for file in sorted(files):
        room, name = room_of(file, root), file.relative_to(root)
        if room not in rooms:
            found.append(f"{name}: unknown room '{room}'; add it to the table in {PAGE}")
            continue
        ours, libraries = rooms[room]
        used.setdefault(room, set())
        for included in INCLUDE.findall(file.read_text()):
            other = re.match(r"eigensweep/(\w+)/", included)
            used[room].update(other.groups() if other else ())
            if other and other.group(1) != room and other.group(1) not in ours:
                found.append(f"{name}: room '{room}' may not include '{included}'")
            for library, pattern in LIBRARIES.items():
                if re.match(pattern, included) and library not in libraries:
                    found.append(f"{name}: room '{room}' may not see {library} ('{included}')")
    for room, (ours, _) in rooms.items():
        if room not in used:
            found.append(f"{PAGE}: the table has the room '{room}', which src/ has not")
        found += [f"{PAGE}: '{room}' does not use '{other}'; take it out of the table"
                  for other in sorted(ours - used.get(room, ours))]
    return found


if __name__ == "__main__":
    problems = violations(Path(sys.argv[1]))
    print("\n".join(problems))
    sys.exit(bool(problems))
