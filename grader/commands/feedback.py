"""`grader feedback COURSE [SET ...]`: a page for every student, made by nbgrader itself."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from grader.cli import CommandError
from grader.console import progress
from grader.course import CONFIG, Course
from grader.executor import Executor, Inline, Processes
from grader.feedback import clean
from grader.pipeline import NOTHING

FEW = 40  # pages; as long as these take, processes of their own need to start


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("course", type=Path, metavar="COURSE", help="the course folder")
    parser.add_argument("sets", nargs="*", metavar="SET", help="which sets; without it, all")
    parser.add_argument("--only", nargs="+", metavar="STUDENT", help="these students alone")
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="processes to use"
    )
    parser.usage = "grader feedback COURSE [SET ...] [--only STUDENT ...] [--workers N]"


def run(args: argparse.Namespace) -> int:
    course = Course.open(args.course)
    with progress() as tell:
        sets = course.chosen_sets(args.sets)
        pages, failed = write_pages(course, sets, args.only, tell, args.workers)
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
    workers: int = 1,
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
    failed = []
    for name in only or ():
        if name not in {student for student, _ in graded}:
            handed_in = any(course.submitted(name, set_name).exists() for set_name in sets)
            waits = f"not graded yet. Grade first: grader autograde {course.root} --only {name}"
            failed.append((clean(name, 60), waits if handed_in else NOTHING))
    jobs = [(str(course.root), student, set_name) for student, set_name in graded]
    old = [job for job in jobs if not _is_fresh(*job)]
    done = len(jobs) - len(old)
    executor: Executor = Inline()
    if len(old) > FEW and workers > 1:
        executor = Processes(min(workers, len(old)))
    lost = {}
    try:
        for job, error in executor.run(_write_page, old):
            if error is not None:
                lost[job] = clean(str(error))
            done += 1
            tell("feedback", done, len(jobs))
    finally:
        executor.close()
    pages = [course.feedback(student, name) for root, student, name in jobs]
    failed += [(f"{student}/{name}", reason) for (_, student, name), reason in lost.items()]
    return [page for page, job in zip(pages, jobs, strict=True) if job not in lost], failed


def _write_page(job: tuple[str, str, str]) -> None:
    root, student, set_name = job
    Course(Path(root)).convert("GenerateFeedback", set_name, student)


def _is_fresh(root: str, student: str, set_name: str) -> bool:
    course = Course(Path(root))
    page, shown = course.feedback(student, set_name), course.autograded(student, set_name)
    return _newer(page, shown, course.root / "gradebook.db", course.root / CONFIG)


def _newer(page: Path, *others: Path) -> bool:
    return page.exists() and all(page.stat().st_mtime > path.stat().st_mtime for path in others)
