# SPDX-License-Identifier: MIT
"""The engine's keyed random numbers, written a second time in numpy from their specification.

Philox4x32-10 [Salmon, Moraes, Dror, Shaw, SC 2011]; the layout of keys is that of include/eigensweep/core/random.hpp.
Independent of the C++ code on purpose: whoever trusts this file can rebuild every initial weight and every mini-batch.
"""

import numpy as np

INITIAL_WEIGHTS = 1
BATCH_ORDER = 2
PROJECTION = 7
TRAINING_ATTACK = 9

_MASK32 = (1 << 32) - 1
_MASK64 = (1 << 64) - 1


def _mix(value):
    """Finaliser of SplitMix64 on one 64-bit integer."""
    value = (value + 0x9E3779B97F4A7C15) & _MASK64
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK64
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK64
    return value ^ (value >> 31)


def philox(counter, key):
    """Philox4x32-10: counter (n, 4) and key (2,) of uint32 in, (n, 4) uint32 out."""
    c = [counter[:, i].astype(np.uint64) for i in range(4)]
    k0, k1 = int(key[0]), int(key[1])
    mask = np.uint64(_MASK32)
    shift = np.uint64(32)
    for _ in range(10):
        p0 = np.uint64(0xD2511F53) * c[0]
        p1 = np.uint64(0xCD9E8D57) * c[2]
        c = [(p1 >> shift) ^ c[1] ^ np.uint64(k0), p1 & mask, (p0 >> shift) ^ c[3] ^ np.uint64(k1), p0 & mask]
        k0 = (k0 + 0x9E3779B9) & _MASK32
        k1 = (k1 + 0xBB67AE85) & _MASK32
    return np.stack(c, axis=1).astype(np.uint32)


def draws(seed, purpose, stream, step, count):
    """The first `count` 32-bit numbers of one key, as uint32 (count,)."""
    mixed = _mix(_mix(_mix(seed & _MASK64) ^ purpose) ^ step)
    blocks = (count + 3) // 4
    counter = np.zeros((blocks, 4), dtype=np.uint32)
    position = np.arange(blocks, dtype=np.uint64)
    counter[:, 0] = position & np.uint64(_MASK32)
    counter[:, 1] = position >> np.uint64(32)
    counter[:, 2] = stream & _MASK32
    counter[:, 3] = stream >> 32
    return philox(counter, (mixed & _MASK32, mixed >> 32)).reshape(-1)[:count]


def uniform(seed, purpose, stream, step, low, high, shape):
    """Uniform float32 numbers in [low, high): 24 random bits each, float32 arithmetic as in C++."""
    bits = draws(seed, purpose, stream, step, int(np.prod(shape)))
    unit = (bits >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-24)
    low, high = np.float32(low), np.float32(high)
    return (low + (high - low) * unit).reshape(shape)


def normal(seed, purpose, stream, step, shape):
    """Standard normal float32 numbers: Box-Muller in float64, the cosine's before the sine's."""
    count = int(np.prod(shape))
    bits = draws(seed, purpose, stream, step, count + count % 2).astype(np.float64).reshape(-1, 2)
    radius = np.sqrt(-2.0 * np.log((bits[:, 0] + 1.0) * 2.0**-32))
    angle = 2.0 * np.pi * bits[:, 1] * 2.0**-32
    numbers = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).reshape(-1)[:count]
    return numbers.astype(np.float32).reshape(shape)


def exponential(seed, purpose, stream, step, shape):
    """Exponentially distributed float32 numbers of mean 1, by the inverse of their distribution in float64."""
    bits = draws(seed, purpose, stream, step, int(np.prod(shape))).astype(np.float64)
    return (-np.log((bits + 1.0) * 2.0**-32)).astype(np.float32).reshape(shape)


def permutation(seed, purpose, stream, step, size):
    """A random order of 0..size-1: Fisher-Yates from the top, bounded integers by Lemire's method."""
    supply = draws(seed, purpose, stream, step, size + 64).tolist()
    order = list(range(size))
    used = 0
    for i in range(size, 1, -1):
        product = supply[used] * i
        used += 1
        low = product & _MASK32
        if low < i:
            threshold = ((1 << 32) - i) % i
            while low < threshold:
                product = supply[used] * i
                used += 1
                low = product & _MASK32
        j = product >> 32
        order[i - 1], order[j] = order[j], order[i - 1]
    return np.array(order, dtype=np.int64)


def linear_layer(seed, layer, shape):
    """torch's default initialisation of affine layer or convolution `layer` (0-based): weight (out, in, ...), bias (out)."""
    # In float32, as the engine takes the bound.
    bound = 1.0 / np.sqrt(np.float64(np.prod(shape[1:])))
    weight = uniform(seed, INITIAL_WEIGHTS, 2 * layer, 0, -bound, bound, shape)
    bias = uniform(seed, INITIAL_WEIGHTS, 2 * layer + 1, 0, -bound, bound, shape[:1])
    return weight, bias


def normal_layer(seed, layer, shape, weight_deviation, bias_deviation):
    """Gaussian initialisation of affine layer `layer` (0-based): weight (out, in), bias (out)."""
    weight = normal(seed, INITIAL_WEIGHTS, 2 * layer, 0, shape) * np.float32(weight_deviation)
    bias = normal(seed, INITIAL_WEIGHTS, 2 * layer + 1, 0, shape[:1]) * np.float32(bias_deviation)
    return weight, bias


def batches(order_seed, epoch, samples, batch_size, keep_last=True):
    """Index arrays of the mini-batches of one epoch (0-based)."""
    order = permutation(order_seed, BATCH_ORDER, epoch, 0, samples)
    stop = samples if keep_last else samples - samples % batch_size
    return [order[i : i + batch_size] for i in range(0, stop, batch_size)]
