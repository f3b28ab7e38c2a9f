"""`grader export COURSE [FILE]`: the grades as CSV, safe to open in a spreadsheet."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grader.course import Course

HEADER = ("student", "set", "points", "of", "late penalty", "needs a look")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("course", type=Path, help="the course folder")
    parser.add_argument("file", nargs="?", type=Path, help="the file to write; without it, stdout")


def run(args: argparse.Namespace) -> int:
    course = Course.open(args.course)
    lines = [HEADER, *rows(course)]
    if args.file is None:
        csv.writer(sys.stdout, lineterminator="\n").writerows(lines)
    else:
        with args.file.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(lines)
        print(f"wrote {len(lines) - 1} grades to {args.file}")
    return 0


def rows(course: Course) -> Iterator[tuple[Any, ...]]:
    """(student, set, points, of, late penalty, needs a look), sorted by set and student."""
    with course.gradebook() as gradebook:
        for assignment in sorted(gradebook.assignments, key=lambda found: found.name):
            for hand_in in sorted(assignment.submissions, key=lambda found: found.student_id):
                yield (
                    cell(hand_in.student_id),
                    cell(assignment.name),
                    hand_in.score,
                    hand_in.max_score,
                    hand_in.late_submission_penalty or 0.0,
                    "yes" if hand_in.needs_manual_grade else "",
                )


def cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula.

    >>> cell("=1+1"), cell("alice")
    ("'=1+1", 'alice')
    """
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
