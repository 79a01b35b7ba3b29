# SPDX-License-Identifier: MIT
"""The report's section on weights and Dale's law: whether all weights have their sign, and how layers differ by type."""

import html

import numpy as np

from eigensweep_analysis.layout import Layout, attack_name, robust_accuracies
from eigensweep_analysis.metrics import measured
from eigensweep_analysis.networks import each_once

PARAGRAPH = (
    "By Dale's law a neuron either excites or inhibits all that it projects to. Layers 'colei' have excitatory and inhibitory "
    "columns; 'dann' has excitatory units, and inhibitory ones beside them that subtract and divide; 'dense' has weights of any sign."
)


def layer_page(data, figures):
    """The section as HTML, "" without figures and without signs to check; `figures` are the HTML texts of its figures."""
    signs = sign_words(data)
    if not figures and not signs:
        return ""
    layout = Layout(data)
    compares = layout.layer in data.dims and data.sizes[layout.layer] > 1
    parts = [f"<p>{html.escape(PARAGRAPH)}</p>" if compares or signs else "", signs]
    if compares:
        names = list(dict.fromkeys(attack_name(attack) for _, attack, _ in robust_accuracies(data)))
        if names:
            all_names = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
            words = f"Accuracy by layer type under {all_names} is among the figures above."
            parts.append(f"<p>{html.escape(words)}</p>")
    return "\n".join(part for part in [*parts, *figures] if part)


def sign_words(data):
    """Whether every weight has the sign of its unit, as HTML; "" where no network keeps signs."""
    values = measured(data, "sign_violations")
    if values is None or not np.isfinite(values.values).any():
        return ""
    values = values.where(each_once(data))
    wrong = values.sum([d for d in values.dims if d not in data.status.dims])
    checked = np.isfinite(values).any([d for d in values.dims if d not in data.status.dims])
    count, networks, bad = int(wrong.sum()), int(checked.sum()), int((wrong > 0).sum())
    if count:
        weights = "1 weight has" if count == 1 else f"{count:,} weights have"
        return (f"<div class='warn'><b>{weights} the wrong sign</b>, in {bad:,} of {networks:,} networks that keep signs. The section on "
                "alarms names them.</div>")
    which = "the network that keeps signs" if networks == 1 else f"all {networks:,} networks that keep signs"
    return f"<p><b>No weight has the wrong sign</b>: checked in {which}.</p>"
