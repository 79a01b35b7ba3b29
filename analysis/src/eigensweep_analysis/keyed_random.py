# SPDX-License-Identifier: MIT
"""The random numbers that initial weights are drawn from: a pure function of seed and stream.

The generator is Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC 2011, doi:10.1145/2063384.2063405).
The key holds the seed and the purpose, the upper half of the counter the stream.
"""

import numpy as np

#: What initial weights are among the purposes of include/eigensweep/core/random.hpp.
INITIAL_WEIGHTS = 1

_ROUNDS = 10
_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_INCREMENTS = (0x9E3779B9, 0xBB67AE85)
_LOW = 0xFFFFFFFF
_ALL = 0xFFFFFFFFFFFFFFFF


def uniform(seed: int, stream: int, bound: float, shape: tuple[int, ...]) -> np.ndarray:
    """Uniform numbers in [-bound, bound), 24 random bits each.

    Parameters
    ----------
    seed : int
        The seed of a trial, 0 to 2**64 - 1.
    stream : int
        Which tensor: twice the number of its layer from 0 for weights, one more for biases.
    bound : float
        It is rounded to float32 first.
    shape : tuple of int

    Returns
    -------
    numpy.ndarray
        float32, of that shape.
    """
    unit = (_bits(seed, stream, _count(shape)) >> np.uint32(8)).astype(np.float32)
    low, high = np.float32(-bound), np.float32(bound)
    return (low + (high - low) * (unit * np.float32(2.0**-24))).reshape(shape)


def normal(seed: int, stream: int, shape: tuple[int, ...]) -> np.ndarray:
    """Standard normal numbers, by Box and Muller's method in float64.

    Parameters
    ----------
    seed, stream, shape
        As for `uniform`.

    Returns
    -------
    numpy.ndarray
        float32, of that shape. The last digit may differ from the engine's, because the libraries
        round logarithm, sine and cosine each in their own way.
    """
    count = _count(shape)
    pairs = _bits(seed, stream, count + count % 2).astype(np.float64).reshape(-1, 2) * 2.0**-32
    radius = np.sqrt(-2.0 * np.log(pairs[:, 0] + 2.0**-32))  # of a number in (0, 1]
    angle = 2.0 * np.pi * pairs[:, 1]
    numbers = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return numbers.reshape(-1)[:count].astype(np.float32).reshape(shape)


def _count(shape):
    return int(np.prod(shape, dtype=np.int64))


def _mix(value):
    """64 bits into 64 well-spread bits: the finaliser of SplitMix64."""
    value = (value + 0x9E3779B97F4A7C15) & _ALL
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & _ALL
    value = (value ^ value >> 27) * 0x94D049BB133111EB & _ALL
    return value ^ value >> 31


def _bits(seed, stream, count):
    """The first `count` numbers of a stream of initial weights: uint32 [count]."""
    key = _mix(_mix(_mix(seed & _ALL) ^ INITIAL_WEIGHTS))  # the key's third part, the step, is 0
    block = np.arange((count + 3) // 4, dtype=np.uint64)
    low, half = np.uint64(_LOW), np.uint64(32)
    a, b = block & low, block >> half
    c, d = np.full_like(block, stream & _LOW), np.full_like(block, stream >> 32)
    key_0, key_1 = key & _LOW, key >> 32
    for _ in range(_ROUNDS):
        first, second = _MULTIPLIERS[0] * a, _MULTIPLIERS[1] * c
        a, b = second >> half ^ b ^ np.uint64(key_0), second & low
        c, d = first >> half ^ d ^ np.uint64(key_1), first & low
        key_0, key_1 = (key_0 + _INCREMENTS[0]) & _LOW, (key_1 + _INCREMENTS[1]) & _LOW
    return np.stack([a, b, c, d], axis=1).astype(np.uint32).reshape(-1)[:count]
