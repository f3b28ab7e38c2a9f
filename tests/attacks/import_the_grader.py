"""Imports the grader's own code."""

import importlib
import sys


def attack(marker, folder, python_path):
    sys.modules.pop("grader", None)
    sys.path += [path for path in python_path.split(":") if path]
    importlib.invalidate_caches()
    return importlib.import_module("grader.sandbox.report").__name__
