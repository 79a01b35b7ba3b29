# SPDX-License-Identifier: MIT
"""Reads a kept network: a safetensors file with a checksum (docs/formats.md, section 3)."""

import hashlib
import json
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from eigensweep_analysis.load import UnreadableResults

_TYPES = {"F32": "<f4", "F64": "<f8", "I64": "<i8", "U8": "|u1"}
_CHECKSUM = "sha256"


class KeptFile(NamedTuple):
    """The content of a kept network's file."""

    path: Path
    #: Name -> array of the shape and the type that the file states.
    tensors: dict[str, np.ndarray]
    #: Name -> text, without the checksum.
    metadata: dict[str, str]
    #: SHA-256 of the whole file, hexadecimal.
    sha256: str


def read_kept_file(path: Path) -> KeptFile:
    """Reads and verifies a file.

    A file without a checksum, which an older program wrote, is read unchecked.

    Raises
    ------
    UnreadableResults
        The file is truncated or damaged.
    OSError
        The system refused to read it.
    """
    content = path.read_bytes()
    try:
        header, data = _parts(content)
        metadata = {str(name): str(text) for name, text in header.pop("__metadata__", {}).items()}
        wanted = metadata.pop(_CHECKSUM, None)
        if wanted is not None and wanted != _checksum(header, metadata, data):
            raise ValueError("its content has changed since it was written")
        tensors = {name: _tensor(name, entry, data) for name, entry in header.items()}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise damaged(path, " ".join(str(error).split())) from None
    return KeptFile(path, tensors, metadata, hashlib.sha256(content).hexdigest())


def damaged(path: Path, why: str) -> UnreadableResults:
    """The error for a file that cannot be what the engine wrote; `why` is one line."""
    return UnreadableResults(f"{path}: a damaged network ({why}); delete it, and bring a copy back "
                             "or run the study with another --output")


def _parts(content):
    """The header as a dict, and the tensors' bytes."""
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or length > len(content) - 8:
        raise ValueError("it is too short")
    try:
        header = json.loads(content[8 : 8 + length].decode())
    except ValueError:
        header = None
    if not isinstance(header, dict):
        raise ValueError("its header cannot be read")
    return header, memoryview(content)[8 + length :]


def _checksum(header, metadata, data):
    whole = {**header, "__metadata__": metadata}
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256((text + hashlib.sha256(data).hexdigest()).encode()).hexdigest()


def _tensor(name, entry, data):
    """An array of its own memory, in this machine's byte order."""
    if entry["dtype"] not in _TYPES:
        raise ValueError(f"tensor {json.dumps(name)} has the unknown type {entry['dtype']!r}")
    kind = np.dtype(_TYPES[entry["dtype"]])
    shape, (begin, end) = tuple(entry["shape"]), entry["data_offsets"]
    if not 0 <= begin <= end <= len(data) or end - begin != kind.itemsize * math.prod(shape):
        raise ValueError(f"tensor {json.dumps(name)} does not fit its place")
    values = np.frombuffer(data[begin:end], kind).reshape(shape)
    return values.astype(kind.newbyteorder("="))
