# SPDX-License-Identifier: MIT
"""The grid by Optuna: called as FILE WORKER, one of several processes that share a study in a journal file."""

import sys

import optuna
import torch
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

import trainable


def objective(trial) -> float:
    point = {name: trial.suggest_categorical(name, values) for name, values in trainable.GRID.items()}
    found = trainable.evaluate(point)
    for name, value in found.items():
        trial.set_user_attr(name, value)
    return found["test_accuracy"]


def main() -> None:
    torch.set_num_threads(1)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.GridSampler(trainable.GRID, seed=0)
    study = optuna.create_study(storage=JournalStorage(JournalFileBackend(sys.argv[1])), study_name="quickstart",
                                sampler=sampler, direction="maximize", load_if_exists=True)
    study.optimize(objective)  # the sampler stops it when the grid is done


if __name__ == "__main__":
    main()
