"""The hand-ins that come with the kit: tests/answers/SET, one file each, and what each must get.

ada_right.py        percent format; its first line says in a comment what it stands for; a cell
                    with a name replaces the released cell of that name, a cell without one is
                    put in before the next that has one
ivy_broken.ipynb    handed in as it is
expected.toml       for each: `points` by task, `mistakes` and `words` that its verdicts name
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.cli import CommandError
from grader.task import Verdict


@dataclass(frozen=True)
class Answer:
    """One hand-in: its name ("ada_right"), what it stands for, its file and what it must get."""

    name: str
    stands_for: str
    path: Path
    points: dict[str, float]
    mistakes: dict[str, str] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=dict)

    def notebook(self, release: bytes) -> bytes:
        """The notebook that this student hands in, made from the released one."""
        if self.path.suffix == ".ipynb":
            return self.path.read_bytes()
        return fill_in(self.path.read_text(encoding="utf-8"), release)

    def differences(self, verdicts: list[Verdict], points: dict[str, float]) -> list[str]:
        """What of the verdicts is not as promised, a line each; `points` by task ("mul")."""
        said = []
        by_task = {verdict.task.partition(".")[2]: verdict for verdict in verdicts}
        if points != self.points:
            wrong = [task for task in self.points if points.get(task) != self.points[task]]
            said += [
                f"{task}: {points.get(task, 0):g} points, promised were {self.points[task]:g}"
                for task in wrong
            ]
        for task, mistake in self.mistakes.items():
            if by_task[task].mistake != mistake:
                said.append(f"{task}: named {by_task[task].mistake}, promised was {mistake}")
        for task, verdict in by_task.items():
            wanted = self.words.get(task, [] if verdict.passed else self.words.get("*", []))
            text = f"{verdict.message}\n{verdict.detail}"
            said += [f"{task}: says nothing of `{word}`" for word in wanted if word not in text]
        return said


def load_answers(folder: Path) -> list[Answer]:
    """The hand-ins of one set, by name; CommandError when they and expected.toml do not match."""
    expected = tomllib.loads((folder / "expected.toml").read_text(encoding="utf-8"))
    files = {path.stem: path for path in folder.iterdir() if path.suffix in (".py", ".ipynb")}
    if files.keys() != expected.keys():
        odd = ", ".join(sorted(files.keys() ^ expected.keys()))
        raise CommandError(f"{folder}: a file or its lines in expected.toml are missing: {odd}")
    return [
        Answer(name, _first_comment(files[name]), files[name], **expected[name])
        for name in sorted(files)
    ]


def fill_in(answer: str, release: bytes) -> bytes:
    """The released notebook with the cells of a percent-format answer in it.

    CommandError for a named cell that the release does not have.
    """
    import jupytext
    import nbformat
    from nbformat.v4 import new_code_cell, new_markdown_cell

    from grader.build import notebook_bytes

    notebook = nbformat.reads(release.decode(), as_version=4)
    places = {cell.id: cell for cell in notebook.cells}
    waiting: list[Any] = []
    for number, cell in enumerate(jupytext.reads(answer, fmt="py:percent").cells):
        name = cell.metadata.get("name")
        if name is None:
            if cell.source and not _is_comment(cell.source):
                make = new_code_cell if cell.cell_type == "code" else new_markdown_cell
                waiting.append(make(source=cell.source, id=f"mine-{number}"))
            continue
        if name not in places:
            raise CommandError(f"the released notebook has no cell `{name}` to answer")
        places[name].source = cell.source
        at = notebook.cells.index(places[name])
        notebook.cells[at:at] = waiting
        waiting = []
    notebook.cells += waiting
    return notebook_bytes(notebook)


def _is_comment(source: str) -> bool:
    return all(line.startswith("#") or not line.strip() for line in source.splitlines())


def _first_comment(path: Path) -> str:
    first = path.read_text(encoding="utf-8", errors="replace").partition("\n")[0]
    return first.removeprefix("#").strip() if first.startswith("#") else ""
