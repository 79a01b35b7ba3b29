# SPDX-License-Identifier: MIT
"""What tables and figures show of a fitted exponent, and which range of inputs axes name."""

import numpy as np
import pytest
import xarray as xr

from eigensweep_analysis.layout import exponents, last_layer
from eigensweep_analysis.resolved import input_range, is_recurrent

NAN = np.nan


def spectra(exponent, first, last):
    """A study of as many networks as rows, with two hidden layers."""
    dims = ("trial", "layer")
    return xr.Dataset({"exponent": (dims, exponent), "fit_first": (dims, first), "fit_last": (dims, last)})


def test_an_exponent_from_fewer_than_eight_ranks_is_not_shown():
    data = spectra([[1.77, 1.2], [1.0, 1.1]], [[11, 11], [11, 11]], [[12, 17], [18, 500]])
    np.testing.assert_array_equal(exponents(data).values, [[NAN, NAN], [1.0, 1.1]])
    old = data.drop_vars(["fit_first", "fit_last"])
    np.testing.assert_array_equal(exponents(old).values, data.exponent.values)


def test_the_last_layer_is_the_networks_own_and_never_an_earlier_one():
    # A layer that is too narrow for an exponent; a network of one hidden layer; one that was not measured.
    data = spectra([[1.3, NAN], [1.4, NAN], [NAN, NAN]], [[11, 11], [11, NAN], [NAN, NAN]], [[64, 12], [64, NAN], [NAN, NAN]])
    np.testing.assert_array_equal(last_layer(exponents(data), data.fit_first).values, [NAN, 1.4, NAN])


OWN = {"kind": "hdf5", "lower": -4.0, "upper": 4.0}


@pytest.mark.parametrize(("resolved", "wanted"), [
    ({"dataset": OWN}, (-4, 4)),
    ({"dataset": {"kind": "cifar10"}}, (0, 1)),
    ({"cases": [{"dataset": {"kind": "mnist"}}, {"dataset": {"kind": "hdf5", "lower": 0.0, "upper": 1.0}}]}, (0, 1)),
    ({"cases": [{"dataset": {"kind": "mnist"}}, {"dataset": OWN}]}, None),
    ({"dataset": {**OWN, "lower": {"sweep": [-4.0, -1.0]}}}, None),
    ({"dataset": {"kind": {"sweep": ["mnist", "cifar10"]}}}, None),
    ({"dataset": {"kind": "mnist1d"}}, None),  # drawn from a distribution without bounds
    ({"model": {}}, None),
    (None, None),
])
def test_inputs_have_a_range_where_all_networks_have_the_same(resolved, wanted):
    assert input_range(xr.Dataset(attrs={"resolved": resolved})) == wanted
    assert input_range(xr.Dataset()) is None


@pytest.mark.parametrize(("resolved", "wanted"), [
    ({"model": {"kind": "rnn", "width": 8}}, True),
    ({"cases": [{"model": {"kind": "rnn"}}, {"model": {"kind": "rnn"}}]}, True),
    ({"cases": [{"model": {"kind": "rnn"}}, {"model": {"kind": "mlp"}}]}, False),
    ({"procedure": {"kind": "balanced_network"}}, False),
    (None, False),
])
def test_a_study_of_recurrent_networks_is_known(resolved, wanted):
    assert is_recurrent(xr.Dataset(attrs={"resolved": resolved})) is wanted
