# SPDX-License-Identifier: MIT
"""The command `export`: results in the form of another tool."""

import inspect
from pathlib import Path

from eigensweep_analysis.exports import EXPORTS
from eigensweep_analysis.exports.place import Place
from eigensweep_analysis.load import ResultsError, load
from eigensweep_analysis.tables import TABLES
from eigensweep_analysis.where import only

#: Options that some targets have. A target's function names those that it has as its parameters.
OPTIONS = ("objective", "long")


def add_export(commands):
    """Adds the command to the parser's subcommands."""
    export = commands.add_parser("export", help="write results for other tools: TensorBoard, Optuna, "
                                 "Weights & Biases, tables; no network is needed")
    export.add_argument("target", choices=list(EXPORTS), help="tensorboard: a run per network; optuna: a study "
                        "in an SQLite file; wandb: offline runs; parquet, csv: a row per network, attack and "
                        "intensity")
    export.add_argument("results", help="a results.h5, or the folder that it lies in")
    export.add_argument("--output", metavar="PATH", help="file (optuna, parquet, csv) or folder (tensorboard, "
                        "wandb) to write (default: in exports/ beside the results file)")
    export.add_argument("--where", action="append", default=[], metavar="AXIS=VALUE",
                        help="export these networks alone, e.g. --where width=256; may be repeated")
    export.add_argument("--objective", metavar="NAME", help="optuna: the number to optimise, e.g. test_accuracy or "
                        "robust_accuracy/pgd/epsilon=0.1 (default: robust accuracy under the strongest attack, "
                        "without attacks the test accuracy)")
    export.add_argument("--long", choices=list(TABLES), help="parquet, csv: the rows are networks (a column per number), "
                        "attacks (a row per network, attack and intensity: the default), layers or epochs")


def export(options):
    """Runs the command.

    Parameters
    ----------
    options : argparse.Namespace
        As `add_export` has it.

    Returns
    -------
    str
        What it wrote.

    Raises
    ------
    ResultsError, OSError
        As the target's function and `load`. A target that does not have a given option raises the former.
    """
    write = EXPORTS[options.target]
    given = {name: getattr(options, name) for name in OPTIONS if getattr(options, name) is not None}
    for name in given:
        if name not in inspect.signature(write).parameters:
            having = [t for t, f in EXPORTS.items() if name in inspect.signature(f).parameters]
            raise ResultsError(f"--{name}: 'export {options.target}' has no such option; it goes with "
                               f"{', '.join(having)}")
    data = only(load(options.results, layout="trials"), options.where)
    results = Path(options.results)
    beside = results if results.is_dir() else results.parent
    output = Path(options.output) if options.output else None
    return write(data, Place(output, beside / "exports"), **given)
