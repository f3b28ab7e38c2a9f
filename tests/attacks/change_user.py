"""Sets its user to what it is, which only who may change users can do without being refused."""

import os


def attack(marker, folder, python_path):
    os.setresuid(-1, os.getuid(), -1)
    return "a user"
