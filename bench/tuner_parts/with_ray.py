# SPDX-License-Identifier: MIT
"""The grid by Ray Tune: called as FOLDER CPUS; each trial has one CPU."""

import sys
from pathlib import Path

import ray
import torch
from ray import tune

HERE = str(Path(__file__).resolve().parent)


def objective(point: dict) -> dict:
    sys.path.insert(0, HERE)
    import trainable

    torch.set_num_threads(1)
    return trainable.evaluate(point)


def main() -> None:
    sys.path.insert(0, HERE)
    import trainable

    ray.init(num_cpus=int(sys.argv[2]), include_dashboard=False, log_to_driver=False)
    space = {name: tune.grid_search(values) for name, values in trainable.GRID.items()}
    tuner = tune.Tuner(tune.with_resources(objective, {"cpu": 1}), param_space=space,
                       run_config=tune.RunConfig(name="quickstart", storage_path=sys.argv[1], verbose=0))
    results = tuner.fit()
    if results.num_errors:
        raise SystemExit(f"{results.num_errors} trials failed")


if __name__ == "__main__":
    main()
