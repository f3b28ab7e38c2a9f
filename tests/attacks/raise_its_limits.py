"""Sets a limit of its own."""

import resource


def attack(marker, folder, python_path):
    limit = resource.RLIMIT_CPU
    resource.setrlimit(limit, resource.getrlimit(limit))
    return "a limit"
