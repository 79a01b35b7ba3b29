# SPDX-License-Identifier: MIT
"""Writes results files of made-up studies, laid out as docs/formats.md says, for tests and for trying out figures."""

import itertools
import json

import h5py
import numpy as np

EPSILONS = [0.0, 0.01, 0.02, 0.05, 0.1, 0.2]


def axis(name, pointer, values, role="training"):
    return {"name": name, "pointer": pointer, "role": role, "values": values}


WIDTH = axis("width", "/model/width", [64, 256])
DEPTH = axis("depth", "/model/depth", [1, 3])
STRENGTH = axis("strength", "/regularizers/spectral/strength", [0.0, 0.3, 1.0])
SEED = axis("seed", "/seed", [0, 1], "replicate")


def attach(dataset, file, dims):
    for place, dim in enumerate(dims):
        dataset.dims[place].attach_scale(file[dim])
    return dataset


def write(path, axes=(WIDTH, DEPTH, STRENGTH, SEED), attacks=("fgsm", "pgd"), metrics=True, statuses=None, drop=(),
          epochs=5, noise_levels=(), name="sample", resolved=None, regime=False, early=False, rows=None, zips=()):
    """`rows`: [{axis: value}] in place of the grid of all values; `zips`: lists of pointers that the study zips. `statuses`: row -> (status, message); `drop`: rows left out of the grid; `regime`: with the metrics kernel_regime
    and kernel_regression; `early`: with a second spectrum, labelled "early", of the networks at initialisation."""
    names = [a["name"] for a in axes]
    if rows is None:
        rows = [dict(zip(names, cell)) for cell in itertools.product(*(a["values"] for a in axes))]
    rows = [row for place, row in enumerate(rows) if place not in drop]
    count = len(rows)
    status = np.ones(count, np.int64)
    message = [""] * count
    for place, (value, why) in (statuses or {}).items():
        status[place], message[place] = value, why
    widths = [row.get("width", 64) for row in rows]
    depths = [row.get("depth", 1) for row in rows]
    layers, ranks = max(depths, default=1), int(max((w for w in widths if np.isfinite(w)), default=16))
    sizes = [int(w) if np.isfinite(w) else ranks for w in widths]  # an infinite layer has a spectrum over the samples
    random = np.random.default_rng(0)
    good = status == 1
    text = h5py.string_dtype()

    with h5py.File(path, "w") as file:
        file.attrs["file_type"] = "eigensweep-results"
        file.attrs["format_version"] = 1
        file.attrs["Conventions"] = "CF-1.8"
        file.attrs["title"] = name
        file.attrs["comment"] = "made-up numbers"
        file.attrs["eigensweep_version"] = "0.1.0"
        file.attrs["git_revision"] = "0123456789abcdef"
        file.attrs["git_dirty"] = np.int64(0)
        file.attrs["created_utc"] = "2026-01-01T00:00:00Z"
        file.attrs["study_json"] = json.dumps({"name": name, "description": "made-up numbers", **({"zip": zips} if zips else {})})
        file.attrs["resolved_json"] = json.dumps(resolved or {"model": {"kind": "mlp", "width": 64, "depth": 1}})
        file.attrs["provenance"] = json.dumps({"eigensweep": "0.1.0", "hosts": ["laptop"], "wall_seconds": 12.5})
        file.attrs["study_warnings"] = json.dumps(["/training/batch_size: 64 is not above the width 64"])
        evaluation = {"name": "epsilon", "coordinate": "", "pointer": "/attacks/fgsm/epsilon", "role": "evaluation"}
        file.attrs["axes_json"] = json.dumps(
            [{**a, "coordinate": a["name"]} for a in axes] + ([{**evaluation, "values": EPSILONS}] if attacks else [])
        )
        file.attrs["evaluations_json"] = json.dumps(
            _evaluations(metrics, early, regime)
            + _attacks("attacks", attacks, EPSILONS) + _attacks("attacks_sigma", ("gaussian_noise",), noise_levels)
        )
        scales = {"trial": np.arange(count), "layer": np.arange(1, layers + 1), "eigenvalue": np.arange(1, ranks + 1),
                  "epoch": np.arange(1, epochs + 1)}
        if attacks:
            scales["attack"] = np.array(attacks, dtype=object)
            scales["epsilon"] = np.array(EPSILONS)
        for name, values in scales.items():
            file.create_dataset(name, data=values, dtype=text if values.dtype == object else None).make_scale(name)
        if attacks:
            file["epsilon"].attrs["units"] = "pixel"

        def put(name, values, dims, **attributes):
            values = np.asarray(values)
            if values.dtype.kind in "OU":
                dataset = file.create_dataset(name, data=values.astype(object), dtype=text)
            else:
                if values.dtype.kind == "f" and name not in [a["name"] for a in axes]:
                    values = np.where(good.reshape(-1, *[1] * (values.ndim - 1)), values, np.nan)
                dataset = file.create_dataset(name, data=values)
            for key, value in attributes.items():
                dataset.attrs[key] = value
            attach(dataset, file, dims)

        for a in axes:
            put(a["name"], [row[a["name"]] for row in rows], ["trial"])
        put("trial_id", [f"{place:016x}" for place in range(count)], ["trial"])
        put("status", status.astype(np.int8), ["trial"])
        put("message", message, ["trial"])
        put("lane", np.where(good, 0, -1), ["trial"], _FillValue=np.int64(-1))
        put("train_seconds", np.full(count, 2.5), ["trial"], units="s")

        strength = np.array([row.get("strength") or 0.0 for row in rows])
        strength = np.where(np.isfinite(strength), strength, 0.0)
        noise = random.normal(0, 0.015, count)
        decay = np.linspace(1, 0.2, epochs)[None, :]
        for name in ("loss", "task_loss", "penalty", "train_accuracy"):
            level = strength[:, None] if name == "penalty" else 1.0
            curve = 1 - 0.8 * decay if name == "train_accuracy" else decay * level
            put(f"history/{name}", curve + np.zeros((count, epochs)) + noise[:, None] ** 2, ["trial", "epoch"])
        if attacks:
            steep = 9 + 3 * np.log2(np.array(sizes) / 32) - 3 * strength + 60 * noise
            clean = 0.97 - 0.01 * strength
            curve = clean[:, None, None] / (
                1 + (np.array(EPSILONS)[None, None, :] * steep[:, None, None]
                     * np.linspace(1, 1.4, len(attacks))[None, :, None]) ** 2
            )
            put("attacks/robust_accuracy", curve, ["trial", "attack", "epsilon"], description="share right", units="1")
            put("attacks/robust_loss", 1 - curve, ["trial", "attack", "epsilon"])
            for name, asked in (("status", status), ("message", message)):
                shape = (count, len(attacks), len(EPSILONS)) if name == "status" else (count, len(attacks))
                values = np.broadcast_to(np.array(asked, object).reshape(-1, *[1] * (len(shape) - 1)), shape)
                values = values.astype(np.int8) if name == "status" else values
                put(f"attacks/{name}", values, ["trial", "attack", "epsilon"][: len(shape)])
            put("attacks/kind", list(attacks), ["attack"])
        if noise_levels:  # an attack of another intensity has a group of its own
            for name, values, kind in (("attack_sigma", ["gaussian_noise"], text), ("sigma", noise_levels, None)):
                file.create_dataset(name, data=np.array(values, object if kind else float), dtype=kind).make_scale(name)
            curve = (0.97 - np.array(noise_levels))[None, None, :] + np.zeros((count, 1, len(noise_levels)))
            put("attacks_sigma/robust_accuracy", curve, ["trial", "attack_sigma", "sigma"])
            put("attacks_sigma/robust_loss", 1 - curve, ["trial", "attack_sigma", "sigma"])
            put("attacks_sigma/status", np.ones(curve.shape, np.int8), ["trial", "attack_sigma", "sigma"])
        if metrics:
            for label in ("accuracy", "spectrum"):
                put(f"{label}/status", status.astype(np.int8), ["trial"])
            for name in ("train_accuracy", "test_accuracy"):
                put(f"accuracy/{name}", 0.97 - 0.01 * strength + noise, ["trial"])
            for name in ("train_loss", "test_loss"):
                put(f"accuracy/{name}", 0.1 + 0.01 * strength + noise**2, ["trial"])
            eigenvalues = np.full((count, layers, ranks), np.nan)
            exponent = np.full((count, layers), np.nan)
            for row in range(count):
                for layer in range(depths[row]):
                    alpha = 1 + (0.9 + 0.1 * layer) / (1 + 3 * strength[row]) + noise[row]
                    exponent[row, layer] = alpha
                    rank = np.arange(1, sizes[row] + 1)
                    eigenvalues[row, layer, : sizes[row]] = 3 * rank**-alpha
            for label, factor in [("spectrum", 1.0), ("early", 2.0)][: 2 if early else 1]:
                put(f"{label}/eigenvalues", factor * eigenvalues, ["trial", "layer", "eigenvalue"])
                put(f"{label}/exponent", factor * exponent, ["trial", "layer"])
                put(f"{label}/participation_ratio", exponent * 5, ["trial", "layer"])
        if regime:
            for name in ("affine", "sample", "other_sample", "moment"):
                length = {"affine": layers + 1, "moment": MOMENTS}.get(name, SAMPLES)
                start = 1 if name == "affine" else 0
                file.create_dataset(name, data=np.arange(start, start + length)).make_scale(name)
            for name, values, dims in _regime(rows, layers, random):
                put(f"kernel_regime/{name}", values, ["trial", *dims])
            for name, level in (("accuracy_initial", 0.9), ("accuracy_final", 0.93), ("robust_accuracy_initial", 0.5),
                                ("robust_accuracy_final", 0.4)):
                put(f"kernel_regression/{name}", np.full(count, level) + noise, ["trial"])
    return path


SAMPLES = 24
MOMENTS = 6


def add_distances(path, samples=40, options=None, limits=None):
    """Adds to a file of `write` what attacks record of each sample, and makes its robust accuracies agree with that.

    `options`: label of an attack -> its options; `samples` of them are attacked, `samples` of this function without
    such an option. `limits`: path of a dataset -> (limit, words) of its alarm.
    """
    with h5py.File(path, "a") as file:
        accuracy = file["attacks/robust_accuracy"]
        labels = [label.decode() for label in file["attack"][...]]
        options = {label: {"kind": label, "norm": "linf", "split": "test", "samples": samples, **(options or {}).get(label, {})}
                   for label in labels}
        file.create_dataset("attacked_sample", data=np.arange(samples)).make_scale("attacked_sample")
        distances = np.full((*accuracy.shape[:2], samples), np.nan)
        for place, label in enumerate(labels):
            count = options[label]["samples"]
            curve = accuracy[...][:, place, :, None]
            # A sample is wrong from the first intensity on at which fewer are right than its share of the samples.
            wrong = curve < (np.arange(count)[::-1] + 0.5) / count
            first = np.concatenate([wrong, np.ones_like(wrong[:, :1])], 1).argmax(1)
            found = np.array([*file["epsilon"][...], np.inf])[first]
            distances[:, place, :count] = np.where(np.isfinite(curve[:, 0]), found, np.nan)
            shares = (found[:, None] > file["epsilon"][...][:, None]).mean(-1)
            accuracy[:, place] = np.where(np.isfinite(curve[..., 0]), shares, np.nan)
        attach(file.create_dataset("attacks/d_min", data=distances), file, ["trial", "attack", "attacked_sample"])
        file["attacks/d_min"].attrs["units"] = "pixel"
        blind = np.zeros(accuracy.shape[:2])
        attach(file.create_dataset("attacks/dead_and_robust", data=blind), file, ["trial", "attack"])
        evaluations = json.loads(file.attrs["evaluations_json"])
        for evaluation in evaluations:
            if evaluation["family"] == "attack" and evaluation["label"] in options:
                evaluation["options"] = dict(options[evaluation["label"]])
                evaluation["kind"] = evaluation["options"].pop("kind")
        file.attrs["evaluations_json"] = json.dumps(evaluations)
        for name, (limit, words) in (limits or {}).items():
            file[name].attrs["alarm_above"], file[name].attrs["alarm"] = np.float64(limit), words
    return path


#: An option of the penalty: networks of STRENGTH 0 do not depend on it.
RANKS = axis("rank", "/regularizers/spectral/rank", [1, 2, 3])


def share_trainings(path):
    """Gives cells of a file of `write` that differ in RANKS alone, and have STRENGTH 0, one trial id and its numbers."""
    with h5py.File(path, "a") as file:
        own = [name for name in ("width", "strength", "seed") if name in file]
        keys = list(zip(*(file[name][...].tolist() for name in own)))
        rows = [keys.index(key) if file["strength"][place] == 0 else place for place, key in enumerate(keys)]
        file.visititems(lambda name, item: _repeat(item, rows) if name not in (*own, "rank", "trial") else None)
    return path


def _repeat(item, rows):
    if isinstance(item, h5py.Dataset) and item.shape and item.shape[0] == len(rows) and item.dims[0] and \
            item.dims[0][0].name == "/trial":
        item[...] = item[...][rows]


def _attacks(group, labels, intensities):
    """The list of attacks of a group as the file has it."""
    return [{"family": "attack", "label": label, "group": group, "kind": label, "options": {},
             "strengths": list(intensities)} for label in labels if len(intensities)]


def _evaluations(metrics, early, regime):
    """The list of metrics as the file has it."""
    asked = [("accuracy", "accuracy", {}), ("spectrum", "spectrum", {"network": "trained"})] if metrics else []
    asked += [("early", "spectrum", {"network": "initial"})] if metrics and early else []
    asked += [("kernel_regime", "kernel_regime", {"keep_grams": True}),
              ("kernel_regression", "kernel_regression", {"attack": "pgd", "epsilon": 0.05})] if regime else []
    return [{"family": "metric", "label": label, "group": label, "kind": kind, "options": options, "strengths": []}
            for label, kind, options in asked]


def _regime(rows, layers, random):
    """(name, values, dimensions after trial) of kernel_regime: powers of the width, at infinite width only Grams."""
    width = np.array([row.get("width", 64) for row in rows], float)
    finite = np.isfinite(width)
    spread = np.exp(random.normal(0, 0.03, len(rows)))
    strength = 1 + np.array([row.get("strength") or 0.0 for row in rows])

    def power(exponent, factor=1.0):
        return np.where(finite, factor * strength * spread * np.where(finite, width, 1) ** exponent, np.nan)

    layer = np.arange(1.0, layers + 1)
    affine = np.arange(1.0, layers + 2)
    columns = {
        "weight_change": (power(-0.5)[:, None] * affine, ["affine"]),
        "feature_change": (power(-0.5)[:, None] * layer, ["layer"]),
        "cka": (1 - power(-1.8, 0.1)[:, None] * layer, ["layer"]),
        "ntk_drift": (power(-0.9, 3.0), []),
        "ntk_distance": (power(-1.8), []),
        "ntk_alignment": (power(0.0, 0.2), []),
        "linearisation_gap": (power(-0.8, 4.0), []),
    }
    for name, (values, dims) in columns.items():
        yield name, values, dims
        share = np.linspace(0.2, 1, MOMENTS)
        yield f"{name}_history", values[..., None].swapaxes(1, -1) * share.reshape(-1, *[1] * len(dims)), ["moment", *dims]
    yield "moment_epoch", np.where(finite[:, None], 2.0 ** np.arange(MOMENTS), np.nan), ["moment"]
    common = random.normal(size=(SAMPLES, SAMPLES))
    size = np.where(finite, width, 4096).astype(int)
    features = [common @ np.eye(SAMPLES, n) + random.normal(size=(SAMPLES, n)) * 24 / n for n in size]
    grams = np.array([h @ h.T / h.shape[1] for h in features], np.float32)
    yield "hidden_grams", np.repeat(grams[:, None], layers, 1), ["layer", "sample", "other_sample"]
