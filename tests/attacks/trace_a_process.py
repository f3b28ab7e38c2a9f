"""Asks to be traced, the first step of looking into another process."""

import ctypes


def attack(marker, folder, python_path):
    trace_me = 0
    if ctypes.CDLL(None, use_errno=True).ptrace(trace_me, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "ptrace")
    return "traced"
