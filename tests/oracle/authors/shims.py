# SPDX-License-Identifier: MIT
"""What the code of Nassar et al. (github.com/josuenassar/power_law, 2020) needs to run on a current torch.

Nothing of their code is changed: a function that torch has removed since is put back in terms of its successor, and a
progress bar is replaced where it is not installed. Their model and trainer classes need neither torchvision nor fire.
"""

import importlib.machinery
import sys
import types
from pathlib import Path

import torch


def _symeig(matrix, eigenvectors=False, upper=True):
    """torch.symeig, removed in torch 2.0: ascending eigenvalues; no vectors unless asked for."""
    side = "U" if upper else "L"
    if eigenvectors:
        values, vectors = torch.linalg.eigh(matrix, UPLO=side)
        return values, vectors
    return torch.linalg.eigvalsh(matrix, UPLO=side), torch.empty(0, dtype=matrix.dtype)


def load_authors(power_law):
    """Their ModelFactory, from a checkout of their repository."""
    root = Path(power_law) / "cleanedup"
    if not (root / "ModelDefs" / "models.py").is_file():
        raise SystemExit(
            f"{power_law}: no cleanedup/ModelDefs/models.py in it (it should be a checkout of the authors' "
            "repository); git clone https://github.com/josuenassar/power_law"
        )
    torch.symeig = _symeig
    try:
        import tqdm  # noqa: F401
    except ImportError:
        stand_in = types.ModuleType("tqdm")
        stand_in.__spec__ = importlib.machinery.ModuleSpec("tqdm", None)  # torch looks for it
        stand_in.tqdm = lambda iterable, **_: iterable
        sys.modules["tqdm"] = stand_in
    sys.path.insert(0, str(root))
    from ModelDefs.models import ModelFactory

    return ModelFactory
