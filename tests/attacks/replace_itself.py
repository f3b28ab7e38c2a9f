"""Becomes another program, which no longer is under the eyes of this Python."""

import os
import sys


def attack(marker, folder, python_path):
    os.execv(sys.executable, [sys.executable, "-c", "print('GAINED another program')"])
