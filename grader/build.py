"""Sources to notebooks: percent-format Python in, notebooks with stable ids and no outputs out.

A cell's header gives it a name and says what it is for:

    # %% name="mul" solves="e2.mul"                    the student writes this cell
    # %% name="mul-check" checks="e2.mul" points=2     locked; worth two points

The same source always gives the same bytes.
"""

from __future__ import annotations

import argparse
import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

from grader.cli import CommandError

if TYPE_CHECKING:
    from nbformat import NotebookNode

HELPER_KEYS = ("name", "solves", "checks", "points")
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}


def notebook_from_source(text: str, origin: str = "the source") -> NotebookNode:
    """The notebook of a percent-format source; `origin` names the source in error messages.

    Cells with `solves` become nbgrader solution cells, cells with `checks` and `points` locked
    test cells. A cell without a name is called after the last named one: `intro`, `intro-1`.

    >>> nb = notebook_from_source('# %% name="one"\\n1 + 1\\n')
    >>> nb.cells[0].id, nb.cells[0].source
    ('one', '1 + 1')
    """
    import jupytext
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

    make = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}
    cells = []
    taken: set[str] = set()
    last, unnamed = "cell", 0
    for cell in jupytext.reads(text, fmt="py:percent").cells:
        if cell.cell_type == "raw" and cell.source.startswith("---"):
            continue  # the jupytext header
        name = cell.metadata.get("name")
        if name is None and not cell.source.strip():
            continue
        if name is None:
            unnamed += 1
            name = f"{last}-{unnamed}"
        else:
            last, unnamed = name, 0
        if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name):
            raise CommandError(
                f'{origin}: the cell name "{name}" must be 1 to 64 letters, digits, "-" or "_".'
            )
        if name in taken:
            raise CommandError(f'{origin}: two cells are named "{name}"; names must be unique.')
        taken.add(name)
        helpers = {key: cell.metadata[key] for key in HELPER_KEYS if key in cell.metadata}
        made = make[cell.cell_type](source=cell.source, id=name)
        made.metadata = {
            key: value
            for key, value in cell.metadata.items()
            if key not in HELPER_KEYS and key != "lines_to_next_cell"
        }
        nbgrader = _nbgrader_metadata(name, cell, helpers, origin)
        if nbgrader:
            made.metadata["nbgrader"] = nbgrader
        cells.append(made)
    return new_notebook(cells=cells, metadata=NOTEBOOK_METADATA)


def _nbgrader_metadata(name: str, cell: NotebookNode, helpers: dict, origin: str) -> dict | None:
    solves, checks, points = (helpers.get(key) for key in ("solves", "checks", "points"))
    if solves is None and checks is None and points is None:
        return None
    where = f'{origin}, cell "{name}"'
    if solves is not None and (checks is not None or points is not None):
        raise CommandError(f"{where}: a cell either solves a task or checks one.")
    if cell.cell_type != "code":
        raise CommandError(f"{where}: a cell that solves or checks must be a code cell.")
    common = {"grade_id": name, "schema_version": 3, "task": False}
    if solves is not None:
        return {**common, "grade": False, "locked": False, "solution": True}
    if checks is None or not isinstance(points, int | float) or points <= 0:
        raise CommandError(f"{where}: a check needs both checks=... and points=..., above 0.")
    if checked_task(cell.source) != checks:
        raise CommandError(f'{where}: it must call check("{checks}", ...) and nothing else.')
    return {**common, "grade": True, "locked": True, "points": points, "solution": False}


def checked_task(source: str) -> str | None:
    """The task that a test cell checks: "e2.mul" of `check("e2.mul", mul_vjp)`; else None.

    >>> checked_task('check("e2.mul", mul_vjp)')
    'e2.mul'
    """
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return None
    match body:
        case [ast.Expr(ast.Call(func=ast.Name("check"), args=[ast.Constant(value=str(task)), *_]))]:
            return task
    return None


def notebook_bytes(nb: NotebookNode) -> bytes:
    """A notebook as UTF-8 JSON with sorted keys: the same notebook, the same bytes."""
    import nbformat

    return (nbformat.writes(nb, version=4).rstrip("\n") + "\n").encode()


def build_notebook(source: Path) -> bytes:
    """The notebook of one source file, as bytes."""
    return notebook_bytes(notebook_from_source(source.read_text(encoding="utf-8"), source.name))


def student_notebook(set_name: str) -> NotebookNode:
    """The notebook of a graded set as students get it: the same cells as in a course's release.

    nbgrader's own preprocessors make it, without a course and without a gradebook.
    """
    from grader.course import quiet
    from grader.exercises import load_set

    with quiet():
        from nbgrader import preprocessors

        source = load_set(set_name).path / "exercise.py"
        nb = notebook_from_source(source.read_text(encoding="utf-8"), source.name)
        for step in ("LockCells", "ClearSolutions", "ClearOutput", "CheckCellMetadata"):
            nb, _ = getattr(preprocessors, step)().preprocess(nb, {})
        for step in ("ClearHiddenTests", "ClearMarkScheme", "ComputeChecksums"):
            nb, _ = getattr(preprocessors, step)().preprocess(nb, {})
    return nb


def write_if_changed(path: Path, data: bytes) -> bool:
    """Write `data` unless the file holds it already; says whether it wrote."""
    if path.exists() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return True


def build_lessons(root: Path) -> list[Path]:
    """Regenerate notebooks/NN.ipynb from notebooks/source/NN.py; returns what changed."""
    notebooks = root / "notebooks"
    return [
        path
        for source in sorted((notebooks / "source").glob("*.py"))
        if write_if_changed(path := notebooks / f"{source.stem}.ipynb", build_notebook(source))
    ]


def orphans(root: Path) -> list[Path]:
    """Lesson notebooks without a source: somebody's own, or left over from a renamed lesson."""
    notebooks = root / "notebooks"
    return [
        path
        for path in sorted(notebooks.glob("*.ipynb"))
        if not (notebooks / "source" / f"{path.stem}.py").exists()
    ]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "course",
        metavar="COURSE",
        nargs="?",
        type=Path,
        help="folder of the course to make or to update; without it, the lessons of this checkout",
    )


def run(args: argparse.Namespace) -> int:
    from grader.content import instructors_root

    if args.course is not None:
        return _run_course(args.course)
    root = instructors_root()
    changed = build_lessons(root)
    for path in changed:
        print(f"wrote {path}")
    for path in orphans(root):
        print(f"{path} has no source in notebooks/source; remove it if it is left over")
    if not changed:
        print("The lessons are up to date.")
    return 0


def _run_course(folder: Path) -> int:
    from grader.course import build_course

    built = build_course(folder)
    for path in built.wrote:
        print(f"wrote {path}")
    for path in built.kept:
        print(f"kept {path}, which was edited by hand; remove it and build again to renew it")
    print(f"The course has {', '.join(built.course.sets())}. Next: grader release {folder}")
    return 0
