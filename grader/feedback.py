"""The words and the picture of a verdict; what came from a student is cleaned and escaped here."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Any

import numpy as np

from grader.compare import Difference, array_of, number, pair
from grader.task import Case, Outcome, Task, Verdict

ROWS, COLUMNS = 6, 8  # the largest window of a table that is shown
# Okabe-Ito: told apart by everyone; they colour a bar, the words stay in the page's own colour.
GREEN, RED, ORANGE, BLUE = "#009E73", "#D55E00", "#E69F00", "#0072B2"

_ESCAPE = re.compile(
    r"(?:\x1b\]|\x9d).*?(?:\x07|\x1b\\|\x9c|$)"  # OSC: titles, links
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f]).*?(?:\x1b\\|\x9c|$)"  # DCS, SOS, PM, APC
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI: colours, cursor
    r"|\x1b[ -/]*[0-~]?",  # the short ones
    re.DOTALL,
)


def clean(text: Any, limit: int = 300) -> str:
    """Text as one harmless line: no terminal escapes, no control or direction characters, capped.

    >>> clean("red\\x1b[31m\\nalert\\u202e!")
    'red alert!'
    """
    text = text if type(text) is str else str(type(text).__name__)
    text = _ESCAPE.sub("", text[: 20 * limit])
    text = " ".join(text.split())
    text = "".join(c for c in text if unicodedata.category(c)[0] != "C")
    return text if len(text) <= limit else text[: limit - 3].rstrip() + "..."


def split(text: str, limit: int = 100) -> tuple[str, str]:
    """A long line as two, cut between words; the second is "" where one will do.

    >>> split("shapes do not fit", 13)
    ('shapes do ...', '... not fit')
    """
    if len(text) <= limit:
        return text, ""
    head = text[: limit - 3].rpartition(" ")[0] or text[: limit - 4]
    return f"{head} ...", f"... {text[len(head) :].strip()}"


def as_text(verdict: Verdict) -> str:
    """The verdict for a terminal: its message, then its details, indented.

    >>> from grader.task import Outcome, Verdict
    >>> print(as_text(Verdict("e2.mul", Outcome.GRADED, False, None, "not yet", "one\\ntwo")))
    e2.mul: not yet
      one
      two
    """
    lines = [f"{verdict.task}: {clean(verdict.message)}"]
    lines += [f"  {clean(line, 1000)}" for line in verdict.detail.splitlines() if line.strip()]
    return "\n".join(lines)


def as_html(verdict: Verdict) -> str:
    """The verdict as a fragment of HTML, readable in a light and in a dark page."""
    first, *rest = as_text(verdict).splitlines()
    name, _, message = first.partition(": ")
    bar = {Outcome.INFRA_ERROR: BLUE, Outcome.STUDENT_ERROR: ORANGE}.get(verdict.outcome, RED)
    if verdict.passed:
        bar = GREEN
    kind = "grader-verdict" if verdict.passed else "grader-verdict grader-failed"
    lines = [
        f'<div class="{kind}" style="border-left: 5px solid {bar}; '
        'padding: 0.3em 0 0.3em 0.8em; margin: 0.4em 0; color: inherit; background: transparent">',
        f"<div><b>{html.escape(name)}</b>: {_line(message)}</div>",
        *(f"<div>{_line(line)}</div>" for line in rest),
    ]
    if verdict.picture:
        tables = (_table(verdict.picture, who) for who in ("yours", "PyTorch"))
        lines.append(f'<div style="overflow-x: auto; margin-top: 0.4em">{"".join(tables)}</div>')
    return "\n".join([*lines, "</div>"])


def _line(text: str) -> str:
    """A line as HTML; what stands between two backticks is code."""
    style = "font-family: monospace; padding: 0; color: inherit; background: transparent"
    code = rf'<code style="{style}">\1</code>'
    return re.sub("`([^`]+)`", code, html.escape(text.strip()))


def call(task: Task, case: Case) -> str:
    """The call as a student would type it: "mul_vjp(g, a, b) with g = 0.5, a = 2.0, b = 3.0"."""
    names = task.parameters
    if len(names) != len(case.inputs):
        names = tuple(f"input {k + 1}" for k in range(len(case.inputs)))
    given = ", ".join(f"{name} = {_short(x)}" for name, x in zip(names, case.inputs, strict=True))
    return f"{task.function}({', '.join(task.parameters)}) with {given}"


def picture(answer: Any, case: Case, difference: Difference, names: tuple[str, ...]) -> dict | None:
    """The numbers of a first difference as plain JSON, or None where numbers do not help.

    {"name": "grad_a", "yours": {"shape": "(2, 3)", "rows": [["0.3", ...], ...]}, "PyTorch": {...},
    "wrong": [[row, column], ...], "first": [row, column] or None}
    """
    if difference.kind not in ("shape", "value"):
        return None
    k = difference.result or 0
    name = names[k] if len(names) == len(case.expected) else "the result"
    yours, truth = array_of(answer, k), case.expected[k]
    at, wrong = difference.at or (), difference.wrong
    row, column = (0, 0, *at)[-2:]
    top, left = max(0, row - ROWS + 1), max(0, column - COLUMNS + 1)

    def window(array: np.ndarray) -> np.ndarray:
        if not array.size:
            return np.empty((0, 0))
        plane = np.atleast_2d(array[at[:-2] or (0,) * (array.ndim - 2)])
        return plane[top : top + ROWS, left : left + COLUMNS]

    if wrong is None:
        texts = [[[number(x) for x in line] for line in window(a)] for a in (yours, truth)]
        marks = []
    else:
        both = [
            [pair(y, t) for y, t in zip(*lines, strict=True)]
            for lines in zip(window(yours), window(truth), strict=True)
        ]
        texts = [[[cell[side] for cell in line] for line in both] for side in (0, 1)]
        marks = np.argwhere(window(wrong)).tolist()
    tables = [
        {"shape": str(array.shape), "rows": rows, "more": array.size > sum(map(len, rows))}
        for array, rows in zip((yours, truth), texts, strict=True)
    ]
    first = None if wrong is None else [row - top, column - left]
    if at[:-2]:  # of more than two dimensions the plane with the difference is shown
        name = f"{name}[{', '.join(map(str, at[:-2]))}]"
    return {"name": name, "yours": tables[0], "PyTorch": tables[1], "wrong": marks, "first": first}


def _table(drawn: dict, who: str) -> str:
    """One of the two tables; wrong numbers of "yours" are bold, the first one is framed."""
    table = drawn[who]
    cell = "padding: 0.15em 0.5em; text-align: right; border: 1px solid currentColor"
    rows = []
    for r, line in enumerate(table["rows"]):
        cells = []
        for c, text in enumerate(line):
            style = cell
            if [r, c] in drawn["wrong"]:
                style += "; font-weight: bold"
            if [r, c] == drawn["first"]:
                style += f"; outline: 3px solid {RED if who == 'yours' else GREEN}"
            cells.append(f'<td style="{style}">{html.escape(clean(text, 40))}</td>')
        rows.append(f"<tr>{''.join(cells)}</tr>")
    more = ", a part of it" if table["more"] else ""
    caption = html.escape(f"{who}: {clean(drawn['name'], 40)}, shape {clean(table['shape'], 40)}")
    return (
        '<table style="display: inline-table; border-collapse: separate; border-spacing: 3px; '
        "margin: 0 1.5em 0.5em 0; color: inherit; background: transparent; "
        'font-family: monospace; vertical-align: top">'
        '<caption style="text-align: left; white-space: nowrap; color: inherit">'
        f"{caption}{more}</caption>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _short(value: Any, limit: int = 70) -> str:
    """An input as one line: numbers to four digits, long arrays as their shape."""
    if not isinstance(value, np.ndarray):
        return clean(repr(value), limit)
    if value.ndim == 0:
        return number(value[()], 4)
    every = {"all": lambda x: number(x, 4)}
    text = " ".join(np.array2string(value, separator=", ", formatter=every).split())
    return text if len(text) <= limit else f"an array of shape {value.shape}"
