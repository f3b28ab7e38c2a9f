"""Undoes what keeps others from looking into it."""

import ctypes


def attack(marker, folder, python_path):
    set_dumpable = 4
    if ctypes.CDLL(None, use_errno=True).prctl(set_dumpable, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    return "traceable"
