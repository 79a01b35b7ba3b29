# SPDX-License-Identifier: MIT
"""Exports to TensorBoard, read back with its own event reader and its HParams plugin."""

import numpy as np
import pytest

from export_samples import STUDIES, as_text, export, finished, needs, study
from sample import SEED, WIDTH, axis

pytestmark = needs("tensorboard")
FILE = "events.out.tfevents.0.eigensweep-af2bdbe1"  # of studies called "sample"
SUCCESS, FAILURE = 1, 2  # as its api.proto has them


def hparams(folder):
    """What TensorBoard's own HParams plugin makes of a log folder: [group of one session], experiment."""
    from tensorboard import context
    from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
    from tensorboard.plugins import base_plugin
    from tensorboard.plugins.hparams import api_pb2, backend_context, get_experiment, list_session_groups

    multiplexer = plugin_event_multiplexer.EventMultiplexer().AddRunsFromDirectory(str(folder)).Reload()
    provider = data_provider.MultiplexerDataProvider(multiplexer, str(folder))
    backend = backend_context.Context(base_plugin.TBContext(data_provider=provider))
    asked = api_pb2.ListSessionGroupsRequest(slice_size=1000, allowed_statuses=[
        api_pb2.STATUS_SUCCESS, api_pb2.STATUS_FAILURE])
    groups = list_session_groups.Handler(context.RequestContext(), backend, "", asked).run().session_groups
    experiment = get_experiment.Handler(context.RequestContext(), backend, "", api_pb2.GetExperimentRequest()).run()
    return list(groups), experiment


def scalars(folder):
    """Tag -> [(step, number)] of a run, by TensorBoard's own reader."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    run = EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()
    return {tag: [(e.step, make_ndarray(e.tensor_proto).item()) for e in run.Tensors(tag)]
            for tag in run.Tags()["tensors"] if not tag.startswith("_hparams_")}


@pytest.mark.parametrize("name", STUDIES)
def test_tensorboard_has_a_run_per_network(tmp_path, name):
    file, folder = study(tmp_path, name), tmp_path / "exports" / "tensorboard"
    assert export("tensorboard", file) == 0
    runs = {path.name.rsplit("-", 1)[-1]: path for path in folder.iterdir() if path.is_dir()}
    wanted = finished(file)
    assert set(runs) == {row["trial_id"] for row in wanted}
    groups, _ = hparams(folder)
    assert [len(group.sessions) for group in groups] == [1] * len(wanted)
    by_id = {group.sessions[0].name.rsplit("-", 1)[-1]: group for group in groups}
    for row in wanted:
        group, tags = by_id[row["trial_id"]], scalars(runs[row["trial_id"]])
        assert group.sessions[0].status == (SUCCESS if row["status"] == "ok" else FAILURE)
        options = {n: getattr(v, v.WhichOneof("kind") or "null_value") for n, v in group.hparams.items()}
        assert options == as_text(row["options"])
        seconds = group.sessions[0].end_time_secs - group.sessions[0].start_time_secs
        assert seconds == {"ok": 2.5, "diverged": 0.5}.get(row["status"], 0)
        assert tags.get("history/loss", []) == [(epoch, np.float32(loss)) for epoch, loss in row["loss"]]
        if row["status"] != "ok":
            assert set(tags) <= {"history/loss", "train_seconds"}
            continue
        assert tags["test_accuracy"] == [(5, np.float32(row["test_accuracy"]))]
        assert tags["exponent/layer=1"] == [(5, np.float32(row["exponent"][0]))]
        for (attack, epsilon), share in row["robust"].items():
            assert tags[f"robust_accuracy/{attack}/epsilon={epsilon:g}"] == [(5, np.float32(share))]
        metrics = {m.name.tag: m.value for m in group.metric_values}
        assert metrics["test_accuracy"] == pytest.approx(row["test_accuracy"], rel=1e-6)


def test_tensorboard_s_tab_has_the_axes_and_the_final_numbers(tmp_path):
    many = axis("rate", "/training/rate", [i / 100 for i in range(1, 31)])
    file = study(tmp_path, axes=(many, axis("batch_norm", "/model/batch_norm", [False, True])))
    assert export("tensorboard", file, "--output", tmp_path / "tb") == 0
    experiment = hparams(tmp_path / "tb")[1]
    options = {info.name: info for info in experiment.hparam_infos}
    assert (options["rate"].domain_interval.min_value, options["rate"].domain_interval.max_value) == (0.01, 0.3)
    assert [v.bool_value for v in options["batch_norm"].domain_discrete.values] == [False, True]
    metrics = {info.name.tag for info in experiment.metric_infos}
    assert {"test_accuracy", "exponent/layer=1", "robust_accuracy/pgd/epsilon=0.1",
            "robust_accuracy/gaussian_noise/sigma=0.2"} <= metrics
    assert not any("robust_loss" in m or "eigenvalues" in m or "history" in m for m in metrics)


def test_a_second_export_to_tensorboard_replaces_the_first_and_nothing_else(tmp_path):
    file, folder = study(tmp_path, axes=(WIDTH, SEED)), tmp_path / "tb"
    (folder / "mine").mkdir(parents=True)
    (folder / "mine" / "events.out.tfevents.1.host").write_text("somebody's")
    assert export("tensorboard", file, "--output", folder) == 0
    (folder / "width_64_seed_0-0000000000000000" / "notes.txt").write_text("somebody's")
    assert export("tensorboard", file, "--output", folder, "--where", "width=256", "--where", "seed=1") == 0
    assert sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()) == [
        ".eigensweep-report", FILE, "mine/events.out.tfevents.1.host", f"sample-0000000000000003/{FILE}",
        "width_64_seed_0-0000000000000000/notes.txt"]
