"""`grader demo [FOLDER]`: a small class, from the release to the gradebook and the feedback pages.

Twelve hand-ins come with the kit: right ones in different styles, typical mistakes, an empty one,
an endless loop, a broken file, three cheats. The demo knows what each must get and checks itself.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from grader.answers import Answer, load_answers
from grader.cli import CommandError
from grader.commands.feedback import write_pages
from grader.console import console, level_line, program, progress, results_table
from grader.content import instructors_root
from grader.course import CONFIG, Course, build_course
from grader.task import Verdict

if TYPE_CHECKING:
    from rich.console import Console

    from grader.pipeline import Run

SET = "e2_local_rules"
MARK = "demo"  # in .grader: this course was made by the demo


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path("minigrad-demo"),
        help="where to put the course (default: minigrad-demo)",
    )
    parser.add_argument(
        "--unsafe",
        action="store_true",
        help="grade without a sandbox: the demo's cheats then run with your rights",
    )


def run(args: argparse.Namespace) -> int:
    from grader.pipeline import grade_course

    started = time.monotonic()
    out = console()
    answers = load_answers(instructors_root() / "tests" / "answers" / SET)
    course = open_demo(args.folder)
    with progress() as tell:
        tell("building", 0, 2)
        build_course(course.root)
        tell("building", 1, 2)
        if not course.release(SET).exists():
            course.convert("GenerateAssignment", SET)
        tell("building", 2, 2)
    hand_in(course, answers)
    out.print(f"{len(answers)} students have handed in [bold]{SET}[/].")
    level = level_line(out, [SET], args.unsafe)
    names = [answer.name for answer in answers]
    with progress() as tell:
        done = grade_course(
            course,
            [SET],
            only=names,
            level=level,
            unsafe=args.unsafe,
            workers=os.cpu_count() or 1,
            progress=tell,
        )
        _, lost = write_pages(course, [SET], names, tell)
    about = {answer.name: answer.stands_for for answer in answers}
    out.print(results_table(course, done.grades, about))
    _next_steps(out, args.folder)
    differing = differences(course, answers, done) + [f"{who}: {why}" for who, why in lost]
    seconds = time.monotonic() - started
    for line in differing:
        out.print(line, markup=False, soft_wrap=True)
    right = len(answers) - len({line.partition(":")[0] for line in differing})
    style = "bold green" if not differing else "bold red"
    out.print(
        f"[{style}]{right} of {len(answers)} as promised[/]"
        + (f", graded in {seconds:.0f} s." if done.judged else ".")
    )
    return 1 if differing else 0


def open_demo(folder: Path) -> Course:
    """The demo's course, made if need be; CommandError for a folder that is something else."""
    mark = folder.absolute() / ".grader" / MARK
    if folder.exists() and not mark.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CommandError(
            f"{folder} is there already and was not made by the demo, so it is left alone. "
            f"Name another folder: grader demo FOLDER"
        )
    if not (folder / CONFIG).exists():
        build_course(folder)
        mark.write_text("This course was made by `grader demo`.\n")
    return Course.open(folder)


def hand_in(course: Course, answers: list[Answer]) -> None:
    """Put the twelve notebooks under submitted/ and the names into the gradebook."""
    release = course.release(SET).read_bytes()
    for answer in answers:
        path = course.submitted(answer.name, SET) / f"{SET}.ipynb"
        data = answer.notebook(release)
        if not path.exists() or path.read_bytes() != data:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    with course.gradebook() as gradebook:
        for answer in answers:
            first, _, last = answer.name.partition("_")
            names = {"first_name": first.title(), "last_name": last.replace("_", " ")}
            gradebook.update_or_create_student(answer.name, **names)


def differences(course: Course, answers: list[Answer], done: Run) -> list[str]:
    """What did not come out as promised, "student: what" a line."""
    from grader.grade import checks_of, release_of

    worth = {check.task: check.points for check in checks_of(release_of(course, SET))}
    grades = {grade.student: grade for grade in done.grades}
    lines = [f"{name.partition('/')[0]}: {reason}" for name, reason in done.failed]
    with course.gradebook() as gradebook:
        book = {hand.student_id: hand.score for hand in gradebook.assignment_submissions(SET)}
    for answer in answers:
        grade = grades.get(answer.name)
        if grade is None or not grade.is_grade:
            lines.append(f"{answer.name}: not graded")
            continue
        verdicts = [Verdict.from_dict(verdict) for verdict in grade.verdicts]
        points = {v.task.partition(".")[2]: worth[v.task] * v.passed for v in verdicts}
        lines += [f"{answer.name}: {said}" for said in answer.differences(verdicts, points)]
        if book.get(answer.name) != grade.points:
            lines.append(f"{answer.name}: the gradebook says {book.get(answer.name)}")
    return lines


def _next_steps(out: Console, folder: Path) -> None:
    pages = sorted(folder.glob("feedback/*/*/*.html"))
    rows = {
        "gradebook": str(folder / "gradebook.db"),
        "feedback": f"{pages[0]} and {len(pages) - 1} more" if pages else "none was written",
        "formgrader": f"cd {folder} && {program('jupyter')} lab",
        "": "then the menu Nbgrader > Formgrader, or the address that it prints with /formgrader",
        "your turn": f"{program('grader')} lab",
    }
    for name, text in rows.items():
        out.print(f"[bold]{name:>10}[/]  ", end="")
        out.print(text, soft_wrap=True, markup=False)
    out.print()
