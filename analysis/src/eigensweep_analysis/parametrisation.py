# SPDX-License-Identifier: MIT
"""Factors and initial weights of affine layers; docs/width.md has the table."""

import math
from typing import NamedTuple

import numpy as np

from eigensweep_analysis.keyed_random import normal, uniform


class Law(NamedTuple):
    """How a layer z = weight_factor W h + bias_factor b is written, and its initial deviations."""

    weight_deviation: float
    weight_factor: float
    bias_deviation: float
    bias_factor: float


def law(options: dict, fan_in: int, is_readout: bool) -> Law:
    """The law of one affine layer.

    Parameters
    ----------
    options : dict
        As from `network_options`.
    fan_in : int
        Inputs of one unit: of a convolution, input channels times pixels of the kernel.
    is_readout : bool
        Whether the layer gives the logits.

    Returns
    -------
    Law
        Its deviations have no meaning where `weight_variance` is 0.
    """
    variance, bias = options["weight_variance"], math.sqrt(options["bias_variance"])
    if options["parametrisation"] == "ntk":
        return Law(1.0, math.sqrt(variance / fan_in), 1.0, bias)
    if options["parametrisation"] == "mup" and is_readout:
        base = options["base_width"]
        return Law(math.sqrt(variance / base), base / options["width"], bias, 1.0)
    return Law(math.sqrt(variance / fan_in), 1.0, bias, 1.0)


def initial_layer(options: dict, seed: int, layer: int, shape: tuple[int, ...],
                  is_readout: bool) -> tuple[np.ndarray, np.ndarray]:
    """Weights and biases of an affine layer before training, without the factors of its law.

    Parameters
    ----------
    options, is_readout
        As for `law`.
    seed : int
        The seed of the trial.
    layer : int
        Its number among the affine layers, from 0.
    shape : tuple of int
        Of its weights: [out, in] or [out, in, height, width].

    Returns
    -------
    weight, bias : numpy.ndarray
        float32, [*shape] and [out].
    """
    fan_in = math.prod(shape[1:])
    weights, biases = 2 * layer, 2 * layer + 1  # streams of random numbers
    if options["weight_variance"] == 0:
        bound = 1.0 / math.sqrt(fan_in)
        return uniform(seed, weights, bound, shape), uniform(seed, biases, bound, shape[:1])
    scale = law(options, fan_in, is_readout)
    return (normal(seed, weights, shape) * np.float32(scale.weight_deviation),
            normal(seed, biases, shape[:1]) * np.float32(scale.bias_deviation))
