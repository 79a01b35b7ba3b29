# SPDX-License-Identifier: MIT
"""A study of Optuna in an SQLite file, for optuna-dashboard and for further trials by Optuna."""

import contextlib
import datetime
import math
import shlex
import sqlite3
import tempfile
import warnings
from pathlib import Path

from eigensweep_analysis.exports.networks import created, networks
from eigensweep_analysis.exports.objective import choose
from eigensweep_analysis.exports.place import needs, origin, refuse_others, study_name, write_file

#: The attribute of a study, and that of a trial, that show that an export wrote it.
STUDY_MARK, TRIAL_MARK = "eigensweep", "trial_id"
#: An axis of positive numbers whose ends are further apart than this factor has a logarithmic scale.
LOG_FACTOR = 100


def write_optuna(data, place, objective=None):
    """Writes `optuna.db`: one study, a trial per network, the axes as parameters.

    A network that failed or diverged, or whose objective is no number, is a failed trial with its
    reason in the attribute `message`. A network that is missing, or whose objective is still to be
    measured, is left out. All other numbers are attributes of the trial.

    The file does not say when a network was trained, only for how long. So every trial ends when
    the results were written (UTC, which makes the same file everywhere), and lasts as its training.

    Parameters
    ----------
    data : xarray.Dataset
        As `load(path, layout="trials")` returns it.
    place : Place
    objective : str, optional
        Name of a number; `objective.choose` says what it is otherwise.

    Returns
    -------
    str
        What it wrote, and for which objective; on a second line, how to look at it.

    Raises
    ------
    ResultsError
        No network has finished, there is no such number, the file is not an export's or has trials
        of another origin, or optuna is not installed.
    OSError
        The system refused to write.
    """
    with needs("optuna", "optuna"):
        import optuna

    path = place.file("optuna.db")
    refuse_others(path, _is_ours)
    found, axes, columns = networks(data)
    chosen = choose(data, columns, objective)
    distributions = {axis.name: _distribution(optuna, axis) for axis in axes}
    end = datetime.datetime.fromtimestamp(created(data), datetime.timezone.utc).replace(tzinfo=None)
    trials = [t for n in found if (t := _trial(optuna, n, chosen.number, distributions, end)) is not None]
    # The file appears whole or not at all: it is made elsewhere.
    with tempfile.TemporaryDirectory() as folder, _quiet(optuna):
        made = Path(folder) / "optuna.db"
        storage = optuna.storages.RDBStorage(f"sqlite:///{made}")
        with storage.engine.connect() as connection:
            # Nobody needs this copy after a power cut, so SQLite need not wait for the disk.
            connection.exec_driver_sql("PRAGMA synchronous = OFF")
        study = optuna.create_study(storage=storage, study_name=study_name(data),
                                    direction=chosen.direction)
        study.set_user_attr(STUDY_MARK, origin(data))
        study.set_user_attr("objective", chosen.number.name)
        study.set_metric_names([chosen.number.name])
        study.add_trials(trials)
        storage.engine.dispose()
        write_file(path, made.read_bytes())
    failed = sum(t.state == optuna.trial.TrialState.FAIL for t in trials)
    return (f"wrote {path}: {len(trials)} networks, {failed} of them failed trials; "
            f"{chosen.direction} {chosen.number.name} (--objective names another number)\n"
            f"look at it: {shlex.join(['optuna-dashboard', f'sqlite:///{path}'])} "
            "(python -m pip install optuna-dashboard)")


def _distribution(optuna, axis):
    """The set of values that Optuna takes an axis for."""
    choices = axis.choices()
    if not axis.is_number():
        return optuna.distributions.CategoricalDistribution(choices)
    low, high = choices[0], choices[-1]
    kind = "IntDistribution" if isinstance(low, int) else "FloatDistribution"
    is_log = 0 < low and low * LOG_FACTOR <= high
    return getattr(optuna.distributions, kind)(low, high, log=is_log)


def _trial(optuna, network, number, distributions, end):
    """A network as a trial that ends at `end`; None if its objective is still to be measured."""
    value = network.numbers.get(number.name)
    if value is None and network.status == "ok" and number.status is not None:
        if number.status[network.place] == 0:
            return None
    has_value = network.status == "ok" and value is not None
    message = network.message
    if not has_value and not message:
        message = network.status if network.status != "ok" else f"has no {number.name}"
    attributes = {name: _plain(v) for name, v in network.numbers.items() if name != number.name}
    attributes |= {"trial": network.row, TRIAL_MARK: network.trial_id, "status": network.status,
                   "message": message}
    state = optuna.trial.TrialState.COMPLETE if has_value else optuna.trial.TrialState.FAIL
    trial = optuna.trial.create_trial(
        state=state, value=value if has_value else None, params=network.options, user_attrs=attributes,
        distributions={name: distributions[name] for name in network.options})
    # Optuna has put the time of the export, the same for start and end.
    seconds = network.seconds if math.isfinite(network.seconds) else 0.0
    trial.datetime_start, trial.datetime_complete = end - datetime.timedelta(seconds=seconds), end
    return trial


def _plain(value):
    """A number as JSON has it: infinity is a text."""
    return str(value) if math.isinf(value) else value


@contextlib.contextmanager
def _quiet(optuna):
    """Optuna tells every step on standard error otherwise, and that names of metrics may change."""
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(level)


def _is_ours(path):
    """Whether every study and every trial in a file is an export's: further trials are the user's."""
    counts = [f"SELECT COUNT(*) FROM {table} WHERE {key} NOT IN "
              f"(SELECT {key} FROM {attributes} WHERE key = ?)"
              for table, key, attributes in (("studies", "study_id", "study_user_attributes"),
                                             ("trials", "trial_id", "trial_user_attributes"))]
    try:
        # Opened read-only, so that looking at a file leaves nothing beside it.
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
            return all(file.execute(query, [mark]).fetchone() == (0,)
                       for query, mark in zip(counts, (STUDY_MARK, TRIAL_MARK)))
    except sqlite3.DatabaseError:  # no SQLite file, or one of another program
        return False
