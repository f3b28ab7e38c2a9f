"""`grader report COURSE [SET ...]`: what a class got stuck on, exercise by exercise."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from grader.cli import CommandError
from grader.console import console
from grader.course import Course
from grader.feedback import clean
from grader.grade import checks_of, release_of
from grader.judge import EMPTY
from grader.task import Outcome, Verdict

if TYPE_CHECKING:
    from rich.table import Table

NAMES = 6  # of the students behind one mistake


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("course", type=Path, metavar="COURSE", help="the course folder")
    parser.add_argument("sets", nargs="*", metavar="SET", help="which sets; without it, all")
    parser.epilog = (
        "It tells what the last autograde judged: how many have each exercise right, then every "
        "mistake with the students who made it, the most frequent one first."
    )


def run(args: argparse.Namespace) -> int:
    course = Course.open(args.course)
    out = console()
    judged = {name: verdicts(course, name) for name in course.chosen_sets(args.sets)}
    if not any(judged.values()):
        raise CommandError(f"nothing is graded yet. Grade first: grader autograde {args.course}")
    for set_name, by_student in judged.items():
        out.print(f"[bold]{set_name}[/]: {len(by_student)} graded")
        everywhere = {student: found for student, found in by_student.items() if _at_once(found)}
        if len(everywhere) < len(by_student):
            rest = {student: by_student[student] for student in by_student.keys() - everywhere}
            out.print(table(course, set_name, rest))
        lines = [f"{name}, in all: {found[0].message}" for name, found in everywhere.items()]
        waiting = sorted(set(course.students(set_name)[0]) - by_student.keys())
        lines += [f"not graded yet: {', '.join(waiting)}"] if waiting else []
        for line in lines:
            out.print(clean(line, 1000), markup=False, soft_wrap=True)
    out.print(f"Next: grader feedback {args.course}", markup=False, soft_wrap=True)
    return 0


def verdicts(course: Course, set_name: str) -> dict[str, list[Verdict]]:
    """What stands in the graded notebooks of a set, by student."""
    found = {}
    for path in sorted(course.root.glob(f"autograded/*/{set_name}/{set_name}.ipynb")):
        cells = json.loads(path.read_bytes())["cells"]
        notes = [out.get("metadata", {}) for cell in cells for out in cell.get("outputs", [])]
        told = [Verdict.from_dict(note["verdict"]) for note in notes if "verdict" in note]
        if told:
            found[path.parent.parent.name] = told
    return found


def _at_once(found: list[Verdict]) -> bool:
    """Whether one error spoiled every exercise: a notebook that cannot be read, for example."""
    errors = {verdict.message for verdict in found if verdict.outcome is Outcome.STUDENT_ERROR}
    return len(errors) == 1 < len(found) == sum(verdict.message in errors for verdict in found)


def table(course: Course, set_name: str, by_student: dict[str, list[Verdict]]) -> Table:
    """One line an exercise: how many have it right, and who did not for what reason."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from grader.page import exercise_names

    release = release_of(course, set_name)
    names = exercise_names(release)
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    made.add_column("exercise", overflow="fold")
    made.add_column("right", justify="right", no_wrap=True)
    made.add_column("not right, and who", overflow="fold")
    for check in checks_of(release):
        stuck: dict[str, list[str]] = {}
        for student in sorted(by_student):
            for verdict in by_student[student]:
                if verdict.task == check.task and not verdict.passed:
                    stuck.setdefault(verdict.kind, []).append(student)
        right = len(by_student) - sum(map(len, stuck.values()))
        style = "green" if not stuck else "red" if 2 * right < len(by_student) else "yellow"
        # What nobody wrote is told last: it is no mistake.
        by_size = sorted(stuck.items(), key=lambda found: (found[0] == EMPTY, -len(found[1])))
        said = "\n".join(f"{clean(kind, 45)}: {_some(who)}" for kind, who in by_size)
        count = Text(f"{right} of {len(by_student)}", style=f"bold {style}")
        made.add_row(Text(names[check.grade_id]), count, Text(said))
    return made


def _some(students: list[str]) -> str:
    shown = ", ".join(clean(student, 40) for student in students[:NAMES])
    more = len(students) - NAMES
    return f"{shown} and {more} more" if more > 0 else shown
