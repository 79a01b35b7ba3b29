# SPDX-License-Identifier: MIT
"""Files of a report are written whole or not at all, through links, without touching what others keep beside them."""

import os
import stat
import tempfile
from pathlib import Path


def make_folder(path):
    """Makes a folder and those above it; OSError names the folder."""
    path = Path(path)
    path.mkdir(parents=True, exist_ok=True)
    return path


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
