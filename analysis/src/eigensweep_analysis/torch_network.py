# SPDX-License-Identifier: MIT
"""A kept network as a torch.nn.Module.

This module imports torch, so the package imports it only on demand.
"""

import numpy as np
import torch
from torch import Tensor, nn

from eigensweep_analysis.parametrisation import initial_layer, law
from eigensweep_analysis.torch_inputs import Blocks, Images, Rows, Sequences
from eigensweep_analysis.torch_layers import PerChannel, PerImage
from eigensweep_analysis.torch_recurrent import Recurrent
from eigensweep_analysis.torch_sequence import affine_layers, sequence_of

#: Height and width of datasets whose samples have one size, for files that do not say it.
_SIZES = {"mnist": (28, 28), "cifar10": (32, 32), "mnist1d": (1, 40)}


class Network(nn.Module):
    """Logits of one network: output_scale * (f - f0), where f0 is f before training, or 0.

    Inputs are [n, d] or [n, channels, height, width] in units of the dataset (images: [0, 1]).
    Logits are [n, classes], of the type of the weights. The weights and biases hold the factors of
    their parametrisation already.

    Attributes
    ----------
    inputs : Rows, Images or Sequences
    normalise : PerChannel, PerImage or torch.nn.Identity
        The first layer; both networks read its result.
    trained : torch.nn.Sequential or Recurrent
        f. Its modules have the names of the file's tensors.
    initial : torch.nn.Sequential or None
        f0.
    output_scale : float
    """

    def __init__(self, inputs: nn.Module, normalise: nn.Module, trained: nn.Module,
                 initial: nn.Sequential | None, output_scale: float):
        super().__init__()
        self.inputs, self.normalise = inputs, normalise
        self.trained, self.initial, self.output_scale = trained, initial, output_scale

    def forward(self, x: Tensor) -> Tensor:
        if not isinstance(x, Tensor):
            raise TypeError(f"inputs of type {type(x).__name__}: give a torch tensor: torch.from_numpy(images)")
        if not x.is_floating_point():
            raise ValueError(f"inputs of type {x.dtype}: this network takes floating-point "
                             "numbers; divide bytes by 255")
        x = self.normalise(self.inputs(x.to(next(self.trained.parameters()).dtype)))
        logits = self.trained(x)
        if self.initial is not None:
            logits = logits - self.initial(x)
        return logits * self.output_scale if self.output_scale != 1 else logits


def make_network(options: dict, config: dict, tensors: dict[str, np.ndarray],
                 input_shape: tuple[int, int, int] | None = None) -> Network:
    """The network of a kept file, in evaluation mode; its parameters ask for no gradients.

    Parameters
    ----------
    options : dict
        As from `network_options`.
    config : dict
        The resolved configuration: its seed gives f0, its dataset the images that rows stand for.
    tensors : dict
        Name -> array, as in the file.
    input_shape : tuple of int, optional
        Channels, height and width of a sample; files of older engines do not say it.

    Raises
    ------
    KeyError, RuntimeError
        The tensors are not those of a network with these options, or a recurrent network's are not for rows of images
        of input_shape.
    """
    state = {name: torch.from_numpy(array) for name, array in tensors.items()}
    of_inputs = {name: state.pop(name) for name in list(state) if name.startswith("normalise.")}
    if options["kind"] == "rnn":
        trained = Recurrent(options, state)
        trained.load_state_dict(state)
        _check_rows(trained, input_shape)
        network = Network(Sequences(input_shape), _normalise(options, of_inputs), trained, None, 1.0)
        return network.eval().requires_grad_(False)
    trained = sequence_of(options, state)
    trained.load_state_dict(state)
    initial = None
    if options["centre_output"]:
        initial = sequence_of(options, state)
        _draw(initial, options, config["seed"])
    for network in (trained, initial) if initial else (trained,):
        _multiply(network, options)
    network = Network(_inputs(options, config, trained, input_shape), _normalise(options, of_inputs), trained,
                      initial, options["output_scale"])
    return network.eval().requires_grad_(False)


def _check_rows(recurrent, input_shape):
    # A network that reads rows of another length would fail in the middle of its first step.
    if input_shape is None:
        raise RuntimeError("the file has no input_shape, so nothing says how many rows an image has")
    channels, _, width = input_shape
    reads = recurrent[0].weight.shape[1]
    if reads != channels * width:
        raise RuntimeError(f"the network reads rows of {reads} numbers, and those of images {list(input_shape)} "
                           f"have {channels * width}")


def _normalise(options, state):
    layer: nn.Module = nn.Identity()
    if options["normalise"] == "per_image":
        layer = PerImage()
    elif options["normalise"] == "per_channel":
        mean = state["normalise.mean"]
        layer = PerChannel(len(mean), mean.dtype)
    layer.load_state_dict({name.removeprefix("normalise."): t for name, t in state.items()})
    return layer


@torch.no_grad()
def _draw(sequence, options, seed):
    """Gives the affine layers the weights and biases that training started from."""
    layers = affine_layers(sequence)
    for number, layer in enumerate(layers):
        shape = tuple(layer.weight.shape)
        arrays = initial_layer(options, seed, number, shape, layer is layers[-1])
        for parameter, array in zip((layer.weight, layer.bias), arrays):
            parameter.copy_(torch.from_numpy(array))


@torch.no_grad()
def _multiply(sequence, options):
    """Multiplies weights and biases by the factors of their parametrisation."""
    layers = affine_layers(sequence)
    for layer in layers:
        scale = law(options, layer.weight[0].numel(), layer is layers[-1])
        layer.weight.mul_(scale.weight_factor)
        layer.bias.mul_(scale.bias_factor)


def _inputs(options, config, trained, input_shape):
    if options["kind"] == "mlp":
        return Rows(trained[0].in_features)
    layers = affine_layers(trained)
    blocks = Blocks(options["depth"], options["kernel_size"], options["stride"],
                    1 if options["pooling"] == "none" else 2)
    last, dense = layers[options["depth"] - 1 : options["depth"] + 1]
    dataset = config.get("dataset", {})
    size = input_shape[1:] if input_shape else _SIZES.get(dataset.get("kind", "mnist"))
    if not input_shape and dataset.get("kind") == "gaussian":
        size = (1, dataset.get("input_size", 256))
    return Images(layers[0].in_channels, blocks, dense.in_features // last.out_channels, size)
