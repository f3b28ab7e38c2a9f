"""`grader release COURSE [SET ...]`: the students' notebooks, made by nbgrader itself."""

from __future__ import annotations

import argparse
from pathlib import Path

from grader.course import Course


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("course", type=Path, metavar="COURSE", help="the course folder")
    parser.add_argument("sets", nargs="*", metavar="SET", help="which sets; without it, all")


def run(args: argparse.Namespace) -> int:
    course = Course.open(args.course)
    for set_name in course.chosen_sets(args.sets):
        course.convert("GenerateAssignment", set_name)
        print(f"released {course.release(set_name)}")
    print(f"Hand it out as it is. Then: grader collect {args.course} FOLDERS-OR-ZIPS")
    return 0
