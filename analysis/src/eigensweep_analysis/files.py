# SPDX-License-Identifier: MIT
"""Files of a report are written whole or not at all, through links, and never over what others keep."""

import os
import stat
import tempfile
from pathlib import Path

from eigensweep_analysis.load import ResultsError

#: Says that a folder is ours, as `.eigensweep` says it of a run's.
MARK = ".eigensweep-report"
_MARK_SAYS = "eigensweep_analysis writes reports and figures into this folder, over those that it wrote before.\n"
#: How a page of ours begins, and what its head holds: the second is in pages of versions that had no generator.
PAGE_BEGINS = "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
GENERATOR = "<meta name='generator' content='eigensweep_analysis'>"
_PAGE_HOLDS = (GENERATOR, ".lead{color:#555;margin-top:0}")


def make_folder(path):
    """Makes a folder and those above it; OSError names the folder."""
    path = Path(path)
    path.mkdir(parents=True, exist_ok=True)
    return path


def write_all(folder, files):
    """Writes files into a folder that is ours or holds none of their names, and marks it as ours before.

    Parameters
    ----------
    folder : str or Path
        Made if it is not there.
    files : dict
        Name within the folder ("figures/one.png") -> bytes or str; what is returned are their paths, in order.

    Raises
    ------
    ResultsError
        As `refuse_foreign`.
    OSError
        The system refused; it names the file.
    """
    refuse_foreign(folder, files)
    mark = make_folder(folder) / MARK
    if not os.path.lexists(mark):
        write(mark, _MARK_SAYS)
    paths = [mark.parent / name for name in files]
    return [write(make_folder(path.parent) / path.name, content) for path, content in zip(paths, files.values())]


def refuse_foreign(folder, files):
    """Raises ResultsError where one of these files is there, and neither it nor another nor a mark shows the folder as ours.

    Folders of earlier versions have no mark: they are known by their page, or by the first line of a table.
    """
    folder = Path(folder)
    if os.path.lexists(folder / MARK):
        return
    # Into a device or a pipe a file is written, and nothing is lost.
    taken = [name for name in files if (folder / name).is_file() or (folder / name).is_dir()]
    if taken and not any(_is_ours(folder / name, files[name]) for name in taken):
        raise ResultsError(f"{folder / taken[0]}: would be overwritten, and nothing shows that it is ours (the folder has no "
                           f"{MARK}); move it away, or name another folder with --output")


def _is_ours(path, content):
    """Whether a page or a table was written by us; of figures nobody can tell."""
    if path.suffix not in (".html", ".csv") or not path.is_file():
        return False
    with open(path, encoding="utf-8", errors="replace") as stream:
        head = stream.read(1 << 16)
    if path.suffix == ".csv":
        return head.split("\n")[0] == content.split("\n")[0]
    return head.startswith(PAGE_BEGINS) and any(words in head for words in _PAGE_HOLDS)


def write(path, content):
    """Writes a file so that whoever is killed meanwhile leaves the old content or the new one.

    Parameters
    ----------
    path : str or Path
        A link is followed; what is no regular file (a device, a pipe) is written to.
    content : bytes or str
        Text is written as UTF-8; what has no place in UTF-8 (bytes of a file name) becomes a question mark.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    OSError
        The system refused; the file is what it was. The error names it, which that of a full disk does not by itself.
    """
    content = content.encode("utf-8", "replace") if isinstance(content, str) else content
    try:
        _write(os.path.realpath(path), content)
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), os.fspath(path)) from error
    return Path(path)


def _write(target, content):
    if os.path.exists(target) and not stat.S_ISREG(os.stat(target).st_mode):
        with open(target, "wb") as stream:
            stream.write(content)
        return
    # A name that nobody else has; in the folder itself, since only within one can a file be renamed whole.
    number, temporary = tempfile.mkstemp(prefix=".eigensweep-", suffix=".tmp", dir=os.path.dirname(target))
    try:
        with os.fdopen(number, "wb") as stream:
            stream.write(content)
            os.fchmod(stream.fileno(), _mode(target))
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def _mode(target):
    """The mode of the file that is replaced; of a new one, what the umask leaves."""
    if os.path.exists(target):
        return stat.S_IMODE(os.stat(target).st_mode)
    umask = os.umask(0o077)
    os.umask(umask)
    return 0o666 & ~umask
