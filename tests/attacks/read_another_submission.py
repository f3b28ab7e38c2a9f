"""Reads a file that lies beside another student's submission."""

import os


def attack(marker, folder, python_path):
    return os.read(os.open(marker, os.O_RDONLY), 100)
