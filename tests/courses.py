"""What the tests of courses share: hand-ins made from the release, and one demo for all of them."""

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from grader.answers import Answer, load_answers
from grader.build import notebook_bytes, notebook_from_source, student_notebook
from grader.content import content_root
from grader.course import Course, build_course

SET = "e2_local_rules"
FULL = 20.0


@cache
def answers() -> dict[str, Answer]:
    return {found.name: found for found in load_answers(content_root() / "tests" / "answers" / SET)}


@cache
def release() -> bytes:
    """The released notebook."""
    return notebook_bytes(student_notebook(SET))


@cache
def solution() -> bytes:
    """The instructor's notebook."""
    source = content_root() / "exercises" / SET / "exercise.py"
    return notebook_bytes(notebook_from_source(source.read_text(encoding="utf-8")))


def right() -> dict[str, Any]:
    """A hand-in that gets full points, to be spoiled."""
    return json.loads(answers()["ada_right"].notebook(release()))


def cell(notebook: dict[str, Any], name: str) -> dict[str, Any]:
    return next(found for found in notebook["cells"] if found["id"] == name)


def code(source: str, **more: Any) -> dict[str, Any]:
    base = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    return base | {"source": source} | more


def hand_in(course: Course, student: str, data: bytes | dict[str, Any]) -> Path:
    folder = course.submitted(student, SET)
    folder.mkdir(parents=True)
    if isinstance(data, dict):
        data = json.dumps(data).encode()
    (folder / f"{SET}.ipynb").write_bytes(data)
    return folder


def new_course(folder: Path) -> Course:
    """A course with its release made: a copy of one that was built and released once."""
    shutil.copytree(_released(), folder)
    return Course.open(folder)


@cache
def _released() -> Path:
    course = build_course(scratch() / "course").course
    course.convert("GenerateAssignment", SET)
    return course.root


def scores(course: Course) -> dict[str, float]:
    """What nbgrader's gradebook says, by student."""
    with course.gradebook() as gradebook:
        return {found.student_id: found.score for found in gradebook.assignment_submissions(SET)}


def run(*command: str, cwd: Path | None = None, **more: Any) -> subprocess.CompletedProcess[str]:
    """A command of this environment, by name, as a user would type it; its output as text."""
    program = str(Path(sys.executable).parent / command[0])
    environment = {**os.environ, "PYTHONWARNINGS": "default", "COLUMNS": "80"}
    return subprocess.run(
        [program, *command[1:]],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
        env=environment,
        **more,
    )


def scratch() -> Path:
    """A folder that is gone when the tests end."""
    folder = Path(tempfile.mkdtemp(prefix="minigrad-course-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@dataclass(frozen=True)
class Demo:
    folder: Path
    result: subprocess.CompletedProcess[str]
    seconds: float
    busy: bool  # others used the processors meanwhile

    @property
    def course(self) -> Course:
        return Course.open(self.folder)


@cache
def demo() -> Demo:
    """`grader demo`, run once for all tests."""
    folder = scratch()
    started = time.monotonic()
    result = run("grader", "demo", cwd=folder)
    seconds = time.monotonic() - started
    busy = os.getloadavg()[0] > (os.cpu_count() or 1) + 1
    return Demo(folder / "minigrad-demo", result, seconds, busy)
