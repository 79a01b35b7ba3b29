# SPDX-License-Identifier: MIT
"""Reports and figures never overwrite other people's files: which folders they write into, and which they refuse."""

import pytest

from eigensweep_analysis import ResultsError, files, load
from eigensweep_analysis.__main__ import main
from eigensweep_analysis.paper import table as paper_table
from eigensweep_analysis.page import asset
from eigensweep_analysis.report import write_report
from sample import SEED, STRENGTH, WIDTH, write

pytestmark = pytest.mark.usefixtures("coarse")
COMMANDS = {"report": ["report"], "width": ["figures", "width"], "paper": ["figures", "paper"]}
#: One file that each command writes, and the table or page that an earlier version left beside it.
WRITTEN = {"report": "figures/accuracy_pgd.svg", "width": "sample_width_pgd.svg", "paper": "sample_pgd.svg"}
KNOWN_BY = {"report": "report.html", "width": "sample_width.csv", "paper": "sample.csv"}


def study(tmp_path, command="report"):
    """As small as the command's files allow: the table of `figures width` is of the kernel regime."""
    axes = (WIDTH, SEED) if command == "width" else (WIDTH, STRENGTH)
    return write(tmp_path / "results.h5", axes=axes, attacks=("pgd",), metrics=False, regime=command == "width")


def content(folder):
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def put(folder, name, words="somebody's"):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(words)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("which", [WRITTEN, KNOWN_BY])
def test_a_foreign_file_is_not_overwritten(tmp_path, capsys, command, which):
    file, out = study(tmp_path, command), tmp_path / "my things"
    put(out, which[command])
    put(out, "notes.txt")
    before = content(out)
    assert main([*COMMANDS[command], str(file), "--output", str(out)]) == 2
    assert capsys.readouterr().err == (
        f"error: {out / which[command]}: would be overwritten, and nothing shows that it is ours (the folder has no "
        ".eigensweep-report); move it away, or name another folder with --output\n")
    assert content(out) == before


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_of_other_files_is_used_and_marked(tmp_path, command):
    file, out = study(tmp_path, command), tmp_path / "out"
    put(out, "notes.txt")
    for _ in range(2):  # the second time over its own
        assert main([*COMMANDS[command], str(file), "--output", str(out)]) == 0
        assert (out / ".eigensweep-report").read_text().count("\n") == 1
        assert "eigensweep_analysis writes reports and figures" in (out / ".eigensweep-report").read_text()
    assert (out / "notes.txt").read_text() == "somebody's"
    assert (out / WRITTEN[command]).is_file() and (out / KNOWN_BY[command]).is_file()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_of_an_earlier_version_is_known_by_its_page_or_table(tmp_path, capsys, command):
    file, out = study(tmp_path, command), tmp_path / "out"
    assert main([*COMMANDS[command], str(file), "--output", str(out)]) == 0
    (out / ".eigensweep-report").unlink()
    page = out / "report.html"
    if command == "report":
        page.write_text(page.read_text().replace(files.GENERATOR + "\n", ""))
        assert asset("style.css") in page.read_text() and files.GENERATOR not in page.read_text()
    put(out, WRITTEN[command], "an old figure")
    assert main([*COMMANDS[command], str(file), "--output", str(out)]) == 0
    assert (out / ".eigensweep-report").is_file() and (out / WRITTEN[command]).read_bytes() != b"an old figure"
    # Without the mark, figures do not show who wrote them.
    (out / ".eigensweep-report").unlink()
    (out / KNOWN_BY[command]).unlink(missing_ok=True)
    for table in out.rglob("*.csv"):
        table.unlink()
    assert main([*COMMANDS[command], str(file), "--output", str(out)]) == 2
    assert "nothing shows that it is ours" in capsys.readouterr().err


def test_a_page_says_who_wrote_it_and_others_pages_are_not_taken_for_ours(tmp_path):
    data = load(study(tmp_path))
    page = write_report(data, tmp_path / "out")[0].read_text()
    assert page.startswith(f"{files.PAGE_BEGINS}\n{files.GENERATOR}\n")
    for words in (files.PAGE_BEGINS + "<p>mine</p>", f"<html>{files.GENERATOR}", "", "<!doctype html>"):
        put(tmp_path / "other", "report.html", words)
        with pytest.raises(ResultsError, match="report.html: would be overwritten"):
            write_report(data, tmp_path / "other")
    put(tmp_path / "third", "sample.csv", "study,network\n")
    with pytest.raises(ResultsError):
        files.refuse_foreign(tmp_path / "third", {"sample.csv": paper_table([])})


def test_devices_pipes_and_links_to_nothing_hold_nothing_to_lose(tmp_path):
    (tmp_path / "report.html").symlink_to("/dev/null")
    (tmp_path / "figure.png").symlink_to(tmp_path / "elsewhere.png")
    files.write_all(tmp_path, {"report.html": "page", "figure.png": b"image"})
    assert (tmp_path / "figure.png").is_symlink() and (tmp_path / "elsewhere.png").read_bytes() == b"image"
    (tmp_path / ".eigensweep-report").unlink()
    with pytest.raises(ResultsError, match="figure.png: would be overwritten"):
        files.write_all(tmp_path, {"report.html": "page", "figure.png": b"image"})
