"""The `grader` command: finds the command that was asked for and imports nothing else.

Every command is a module with `add_arguments(parser)` and `run(args) -> int`.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import os
import sys
from collections.abc import Sequence

COMMANDS = {
    "demo": ("grader.demo", "grade a small class, from release to gradebook"),
    "lab": ("grader.lab", "open JupyterLab on the lessons and exercises"),
    "doctor": ("grader.doctor", "show what is installed and how to repair what is not"),
    "build": ("grader.build", "make notebooks from their sources, or a course folder"),
    "release": ("grader.commands.release", "make the students' notebooks, without solutions"),
    "collect": ("grader.commands.collect", "take in submissions from folders and zip files"),
    "autograde": ("grader.commands.autograde", "judge what was handed in"),
    "report": ("grader.commands.report", "show what the class got stuck on"),
    "feedback": ("grader.commands.feedback", "write the feedback pages"),
    "export": ("grader.commands.export", "write the grades to a CSV file"),
}


class CommandError(Exception):
    """A command cannot go on; its text says why and how to go on, in a sentence or two."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 done with findings, 2 refused."""
    argv = list(sys.argv[1:] if argv is None else argv)
    chosen = next((word for word in argv if not word.startswith("-")), None)
    if chosen is not None and chosen not in COMMANDS:
        known = ", ".join(COMMANDS)
        print(
            f"grader: there is no command `{chosen}`. The commands are: {known}.", file=sys.stderr
        )
        return 2
    parser = argparse.ArgumentParser(
        prog="grader",
        usage="grader [-h] COMMAND ...",
        description="Lessons and graded exercises in automatic differentiation.",
        epilog="`grader COMMAND --help` says more about one command.",
    )
    commands = parser.add_subparsers(
        title="commands", dest="command", metavar="COMMAND ...", prog="grader"
    )
    for name, (_, summary) in COMMANDS.items():
        commands.add_parser(name, help=summary, description=_sentence(summary))
    if chosen is None:
        if not argv:
            parser.print_help()
            return 0
        parser.parse_args(argv)
        return 0
    try:
        module = importlib.import_module(COMMANDS[chosen][0])
        module.add_arguments(commands.choices[chosen])
        return module.run(parser.parse_args(argv))
    except CommandError as error:
        print(f"grader {chosen}: {error}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in ("grader", "minigrad"):
            raise
        print(
            f"grader {chosen}: the package `{error.name}` is missing; "
            'install the course part with: python -m pip install "minigrad-kit[course]"',
            file=sys.stderr,
        )
        return 2
    except KeyboardInterrupt:
        print(f"\ngrader {chosen}: stopped. The same command goes on from here.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output went away (`grader ... | head`)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        said = _about(error)
        if said is None:
            raise
        print(f"grader {chosen}: {said}", file=sys.stderr)
        return 2


def _about(error: OSError) -> str | None:
    """What the operating system refused, in words; None where the kit itself is at fault."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full. Make room; the same command goes on from here."
    place = error.filename if isinstance(error.filename, str) else ""
    ours = os.path.dirname(os.path.abspath(__file__))
    if not place or not error.strerror or os.path.abspath(place).startswith(ours + os.sep):
        return None
    return f"cannot use {place}: {error.strerror}. Name another place."


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


if __name__ == "__main__":
    sys.exit(main())
