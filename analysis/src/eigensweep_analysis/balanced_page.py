# SPDX-License-Identifier: MIT
"""The report's section on balanced networks: what was simulated, what the numbers say."""

import html

import numpy as np

from eigensweep_analysis.balanced import POPULATIONS, simulations, values_of

#: More parts of a study than this are left to the figures and the table.
MOST_PARTS = 8
PARAGRAPH = (
    "Networks of binary neurons in which large excitation and large inhibition cancel, each beside its mean field at the same number "
    "of inputs K. Nothing is trained. Networks with one population have synapses of either sign on every neuron; those with two, "
    "excitatory and inhibitory, follow Dale's law."
)
POOLS = (
    "Two pools of neurons compete, and their drives differ. The pool with the stronger drive should win. The gain is the difference "
    "of their rates over the difference of their drives."
)


def balanced_page(data, figures):
    """The section as HTML, "" without the group `balanced`; `figures` are the HTML texts of its figures."""
    rows = simulations(data)
    if not len(rows):
        return ""
    single, pools = rows[rows.populations != "pools"], rows[rows.populations == "pools"]
    words = [f"<p>{html.escape(w)}</p>" for w, some in ((PARAGRAPH, single), (POOLS, pools)) if len(some)]
    said = findings(rows)
    items = "".join(f"<li>{html.escape(s)}</li>" for s in said)
    return "\n".join([*words, f"<ul>{items}</ul>" if said else "", *figures])


def findings(rows):
    """Sentences on the largest simulations: deviation and response of each population, gain and errors of pools.

    Each is about one part, as the figures are, so that what it averages differs by the seed alone.
    """
    parts = list(dict.fromkeys(rows.part))
    found = [sentence for part in parts[:MOST_PARTS] for sentence in _of_part(rows[rows.part == part], part)]
    if len(parts) > MOST_PARTS:
        found.append(f"These sentences are about {MOST_PARTS} of {len(parts):,} settings of the options beside N, K and those of the pools.")
    return found


def _of_part(rows, part):
    found, where = [], f" ({part})" if part else ""
    for population in POPULATIONS:
        here = rows[rows.populations == population.populations]
        if len(here):
            here = _largest(here, "neurons", "inputs")
            deviation = here[f"deviation {population.place}"]
            words = population.words.replace("two:", "Of two populations the").replace("one", "One")
            sentence = (f"{words}{where}: at N = {here.neurons.iloc[0]:g} and K = "
                        f"{here.inputs.iloc[0]:g} rates are {_percent(deviation)} off the mean field")
            response = here[f"response_time {population.place}"].mean()
            found.append(sentence + (f", and answer within {response:.2g} tau." if np.isfinite(response) else "."))
    pools = rows[rows.populations == "pools"]
    if len(pools) and len(values_of(pools, "cross_coupling")) > 1:
        here = _largest(pools, "neurons", "inputs", "drive_difference")
        for coupling in values_of(here, "cross_coupling")[[-1, 0]]:
            at = here[here.cross_coupling == coupling]
            field = (at.mean_field_difference / at.drive_difference).mean()
            found.append(f"Pools with a mean weight of {coupling:g} between them{where}, N = {at.neurons.iloc[0]:g}, K = "
                         f"{at.inputs.iloc[0]:g}, drives that differ by {at.drive_difference.iloc[0]:g}: gain "
                         f"{at.decision_gain.mean():.2f} (mean field {field:.2f}), error rate {at.error_rate.mean():.2f}.")
    return found


def _largest(rows, *options):
    """The rows with the largest value of the first option, of those the largest of the next, and so on."""
    for option in options:
        rows = rows[rows[option] == rows[option].max()]
    return rows


def _percent(values):
    spread = f" \u00b1 {100 * values.std():.1f}" if len(values) > 1 else ""
    return f"{100 * values.mean():+.1f}{spread} %"
