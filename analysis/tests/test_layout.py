# SPDX-License-Identifier: MIT
"""What tables and figures show of a fitted exponent."""

import numpy as np
import xarray as xr

from eigensweep_analysis.layout import exponents, last_layer

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
