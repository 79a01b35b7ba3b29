# SPDX-License-Identifier: MIT
"""Studies for the tests of exports, and their numbers as the file itself has them."""

import importlib.util
import json

import h5py
import numpy as np
import pytest

from eigensweep_analysis import STATUS
from eigensweep_analysis.__main__ import main
from sample import DEPTH, EPSILONS, SEED, STRENGTH, WIDTH, axis, write

NAN, INF = float("nan"), float("inf")
RATE = axis("learning_rate", "/training/optimizer/learning_rate", [])
CASES = (axis("case", "/cases", ["vanilla", ""]), axis("strength", STRENGTH["pointer"], [NAN, 1.0]))
KINDS = (axis("width", "/model/width", [16.0, INF]), axis("batch_norm", "/model/batch_norm", [False, True]),
         axis("activation", "/model/activation", ["tanh", "relu"]))
SEARCH = [{"width": 8 + 3 * i, "strength": (7 * i) % 24 / 10, "depth": 1 + i % 3,
           "learning_rate": 10.0 ** -(i % 5)} for i in range(24)]
PAIRS = [{"width": w, "learning_rate": r, "seed": s} for s in (0, 1) for w, r in ((64, 0.1), (128, 0.01), (256, 0.1))]

#: name -> arguments of `write`
STUDIES = {
    "a grid": {"axes": (WIDTH, STRENGTH, SEED), "noise_levels": (0.1, 0.2)},
    "a missing network": {"axes": (WIDTH, STRENGTH), "statuses": {1: (0, "")}},
    "a row that is not there": {"axes": (WIDTH, STRENGTH), "drop": (1,)},
    "a diverged network": {"axes": (WIDTH, STRENGTH), "statuses": {
        0: (3, "loss is not finite"), 3: (2, "killed by signal 9"), 4: (3, "")}},
    "a list of trials": {"axes": (WIDTH, STRENGTH, DEPTH, RATE), "rows": SEARCH},
    "zipped axes": {"axes": (WIDTH, RATE, SEED), "rows": PAIRS, "zips": [[WIDTH["pointer"], RATE["pointer"]]]},
    "one network": {"axes": ()},
    "one seed of one width": {"axes": (axis("width", "/model/width", [64]), axis("seed", "/seed", [7], "replicate"))},
    "axes without a part": {"axes": CASES},
    "axes of all types": {"axes": KINDS},
    "no attacks": {"axes": (WIDTH, SEED), "attacks": ()},
}


def needs(*packages):
    """Skips a test whose package is absent, and says which it is."""
    missing = [p for p in packages if importlib.util.find_spec(p) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}; pip install './analysis[exports]'")


def study(folder, which="a grid", **more):
    """Writes a results file. A network that diverged has two epochs before it did, as real files have them."""
    file = write(folder / "results.h5", **{**STUDIES[which], **more})
    with h5py.File(file, "a") as raw:
        for place in np.flatnonzero(raw["status"][...] == 3):
            raw["history/loss"][place, :2] = [2.0, 1.5]
            raw["train_seconds"][place] = 0.5
    return file


def export(*words):
    return main(["export", *map(str, words)])


def rows(file):
    """[{trial, trial_id, status, options, loss: [(epoch, number)], ...}] of the file, read with h5py alone."""
    found = []
    with h5py.File(file) as raw:
        names = [a["coordinate"] for a in json.loads(raw.attrs["axes_json"]) if a["coordinate"]]
        for place in range(raw["trial"].size):
            options = {n: raw[n].asstr()[place] if raw[n].dtype.kind == "O" else raw[n][place].item() for n in names}
            found.append({
                "trial": place, "trial_id": raw["trial_id"].asstr()[place], "status": STATUS[raw["status"][place].item()],
                "message": raw["message"].asstr()[place],
                "options": {n: v for n, v in options.items() if v != "" and v == v},
                "loss": [(e, v) for e, v in enumerate(raw["history/loss"][place].tolist(), 1) if v == v],
                **{n: raw[f"accuracy/{n}"][place].item() for n in ("test_accuracy", "train_loss")},
                "robust": {(a, e): raw["attacks/robust_accuracy"][place, i, j].item()
                           for i, a in enumerate(raw["attack"].asstr()[:]) for j, e in enumerate(EPSILONS)}
                if "attacks" in raw else {},
                "exponent": raw["spectrum/exponent"][place].tolist()})
    return found


def finished(file):
    return [row for row in rows(file) if row["status"] != "missing"]


def as_text(options):
    """Options with infinite widths, and all others of that axis, as exports write them."""
    return {n: f"{v:g}" if n == "width" and isinstance(v, float) else v for n, v in options.items()}


def set_numbers(file, name, values):
    """Replaces a variable's numbers."""
    with h5py.File(file, "a") as raw:
        raw[name][...] = np.asarray(values)
