# SPDX-License-Identifier: MIT
"""The command line: python -m eigensweep_analysis report RESULTS, figures paper RESULTS..., figures width RESULTS."""

import argparse
import os
import sys
from pathlib import Path

from eigensweep_analysis.load import ResultsError, load


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="eigensweep_analysis", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    report = commands.add_parser("report", help="write figures and one HTML page about a study")
    report.add_argument("results", help="a results.h5")
    report.add_argument("--output", help="folder to write into (default: report/ beside the results file)")
    figures = commands.add_parser("figures", help="write figures of one kind and a table of their numbers")
    figures.add_argument("which", choices=["paper", "width"], help="paper: Nassar et al. 2020, from the studies in "
                         "jobs/paper; width: what goes with the width, up to infinity (one study)")
    figures.add_argument("results", nargs="+", help="results.h5 of one or several studies")
    figures.add_argument("--output", help="folder to write into (default: paper/ or width/ beside the first results file)")
    figures.add_argument("--against", metavar="AXIS", help="width: the regime map's other axis, a swept number (default: "
                         "a penalty's strength, else the first, the depth last)")
    options = parser.parse_args(arguments)
    try:
        _check_names([options.results] if options.command == "report" else options.results, options.output)
        text = _report(options) if options.command == "report" else _figures(options)
    except (ResultsError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(text)
    return 0


def _check_names(results, output):
    """Pages and figures hold the names of files: a path that is no UTF-8 is refused before anything is written."""
    for path in [*results, *([] if output is None else [output])]:
        whole = os.path.abspath(path)
        try:
            whole.encode()
        except UnicodeEncodeError:
            shown = ascii(os.fsencode(whole))[2:-1]
            raise ResultsError(f"{shown}: is not UTF-8 (a page holds no other text); rename the file or folder") from None


def run(arguments=None):
    """Does what `main` does; where standard output cannot be written, says so and returns 4, as eigensweep does.

    A reader that left (``| head``) has all that it wanted: nothing is said.
    """
    code, failure = 0, None
    try:
        try:
            code = main(arguments)
        except SystemExit as left:  # after --help, or a wrong command line
            code = left.code
        if sys.stdout is None:  # closed by the caller: print() says nothing then
            raise OSError("closed")
        sys.stdout.flush()
    except OSError as error:
        failure = error
        # What could not be written stays in Python's buffer: it would be tried, and complained of, once more at the end.
        if sys.stdout is not None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if failure is None or isinstance(failure, BrokenPipeError):
        return code
    print("error: standard output: cannot write all of it; make space, or write to another place", file=sys.stderr)
    return code or 4


def _report(options):
    data = load(options.results)
    from eigensweep_analysis.report import write_report  # matplotlib is slow to import

    output = Path(options.output) if options.output else Path(options.results).parent / "report"
    files = write_report(data, output, str(Path(options.results).resolve()))
    return f"wrote {files[0]} and {len(files) - 1} figure files in {output / 'figures'}"


def _figures(options):
    results = [(path, load(path)) for path in options.results]
    output = Path(options.output) if options.output else Path(options.results[0]).parent / options.which
    notes = []
    if options.which == "paper":
        if options.against is not None:
            raise ResultsError("--against: figures of the paper have no such axis; it goes with 'figures width'")
        from eigensweep_analysis.paper import write_paper

        files = write_paper(results, output)
    else:
        from eigensweep_analysis.width import write_width

        if len(results) > 1:
            raise ResultsError(f"{options.results[1]}: figures of the width are of one study; give one results.h5")
        files, notes = write_width(results[0][1], output, results[0][0], options.against)
    return "\n".join([*notes, f"wrote {len(files)} files into {output}"])


if __name__ == "__main__":
    sys.exit(run())
