# SPDX-License-Identifier: MIT
"""Results of a study in the forms that other dashboards read. No export needs a network.

A target is one file and one line in `EXPORTS`. Its function takes the results, one row per network
(`load(path, layout="trials")`), and a `Place` to write to. It returns one line that says what it
wrote. Options of the command that the target has are further parameters, named as the option.
"""

from eigensweep_analysis.exports.to_csv import write_csv
from eigensweep_analysis.exports.to_optuna import write_optuna
from eigensweep_analysis.exports.to_parquet import write_parquet
from eigensweep_analysis.exports.to_tensorboard import write_tensorboard
from eigensweep_analysis.exports.to_wandb import write_wandb

#: Name of a target -> the function that writes it.
EXPORTS = {
    "tensorboard": write_tensorboard,
    "optuna": write_optuna,
    "wandb": write_wandb,
    "parquet": write_parquet,
    "csv": write_csv,
}

__all__ = ["EXPORTS"]
