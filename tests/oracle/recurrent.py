# SPDX-License-Identifier: MIT
"""Recurrent networks that read images row by row, in plain torch: torch.nn.RNN with the weights that a layer type makes.

By Dale's law they are those of Cornford et al. (2021): no division but in the readout.
"""

import math

import torch

import dale
import keyed_random
from networks import Normalise

HALF = math.sqrt(0.5)  # row and state give half of a unit's initial variance each
ROWS, COLUMNS, CLASSES = 28, 28, 10


def _uniform(seed, stream, bound, shape):
    return torch.from_numpy(keyed_random.uniform(seed, keyed_random.INITIAL_WEIGHTS, stream, 0, -bound, bound, shape))


class Dense(torch.nn.Module):
    """A matrix of any signs."""

    def __init__(self, letter, model, inputs, seed, number):
        super().__init__()
        self.letter, width = letter, model["width"]
        self.register_parameter(letter, torch.nn.Parameter(_uniform(seed, 2 * number, width**-0.5, (width, inputs))))

    def weight(self):
        return getattr(self, self.letter)


class Columns(torch.nn.Module):
    """A matrix whose columns excite or inhibit; rows of pixels excite."""

    def __init__(self, letter, model, inputs, seed, number):
        super().__init__()
        self.letter = letter
        inhibitory = inhibitory_units(model) if number else 0
        layer = dale.ColEI(inputs, model["width"], inhibitory, seed, number)
        self.signs = layer.signs
        self.register_parameter(letter, torch.nn.Parameter(layer.weight.detach() * HALF))

    def weight(self):
        return getattr(self, self.letter)

    def correct(self):
        pass

    @torch.no_grad()
    def project(self):
        self.weight().mul_(self.weight() * self.signs.to(self.weight().dtype) > 0)


class Between(torch.nn.Module):
    """Wex - Wei Wix: inhibitory units stand between."""

    def __init__(self, letter, model, inputs, seed, number):
        super().__init__()
        width, inhibitory = model["width"], inhibitory_units(model)
        size = HALF * dale.dann_size("hidden" if number else "input", inputs)
        starts = (dale.drawn(seed, 2 * number, (width, inputs)) * size,
                  dale.drawn(seed, 2 * number + 1, (inhibitory, inputs)) * size,
                  torch.full((width, inhibitory), 1 / inhibitory))
        self.names = [letter + end for end in ("ex", "ix", "ei")]
        for name, start in zip(self.names, starts, strict=True):
            self.register_parameter(name, torch.nn.Parameter(start))
        self.is_corrected = model["layer"] == "dann"

    def parts(self):
        return [getattr(self, name) for name in self.names]

    def weight(self):
        excitatory, inhibitory, inhibition = self.parts()
        return excitatory - inhibition @ inhibitory

    def correct(self):
        if self.is_corrected:
            excitatory, inhibitory, inhibition = self.parts()
            units, inputs = excitatory.shape
            inhibitory.grad /= math.sqrt(units)
            inhibition.grad /= inputs

    @torch.no_grad()
    def project(self):
        for part in self.parts():
            part.clamp_(min=0)


MATRICES = {"dense": Dense, "colei": Columns, "dann": Between, "dann_uncorrected": Between}


def inhibitory_units(model):
    ratio = model["ei_ratio"] + (model["layer"] == "colei")
    return model["inhibitory_units"] or math.ceil(model["width"] / ratio)


def readout_of(model, seed):
    if model["layer"] != "dense":
        return dale.layer_of(model, "output", model["width"], CLASSES, seed, 3)
    readout = torch.nn.Linear(model["width"], CLASSES)
    with torch.no_grad():
        readout.weight.copy_(_uniform(seed, 6, model["width"] ** -0.5, (CLASSES, model["width"])))
        readout.bias.copy_(_uniform(seed, 7, model["width"] ** -0.5, (CLASSES,)))
    return readout


class Recurrent(torch.nn.Module):
    """The network of a resolved model section. Parameters have the engine's names."""

    def __init__(self, model, seed):
        super().__init__()
        matrix, width = MATRICES[model["layer"]], model["width"]
        state = matrix("W", model, width, seed, 1)
        start = _uniform(seed, 4, width**-0.5, (width,)) if model["layer"] == "dense" else torch.zeros(width)
        state.b = torch.nn.Parameter(start)
        self.modules_in_order = torch.nn.ModuleDict(
            {"0": matrix("U", model, COLUMNS, seed, 0), "1": state, "2": readout_of(model, seed)}
        )
        self.has_mean_to_subtract = model["layer"] == "colei"
        self.normalise = Normalise(model["normalise"]) if model["normalise"] != "none" else torch.nn.Identity()
        # A list hides the parameters of torch's own network, in whose place ours are given.
        self.steps = [torch.nn.RNN(COLUMNS, width, nonlinearity=model["activation"], batch_first=True)]

    def fit(self, x):
        """Lets a ColEI's bias subtract what the mean pixel excites."""
        if self.has_mean_to_subtract:
            with torch.no_grad():
                self.modules_in_order["1"].b.fill_(-COLUMNS * HALF * COLUMNS**-0.5 * x.double().mean().item())

    def forward(self, x):
        """Logits (B, C) and the states (B, N), one per row."""
        rows, state, readout = self.modules_in_order.values()
        ours = {"weight_ih_l0": rows.weight(), "weight_hh_l0": state.weight(), "bias_ih_l0": state.b,
                "bias_hh_l0": torch.zeros_like(state.b)}
        states, _ = torch.func.functional_call(self.steps[0], ours, (self.normalise(x).view(len(x), ROWS, COLUMNS),))
        return readout(states[:, -1]), list(states.unbind(1))

    def refresh(self, x):
        pass
