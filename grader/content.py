"""Where lessons and exercises lie: beside the package in a checkout, inside it in a wheel.

A wheel is for students: solutions and sample answers are in a checkout alone.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from grader.cli import CommandError


@cache
def content_root() -> Path:
    """The folder that holds notebooks/ and exercises/.

    FileNotFoundError, with the way out, when neither a checkout nor an installed copy is there.

    >>> (content_root() / "exercises").is_dir()
    True
    """
    package = Path(__file__).resolve().parent
    checkout, installed = package.parent, package / "course"
    if (checkout / "pyproject.toml").is_file() and (checkout / "exercises").is_dir():
        return checkout
    if (installed / "exercises").is_dir():
        return installed
    raise FileNotFoundError(
        f"the lessons and exercises are missing from {installed}: "
        "install the kit again (pip install --force-reinstall minigrad-kit)"
    )


def instructors_root() -> Path:
    """The content_root() of a checkout, where solutions and tests/answers/ are; else CommandError.

    >>> (instructors_root() / "tests" / "answers").is_dir()
    True
    """
    root = content_root()
    if not (root / "tests" / "answers").is_dir():
        raise CommandError(
            "this is a student's installation, without solutions. "
            "Use the project's own folder: see Try it in its README."
        )
    return root
