# SPDX-License-Identifier: MIT
"""Kept recurrent networks, which read images row by row.

This module imports torch, so the package imports it only on demand.
"""

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from eigensweep_analysis.network_options import inhibitory_units, is_dann
from eigensweep_analysis.torch_layers import Dann
from eigensweep_analysis.torch_sequence import ACTIVATIONS


class Matrix(nn.Module):
    """A matrix [units, inputs] of a recurrent network, whose parameters have the names of the file's tensors.

    It is one parameter, named `letter`; or, by Dale's law with inhibitory units in between, <letter>ex - <letter>ei
    <letter>ix, with shapes [units, inputs], [units, inhibitory] and [inhibitory, inputs].

    Parameters
    ----------
    letter : str
        "U" of what the network reads, "W" of its state.
    inputs, units : int
    inhibitory : int
        0 for one parameter.
    dtype : torch.dtype
        Of the parameters, which are not initialised.
    """

    def __init__(self, letter: str, inputs: int, units: int, inhibitory: int, dtype: torch.dtype):
        super().__init__()
        self.letter, self.inhibitory = letter, inhibitory
        shapes = {letter: (units, inputs)}
        if inhibitory:
            shapes = {f"{letter}ex": (units, inputs), f"{letter}ix": (inhibitory, inputs),
                      f"{letter}ei": (units, inhibitory)}
        for name, shape in shapes.items():
            self.register_parameter(name, nn.Parameter(torch.empty(shape, dtype=dtype)))

    @property
    def weight(self) -> Tensor:
        if not self.inhibitory:
            return getattr(self, self.letter)
        excitatory, inhibitory, inhibition = (getattr(self, self.letter + end) for end in ("ex", "ix", "ei"))
        return excitatory - inhibition @ inhibitory


class Recurrent(nn.Module):
    """h' = f(U x + W h + b) over the rows of images, from h = 0, and a readout of the last h.

    Images [n, channels, height, width] give logits [n, classes]. A step reads the rows of all channels, one channel
    after the other.

    Parameters
    ----------
    options : dict
        As from `network_options`.
    state : dict
        Name -> tensor: the sizes that the options leave to the dataset follow from the tensors.

    Raises
    ------
    KeyError
        A tensor that decides a size is not there.
    """

    def __init__(self, options: dict, state: dict[str, Tensor]):
        super().__init__()
        units, between = options["width"], inhibitory_units(options) if is_dann(options) else 0
        first = state["0.Uex" if between else "0.U"]
        self.activation = ACTIVATIONS[options["activation"]]()
        readout = state["2.Wex" if between else "2.weight"]
        self.add_module("0", Matrix("U", first.shape[1], units, between, first.dtype))
        state_matrix = Matrix("W", units, units, between, first.dtype)
        state_matrix.b = nn.Parameter(torch.empty(units, dtype=first.dtype))
        self.add_module("1", state_matrix)
        self.add_module("2", Dann(units, len(readout), 1, first.dtype) if between
                        else skip_init(nn.Linear, units, len(readout), dtype=first.dtype))

    def __getitem__(self, place: int) -> nn.Module:
        """The module whose tensors the file names "<place>.", as that of a Sequential."""
        return [getattr(self, name) for name in "012"][place]

    def states(self, x: Tensor) -> list[Tensor]:
        """The state [n, units] after each row."""
        recurrent, states = self[1].weight.T, []
        for row in (x.transpose(1, 2).flatten(2) @ self[0].weight.T + self[1].b).unbind(1):
            states.append(self.activation(row + states[-1] @ recurrent if states else row))
        return states

    def forward(self, x: Tensor) -> Tensor:
        return self[2](self.states(x)[-1])
