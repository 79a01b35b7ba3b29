# SPDX-License-Identifier: MIT
"""The cases of one_step.py by name: what of a study's configuration each changes, and how it is trained.

A case that is "noisy" trains on the images of noisy.py."""

import worker as engine

ADAM = engine.ADAM
AMSGRAD = {**ADAM, "amsgrad": True}
ADAMW = {**ADAM, "kind": "adamw", "weight_decay": 0.05}
SGD = {"kind": "sgd", "learning_rate": 0.05, "momentum": 0.9, "nesterov": False, "weight_decay": 1e-3}
SLOW = {**SGD, "learning_rate": 1e-3}
LAST = {"strength": 1.0, "exponent": 1.0, "cutoff": 5, "layers": "last"}
ALL = {"strength": 0.3, "exponent": 1.2, "cutoff": 3, "layers": "all", "products": "float32"}

ALL64 = {**ALL, "products": "float64"}
JACOBIAN = {"strength": 0.01, "projections": 1}
FGSM = {"kind": "fgsm", "epsilon": 0.1, "steps": 1, "relative_step": 1.0}
PGD = {"kind": "pgd", "epsilon": 0.1, "steps": 3, "relative_step": 0.4}
MLP, CNN, RNN = engine.mlp, engine.cnn, engine.rnn

COARSE = {**SGD, "momentum": 0.0, "weight_decay": 0.0}  # as networks by Dale's law are trained


def DALE(layer, width=24, depth=2, **options):
    return MLP(width, depth, "relu", layer=layer, ei_ratio=5.0, **options)


CASES = {
    "plain adam": {"optimizer": ADAM},
    "amsgrad": {},
    "amsgrad, penalty": {"penalty": LAST},
    "decayed adam, penalty": {"optimizer": {**AMSGRAD, "weight_decay": 1e-2}, "penalty": LAST},
    "adamw, gelu, penalty": {"optimizer": ADAMW, "model": MLP(24, 1, "gelu"), "penalty": LAST},
    "sgd": {"optimizer": SGD},
    "sgd, nesterov, relu": {"optimizer": {**SGD, "nesterov": True}, "model": MLP(24, 1, "relu")},
    "sgd, penalty, mse": {
        "optimizer": {**SGD, "learning_rate": 0.01},
        "penalty": {**LAST, "strength": 0.01},
        "loss": "mse",
    },
    "depth 3, erf, last layer": {"model": MLP(24, 3, "erf"), "penalty": LAST},
    "float64, all layers": {"model": MLP(24, 3, precision="float64"), "penalty": ALL64},
    "depth 3, all layers": {"model": MLP(24, 3), "penalty": ALL},
    "relu, penalty": {"model": MLP(24, 1, "relu"), "penalty": ALL},
    "batch norm": {"model": MLP(24, 1, batch_norm=True)},
    "batch norm, penalty": {"model": MLP(24, 1, batch_norm=True), "penalty": LAST},
    "depth 3, batch norm, all layers": {"model": MLP(24, 3, batch_norm=True), "penalty": ALL},
    "last batch dropped": {"penalty": LAST, "last_batch": "drop"},
    "shared order": {"penalty": LAST, "batch_order": "shared"},
    "mse, batch norm": {"model": MLP(24, 1, batch_norm=True), "loss": "mse"},
    "whitened about zero": {"model": MLP(24, 3, whiten=2, whiten_about="zero")},
    "whitened about zero, last layer": {"model": MLP(24, 3, whiten=2, whiten_about="zero"), "penalty": LAST},
    # About the mean, what is whitened keeps a mean that saturates the next layer: gradients that underflow in float32 only,
    # of which Adam would make whole steps.
    "whitened": {"optimizer": SLOW, "model": MLP(24, 3, whiten=2)},
    "jacobian": {"model": MLP(24, 2), "jacobian": JACOBIAN},
    "jacobian, three directions": {"model": MLP(24, 2), "jacobian": {"strength": 0.1, "projections": 3}},
    "jacobian, exact": {"model": MLP(24, 2, "erf"), "jacobian": {"strength": 0.1, "projections": 0}},
    "jacobian and spectrum": {"model": MLP(24, 2), "jacobian": JACOBIAN, "penalty": ALL},
    "jacobian, shared order": {"model": MLP(24, 1), "jacobian": JACOBIAN, "batch_order": "shared"},
    "adversary fgsm": {"adversary": FGSM},
    "adversary pgd": {"model": MLP(24, 2), "adversary": PGD, "penalty": LAST},
    "adversary pgd, shared order": {"adversary": PGD, "batch_order": "shared"},
    "adversary fgsm, jacobian": {"adversary": FGSM, "jacobian": JACOBIAN},
    "normalised per channel, adversary pgd": {"model": MLP(24, 1, normalise="per_channel"), "adversary": PGD},
    "normalised per image, jacobian": {"model": MLP(24, 2, normalise="per_image"), "jacobian": JACOBIAN},
    "cnn, normalised per image, adversary fgsm": {"model": CNN(30, normalise="per_image"), "adversary": FGSM},
    "gaussian weights": {"model": MLP(24, 2, weight_variance=1.5, bias_variance=0.05)},
    "ntk parametrisation, sgd, centred targets": {
        "optimizer": {**SGD, "learning_rate": 2.0, "weight_decay": 0.0}, "loss": "mse", "target_offset": 0.1,
        "model": MLP(24, 2, "relu", parametrisation="ntk", weight_variance=2.0, bias_variance=0.1)},
    "ntk parametrisation, lazy from 0": {
        "optimizer": {**SGD, "learning_rate": 2.0, "momentum": 0.0, "weight_decay": 0.0}, "loss": "mse",
        "model": MLP(24, 2, "erf", parametrisation="ntk", weight_variance=2.0, bias_variance=0.1, output_scale=3.0,
                     centre_output=True)},
    "mup, sgd": {"optimizer": {**SGD, "momentum": 0.0}, "rate_rule": "mup",
                 "model": MLP(24, 2, parametrisation="mup", weight_variance=1.0, bias_variance=0.1, base_width=6)},
    "mup, adam, penalty": {"optimizer": {**AMSGRAD, "weight_decay": 1e-2}, "rate_rule": "mup", "penalty": LAST,
                           "model": MLP(24, 2, parametrisation="mup", weight_variance=1.0, base_width=6)},
    "rate over width": {"rate_rule": "over_width", "model": MLP(24, 1, base_width=12)},
    "colei, sgd": {"optimizer": COARSE, "model": DALE("colei")},
    # In float32 the plain program's own rounding is above what is allowed.
    "colei, float64, adam, all layers": {"model": DALE("colei", inhibitory_units=7, precision="float64"), "penalty": ALL64},
    "dann, sgd": {"optimizer": COARSE, "model": DALE("dann")},
    # Where one unit of the last layer is alive, logits do not depend on the inputs, and rounding decides their signs.
    "dann, sgd, adversary pgd": {
        "optimizer": COARSE, "model": DALE("dann", 60, 1, inhibitory_units=3), "adversary": PGD},
    "dann, float64, all layers": {"optimizer": COARSE, "model": DALE("dann", precision="float64"), "penalty": ALL64},
    "dann, float64, jacobian": {
        "optimizer": COARSE, "model": DALE("dann", precision="float64"), "jacobian": {**JACOBIAN, "projections": 0}},
    "dann_uncorrected, sgd": {"optimizer": {**COARSE, "learning_rate": 1e-3}, "model": DALE("dann_uncorrected")},
    "cnn": {"model": CNN(30)},
    "cnn, shared order": {"model": CNN(30), "batch_order": "shared"},
    "cnn, last layer": {"model": CNN(30), "penalty": LAST},
    "cnn, all layers": {"model": {**CNN(30, depth=1, channels=1), "kernel_size": 9}, "penalty": {**ALL, "strength": 0.01}},
    "cnn, float64, jacobian": {"model": CNN(30, precision="float64"), "jacobian": JACOBIAN},
    "cnn, batch norm, relu": {"optimizer": SGD, "model": CNN(30, activation="relu", batch_norm=True)},
    "cnn, whitened": {"optimizer": SLOW, "model": CNN(30, channels=2, whiten=2)},
    "cnn, whitened, last layer": {"model": CNN(30, channels=2, whiten=2, whiten_about="zero"), "penalty": LAST},
    "cnn, average pooling, last layer": {"model": CNN(30, convolution={"pooling": "average"}), "penalty": LAST},
    "cnn, stride instead of pooling, relu": {
        "optimizer": SGD, "model": CNN(30, activation="relu", convolution={"pooling": "none", "stride": 2})},
    "cnn, adversary fgsm": {"model": CNN(30), "adversary": FGSM},
    "cnn, jacobian": {"model": CNN(30), "jacobian": JACOBIAN},
    "rnn, sgd": {"optimizer": COARSE, "model": RNN(24)},
    "rnn, relu, normalised per image": {"optimizer": SLOW, "model": RNN(24, "relu", normalise="per_image")},
    "rnn, penalty": {"optimizer": SLOW, "model": RNN(24), "penalty": LAST},
    # On raw images 7 of the 24 units are dead under ReLU. Normalised, none is.
    "rnn, relu, normalised per image, penalty": {
        "optimizer": SLOW, "model": RNN(24, "relu", normalise="per_image"), "penalty": LAST},
    "rnn, float64, all states": {
        "optimizer": SLOW, "model": RNN(24, precision="float64"), "penalty": ALL64, "noisy": True},
    "rnn, adversary pgd": {"optimizer": COARSE, "model": RNN(24), "adversary": PGD},
    "rnn, float64, jacobian": {"optimizer": COARSE, "model": RNN(24, precision="float64"), "jacobian": JACOBIAN},
    "rnn, colei, sgd": {"optimizer": SLOW, "model": RNN(24, "relu", "colei")},
    "rnn, colei, float64, adam": {"model": RNN(24, "relu", "colei", precision="float64")},
    "rnn, dann, sgd": {"optimizer": SLOW, "model": RNN(24, "relu", "dann")},
    "rnn, dann, float64": {
        "optimizer": SLOW, "model": RNN(24, "relu", "dann", inhibitory_units=3, precision="float64")},
    "rnn, dann_uncorrected, sgd": {
        "optimizer": SLOW, "model": RNN(24, "relu", "dann_uncorrected")},
    "bfloat16": {"model": MLP(24, 2), "compute": "bfloat16"},
    "tf32": {"model": MLP(24, 2), "compute": "tf32"},
    # Rounding decides the sign of gradients near 0, of which Adam would make whole steps.
    "bfloat16 penalty": {"optimizer": {**SLOW, "learning_rate": 1e-5}, "penalty": {**LAST, "compute": "bfloat16"}},
    "tf32 penalty, bfloat16, all layers": {
        "optimizer": {**SLOW, "learning_rate": 1e-5}, "model": MLP(24, 3), "compute": "bfloat16",
        "penalty": {**ALL, "strength": 1.0, "compute": "tf32"}},
    "bfloat16, adversary fgsm": {"adversary": FGSM, "compute": "bfloat16"},
    "bfloat16, jacobian": {"model": MLP(24, 2), "jacobian": JACOBIAN, "compute": "bfloat16"},
    "bfloat16, whitened": {"optimizer": {**SLOW, "learning_rate": 1e-4}, "compute": "bfloat16",
                           "model": MLP(24, 3, whiten=2, whiten_about="zero")},
    "bfloat16, cnn": {"model": CNN(30), "compute": "bfloat16"},
}
# With these, no unit is dead under ReLU: a dead one adds an eigenvalue that is 0 but for rounding, which the penalty
# counts when it is rounded up and not when it is 0 (a jump of the value by 1/N that its gradient does not see).
SEEDS = (2, 3)
