# SPDX-License-Identifier: MIT
"""Times of a rival's steps, taken as the worker takes its own: blocks of steps, the device waited for after each."""

import statistics
import time

BLOCK, LEAST_BLOCKS = 10, 4


def milliseconds(step, wait, seconds: float) -> tuple[float, list[float]]:
    """`step(i)` asks for step i, `wait()` returns when the device has done all. The median over blocks per step, and its
    quartiles; the first block warms up."""
    times: list[float] = []
    count = 0
    while len(times) <= LEAST_BLOCKS or BLOCK * sum(times[1:]) < seconds:
        begin = time.perf_counter()
        for _ in range(BLOCK):
            step(count)
            count += 1
        wait()
        times.append((time.perf_counter() - begin) / BLOCK)
    quartiles = statistics.quantiles(times[1:], n=4)
    return 1e3 * statistics.median(times[1:]), [1e3 * quartiles[0], 1e3 * quartiles[2]]
