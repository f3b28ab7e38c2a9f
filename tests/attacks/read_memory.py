"""Reads the memory of the process that started it, and its own through /proc, for the answers."""

import os


def attack(marker, folder, python_path):
    for process in (os.getppid(), "self"):
        try:
            with open(f"/proc/{process}/maps") as maps, open(f"/proc/{process}/mem", "rb") as mem:
                mem.seek(int(maps.readline().split("-")[0], 16))
                return mem.read(64)
        except OSError:
            continue
    raise LookupError("no memory can be read")
