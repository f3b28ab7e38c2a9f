"""Starts a thread that goes on while the checks run."""

import threading


def attack(marker, folder, python_path):
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()
    return "a thread"
