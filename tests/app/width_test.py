# SPDX-License-Identifier: MIT
"""`eigensweep run` over widths: the limit of infinite width is a cell like any other, and training becomes lazy as theory says."""

import sys
import unittest

try:
    import h5py
    import numpy as np
except ImportError as missing:
    print(f"skipped: {missing}; scripts/setup installs what the tests need")
    sys.exit(77)

from real_runs import Case


class Infinity(Case):
    """A grid with infinite width, whose limit is a cell like any other."""

    @staticmethod
    def study(epsilons):
        return {
            "name": "limit",
            "seed": {"sweep": [0, 1]},
            "dataset": {"train_samples": 200, "test_samples": 200},
            "model": {"width": {"sweep": [16, 512, "inf"]}, "activation": "relu", "normalise": "per_image",
                      "parametrisation": "ntk", "weight_variance": 2, "bias_variance": 0.1, "centre_output": True},
            "training": {"epochs": 60, "batch_size": 200, "loss": "mse", "target_offset": 0.1, "snapshots": 3,
                         "optimizer": {"kind": "sgd", "learning_rate": 2}},
            "attacks": {"fgsm": {"epsilon": {"sweep": epsilons}, "samples": 100}},
            "metrics": {"accuracy": {}, "spectrum": {}, "initial": {"kind": "spectrum", "network": "initial"},
                        "kernel_regime": {"samples": 32, "keep_grams": True},
                        "kernel_regression": {"train_samples": 50, "samples": 100, "epsilon": 0.01}},
        }

    def test_the_limit_is_trained_attacked_measured_and_loaded_again(self):
        output = self.folder / "out"
        self.run_study(self.study([0, 0.05]), output)
        with h5py.File(output / "results.h5") as file:
            self.assertTrue((file["status"][...] == 1).all())
            width, loss = file["width"][...], file["history/loss"][...]
            robust, drift = file["attacks/robust_accuracy"][:, 0], file["kernel_regime/ntk_drift"][...]
            exponent, grams = file["spectrum/exponent"][...], file["kernel_regime/hidden_grams"][...]
            moments = file["kernel_regime/moment_epoch"][...]
            on_the_way = file["kernel_regime/ntk_drift_history"][...]
            regression = file["kernel_regression/robust_accuracy_final"][...]
            comparable, untrained = file["comparable_to_inf"][...], file["initial/exponent"][...]
        limit = np.isinf(width)
        self.assertEqual(limit.sum(), 2)
        self.assertTrue(np.isnan(drift[limit]).all() and np.isfinite(drift[~limit]).all())
        self.assertTrue(np.isfinite(grams).all() and (comparable == 1).all())
        self.assertTrue(np.isnan(exponent[width == 16]).all(), "16 units have fewer ranks from 11 on than a fit needs")
        self.assertTrue(np.isfinite(exponent[width > 16]).all())
        np.testing.assert_array_equal(exponent[limit], untrained[limit])
        self.assertTrue((exponent[width == 512] != untrained[width == 512]).all())
        self.assertEqual(moments[~limit].tolist(), [[1, 8, 60]] * 4)
        np.testing.assert_allclose(on_the_way[~limit, 2], drift[~limit])
        self.assertTrue((on_the_way[~limit, 0] < on_the_way[~limit, 1]).all())
        self.assertTrue((regression[width == 512] > 0.4).all() and np.isnan(regression[limit]).all())
        np.testing.assert_array_equal(robust[limit][0], robust[limit][1])  # every seed is the same network
        # A finite network's loss is that of its epoch's step, before it; the limit's is after it.
        wide, infinite = loss[width == 512].mean(0), loss[limit][0]
        np.testing.assert_allclose(wide[1:], infinite[:-1], rtol=0.05)

        self.run_study(self.study([0, 0.05, 0.1]), output)
        with h5py.File(output / "results.h5") as file:
            again = file["attacks/robust_accuracy"][:, 0]
        np.testing.assert_array_equal(again[:, :2], robust)
        more = self.study([0, 0.05, 0.1])
        more["metrics"]["later"] = {"kind": "kernel_regime", "samples": 32}  # runs on kept networks and snapshots
        self.run_study(more, output)
        with h5py.File(output / "results.h5") as file:
            np.testing.assert_allclose(file["later/ntk_drift_history"][...], on_the_way)
        self.assertFalse(np.isnan(again).any())
        self.assertTrue((again[limit][:, 2] <= again[limit][:, 1]).all())

    def test_a_convolutional_network_has_a_limit_too(self):
        study = self.study([0, 0.05])
        study["name"] = "convolutional"
        study["dataset"] = {"train_samples": 60, "test_samples": 40}
        study["model"] = {**study["model"], "kind": "cnn", "width": {"sweep": [16, 256, "inf"]}, "depth": 1, "channels": 128,
                          "kernel_size": 5, "stride": 2, "pooling": "average"}
        study["training"] |= {"batch_size": 60, "epochs": 12}  # later, so narrow a network deviates
        study["attacks"]["fgsm"]["samples"] = 10
        del study["training"]["snapshots"]
        study["metrics"] = {"accuracy": {}, "spectrum": {}}
        output = self.folder / "out"
        self.run_study(study, output)
        with h5py.File(output / "results.h5") as file:
            self.assertTrue((file["status"][...] == 1).all())
            width, loss = file["width"][...], file["history/loss"][...]
            robust, exponent = file["attacks/robust_accuracy"][:, 0], file["spectrum/exponent"][...]
        limit = np.isinf(width)
        self.assertTrue(np.isfinite(exponent[limit]).all(), exponent)
        self.assertTrue((robust[limit][:, 1] <= robust[limit][:, 0]).all())
        np.testing.assert_array_equal(robust[limit][0], robust[limit][1])
        np.testing.assert_allclose(loss[width == 256].mean(0)[1:], loss[limit][0][:-1], rtol=0.05)


class Widths(Case):
    """The distance from the start of training falls with the width as theory says (Lee et al. 2019; Yang, Hu 2021)."""

    WIDTHS = [128, 256, 512, 1024, 2048]

    def slopes(self, parametrisation, training):
        output = self.folder / parametrisation
        self.run_study({
            "name": "widths",
            "seed": {"sweep": [0, 1]},
            "dataset": {"train_samples": 128, "test_samples": 128},
            "model": {"width": {"sweep": self.WIDTHS}, "depth": 2, "activation": "relu", "normalise": "per_image",
                      "parametrisation": parametrisation, "weight_variance": 2, "bias_variance": 0.1,
                      "centre_output": True},
            "training": {"epochs": 2000, "batch_size": 128, "loss": "mse", "target_offset": 0.1, "stop_loss": 0.02,
                         **training},
            "metrics": {"kernel_regime": {"samples": 64}},
        }, output)
        with h5py.File(output / "results.h5") as file:
            width = file["width"][...]
            self.assertTrue((np.nanmin(file["history/task_loss"][...], 1) <= 0.02).all())
            change, drift = file["kernel_regime/weight_change"][...], file["kernel_regime/ntk_drift"][...]
        mean = [np.r_[change[width == w].mean(0), drift[width == w].mean()] for w in self.WIDTHS]
        return np.polyfit(np.log(self.WIDTHS), np.log(mean), 1)[0]  # input, hidden, readout, tangent kernel

    def test_the_ntk_parametrisation_becomes_lazy_and_mup_does_not(self):
        lazy = self.slopes("ntk", {"optimizer": {"kind": "sgd", "learning_rate": 2}})
        np.testing.assert_allclose(lazy[[0, 2]], -0.5, atol=0.1)
        self.assertAlmostEqual(lazy[1], -1, delta=0.15)
        rich = self.slopes("mup", {"rate_rule": "mup", "optimizer": {"kind": "sgd", "learning_rate": 0.1}})
        self.assertLess(abs(rich[3]), 0.15)

if __name__ == "__main__":
    unittest.main()
