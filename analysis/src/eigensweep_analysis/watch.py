# SPDX-License-Identifier: MIT
"""Writes a report again whenever the results of a run grow, until the run has ended."""

import json
import time
from pathlib import Path

from eigensweep_analysis.load import ResultsError

#: Seconds between two looks at the results, and between two reloads of the page.
PAUSE = 10
#: The state in status.json of a run that is under way. That of a killed run stays so, and the user ends the watch.
UNDER_WAY = "running"


def watch(results, write, say=print, pause=PAUSE, sleep=time.sleep):
    """Calls `write` for every new version of a results file.

    Parameters
    ----------
    results : str or Path
        A results file, or the folder of a run; it may have no results yet.
    write : callable
        Writes the report and returns what it says; gets whether the run is still under way. A ResultsError that it raises
        while the run is under way is said, and the next version is waited for.
    say : callable
        Gets each line.

    Returns
    -------
    str
        What the last report said, also after Ctrl-C.

    Raises
    ------
    ResultsError
        The run has ended, and its results cannot be read.
    """
    path = Path(results)
    folder = path if path.is_dir() or path.suffix != ".h5" else path.parent
    file = path if path != folder else folder / "results.h5"
    seen = said = None
    while True:
        # The state first: what is written between the two looks is seen again.
        is_live = _is_live(folder)
        stamp = _stamp(file)
        if stamp is not None and (stamp != seen or not is_live):
            seen = stamp
            try:
                said = write(is_live)
                if is_live:
                    say(said)
            except ResultsError as error:
                if not is_live:
                    raise
                say(f"waiting: {error}")
        if not is_live:
            if said is None:
                raise ResultsError(f"{file}: no results, and no run is under way in {folder}; start one with 'eigensweep run'")
            return said
        try:
            sleep(pause)
        except KeyboardInterrupt:
            return said or "no report yet"


def _is_live(folder):
    try:
        return json.loads((folder / "status.json").read_text()).get("state") == UNDER_WAY
    except (OSError, ValueError):
        return False


def _stamp(file):
    try:
        known = file.stat()
    except OSError:
        return None
    return known.st_mtime_ns, known.st_size, known.st_ino
