"""Sends a signal (number 0, which only asks) to its parent and to everyone in its group."""

import os


def attack(marker, folder, python_path):
    for target in (os.getppid(), 0, 1):
        try:
            os.kill(target, 0)
            return target
        except OSError:
            continue
    raise PermissionError("no signal to anyone")
