"""`grader export COURSE [FILE]`: the grades as CSV, safe to open in a spreadsheet.

The column "needs a look" says "yes" where a person should look before the points count: the
notebook could not be read and has 0 points, or a cell waits for points by hand.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grader.course import Course
from grader.journal import Journal

HEADER = ("student", "set", "points", "of", "late penalty", "needs a look")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("course", type=Path, metavar="COURSE", help="the course folder")
    parser.add_argument("file", nargs="?", type=Path, help="the file to write; without it, stdout")
    parser.epilog = (
        'The column "needs a look" says "yes" where a person should look before the points count: '
        "the notebook could not be read and has 0 points, or a cell waits for points by hand."
    )


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
    unread = {
        (record["student"], record["set"]): bool(record.get("problem"))
        for record in Journal(course.private / "journal.jsonl")
        if record.get("kind") == "saved"
    }
    with course.gradebook() as gradebook:
        for assignment in sorted(gradebook.assignments, key=lambda found: found.name):
            for hand_in in sorted(assignment.submissions, key=lambda found: found.student_id):
                who = (hand_in.student_id, assignment.name)
                look = hand_in.needs_manual_grade or unread.get(who, False)
                yield (
                    cell(hand_in.student_id),
                    cell(assignment.name),
                    hand_in.score,
                    hand_in.max_score,
                    hand_in.late_submission_penalty or 0.0,
                    "yes" if look else "",
                )


def cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula.

    >>> cell("=1+1"), cell("alice")
    ("'=1+1", 'alice')
    """
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
