# SPDX-License-Identifier: MIT
"""Large datasets of a results file, whose numbers are read when they are used."""

import os

import numpy as np
import xarray as xr
from xarray.backends import BackendArray
from xarray.core import indexing

#: Datasets of more bytes are read when they are used: spectra, Gram matrices and distances of many networks.
EAGER_BYTES = 8 << 20


class Source:
    """A results file that is opened at the first use of an array of it, and then stays open.

    A run replaces its results file as a whole, so the open one keeps its numbers. A file that was replaced before it
    is opened, here or in another process (pickle), is refused.

    Parameters
    ----------
    path : Path
    opened : callable
        Takes the path and returns the h5py.File. It must be picklable.
    error : type
        What is raised, with one line, where the file cannot be read any more.
    """

    def __init__(self, path, opened, error):
        self._path, self._opened, self._error = path, opened, error
        self._identity = _identity(path)
        self._file = None

    def read(self, name, selection):
        """The numbers of a dataset. `selection`: a slice for each dimension."""
        try:
            if self._file is None:
                if _identity(self._path) != self._identity:
                    raise self._error(f"{self._path}: has been replaced since it was loaded; load it again")
                self._file = self._opened(self._path)
            return self._file[name][selection]
        except OSError as error:
            words = " ".join(str(error).split())
            raise self._error(f"{self._path}: cannot read '{name}' ({words}); load it again") from None

    def __getstate__(self):
        return {**self.__dict__, "_file": None}


def _identity(path):
    found = os.stat(path)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


class Stored(BackendArray):
    """A dataset over `trial` and further dimensions, as rows or as the cells of a grid.

    Parameters
    ----------
    source : Source
    name : str
        Of the dataset.
    shape : tuple of int
        Of the dataset.
    dtype : numpy.dtype
        A float type.
    """

    def __init__(self, source, name, shape, dtype):
        self._source, self._name, self._rest = source, name, shape[1:]
        self._rows = None
        self.shape, self.dtype = shape, np.dtype(dtype)

    def on_grid(self, shape, flat):
        """The same numbers as cells of a grid; those without a row are NaN.

        Parameters
        ----------
        shape : tuple of int
            Of the grid.
        flat : (rows,) numpy.ndarray of int
            The cell of each row.
        """
        found = Stored(self._source, self._name, (len(flat), *self._rest), self.dtype)
        found._rows = np.full(int(np.prod(shape)), -1)
        found._rows[flat] = np.arange(len(flat))
        found._rows = found._rows.reshape(shape)
        found.shape = (*shape, *self._rest)
        return found

    def variable(self, dims, attributes):
        """An xarray.Variable that reads the numbers once, when they are used."""
        lazy = indexing.MemoryCachedArray(indexing.CopyOnWriteArray(indexing.LazilyIndexedArray(self)))
        return xr.Variable(dims, lazy, attributes)

    def __getitem__(self, key):
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.OUTER, self._read)

    def _read(self, key):
        """Numbers at a key of one int, slice or array for each dimension; arrays stand for their outer product."""
        count = 1 if self._rows is None else self._rows.ndim
        leading, rest = key[:count], key[count:]
        rows = np.arange(self.shape[0])[leading[0]] if self._rows is None else _outer(self._rows, leading)
        wanted = np.asarray(rows).reshape(-1)
        there = wanted >= 0
        if not there.any():
            shape = np.empty((1, *self._rest))[(slice(None), *(_as_slice(k) for k in rest))].shape[1:]
            numbers = np.full((len(wanted), *shape), np.nan, self.dtype)
        else:
            first, last = int(wanted[there].min()), int(wanted.max())
            block = self._source.read(self._name, (slice(first, last + 1), *(_as_slice(k) for k in rest)))
            numbers = block[np.where(there, wanted - first, 0)]
            numbers[~there] = np.nan
        numbers = numbers.reshape(*np.shape(rows), *numbers.shape[1:])
        return _outer(numbers, (*[slice(None)] * np.ndim(rows), *map(_after_slice, rest)))


def _as_slice(key):
    """What is read along a dimension: the key itself if it is a rising slice, else everything."""
    return key if isinstance(key, slice) and (key.step or 1) > 0 else slice(None)


def _after_slice(key):
    """What is taken of the numbers read by `_as_slice`."""
    return slice(None) if isinstance(key, slice) and (key.step or 1) > 0 else key


def _outer(values, key):
    """values at the outer product of ints, slices and arrays; ints drop their dimension."""
    for axis in reversed(range(len(key))):
        values = values[(*(slice(None) for _ in range(axis)), key[axis])]
    return values
