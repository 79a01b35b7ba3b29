# SPDX-License-Identifier: MIT
"""Debiased linear CKA between the hidden layers of networks of all seeds and widths, infinity included."""

from functools import partial

import numpy as np
import xarray as xr

from eigensweep_analysis.by_width import numbers, some_widths, width_ticks
from eigensweep_analysis.cells import paint
from eigensweep_analysis.gallery import Kind, Plan, pictures
from eigensweep_analysis.layout import has_seeds
from eigensweep_analysis.panels import NoFigure, Picture, file_name, grid, some_layers
from eigensweep_analysis.width_figures import note

#: The estimate of HSIC divides by n - 3.
LEAST_SAMPLES = 4
#: Cells of a matrix of more widths than this have no room for their numbers.
MOST_WIDTHS = 16


def debiased_cka(grams):
    """Debiased linear CKA between all pairs of representations of the same samples.

    HSIC_u(K, L) = [tr(K~ L~) + (1'K~1)(1'L~1) / ((n-1)(n-2)) - 2/(n-2) 1'K~L~1] / (n(n-3)), K~ is K with a zero diagonal
    (Song et al. 2012; Nguyen, Raghu, Kornblith 2021); CKA = HSIC_u(K, L) / sqrt(HSIC_u(K, K) HSIC_u(L, L)).

    Parameters
    ----------
    grams : array (p, n, n)
        Uncentred linear Gram matrices over n >= 4 samples; a factor of each does not matter. NaN gives NaN.

    Returns
    -------
    array (p, p)
        1 on the diagonal; about 0 for unrelated representations, also where they are wide (unlike biased CKA); it may
        be slightly negative.
    """
    grams = np.asarray(grams, np.float64)
    networks, n = grams.shape[0], grams.shape[-1]
    if n < LEAST_SAMPLES:
        raise ValueError(f"grams: {n} samples; debiased CKA needs at least {LEAST_SAMPLES}")
    hollow = grams.copy()
    hollow[:, np.arange(n), np.arange(n)] = 0.0
    rows, flat = hollow.sum(2), hollow.reshape(networks, -1)
    sums = rows.sum(1)
    hsic = flat @ flat.T + np.outer(sums, sums) / ((n - 1) * (n - 2)) - 2 / (n - 2) * rows @ rows.T
    own = np.diag(hsic)
    with np.errstate(invalid="ignore", divide="ignore"):
        return hsic / np.sqrt(np.outer(own, own))


def cka_by_width(data, selection=None):
    """Mean debiased CKA between the hidden layers of networks of every two widths, over pairs of different seeds.

    Networks of one seed share the first of their initial weights at all widths, so pairs of one seed are left out,
    except pairs with a network of infinite width and studies in which each width has one seed. At infinite width all
    seeds are one network.

    Parameters
    ----------
    data : xarray.Dataset
        With `hidden_grams` of the metric kernel_regime.
    selection : dict
        The other axes' values.

    Returns
    -------
    xarray.DataArray (layer, width, other_width)
        NaN where there is no pair: on the diagonal with one seed, and at infinity.
    """
    selection = selection or {}
    widths = data.width.values
    grams = numbers(data.hidden_grams, selection)  # (w, s, layer, n, n)
    infinite = np.isinf(np.asarray(widths, float))
    there = np.isfinite(grams).any((2, 3, 4))
    there[infinite] &= np.cumsum(there[infinite], 1) == 1
    width_of, seed_of = np.nonzero(there)
    pairs = seed_of[:, None] != seed_of[None, :]
    pairs |= infinite[width_of][:, None] | infinite[width_of][None, :] | (grams.shape[1] == 1)
    np.fill_diagonal(pairs, False)
    table = np.full((grams.shape[2], len(widths), len(widths)), np.nan)
    for layer in range(grams.shape[2]):
        values = np.where(pairs, debiased_cka(grams[width_of, seed_of, layer]), np.nan)
        for i, j in np.ndindex(len(widths), len(widths)):
            block = values[np.ix_(width_of == i, width_of == j)]
            if np.isfinite(block).any():
                table[layer, i, j] = np.nanmean(block)
    return xr.DataArray(table, {"layer": data.layer.values, "width": widths, "other_width": widths},
                        ("layer", "width", "other_width"), "cka")


def similarity_plans(data, found):
    """CKA between the hidden layers of every two widths, a panel per layer: ([Plan], why there is none)."""
    if "hidden_grams" not in data or not np.isfinite(data.hidden_grams.values).any():
        return [], "the results hold no 'hidden_grams' (metric 'kernel_regime' with \"keep_grams\": true)"
    if data.sizes["sample"] < LEAST_SAMPLES:
        return [], f"'hidden_grams' are of {data.sizes['sample']} samples; debiased CKA needs at least {LEAST_SAMPLES}"
    words = f"{_pairs(data)}; hatched: no pair."
    return [Plan("CKA between networks" + (f" ({label})" if len(found) > 1 else ""),
                 partial(_similarity, data, words, len(found) > 1 and label, selection), len(some_layers(data.sizes["layer"])[0]))
            for label, selection in found], ""


def _pairs(data):
    """Which networks are compared."""
    if has_seeds(data):
        return "Means over pairs of networks of different seeds"
    along = data.seed.dims if "seed" in data.coords else ()
    return "One network per width, each of its own seed" if along == ("width",) else "One seed"


def similarity_pictures(data, found):
    """([Picture], why there is none): the figures of `similarity_plans`, drawn."""
    plans, why = similarity_plans(data, found)
    return list(pictures([Kind("CKA", plans)])), why


def _similarity(data, words, label, selection):
    data, thinned = some_widths(data, MOST_WIDTHS)
    words += thinned
    name, table = str(data.attrs.get("title") or "study"), cka_by_width(data, selection)
    if not np.isfinite(table.values).any():
        raise NoFigure("no two networks have 'hidden_grams'")
    there = [i for i in range(table.sizes["layer"]) if np.isfinite(table.values[i]).any()]
    places, left_out = some_layers(len(there))
    layers, words = [there[i] for i in places], words + left_out
    title = f"{name}: similarity of hidden layers (debiased CKA)" + (f", {label}" if label else "")
    side = 0.7 + 0.36 * table.sizes["width"]
    figure, panels = grid(1, len(layers), title, side + 0.2, side, room=0.1)
    ticks = width_ticks(table.width.values)
    low = max(0.0, np.floor(np.nanmin(table.values) * 10) / 10)
    for axes, layer in zip(panels.flat, layers):
        paint(axes, table.values[layer], low=low, high=1.0)
        axes.set_title(f"hidden layer {int(table.layer[layer])}", loc="left")
        axes.set_xticks(range(len(ticks)), ticks)
        axes.set_yticks(range(len(ticks)), ticks)
        axes.set_xlabel("width")
    panels.flat[0].set_ylabel("width")
    note(figure, words)
    caption = (f"Debiased linear CKA between hidden activations on the probe samples, by the widths of the two networks"
               f"{f' ({label})' if label else ''}. On the diagonal: two networks of one width. " + words)
    return Picture(file_name(name, "width_cka", label or ""), caption, figure)
