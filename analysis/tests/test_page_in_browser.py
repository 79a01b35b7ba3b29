# SPDX-License-Identifier: MIT
"""The report's page in a real browser: at the width of a screen and of a phone, in print, and without scripts."""

import re
import shutil
import subprocess

import h5py
import pytest

from browser import ask, run
from eigensweep_analysis.__main__ import main
from sample import SEED, STRENGTH, WIDTH, axis, write

CHARTS = 5
#: Texts of charts that lie over one another or beyond their drawing, and those of the axis of epochs.
LABELS = """
const seen = (text) => { const box = text.getBoundingClientRect(); return text.textContent.trim() && box.width && text.getAttribute("opacity") !== "0"; };
const answer = {over: [], cut: [], epochs: [], count: 0, least: 99};
for (const figure of document.querySelectorAll("figure.drawn")) {
  const edge = figure.querySelector(".live svg").getBoundingClientRect();
  const texts = [...figure.querySelectorAll(".live svg text")].filter(seen);
  answer.count += texts.length;
  if (figure.id === "parallel-coordinates") answer.cut.push(...texts.map((t) => t.textContent).filter((words) => words.includes("\u2026")));
  texts.forEach((text, place) => {
    const a = text.getBoundingClientRect(), words = `${figure.id}: ${text.textContent}`;
    if (a.left < edge.left - 1 || a.right > edge.right + 1 || a.top < edge.top - 1 || a.bottom > edge.bottom + 1) answer.cut.push(words);
    for (const other of texts.slice(place + 1)) {
      const b = other.getBoundingClientRect();
      const halo = text.textContent === other.textContent && Math.abs(a.left - b.left) < 1 && Math.abs(a.top - b.top) < 1;
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left), down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      const apart = Math.abs(a.top - b.top) < 1 ? 3 : -1;  // words in one line need room between them
      if (!halo && across > -apart && down > 3) answer.over.push(`${words} / ${other.textContent}`);
    }
  });
}
const parallel = document.querySelector("#parallel-coordinates .live");
answer.tall = Math.min(...[...parallel.querySelectorAll("svg text")].filter(seen).map((t) => t.getBoundingClientRect().height));
answer.epochs = [...document.querySelectorAll(`#training g[aria-label*="'epoch'"]`)].map(
  (axis) => [...axis.querySelectorAll(".role-axis-label text")].map((t) => t.textContent));
return answer;
"""
ATTACKS = {"fgsm": "FGSM", "pgd": "PGD", "mi_fgsm": "MI-FGSM", "apgd": "APGD", "square": "Square attack", "strict": "strict protocol"}
LAYOUT = """
const root = document.documentElement;
const beyond = [...document.querySelectorAll("body *")].filter((e) => e.offsetParent && !e.closest(".wide, .live, pre, dialog") &&
  e.getBoundingClientRect().right > root.clientWidth + 1).map((e) => e.tagName + " " + e.textContent.slice(0, 40));
const row = document.querySelector(".data tbody:not([hidden]) .setting");
const cells = [...row.cells].filter((c) => c.getBoundingClientRect().width > 0 && c.getBoundingClientRect().right <= root.clientWidth);
return {beyond, scrolls: root.scrollWidth - root.clientWidth, heads: cells.map((c) => c.dataset.head),
        numbers: cells.map((c) => c.innerText.trim()), drawn: document.querySelectorAll("figure.drawn svg").length,
        asked: performance.getEntriesByType("resource").map((r) => r.name).filter((n) => n.startsWith("http"))};
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    file = write(folder / "r.h5", axes=(WIDTH, STRENGTH, SEED), attacks=tuple(ATTACKS), statuses={3: (3, "loss is not finite")})
    assert main(["report", str(file), "--output", str(folder / "out")]) == 0
    return (folder / "out/report.html").read_text()


@pytest.mark.parametrize("width", [1300, 390])
def test_every_attack_is_visible_and_nothing_is_cut_off(page, tmp_path, width):
    found = ask(page, tmp_path, width, LAYOUT)
    assert found["beyond"] == [] and found["scrolls"] <= 0
    assert set(ATTACKS.values()) <= set(found["heads"])
    assert all(found["numbers"])
    assert found["drawn"] >= CHARTS
    assert found["asked"] == []  # it works offline


@pytest.mark.parametrize("width", [1300, 390])
def test_labels_of_charts_can_be_read(tmp_path, width):
    rate = axis("optimizer_learning_rate_of_the_readout", "/training/rate", [0.001, 0.01])
    other = axis("optimizer_learning_rate_of_all_others", "/training/other", [0.1, 0.2])
    file = write(tmp_path / "r.h5", axes=(WIDTH, rate, other), attacks=("strict",), epochs=2)
    with h5py.File(file, "a") as raw:
        values = raw["attacks/robust_accuracy"]
        values[...] = 0.21 + 0.05 * (values[...] - values[...].min())
    assert main(["report", str(file), "--output", str(tmp_path / "out")]) == 0
    found = ask((tmp_path / "out/report.html").read_text(), tmp_path, width, LABELS)
    assert found["over"] == [] and found["cut"] == [] and found["count"] > 80
    assert found["tall"] > 10  # it scrolls rather than shrinks
    assert len(found["epochs"]) >= 2 and all(axis == ["1", "2"] for axis in found["epochs"])


def test_what_scrolls_has_a_shadow_and_cards_say_the_intensity(page, tmp_path):
    found = ask(page, tmp_path, 390, """
const says = (name) => getComputedStyle(document.querySelector(`.data [data-head="${name}"]`), ":before").content.replaceAll('"', "");
const level = document.querySelector(".tools select");
const answer = {before: says("PGD"), plain: says("test accuracy")};
level.value = level.options.length - 1;
level.dispatchEvent(new Event("change"));
answer.after = says("PGD");
const wide = [...document.querySelectorAll(".wide, .live.scrolls")].filter((e) => e.scrollWidth > e.clientWidth);
answer.wide = wide.map((e) => e.classList[0]);
answer.shadows = wide.map((e) => getComputedStyle(e).backgroundAttachment);
answer.covered = wide.map((e) => [...e.querySelectorAll("svg, table, td")].map((inner) => getComputedStyle(inner).backgroundColor))
  .flat().filter((colour) => colour !== "rgba(0, 0, 0, 0)");
return answer;""")
    assert found["before"].endswith("epsilon 0.05") and found["after"].endswith("epsilon 0.2")
    assert "epsilon" not in found["plain"]
    assert {"wide", "live"} <= set(found["wide"])
    assert all(shadow.startswith("local, local, scroll, scroll") for shadow in found["shadows"]) and found["covered"] == []


def test_the_table_sorts_filters_folds_and_changes_the_intensity(page, tmp_path):
    found = ask(page, tmp_path, 1300, """
const table = document.querySelector(".data"), tools = document.querySelector(".tools");
const bodies = () => [...table.tBodies].filter((b) => !b.hidden);
const column = (name) => [...table.tHead.rows[0].cells].findIndex((c) => c.textContent.startsWith(name));
const values = (name) => bodies().map((b) => b.rows[0].cells[column(name)].innerText);
const answer = {settings: bodies().length, folded: bodies().filter((b) => b.classList.contains("folded")).length};
table.tHead.rows[0].cells[column("test accuracy")].click();
answer.sorted = values("test accuracy").map(parseFloat);
table.tHead.rows[0].cells[column("width")].click();
answer.widths = values("width");
const search = tools.querySelector("input");
search.value = "256";
search.dispatchEvent(new Event("input"));
answer.found = values("width");
search.value = "";
search.dispatchEvent(new Event("input"));
const shown = () => [...table.querySelectorAll(".network")].filter((r) => r.offsetParent).length;
answer.before = shown();
bodies()[0].querySelector(".fold").click();
answer.one = shown();
[...tools.querySelectorAll("button")].pop().click();
answer.all = shown();
const level = tools.querySelector("select");
answer.levels = [...level.options].map((o) => o.text);
answer.at = values("PGD");
level.value = level.options.length - 1;
level.dispatchEvent(new Event("change"));
answer.then = values("PGD");
return answer;""")
    assert (found["settings"], found["folded"], found["before"], found["one"], found["all"]) == (6, 6, 0, 2, 12)
    assert found["sorted"] == sorted(found["sorted"], reverse=True)
    assert [int(re.sub(r"\D", "", w)) for w in found["widths"]] == [64] * 3 + [256] * 3
    assert len(found["found"]) == 3 and all("256" in w for w in found["found"])
    assert found["levels"][0] == "epsilon 0" and found["levels"][-1] == "epsilon 0.2"
    assert all(a != b for a, b in zip(found["at"], found["then"]))


def test_a_chart_shows_the_attack_of_the_reader_s_choice_and_a_figure_enlarges(page, tmp_path):
    found = ask(page, tmp_path, 1300, """
const chart = document.getElementById("robust-accuracy");
const lines = () => [...chart.querySelectorAll("svg path")].map((p) => p.getAttribute("d")).join();
const select = chart.querySelector("select"), before = lines();
select.value = "FGSM";
select.dispatchEvent(new Event("input"));
select.dispatchEvent(new Event("change"));
await new Promise((done) => setTimeout(done, 300));
const changed = before !== lines();
document.querySelector("figure.figure img").click();
const dialog = document.querySelector("dialog");
const open = dialog.open;
dialog.click();
await new Promise((done) => setTimeout(done, 100));
return {changed, open, left: document.querySelectorAll("dialog").length,
        csv: [...document.querySelectorAll("figure")].filter((f) => !f.querySelector("a.file[href]")).length};""")
    assert found == {"changed": True, "open": True, "left": 0, "csv": 0}


def test_on_a_phone_a_figure_scrolls_before_its_labels_get_too_small(page, tmp_path):
    shares = {}
    for width in (390, 1300):
        shares[width] = ask(page, tmp_path, width, """
return [...document.querySelectorAll("figure.figure img.still")].map((i) => i.offsetWidth / Number(i.getAttribute("width")));""")
    assert min(shares[390]) > 0.74 and min(shares[1300]) > 0.9 and max(shares[390]) <= 1


def test_without_scripts_drawings_and_all_networks_are_there(page, tmp_path):
    silent = re.sub(r"<script.*?</script>", "", page, flags=re.S).replace("<body>", "<body class='ready'>")
    found = ask(silent, tmp_path, 1300, """
return {still: [...document.querySelectorAll("img.still")].filter((i) => i.offsetParent && i.naturalWidth > 0).length,
        figures: document.querySelectorAll("figure").length,
        networks: [...document.querySelectorAll(".network")].filter((r) => r.offsetParent).length};""")
    assert found["still"] == found["figures"] > CHARTS
    assert found["networks"] == 12


def test_print_repeats_the_heads_of_a_long_table(tmp_path):
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext is installed; scripts/test installs poppler-utils")
    file = write(tmp_path / "r.h5", axes=(axis("width", "/model/width", list(range(8, 128))),), attacks=("pgd",), metrics=True)
    assert main(["report", str(file), "--output", str(tmp_path / "out")]) == 0
    run(tmp_path, f"--print-to-pdf={tmp_path}/page.pdf", "--no-pdf-header-footer", "--virtual-time-budget=20000",
        (tmp_path / "out/report.html").as_uri())
    text = subprocess.run(["pdftotext", "-layout", tmp_path / "page.pdf", "-"], capture_output=True, text=True, check=True).stdout
    pages = [p for p in text.split("\f") if re.search(r"^ *\d+ +1/1 ", p, re.M)]
    assert len(pages) >= 2 and all("networks" in p and "PGD" in p for p in pages)
    assert "filter rows" not in text


def test_the_page_is_light(page, tmp_path):
    assert len(page) < 5_000_000
    rates = axis("rate", "/training/rate", [i / 10 for i in range(1, 26)])
    many = axis("width", "/model/width", list(range(8, 128, 3)))
    file = write(tmp_path / "r.h5", axes=(many, rates), attacks=("pgd", "strict"))  # 1,000 networks
    assert main(["report", str(file), "--output", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out/report.html").stat().st_size < 5_000_000
