# SPDX-License-Identifier: MIT
"""Where an export writes, what it must not overwrite, and what it says if a package is absent."""

import contextlib
import dataclasses
import os
from pathlib import Path

from eigensweep_analysis.files import make_folder, write
from eigensweep_analysis.load import ResultsError


@dataclasses.dataclass(frozen=True)
class Place:
    """Where the user wants an export."""

    #: What --output names; None without it.
    output: Path | None
    #: The folder to write into without --output.
    default: Path

    def file(self, name):
        """The path of a file; `name` is what it is called if --output does not call it something."""
        if self.output is None:
            return self.default / name
        return self.output / name if self.output.is_dir() else self.output

    def folder(self, name=""):
        """The path of a folder; without --output, `name` within the default folder."""
        return self.default / name if self.output is None else self.output


def refuse_others(path, is_ours):
    """Raises ResultsError if a file exists that no export wrote.

    Parameters
    ----------
    path : Path
        An empty file has nothing to lose. Writing into a device or a pipe overwrites nothing.
    is_ours : callable
        Gets the path of a file and tells whether an export wrote it.

    Raises
    ------
    ResultsError
        The message names the file and what to do.
    """
    if path.is_file() and path.stat().st_size and not is_ours(path):
        raise ResultsError(f"{path}: would be overwritten, and nothing shows that an export wrote "
                           "it; move it away, or name another file with --output")


def write_file(path, content):
    """Writes a file whole or not at all, and makes its folder."""
    make_folder(path.parent)
    return write(path, content)


@contextlib.contextmanager
def needs(target, package):
    """Around the imports of an optional package: an ImportError becomes one line for the user."""
    try:
        yield
    except ImportError as error:
        words = " ".join(str(error).split())
        raise ResultsError(f"export {target}: needs the package {package} ({words}); "
                           f"install it: python -m pip install {package}; or, in a checkout, what every "
                           "export needs: python -m pip install './analysis[exports]'") from None


def study_name(data):
    """The study's name; "eigensweep" if the file does not say it."""
    return str(data.attrs.get("title") or "eigensweep")


def origin(data):
    """Texts that say where an export comes from: name -> text."""
    path = data.encoding.get("source", "")
    said = {"study": study_name(data), "results": os.fspath(path)}
    for name in ("created_utc", "eigensweep_version", "git_revision"):
        said[name] = str(data.attrs.get(name, ""))
    said["where"] = ", ".join(data.attrs.get("where", []))
    return {name: text for name, text in said.items() if text}
