"""Leaves a file for the next student, wherever a file can be left."""

import os
import sys


def attack(marker, folder, python_path):
    everywhere = [".", "/tmp", "/dev/shm", "/var/tmp", "/packages", "/kit", *sys.path]
    for place in [folder] if os.environ.get("HARMLESS") else [folder, *everywhere]:
        for flags in (
            os.O_WRONLY | os.O_CREAT,
            os.O_RDWR | os.O_CREAT | os.O_EXCL,
            os.O_WRONLY | os.O_TMPFILE,
        ):
            try:
                return os.open(
                    place if flags & os.O_TMPFILE == os.O_TMPFILE else place + "/note", flags
                )
            except OSError:
                continue
    raise PermissionError("no place to leave a note")
