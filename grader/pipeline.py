"""From hand-ins to grades: stage, run in the sandbox, judge, write down, and let nbgrader save it.

    folder -> staging -> sandbox -> judge -> journal -> nbgrader's Autograde -> gradebook

Judging runs in worker processes, one sandbox each. One process writes: first the journal, then,
one after the other, nbgrader's gradebook. What the journal holds is never judged again; a hand-in
that fails never stops the others; a fault of ours is never a grade.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from grader import staging
from grader.assess import Canary, Job, assess, not_graded, sing
from grader.cli import CommandError
from grader.course import Course
from grader.executor import Executor, Processes
from grader.feedback import clean
from grader.grade import Grade, recall, remember
from grader.journal import Journal

BATCH = 64  # hand-ins between two canaries
NOTHING = "nothing was handed in under this name"


@dataclass
class Run:
    """What a run did, and what it could not do."""

    grades: list[Grade] = field(default_factory=list)  # of all hand-ins, also of earlier runs
    judged: int = 0
    saved: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)  # (hand-in, reason)


def grade_course(
    course: Course,
    sets: list[str],
    *,
    only: list[str] | None = None,
    level: str | None = None,
    unsafe: bool = False,
    workers: int = 1,
    again: bool = False,
    executor: Executor | None = None,
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> Run:
    """Grade what was handed in and is not graded yet; `progress(what, done, total)` is told.

    `only` names students; without it everybody is graded. `again` judges also what the journal
    has. Returns a Run; CommandError only when nothing can be graded at all.
    """
    run = Run()
    journal = Journal(course.private / "journal.jsonl")
    with one_at_a_time(course.private / "lock"):
        graded, saved = recall(journal)
        known = {} if again else graded
        jobs = list(_jobs(course, sets, only, level, unsafe, known, run))
        if not jobs:
            return run
        in_gradebook = {set_name: _students_saved(course, set_name) for set_name in sets}
        with contextlib.ExitStack() as stack:
            executor = executor or Processes(min(workers, len(jobs)))
            stack.callback(executor.close)
            _listen_to_canaries(executor, jobs)
            done = 0
            for batch in _batches(jobs):
                grades = []
                for job, result in executor.run(assess, batch):
                    done += 1
                    grades.append(_settle(job, result, graded, journal, run))
                    progress("graded", done, len(jobs))
                try:
                    _listen_to_canaries(executor, batch)
                except CommandError:
                    journal.add({"kind": "void", "keys": [grade.key for grade in grades]})
                    raise
                run.grades += grades
            executor.close()
            run.grades.sort(key=_by_name)
            new = []
            for grade in run.grades:
                known = not again and grade.student in in_gradebook[grade.set_name]
                if not grade.is_grade:
                    run.failed.append((f"{grade.student}/{grade.set_name}", grade.problem))
                elif not known or not _stands(course, grade, saved):
                    new.append(grade)
            for done, grade in enumerate(new, 1):
                _save(course, grade, journal, run)
                progress("written", done, len(new))
    return run


def _jobs(
    course: Course,
    sets: list[str],
    only: list[str] | None,
    level: str | None,
    unsafe: bool,
    graded: dict[str, Grade],
    run: Run,
) -> Iterator[Job]:
    keys: dict[tuple[str, str], set[str]] = {}
    for grade in graded.values():
        keys.setdefault((grade.student, grade.set_name), set()).add(grade.key)
    found = set()
    for set_name in sets:
        students, odd = course.students(set_name)
        for name in odd:
            reason = "the folder's name cannot be a student's id; rename it"
            run.failed.append((f"{clean(name, 60)}/{set_name}", reason))
        for student in students:
            if only and student not in only:
                continue
            found.add(student)
            known = frozenset(keys.get((student, set_name), ()))
            yield Job(str(course.root), set_name, student, level, unsafe, known)
    for name in only or ():
        if name not in found:
            run.failed.append((clean(name, 60), NOTHING))


def _batches(jobs: list[Job]) -> Iterator[list[Job]]:
    rest = iter(jobs)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _settle(job: Job, result: Any, graded: dict[str, Grade], journal: Journal, run: Run) -> Grade:
    """The grade of a job that ended, written down if it is new."""
    match result:
        case Grade():
            grade = result
        case str(key):
            return graded[key]
        case _:
            grade = not_graded(
                job.student, job.set_name, "", clean(f"{type(result).__name__}: {result}")
            )
    remember(journal, grade)
    run.judged += grade.is_grade
    return grade


def _stands(course: Course, grade: Grade, saved: dict[tuple[str, str], list[Any]]) -> bool:
    """Whether nbgrader has this very grade already."""
    who = (grade.student, grade.set_name)
    return saved.get(who) == _mark(course, grade) and course.autograded(*who).exists()


def _save(course: Course, grade: Grade, journal: Journal, run: Run) -> None:
    """Let nbgrader put one grade into its gradebook."""
    from grader import nbgrader_plugin

    who = (grade.student, grade.set_name)
    try:
        with nbgrader_plugin.prepared(grade):
            course.convert(
                "Autograde", grade.set_name, grade.student, submitted_directory=".grader/staged"
            )
    except CommandError as error:
        run.failed.append(("/".join(who), str(error)))
        return
    record = {"kind": "saved", "student": grade.student, "set": grade.set_name}
    journal.add(record | {"as": _mark(course, grade), "problem": grade.problem})
    run.saved += 1


def _mark(course: Course, grade: Grade) -> list[str | None]:
    """What nbgrader is given for a grade: a digest of notebook and verdicts, and the time."""
    folder = course.staged / grade.student / grade.set_name
    digest = hashlib.sha256((folder / f"{grade.set_name}.ipynb").read_bytes())
    digest.update(json.dumps(grade.verdicts, sort_keys=True).encode())
    return [digest.hexdigest(), staging.read_timestamp(folder)]


def _students_saved(course: Course, set_name: str) -> set[str]:
    """Who has this set in the gradebook; CommandError when the set itself is not in it."""
    with course.gradebook() as gradebook:
        if set_name not in {assignment.name for assignment in gradebook.assignments}:
            raise CommandError(
                f"{set_name} is not released yet. Make it: grader release {course.root} {set_name}"
            )
        return {submission.student_id for submission in gradebook.assignment_submissions(set_name)}


def _by_name(grade: Grade) -> tuple[str, str]:
    return (grade.set_name, grade.student)


@contextlib.contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Hold the course for one run; CommandError when another one has it."""
    try:
        import fcntl
    except ImportError:  # not Linux: the sandbox will say so
        yield
        return
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CommandError("another run is grading this course; wait until it ends.") from None
        yield


def _listen_to_canaries(executor: Executor, jobs: list[Job]) -> None:
    sets = sorted({job.set_name for job in jobs})
    canaries = [
        Canary(jobs[0].course, set_name, step, jobs[0].level, jobs[0].unsafe)
        for set_name in sets
        for step in ("source", "release")
    ]
    for canary, said in executor.run(sing, canaries):
        if isinstance(said, CommandError):
            raise said
        if said:
            raise CommandError(
                f"the grader cannot be trusted on {canary.set_name}, so nothing was graded: "
                f"{clean(str(said))}"
            )
