# SPDX-License-Identifier: MIT
"""Which room may include which, and which shelf of a room: the tables "Rooms" and "Shelves" of docs/architecture.md, held against
every #include of the repository."""

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


def shelves_of(page: str) -> dict[str, list[str]]:
    """Room -> its shelves, each before those that may use it. "." stands for the files that lie on no shelf."""
    table = page.partition("\n## Shelves\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\w+) \| ([^|]+) \|", table, re.MULTILINE)
    if not rows or rows[0] != ("room", "shelves"):
        raise ValueError(f"{PAGE}: no table 'room | shelves' under 'Shelves'")
    return {room: [re.sub(r"[`/ ]|^networks$", "", shelf.strip()) or "." for shelf in shelves.split(",")] for room, shelves in rows[1:]}


def shelf_of(file: Path, root: Path) -> str:
    parts = file.relative_to(root).parts
    inner = parts[3:] if parts[0] == "include" else parts[2:]
    return inner[0] if len(inner) > 1 else "."


def room_of(file: Path, root: Path) -> str:
    """The room a file belongs to; a header directly under include/eigensweep/ belongs to app."""
    parts = file.relative_to(root).parts
    inner = parts[2:] if parts[0] == "include" else parts[1:]
    return inner[0] if len(inner) > 1 else "app"


def wrong_shelf(file: Path, included: str, room: str, shelves: dict[str, list[str]], root: Path) -> str:
    """What is wrong with an #include between two shelves of one room, or with the file's own shelf; else ""."""
    own, order = shelf_of(file, root), shelves.get(room, ["."])
    if room == "app":
        return ""
    if own not in order:
        return f"room '{room}' has no shelf '{own}'; add it to the table 'Shelves' in {PAGE}"
    inner = included.removeprefix(f"eigensweep/{room}/")
    if "/" not in included and (file.parent / included).exists():
        return ""  # beside it
    if inner == included and not (root / "src" / room / included).exists():
        return ""  # another room's, or a library's
    other = inner.rpartition("/")[0] or "."
    if other not in order:
        return f"'{included}' is on no shelf of room '{room}'"
    return f"shelf '{own}' may not include '{included}'" if order.index(other) > order.index(own) else ""


def violations(root: Path) -> list[str]:
    page = (root / PAGE).read_text()
    rooms, shelves = rooms_of(page), shelves_of(page)
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
            shelf_problem = wrong_shelf(file, included, room, shelves, root)
            if shelf_problem:
                found.append(f"{name}: {shelf_problem}")
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
