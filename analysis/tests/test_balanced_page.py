# SPDX-License-Identifier: MIT
"""The report's section on balanced networks, on made-up simulations whose numbers are known."""

import csv
import re

import numpy as np
import pytest

from dale_sample import COUPLINGS, FIELD, GAIN, INPUTS, LIMIT, NEURONS, POPULATIONS, balanced
from eigensweep_analysis import figures, load
from eigensweep_analysis.balanced import curve, simulations
from eigensweep_analysis.balanced_page import findings
from eigensweep_analysis.by_width import prepared
from eigensweep_analysis.fold import for_figures
from eigensweep_analysis.report import write_report
from sample import SEED, axis, write

pytestmark = pytest.mark.usefixtures("coarse")

SEEDS = axis("seed", "/seed", [0, 1, 2, 3], "replicate")
POOLS = axis("populations", "/procedure/populations", ["pools"])


def rows_of(path):
    return simulations(for_figures(prepared(load(path))))


def page_of(path, tmp_path):
    write_report(load(path), tmp_path / "report", everything=True)
    return (tmp_path / "report" / "report.html").read_text()


def near(points):
    """Points that numbers of a table are compared with, one after another."""
    return [pytest.approx(point, rel=1e-6, abs=1e-12) for point in points]


def table(tmp_path, name):
    """Line -> [(x, y)] of the first panel of a figure's numbers."""
    with open(tmp_path / "report" / "figures" / f"{name}.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    lines = {}
    for row in rows:
        if row["panel"] == rows[0]["panel"]:
            lines.setdefault(row["line"], []).append((float(row["x"]), float(row["y"])))
    return lines


def test_rows_have_swept_and_unswept_options_and_both_populations(tmp_path):
    rows = rows_of(balanced(tmp_path / "r.h5"))
    assert len(rows) == 24 and set(rows.populations) == {"one", "two"} and set(rows.neurons) == {100, 400}
    assert set(rows.cross_coupling) == {-0.5} and set(rows.part) == {""}
    one = rows[rows.populations == "one"]
    assert np.isfinite(one["rate 0"]).all() and np.isnan(one["rate 1"]).all()
    x, (mean, low, high), deviation = curve(one[one.neurons == 100], "inputs", "rate 0")
    assert list(x) == [20, 50, 100] and mean == pytest.approx([FIELD] * 3)
    spread = np.std([FIELD * 1.1, FIELD * 0.9], ddof=1)
    assert deviation == pytest.approx([spread] * 3) and high - low == pytest.approx([2 * spread] * 3)


def test_the_page_speaks_of_simulations_and_has_the_figures(tmp_path):
    page = page_of(balanced(tmp_path / "r.h5"), tmp_path)
    assert "24 simulations: 24 ok." in page and "Settings and simulations" in page and "Balanced networks</h2>" in page
    assert "<th scope='col'>simulations</th>" in page and "data-members='simulations'" in page
    text = re.sub(r"<script.*?</script>|<[^>]*>", " ", page, flags=re.DOTALL)
    assert not re.search(r"\d networks|over the networks|no figure of robust accuracy|no training chart", text)
    rates = table(tmp_path, "balanced_rate")
    assert rates["N = 100"] == near([(k, FIELD) for k in (20, 50, 100)])
    assert rates["mean field, N = 400"] == near([(k, FIELD) for k in (20, 50, 100)])
    assert {y for _, y in rates["limit of infinite K"]} == {LIMIT}
    assert table(tmp_path, "balanced_irregularity")["N = 400"][0] == pytest.approx((20, 0.4))
    response = table(tmp_path, "balanced_response")
    assert set(response) == {"one population", "two: excitatory", "two: inhibitory"}
    assert response["one population"] == near([(20, 1.0), (50, 0.4), (100, 0.2)])


def test_the_scatter_over_seeds_stands_below_the_deviation(tmp_path):
    page_of(balanced(tmp_path / "r.h5", NEURONS, INPUTS, SEEDS), tmp_path)
    with open(tmp_path / "report" / "figures" / "balanced_deviation.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    scatter = [(float(r["x"]), float(r["y"])) for r in rows if r["panel"] == "one population, scatter" and r["line"] == "K = 20"]
    wanted = [np.std([10 / n, -10 / n, 10 / n, -10 / n], ddof=1) for n in (100, 400)]
    assert scatter == near(zip((100, 400), wanted))
    mean = [float(r["y"]) for r in rows if r["panel"] == "one population" and r["line"] == "K = 20"]
    assert mean == pytest.approx([0, 0], abs=1e-12)


def test_pools_have_gain_and_errors_instead(tmp_path):
    path = balanced(tmp_path / "r.h5", POOLS, NEURONS, COUPLINGS, SEED)
    page = page_of(path, tmp_path)
    assert "Two pools of neurons compete" in page
    gain = table(tmp_path, "balanced_gain")
    assert gain["mean field, N = 100"] == near([(c, 1 - GAIN * c) for c in (-0.8, -0.4, 0)])
    assert gain["N = 100"] == near(gain["mean field, N = 100"])
    assert table(tmp_path, "balanced_errors")["N = 400"] == near([(-0.8, 0.1), (-0.4, 0.3), (0, 0.5)])
    assert not (tmp_path / "report" / "figures" / "balanced_rate.csv").exists()
    said = findings(rows_of(path))
    assert said[-1].endswith("gain 4.20 (mean field 4.20), error rate 0.10.") and "weight of -0.8 between them, N = 400" in said[-1]


def test_it_says_what_the_largest_simulations_deviate(tmp_path):
    said = findings(rows_of(balanced(tmp_path / "r.h5", POPULATIONS, NEURONS, INPUTS, axis("seed", "/seed", [0, 2, 4], "replicate"))))
    assert said[0] == "One population: at N = 400 and K = 100 rates are +2.5 \u00b1 0.0 % off the mean field, and answer within 0.2 tau."
    assert len(said) == 3


def test_what_another_option_changes_is_said_apart_and_is_no_scatter_of_seeds(tmp_path):
    rates = axis("drive", "/procedure/drive", [0.2, 0.3])
    path = balanced(tmp_path / "r.h5", axis("populations", "/procedure/populations", ["one"]), NEURONS, INPUTS, rates,
                    axis("seed", "/seed", [0, 2, 4], "replicate"))
    rows = rows_of(path)
    rows.loc[rows.part == "drive 0.3", "deviation 0"] += 0.5
    assert findings(rows) == [
        f"One population (drive {drive}): at N = 400 and K = 100 rates are +{rate} \u00b1 0.0 % off the mean field, and answer within "
        "0.2 tau." for drive, rate in ((0.2, 2.5), (0.3, 52.5))]
    pools = findings(rows_of(balanced(tmp_path / "p.h5", POOLS, NEURONS, COUPLINGS, rates, SEED)))
    assert len(pools) == 4 and sum("between them (drive 0.3), N = 400" in sentence for sentence in pools) == 2


def test_of_many_other_options_some_are_told(tmp_path):
    rates = axis("drive", "/procedure/drive", [0.1 * i for i in range(1, 11)])
    said = findings(rows_of(balanced(tmp_path / "r.h5", axis("neurons", "/procedure/neurons", [100]), rates, SEED)))
    assert len(said) == 8 + 1 and said[-1].startswith("These sentences are about 8 of 10 settings of the options")


def test_other_options_make_figures_of_their_own_and_what_lacks_numbers_is_said(tmp_path):
    noise = axis("drive_noise", "/procedure/drive_noise", [0.0, 0.1])
    path = balanced(tmp_path / "r.h5", axis("neurons", "/procedure/neurons", [100]), INPUTS, noise, SEED, steps=False,
                    statuses={0: (3, "it broke")})
    drawn = figures.draw(load(path))
    assert {"balanced_rate_drive-noise-0", "balanced_rate_drive-noise-0.1"} < set(drawn)
    page = page_of(path, tmp_path)
    assert "drive_step is 0, so no step of the drive was timed" in page and "the number of neurons has one value" in page
    assert "Simulations without results" in page and "it broke" in page


def test_a_random_search_of_simulations_has_a_page(tmp_path):
    chosen = [{"neurons": 100 + 7 * i, "inputs": 20 + 3 * i, "seed": i} for i in range(20)]
    axes = (axis("neurons", "/procedure/neurons", []), axis("inputs", "/procedure/inputs", []), axis("seed", "/seed", [], "replicate"))
    path = balanced(tmp_path / "r.h5", *axes, rows=chosen)
    assert load(path).attrs["layout"] == "trials"
    assert "Balanced networks</h2>" in page_of(path, tmp_path) and len(rows_of(path)) == 20


@pytest.mark.parametrize("seeds, words", [([0], "One simulation per point."), ([0, 1], "Means over simulations that differ by their seed")])
def test_captions_say_what_a_point_is(tmp_path, seeds, words):
    page = page_of(balanced(tmp_path / "r.h5", INPUTS, NEURONS, axis("seed", "/seed", seeds, "replicate")), tmp_path)
    captions = re.findall(r"<figcaption>(.*?)<span", page)
    assert len(captions) == 4 and all(words in caption for caption in captions)


def test_networks_that_are_trained_are_networks(tmp_path):
    path = write(tmp_path / "r.h5", axes=(SEED,))
    page = page_of(path, tmp_path)
    assert "2 networks: 2 ok." in page and "Settings and networks" in page and "simulations" not in page.split("<script>")[0]
    assert len(rows_of(path)) == 0
