# SPDX-License-Identifier: MIT
"""The options of a kept network, with every default, and no option that is unknown here."""

import math

from eigensweep_analysis.load import ResultsError

#: Defaults that all kinds share; they serve files that are older than an option.
_SHARED = {
    "activation": "tanh",
    "precision": "float32",
    "normalise": "none",
}
_SIGNS = {"layer": "dense", "ei_ratio": 10.0, "inhibitory_units": 0}
#: Defaults that `mlp` and `cnn` share.
_COMMON = {
    **_SHARED,
    "batch_norm": False,
    "parametrisation": "standard",
    "weight_variance": 0.0,
    "bias_variance": 0.0,
    "base_width": 64,
    "output_scale": 1.0,
    "centre_output": False,
    "whiten": 0,
    "whiten_about": "mean",
}
#: Kind -> its options with their defaults; None stands for an option without one.
KINDS = {
    "mlp": {**_COMMON, **_SIGNS, "width": None, "depth": 1},
    "cnn": {**_COMMON, "width": 1000, "depth": 2, "channels": 16, "kernel_size": 3, "stride": 1,
            "pooling": "max"},
    "rnn": {**_SHARED, **_SIGNS, "base_width": 64, "width": None},
}
#: The values of options that choose a computation.
_CHOICES = {
    "activation": ("tanh", "relu", "erf", "gelu"),
    "parametrisation": ("standard", "ntk", "mup"),
    "normalise": ("none", "per_channel", "per_image"),
    "pooling": ("max", "average", "none"),
    "layer": ("dense", "colei", "dann", "dann_uncorrected"),
}
#: What layers by Dale's law go with: their own initial law has no factors, and `initial_layer` does not know it.
_WITH_SIGNS = {"parametrisation": "standard", "centre_output": False}


def network_options(config: dict) -> dict:
    """The options of a network, complete.

    An option that this package does not know is refused, since it could change what the network
    computes.

    Parameters
    ----------
    config : dict
        A resolved configuration, as the metadata of a kept network have it.

    Returns
    -------
    dict
        `kind` and every option of that kind.

    Raises
    ------
    ResultsError
        The kind, an option or a value is not known here. The message has no file in front.
    """
    model = config.get("model") or {}
    kind = model.get("kind")
    if kind not in KINDS:
        raise ResultsError(f"the model kind '{kind}' is none that load_model knows "
                           f"({', '.join(KINDS)}); {_NEWER}")
    options = {**KINDS[kind], **model}
    for name, value in options.items():
        if name != "kind" and name not in KINDS[kind]:
            raise ResultsError(f"load_model does not know the option '{name}' of the model kind "
                               f"'{kind}'; {_NEWER}")
        if name in _CHOICES and value not in _CHOICES[name]:
            known = ", ".join(_CHOICES[name])
            raise ResultsError(f"load_model does not know {name} '{value}' ({known}); {_NEWER}")
    layer = options.get("layer", "dense")
    for name, value in _WITH_SIGNS.items():
        if layer != "dense" and options.get(name, value) != value:
            raise ResultsError(f"load_model does not know {name} with layer '{layer}'; {_NEWER}")
    return options


def is_dann(options: dict) -> bool:
    """Whether the layers have inhibitory units beside them, which subtract and divide (`torch_layers.Dann`)."""
    return options.get("layer", "dense").startswith("dann")  # corrected or not, for training alone


def inhibitory_units(options: dict) -> int:
    """How many units stand beside a hidden layer of the type "dann"; beside the readout stands one."""
    rounding = 1e-12  # 350 / 1.4 is a little more than 250
    return options["inhibitory_units"] or math.ceil(options["width"] / options["ei_ratio"] * (1 - rounding))


_NEWER = "install the eigensweep_analysis that came with the eigensweep that trained it"
