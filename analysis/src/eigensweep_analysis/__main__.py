# SPDX-License-Identifier: MIT
"""Figures, a page and exports of the results of eigensweep studies."""

import argparse
import contextlib
import os
import sys
import warnings
from pathlib import Path

from eigensweep_analysis.exports_command import add_export, export
from eigensweep_analysis.load import ResultsError, UnreadableResults, load
from eigensweep_analysis.watch import PAUSE, watch

EXIT_CODES = """exit codes: 0 all is well; 2 the command line asks for what the results do not have; 3 a results file is missing,
damaged or of another version; 4 the system refused: no permission, full disk, no memory; 70 a bug of ours"""


def main(arguments=None):
    """Runs one command and returns the exit code. Every error is one line on standard error."""
    options = _parser().parse_args(arguments)
    try:
        _check_names([options.results] if isinstance(options.results, str) else options.results, options.output)
        said = {"report": _report, "compare": _compare, "figures": _figures, "export": export}[options.command](options)
    except UnreadableResults as error:
        return _refuse(3, error)
    except ResultsError as error:
        return _refuse(2, error)
    except OSError as error:
        return _refuse(4, _reason(error, options.results))
    except MemoryError:
        return _refuse(4, "not enough memory; choose a part of the study with --where")
    except Exception as error:  # noqa: BLE001 - users get one line; developers can ask for the traceback
        if os.environ.get("EIGENSWEEP_TRACEBACK"):
            raise
        return _refuse(70, f"{type(error).__name__}: {error} (a bug of ours; EIGENSWEEP_TRACEBACK=1 shows where)")
    print(said)
    return 0


def _refuse(code, words):
    print(f"error: {' '.join(str(words).split())}", file=sys.stderr)
    return code


def _check_names(results, output):
    """Refuses a path that is no UTF-8 before anything is written, because pages and figures hold file names."""
    for path in [*results, *([] if output is None else [output])]:
        whole = os.path.abspath(path)
        try:
            whole.encode()
        except UnicodeEncodeError:
            shown = ascii(os.fsencode(whole))[2:-1]
            raise ResultsError(f"{shown}: is not UTF-8 (a page holds no other text); rename the file or folder") from None


def run(arguments=None):
    """Does what `main` does. If standard output cannot be written, prints that and returns 4, as eigensweep does.

    A reader that left (``| head``) is no error.
    """
    code, failure = 0, None
    try:
        try:
            code = main(arguments)
        except SystemExit as left:  # after --help, or a wrong command line
            code = left.code
        if sys.stdout is None:  # closed by the caller: print() raises no error then
            raise OSError("closed")
        sys.stdout.flush()
    except OSError as error:
        failure = error
        # Unwritten text stays in Python's buffer. At exit Python would try to write it again and print another error.
        if sys.stdout is not None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if failure is None or isinstance(failure, BrokenPipeError):
        return code
    print("error: standard output: cannot write all of it; make space, or write to another place", file=sys.stderr)
    return code or 4


def _reason(error, results):
    if error.filename is None:
        return str(error.strerror or error)
    name = os.fsdecode(error.filename)
    if name in ([results] if isinstance(results, str) else results):
        return f"{name}: {error.strerror}"
    return f"{name}: {error.strerror}; --output names another folder to write into"


def _parser():
    parser = argparse.ArgumentParser(prog="eigensweep_analysis", description=__doc__, epilog=EXIT_CODES,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    report = commands.add_parser("report", help="write figures and one HTML page about a study")
    report.add_argument("results", help="a results.h5, or the folder that it lies in")
    report.add_argument("--output", help="folder to write into (default: report/ beside the results file)")
    report.add_argument("--where", action="append", default=[], metavar="AXIS=VALUE",
                        help="look at these networks alone, e.g. --where width=256; may be repeated")
    report.add_argument("--all-figures", action="store_true", help="draw every figure, however many there are")
    report.add_argument("--watch", action="store_true", help="write it again whenever a run has new results, until the run has "
                        "ended; the page reloads itself")
    compared = commands.add_parser("compare", help="write a page about two studies: what they ask for differently, and how far "
                                   "their numbers are apart where they share a setting")
    compared.add_argument("results", nargs=2, metavar="RESULTS", help="results.h5 of each, or its folder")
    compared.add_argument("--output", help="folder to write into (default: compare/ beside the second results file)")
    compared.add_argument("--where", action="append", default=[], metavar="AXIS=VALUE",
                          help="look at these networks of both alone, e.g. --where width=256; may be repeated")
    figures = commands.add_parser("figures", help="write figures of one kind and a table of their numbers")
    figures.add_argument("which", choices=["paper", "width"], help="paper: Nassar et al. 2020, from the studies in "
                         "jobs/paper; width: results against width, with the infinite-width limit (one study)")
    figures.add_argument("results", nargs="+", help="results.h5 of one or several studies")
    figures.add_argument("--output", help="folder to write into (default: paper/ or width/ beside the first results file)")
    figures.add_argument("--where", action="append", default=[], metavar="AXIS=VALUE",
                         help="look at these networks alone, e.g. --where width=256; may be repeated")
    figures.add_argument("--against", metavar="AXIS", help="width: the regime map's other axis, a swept number (default: "
                         "a penalty's strength, else the first, the depth last)")
    add_export(commands)
    return parser


def _beside(results, name):
    results = Path(results)
    return (results if results.is_dir() else results.parent) / name


def _report(options):
    from eigensweep_analysis.report import write_report  # matplotlib is slow to import
    from eigensweep_analysis.where import only

    output = Path(options.output) if options.output else _beside(options.results, "report")

    def write(is_live):
        data = only(load(options.results), options.where)
        with _failures_in_a_line():
            files = write_report(data, output, str(Path(options.results).resolve()), options.all_figures,
                                 PAUSE if is_live else 0)
        return f"wrote {files[0]} and {len(files) - 1} figure files in {output / 'figures'}"

    return watch(options.results, write) if options.watch else write(False)


@contextlib.contextmanager
def _failures_in_a_line():
    """Prints how many figures failed, a line on standard error, and leaves all other warnings to Python."""
    from eigensweep_analysis.gallery import FailedFigures

    with warnings.catch_warnings():  # puts showwarning back too
        warnings.simplefilter("always", FailedFigures)
        show = warnings.showwarning

        def say(message, category, *where, **options):
            if issubclass(category, FailedFigures):
                print(f"warning: {message}", file=sys.stderr)
            else:
                show(message, category, *where, **options)

        warnings.showwarning = say
        yield


def _compare(options):
    from eigensweep_analysis.page.compare_page import write_comparison
    from eigensweep_analysis.where import only

    first, second = (only(load(path), options.where) for path in options.results)
    output = Path(options.output) if options.output else _beside(options.results[1], "compare")
    files = write_comparison(first, second, output, [str(Path(path).resolve()) for path in options.results])
    return f"wrote {files[0]} and {len(files) - 1} other files in {output}"


def _figures(options):
    from eigensweep_analysis.where import only

    results = [(path, only(load(path), options.where)) for path in options.results]
    output = Path(options.output) if options.output else _beside(options.results[0], options.which)
    if options.which == "paper":
        if options.against is not None:
            raise ResultsError("--against: figures of the paper have no such axis; it goes with 'figures width'")
        from eigensweep_analysis.paper import write_paper

        with _failures_in_a_line():
            files, notes = write_paper(results, output)
    else:
        from eigensweep_analysis.width import write_width

        if len(results) > 1:
            raise ResultsError(f"{options.results[1]}: figures of the width are of one study; give one results.h5")
        with _failures_in_a_line():
            files, notes = write_width(results[0][1], output, results[0][0], options.against)
    return "\n".join([*notes, f"wrote {len(files)} files into {output}"])


if __name__ == "__main__":
    sys.exit(run())
