# SPDX-License-Identifier: MIT
"""A folder of TensorBoard: a run per network with its options, final numbers and training curves.

The event files are made with the package tensorboard itself. It needs neither TensorFlow nor torch
for that.
"""

import contextlib
import hashlib
import io
import math
import os
import re

from eigensweep_analysis.exports.networks import created, networks
from eigensweep_analysis.exports.place import needs, study_name
from eigensweep_analysis.files import MARK, write_all

#: Axes with more values than this are intervals in TensorBoard's filters, others lists of values.
MOST_CHOICES = 12
#: Longest part of a run's name that says which network it is.
MOST_IN_NAME = 80


def write_tensorboard(data, place):
    """Writes a log folder: `tensorboard --logdir` shows it, its tab HParams has a row per network.

    Runs that an earlier export of the same study left, and that are none now, are removed.

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
        No network has finished, the folder has files of these names that are not ours, or
        tensorboard is not installed.
    OSError
        The system refused to write.
    """
    found, axes, columns = networks(data)
    folder, file, time = place.folder("tensorboard"), _file_name(data), created(data)
    files = {file: _events([_experiment(axes, columns, time)], time)}
    for network in found:
        files[f"{_run_name(network)}/{file}"] = _run(network, time)
    was_ours = os.path.lexists(folder / MARK)
    paths = write_all(folder, files)
    if was_ours:
        _remove_others(folder, file, paths)
    return f"wrote a folder of {len(found)} networks; to see them: tensorboard --logdir {folder}"


def _file_name(data):
    """Event files must have "tfevents" in their names. Studies differ, so that a folder can hold several."""
    digest = hashlib.sha256(study_name(data).encode("utf-8", "replace")).hexdigest()[:8]
    return f"events.out.tfevents.0.eigensweep-{digest}"


def _run_name(network):
    options = re.sub(r"[^\w.+-]+", "_", network.label, flags=re.ASCII)[:MOST_IN_NAME].strip("._-")
    return f"{options}-{network.key}" if options else network.key


def _experiment(axes, columns, time):
    """The summary that says which options and which final numbers the tab HParams has."""
    with needs("tensorboard", "tensorboard"):
        from tensorboard.plugins.hparams import summary_v2 as api

    def domain(axis):
        choices = axis.choices()
        if not axis.is_number() or len(choices) <= MOST_CHOICES:
            return api.Discrete(choices)
        interval = api.IntInterval if isinstance(choices[0], int) else api.RealInterval
        return interval(choices[0], choices[-1])

    # An attack has many numbers. All are scalars of the run, its accuracies alone columns of the tab.
    shown = [n for n in columns if n.family == "metric" or n.column in ("robust_accuracy", "clean_accuracy")]
    return 0, api.hparams_config_pb([api.HParam(a.name, domain(a)) for a in axes],
                                    [api.Metric(n.name) for n in shown], time_created_secs=time)


def _run(network, time):
    """The content of a network's event file."""
    with needs("tensorboard", "tensorboard"):
        from tensorboard.plugins.hparams import api_pb2, plugin_data_pb2, summary_v2
        from tensorboard.plugins.scalar.summary_v2 import scalar_pb

    last = max((epoch for points in network.curves.values() for epoch, _ in points), default=0)
    summaries = [(0, summary_v2.hparams_pb(network.options, trial_id=network.key, start_time_secs=time))]
    for name, points in network.curves.items():
        summaries += [(epoch, scalar_pb(name, value)) for epoch, value in points]
    summaries += [(last, scalar_pb(name, value)) for name, value in network.numbers.items()]
    is_good = network.status == "ok"
    end = plugin_data_pb2.SessionEndInfo(
        status=api_pb2.STATUS_SUCCESS if is_good else api_pb2.STATUS_FAILURE,
        end_time_secs=time + (0.0 if math.isnan(network.seconds) else network.seconds))
    return _events([*summaries, (last, _end(end))], time)


def _end(information):
    """The summary that ends a session. tensorboard's functions make the other two kinds alone."""
    from tensorboard.compat.proto import summary_pb2
    from tensorboard.plugins.hparams import metadata, plugin_data_pb2

    content = plugin_data_pb2.HParamsPluginData(session_end_info=information)
    summary = summary_pb2.Summary()
    summary.value.add(tag=metadata.SESSION_END_INFO_TAG, tensor=metadata.NULL_TENSOR,
                      metadata=metadata.create_summary_metadata(content))
    return summary


def _events(summaries, time):
    """An event file: its version, then an event for each (step, summary)."""
    from tensorboard.compat.proto import event_pb2
    from tensorboard.summary.writer.record_writer import RecordWriter

    content = io.BytesIO()
    writer = RecordWriter(content)
    writer.write(event_pb2.Event(wall_time=time, file_version="brain.Event:2").SerializeToString())
    for step, summary in summaries:
        event = event_pb2.Event(wall_time=time, step=step, summary=summary)
        writer.write(event.SerializeToString())
    return content.getvalue()


def _remove_others(folder, file, written):
    """Removes the event files of this name that are not written now, and what folders are empty then."""
    for old in set(folder.glob(f"*/{file}")) - set(written):
        old.unlink()
        with contextlib.suppress(OSError):  # something of the user's is in it
            old.parent.rmdir()
