"""Looks for open files that were left to it by those who started it."""

import select


def attack(marker, folder, python_path):
    found = []
    for descriptor in range(5, 1024):
        poller = select.poll()
        poller.register(descriptor)
        if not any(event & select.POLLNVAL for _, event in poller.poll(0)):
            found.append(descriptor)
    if not found:
        raise LookupError("nothing is open")
    return found
