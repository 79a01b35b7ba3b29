# SPDX-License-Identifier: MIT
"""Kept networks as torch modules, for attacks and measurements of other tools."""

import json
import numbers
import operator
from pathlib import Path
from typing import TYPE_CHECKING

import xarray as xr

from eigensweep_analysis.kept import kept_file
from eigensweep_analysis.load import ResultsError
from eigensweep_analysis.network_options import network_options
from eigensweep_analysis.safetensors_file import KeptFile, damaged

if TYPE_CHECKING:
    import torch


def load_model(results: str | Path | xr.Dataset, trial: int | str,
               snapshot: int | None = None) -> "torch.nn.Module":
    """The trained network of one trial, as a torch module that other tools can attack.

    The module is in evaluation mode and on the CPU, and no parameter of it asks for a gradient.
    Its first layer normalises inputs where the study asks for that, so inputs and the epsilon of
    an attack are in units of the dataset.

    Parameters
    ----------
    results : str, Path or xarray.Dataset
        The output folder of a study, its results.h5, or what `load` made of it.
    trial : int or str
        The number of a row of the file (its dimension `trial`, from 0; what `load` and the tables
        call `trial`), or a trial id or the beginning of one.
    snapshot : int, optional
        The number of a snapshot, from 0: the network as it was on the way
        (`/training/snapshots`). Without it: the network after training.

    Returns
    -------
    torch.nn.Module
        Takes inputs [n, channels, height, width] or [n, d] in units of the dataset: images have
        pixels in [0, 1], own data are in [`lower`, `upper`]. Returns logits [n, classes]: float32,
        or float64 where the study's `precision` is that. Its forward raises ValueError for inputs
        of another size and for integers, TypeError for what is no tensor. A `cnn` of an older
        engine, trained on own images that are not square, needs
        `network.inputs.size = (height, width)` before it takes rows.

    Raises
    ------
    ResultsError
        No such trial or snapshot; no network of it; a network of infinite width; a kind of model
        or an option that this package does not know. The message is one line and says what to do.
    UnreadableResults
        The results file or the network's file is damaged. It is a `ResultsError`.
    ImportError
        torch is not installed.
    OSError
        The system refused to read a file.

    Examples
    --------
    >>> network = load_model("runs/first", 0)
    >>> foolbox.PyTorchModel(network, bounds=(0, 1))
    >>> autoattack.AutoAttack(network, norm="Linf", eps=0.1)

    >>> data = load("runs/first")
    >>> load_model(data, data.trial_id.sel(width=256, strength=1, seed=0))
    """
    try:
        import torch  # noqa: F401 - all the rest of the package works without it
    except ImportError as error:
        raise ImportError(f"load_model returns a torch.nn.Module and needs torch ({error}); "
                          "install it: python -m pip install torch") from None
    from eigensweep_analysis.torch_network import make_network

    kept = kept_file(results, trial)
    if "coefficients" in kept.tensors:
        raise ResultsError(f"{kept.path}: a network of infinite width is no torch module, because "
                           "its outputs are a kernel with the training set; choose a trial of "
                           "finite width, or let eigensweep attack it")
    config = _config(kept)
    try:
        options = network_options(config)
    except ResultsError as error:
        raise ResultsError(f"{kept.path}: {error}") from None
    tensors = _tensors(kept, options, snapshot)
    try:
        return make_network(options, config, tensors, _input_shape(kept))
    except (KeyError, RuntimeError) as error:
        why = f"its tensors are not those of its configuration: {_words(error)}"
        raise damaged(kept.path, why) from None


def _config(kept: KeptFile) -> dict:
    try:
        config = json.loads(kept.metadata["config"])
    except (KeyError, ValueError) as error:
        raise damaged(kept.path, f"no configuration: {_words(error)}") from None
    return config if isinstance(config, dict) else {}


def _input_shape(kept):
    """Channels, height and width of a sample; None in files of older engines."""
    try:
        channels, height, width = map(operator.index, json.loads(kept.metadata["input_shape"]))
        if min(channels, height, width) < 1:
            raise ValueError(f"[{channels}, {height}, {width}] has a size below 1")
    except KeyError:
        return None
    except (TypeError, ValueError) as error:
        raise damaged(kept.path, f"no shape of inputs: {_words(error)}") from None
    return channels, height, width


def _tensors(kept, options, snapshot):
    """The tensors of the trained network or of a snapshot, under their own names."""
    tensors, on_the_way = kept.tensors, "snapshot."
    if snapshot is None:
        return {name: a for name, a in tensors.items() if not name.startswith(on_the_way)}
    try:
        epochs = list(json.loads(kept.metadata.get("snapshot_epochs", "[]")))
    except (TypeError, ValueError) as error:
        raise damaged(kept.path, f"no list of snapshots: {_words(error)}") from None
    if not epochs:
        raise ResultsError(f"{kept.path}: no snapshot was kept; ask for some with "
                           "/training/snapshots")
    if not isinstance(snapshot, numbers.Integral) or not 0 <= snapshot < len(epochs):
        raise ResultsError(f"{kept.path}: has no snapshot {snapshot!r}; its snapshots are 0 to "
                           f"{len(epochs) - 1}, after epochs {', '.join(map(str, epochs))}")
    if options.get("whiten"):
        raise ResultsError(f"{kept.path}: no snapshot of a whitened network can be run, because "
                           "the whitening factor is only taken after training; leave 'snapshot' "
                           "out")
    prefix = f"{on_the_way}{int(snapshot)}."
    return {name.removeprefix(prefix): a for name, a in tensors.items() if name.startswith(prefix)}


def _words(error):
    return " ".join(str(error).split()) or type(error).__name__
