"""Writes a file where it was told that it may not."""

import os


def attack(marker, folder, python_path):
    return os.write(os.open(folder + "/left", os.O_WRONLY | os.O_CREAT), b"x")
