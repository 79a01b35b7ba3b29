# SPDX-License-Identifier: MIT
"""The notebooks run from their first cell to their last, on studies of their own form that the program trains here."""

import importlib.util
import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "analysis/notebooks"
#: Notebook -> its study, and what makes it small: pointer -> value.
STUDIES = {
    "spectrum_and_robustness": ("quickstart", {
        "/dataset/train_samples": 2000, "/training/epochs": 2, "/attacks/fgsm/samples": 100, "/attacks/pgd/samples": 100}),
    "width_and_kernel_regime": ("kernel_regime-small", {
        "/dataset/train_samples": 100, "/model/width": {"sweep": [32, 64, 128, "inf"]}, "/seed": {"sweep": [0, 1]},
        "/training/epochs": 60, "/training/batch_size": 100, "/attacks/fgsm/samples": 50, "/attacks/pgd/samples": 50,
        "/metrics/kernel_regime/samples": 32, "/metrics/kernel_regression/train_samples": 100}),
}


def study(name, changes):
    content = json.loads((ROOT / f"jobs/{name}.json").read_text())
    for pointer, value in changes.items():
        *path, last = pointer.strip("/").split("/")
        inner = content
        for key in path:
            inner = inner[key]
        inner[last] = value
    return content


def test_every_notebook_is_tested():
    assert {path.stem for path in NOTEBOOKS.glob("*.ipynb")} == set(STUDIES)


@pytest.mark.parametrize("name", STUDIES)
def test_the_notebook_runs(tmp_path, monkeypatch, name):
    for package in ("nbclient", "ipykernel", "torch"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    if "EIGENSWEEP_BIN" not in os.environ:
        pytest.skip("EIGENSWEEP_BIN names no folder with eigensweep and eigensweep-worker")
    import nbclient
    import nbformat

    (tmp_path / "study.json").write_text(json.dumps(study(*STUDIES[name])))
    environment = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    done = subprocess.run([Path(os.environ["EIGENSWEEP_BIN"]) / "eigensweep", "run", "study.json", "--output", "out", "--device", "cpu"],
                          cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    monkeypatch.setenv("EIGENSWEEP_RESULTS", str(tmp_path / "out"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "analysis/src"))
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    drawn = [output for cell in notebook.cells for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]
    assert len(drawn) >= 2
