# SPDX-License-Identifier: MIT
"""The layers of a kept network, in order.

This module imports torch, so the package imports it only on demand.
"""

import itertools

import torch
from torch import nn
from torch.nn.utils import skip_init

from eigensweep_analysis.network_options import inhibitory_units, is_dann
from eigensweep_analysis.torch_layers import Dann, Erf, Whitening

#: Nonlinearity by its name in study files.
ACTIVATIONS = {"tanh": nn.Tanh, "relu": nn.ReLU, "erf": Erf, "gelu": nn.GELU}
_POOLING = {"max": nn.MaxPool2d, "average": nn.AvgPool2d}


def sequence_of(options: dict, state: dict[str, torch.Tensor]) -> nn.Sequential:
    """The layers between the normalised inputs and the logits, without the network's numbers.

    Parameters
    ----------
    options : dict
        As from `network_options`.
    state : dict
        Name -> tensor: the sizes that the options leave to the dataset follow from the tensors.

    Returns
    -------
    torch.nn.Sequential
        Its modules have the names of the file's tensors. Weights are not initialised.

    Raises
    ------
    KeyError
        A tensor that decides a size is not there.
    """
    modules = _mlp(options, state) if options["kind"] == "mlp" else _cnn(options, state)
    place = itertools.count()
    sequence = nn.Sequential()
    for module in modules:
        # The engine counts every layer but whitening, which has a name of its own.
        name = "whitening" if isinstance(module, Whitening) else str(next(place))
        sequence.add_module(name, module)
    return sequence


def affine_layers(sequence: nn.Sequential) -> list[nn.Linear | nn.Conv2d]:
    """The layers z = W h + b, input layer first, readout last. A `Dann` is none: it divides, and has no factors."""
    return [module for module in sequence if isinstance(module, nn.Linear | nn.Conv2d)]


def _mlp(options, state):
    modules, width = [], options["width"]
    weights = "Wex" if is_dann(options) else "weight"
    first = state[f"0.{weights}"]
    fan_in, dtype = first.shape[1], first.dtype

    def dense(fan_in, units, inhibitory):
        if is_dann(options):
            return Dann(fan_in, units, inhibitory, dtype)
        return _affine(nn.Linear, fan_in, units, dtype=dtype)

    for layer in range(1, options["depth"] + 1):
        modules.append(dense(fan_in, width, inhibitory_units(options)))
        modules.append(ACTIVATIONS[options["activation"]]())
        if options["batch_norm"]:
            modules.append(nn.BatchNorm1d(width, dtype=dtype))
        modules += _whitening(options, layer, state)
        fan_in = width
    return [*modules, dense(fan_in, _classes(state, weights), 1)]


def _cnn(options, state):
    modules, width, fan_out = [], options["width"], options["channels"]
    fan_in, dtype = state["0.weight"].shape[1], state["0.weight"].dtype

    def to_hidden(affine, batch_norm, units):
        norm = [batch_norm(units, dtype=dtype)] if options["batch_norm"] else []
        return [affine, *norm, ACTIVATIONS[options["activation"]]()]

    for layer in range(1, options["depth"] + 1):
        window = options["kernel_size"], options["stride"]
        convolution = _affine(nn.Conv2d, fan_in, fan_out, *window, dtype=dtype)
        modules += to_hidden(convolution, nn.BatchNorm2d, fan_out)
        if options["pooling"] != "none":
            modules.append(_POOLING[options["pooling"]](2))
        modules += _whitening(options, layer, state)
        fan_in, fan_out = fan_out, 2 * fan_out
    modules.append(nn.Flatten())
    place = sum(not isinstance(module, Whitening) for module in modules)
    dense = _affine(nn.Linear, state[f"{place}.weight"].shape[1], width, dtype=dtype)
    modules += to_hidden(dense, nn.BatchNorm1d, width)
    modules += _whitening(options, options["depth"] + 1, state)
    return [*modules, _affine(nn.Linear, width, _classes(state), dtype=dtype)]


def _affine(kind, *sizes, dtype):
    # An initialised layer would draw from the generator of the user's program.
    return skip_init(kind, *sizes, dtype=dtype)


def _whitening(options, layer, state):
    return [Whitening(len(state["whitening.factor"]))] if layer == options["whiten"] else []


def _classes(state, weights="weight"):
    places = [int(name.removesuffix(f".{weights}")) for name in state if name.endswith(f".{weights}")]
    return state[f"{max(places)}.{weights}"].shape[0]
