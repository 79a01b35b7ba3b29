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


class Dann(nn.Module):
    """Layer of a Dale artificial neural network: inhibitory units beside it subtract and divide.

    z = g * (Wex h - Wei (Wix h)) / gamma + b, gamma = (Wei exp(alpha)) (Wix h) + 1e-8, where the product Wei exp(alpha)
    multiplies each column of Wei, and * and / are by unit. Cornford, Kalajdzievski, Leite, Lamarquette, Kullmann,
    Richards 2021, "Learning to live with Dale's principle: ANNs with separate excitatory and inhibitory units", ICLR.

    Activations h [n, inputs] give z [n, units]. The parameters have the names and shapes of the file's tensors: `Wex`
    [units, inputs], `Wix` [inhibitory, inputs], `Wei` [units, inhibitory], `alpha` [inhibitory], `g` and `b` [units].
    Wex, Wix, Wei and g are not negative, and h must not be, or gamma may be 0 or less.

    Parameters
    ----------
    inputs, units, inhibitory : int
    dtype : torch.dtype
        Of the parameters, which are not initialised.
    """

    def __init__(self, inputs: int, units: int, inhibitory: int, dtype: torch.dtype):
        super().__init__()
        # As in nn.Linear.
        self.in_features, self.out_features = inputs, units
        for name, shape in {"Wex": (units, inputs), "Wix": (inhibitory, inputs), "Wei": (units, inhibitory),
                            "alpha": (inhibitory,), "g": (units,), "b": (units,)}.items():
            self.register_parameter(name, nn.Parameter(torch.empty(shape, dtype=dtype)))

    def forward(self, h: Tensor) -> Tensor:
        inhibition = h @ self.Wix.T
        difference = h @ self.Wex.T - inhibition @ self.Wei.T
        # The engine's bound. It matters where no inhibitory unit is active, as for a black image, whose z is b.
        gamma = inhibition @ (self.Wei * self.alpha.exp()).T + 1e-8
        return self.g * (difference / gamma) + self.b

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, inhibitory={len(self.alpha)}"


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
