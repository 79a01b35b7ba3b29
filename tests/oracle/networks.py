# SPDX-License-Identifier: MIT
"""The engine's networks in plain torch, with the engine's initial numbers."""

import math

import torch

import dale
import keyed_random


class Erf(torch.nn.Module):
    """The error function as a nonlinearity."""

    def forward(self, x):
        return torch.erf(x)


ACTIVATIONS = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU, "erf": Erf, "gelu": torch.nn.GELU}


class Whiten(torch.nn.Module):
    """L^-1 h with L the Cholesky factor of the batch's second moments + 1e-5 I; in evaluation the frozen one."""

    def __init__(self, about):
        super().__init__()
        self.about, self.factor, self.freezing = about, None, False

    def forward(self, h):
        if self.training or self.freezing:
            centred = h - h.mean(0) if self.about == "mean" else h
            moments = centred.T @ centred / len(h)
            factor = torch.linalg.cholesky(moments + 1e-5 * torch.eye(h.shape[1], dtype=h.dtype))
            if self.freezing:
                self.factor = factor
        else:
            factor = self.factor
        return torch.linalg.solve_triangular(factor, h.T, upper=False).T


class Normalise(torch.nn.Module):
    """Grey images to mean 0 and variance 1: all of them over a training set, or each by itself."""

    def __init__(self, kind):
        super().__init__()
        self.kind, self.mean, self.std = kind, None, None

    def fit(self, x):
        self.mean, self.std = x.double().mean().item(), x.double().std(unbiased=False).item()

    def forward(self, x):
        if self.kind == "per_channel":
            return (x - self.mean) / self.std
        return (x - x.mean(1, keepdim=True)) / x.std(1, unbiased=False, keepdim=True)


class Images(torch.nn.Module):
    """Rows of pixels as images of one channel."""

    def forward(self, x):
        return x.view(len(x), 1, 28, 28)


class ScaledLinear(torch.nn.Linear):
    """An affine map whose weights and biases carry factors."""

    def __init__(self, fan_in, fan_out, weight_factor, bias_factor):
        super().__init__(fan_in, fan_out)
        self.weight_factor, self.bias_factor = weight_factor, bias_factor

    def forward(self, x):
        return torch.nn.functional.linear(x, self.weight * self.weight_factor, self.bias * self.bias_factor)


def affine(model, place, fan_in, fan_out):
    """The dense layer at place "input", "hidden" or "output" of a resolved model section, and the standard deviations of
    its initial weights and biases (None: torch's default law)."""
    kind, variance, bias_variance = model["parametrisation"], model["weight_variance"], model["bias_variance"]
    if variance == 0:
        return torch.nn.Linear(fan_in, fan_out), None
    if kind == "ntk":
        return ScaledLinear(fan_in, fan_out, math.sqrt(variance / fan_in), math.sqrt(bias_variance)), (1.0, 1.0)
    if kind == "mup" and place == "output":
        factor = model["base_width"] / model["width"]
        return (ScaledLinear(fan_in, fan_out, factor, 1.0),
                (math.sqrt(variance / model["base_width"]), math.sqrt(bias_variance)))
    return torch.nn.Linear(fan_in, fan_out), (math.sqrt(variance / fan_in), math.sqrt(bias_variance))


class Network(torch.nn.Module):
    """Hidden layers and an affine readout. Parameters are named as the engine names them: as in torch.nn.Sequential."""

    def __init__(self):
        super().__init__()
        self.modules_in_order = torch.nn.ModuleDict()
        self.ends = []  # names of each hidden layer's last module
        self.affine_layers = 0

    def add(self, module, seed=None, name=None, deviations=None):
        if seed is not None:
            shape = tuple(module.weight.shape)
            if deviations:
                weight, bias = keyed_random.normal_layer(seed, self.affine_layers, shape, *deviations)
            else:
                weight, bias = keyed_random.linear_layer(seed, self.affine_layers, shape)
            self.affine_layers += 1
            with torch.no_grad():
                module.weight.copy_(torch.from_numpy(weight))
                module.bias.copy_(torch.from_numpy(bias))
        place = sum(not key.startswith("_") for key in self.modules_in_order)
        self.modules_in_order[name or str(place)] = module

    def add_dale(self, model, place, inputs, units, seed):
        """Adds a layer by Dale's law, as the resolved model section says."""
        self.add(dale.layer_of(model, place, inputs, units, seed, self.affine_layers))
        self.affine_layers += 1

    def end_hidden(self, whiten=None):
        if whiten:
            self.add(Whiten(whiten), name="_whitening")
        self.ends.append(list(self.modules_in_order)[-1])

    def forward(self, x):
        """Logits (B, C) and the hidden activations, one (B, N) per layer."""
        hidden = []
        for name, module in self.modules_in_order.items():
            x = module(x.flatten(1) if isinstance(module, Whiten) else x)
            if name in self.ends:
                hidden.append(x.flatten(1))
        return x, hidden

    def refresh(self, x):
        """Freezes the whitening factor over the training set."""
        whitening = [module for module in self.modules_in_order.values() if isinstance(module, Whiten)]
        for module in whitening:
            module.freezing = True
        with torch.no_grad():
            self(x)
        for module in whitening:
            module.freezing = False


def make_network(model, seed, inputs=784, classes=10):
    """The network of a resolved model section."""
    network, activation = Network(), ACTIVATIONS[model["activation"]]
    whiten = {model["whiten"]: model["whiten_about"]} if model["whiten"] else {}
    if model.get("normalise", "none") != "none":
        network.add(Normalise(model["normalise"]), name="_normalise")
    if model["kind"] == "mlp":
        fan_in = inputs
        for layer in range(1, model["depth"] + 1):
            place = "input" if layer == 1 else "hidden"
            if model.get("layer", "dense") != "dense":
                network.add_dale(model, place, fan_in, model["width"], seed)
            else:
                module, deviations = affine(model, place, fan_in, model["width"])
                network.add(module, seed, deviations=deviations)
            network.add(activation())
            if model["batch_norm"]:
                network.add(torch.nn.BatchNorm1d(model["width"]))
            network.end_hidden(whiten.get(layer))
            fan_in = model["width"]
    else:
        network.add(Images(), name="_images")
        channels, size = 1, 28
        for layer in range(1, model["depth"] + 1):
            fan_out = model["channels"] * 2 ** (layer - 1)
            network.add(torch.nn.Conv2d(channels, fan_out, model["kernel_size"], model["stride"]), seed)
            if model["batch_norm"]:
                network.add(torch.nn.BatchNorm2d(fan_out))
            network.add(activation())
            size = (size - model["kernel_size"]) // model["stride"] + 1
            if model["pooling"] != "none":
                network.add(torch.nn.MaxPool2d(2) if model["pooling"] == "max" else torch.nn.AvgPool2d(2))
                size //= 2
            network.end_hidden(whiten.get(layer))
            channels = fan_out
        network.add(torch.nn.Flatten())
        fan_in = channels * size * size
        network.add(torch.nn.Linear(fan_in, model["width"]), seed)
        if model["batch_norm"]:
            network.add(torch.nn.BatchNorm1d(model["width"]))
        network.add(activation())
        network.end_hidden(whiten.get(model["depth"] + 1))
        fan_in = model["width"]
    if model.get("layer", "dense") != "dense":
        network.add_dale(model, "output", fan_in, classes, seed)
    else:
        module, deviations = affine(model, "output", fan_in, classes)
        network.add(module, seed, deviations=deviations)
    return network
