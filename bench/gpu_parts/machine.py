# SPDX-License-Identifier: MIT
"""What the figures were measured with, and on: programs, device, versions."""

import datetime
import json
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from .programs import Deadline, Trouble, run
from .sizes import TINY, Sizes

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Bench:
    """What every part gets."""

    worker: Path
    program: Path
    device: str
    sizes: Sizes
    python: str
    jax_python: str
    folder: Path  # for all that is written
    row_limit: float  # seconds that one figure may take
    part_limit: float  # seconds that a part may take; 0: as its module says
    minutes: float  # that the paper's studies may take

    def deadline(self, seconds: float) -> Deadline:
        """When a part that begins now must be over; `seconds`: unless the command line says otherwise."""
        return Deadline(self.part_limit or seconds)

    @property
    def is_tiny(self) -> bool:
        return self.sizes is TINY


def visible_gpus(worker: Path) -> int:
    """How many GPUs the worker's LibTorch sees. Throws Trouble."""
    return json.loads(run([str(worker), "--devices"], limit=120)[1].splitlines()[-1])["cuda"]


def has_module(python: str, name: str) -> bool:
    """Whether this Python can import it; asked of the interpreter, without importing it."""
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec('{name}') is None)"
    try:
        return run([python, "-c", code], limit=60, codes=(0, 1))[0] == 0
    except Trouble:
        return False


def _said(command: list[str], otherwise: str) -> str:
    try:
        return run(command, limit=60)[1].strip().replace("\n", "; ")
    except (Trouble, OSError):
        return otherwise


def processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]}, {len(names)} threads" if names else "unknown"


def description(bench: Bench) -> dict[str, str]:
    """The head of both files: card, driver, versions, command, date."""
    query = ["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    packages = ("import torch; has_gpu = torch.cuda.is_available(); "
                "print(torch.__version__, 'CUDA', torch.version.cuda, torch.cuda.get_device_name() if has_gpu else '')")
    jax = "import jax; print(jax.__version__, 'on', jax.devices()[0].platform)"
    where = ["git", "-C", str(ROOT)]
    dirty = ", with changes" if _said([*where, "status", "--porcelain", "--untracked-files=no"], "") else ""
    return {
        "device": bench.device,
        "card, driver, memory": _said(query, "nvidia-smi says nothing") if bench.device != "cpu" else "none: on the CPU",
        "processor": processor(),
        "worker": _said([str(bench.worker), "--version"], "unknown"),
        "Python's torch": _said([bench.python, "-c", packages], "cannot be imported"),
        "Python's jax": _said([bench.jax_python, "-c", jax], "cannot be imported"),
        "revision": _said([*where, "rev-parse", "--short=12", "HEAD"], "unknown") + dirty,
        "command": shlex.join(["bench/gpu", *sys.argv[1:]]),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
    }
