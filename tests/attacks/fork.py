"""Multiplies."""

import os


def attack(marker, folder, python_path):
    child = os.fork()
    if child == 0:
        os._exit(0)
    return os.waitpid(child, 0)
