# SPDX-License-Identifier: MIT
"""An ensemble by torch.func: functional_call, grad and vmap over networks, torch's Adam on the stacked parameters.

The mathematics is that of bench/train_step.py. Called by rivals.py with a request as JSON; prints a line of JSON for the
comparison with the worker's losses, and one for each number of lanes.
"""

import json
import sys

import torch
from torch.func import functional_call, grad_and_value, vmap

import rival_data
from block_times import milliseconds

import train_step

ADAMS = {"fused": {"fused": True}, "foreach": {"foreach": True}}
NAMES = ("hidden.weight", "hidden.bias", "readout.weight", "readout.bias")


class Ensemble:
    """Networks side by side: `weights` four arrays with lanes first, `bases` (E, N, N)."""

    def __init__(self, weights, bases, device: str, adam: str) -> None:
        self.parameters = {name: torch.tensor(array, device=device) for name, array in zip(NAMES, weights)}
        self.bases = torch.tensor(bases, device=device)
        network = train_step.Network(bases.shape[1]).to(device)

        def loss(parameters, basis, x, y):
            logits, hidden = functional_call(network, parameters, (x,))
            return torch.nn.functional.cross_entropy(logits, y) + train_step.spectral_penalty(hidden, basis)

        self.gradients = vmap(grad_and_value(loss), in_dims=(0, 0, None, None))
        self.optimizer = torch.optim.Adam(self.parameters.values(), lr=1e-3, amsgrad=True, **ADAMS[adam])

    def step(self, x, y) -> torch.Tensor:
        """The losses (E,) before the step."""
        gradients, losses = self.gradients(self.parameters, self.bases, x, y)
        for name, parameter in self.parameters.items():
            parameter.grad = gradients[name]
        self.optimizer.step()
        return losses


def main() -> None:
    request = json.loads(sys.argv[1])
    device = request["device"]
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.set_float32_matmul_precision("highest")
    data = rival_data.recorded(request)
    batches = [(torch.tensor(x, device=device), torch.tensor(y, device=device).long()) for x, y in zip(data["x"], data["y"])]

    ensemble = Ensemble(data["weights"], data["bases"], device, "foreach")
    losses = [ensemble.step(x, y).tolist() for x, y in batches]
    print(json.dumps({"apart": rival_data.apart(losses, data["losses"])}), flush=True)

    def wait() -> None:
        if device != "cpu":
            torch.cuda.synchronize()

    for lanes in request["lanes"]:
        *weights, bases = rival_data.widened([*data["weights"], data["bases"]], lanes)
        found = {}
        for adam in ADAMS:
            ensemble = Ensemble(weights, bases, device, adam)
            found[adam] = milliseconds(lambda i: ensemble.step(*batches[i % len(batches)]), wait, request["seconds"])
        adam = min(found, key=lambda name: found[name][0])
        answer = {"lanes": lanes, "ms_per_step": found[adam][0], "quartiles": found[adam][1], "note": f"Adam {adam}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
