# SPDX-License-Identifier: MIT
"""What compiles with one version of LibTorch and not with another that we promise: a list of dimensions that begins with a literal 0 is
taken for a pointer to names as well by 2.11, and the call is ambiguous."""

import re
import sys
from pathlib import Path

AMBIGUOUS = re.compile(r"\.(sum|mean|var|std|amax|amin|logsumexp|prod)\(\{0[,}]")


def main() -> int:
    root = Path(sys.argv[1])
    sources = sorted(path for folder in ("src", "include", "tests", "bench") for path in (root / folder).rglob("*.[ch]pp"))
    found = [f"{path.relative_to(root)}:{number}: {line.strip()}" for path in sources
             for number, line in enumerate(path.read_text().splitlines(), 1) if AMBIGUOUS.search(line)]
    if not sources:
        found.append(f"{root}: no sources")
    for line in found:
        print(f"{line} (ambiguous with LibTorch 2.11); write torch::IntArrayRef({{0, ...}})")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
