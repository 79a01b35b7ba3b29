# SPDX-License-Identifier: MIT
"""Times products of float32 matrices with torch: the yardstick of product_rate.py.

    python time_products.py <device> <lanes> <seconds> '[{"m", "k", "n", "is_shared"}, ...]'

It prints {"seconds": [of each product]}.
"""

import json
import statistics
import sys
import time

import torch

BLOCK = 10  # products between two readings of the clock


def seconds_of(device: str, lanes: int, shape: dict, least: float) -> float:
    """The median of the product in all lanes, over blocks that take `least` seconds together."""
    m, k, n = shape["m"], shape["k"], shape["n"]
    pairs, rows = (1, lanes * m) if shape["is_shared"] else (lanes, m)
    a, b = (torch.randn(pairs, *size, device=device) for size in ((rows, k), (k, n)))
    out = torch.empty(pairs, rows, n, device=device)
    times: list[float] = []
    while len(times) < 4 or sum(times) * BLOCK < least:
        begin = time.perf_counter()
        for _ in range(BLOCK):
            torch.bmm(a, b, out=out) if pairs > 1 else torch.mm(a[0], b[0], out=out[0])
        if device != "cpu":
            torch.cuda.synchronize()
        times.append((time.perf_counter() - begin) / BLOCK)
    return statistics.median(times[1:])  # the first warms up


def main() -> None:
    device, lanes, least, shapes = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), json.loads(sys.argv[4])
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.set_float32_matmul_precision("highest")
    print(json.dumps({"seconds": [seconds_of(device, lanes, shape, least) for shape in shapes]}))


if __name__ == "__main__":
    main()
