"""Holds memory in a file without a name, where a limit on memory may not count it."""

import os


def attack(marker, folder, python_path):
    return os.memfd_create("hidden")
