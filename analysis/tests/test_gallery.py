# SPDX-License-Identifier: MIT
"""One place draws all figures: within bounds and under unique names, and a failing figure does not prevent the page."""

import warnings

import h5py
import numpy as np
import pytest
from matplotlib.figure import Figure

from eigensweep_analysis import gallery, load, report
from eigensweep_analysis.__main__ import main
from eigensweep_analysis.by_width import prepared
from eigensweep_analysis.fold import for_figures
from eigensweep_analysis.gallery import FailedFigures, Gallery, Kind, Plan
from eigensweep_analysis.layout import robust_accuracies
from eigensweep_analysis.networks import networks
from eigensweep_analysis.overview import overview_figures
from eigensweep_analysis.page import network_table, troubles_table
from eigensweep_analysis.panels import MOST_IN_FILE_NAME, NoFigure, Picture, file_name, literal, short
from sample import EPSILONS, SEED, STRENGTH, WIDTH, axis, write


def plan(name, panels=1, error=None):
    def draw():
        if error:
            raise error
        figure = Figure(figsize=(1, 1))
        figure.subplots().plot([0, 1])
        return Picture(name, f"caption of {name}", figure)

    return Plan(f"what {name} shows", draw, panels)


def test_a_figure_that_cannot_be_drawn_is_a_sentence():
    shown = Gallery()
    kinds = [Kind("figure of a", [plan("one"), plan("two", error=NoFigure("no network has it")), plan("three")]),
             Kind("figure of b", [plan("four", error=ZeroDivisionError("by\nzero"))]), Kind("figure of c", [], "no metric")]
    with pytest.warns(FailedFigures, match="^1 figure could not be drawn, which is a bug of ours; ") as warned:
        hung = shown.hang(kinds)
    assert len(warned) == 1 and shown.failed == 1
    assert [[h.picture.name for h in some] for some in hung] == [["one", "three"], [], []]
    assert shown.left_out == [
        "what two shows: no network has it",
        "what four shows: it could not be drawn (ZeroDivisionError: by zero); this is a bug of ours",
        "no figure of c: no metric",
    ]
    assert list(shown.files) == [f"{name}.{suffix}" for name in ("one", "three") for suffix in ("svg", "pdf", "csv")]


@pytest.mark.parametrize("command", [["report"], ["figures", "width"], ["figures", "paper"]])
@pytest.mark.filterwarnings("always:something else")
def test_a_command_says_how_many_figures_failed(tmp_path, monkeypatch, capsys, command):
    file, calls = write(tmp_path / "r.h5", axes=(WIDTH, STRENGTH), attacks=("fgsm", "pgd", "apgd"), metrics=False), []

    def render(picture):
        calls.append(picture)
        if len(calls) < 3:
            raise ZeroDivisionError("division by zero")
        warnings.warn("something else")
        return [("svg", b"image")]

    monkeypatch.setattr(gallery, "render", render)
    with pytest.warns(UserWarning, match="something else"):
        assert main([*command, str(file), "--output", str(tmp_path / "out")]) == 0
    said = capsys.readouterr()
    assert said.err == "warning: 2 figures could not be drawn, which is a bug of ours; the list of what is not shown says why\n"
    page = said.out if command[0] == "figures" else (tmp_path / "out" / "report.html").read_text()
    assert page.count("it could not be drawn (ZeroDivisionError: division by zero)") == 2


def test_a_page_has_as_many_of_each_kind_and_says_what_it_left_out(coarse, monkeypatch):
    monkeypatch.setattr(gallery, "render", lambda picture: [("svg", b"image")])
    kinds = [Kind("figure of a", [plan(f"a{i}", 2) for i in range(50)]), Kind("figure of b", [plan(f"b{i}") for i in range(3)])]
    shown = Gallery((40, 9))
    assert [len(some) for some in shown.hang(kinds)] == [3, 3]
    assert shown.left_out == ["figure of a: 3 of 50 are drawn"] and shown.is_thinned
    assert [len(some) for some in Gallery((4, 900)).hang(kinds)] == [2, 2]
    assert [len(some) for some in Gallery().hang(kinds)] == [50, 3]
    # One of each kind, whatever its size.
    assert [len(some) for some in Gallery((40, 1)).hang([Kind("figure of c", [plan("c", 99)])])] == [1]


def test_names_of_files_are_short_and_their_own(monkeypatch):
    monkeypatch.setattr(gallery, "render", lambda picture: [("svg", b"image")])
    long = ["a" * 300, "a" * 299 + "b"]
    assert len({file_name(words) for words in long}) == 2
    assert all(len(file_name(words)) <= MOST_IN_FILE_NAME for words in long)
    assert file_name("pgd[steps=40]", "", "width 64") == "pgd-steps-40-_width-64"
    assert not file_name("../../etc").startswith(".") and "/" not in file_name("a/b") and file_name("\u6f22").isascii()
    shown = Gallery()
    shown.hang([Kind("figure", [plan("same"), plan("Same"), plan("same")])])
    names = list(shown.files)
    assert len({n.lower() for n in names}) == 6 and names[0] == "same.svg"


def test_names_in_figures_are_cut_in_the_middle_and_begin_no_formula():
    assert short("abc", 3) == "abc"
    cut = short("begin" + "x" * 100 + "end", 40)
    assert len(cut) <= 40 and cut.startswith("begin") and cut.endswith("end") and " ... " in cut
    assert literal("price $5 and $6") == r"price \$5 and \$6"
    assert literal(r"$\alpha = 1$") == r"$\alpha = 1$" and literal("$n^{-1}$") == "$n^{-1}$"


def test_the_page_says_how_to_get_the_figures_it_left_out(tmp_path, monkeypatch, coarse):
    monkeypatch.setattr(report, "MOST", (2, 100))
    file = write(tmp_path / "my results.h5", axes=(WIDTH, axis("rate", "/training/rate", list(range(9))), STRENGTH), attacks=("pgd",),
                 metrics=False)
    output = tmp_path / "out"
    assert main(["report", str(file), "--output", str(output), "--where", "width=64"]) == 0
    page = (output / "report.html").read_text()
    command = f"python -m eigensweep_analysis report &#x27;{file}&#x27; --output {output} --where width=64"
    assert "<li>figure of robust accuracy: 2 of 9 are drawn</li>" in page
    assert f"<li>All figures: {command} --all-figures</li>" in page
    assert f"<li>Those of a part of the study: {command} --where AXIS=VALUE</li>" in page
    assert main(["report", str(file), "--output", str(output), "--where", "width=64", "--all-figures"]) == 0
    page = (output / "report.html").read_text()
    assert page.count("<figure class='figure'") == 9 and "are drawn" not in page


def test_long_tables_have_the_best_and_say_how_to_get_all(tmp_path, monkeypatch, coarse):
    monkeypatch.setattr(network_table, "MOST_SETTINGS", 5)
    monkeypatch.setattr(troubles_table, "MOST_ROWS", 5)
    file = write(tmp_path / "r.h5", axes=(WIDTH, STRENGTH, axis("rate", "/training/rate", list(range(3))), SEED), attacks=(),
                 statuses={i: (3, "loss is not finite") for i in range(12)})
    assert main(["report", str(file)]) == 0
    page = (tmp_path / "report" / "report.html").read_text()
    assert f"5 of 18 settings, those with the best test accuracy. All networks: eigensweep export --csv {file}" in page
    assert "5 of 12 are listed. By reason:" in page and "<li>12 diverged: loss is not finite</li>" in page
    data = load(file)
    means = data.test_accuracy.mean("seed").values.ravel()
    best = np.sort(means[np.isfinite(means)])[::-1][:5]
    assert all(f"<span>{value:.3f}" in page for value in best)


def test_panels_and_lines_of_which_there_are_too_many_are_chosen_evenly(tmp_path, coarse):
    many = axis("strength", STRENGTH["pointer"], [i / 10 for i in range(30)])
    widths = axis("width", "/model/width", list(range(8, 48, 2)))
    file = write(tmp_path / "r.h5", axes=(widths, many), attacks=("pgd",), metrics=False)
    assert main(["report", str(file)]) == 0
    page = (tmp_path / "report" / "report.html").read_text()
    assert "Drawn: 8 of 20 values of width, 12 of 30 lines." in page


def test_a_random_search_is_drawn_over_every_axis(tmp_path):
    rows = [{"rate": i, "size": (7 * i) % 20, "kind": "ab"[i % 2]} for i in range(20)]
    axes = [axis("rate", "/training/rate", []), axis("size", "/training/size", []), axis("kind", "/model/kind", [])]
    data = for_figures(prepared(load(write(tmp_path / "r.h5", axes=axes, rows=rows, attacks=("pgd",)))))
    picture = overview_figures(data).plans[0].picture()
    panels = [a for a in picture.figure.axes if a.lines]
    assert [a.get_xlabel() for a in panels] == ["rate", "size", "kind"]
    with h5py.File(tmp_path / "r.h5") as raw:
        accuracy = raw["accuracy/test_accuracy"][:]
    dots = panels[1].lines[0]
    assert sorted(zip(dots.get_xdata().tolist(), dots.get_ydata().tolist())) == sorted(zip([r["size"] for r in rows], accuracy.tolist()))
    assert [t.get_text() for t in panels[2].get_xticklabels()] == ["a", "b"] or len(panels[2].get_xticklabels()) == 2
    # The best comes first in the table.
    assert data.point.values[0] == f"rate {rows[accuracy.argmax()]['rate']}, size {rows[accuracy.argmax()]['size']}, kind {rows[accuracy.argmax()]['kind']}"


def test_an_axis_called_as_a_column_does_not_hide_the_numbers(tmp_path, coarse):
    exponents = axis("exponent", "/dataset/exponent", [0.5, 1.0])
    file = write(tmp_path / "r.h5", axes=(exponents, WIDTH, SEED), attacks=())
    assert main(["report", str(file)]) == 0
    page = (tmp_path / "report" / "report.html").read_text()
    assert ">exponent, last layer</th>" in page and "<figure class='figure' id='exponent'>" in page


@pytest.mark.parametrize("has_zero", [True, False])
def test_the_clean_accuracy_of_the_attacked_samples_is_intensity_0(tmp_path, has_zero):
    file = write(tmp_path / "r.h5", axes=(WIDTH, SEED))
    with h5py.File(file, "a") as raw:
        robust = raw["attacks/robust_accuracy"]
        if has_zero:
            robust[..., 0] = np.nan
        else:
            raw["epsilon"][0] = 0.005
        clean = raw.create_dataset("attacks/clean_accuracy", data=np.linspace(0.9, 0.97, 8).reshape(4, 2))
        for place, scale in enumerate(("trial", "attack")):
            clean.dims[place].attach_scale(raw[scale])
    data = load(file)
    curves = list(robust_accuracies(data))
    assert [attack for _, attack, _ in curves] == ["fgsm", "pgd"]
    for values, attack, intensity in curves:
        assert values[intensity].values[0] == 0 and values.sizes[intensity] == len(EPSILONS) + (not has_zero)
        np.testing.assert_array_equal(values.sel(epsilon=0), data.clean_accuracy.sel(attack=attack))
        np.testing.assert_array_equal(values.sel(epsilon=0.1), data.robust_accuracy.sel(attack=attack, epsilon=0.1))
        assert values[intensity].attrs["units"] == "pixel"
    assert "epsilon 0<" in network_table.network_table(networks(data))
