# SPDX-License-Identifier: MIT
"""For every study, reading, report, figures and tables end with a page, or with one sentence and exit code 2."""

import html
import re

import h5py
import numpy as np
import pytest

from eigensweep_analysis import load
from eigensweep_analysis.__main__ import main
from eigensweep_analysis.by_width import prepared
from eigensweep_analysis.fold import for_figures
from eigensweep_analysis.panels import MOST_IN_FILE_NAME
from sample import DEPTH, SEED, STRENGTH, WIDTH, add_distances, axis, write

NAN, INF = float("nan"), float("inf")
LONG = "a_name_of_an_option_that_goes_on_and_on_" * 8
ODD = ['$x$', "a$b", "_hidden", "ends in dots..", "../up", "semi;colon & <b>", "\u00e4\u6f22\U0001f600", "{", "%", "", "C:\\nul"]
SPARSE = [{"width": 8 + 3 * i, "strength": (7 * i) % 24 / 10, "depth": 1 + (5 * i) % 24 % 3, "rate": (11 * i) % 24} for i in range(24)]
SEARCH = (axis("width", "/model/width", []), axis("strength", STRENGTH["pointer"], []), axis("depth", DEPTH["pointer"], []),
          axis("rate", "/training/rate", []))
ZIP = [a["pointer"] for a in SEARCH]
MANY = tuple(axis(f"option{i}", f"/training/option{i}", [i]) for i in range(15))

#: name -> arguments of `write`, and what is done to the file afterwards
STUDIES = {
    "everything": {"axes": (WIDTH, STRENGTH, SEED), "regime": True, "early": True, "noise_levels": (0.1, 0.2)},
    "all diverged": {"axes": (WIDTH, STRENGTH), "statuses": {i: (3, "loss is not finite") for i in range(6)}, "regime": True},
    "none finished": {"axes": (WIDTH, STRENGTH), "statuses": {i: (0, "") for i in range(6)}},
    "no trial": {"axes": (WIDTH, STRENGTH), "rows": []},
    "one trial": {"axes": ()},
    "one trial of one width": {"axes": (axis("width", "/model/width", [8]),)},
    "one seed": {"axes": (WIDTH, STRENGTH)},
    "no attacks": {"axes": (WIDTH, STRENGTH, SEED), "attacks": ()},
    "no metrics": {"axes": (WIDTH, STRENGTH, SEED), "metrics": False},
    "nothing measured": {"axes": (WIDTH, STRENGTH), "metrics": False, "attacks": ()},
    "infinite width only": {"axes": (axis("width", "/model/width", [INF]), SEED), "regime": True},
    "two widths, one infinite": {"axes": (axis("width", "/model/width", [16, INF]), SEED), "regime": True},
    "sixteen axes": {"axes": (WIDTH, *MANY)},
    "sixteen axes of two": {"axes": [axis(f"o{i}", f"/o{i}", [0, 1]) for i in range(16)],
                            "rows": [{f"o{i}": (place >> i) & 1 for i in range(16)} for place in (0, 1, 5, 77, 4096, 65535)]},
    "long names": {"axes": (axis(LONG, "/training/long", [0, 1]), axis("case", "/cases", [LONG + "1", LONG + "2"]), WIDTH),
                   "attacks": (LONG[:200],), "regime": True, "name": LONG},
    "odd names": {"axes": (axis("case", "/cases", ODD), axis("w$x_{", "/training/w", ODD[:2])), "attacks": ("$x{$", "a/b"), "metrics": False,
                  "name": "$x{$ ../../<b>"},
    "names alike in files": {"axes": (axis("case", "/cases", [f"{a}{b}" for a in "?!*" for b in "?!*"]), STRENGTH),
                             "metrics": False, "attacks": ("?", "!")},
    "an axis called as a column": {"axes": (axis("exponent", "/dataset/exponent", [0.5, 1.0]), WIDTH, SEED)},
    "twenty strengths": {"axes": (axis("strength", STRENGTH["pointer"], [i / 10 for i in range(20)]), WIDTH), "attacks": ("pgd",)},
    "thirty widths": {"axes": (axis("width", "/model/width", list(range(8, 38))),)},
    "random search": {"axes": SEARCH, "rows": SPARSE},
    "random search with seeds": {"axes": (*SEARCH, SEED), "rows": [{**row, "seed": s} for row in SPARSE for s in (0, 1)]},
    "zipped random search": {"axes": SEARCH, "rows": SPARSE, "zips": [ZIP]},
    "zipped, values repeat": {"axes": (axis("a", "/regularizers/spectral/strength", []), axis("b", "/training/b", [])), "zips": [
        ["/regularizers/spectral/strength", "/training/b"]], "rows": [{"a": i % 2, "b": i // 2} for i in range(4)]},
    "one setting with many seeds": {"axes": (SEARCH[0], SEED), "rows": [
        *({"width": 8 + i, "seed": 0} for i in range(40)), *({"width": 8, "seed": s} for s in range(1, 40))]},
}


def poison(*names, value=np.nan):
    def spoil(file):
        with h5py.File(file, "a") as raw:
            for name in names:
                raw[name][...] = value
    return spoil


def nothing_is_a_number(file):
    with h5py.File(file, "a") as raw:
        raw.visititems(lambda name, item: item.write_direct(np.full(item.shape, np.nan)) if isinstance(item, h5py.Dataset)
                       and item.dtype.kind == "f" and not item.is_scale and "/" in name and item.size else None)


def without_title(file):
    with h5py.File(file, "a") as raw:
        for name in ("title", "study_json", "resolved_json", "evaluations_json", "provenance", "study_warnings"):
            del raw.attrs[name]


def with_clean(file):
    with h5py.File(file, "a") as raw:
        shape = raw["attacks/robust_accuracy"].shape
        clean = raw.create_dataset("attacks/clean_accuracy", data=np.full(shape[:2], 0.99))
        for place, scale in enumerate(("trial", "attack")):
            clean.dims[place].attach_scale(raw[scale])


SPOILT = {
    "dead layers": ({"axes": (WIDTH, STRENGTH)}, poison("spectrum/eigenvalues", value=0)),
    "negative eigenvalues": ({"axes": (WIDTH, STRENGTH)}, poison("spectrum/eigenvalues", value=-1e-18)),
    "no spectrum was had": ({"axes": (WIDTH, STRENGTH)}, poison("spectrum/eigenvalues", "spectrum/exponent")),
    "accuracies 0": ({"axes": (WIDTH, SEED)}, poison("attacks/robust_accuracy", "accuracy/test_accuracy", value=0)),
    "diagnostics 0": ({"axes": (WIDTH, SEED), "regime": True}, poison(
        "kernel_regime/ntk_drift", "kernel_regime/linearisation_gap", "kernel_regime/feature_change", value=0)),
    "infinite numbers": ({"axes": (WIDTH, SEED), "regime": True}, poison(
        "kernel_regime/ntk_drift", "spectrum/eigenvalues", "attacks/robust_accuracy", value=INF)),
    "nothing is a number": ({"axes": (WIDTH, SEED), "regime": True, "early": True}, nothing_is_a_number),
    "a file without its study": ({"axes": (WIDTH, STRENGTH, SEED)}, without_title),
    "distances": ({"axes": (WIDTH, STRENGTH, SEED), "statuses": {3: (3, "loss is not finite")}}, add_distances),
    "distances of widths and depths": ({"axes": (WIDTH, DEPTH, SEED), "attacks": ("fgsm", "strict")}, add_distances),
    "distances of depths": ({"axes": (axis("depth", "/model/depth", [1, 2]),), "attacks": ("fgsm", "strict")}, add_distances),
    "distances of a random search": ({"axes": SEARCH, "rows": SPARSE}, add_distances),
    "distances of none": ({"axes": (WIDTH,), "statuses": {i: (3, "loss is not finite") for i in range(2)}}, add_distances),
    "clean accuracy of the attacked": ({"axes": (WIDTH, SEED)}, with_clean),
}


def study(tmp_path, name):
    options, spoil = SPOILT[name] if name in SPOILT else (STUDIES[name], None)
    file = write(tmp_path / "results.h5", **options)
    if spoil:
        spoil(file)
    return file


ALL = [*STUDIES, *SPOILT]


def check_folder(folder):
    """Whole files with short names, all of them within the folder."""
    for file in folder.rglob("*"):
        if file.is_file():
            assert len(file.name) <= MOST_IN_FILE_NAME + 20 and file.name.isascii(), file.name
            assert not file.name.endswith(".tmp") and file.stat().st_size > 20, file.name


pytestmark = pytest.mark.usefixtures("coarse")


@pytest.mark.parametrize("name", ALL)
def test_the_report_is_written(tmp_path, capsys, name):
    file = study(tmp_path, name)
    code, errors = main(["report", str(file), "--output", str(tmp_path / "out" / "report")]), capsys.readouterr().err
    assert code == 0 and not errors, errors
    page = (tmp_path / "out" / "report" / "report.html").read_text()
    assert "bug of ours" not in page, re.findall(r"<li>[^<]*bug of ours", html.unescape(page))
    check_folder(tmp_path / "out")
    assert {f.name for f in (tmp_path / "out").iterdir()} == {"report"}
    stems = re.findall(r"figures/([^ <']+)\.svg", page)
    assert sorted(stems) == sorted({f.stem for f in (tmp_path / "out" / "report").glob("figures/*.svg")})
    if not stems:
        assert "What is not shown</h2>" in page
    said = re.sub(r"data:[^']*|<pre>.*?</pre>|<script>.*?</script>", "", page, flags=re.S)
    assert not re.search(r"\bnan\b", said, re.IGNORECASE)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("which", ["paper", "width"])
def test_figures_are_written_or_refused_in_a_sentence(tmp_path, capsys, which, name):
    file = study(tmp_path, name)
    code = main(["figures", which, str(file), "--output", str(tmp_path / "out")])
    said = capsys.readouterr()
    assert "bug of ours" not in said.out + said.err and "Traceback" not in said.err
    if code:
        assert code == 2 and said.err.startswith("error: ") and said.err.count("\n") == 1
        assert not (tmp_path / "out").exists()
    else:
        assert said.out and not said.err
        check_folder(tmp_path / "out")


@pytest.mark.parametrize("name", ALL)
def test_every_layout_has_every_number(tmp_path, name):
    file = study(tmp_path, name)
    rows = load(file, layout="trials")
    if "test_accuracy" not in rows:
        return
    wanted = np.sort(rows.test_accuracy.values[np.isfinite(rows.test_accuracy.values)])
    for data in (load(file), for_figures(prepared(load(file)))):
        found = data.test_accuracy.values
        np.testing.assert_array_equal(np.sort(found[np.isfinite(found)]), wanted)
        assert data.nbytes <= 9 * max(rows.nbytes, 1000)
