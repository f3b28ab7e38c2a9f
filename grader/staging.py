"""Whatever was handed in, turned into a notebook that is safe to grade and to look at.

Staging keeps the students' own words (code and text) and nothing else: the released notebook gives
the test cells and all metadata, outputs are dropped, other files are not read. It never fails: a
hand-in that cannot be read becomes the released notebook with a note that says why.
"""

from __future__ import annotations

import copy
import json
import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.feedback import clean

FILE_BYTES = 16 << 20  # of the notebook file
CODE_BYTES = 1 << 20  # of all cells together, outputs not counted
CELLS = 2000
NOTE_ID = "grader-note"
AGAIN = "Hand in a copy that opens in Jupyter."

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# What a browser or MathJax would act on: tags, targets of links and images, TeX that makes HTML.
ACTIVE = re.compile(r"<(?=[A-Za-z/!?])|\](?=[(:])|\\(?=(?:href|style|class|cssId|data|require)\b)")


class Unreadable(Exception):
    """Why a hand-in cannot be read, in one sentence for the student."""


@dataclass(frozen=True)
class Cell:
    """One cell as it was handed in: its type, its text and the grade_id it carries, if any."""

    kind: str  # "code", "markdown" or "raw"
    source: str
    grade_id: str | None


@dataclass(frozen=True)
class Staged:
    """A hand-in made ready: `notebook` (nbformat 4 as a dict), the code cells that will run, notes.

    `problem` is "" or says in one sentence why nothing could be read.
    """

    notebook: dict[str, Any]
    sources: list[str]
    notes: list[str] = field(default_factory=list)
    problem: str = ""


def stage_folder(folder: Path, release: dict[str, Any], name: str) -> Staged:
    """Stage the hand-in in `folder`, whose notebook should be called `name`.ipynb."""
    notes: list[str] = []
    try:
        data = _read_notebook(folder, name, notes)
        return stage_cells(parse(data, notes), release, notes)
    except Unreadable as reason:
        return _unread(release, notes, str(reason))


def read_timestamp(folder: Path) -> str | None:
    """The time that `timestamp.txt` gives, for late penalties; None if there is no valid one."""
    try:
        text = read_file(folder / "timestamp.txt", 200).decode("ascii").strip()
    except (Unreadable, FileNotFoundError, UnicodeDecodeError):
        return None
    from nbgrader.utils import parse_utc

    try:
        parse_utc(text)
    except (ValueError, OverflowError):
        return None
    return text or None


def _read_notebook(folder: Path, name: str, notes: list[str]) -> bytes:
    if folder.is_symlink() or folder.parent.is_symlink():
        raise Unreadable("The hand-in is a link and not a folder.")
    try:
        found = sorted(entry.name for entry in os.scandir(folder))
    except OSError:
        raise Unreadable("The hand-in is not a folder that can be read.") from None
    wanted = f"{name}.ipynb"
    notebooks = [entry for entry in found if entry.endswith(".ipynb")]
    if wanted not in found:
        if len(notebooks) != 1:
            raise Unreadable(f"There is no notebook called {wanted} in the hand-in.")
        wanted = notebooks[0]
        notes.append(f"The notebook was called {clean(wanted)}.")
    others = [e for e in found if e not in (wanted, "timestamp.txt", ".ipynb_checkpoints")]
    if others:
        shown = ", ".join(clean(other) for other in others[:3])
        more = " and more" if len(others) > 3 else ""
        notes.append(f"Only the notebook counts; not read: {shown}{more}.")
    return read_file(folder / wanted, FILE_BYTES)


def read_file(path: Path, limit: int, *, cut: bool = False) -> bytes:
    """A regular file (no link, no pipe, no device) of at most `limit` bytes.

    Unreadable when it is none or larger; with `cut` the first `limit` bytes of a larger one.
    """
    if path.is_symlink():
        raise Unreadable("The notebook is a link and not a file.")
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        raise
    except OSError:
        raise Unreadable("The notebook is not a file that can be read.") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Unreadable("The notebook is not a file.")
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(limit + (not cut))
    if len(data) > limit:
        raise Unreadable(
            f"The notebook is larger than {limit >> 20} MB; "
            "clear its outputs (Kernel > Restart Kernel and Clear Outputs) and hand it in again."
        )
    return data


def parse(data: bytes, notes: list[str]) -> list[Cell]:
    """The cells of a notebook file, nbformat 3 or 4; Unreadable with the reason if it is neither.

    >>> parse(b'{"cells": [{"cell_type": "code", "source": ["a = 1"]}]}', [])
    [Cell(kind='code', source='a = 1', grade_id=None)]
    """
    if not data.strip():
        raise Unreadable(f"The notebook file is empty. {AGAIN}")
    try:
        root = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Unreadable(f"The notebook is not a text file, so no notebook. {AGAIN}") from None
    except RecursionError:
        raise Unreadable(f"The notebook is nested too deeply to be one. {AGAIN}") from None
    except json.JSONDecodeError as error:
        said = f"The notebook is broken: no valid JSON in line {error.lineno}. {AGAIN}"
        raise Unreadable(said) from None
    except ValueError:
        raise Unreadable(f"The notebook is broken: no valid JSON. {AGAIN}") from None
    if not isinstance(root, dict):
        raise Unreadable(f"The file is JSON, but not a notebook. {AGAIN}")
    listed = root.get("cells")
    if listed is None and isinstance(root.get("worksheets"), list):  # nbformat 3
        notes.append("The notebook has an old format (3); it was read all the same.")
        sheets = (sheet for sheet in root["worksheets"] if isinstance(sheet, dict))
        listed = [cell for sheet in sheets for cell in _list(sheet.get("cells"))]
    if not isinstance(listed, list):
        raise Unreadable(f"The notebook has no cells. {AGAIN}")
    if len(listed) > CELLS:
        raise Unreadable(f"The notebook has {len(listed)} cells; at most {CELLS} are read.")
    cells = [cell for raw in listed if (cell := _cell(raw)) is not None]
    if not cells:
        raise Unreadable(f"The notebook has no cells. {AGAIN}")
    if len(cells) < len(listed):
        notes.append(f"{len(listed) - len(cells)} damaged cells were left out.")
    if sum(len(cell.source) for cell in cells) > CODE_BYTES:
        raise Unreadable(f"The notebook has more than {CODE_BYTES >> 20} MB of code and text.")
    return cells


def _cell(raw: Any) -> Cell | None:
    if not isinstance(raw, dict):
        return None
    kind = raw.get("cell_type")
    source = raw.get("input") if kind == "code" and "source" not in raw else raw.get("source")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str) or not isinstance(kind, str):
        return None
    if kind == "heading":
        kind = "markdown"
    if kind not in ("code", "markdown", "raw"):
        return None
    grade_id = _dict(_dict(raw.get("metadata")).get("nbgrader")).get("grade_id")
    source = CONTROL.sub("\N{REPLACEMENT CHARACTER}", source.replace("\r\n", "\n"))
    return Cell(kind, source, grade_id if isinstance(grade_id, str) else None)


def stage_cells(cells: list[Cell], release: dict[str, Any], notes: list[str]) -> Staged:
    """The released notebook with a student's cells, in the student's order.

    - A cell with a solution cell's id is that solution. If several have it, the last one is and
      the others run as cells of the student's own, as they would in Jupyter.
    - A cell with a test cell's id is put back as it was released, whatever it holds or claims to
      be; a test cell that is missing is put back behind the released cell that goes before it.
    - A cell that reads as one of ours, a prompt for example, is ours. Everything else is the
      student's own, without metadata.
    """
    released = {grade_id: cell for cell in release["cells"] if (grade_id := grade_id_of(cell))}
    plain = {
        (cell["cell_type"], cell["source"]): cell
        for cell in release["cells"]
        if grade_id_of(cell) is None
    }
    last = {cell.grade_id: index for index, cell in enumerate(cells) if cell.grade_id in released}
    notes = list(notes)
    for grade_id in last:
        times = sum(cell.grade_id == grade_id for cell in cells)
        if times > 1 and is_solution(released[grade_id]):
            notes.append(f"The cell `{grade_id}` is there {times} times; the last one counts.")
    placed: list[tuple[str | None, dict[str, Any]]] = []
    sources: list[str] = []
    for index, cell in enumerate(cells):
        known = released.get(cell.grade_id or "")
        if known is not None and not is_solution(known):
            if last[cell.grade_id] == index:
                placed.append((cell.grade_id, copy.deepcopy(known)))
            continue
        if known is not None and last[cell.grade_id] == index:
            made = copy.deepcopy(known)
            made["source"] = cell.source
            if made["cell_type"] != cell.kind:
                notes.append(f"The cell `{cell.grade_id}` had become {cell.kind}; read as code.")
            placed.append((cell.grade_id, made))
        else:
            ours = plain.pop((cell.kind, cell.source), None)
            made = copy.deepcopy(ours) if ours else _own_cell(cell, f"own-{index}")
            placed.append((None, made))
        if made["cell_type"] == "code":
            sources.append(cell.source)
    missing = [grade_id for grade_id in released if grade_id not in last]
    for grade_id in missing:
        if is_solution(released[grade_id]):
            notes.append(f"The cell `{grade_id}` is missing.")
    _put_back([g for g in missing if not is_solution(released[g])], released, placed)
    return _staged([cell for _, cell in placed], release, sources, notes)


def _put_back(
    missing: list[str],
    released: dict[str, dict[str, Any]],
    placed: list[tuple[str | None, dict[str, Any]]],
) -> None:
    order = list(released)
    for grade_id in missing:
        before = set(order[: order.index(grade_id)])
        spots = [spot for spot, (known, _) in enumerate(placed) if known in before]
        spot = spots[-1] + 1 if spots else len(placed)
        placed.insert(spot, (grade_id, copy.deepcopy(released[grade_id])))


def _own_cell(cell: Cell, cell_id: str) -> dict[str, Any]:
    made: dict[str, Any] = {"cell_type": cell.kind, "id": cell_id, "metadata": {}}
    if cell.kind == "code":
        return made | {"execution_count": None, "outputs": [], "source": cell.source}
    return made | {"source": harmless(cell.source)}


def _unread(release: dict[str, Any], notes: list[str], problem: str) -> Staged:
    cells = copy.deepcopy(release["cells"])
    return _staged(cells, release, [], [problem, *notes], problem)


def _staged(
    cells: list[dict[str, Any]],
    release: dict[str, Any],
    sources: list[str],
    notes: list[str],
    problem: str = "",
) -> Staged:
    if notes:
        text = "\n".join(["**From the grader**", "", *(f"- {harmless(note)}" for note in notes)])
        cells.insert(0, {"cell_type": "markdown", "id": NOTE_ID, "metadata": {}, "source": text})
    notebook = {
        "cells": cells,
        "metadata": copy.deepcopy(release["metadata"]),
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return Staged(notebook, sources, notes, problem)


def grade_id_of(cell: dict[str, Any]) -> str | None:
    """The id under which nbgrader knows a cell of *our* notebooks; None for plain cells."""
    return cell["metadata"].get("nbgrader", {}).get("grade_id")


def is_solution(cell: dict[str, Any]) -> bool:
    """Whether a cell of *our* notebooks is one that students write."""
    return bool(cell["metadata"].get("nbgrader", {}).get("solution"))


def is_graded(cell: dict[str, Any]) -> bool:
    """Whether a cell of *our* notebooks carries points."""
    return bool(cell["metadata"].get("nbgrader", {}).get("grade"))


def harmless(markdown: str) -> str:
    r"""A student's text whose HTML tags, links and images are shown instead of obeyed.

    An instructor's browser renders it, so what is active in it could act in the instructor's name.
    A zero-width space takes its meaning away and changes nothing to the eye.

    >>> harmless("<script>") == "<\u200bscript>"
    True
    """
    return ACTIVE.sub(lambda found: found[0] + "\N{ZERO WIDTH SPACE}", markdown)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
