"""Makes shared memory, which outlives a process."""

import os


def attack(marker, folder, python_path):
    name = "/dev/shm/" + folder.replace("/", "_")
    os.ftruncate(os.open(name, os.O_RDWR | os.O_CREAT), 4096)
    os.unlink(name)
    return "shared memory"
