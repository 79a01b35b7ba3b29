# SPDX-License-Identifier: MIT
"""Products of rounded operands, as the engine's option "compute" names them, in plain torch."""

import torch
from torch.nn.grad import conv2d_input, conv2d_weight

#: Binary digits of a number, the leading one among them.
DIGITS = {"tf32": 11, "bfloat16": 8}


def rounded(x, compute):
    """Each number to the nearest that `compute` keeps; ties go to the even one, with tf32 away from zero."""
    if compute == "float32":
        return x
    fraction, exponent = torch.frexp(x)
    scaled = fraction * 2 ** DIGITS[compute]
    whole = torch.sign(scaled) * torch.floor(scaled.abs() + 0.5) if compute == "tf32" else torch.round(scaled)
    return torch.ldexp(whole, exponent - DIGITS[compute])


class Product(torch.autograd.Function):
    """a (n, k) @ b (k, m); every product of its derivatives, too, has rounded operands."""

    @staticmethod
    def forward(context, a, b, compute):
        context.save_for_backward(a, b)
        context.compute = compute
        return rounded(a, compute) @ rounded(b, compute)

    @staticmethod
    def backward(context, gradient):
        a, b = context.saved_tensors
        of_a = Product.apply(gradient, b.T, context.compute)
        return of_a, Product.apply(a.T, gradient, context.compute), None


class Convolution(torch.autograd.Function):
    """images (B, C, H, W) and filters (F, C, k, k), without padding."""

    @staticmethod
    def forward(context, images, filters, stride, compute):
        context.save_for_backward(images, filters)
        context.stride, context.compute = stride, compute
        return torch.nn.functional.conv2d(rounded(images, compute), rounded(filters, compute), stride=stride)

    @staticmethod
    def backward(context, gradient):
        images, filters = (rounded(saved, context.compute) for saved in context.saved_tensors)
        gradient = rounded(gradient, context.compute)
        return (conv2d_input(images.shape, filters, gradient, stride=context.stride),
                conv2d_weight(images, filters.shape, gradient, stride=context.stride), None, None)


def round_products(network, compute):
    """Makes the dense layers and convolutions of a network round their operands."""
    for module in network.modules():
        if isinstance(module, torch.nn.Linear):
            module.forward = lambda x, m=module: Product.apply(x, m.weight.T, compute) + m.bias
        elif isinstance(module, torch.nn.Conv2d):
            module.forward = lambda x, m=module: (Convolution.apply(x, m.weight, m.stride, compute)
                                                  + m.bias.view(1, -1, 1, 1))
