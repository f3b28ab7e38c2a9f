"""What a hand-in gets: the graded cells of a set, a Grade, and its place in the journal."""

from __future__ import annotations

import contextlib
import hashlib
import json
import platform
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from grader import staging
from grader.build import checked_task
from grader.cli import CommandError
from grader.course import Course
from grader.feedback import clean
from grader.journal import Journal
from grader.staging import Staged
from grader.task import Outcome, Verdict

# The parts of the grader that a verdict hangs on; when one of them changes, we judge again.
DECIDING = (
    "assess.py",
    "compare.py",
    "feedback.py",
    "judge.py",
    "reference.py",
    "sandbox",
    "staging.py",
    "task.py",
)


@dataclass(frozen=True)
class Check:
    """One graded cell of a set: its id, the task it checks, what it is worth."""

    grade_id: str
    task: str
    points: float


@dataclass(frozen=True)
class Grade:
    """What one hand-in gets: a verdict for each check, in order, and what there is to say.

    `problem` is "" or one sentence: why nothing was graded (infra) or nothing could be read.
    """

    student: str
    set_name: str
    key: str
    level: str
    outcome: str
    verdicts: list[dict[str, Any]]
    points: float
    notes: list[str] = field(default_factory=list)
    problem: str = ""

    @property
    def is_grade(self) -> bool:
        return self.outcome != Outcome.INFRA_ERROR.value

    def summary(self) -> str:
        """The verdict on the whole hand-in in one line."""
        if self.problem:
            return clean(self.problem)
        verdicts = [Verdict.from_dict(verdict) for verdict in self.verdicts]
        wrong = [verdict for verdict in verdicts if not verdict.passed]
        if not wrong:
            return "all right"
        kinds: dict[str, list[Verdict]] = {}
        for verdict in wrong:
            kinds.setdefault(verdict.kind, []).append(verdict)
        if len(kinds) > 1:
            parts = (f"{clean(kind, 45)} in {_names(found)}" for kind, found in kinds.items())
            return clean("; ".join(parts))
        where = "" if len(wrong) == len(verdicts) else f"{_names(wrong)}: "
        if len({verdict.message for verdict in wrong}) > 1:
            return clean(where + next(iter(kinds)))
        return clean(where + wrong[0].message)


def _names(verdicts: list[Verdict]) -> str:
    return ", ".join(verdict.task.partition(".")[2] for verdict in verdicts)


@cache
def released(path: Path, mtime_ns: int = 0) -> dict[str, Any]:
    """A notebook of ours, read once as long as it does not change; every source is one string."""
    notebook = json.loads(path.read_bytes())
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    return notebook


def release_of(course: Course, set_name: str) -> dict[str, Any]:
    """The released notebook of a set; CommandError when it was not made yet."""
    path = course.release(set_name)
    if not path.is_file():
        raise CommandError(
            f"{set_name} is not released yet. Make it: grader release {course.root} {set_name}"
        )
    return released(path, path.stat().st_mtime_ns)


def checks_of(release: dict[str, Any]) -> list[Check]:
    """The graded cells of a released notebook, in order."""
    checks = []
    for cell in release["cells"]:
        if not staging.is_graded(cell):
            continue
        task = checked_task(cell["source"])
        grade_id = staging.grade_id_of(cell)
        if task is None:
            raise CommandError(f"the graded cell `{grade_id}` does not call check(...)")
        checks.append(Check(grade_id, task, float(cell["metadata"]["nbgrader"]["points"])))
    return checks


def key_of(course: Course, student: str, set_name: str, staged: Staged, level: str) -> str:
    """SHA-256 over everything that decides a grade: the hand-in, the set, the grader, versions,
    the seed and the sandbox's level."""
    parts = [
        staged.sources,
        staged.problem,
        set_name,
        _set_digest(course, set_name),
        _environment(),
    ]
    parts += [hashlib.sha256(course.seed(student, set_name, staged.sources)).hexdigest(), level]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _set_digest(course: Course, set_name: str) -> str:
    from grader.exercises import load_set

    release = json.dumps(release_of(course, set_name), sort_keys=True).encode()
    return hashlib.sha256(release + _digest_of(load_set(set_name).path).encode()).hexdigest()


@cache
def _digest_of(*places: Path) -> str:
    """SHA-256 over the Python files in these places, names and contents."""
    digest = hashlib.sha256()
    for place in places:
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            data = path.read_bytes()
            digest.update(f"{path.relative_to(place.parent)} {len(data)}\n".encode() + data)
    return digest.hexdigest()


@cache
def _environment() -> dict[str, str]:
    from importlib.metadata import version

    ours = Path(__file__).parent
    versions = {package: version(package) for package in ("numpy", "torch", "matplotlib")}
    return versions | {
        "python": platform.python_version(),
        "grader": _digest_of(*(ours / name for name in DECIDING)),
    }


def recall(journal: Journal) -> tuple[dict[str, Grade], dict[tuple[str, str], list[Any]]]:
    """From the journal: grades by key, and under which key and time each hand-in was saved."""
    graded: dict[str, Grade] = {}
    saved: dict[tuple[str, str], list[Any]] = {}
    for record in journal:
        match record:
            case {"kind": "graded", "grade": dict(grade)}:
                with contextlib.suppress(TypeError):  # written by another version
                    graded[grade["key"]] = Grade(**grade)
            case {"kind": "void", "keys": list(keys)}:
                for key in keys:
                    graded.pop(key, None)
            case {"kind": "saved", "student": student, "set": set_name, "as": list(mark)}:
                saved[student, set_name] = mark
    return graded, saved


def remember(journal: Journal, grade: Grade) -> None:
    """Write a grade down; a fault of ours is written too, under a name that recall passes over."""
    kind = "graded" if grade.is_grade else "infra"
    time = datetime.now(UTC).isoformat(timespec="seconds")
    journal.add({"kind": kind, "time": time, "grade": asdict(grade)})
