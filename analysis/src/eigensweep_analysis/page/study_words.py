# SPDX-License-Identifier: MIT
"""What a study asked for, in a table of words: data, model, training, penalties, attacks, measurements."""

import html

from eigensweep_analysis.layout import attack_name
from eigensweep_analysis.panels import short

#: Options that are said even where the study leaves them to their defaults.
ALWAYS = {
    "procedure": ("kind",),
    "dataset": ("kind", "train_samples"),
    "model": ("kind", "width", "depth", "activation"),
    "training": ("epochs", "batch_size", "optimizer.kind", "optimizer.learning_rate"),
}
HEADS = {"procedure": "procedure", "dataset": "data", "model": "model", "training": "training", "regularizers": "penalties", "attacks": "attacks",
         "metrics": "measured"}
#: More values of one option than this are given by their ends and their number.
MOST_VALUES = 8


def study_words(data):
    """The table as HTML; "" where the file says nothing of the study."""
    resolved, study = data.attrs.get("resolved"), data.attrs.get("study")
    if not isinstance(resolved, dict):
        return ""
    study = study if isinstance(study, dict) else {}
    cases = resolved.get("cases") if isinstance(resolved.get("cases"), list) else [resolved]
    written = [study, *(c for c in study.get("cases", []) if isinstance(c, dict))]
    swept = _swept(data)
    rows = []
    for section, head in HEADS.items():
        options = {}
        for case in cases:
            for path, value in _flat(case.get(section)):
                options.setdefault(path, [])
                options[path] += [v for v in _values(value) if v not in options[path]]
        options.update({path: values for path, values in swept.get(section, {}).items() if path in options})
        mentioned = {path for part in written for path, _ in _flat(part.get(section))}
        said = {path: values for path, values in options.items()
                if path in mentioned or path in ALWAYS.get(section, ()) or path in swept.get(section, {})}
        if section in ("regularizers", "attacks", "metrics"):
            words = _by_label(said, [label for case in cases for label in (case.get(section) or {})], section)
        else:
            words = [", ".join(_option(path, values) for path, values in said.items())] if said else []
        if words:
            lines = "".join(f"<li>{html.escape(w)}</li>" for w in words)
            rows.append(f"<tr><th scope='row' class='t'>{head}</th><td class='t'><ul class='in'>{lines}</ul></td></tr>")
    return f"<table class='words'>{''.join(rows)}</table>" if rows else ""


def _swept(data):
    """Section -> path -> values of the study's axes."""
    found = {}
    for axis in data.attrs.get("axes", []):
        section, _, path = axis["pointer"].lstrip("/").partition("/")
        if path and axis.get("values"):
            found.setdefault(section, {}).setdefault(path.replace("/", "."), list(axis["values"]))
    return found


def _flat(value, path=""):
    """(path, value) of every option of a section; what is swept counts as one value."""
    if isinstance(value, dict) and set(value) & {"sweep"}:
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else key)
        if not value and path:
            yield path, None
    elif path:
        yield path, value


def _values(value):
    if isinstance(value, dict):
        swept = value["sweep"]
        return list(swept) if isinstance(swept, list) else [swept]
    return [] if value is None else [value]


def _by_label(options, labels, section):
    """A line for each penalty, attack or metric, with its options behind it."""
    lines = []
    for label in dict.fromkeys(labels):
        inner = [_option(path.partition(".")[2], values) for path, values in options.items()
                 if path.partition(".")[0] == label and path.partition(".")[2] not in ("", "kind")]
        name = attack_name(label) if section == "attacks" else label.replace("_", " ")
        lines.append(f"{name}: {', '.join(inner)}" if inner else name)
    return lines


def _option(path, values):
    name = path.replace(".", " ").replace("_", " ").removesuffix(" kind").removeprefix("kind")
    words = [_value(v, path) for v in values]
    if len(words) > MOST_VALUES:
        words = [f"{len(words)} values from {words[0]} to {words[-1]}"]
    return short(f"{name} {', '.join(words)}".strip(), 200)


def _value(value, path):
    if isinstance(value, bool):
        return "on" if value else "off"
    if path.endswith("samples") and value == 0:
        return "all"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)
