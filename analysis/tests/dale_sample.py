# SPDX-License-Identifier: MIT
"""Made-up results of studies by Dale's law: networks of several layer types, and simulations of balanced networks."""

import json

import h5py
import numpy as np

from sample import SEED, attach, axis, write

TYPES = axis("model_layer", "/model/layer", ["dense", "colei", "dann"])
NEURONS = axis("neurons", "/procedure/neurons", [100, 400])
INPUTS = axis("inputs", "/procedure/inputs", [20, 50, 100])
POPULATIONS = axis("populations", "/procedure/populations", ["one", "two"])
COUPLINGS = axis("cross_coupling", "/procedure/cross_coupling", [-0.8, -0.4, 0.0])
PROCEDURE = {"kind": "balanced_network", "populations": "one", "neurons": 100, "inputs": 20, "cross_coupling": -0.5,
             "drive_difference": 0.01}
#: The made-up mean field, and the gain of its pools per unit of coupling.
FIELD, LIMIT, GAIN = 0.25, 0.2, 4.0


def balanced(path, *axes, steps=True, statuses=None, rows=None):
    """Simulations: rates are FIELD times 1 + 10 / neurons for seed 0, and times 1 - 10 / neurons for seed 1."""
    axes = axes or (POPULATIONS, NEURONS, INPUTS, SEED)
    swept = {a["pointer"].rpartition("/")[2]: {"sweep": a["values"]} for a in axes if a["pointer"].startswith("/procedure")}
    write(path, axes=axes, attacks=(), metrics=False, resolved={"name": "made up", "procedure": {**PROCEDURE, **swept}},
          statuses=statuses, rows=rows)
    with h5py.File(path, "a") as file:
        del file["history"]
        count = len(file["trial"])

        def option(name):
            values = file[name][...] if name in file else np.full(count, PROCEDURE.get(name, 0), object)
            return np.array([v.decode() if isinstance(v, bytes) else v for v in values])

        populations, neurons, inputs, coupling, seeds = map(option, ("populations", "neurons", "inputs", "cross_coupling", "seed"))
        deviation = np.where(seeds.astype(int) % 2, -10, 10) / neurons.astype(float)
        one = np.array([1.0, np.nan])
        shape = np.where((populations == "one")[:, None], one, 1.0)
        pools = np.where(populations == "pools", 1.0, np.nan)
        field = 0.01 * (1 - GAIN * coupling.astype(float))
        columns = {
            "rate": shape * FIELD * (1 + deviation[:, None]),
            "mean_field_rate": shape * FIELD,
            "limit_rate": shape * LIMIT,
            "deviation": shape * deviation[:, None],
            "irregularity": shape * 0.4,
            "response_time": shape * (20 / inputs.astype(float)[:, None] if steps else np.nan),
            "mean_deviation": np.abs(deviation),
            "difference": pools * field * (1 + deviation),
            "mean_field_difference": pools * field,
            "decision_gain": pools * field * (1 + deviation) / 0.01,
            "error_rate": pools * (0.5 + 0.5 * coupling.astype(float)),
        }
        good = file["status"][...] == 1
        file.create_dataset("population", data=[0, 1]).make_scale("population")
        for name, values in columns.items():
            values = np.where(good.reshape(-1, *[1] * (values.ndim - 1)), values, np.nan)
            attach(file.create_dataset(f"balanced/{name}", data=values), file, ["trial", "population"][: values.ndim])
    return path


def layers(path, *axes, wrong=0, initial=True, **more):
    """Networks of layer types with the metrics `weights` (also of the initial networks) and `ei_balance`.

    `wrong`: how many weights of the first network of layers `colei` have the wrong sign. s1/s2 is the place of the layer
    times 2, at initialisation times 1; balance is 0.1 times the place of the layer.
    """
    axes = axes or (TYPES, SEED)
    write(path, axes=axes, **more)
    with h5py.File(path, "a") as file:
        types = file["model_layer"].asstr()[...]
        affine = np.arange(1, len(file["layer"]) + 2)
        file.create_dataset("affine", data=affine).make_scale("affine")
        whole = np.ones((len(types), 1)) * affine
        evaluations = json.loads(file.attrs["evaluations_json"])
        for label, kind, network, factor in (("weights", "weights", "trained", 2.0), ("early_weights", "weights", "initial", 1.0)):
            if network == "initial" and not initial:
                continue
            for name, values in (("first_to_second", factor * whole), ("singular_entropy", whole / 10), ("zero_weights", 0 * whole)):
                attach(file.create_dataset(f"{label}/{name}", data=values), file, ["trial", "affine"])
            evaluations.append({"family": "metric", "label": label, "group": label, "kind": kind, "options": {"network": network},
                                "strengths": []})
        attach(file.create_dataset("ei_balance/balance", data=0.1 * whole), file, ["trial", "affine"])
        violations = np.where((types == "dense")[:, None], -1, np.zeros(whole.shape, int))
        violations[np.flatnonzero(types == "colei")[0], 0] = wrong
        signs = attach(file.create_dataset("ei_balance/sign_violations", data=violations), file, ["trial", "affine"])
        signs.attrs["_FillValue"] = np.int64(-1)
        signs.attrs["alarm_above"], signs.attrs["alarm"] = 0.0, "these networks do not follow Dale's law"
        evaluations.append({"family": "metric", "label": "ei_balance", "group": "ei_balance", "kind": "ei_balance", "options": {},
                            "strengths": []})
        file.attrs["evaluations_json"] = json.dumps(evaluations)
    return path
