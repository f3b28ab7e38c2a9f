"""Our part of nbgrader's own flow: Stage goes before its cleaning, Judge in place of Execute.

Both are named in nbgrader_config.py, so `nbgrader autograde`, the formgrader's button and `grader
autograde` all grade in the same way: no kernel runs, the judge's points and words stand in the
notebook where the outputs of the test cells would.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool

from grader import staging
from grader.assess import grade_staged
from grader.course import Course
from grader.feedback import as_html, as_text
from grader.grade import Grade, checks_of, recall, release_of, remember
from grader.journal import Journal
from grader.task import Verdict

_prepared: dict[tuple[str, str], Grade] = {}


@contextlib.contextmanager
def prepared(grade: Grade) -> Iterator[None]:
    """Meanwhile this hand-in, which is staged and judged, is only written down."""
    who = (grade.student, grade.set_name)
    _prepared[who] = grade
    try:
        yield
    finally:
        del _prepared[who]


class NotGraded(RuntimeError):
    """The judge could not work; nbgrader marks the submission as failed and no grade is saved."""


class _Ours(NbGraderPreprocessor):
    def hand_in(self, resources: dict[str, Any]) -> tuple[Course, str, str]:
        """The course, the student and the set that nbgrader is working on."""
        converter = self.parent.parent  # nbgrader: converter > exporter > preprocessor
        names = resources["nbgrader"]
        return Course(Path(converter.coursedir.root)), names["student"], names["assignment"]


class Stage(_Ours):
    """Puts the student's cells into the released notebook; see grader.staging."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        course, student, set_name = self.hand_in(resources)
        if (student, set_name) in _prepared:
            return nb, resources
        notes: list[str] = []
        release = release_of(course, set_name)
        cells = staging.parse(json.dumps(nb).encode(), notes)
        staged = staging.stage_cells(cells, release, notes)
        return nbformat.from_dict(staged.notebook), resources


class Judge(_Ours):
    """Writes the judge's feedback and points into each test cell; runs nothing itself.

    The points are an `execute_result` whose text is a float, nbgrader's way to partial credit;
    the feedback before it is a `display_data`, which nbgrader shows and does not count.
    """

    unsafe = Bool(
        False, help="Grade without a sandbox: students' code then runs with your rights."
    ).tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        course, student, set_name = self.hand_in(resources)
        grade = _prepared.get((student, set_name)) or self._grade(course, student, set_name, nb)
        if not grade.is_grade:
            raise NotGraded(grade.problem)
        verdicts = {data["task"]: Verdict.from_dict(data) for data in grade.verdicts}
        checks = {c.grade_id: c for c in checks_of(release_of(course, set_name))}
        missing = set(checks)
        for cell in nb.cells:
            if cell.cell_type != "code":
                continue
            cell.outputs, cell.execution_count = [], None
            if not staging.is_graded(cell):
                continue
            check = checks.get(staging.grade_id_of(cell))
            if check is None or check.task not in verdicts:
                raise NotGraded(f"the test cell {staging.grade_id_of(cell)} is not in the release")
            cell.outputs = outputs(verdicts[check.task], check.points)
            missing.discard(check.grade_id)
        if missing:
            raise NotGraded(f"the test cells {', '.join(sorted(missing))} are not in the notebook")
        return nb, resources

    def _grade(self, course: Course, student: str, set_name: str, nb: NotebookNode) -> Grade:
        sources = [
            cell.source
            for cell in nb.cells
            if cell.cell_type == "code" and not staging.is_graded(cell)
        ]
        journal = Journal(course.private / "journal.jsonl")
        graded, _ = recall(journal)
        grade = grade_staged(
            course, student, set_name, staging.Staged(nb, sources), None, self.unsafe, graded
        )
        if isinstance(grade, str):
            return graded[grade]
        remember(journal, grade)
        return grade


def outputs(verdict: Verdict, points: float) -> list[NotebookNode]:
    """The outputs of a test cell: the feedback, then the points.

    The verdict itself is in the feedback's metadata, for `grader report`.
    """
    earned = float(points) if verdict.passed else 0.0
    words = {"text/plain": as_text(verdict), "text/html": as_html(verdict)}
    return [
        new_output("display_data", data=words, metadata={"verdict": verdict.to_dict()}),
        new_output("execute_result", data={"text/plain": repr(earned)}, execution_count=None),
    ]
