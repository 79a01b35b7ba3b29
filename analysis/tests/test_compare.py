# SPDX-License-Identifier: MIT
"""Two studies side by side: which settings they share, Welch's intervals, the page, refusals."""

import html
import re

import h5py
import numpy as np
import pandas
import pytest
from scipy import stats

import eigensweep_analysis
from eigensweep_analysis.__main__ import main
from eigensweep_analysis.compare import COLUMNS, compare, differing_options
from browser import ask
from eigensweep_analysis.page.compare_page import write_comparison
from sample import RANKS, SEED, STRENGTH, WIDTH, axis, share_trainings, write

WIDE = axis("width", "/model/width", [256, 512])


def two(tmp_path, first, second):
    return tuple(eigensweep_analysis.load(write(tmp_path / f"{n}.h5", name=n, **s)) for n, s in (("one", first), ("two", second)))


def test_settings_that_both_have_are_compared_over_seeds(tmp_path):
    one, other = two(tmp_path, {"axes": (WIDTH, SEED)}, {"axes": (WIDE, SEED)})
    table = compare(one, other)
    assert list(table.columns) == ["width", *COLUMNS] and set(table.width) == {256}
    row = table[table.outcome == "test accuracy"].iloc[0]
    a, b = (d.test_accuracy.sel(width=256).values for d in (one, other))
    assert (row.count_a, row.count_b) == (2, 2)
    np.testing.assert_allclose([row.mean_a, row.deviation_a], [a.mean(), a.std(ddof=1)])
    np.testing.assert_allclose(row.difference, b.mean() - a.mean())
    # The interval whose level is 1 - p of Welch's test ends at 0.
    level = 1 - stats.ttest_ind(b, a, equal_var=False).pvalue
    edge = compare(one, other, level)
    edge = edge[edge.outcome == "test accuracy"].iloc[0]
    assert min(abs(edge.low), abs(edge.high)) < 1e-9 * abs(row.difference) and row.low < row.difference < row.high
    assert "robust accuracy, PGD, epsilon 0.05" in set(table.outcome)


def test_an_option_that_one_study_alone_varies_is_named(tmp_path):
    one, other = two(tmp_path, {"axes": (WIDTH, SEED)}, {"axes": (WIDTH, STRENGTH, SEED)})
    table = compare(one, other)
    assert table.attrs["only_in"] == [[], ["strength"]]
    assert set(table.count_a) == {2} and set(table.count_b) == {6}


def test_the_last_loss_of_a_network_that_diverged_is_in_no_interval(tmp_path):
    seeds = axis("seed", "/seed", [0, 1, 2], "replicate")
    one, other = two(tmp_path, {"axes": (seeds,), "statuses": {0: (3, "loss is not finite")}}, {"axes": (seeds,)})
    one["history_loss"][0] = [2.3, 1e3, 1e6, np.nan, np.nan]
    row = compare(one, other).set_index("outcome").loc["final loss"]
    assert (row.count_a, row.count_b) == (2, 3) and abs(row.low) < 1 and abs(row.high) < 1


def test_cells_that_share_a_training_are_one_network(tmp_path):
    # At strength 0 all ranks are one training for each seed.
    one, other = two(tmp_path, {"axes": (STRENGTH, RANKS, SEED)}, {"axes": (STRENGTH, SEED)})
    one = eigensweep_analysis.load(share_trainings(tmp_path / "one.h5"))
    table = compare(one, other)
    assert set(table[table.strength == 0].count_a) == {2} and set(table[table.strength > 0].count_a) == {6}
    of_one_rank = compare(one.sel(rank=[1]), other)
    pandas.testing.assert_frame_equal(table[table.strength == 0], of_one_rank[of_one_rank.strength == 0])


def test_one_network_has_no_interval(tmp_path):
    table = compare(*two(tmp_path, {"axes": (WIDTH,)}, {"axes": (WIDTH,)}))
    assert table.low.isna().all() and (table.difference == 0).all()


def test_what_is_not_shared_is_refused_in_one_line(tmp_path, capsys):
    other = axis("width", "/model/width", [8, 16])
    files = [str(write(tmp_path / "a.h5", axes=(WIDTH, SEED))), str(write(tmp_path / "b.h5", axes=(other, SEED)))]
    assert main(["compare", *files]) == 2
    assert capsys.readouterr().err == ("error: compare: the studies have no setting in common; they must share values of the options "
                                       "that both vary\n")
    files[1] = str(write(tmp_path / "c.h5", axes=(WIDTH, SEED), attacks=(), metrics=False, epochs=0))
    assert main(["compare", *files]) == 2
    assert "no number was measured in both studies" in capsys.readouterr().err
    assert main(["compare", files[0], str(tmp_path / "none.h5")]) == 3


def test_what_the_studies_ask_for_differently(tmp_path):
    first = {"name": "a", "model": {"width": {"sweep": [64, 256]}, "batch_norm": False}, "cases": [{"name": "x", "training": {"epochs": 5}}]}
    second = {"name": "b", "model": {"width": {"sweep": [64]}, "batch_norm": False}, "cases": [{"name": "x", "training": {"epochs": 10}}],
              "regularizers": {"spectral": {"strength": 0.5}}}
    data = two(tmp_path, {"axes": (WIDTH,), "resolved": first}, {"axes": (WIDTH,), "resolved": second})
    assert differing_options(*data) == [("/model/width", "64, 256", "64"), ("/cases/0/training/epochs", "5", "10"),
                                        ("/regularizers/spectral/strength", "-", "0.5")]


def test_what_one_study_alone_has_is_one_row(tmp_path):
    pgd = {"kind": "pgd", "steps": 20, "epsilon": {"sweep": [0.1, 0.2]}}
    first = {"attacks": {"fgsm": {"kind": "fgsm"}}, "metrics": {"accuracy": {}}, "cases": [{}, {"model": {"kind": "mlp", "width": 8}}]}
    second = {"attacks": {"fgsm": {"kind": "fgsm"}, "pgd": pgd}, "cases": [{}]}
    data = two(tmp_path, {"axes": (WIDTH,), "resolved": first}, {"axes": (WIDTH,), "resolved": second})
    assert differing_options(*data) == [("/attacks/pgd", "-", "only in B"), ("/metrics/accuracy", "only in A", "-"),
                                        ("/cases/1", "only in A", "-")]
    # A study without attacks has no section of them; the other's are told one by one.
    data[0].attrs["resolved"] = {}
    rows = differing_options(*data)
    assert ("/attacks/fgsm/kind", "-", "fgsm") in rows and ("/attacks/pgd", "-", "only in B") in rows


def test_intervals_of_accuracies_end_where_differences_do(tmp_path):
    one, other = two(tmp_path, {"axes": (WIDTH, SEED)}, {"axes": (WIDTH, SEED)})
    one["test_accuracy"].loc[{"width": 64}] = [0.1, 0.9]
    other["test_accuracy"].loc[{"width": 64}] = [0.8, 0.9]
    one["history_loss"].loc[{"width": 64}] = np.array([[1.0], [9.0]])
    table = compare(one, other)
    row = table[(table.outcome == "test accuracy") & (table.width == 64)].iloc[0]
    assert (row.low, row.high) == (-1, 1)
    robust = table[table.outcome.str.contains("accuracy")]
    assert robust.low.min() >= -1 and robust.high.max() <= 1
    assert table[(table.outcome == "final loss") & (table.width == 64)].iloc[0].low < -1


def with_first_rank(file, rank):
    """The file, with fits of its exponents that begin at this rank."""
    with h5py.File(file, "a") as raw:
        for name, value in (("fit_first", rank), ("fit_last", 500)):
            made = raw.create_dataset(f"spectrum/{name}", data=np.full(raw["spectrum/exponent"].shape, float(value)))
            for place, scale in enumerate(("trial", "layer")):
                made.dims[place].attach_scale(raw[scale])
    return file


def test_exponents_of_fits_that_begin_at_other_ranks_are_marked(tmp_path):
    files = [with_first_rank(write(tmp_path / f"{rank}.h5", axes=(WIDTH, SEED)), rank) for rank in (5, 11)]
    one, other = map(eigensweep_analysis.load, files)
    table = compare(one, other)
    note = "fits begin at rank 5 in A, 11 in B"
    assert set(table[table.outcome == "exponent of the last layer"].note) == {note}
    assert set(table[table.outcome != "exponent of the last layer"].note) == {""}
    assert set(compare(one, one).note) == {""}
    page = write_comparison(one, other, tmp_path / "out", ("a", "b"))[0].read_text()
    assert page.count(f"<span>exponent of the last layer <span class='s'>({note})</span></span>") == 2
    assert "Exponent of the last layer: exponent alpha of the covariance" in html.unescape(page)


def test_the_attack_to_believe_is_drawn_first_and_axes_have_the_studies_names(tmp_path):
    def drawn_first(first, second, folder):
        data = two(tmp_path, {"axes": (WIDTH, SEED), "attacks": first}, {"axes": (WIDTH, SEED), "attacks": second})
        page = write_comparison(*data, tmp_path / folder, ("a", "b"))[0].read_text()
        assert {'"title":"A: one"', '"title":"B: two"'} <= set(re.findall(r'"title":"[AB][^"]*"', page))
        assert {">A: one<", ">B: two<"} <= set(re.findall(r">[AB]: \w+<", (tmp_path / folder / "figures/comparison.svg").read_text()))
        return re.search(r"<figcaption>.*?Drawn first: (.*?)\. <span", page).group(1)

    # The later attacks of a sample are the stronger ones.
    assert drawn_first(("strict", "fgsm", "pgd"), ("pgd", "strict", "fgsm"), "both") == "robust accuracy, strict protocol, epsilon 0.05"
    assert drawn_first(("strict", "fgsm", "pgd"), ("fgsm", "pgd"), "one") == "robust accuracy, PGD, epsilon 0.05"
    assert drawn_first((), ("fgsm",), "none") == "test accuracy"


def test_a_study_against_itself_says_so(tmp_path):
    file, copy = (write(tmp_path / name, axes=(WIDTH, SEED)) for name in ("a.h5", "b.h5"))
    other = write(tmp_path / "c.h5", axes=(WIDTH, axis("seed", "/seed", [0, 1, 2], "replicate")))

    def lead(*files):
        page = write_comparison(*map(eigensweep_analysis.load, files), tmp_path / "out", ("a", "b"))[0].read_text()
        return page[:page.index("<h2>")]

    assert "A and B are the same file." in lead(file, file)
    assert "A and B are the same networks: every trial id of one is in the other." in lead(file, copy)
    assert "A and B are" not in lead(file, other)


def test_the_page_is_drawn_and_fits(tmp_path, capsys):
    files = [str(write(tmp_path / "a.h5", axes=(WIDTH, STRENGTH, SEED))), str(write(tmp_path / "b.h5", axes=(WIDE, STRENGTH, SEED)))]
    assert main(["compare", *files, "--output", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.startswith(f"wrote {tmp_path}/out/compare.html and 4 other files")
    assert {f.name for f in (tmp_path / "out/figures").iterdir()} == {f"comparison.{s}" for s in ("svg", "pdf", "csv")}
    page = (tmp_path / "out/compare.html").read_text()
    for width in (1300, 390):
        found = ask(page, tmp_path / str(width), width, """
return {drawn: document.querySelectorAll("figure.drawn svg").length, scrolls: document.documentElement.scrollWidth -
        document.documentElement.clientWidth, rows: document.querySelectorAll(".data tbody").length};""")
        assert found["drawn"] == 1 and found["scrolls"] <= 0 and found["rows"] == 3 * (3 + 2 * 6)
