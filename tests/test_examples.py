"""The examples in minigrad's docstrings run and show what they say."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import minigrad

NEEDS_WIDGETS = "minigrad.explore"  # its examples are run where the explorer is tested
MODULES = [
    name
    for _, name, _ in pkgutil.walk_packages(minigrad.__path__, "minigrad.")
    if not name.startswith(NEEDS_WIDGETS)
]


@pytest.mark.parametrize("name", ["minigrad", *MODULES])
def test_examples(name):
    with np.errstate(all="ignore"):  # as minigrad does; pytest makes errors of warnings
        found = doctest.testmod(importlib.import_module(name))
    assert found.failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder()
    count = sum(
        len(test.examples)
        for name in MODULES
        for test in finder.find(importlib.import_module(name))
    )
    assert count > 100
