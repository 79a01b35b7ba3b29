# SPDX-License-Identifier: MIT
"""Offline runs of Weights & Biases, one per network; `wandb sync` uploads them when the user wants it.

wandb writes them itself. In its offline mode it needs neither a login nor a network: it has been run
without any network device. Its binary form of runs is its own and changes, so it is not imitated.
"""

import contextlib
import hashlib
import math
import os
import re
import shutil

from eigensweep_analysis.exports.networks import networks
from eigensweep_analysis.exports.place import needs, origin, study_name
from eigensweep_analysis.files import MARK, write_all
from eigensweep_analysis.load import ResultsError

#: W&B refuses these in the name of a project, and longer names.
NOT_IN_PROJECT, MOST_IN_PROJECT = r"[/\\#?%:]", 128


def write_wandb(data, place):
    """Writes offline runs into `wandb/` within the output folder, where `wandb sync` looks for them.

    A run has the axes and the origin as config, the final numbers as summary and the training curves
    as history over epochs. Runs that an earlier export of the same study left are replaced.

    Parameters
    ----------
    data : xarray.Dataset
        As `load(path, layout="trials")` returns it.
    place : Place

    Returns
    -------
    str
        What it wrote.

    Raises
    ------
    ResultsError
        No network has finished, or wandb is not installed or refuses.
    OSError
        The system refused to write.
    """
    with needs("wandb", "wandb"):
        import wandb

    found, _, columns = networks(data)
    folder = place.folder()
    prefix = f"es-{hashlib.sha256(study_name(data).encode('utf-8', 'replace')).hexdigest()[:8]}-"
    if os.path.lexists(folder / MARK):
        for old in (folder / "wandb").glob(f"offline-run-*-{prefix}*"):
            shutil.rmtree(old)
    write_all(folder, {})  # marks it
    project = re.sub(NOT_IN_PROJECT, "-", study_name(data))[:MOST_IN_PROJECT]
    names = _names([*(n.name for n in columns), *(c for network in found for c in network.curves)])
    about = origin(data)
    try:
        with _quiet():
            for network in found:
                _write_run(wandb, network, folder, project, prefix + network.key, names, about)
    except wandb.Error as error:
        words = " ".join(str(error).split())
        raise ResultsError(f"export wandb: wandb {wandb.__version__} refused ({words}); "
                           "install another version of it, or choose another target") from None
    finally:
        wandb.teardown()
    return f"wrote offline runs of {len(found)} networks; to upload them: wandb sync {folder / 'wandb'}/offline-run-*"


def _write_run(wandb, network, folder, project, known_as, names, about):
    """Writes one run and sees to it that it is there."""
    settings = wandb.Settings(silent=True, console="off", disable_git=True, save_code=False,
                              x_disable_stats=True, x_disable_meta=True, x_save_requirements=False)
    config = {**network.options, "eigensweep": {
        **about, "trial": network.row, "trial_id": network.trial_id, "status": network.status}}
    run = wandb.init(mode="offline", dir=os.fspath(folder), project=project, id=known_as,
                     name=network.label, notes=network.message or None, config=config, settings=settings)
    steps = {}
    for name, points in network.curves.items():
        for epoch, value in points:
            steps.setdefault(epoch, {})[names[name]] = value
    for epoch in sorted(steps):
        run.log(steps[epoch], step=epoch)
    run.summary.update({names[name]: _plain(value) for name, value in network.numbers.items()})
    run.summary["status"] = network.status
    run.finish(exit_code=0 if network.status == "ok" else 1)
    # Where it cannot write, wandb takes a temporary folder and says so in its log alone.
    if not list(folder.glob(f"wandb/offline-run-*-{known_as}/run-{known_as}.wandb")):
        raise OSError(None, "wandb did not write this run", os.fspath(folder / "wandb" / known_as))


def _names(names):
    """Name -> a name that W&B can sort and filter by: of letters, digits, "_" and "/", no two alike."""
    found, taken = {}, set()
    for name in dict.fromkeys(names):
        plain = re.sub(r"[^0-9A-Za-z_/]+", "_", name).strip("_")
        plain = plain if plain[:1].isalpha() else f"n_{plain}"
        known_as, count = plain, 1
        while known_as in taken:
            count += 1
            known_as = f"{plain}_{count}"
        taken.add(known_as)
        found[name] = known_as
    return found


def _plain(value):
    """A number as JSON has it: infinity is a text."""
    return str(value) if math.isinf(value) else value


@contextlib.contextmanager
def _quiet():
    """Without reports of errors to W&B's own servers, which settings of a run do not turn off."""
    before = os.environ.get("WANDB_ERROR_REPORTING")
    os.environ["WANDB_ERROR_REPORTING"] = "false"
    try:
        yield
    finally:
        if before is None:
            del os.environ["WANDB_ERROR_REPORTING"]
        else:
            os.environ["WANDB_ERROR_REPORTING"] = before
