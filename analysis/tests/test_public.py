# SPDX-License-Identifier: MIT
"""What the package offers: every public function has types, and a docstring in numpydoc's form that names its parameters."""

import inspect
import re
from importlib.resources import files

import pytest

import eigensweep_analysis

FUNCTIONS = [name for name in eigensweep_analysis.__all__ if inspect.isfunction(getattr(eigensweep_analysis, name))]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_types_and_docstring(name):
    function = getattr(eigensweep_analysis, name)
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
