# SPDX-License-Identifier: MIT
"""A network that load_model returns computes what the engine recorded of it."""

import copy
import pickle
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

import eigensweep_analysis
from eigensweep_analysis import load_model
from eigensweep_analysis.kept import kept_file
from kept_study import (
    CHANNELS,
    CLASSES,
    EPSILON,
    HEIGHT,
    NETWORKS,
    TEST,
    WIDTH,
    images_and_labels,
    row_of,
)

torch = pytest.importorskip("torch")
SIZE = CHANNELS * HEIGHT * WIDTH


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def test_set():
    """Images [n, channels, height, width] in [0, 1] and labels [n]."""
    images, labels = images_and_labels()["test"]
    return torch.from_numpy(images).float() / 255, torch.from_numpy(labels)


@pytest.fixture(scope="module")
def recorded(kept):
    """Column -> numbers of all rows."""
    with h5py.File(kept / "results.h5") as file:
        names = {"test_accuracy": "accuracy/test_accuracy", "clean_loss": "attacks/clean_loss",
                 "robust_accuracy": "attacks/robust_accuracy", "robust_loss": "attacks/robust_loss"}
        return {name: file[place][...] for name, place in names.items()}


def accuracy(logits, labels):
    """Share of samples whose label's logit is above all others."""
    own = logits.gather(1, labels[:, None])
    others = logits.scatter(1, labels[:, None], -torch.inf).amax(1, keepdim=True)
    return (own > others).double().mean().item()


def loss(logits, labels):
    return torch.nn.functional.cross_entropy(logits.double(), labels).item()


def perturbed(network, images, labels):
    """One step of FGSM inside [0, 1]."""
    x = images.clone().requires_grad_(True)
    torch.nn.functional.cross_entropy(network(x), labels, reduction="sum").backward()
    return (images + EPSILON * x.grad.sign()).clamp(0, 1)


@pytest.mark.parametrize("case", NETWORKS)
def test_a_network_repeats_the_recorded_numbers(kept, recorded, test_set, case):
    images, labels = test_set
    row = row_of(case)
    network = load_model(kept, row)
    logits = network(images)
    assert logits.shape == (TEST, CLASSES)
    precision = NETWORKS[case].get("precision", "float32")
    assert str(logits.dtype) == "torch." + precision
    assert accuracy(logits, labels) == recorded["test_accuracy"][row]
    digits = {"float32": 1e-5, "float64": 1e-12}[precision]
    assert loss(logits, labels) == pytest.approx(recorded["clean_loss"][row, 0], rel=digits)
    torch.testing.assert_close(network(images.flatten(1)), logits, rtol=0, atol=0)
    attacked = network(perturbed(network, images, labels))
    assert abs(accuracy(attacked, labels) - recorded["robust_accuracy"][row, 0, 1]) < 1.01 / TEST
    assert loss(attacked, labels) == pytest.approx(recorded["robust_loss"][row, 0, 1], rel=1e-3)


def test_the_recorded_numbers_tell_networks_apart(recorded):
    rows = [row_of(case) for case in NETWORKS]
    clean, robust = recorded["test_accuracy"][rows], recorded["robust_accuracy"][rows, 0, 1]
    assert len(set(np.round(recorded["clean_loss"][rows, 0], 4))) == len(rows)
    assert ((clean > robust + 3 / TEST) & (clean > 1.5 / CLASSES)).mean() > 0.5


@pytest.mark.parametrize("case", ["cnn_centred", "dann", "rnn_dann"])
def test_a_network_is_ready_for_other_tools(kept, test_set, case):
    network = load_model(kept, row_of(case))
    assert not network.training and not any(p.requires_grad for p in network.parameters())
    copies = copy.deepcopy(network), pickle.loads(pickle.dumps(network))
    for one in copies:
        torch.testing.assert_close(one(test_set[0]), network(test_set[0]), rtol=0, atol=0)
    # Inputs follow the type that the user gives the weights.
    assert network.double()(test_set[0]).dtype == torch.float64


def test_loading_leaves_torch_s_random_numbers_alone(kept):
    before = torch.random.get_rng_state()
    for case in ("cnn_centred", "dann", "rnn"):
        load_model(kept, row_of(case))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_study_is_a_folder_a_file_or_what_load_returned(kept):
    data = eigensweep_analysis.load(kept)
    trial = data.trial_id.sel(case="mup")
    wanted = load_model(kept, row_of("mup")).state_dict()
    for results, asked in (
        (kept / "results.h5", np.int64(row_of("mup"))),
        (str(kept), trial.item()),
        (data, trial),
        (data.sel(case="tanh"), trial.item()[:12]),
    ):
        found = load_model(results, asked).state_dict()
        assert found.keys() == wanted.keys()
        assert all(torch.equal(found[name], wanted[name]) for name in wanted)


def test_the_trial_of_a_table_is_the_one_that_is_loaded(kept):
    data = eigensweep_analysis.load(kept)
    part = data.isel({data.status.dims[0]: [row_of("mup")]})
    for trial in (eigensweep_analysis.tables.networks(part).trial[0], data.trial.sel(case="mup")):
        found, wanted = (load_model(kept, t).state_dict() for t in (trial, row_of("mup")))
        assert found.keys() == wanted.keys() and all(torch.equal(found[name], wanted[name]) for name in wanted)


@pytest.mark.parametrize("case", ["followed", "followed_dann", "followed_rnn"])
def test_a_snapshot_is_the_network_on_the_way(kept, recorded, test_set, case):
    images, labels = test_set
    row = row_of(case)
    first, last = (load_model(kept, row, snapshot=number)(images) for number in (0, 1))
    torch.testing.assert_close(last, load_model(kept, row)(images), rtol=0, atol=0)
    assert loss(first, labels) > loss(last, labels)
    assert loss(last, labels) == pytest.approx(recorded["clean_loss"][row, 0], rel=1e-5)


def test_the_tensors_keep_the_names_and_values_of_the_file(kept):
    safetensors = pytest.importorskip("safetensors.numpy")
    for case in ("tanh", "cnn_whitened_dense", "float64", "colei", "dann", "rnn_colei", "rnn_dann"):
        row = row_of(case)
        with h5py.File(kept / "results.h5") as file:
            name = file["trial_id"].asstr()[row]
        stored = safetensors.load_file(kept / "models" / f"{name}.safetensors")
        state = load_model(kept, row).state_dict()
        for key, value in stored.items():
            found = state[key if key.startswith("normalise.") else f"trained.{key}"].numpy()
            assert np.array_equal(found, value) and found.dtype == value.dtype


def dann_layer(tensors, place, x):
    """z [n, units] of x [n, inputs] by the formula of Cornford et al. (2021), in float64 and unit by unit."""
    excitatory, inhibitory, inhibition, alpha, gain, bias = (
        tensors[f"{place}.{name}"].astype(np.float64) for name in ("Wex", "Wix", "Wei", "alpha", "g", "b"))
    z = np.empty((len(x), len(gain)))
    for sample, inputs in enumerate(x):
        activities = [weights @ inputs for weights in inhibitory]
        for unit in range(len(gain)):
            each = list(zip(inhibition[unit], activities, alpha, strict=True))
            subtracted = sum(weight * activity for weight, activity, _ in each)
            gamma = sum(np.exp(a) * weight * activity for weight, activity, a in each) + 1e-8
            z[sample, unit] = gain[unit] * (excitatory[unit] @ inputs - subtracted) / gamma + bias[unit]
    return z


@pytest.mark.parametrize(("case", "digits"), [("dann", 1e-5), ("dann_uncorrected", 1e-5), ("dann_float64", 1e-12)])
def test_dann_layers_compute_the_published_formula(kept, test_set, case, digits):
    tensors = kept_file(kept, row_of(case)).tensors
    x = test_set[0].flatten(1).numpy().astype(np.float64)
    depth = NETWORKS[case].get("depth", 1)
    for layer in range(depth):
        x = np.maximum(dann_layer(tensors, 2 * layer, x), 0)
    wanted = dann_layer(tensors, 2 * depth, x) * NETWORKS[case].get("output_scale", 1)
    assert np.abs(wanted).max() > 0.1
    logits = load_model(kept, row_of(case))(test_set[0]).numpy()
    np.testing.assert_allclose(logits, wanted, rtol=digits, atol=digits)


@pytest.mark.parametrize(("case", "digits"), [("rnn_colei", 1e-5), ("rnn_dann", 1e-5), ("rnn_float64", 1e-12)])
def test_a_recurrent_network_reads_images_row_by_row(kept, test_set, case, digits):
    network = load_model(kept, row_of(case))
    tensors = {name: array.astype(float) for name, array in kept_file(kept, row_of(case)).tensors.items()}

    def matrix(name):
        if name in tensors:
            return tensors[name]
        return tensors[name + "ex"] - tensors[name + "ei"] @ tensors[name + "ix"]

    images = test_set[0].double().numpy()
    h, states = 0.0, []
    for row in range(HEIGHT):
        of_channels = np.concatenate([images[:, channel, row] for channel in range(CHANNELS)], 1)
        h = np.maximum(of_channels @ matrix("0.U").T + (h @ matrix("1.W").T if row else 0) + tensors["1.b"], 0)
        states.append(h)
    logits = h @ tensors["2.weight"].T + tensors["2.bias"] if "2.weight" in tensors else dann_layer(tensors, 2, h)
    ours = network.trained.states(test_set[0].to(network.trained[1].b.dtype))
    np.testing.assert_allclose(torch.stack(ours), np.stack(states), rtol=digits, atol=digits)
    np.testing.assert_allclose(network(test_set[0]), logits, rtol=100 * digits, atol=10 * digits)
    assert len(list(network.trained)) == 3 and network.trained[-1] is network.trained[2]


# Training moves alpha and Wei little, so that kept networks hardly tell one inhibitory unit from another.
def test_a_dann_layer_of_any_numbers_computes_the_formula_and_has_its_gradients():
    from eigensweep_analysis.torch_layers import Dann

    random = np.random.default_rng(1)
    shapes = {"Wex": (4, 6), "Wix": (3, 6), "Wei": (4, 3), "alpha": (3,), "g": (4,), "b": (4,)}
    tensors = {f"0.{name}": random.uniform(0.1, 1, shape) for name, shape in shapes.items()}
    tensors["0.alpha"], tensors["0.b"] = random.normal(size=3), random.normal(size=4)
    layer = Dann(6, 4, 3, torch.float64)
    layer.load_state_dict({name[2:]: torch.from_numpy(array) for name, array in tensors.items()})
    x = random.uniform(0, 1, (5, 6))
    np.testing.assert_allclose(layer(torch.from_numpy(x)).detach(), dann_layer(tensors, 0, x), rtol=1e-13)
    assert torch.equal(layer(torch.zeros(1, 6, dtype=torch.float64))[0], layer.b)
    assert torch.autograd.gradcheck(layer, torch.from_numpy(x).requires_grad_(True))


@pytest.mark.parametrize(("case", "shape", "words"), [
    ("dann", (3, SIZE + 1), f"takes [n, {SIZE}]"),
    ("tanh", (3, SIZE + 1), f"takes [n, {SIZE}], or [n, channels, height, width] with {SIZE} num"),
    ("tanh", (SIZE,), f"takes [n, {SIZE}]"),
    ("cnn", (3, SIZE + 1), "images of another size; give [n, 2, height, width] as in the dataset"),
    ("cnn", (3, SIZE + 2), "images of another size"),
    ("rnn", (3, SIZE + 1), f"reads images row by row and takes [n, {CHANNELS}, {HEIGHT}, {WIDTH}], or [n, {SIZE}]"),
    ("rnn", (3, CHANNELS, HEIGHT + 1, WIDTH), "takes [n, 2, 12, 10]"),
    ("rnn", (3, CHANNELS, WIDTH, HEIGHT), "takes [n, 2, 12, 10]"),
    ("rnn", (CHANNELS, HEIGHT, WIDTH), "takes [n, 2, 12, 10]"),
    ("cnn", (3, CHANNELS, HEIGHT + 4, WIDTH), "images of another size"),
    ("cnn", (3, CHANNELS + 1, HEIGHT, WIDTH), "images of another size"),
    ("cnn", (CHANNELS, HEIGHT, WIDTH), "images of another size"),
])
def test_inputs_of_another_size_are_refused(kept, case, shape, words):
    with pytest.raises(ValueError, match="^inputs of shape ") as caught:
        load_model(kept, row_of(case))(torch.zeros(shape))
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_bytes_are_refused(kept):
    with pytest.raises(ValueError, match="takes floating-point numbers; divide bytes by 255$"):
        load_model(kept, row_of("tanh"))(torch.zeros(1, SIZE, dtype=torch.uint8))


@pytest.mark.parametrize("images", [np.zeros((1, SIZE), np.float32), [[0.0] * SIZE]])
def test_what_is_no_tensor_is_refused(images):
    from eigensweep_analysis.torch_inputs import Rows
    from eigensweep_analysis.torch_network import Network

    layers = torch.nn.Sequential(torch.nn.Linear(SIZE, CLASSES))
    network = Network(Rows(SIZE), torch.nn.Identity(), layers, None, 1.0)
    assert network(torch.tensor(images)).shape == (1, CLASSES)
    with pytest.raises(TypeError, match=r"^inputs of type \w+: give a torch tensor: torch\.from_numpy\(images\)$"):
        network(images)


def test_rows_are_images_of_the_dataset_s_size():
    from eigensweep_analysis.torch_inputs import Blocks, Images

    rows = torch.arange(784.0)[None]
    images = rows.view(1, 1, 28, 28)
    assert torch.equal(Images(1, Blocks(1, 3, 1, 2), 169)(rows), images)  # no other size fits
    every_second_pixel = Blocks(1, 1, 2, 1)
    with pytest.raises(ValueError, match="images of several sizes have so many numbers; give"):
        Images(1, every_second_pixel, 196)(rows)  # 14 x 56 pixels leave as many
    assert torch.equal(Images(1, every_second_pixel, 196, (28, 28))(rows), images)
    assert Blocks(2, 3, 1, 2).left(28) == 5 and Blocks(3, 3, 2, 2).left(9) == 0


def test_the_package_does_not_import_torch():
    program = "import sys, eigensweep_analysis; print({'torch', 'safetensors'} & {*sys.modules})"
    path = Path(eigensweep_analysis.__file__).parents[1]
    done = subprocess.run([sys.executable, "-B", "-c", program], env={"PYTHONPATH": str(path)},
                          capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
