# SPDX-License-Identifier: MIT
"""Runs the pytest tests of a Python package; exit code 77 (skipped), with the reason, where it cannot be run."""

import importlib.util
import subprocess
import sys

NEEDED = ("pytest", "numpy", "h5py", "xarray", "h5netcdf", "matplotlib")

missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
if missing:
    print(f"skipped: {sys.executable} has no {', '.join(missing)}; run scripts/setup --tests")
    sys.exit(77)
# The checkout stays clean: no caches, no bytecode.
command = [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"]
sys.exit(subprocess.run(command, cwd=sys.argv[1], check=False).returncode)
