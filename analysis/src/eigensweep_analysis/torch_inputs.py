# SPDX-License-Identifier: MIT
"""Brings inputs into the shape that a first layer takes.

This module imports torch, so the package imports it only on demand.
"""

from typing import NamedTuple

from torch import Tensor, nn


class Rows(nn.Module):
    """Inputs [n, size] or [n, channels, height, width] as rows [n, size]."""

    def __init__(self, size: int):
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        rows = x.flatten(1) if x.dim() > 1 else x
        if rows.dim() != 2 or rows.shape[1] != self.size:
            raise ValueError(
                f"inputs of shape {list(x.shape)}: this network takes [n, {self.size}], "
                f"or [n, channels, height, width] with {self.size} numbers a sample")
        return rows


class Blocks(NamedTuple):
    """The blocks of a convolutional network, as far as they decide the size of its maps."""

    depth: int
    kernel: int
    stride: int
    #: Height and width that pooling makes one of; 1 without pooling.
    window: int

    def left(self, size: int) -> int:
        """What is left of a height or a width after all blocks; 0 if it is too small."""
        for _ in range(self.depth):
            size = (size - self.kernel) // self.stride + 1 if size >= self.kernel else 0
            size //= self.window
        return size


class Images(nn.Module):
    """Inputs [n, channels, height, width] as they are, or rows [n, d] as such images.

    Parameters
    ----------
    channels : int
    blocks : Blocks
        What the images pass through.
    places : int
        How many pixels of a channel the first dense layer reads.
    size : tuple of int, optional
        Height and width of the dataset's images. Without it rows stand for images of the only size
        that fits.
    """

    def __init__(self, channels: int, blocks: Blocks, places: int,
                 size: tuple[int, int] | None = None):
        super().__init__()
        self.channels, self.blocks, self.places, self.size = channels, blocks, places, size

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() == 2:
            return x.unflatten(1, (self.channels, *self._size_of(x)))
        if x.dim() != 4 or x.shape[1] != self.channels or not self._fits(*x.shape[2:]):
            raise self._wrong(x, "the network was trained with images of another size")
        return x

    def _size_of(self, rows):
        pixels, rest = divmod(rows.shape[1], self.channels)
        sizes = [self.size] if self.size else _sizes(pixels)
        found = [size for size in sizes if size[0] * size[1] == pixels and self._fits(*size)]
        if rest or not found:
            raise self._wrong(rows, "the network was trained with images of another size")
        if len(found) > 1:
            raise self._wrong(rows, "images of several sizes have so many numbers")
        return found[0]

    def _fits(self, height, width):
        return self.blocks.left(height) * self.blocks.left(width) == self.places

    def _wrong(self, x, why):
        return ValueError(f"inputs of shape {list(x.shape)}: {why}; "
                          f"give [n, {self.channels}, height, width] as in the dataset")


class Sequences(nn.Module):
    """Inputs [n, channels, height, width] as they are, or rows [n, d] as such images, for a recurrent network.

    Parameters
    ----------
    shape : tuple of int
        Channels, height and width of the images that the network was trained with.
    """

    def __init__(self, shape: tuple[int, int, int]):
        super().__init__()
        self.shape = tuple(shape)

    def forward(self, x: Tensor) -> Tensor:
        channels, height, width = self.shape
        size = channels * height * width
        if x.dim() == 2 and x.shape[1] == size:
            return x.unflatten(1, self.shape)
        if x.dim() != 4 or tuple(x.shape[1:]) != self.shape:
            raise ValueError(f"inputs of shape {list(x.shape)}: this network reads images row by row and takes "
                             f"[n, {channels}, {height}, {width}], or [n, {size}]")
        return x


def _sizes(pixels):
    return [(height, pixels // height) for height in range(1, pixels + 1) if pixels % height == 0]
