# SPDX-License-Identifier: MIT
"""The layers of kept networks that torch.nn lacks.

This module imports torch, so the package imports it only on demand.
"""

import torch
from torch import Tensor, nn


class PerImage(nn.Module):
    """Brings every sample to mean 0 and variance 1; the shape stays."""

    def forward(self, x: Tensor) -> Tensor:
        rows = x.flatten(1)
        centred = rows - rows.mean(1, keepdim=True)
        # The bound is TensorFlow's. It matters for an image of one grey, whose variance is 0.
        variance = centred.square().mean(1, keepdim=True).clamp_min(1.0 / rows.shape[1])
        return (centred / variance.sqrt()).reshape(x.shape)


class PerChannel(nn.Module):
    """Subtracts a mean from every channel and divides by a standard deviation; the shape stays.

    Parameters
    ----------
    channels : int
    dtype : torch.dtype
        Of the buffers `mean` and `std` [channels], which are in units of the inputs.
    """

    def __init__(self, channels: int, dtype: torch.dtype):
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels, dtype=dtype))
        self.register_buffer("std", torch.ones(channels, dtype=dtype))

    def forward(self, x: Tensor) -> Tensor:
        by_channel = x.reshape(x.shape[0], self.mean.shape[0], -1)
        return ((by_channel - self.mean[:, None]) / self.std[:, None]).reshape(x.shape)


class Erf(nn.Module):
    """The error function as a nonlinearity."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.erf(x)


class Whitening(nn.Module):
    """L^-1 h, where the buffer `factor` [units, units] is the lower triangular L.

    L and the product are in float64, because float32 leaves few digits of a narrow spectrum.
    Activations [n, ...] of `units` numbers keep their shape and type.
    """

    def __init__(self, units: int):
        super().__init__()
        self.register_buffer("factor", torch.eye(units, dtype=torch.float64))

    def forward(self, h: Tensor) -> Tensor:
        columns = h.flatten(1).T.to(self.factor.dtype)
        whitened = torch.linalg.solve_triangular(self.factor, columns, upper=False)
        return whitened.T.to(h.dtype).reshape(h.shape)
