# SPDX-License-Identifier: MIT
"""Layers by Dale's law in plain torch, from the formulas of Cornford et al. (2021): initial law, gradients, projection.

A trainer calls `fit(x)` once with the training inputs, `correct()` when gradients are there, and `project()` after each
step of the optimiser.
"""

import math

import torch

import keyed_random

TWO_PI = 2 * math.pi


def drawn(seed, stream, shape):
    return torch.from_numpy(keyed_random.exponential(seed, keyed_random.INITIAL_WEIGHTS, stream, 0, shape))


def dann_size(place, inputs):
    """Mean of a DANN's initial Wex and Wix."""
    return math.sqrt(1 / (2 * inputs)) if place == "input" else math.sqrt(TWO_PI / (inputs * (TWO_PI - 1)))


class ColEI(torch.nn.Module):
    """Weights [units, inputs] whose last `inhibitory` columns are not positive, the others not negative."""

    def __init__(self, inputs, units, inhibitory, seed, layer):
        super().__init__()
        excitatory = inputs - inhibitory
        if inhibitory:
            size = ((TWO_PI - 1) / TWO_PI * (excitatory + excitatory**2 / inhibitory)) ** -0.5
            sizes = torch.tensor([size] * excitatory + [-size * excitatory / inhibitory] * inhibitory, dtype=torch.float32)
        else:
            sizes = torch.full((inputs,), inputs**-0.5)
        self.reads_pixels = not inhibitory
        self.weight = torch.nn.Parameter(drawn(seed, 2 * layer, (units, inputs)) * sizes)
        self.bias = torch.nn.Parameter(torch.zeros(units))
        self.signs = sizes.sign()

    def fit(self, x):
        if self.reads_pixels:
            inputs = self.weight.shape[1]
            with torch.no_grad():
                self.bias.fill_(-inputs * inputs**-0.5 * x.double().mean().item())

    def forward(self, x):
        return torch.nn.functional.linear(x, self.weight, self.bias)

    def correct(self):
        pass

    @torch.no_grad()
    def project(self):
        self.weight.mul_(self.weight * self.signs.to(self.weight.dtype) > 0)


class Dann(torch.nn.Module):
    """g (Wex x - Wei Wix x) / gamma + b, with gamma = (exp(alpha) Wei) Wix x + 1e-8."""

    def __init__(self, inputs, units, inhibitory, place, seed, layer, is_corrected):
        super().__init__()
        size = dann_size(place, inputs)
        excitatory = drawn(seed, 2 * layer, (units, inputs)) * size
        if place == "output":
            inhibitory, inhibition = 1, excitatory.mean(0, keepdim=True)
        else:
            inhibition = drawn(seed, 2 * layer + 1, (inhibitory, inputs)) * size
        self.Wex, self.Wix = torch.nn.Parameter(excitatory), torch.nn.Parameter(inhibition)
        self.Wei = torch.nn.Parameter(torch.full((units, inhibitory), 1 / inhibitory))
        self.alpha = torch.nn.Parameter(torch.full((inhibitory,), math.log(math.sqrt((TWO_PI - 1) / inputs))))
        self.g, self.b = torch.nn.Parameter(torch.ones(units)), torch.nn.Parameter(torch.zeros(units))
        self.is_corrected = is_corrected

    def forward(self, x):
        inhibition = x @ self.Wix.T
        gamma = inhibition @ (self.alpha.exp() * self.Wei).T + 1e-8
        return self.g * (x @ self.Wex.T - inhibition @ self.Wei.T) / gamma + self.b

    def fit(self, x):
        pass

    def correct(self):
        if self.is_corrected:
            units, inputs = self.Wex.shape
            self.Wix.grad /= math.sqrt(units)
            self.Wei.grad /= inputs
            self.alpha.grad /= math.sqrt(units) * inputs

    @torch.no_grad()
    def project(self):
        for weights in (self.Wex, self.Wix, self.Wei, self.g):
            weights.clamp_(min=0)


def layer_of(model, place, inputs, units, seed, number):
    """The layer `number` (from 0) of a resolved model section whose "layer" is not "dense"."""
    width, wanted, ratio = model["width"], model["inhibitory_units"], model["ei_ratio"]
    if model["layer"] == "colei":
        inhibitory = 0 if place == "input" else wanted or math.ceil(width / (ratio + 1))
        return ColEI(inputs, units, inhibitory, seed, number)
    return Dann(inputs, units, wanted or math.ceil(width / ratio), place, seed, number, model["layer"] == "dann")
