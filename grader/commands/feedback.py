"""`grader feedback COURSE [SET ...]`: a page for every student, made by nbgrader itself."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from grader.cli import CommandError
from grader.console import progress
from grader.course import Course


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("course", type=Path, help="the course folder")
    parser.add_argument("sets", nargs="*", metavar="SET", help="which sets; without it, all")
    parser.add_argument("--only", nargs="+", metavar="STUDENT", help="these students alone")


def run(args: argparse.Namespace) -> int:
    course = Course.open(args.course)
    with progress() as tell:
        pages, failed = write_pages(course, course.chosen_sets(args.sets), args.only, tell)
    for name, reason in failed:
        print(f"{name}: {reason}")
    if not pages and not failed:
        raise CommandError(f"nothing is graded yet. Grade first: grader autograde {args.course}")
    print(f"{len(pages)} pages in {course.root / 'feedback'}")
    return 1 if failed else 0


def write_pages(
    course: Course,
    sets: list[str],
    only: list[str] | None,
    tell: Callable[[str, int, int], None],
) -> tuple[list[Path], list[tuple[str, str]]]:
    """Write the pages of all graded hand-ins; returns them, and (hand-in, reason) of failures.

    A page that is newer than the notebook it shows and than the gradebook is left as it is.
    """
    graded = [
        (path.parent.parent.name, set_name)
        for set_name in sets
        for path in sorted(course.root.glob(f"autograded/*/{set_name}/{set_name}.ipynb"))
        if not only or path.parent.parent.name in only
    ]
    pages, failed = [], []
    for done, (student, set_name) in enumerate(graded, 1):
        page = course.feedback(student, set_name)
        try:
            if not _newer(page, course.autograded(student, set_name), course.root / "gradebook.db"):
                course.convert("GenerateFeedback", set_name, student)
            pages.append(page)
        except CommandError as error:
            failed.append((f"{student}/{set_name}", str(error)))
        tell("feedback", done, len(graded))
    return pages, failed


def _newer(page: Path, *others: Path) -> bool:
    return page.exists() and all(page.stat().st_mtime > path.stat().st_mtime for path in others)
