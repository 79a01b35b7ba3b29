# SPDX-License-Identifier: MIT
"""The pages against the repository: every relative link resolves, every path and command that the README names exists.

    docs_test.py <repository> [<eigensweep>]     with the program, its commands are held against the README's
"""

import re
import subprocess
import sys
from pathlib import Path

LINK = re.compile(r"\]\(([^)\s]+)\)")
PATH = re.compile(r"`((?:scripts|jobs|docs|bench|slurm|analysis|include|src|tests|cmake)/[\w./-]+)`")
COMMAND = re.compile(r"(?<![\w./-])eigensweep +([a-z]+)")


def broken_links(root: Path) -> list[str]:
    found = []
    for page in [root / "README.md", root / "CONTRIBUTING.md", *sorted((root / "docs").glob("*.md"))]:
        text = page.read_text()
        for target in LINK.findall(text):
            if not re.match(r"[a-z]+:", target) and not (page.parent / target.split("#")[0]).exists():
                found.append(f"{page.relative_to(root)}: the link to '{target}' leads nowhere")
        for target in PATH.findall(text):
            # An example of a file yet to be written says so by standing in the page's own code.
            if not (root / target).exists() and f"`{target}`:" not in text:
                found.append(f"{page.relative_to(root)}: names '{target}', which does not exist")
    return found


def unknown_commands(root: Path, program: str) -> list[str]:
    named = set(COMMAND.findall((root / "README.md").read_text()))
    text = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
    known = set(re.findall(r"^  ([a-z]+) {2,}", text.split("Subcommands:")[-1], re.MULTILINE))
    return [f"README.md: names the command '{name}', which {program} --help does not" for name in sorted(named - known)] + [
        f"README.md: does not name the command '{name}'" for name in sorted(known - named)
    ]


if __name__ == "__main__":
    repository = Path(sys.argv[1])
    problems = unknown_commands(repository, sys.argv[2]) if len(sys.argv) > 2 else broken_links(repository)
    print("\n".join(problems))
    sys.exit(bool(problems))
