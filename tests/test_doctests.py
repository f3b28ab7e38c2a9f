"""The examples in the docstrings of minigrad run and print what they say."""

import doctest
import importlib
import pkgutil

import pytest

import minigrad
from minigrad import printing


def modules() -> list[str]:
    """minigrad and all modules below it."""
    found = pkgutil.walk_packages(minigrad.__path__, "minigrad.")
    return ["minigrad", *sorted(module.name for module in found)]


def examples(module) -> list[doctest.DocTest]:
    return [test for test in doctest.DocTestFinder().find(module) if test.examples]


@pytest.mark.parametrize("name", modules())
def test_the_examples_of_a_module_run(name):
    before = printing.get_printoptions()
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    said: list[str] = []
    for test in examples(importlib.import_module(name)):
        runner.run(test, out=said.append)
    assert not runner.failures, "".join(said)
    assert printing.get_printoptions() == before
    assert minigrad.is_grad_enabled()


def test_there_are_examples():
    count = sum(len(examples(importlib.import_module(name))) for name in modules())
    assert count >= 60


def test_a_wrong_example_is_found():
    test = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, 0)
    runner = doctest.DocTestRunner()
    runner.run(test, out=lambda text: None)
    assert runner.failures == 1
