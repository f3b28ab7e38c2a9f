"""Lists the folder where the other submissions lie."""

import os


def attack(marker, folder, python_path):
    return os.listdir(os.path.dirname(marker))
