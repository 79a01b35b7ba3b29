# SPDX-License-Identifier: MIT
"""An ensemble by JAX: value_and_grad under vmap over networks, Adam with amsgrad, compiled as one function.

The mathematics is that of bench/train_step.py. Called by rivals.py with a request as JSON; prints a line of JSON for the
comparison with the worker's losses, and one for each number of lanes.
"""

import functools
import json
import sys

import jax
import jax.numpy as jnp

import rival_data
from block_times import milliseconds

jax.config.update("jax_default_matmul_precision", "highest")  # float32: by default a GPU's products are in TF32
RATE, BETA1, BETA2, EPSILON = 1e-3, 0.9, 0.999, 1e-8


def spectral_penalty(hidden, basis, exponent=1.0, cutoff=10):
    """As in train_step.py: hidden (B, N), basis (N, N)."""
    batch, width = hidden.shape
    projected = (hidden - hidden.mean(0)) @ basis
    eigenvalues = jnp.sort(jnp.square(projected).sum(0) / (batch - 1))[::-1]
    anchor = jax.lax.stop_gradient(eigenvalues[cutoff]) * (cutoff + 1) ** exponent
    rank = jnp.arange(cutoff + 2, width + 1, dtype=hidden.dtype)
    tail = eigenvalues[cutoff + 1 :]
    excess = tail / (anchor * rank**-exponent) - 1
    terms = jnp.square(excess) + jnp.maximum(excess, 0)
    return jnp.where(tail > 0, terms, 0.0).sum() / width


def loss(parameters, basis, x, y):
    weight, bias, out_weight, out_bias = parameters
    hidden = jnp.tanh(x @ weight.T + bias)
    log_probabilities = jax.nn.log_softmax(hidden @ out_weight.T + out_bias)
    return -jnp.take_along_axis(log_probabilities, y[:, None], axis=1).mean() + spectral_penalty(hidden, basis)


@functools.partial(jax.jit, donate_argnums=(0,))
def step(state, bases, x, y):
    """The new state (parameters, first moments, second moments, their maxima, steps), and the losses (E,) before."""
    parameters, first, second, largest, count = state
    losses, gradients = jax.vmap(jax.value_and_grad(loss), in_axes=(0, 0, None, None))(parameters, bases, x, y)
    count = count + 1
    first = [BETA1 * m + (1 - BETA1) * g for m, g in zip(first, gradients)]
    second = [BETA2 * v + (1 - BETA2) * g * g for v, g in zip(second, gradients)]
    largest = [jnp.maximum(a, v) for a, v in zip(largest, second)]
    rate, correction = RATE / (1 - BETA1**count), jnp.sqrt(1 - BETA2**count)
    parameters = [p - rate * m / (jnp.sqrt(a) / correction + EPSILON) for p, m, a in zip(parameters, first, largest)]
    return (parameters, first, second, largest, count), losses


def beginning(weights):
    parameters = [jnp.array(array) for array in weights]
    zeros = [[jnp.zeros_like(p) for p in parameters] for _ in range(3)]
    return parameters, *zeros, jnp.zeros((), jnp.float32)


def main() -> None:
    request = json.loads(sys.argv[1])
    device = jax.devices("gpu" if request["device"] == "cuda" else "cpu")[0]  # fails where JAX has none
    jax.config.update("jax_default_device", device)
    data = rival_data.recorded(request)
    batches = [(jnp.array(x), jnp.array(y)) for x, y in zip(data["x"], data["y"])]

    state, losses = beginning(data["weights"]), []
    for x, y in batches:
        state, values = step(state, jnp.array(data["bases"]), x, y)
        losses.append(values.tolist())
    print(json.dumps({"apart": rival_data.apart(losses, data["losses"])}), flush=True)

    for lanes in request["lanes"]:
        *weights, bases = rival_data.widened([*data["weights"], data["bases"]], lanes)
        place = {"state": beginning(weights), "bases": jnp.array(bases)}

        def one(i: int) -> None:
            place["state"], _ = step(place["state"], place["bases"], *batches[i % len(batches)])

        middle, quartiles = milliseconds(one, lambda: jax.block_until_ready(place["state"]), request["seconds"])
        answer = {"lanes": lanes, "ms_per_step": middle, "quartiles": quartiles, "note": f"jax {jax.__version__}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
