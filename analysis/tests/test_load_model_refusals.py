# SPDX-License-Identifier: MIT
"""What load_model cannot load: each is one line that says what, where, why, and what to do."""

import json
import re
import shutil
import sys

import h5py
import numpy as np
import pytest
import xarray as xr

from eigensweep_analysis import ResultsError, UnreadableResults, load, load_model
from kept_study import CHANNELS, HEIGHT, WIDTH, row_of, run, study_file

torch = pytest.importorskip("torch")
CHANGED = "its content has changed since it was written"
ANEW = "); delete it, and bring a copy back or run the study with another --output"
INSTALL = "; install the eigensweep_analysis that came with the eigensweep that trained it"


def refusal(kind, *arguments, **options):
    """The message of the error that load_model raises."""
    with pytest.raises(kind) as caught:
        load_model(*arguments, **options)
    assert type(caught.value) is kind and "\n" not in str(caught.value)
    return str(caught.value)


def trial_of(folder, case):
    with h5py.File(folder / "results.h5") as file:
        return file["trial_id"].asstr()[row_of(case)]


@pytest.fixture
def copied(kept, tmp_path):
    """A copy of the study that a test may damage."""
    folder = tmp_path / "out"
    shutil.copytree(kept / "models", folder / "models")
    shutil.copy(kept / "results.h5", folder)
    return folder


@pytest.fixture
def rewritten(copied):
    """Changes the file of a case and drops its checksum, as an older program had none."""
    store = pytest.importorskip("safetensors.numpy")
    from safetensors import safe_open

    def rewrite(change, case="tanh"):
        path = copied / "models" / f"{trial_of(copied, case)}.safetensors"
        with safe_open(path, framework="np") as file:
            metadata = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}
        del metadata["sha256"]
        config = json.loads(metadata["config"])
        change(config, metadata, tensors)
        if "config" in metadata:
            metadata["config"] = json.dumps(config)
        store.save_file(tensors, path, metadata)
        with h5py.File(copied / "results.h5", "a") as file:
            file["model_sha256"][row_of(case)] = ""
        return copied, path

    return rewrite


def test_a_row_that_is_not_there(kept):
    with h5py.File(kept / "results.h5") as file:
        count = file["trial"].size
    for row in (count, -1):
        assert refusal(ResultsError, kept, row) == (
            f"{kept}/results.h5: has no row {row}; its rows are 0 to {count - 1}")


def test_an_id_that_is_not_there(kept):
    wanted = trial_of(kept, "mup")
    wrong = ("0" if wanted[0] != "0" else "1") + wanted[1:]
    message = refusal(ResultsError, kept, wrong)
    start = f"{kept}/results.h5: no trial id begins with '{wrong}'; the nearest: {wanted}, "
    assert message.startswith(start)
    assert message.count(", ") == 2


def test_an_id_with_too_few_digits(kept):
    message = refusal(ResultsError, kept, "")
    with h5py.File(kept / "results.h5") as file:
        ids = list(file["trial_id"].asstr()[...])
    assert message == (f"{kept}/results.h5: {len(ids)} trial ids begin with '' "
                       f"({', '.join(ids[:3])}, ...); give more digits")


@pytest.mark.parametrize("trial", [1.0, True, None])
def test_what_is_no_trial(kept, trial):
    assert refusal(ResultsError, kept, trial) == (
        f"trial {trial!r}: neither the number of a row nor a trial id; give one of them")


def test_a_training_that_diverged_or_is_missing(kept, copied):
    message = refusal(ResultsError, kept, row_of("diverged"))
    assert re.fullmatch(r".*/results\.h5: trial \w{16} has no network, since its training is not "
                        r"ok \(diverged: .+\); choose one whose status is ok", message)
    with h5py.File(copied / "results.h5", "a") as file:
        file["status"][0] = 0
    assert "is not ok (missing); choose one" in refusal(ResultsError, copied, 0)


def test_a_study_that_keeps_no_networks(kept, tmp_path):
    study = study_file(tmp_path, [{"name": "only"}], output={"models": False})
    output = run(study, tmp_path / "out")
    trial = load(output).trial_id.item()
    assert refusal(ResultsError, output, 0) == (
        f"{output}/results.h5: trial {trial} has no network, since its study keeps none; set "
        "/output/models to true, and run it with another --output")


def test_a_network_that_is_gone(copied):
    path = copied / "models" / f"{trial_of(copied, 'mup')}.safetensors"
    path.unlink()
    assert refusal(ResultsError, copied, row_of("mup")) == (
        f"{path}: no such file; bring the folder models/ back beside results.h5, or run the study "
        "with another --output")


@pytest.mark.parametrize(("damage", "why"), [
    (lambda content: content[:-1] + bytes([content[-1] ^ 1]), CHANGED),
    (lambda content: content.replace(b'seed\\":3', b'seed\\":4'), CHANGED),
    (lambda content: content[:-4], CHANGED),
    (lambda content: content[:100], "it is too short"),
    (lambda content: b"", "it is too short"),
    (lambda content: content[:8] + b"x" + content[9:], "its header cannot be read"),
    (lambda content: content[:8] + b"[]".ljust(len(content) - 8), "its header cannot be read"),
])
def test_a_damaged_network(copied, damage, why):
    path = copied / "models" / f"{trial_of(copied, 'tanh')}.safetensors"
    content = path.read_bytes()
    path.write_bytes(damage(content))
    assert path.read_bytes() != content
    assert refusal(UnreadableResults, copied, row_of("tanh")) == (
        f"{path}: a damaged network ({why}{ANEW}")


def test_the_network_of_another_trial(copied):
    own, other = (copied / "models" / f"{trial_of(copied, case)}.safetensors"
                  for case in ("tanh", "mup"))
    shutil.copy(other, own)
    assert refusal(UnreadableResults, copied, row_of("tanh")) == (
        f"{own}: a damaged network (it is the network of trial {other.stem}{ANEW}")


def test_a_network_of_another_training(copied):
    with h5py.File(copied / "results.h5", "a") as file:
        file["model_sha256"][row_of("tanh")] = "0" * 64
    message = refusal(UnreadableResults, copied, row_of("tanh"))
    assert f"(it is not the one that results.h5 has numbers of{ANEW}" in message


def test_a_file_of_an_older_program_is_read_unchecked(rewritten, kept):
    def change(config, metadata, tensors):
        for option in ("whiten", "layer", "ei_ratio", "inhibitory_units"):
            del config["model"][option]  # as if the option had not been there yet

    folder, _ = rewritten(change)
    wanted, found = (load_model(one, row_of("tanh")).state_dict() for one in (kept, folder))
    assert all(bool((found[name] == wanted[name]).all()) for name in wanted)


#: What a network may have that load_model does not know -> how the message goes on.
UNKNOWN = {
    "kind": ({"kind": "transformer"},
             "the model kind 'transformer' is none that load_model knows (mlp, cnn, rnn)"),
    "option": ({"residual": True},
               "load_model does not know the option 'residual' of the model kind 'mlp'"),
    "value": ({"activation": "sine"},
              "load_model does not know activation 'sine' (tanh, relu, erf, gelu)"),
    "layer": ({"layer": "column"},
              "load_model does not know layer 'column' (dense, colei, dann, dann_uncorrected)"),
    "centred": ({"layer": "colei", "centre_output": True},
                "load_model does not know centre_output with layer 'colei'"),
    "scaled": ({"layer": "dann", "parametrisation": "ntk", "weight_variance": 1.0},
               "load_model does not know parametrisation with layer 'dann'"),
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_a_network_that_this_package_does_not_know(rewritten, what):
    options, words = UNKNOWN[what]
    folder, path = rewritten(lambda config, metadata, tensors: config["model"].update(options))
    assert refusal(ResultsError, folder, row_of("tanh")) == f"{path}: {words}{INSTALL}"


NOT_THOSE = "its tensors are not those of its configuration: "


@pytest.mark.parametrize(("change", "words"), [
    (lambda config, metadata, tensors: metadata.pop("config"), "no configuration: 'config'"),
    (lambda config, metadata, tensors: config["model"].update(depth=3), NOT_THOSE),
    (lambda config, metadata, tensors: config["model"].update(width=13), NOT_THOSE),
    (lambda config, metadata, tensors: tensors.pop("0.weight"), NOT_THOSE),
    (lambda config, metadata, tensors: tensors.update({"0.bias": np.zeros(1, np.float16)}),
     "tensor \"0.bias\" has the unknown type 'F16'"),
])
def test_a_network_that_no_engine_wrote(rewritten, change, words):
    folder, path = rewritten(change)
    message = refusal(UnreadableResults, folder, row_of("tanh"))
    assert message.startswith(f"{path}: a damaged network ({words}") and message.endswith(ANEW)


@pytest.mark.parametrize(("case", "change", "words"), [
    ("tanh", lambda config, tensors: config["model"].update(layer="dann"), "'0.Wex'"),
    ("dann", lambda config, tensors: config["model"].update(layer="dense"), "'0.weight'"),
    ("dann", lambda config, tensors: tensors.pop("0.alpha"), "Missing key(s) in state_dict: \"0.alpha\"."),
    ("dann", lambda config, tensors: tensors.update({"0.Wii": tensors["0.b"]}),
     "Unexpected key(s) in state_dict: \"0.Wii\"."),
    ("dann", lambda config, tensors: config["model"].update(ei_ratio=2.0), "size mismatch for 0.Wix: "),
    ("dann", lambda config, tensors: config["model"].update(inhibitory_units=4), "size mismatch for 0.Wix: "),
    ("rnn", lambda config, tensors: config["model"].update(layer="dann"), "'0.Uex'"),
    ("rnn_dann", lambda config, tensors: config["model"].update(layer="dense"), "'0.U'"),
    ("rnn_dann", lambda config, tensors: config["model"].update(ei_ratio=2.0), "size mismatch for 0.Uix: "),
    ("rnn", lambda config, tensors: tensors.pop("1.b"), "Missing key(s) in state_dict: \"1.b\"."),
])
def test_the_tensors_of_another_layer_type(rewritten, case, change, words):
    folder, path = rewritten(lambda config, metadata, tensors: change(config, tensors), case)
    message = refusal(UnreadableResults, folder, row_of(case))
    assert message.startswith(f"{path}: a damaged network ({NOT_THOSE}") and message.endswith(ANEW)
    assert words in message


def test_a_file_of_an_older_engine_does_not_say_the_size_of_its_images(rewritten):
    folder, _ = rewritten(lambda config, metadata, tensors: metadata.pop("input_shape"), "cnn")
    network = load_model(folder, row_of("cnn"))
    rows = torch.rand(3, CHANNELS * HEIGHT * WIDTH)
    with pytest.raises(ValueError, match="images of several sizes have so many numbers; give \\[n, 2, height, width\\]"):
        network(rows)
    network.inputs.size = (HEIGHT, WIDTH)
    assert torch.equal(network(rows), network(rows.view(3, CHANNELS, HEIGHT, WIDTH)))


@pytest.mark.parametrize(("change", "words"), [
    (lambda metadata: metadata.pop("input_shape"), f"{NOT_THOSE}the file has no input_shape, so nothing says how"),
    (lambda metadata: metadata.update(input_shape="[1, 24, 10]"),
     f"{NOT_THOSE}the network reads rows of 20 numbers, and those of images [1, 24, 10] have 10)"),
    (lambda metadata: metadata.update(input_shape="[2, 0, 10]"), "no shape of inputs: [2, 0, 10] has a size below 1)"),
    (lambda metadata: metadata.update(input_shape="[2, 12.5, 10]"), "no shape of inputs: 'float' object cannot be"),
    (lambda metadata: metadata.update(input_shape="[2, Infinity, 10]"), "no shape of inputs: 'float' object"),
    (lambda metadata: metadata.update(input_shape="[2, 12]"), "no shape of inputs: not enough values to unpack"),
    (lambda metadata: metadata.update(input_shape="null"), "no shape of inputs: "),
])
def test_a_recurrent_network_without_the_size_of_its_images(rewritten, change, words):
    folder, path = rewritten(lambda config, metadata, tensors: change(metadata), "rnn")
    message = refusal(UnreadableResults, folder, row_of("rnn"))
    assert message.startswith(f"{path}: a damaged network ({words}") and message.endswith(ANEW)


def test_a_network_of_infinite_width(kept):
    path = kept / "models" / f"{trial_of(kept, 'infinite')}.safetensors"
    assert refusal(ResultsError, kept, row_of("infinite")) == (
        f"{path}: a network of infinite width is no torch module, because its outputs are a kernel "
        "with the training set; choose a trial of finite width, or let eigensweep attack it")


def test_a_snapshot_that_is_not_there(kept):
    assert refusal(ResultsError, kept, row_of("tanh"), snapshot=0).endswith(
        ".safetensors: no snapshot was kept; ask for some with /training/snapshots")
    for number in (2, -1, 0.5):
        assert refusal(ResultsError, kept, row_of("followed"), snapshot=number).endswith(
            f"has no snapshot {number}; its snapshots are 0 to 1, after epochs 1, 4")


def test_a_snapshot_of_a_whitened_network(kept):
    assert refusal(ResultsError, kept, row_of("followed_whitened"), snapshot=1).endswith(
        ".safetensors: no snapshot of a whitened network can be run, because the whitening factor "
        "is only taken after training; leave 'snapshot' out")


def test_results_that_are_not_there_or_name_no_file(tmp_path):
    assert refusal(UnreadableResults, tmp_path / "none", 0) == (
        f"{tmp_path}/none: no such file; give the results.h5 of a run")
    assert refusal(ResultsError, xr.Dataset(), 0) == (
        "results: this Dataset does not say which file it was loaded from; give the path of the "
        "results.h5")


def test_without_torch(kept, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    message = refusal(ImportError, kept, 0)
    assert message.startswith("load_model returns a torch.nn.Module and needs torch (")
    assert message.endswith("); install it: python -m pip install torch")
