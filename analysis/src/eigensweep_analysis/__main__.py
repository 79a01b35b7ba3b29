# SPDX-License-Identifier: MIT
"""The command line: python -m eigensweep_analysis report RESULTS [--output DIR]."""

import argparse
import sys
from pathlib import Path

from eigensweep_analysis.load import ResultsError, load


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="eigensweep_analysis", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    report = commands.add_parser("report", help="write figures and one HTML page about a study")
    report.add_argument("results", help="a results.h5")
    report.add_argument("--output", help="folder to write into (default: report/ beside the results file)")
    options = parser.parse_args(arguments)
    try:
        data = load(options.results)
        from eigensweep_analysis.report import write_report  # matplotlib is slow to import

        output = Path(options.output) if options.output else Path(options.results).parent / "report"
        files = write_report(data, output, str(Path(options.results).resolve()))
    except (ResultsError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"wrote {files[0]} and {len(files) - 1} figure files in {output / 'figures'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
