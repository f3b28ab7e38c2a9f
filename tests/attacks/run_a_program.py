"""Runs another program, in every way that Python knows."""

import os
import subprocess
import sys


def attack(marker, folder, python_path):
    ways = (
        lambda: subprocess.run([sys.executable, "-c", ""], check=True),
        lambda: os.posix_spawn(sys.executable, [sys.executable, "-c", ""], {}),
        lambda: os.system("true") == 0 or 1 / 0,
    )
    for way in ways:
        try:
            return repr(way())
        except (OSError, ArithmeticError):
            continue
    raise PermissionError("no program can be run")
