"""`grader feedback COURSE [SET ...]`: a page for every student, made by nbgrader itself."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from grader.cli import CommandError
from grader.console import progress
from grader.course import CONFIG, Course
from grader.feedback import clean
from grader.pipeline import NOTHING


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("course", type=Path, help="the course folder")
    parser.add_argument("sets", nargs="*", metavar="SET", help="which sets; without it, all")
    parser.add_argument("--only", nargs="+", metavar="STUDENT", help="these students alone")


def run(args: argparse.Namespace) -> int:
    course = Course.open(args.course)
    with progress() as tell:
        pages, failed = write_pages(course, course.chosen_sets(args.sets), args.only, tell)
    for name, reason in failed:
        print(f"no page: {name}: {reason}")
    if not pages and not failed:
        raise CommandError(f"nothing is graded yet. Grade first: grader autograde {args.course}")
    print(f"{len(pages)} {'page' if len(pages) == 1 else 'pages'} in {course.root / 'feedback'}")
    return 1 if failed else 0


def write_pages(
    course: Course,
    sets: list[str],
    only: list[str] | None,
    tell: Callable[[str, int, int], None],
) -> tuple[list[Path], list[tuple[str, str]]]:
    """Write the pages of all graded hand-ins; returns them, and (hand-in, reason) of failures.

    A page that is newer than the notebook it shows, than the gradebook and than the course's
    configuration is left as it is.
    """
    graded = [
        (path.parent.parent.name, set_name)
        for set_name in sets
        for path in sorted(course.root.glob(f"autograded/*/{set_name}/{set_name}.ipynb"))
        if not only or path.parent.parent.name in only
    ]
    pages, failed = [], []
    for name in only or ():
        if name not in {student for student, _ in graded}:
            handed_in = any(course.submitted(name, set_name).exists() for set_name in sets)
            waits = f"not graded yet. Grade first: grader autograde {course.root} --only {name}"
            failed.append((clean(name, 60), waits if handed_in else NOTHING))
    for done, (student, set_name) in enumerate(graded, 1):
        page = course.feedback(student, set_name)
        try:
            shown = course.autograded(student, set_name)
            if not _newer(page, shown, course.root / "gradebook.db", course.root / CONFIG):
                course.convert("GenerateFeedback", set_name, student)
            pages.append(page)
        except CommandError as error:
            failed.append((f"{student}/{set_name}", str(error)))
        tell("feedback", done, len(graded))
    return pages, failed


def _newer(page: Path, *others: Path) -> bool:
    return page.exists() and all(page.stat().st_mtime > path.stat().st_mtime for path in others)
