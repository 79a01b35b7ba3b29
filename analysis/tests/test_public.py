# SPDX-License-Identifier: MIT
"""What the package offers: every public function has types, and a docstring in numpydoc's form that names its parameters."""

import inspect
import re
from importlib.resources import files

import pytest

import eigensweep_analysis

NAMES = {name: getattr(eigensweep_analysis, name) for name in eigensweep_analysis.__all__}
FUNCTIONS = {name: f for name, f in NAMES.items() if inspect.isfunction(f)}
for module in filter(inspect.ismodule, NAMES.values()):
    FUNCTIONS |= {f"{module.__name__}.{name}": f for name, f in vars(module).items()
                  if inspect.isfunction(f) and f.__module__ == module.__name__ and not name.startswith("_")}


def test_modules_are_among_them():
    assert {"load", "eigensweep_analysis.tables.networks", "eigensweep_analysis.figures.draw"} <= set(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_types_and_docstring(name):
    function = FUNCTIONS[name]
    signature = inspect.signature(function)
    assert signature.return_annotation is not inspect.Signature.empty
    said = inspect.getdoc(function)
    parameters = re.search(r"Parameters\n-{10}\n(.*?)(\n\n[A-Z]|\Z)", said, re.DOTALL).group(1)
    named = [n.strip() for line in re.findall(r"^(\w[\w, ]*?)(?: :.*)?$", parameters, re.MULTILINE) for n in line.split(",")]
    for parameter in signature.parameters.values():
        assert parameter.annotation is not inspect.Parameter.empty, parameter
        assert parameter.name in named, parameter
    assert "\nReturns\n" in said


def test_type_checkers_may_read_them():
    assert (files("eigensweep_analysis") / "py.typed").is_file()
