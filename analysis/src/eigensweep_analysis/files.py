# SPDX-License-Identifier: MIT
"""Writes the files of a report whole or not at all, through links, and never over other people's files."""

import os
import stat
import tempfile
from pathlib import Path

from eigensweep_analysis.load import ResultsError

#: Marks a folder as ours, as `.eigensweep` marks the folder of a run.
MARK = ".eigensweep-report"
_MARK_SAYS = "eigensweep_analysis writes reports and figures into this folder, over those that it wrote before.\n"
#: How our pages begin, and texts that their head holds. The second text is for versions that wrote no generator.
PAGE_BEGINS = "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
GENERATOR = "<meta name='generator' content='eigensweep_analysis'>"
_PAGE_HOLDS = (GENERATOR, ".lead{color:#555;margin-top:0}")


def make_folder(path):
    """Makes a folder and those above it; OSError names the folder."""
    path = Path(path)
    path.mkdir(parents=True, exist_ok=True)
    return path


def write_all(folder, files):
    """Marks a folder as ours and writes files into it. The folder is ours already or holds none of their names.

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
    """Raises ResultsError if one of these files exists and neither a mark nor a file shows that the folder is ours.

    Folders of earlier versions have no mark. Their page, or the first line of a table, identifies them.
    """
    folder = Path(folder)
    if os.path.lexists(folder / MARK):
        return
    # Writing into a device or a pipe overwrites nothing.
    taken = [name for name in files if (folder / name).is_file() or (folder / name).is_dir()]
    if taken and not any(_is_ours(folder / name, files[name]) for name in taken):
        raise ResultsError(f"{folder / taken[0]}: would be overwritten, and nothing shows that it is ours (the folder has no "
                           f"{MARK}); move it away, or name another folder with --output")


def _is_ours(path, content):
    """Whether we wrote a page or a table. Figures do not show who wrote them."""
    if path.suffix not in (".html", ".csv") or not path.is_file():
        return False
    with open(path, encoding="utf-8", errors="replace") as stream:
        head = stream.read(1 << 16)
    if path.suffix == ".csv":
        wanted = content.decode() if isinstance(content, bytes) else content
        return head.split("\n")[0] == wanted.split("\n")[0]
    return head.startswith(PAGE_BEGINS) and any(words in head for words in _PAGE_HOLDS)


def write(path, content):
    """Writes a file so that a killed process leaves the old content or the new one.

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
        The system refused; the file keeps its content. The error names the file, also for a full disk.
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
    # A unique name in the same folder, because only a rename within one file system replaces a file in one step.
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
    """The mode of the file that is replaced; for a new file, the mode that the umask leaves."""
    if os.path.exists(target):
        return stat.S_IMODE(os.stat(target).st_mode)
    umask = os.umask(0o077)
    os.umask(umask)
    return 0o666 & ~umask
