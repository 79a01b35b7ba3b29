# SPDX-License-Identifier: MIT
"""What load() promises about shapes, labels, gaps and refusals."""

import h5py
import numpy as np
import pytest
import xarray as xr

import eigensweep_analysis
from sample import DEPTH, EPSILONS, SEED, STRENGTH, WIDTH, axis, write


def test_axes_become_dimensions(tmp_path):
    data = eigensweep_analysis.load(write(tmp_path / "r.h5"))
    assert data.robust_accuracy.dims == ("width", "depth", "strength", "seed", "attack", "epsilon")
    assert data.robust_accuracy.shape == (2, 2, 3, 2, 2, len(EPSILONS))
    assert data.test_accuracy.dims == ("width", "depth", "strength", "seed")
    assert data.eigenvalues.dims[-2:] == ("layer", "eigenvalue")
    assert data.history_loss.dims[-1] == "epoch"
    assert data.width.values.tolist() == [64, 256]
    assert data.attack.values.tolist() == ["fgsm", "pgd"]
    assert data.epsilon.attrs["units"] == "pixel"


def test_every_number_stands_in_its_cell(tmp_path):
    file = write(tmp_path / "r.h5")
    data = eigensweep_analysis.load(file)
    with h5py.File(file) as raw:
        for row in range(raw["trial"].size):
            cell = {n: raw[n][row] for n in ("width", "depth", "strength", "seed")}
            assert float(data.test_accuracy.sel(cell)) == raw["accuracy/test_accuracy"][row]
            assert data.trial_id.sel(cell).item() == raw["trial_id"].asstr()[row]
            np.testing.assert_array_equal(
                data.robust_accuracy.sel(cell).values, raw["attacks/robust_accuracy"][row]
            )


def test_attacks_of_another_intensity_leave_the_names_of_the_others_alone(tmp_path):
    data = eigensweep_analysis.load(write(tmp_path / "r.h5", noise_levels=(0.1, 0.2)))
    assert data.robust_accuracy.dims[-2:] == ("attack", "epsilon")
    assert data.robust_accuracy_sigma.dims[-2:] == ("attack_sigma", "sigma")
    assert data.robust_accuracy_sigma.sel(sigma=0.2).values.max() == pytest.approx(0.77)
    assert {"robust_loss", "robust_loss_sigma", "attacks_status", "attacks_sigma_status"} <= set(data)


def test_names_that_two_groups_share_carry_the_group(tmp_path):
    data = eigensweep_analysis.load(write(tmp_path / "r.h5"))
    assert {"status", "attacks_status", "accuracy_status", "spectrum_status"} <= set(data)
    assert {"train_accuracy", "history_train_accuracy"} <= set(data)


def test_missing_cells_are_nan_with_status_missing(tmp_path):
    data = eigensweep_analysis.load(write(tmp_path / "r.h5", axes=(WIDTH, SEED), drop=(1,)))
    hole = {"width": 64, "seed": 1}
    assert data.status.sel(hole) == 0
    assert data.trial_id.sel(hole).item() == ""
    assert np.isnan(data.test_accuracy.sel(hole))
    assert np.isnan(data.lane.sel(hole))
    assert np.isfinite(data.test_accuracy.sel(width=64, seed=0))


def test_diverged_and_failed_trials_keep_their_reason(tmp_path):
    statuses = {0: (3, "loss is not finite"), 1: (2, "killed by signal 9")}
    data = eigensweep_analysis.load(write(tmp_path / "r.h5", axes=(WIDTH, SEED), statuses=statuses))
    assert [eigensweep_analysis.STATUS[int(v)] for v in data.status.values.ravel()[:2]] == ["diverged", "failed"]
    assert data.message.values.ravel()[0] == "loss is not finite"
    assert np.isnan(data.test_accuracy.values.ravel()[0])
    # -1 stands for a missing whole number in the file.
    assert np.isnan(data.lane.values.ravel()[0])


def test_an_axis_without_part_in_a_case_has_the_label_nan(tmp_path):
    cases = axis("case", "/cases", ["vanilla", "spectral"])
    strengths = axis("strength", "/regularizers/spectral/strength", [float("nan"), 1.0, 2.0])
    data = eigensweep_analysis.load(write(tmp_path / "r.h5", axes=(cases, strengths, SEED), drop=(2, 3, 4, 5, 6, 7)))
    assert data.case.values.tolist() == ["vanilla", "spectral"]
    assert np.isnan(data.strength.values[-1])
    assert np.isfinite(data.test_accuracy.sel(case="vanilla").isel(strength=-1)).all()
    assert np.isnan(data.test_accuracy.sel(case="vanilla", strength=1.0)).all()


def test_names_keep_the_order_of_the_file_and_numbers_ascend(tmp_path):
    activation = axis("activation", "/model/activation", ["tanh", "relu", "erf"])
    rate = axis("learning_rate", "/training/optimizer/learning_rate", [0.1, 0.001])
    data = eigensweep_analysis.load(write(tmp_path / "r.h5", axes=(activation, rate), attacks=()))
    assert data.activation.values.tolist() == ["tanh", "relu", "erf"]
    assert data.learning_rate.values.tolist() == [0.001, 0.1]
    assert "robust_accuracy" not in data


def test_a_study_without_axes_is_one_row(tmp_path):
    data = eigensweep_analysis.load(write(tmp_path / "r.h5", axes=()))
    assert data.test_accuracy.dims == ("trial",)
    assert data.sizes["trial"] == 1


def test_attributes_are_parsed(tmp_path):
    data = eigensweep_analysis.load(write(tmp_path / "r.h5"))
    assert data.attrs["study"]["name"] == "sample"
    assert data.attrs["provenance"]["hosts"] == ["laptop"]
    assert [a["role"] for a in data.attrs["axes"]] == ["training"] * 3 + ["replicate", "evaluation"]


def test_means_over_seeds_need_one_call(tmp_path):
    data = eigensweep_analysis.load(write(tmp_path / "r.h5", axes=(WIDTH, DEPTH, STRENGTH, SEED)))
    mean = data.robust_accuracy.sel(width=256, attack="pgd").mean("seed")
    assert isinstance(mean, xr.DataArray)
    assert mean.dims == ("depth", "strength", "epsilon")


@pytest.mark.parametrize("locking", [None, True, False])
def test_a_file_that_is_open_already_is_read(tmp_path, locking):
    file = write(tmp_path / "r.h5")
    with h5py.File(file, "r", locking=locking):
        assert eigensweep_analysis.load(file).width.size == 2
