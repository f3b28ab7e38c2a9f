"""`grader autograde COURSE [SET ...]`: judge what was handed in and fill nbgrader's gradebook."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from grader.cli import CommandError
from grader.console import console, level_line, progress, results_table
from grader.course import Course

MANY = 60  # hand-ins; a longer table is no help


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("course", type=Path, metavar="COURSE", help="the course folder")
    parser.add_argument("sets", nargs="*", metavar="SET", help="which sets; without it, all")
    parser.add_argument("--only", nargs="+", metavar="STUDENT", help="these students alone")
    parser.add_argument("--again", action="store_true", help="judge also what is judged already")
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="processes to use"
    )
    parser.add_argument(
        "--unsafe",
        action="store_true",
        help="grade without a sandbox: students' code then runs with your rights",
    )
    parser.usage = (
        "grader autograde COURSE [SET ...] [--only STUDENT ...] [--again] [--workers N] [--unsafe]"
    )


def run(args: argparse.Namespace) -> int:
    from grader.pipeline import grade_course

    course = Course.open(args.course)
    sets = course.chosen_sets(args.sets)
    if args.workers < 1:
        raise CommandError("--workers must be 1 or more.")
    out = console()
    level = level_line(out, sets, args.unsafe)
    with progress() as tell:
        done = grade_course(
            course,
            sets,
            only=args.only,
            level=level,
            unsafe=args.unsafe,
            workers=args.workers,
            again=args.again,
            progress=tell,
        )
    if done.grades and len(done.grades) <= MANY:
        out.print(results_table(course, done.grades))
    for name, reason in done.failed:
        out.print(f"not graded: {name}: {reason}", markup=False, highlight=False, soft_wrap=True)
    if not done.grades and not done.failed:
        raise CommandError(
            f"nothing was handed in. Collect first: grader collect {args.course} ..."
        )
    out.print(
        f"{len(done.grades) - sum(not grade.is_grade for grade in done.grades)} graded, "
        f"{done.judged} of them judged now, {done.saved} written into the gradebook.",
        highlight=False,
    )
    if done.grades:
        out.print(f"Next: grader report {args.course}", markup=False, soft_wrap=True)
    return 1 if done.failed else 0
