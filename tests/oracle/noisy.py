# SPDX-License-Identifier: MIT
"""MNIST with noise: images whose every row varies.

The first rows of MNIST are blank. A recurrent state that has read only them does not vary, and its covariance has no
eigenvectors of its own. With noise every state has a spectrum without zeros.
"""

import gzip
from pathlib import Path

import numpy as np

import reference

TRAIN_IMAGES, TRAIN_LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"
TEST = ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")


def _write_idx(file, array):
    shape = b"".join(size.to_bytes(4, "big") for size in array.shape)
    with gzip.open(file, "wb") as stream:
        stream.write(bytes([0, 0, 8, array.ndim]) + shape + array.tobytes())


def write(mnist, folder, samples):
    """Writes such a dataset's four files into `folder`, of the first training images in the folder `mnist`."""
    mnist, folder = Path(mnist).resolve(), Path(folder)
    images = reference.read_idx(mnist / TRAIN_IMAGES)[:samples].astype(np.int64)
    noise = np.random.default_rng(0).integers(0, 256, images.shape)
    _write_idx(folder / TRAIN_IMAGES, ((images + noise) // 2).astype(np.uint8))
    _write_idx(folder / TRAIN_LABELS, reference.read_idx(mnist / TRAIN_LABELS)[:samples])
    for name in TEST:
        (folder / name).symlink_to(mnist / name)
