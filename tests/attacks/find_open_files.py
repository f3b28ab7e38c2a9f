"""Looks for open files that were left to it by those who started it."""

import os


def attack(marker, folder, python_path):
    found = []
    for descriptor in range(5, 1024):
        try:
            os.fstat(descriptor)
            found.append(descriptor)
        except OSError:
            continue
    if not found:
        raise LookupError("nothing is open")
    return found
