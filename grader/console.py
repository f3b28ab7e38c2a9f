"""What the commands show: a progress bar, the sandbox's level, a table of results.

On a terminal with colour and bars; into a file or a pipe as plain lines.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from grader.cli import CommandError
from grader.feedback import clean

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from grader.course import Course
    from grader.grade import Grade

PLAIN_WIDTH = 100
LEVELS = {
    "hybrid": "bubblewrap and a list of allowed system calls",
    "files": "a list of allowed system calls and read-only files",
    "strict": "a list of allowed system calls, without files",
}


def console() -> Console:
    """Where results go: stdout, coloured only on a terminal."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else shutil.get_terminal_size((PLAIN_WIDTH, 24)).columns
    return Console(width=width, highlight=False)


@contextlib.contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """A function to tell how far things are: tell("judged", 3, 12); shown on stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    screen = Console(stderr=True)
    if not screen.is_terminal:
        yield _plain
        return
    columns = (TextColumn("{task.description:>9}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=screen, transient=True) as bar:
        tasks: dict[str, int] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield tell


def _plain(what: str, done: int, total: int) -> None:
    if done == total or done % max(1, total // 10) == 0:
        print(f"{what} {done} of {total}", file=sys.stderr, flush=True)


def level_line(out: Console, sets: list[str], unsafe: bool) -> str | None:
    """Say which sandbox will be used and return its level; CommandError if none holds here."""
    from grader.exercises import load_set
    from grader.sandbox import Sandbox, SandboxUnavailable

    if unsafe:
        out.print("[bold red]No sandbox[/]: students' code runs with your rights (--unsafe).")
        return None
    try:
        with Sandbox(load_set(sets[0]).packages) as box:
            level = box.level
    except SandboxUnavailable as error:
        raise CommandError(str(error)) from None
    out.print(f"Sandbox: [bold]{level}[/], {LEVELS[level]}")
    return level


def program(name: str) -> str:
    """How to call a program of this environment: its name if PATH finds it, else its path."""
    path = Path(sysconfig.get_path("scripts"), name)
    found = shutil.which(name)
    return name if found and Path(found).absolute() == path else str(path)


def results_table(
    course: Course, grades: list[Grade], about: Mapping[str, str] | None = None
) -> Table:
    """One line a hand-in: who, points, and the verdict; `about` says by name what it stands for."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from grader.grade import checks_of, release_of

    worth = {
        name: sum(check.points for check in checks_of(release_of(course, name)))
        for name in {grade.set_name for grade in grades}
    }
    several = len(worth) > 1
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("hand-in", no_wrap=True, overflow="ellipsis", max_width=30)
    if several:
        table.add_column("set", no_wrap=True)
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("verdict", overflow="fold")
    for grade in grades:
        full = worth[grade.set_name]
        style = "yellow" if not grade.is_grade else "green" if grade.points == full else "red"
        points = f"{grade.points:g} of {full:g}" if grade.is_grade else f"- of {full:g}"
        cells = [Text(clean(grade.student, 60)), Text(points, style=f"bold {style}")]
        if several:
            cells.insert(1, Text(grade.set_name))
        said = Text(grade.summary())
        if about and about.get(grade.student):
            said = Text.assemble((about[grade.student], "dim"), "\n\N{RIGHTWARDS ARROW} ", said)
        table.add_row(*cells, said)
    return table
