"""A notebook cell as plain Python: magics and `!commands` taken out, every line in its place."""

import re
import time

MOST_BYTES = 256 << 10  # a cell that is longer goes to Python as it is
MOST_IN_A_LINE = 2000  # the same for a line: IPython's patterns take the square of its length

_MAY_NEED_IT = re.compile(
    r"^[ \t]*([%!?,;/]|>>>|In \[|\.\.\.)|[?][ \t]*$|=[ \t]*[%!]", re.MULTILINE
)
_INDENTED = re.compile(r"\A(?:[ \t]*\n)*[ \t]+\S")
_CELL_MAGIC = re.compile(r"\A\s*%%(\w+)[^\n]*")
_SAME_CODE = {"time", "timeit", "capture", "prun", "python", "python3", "py", "debug"}
_SILENT = (
    "%matplotlib",
    "%config",
    "%load_ext",
    "%reload_ext",
    "%autoreload",
    "%precision",
    "%time",
)


def plain_source(cell: str, seconds: float = 2.0) -> tuple[str, list[str]]:
    """The cell as Python that runs without IPython, and what is left out of it, one note a line.

    Line numbers do not change. Text that IPython cannot read, or not within `seconds` (a hostile
    cell can make it read many times over), is returned as it is: Python then names its fault.

    >>> plain_source("x = 1\\n!ls")
    ("x = 1\\nget_ipython().system('ls')\\n", ['line 2: `!ls` was not run while grading'])
    """
    if len(cell) > MOST_BYTES or max(map(len, cell.split("\n"))) > MOST_IN_A_LINE:
        return cell, []
    if not (_MAY_NEED_IT.search(cell) or _INDENTED.match(cell)):
        return cell, []
    if magic := _CELL_MAGIC.match(cell):
        if magic[1] not in _SAME_CODE:
            line = cell[: magic.end()].count("\n") + 1
            return "", [
                f"line {line}: the cell of `{magic[0].strip()[:80]}` was not run while grading"
            ]
        cell = cell[: magic.start()] + "\n" * magic[0].count("\n") + cell[magic.end() :]
    try:
        return _rewrite(cell, time.monotonic() + seconds)
    except Exception:  # whatever a parser of hostile text comes up with
        return cell, []


def _rewrite(cell: str, stop: float) -> tuple[str, list[str]]:
    from IPython.core.inputtransformer2 import TransformerManager

    class KeepLines(TransformerManager):
        """Puts back the lines that a magic continued with backslashes loses."""

        def do_one_token_transform(self, lines: list[str]) -> tuple[bool, list[str]]:
            if time.monotonic() > stop:
                raise TimeoutError
            changed, after = super().do_one_token_transform(lines)
            lost = len(lines) - len(after)
            if changed and lost > 0:
                at = next(
                    i for i, (old, new) in enumerate(zip(lines, after, strict=False)) if old != new
                )
                after = [*after[: at + 1], *["\n"] * lost, *after[at + 1 :]]
            return changed, after

    cell = cell if cell.endswith("\n") else cell + "\n"
    blank = re.match(r"(?:[ \t]*\n)*", cell)[0].count("\n")
    before = cell.split("\n")
    after = ("\n" * blank + KeepLines().transform_cell(cell)).split("\n")
    notes = []
    for number, (old, new) in enumerate(zip(before, after, strict=False)):
        if "get_ipython()" not in new or "get_ipython()" in old:
            continue
        said = old.strip()
        if said.startswith("%time "):  # its statement may define what later lines need
            after[number] = (
                new[: len(new) - len(new.lstrip())] + said.removeprefix("%time ").strip()
            )
        elif not said.startswith(_SILENT):
            notes.append(f"line {number + 1}: `{said[:80]}` was not run while grading")
    return "\n".join(after), notes
