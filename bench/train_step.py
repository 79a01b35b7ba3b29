# SPDX-License-Identifier: MIT
"""One training step with the spectral penalty, as a good PyTorch program would write it: the yardstick of bench/run.

The mathematics is that of docs/paper.md: a tanh network 784-N-10, cross entropy, the penalty on the hidden layer with
the eigenvectors V held fixed, Adam with amsgrad, on ready batches of MNIST. Nothing loops: the eigenvalues are column norms of Z = Hc V, which is
2BN^2 operations forward and as many backward; autograd finds the gradient. torch's implementations of Adam are tried in
turn and the fastest one counts.

    python bench/train_step.py --width 256 --batch 384       prints {"ms_per_step": median, "adam": ...}
"""

import argparse
import gzip
import json
import statistics
import time
from pathlib import Path

import torch

MNIST = Path(__file__).resolve().parent.parent / "data/mnist"


class Network(torch.nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.hidden = torch.nn.Linear(784, width)
        self.readout = torch.nn.Linear(width, 10)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        h = torch.tanh(self.hidden(x))
        return self.readout(h), h


def spectral_penalty(h: torch.Tensor, v: torch.Tensor, exponent: float = 1.0, cutoff: int = 10) -> torch.Tensor:
    """h [B, N] activations, v [N, N] eigenvectors in columns -> the penalty, a scalar."""
    batch, width = h.shape
    z = (h - h.mean(0)) @ v
    eigenvalues = (z.square().sum(0) / (batch - 1)).sort(descending=True).values
    anchor = eigenvalues[cutoff].detach() * (cutoff + 1) ** exponent
    rank = torch.arange(cutoff + 2, width + 1, dtype=h.dtype, device=h.device)
    tail = eigenvalues[cutoff + 1 :]
    excess = tail / (anchor * rank**-exponent) - 1
    terms = excess.square() + excess.clamp(min=0)
    return torch.where(tail > 0, terms, 0.0).sum() / width


def train_step(network: Network, optimizer, x, y, v, strength: float) -> torch.Tensor:
    optimizer.zero_grad(set_to_none=True)
    logits, h = network(x)
    loss = torch.nn.functional.cross_entropy(logits, y) + strength * spectral_penalty(h, v)
    loss.backward()
    optimizer.step()
    return loss


def read_idx(name: str, header: int) -> torch.Tensor:
    with gzip.open(MNIST / name) as file:
        return torch.frombuffer(bytearray(file.read()[header:]), dtype=torch.uint8)


def milliseconds_per_step(width: int, batch: int, steps: int, adam: str) -> float:
    torch.manual_seed(0)
    network = Network(width)
    kinds = {"foreach": {"foreach": True}, "fused": {"fused": True}, "loop": {"foreach": False}}
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, amsgrad=True, **kinds[adam])
    # Real images: on noise the penalty drives the units into saturation, and denormal numbers spoil the measurement.
    images = read_idx("train-images-idx3-ubyte.gz", 16).view(-1, 784)[:20000] / 255
    labels = read_idx("train-labels-idx1-ubyte.gz", 8)[:20000].long()
    batches = list(zip(images.split(batch), labels.split(batch)))[: len(images) // batch]
    with torch.no_grad():
        v = torch.linalg.eigh(network(images)[1].double().T.cov())[1].float().contiguous()
    for step in range(max(2, steps // 10)):
        train_step(network, optimizer, *batches[step % len(batches)], v, 1.0)
    times = []
    for step in range(steps):
        begin = time.perf_counter()
        loss = train_step(network, optimizer, *batches[step % len(batches)], v, 1.0)
        times.append(time.perf_counter() - begin)
    assert torch.isfinite(loss), "the benchmark diverged"
    return 1e3 * statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--width", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--adam", choices=["fused", "foreach", "loop", "fastest"], default="fastest")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    kinds = ["fused", "foreach", "loop"] if options.adam == "fastest" else [options.adam]
    times = {kind: milliseconds_per_step(options.width, options.batch, options.steps, kind) for kind in kinds}
    adam = min(times, key=times.get)
    print(json.dumps({"ms_per_step": times[adam], "adam": adam, "all": times}))


if __name__ == "__main__":
    main()
