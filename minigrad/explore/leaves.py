"""`leaf_table()`: which tensors keep a gradient, as a table with switches."""

import sys
import warnings
from types import ModuleType
from typing import Any

from .arrays import array_of, is_tensor, stored_grad
from .cards import kind_of, name_of
from .controls import Switch, show
from .record import callers_variables
from .sheet import GREY, RULE, SMALL, Sheet, number, text_width
from .still import Still
from .svg import GRADIENT, INK, NONE_YET

COLUMNS = ("tensor", "requires_grad", "grad_fn", "is_leaf", "retains_grad", ".grad")
ROW, PAD = 48, 16

SWITCHES = (
    Switch("requires_grad", "requires_grad", True),
    Switch("computed", "computed from another tensor"),
    Switch("retain_grad", "retain_grad()"),
)
# The four states: (requires_grad, computed).
STATES = {
    (False, False): "A plain tensor is a leaf, too. No gradient goes to it: .grad stays None.",
    (
        False,
        True,
    ): "Computed from tensors that are not tracked: nothing is remembered, so it counts "
    "as a leaf. .grad stays None.",
    (True, False): "A leaf that you made and that requires grad: the backward pass fills .grad.",
    (True, True): "Computed from a tracked tensor, so no leaf. The gradient passes through; .grad "
    "stays None, and asking for it warns.",
}
RETAINED = "retain_grad() asks this result to keep what passes through: .grad is filled."
MOST_LINES = 5  # of code; the table does not jump
NO_MATTER = " retain_grad() on a leaf changes nothing."


def leaf_table(*tensors: Any, library: ModuleType | None = None, **named: Any) -> Any:
    """Show which tensors keep a gradient.

    Without tensors, a table of the four states with switches: each setting is run in a real
    backward pass, and `.grad` is what it left. With tensors, a table of them as they are now.

    Args:
        tensors: tensors of minigrad or of torch; named after the variables of the caller.
        library: `torch` runs the switches in PyTorch; minigrad without it.
        named: tensors by the name that their row shall have.

    Raises:
        TypeError: if one is no tensor.

    Example:
        >>> import minigrad
        >>> x = minigrad.tensor([1.0, 2.0], requires_grad=True)
        >>> y = x * 2
        >>> y.sum().backward()
        >>> print(leaf_table(x, y))
        x: requires_grad True, grad_fn None, is_leaf True, retains_grad False, .grad [2, 2]
        y: requires_grad True, grad_fn MulBackward0, is_leaf False, retains_grad False, .grad \u2014
    """
    variables = callers_variables()
    rows = [(name_of(t, variables) or NONE_YET, t) for t in tensors] + list(named.items())
    if not rows:
        return show("Leaf table", lambda **state: _state(library or _minigrad(), **state), SWITCHES)
    for _, t in rows:
        if not is_tensor(t):
            raise TypeError(
                f"leaf_table() shows tensors of minigrad or torch, not {type(t).__name__}: "
                "make one with minigrad.tensor(...), or call leaf_table() for the four states"
            )
    sheet = Sheet("Leaf table")
    cells = [_cells(name, t) for name, t in rows]
    _table(sheet, 0, cells, [kind_of(t) for _, t in rows])
    words = "\n".join(
        f"{first}: "
        + ", ".join(f"{key} {cell}" for key, cell in zip(COLUMNS[1:], rest, strict=True))
        for first, *rest in cells
    )
    return Still(sheet.svg(words), words)


def _minigrad() -> ModuleType:
    return sys.modules["minigrad"]


def _cells(name: str, t: Any) -> list[str]:
    grad = array_of(stored_grad(t))
    kept = NONE_YET if grad is None else _numbers(grad.tolist())
    fn = t.grad_fn
    return [
        name,
        str(t.requires_grad),
        "None" if fn is None else fn.name(),
        str(t.is_leaf),
        str(bool(t.retains_grad)),
        kept if len(kept) < 24 else f"{tuple(t.shape)} numbers",
    ]


def _numbers(items: Any) -> str:
    if isinstance(items, list):
        return f"[{', '.join(map(_numbers, items))}]"
    return number(items)


def _table(sheet: Sheet, y: float, rows: list[list[str]], kinds: list[str], now: int = -1) -> float:
    """Draw the table; returns where it ends below."""
    widths = [
        max(text_width(cell) for cell in column) + 2 * PAD
        for column in zip(COLUMNS, *rows, strict=True)
    ]
    lefts = [sum(widths[:i]) for i in range(len(widths))]
    for left, word in zip(lefts, COLUMNS, strict=True):
        colour = GRADIENT if word == ".grad" else GREY
        sheet.text(left + PAD, y + 26, word, colour, bold=word == ".grad")
    y += 42
    for i, (cells, kind) in enumerate(zip(rows, kinds, strict=True)):
        sheet.path(f"M0 {y} H{sum(widths)}", RULE, 1.5)
        sheet.kind(kind, lefts[0] + 2, y + 6, widths[0] - 8, ROW - 12)
        for left, word, cell in zip(lefts, COLUMNS, cells, strict=True):
            filled = word == ".grad" and cell != NONE_YET
            colour = GRADIENT if filled else INK
            sheet.text(left + PAD, y + 32, cell, colour, bold=filled or word == "tensor")
        if i == now:
            sheet.box(-6, y, sum(widths) + 12, ROW, stroke=INK, line=3.5, radius=8)
        y += ROW
    return y


# --- the four states -----------------------------------------------------------------------------


def _state(
    library: ModuleType, requires_grad: bool, computed: bool, retain_grad: bool
) -> tuple[str, str]:
    """Run each of the four states, and show the chosen one with its code."""
    sheet = Sheet("The four states of a tensor")
    runs = {
        state: _run(library, *state, retain_grad and state == (requires_grad, computed))
        for state in STATES
    }
    chosen = runs[requires_grad, computed]
    for i, line in enumerate(chosen["code"]):
        sheet.text(0, 20 + 28 * i, line, size=SMALL)
    y = 28 * MOST_LINES + 16
    kinds = [
        "op" if tracked and made else "leaf" if tracked else "constant" for tracked, made in STATES
    ]
    now = list(STATES).index((requires_grad, computed))
    y = _table(sheet, y, [run["cells"] for run in runs.values()], kinds, now)
    words = STATES[requires_grad, computed]
    if chosen["error"]:
        words += f" retain_grad() is refused: {chosen['error']}"
    elif retain_grad:
        words = RETAINED if computed else words + NO_MATTER
    return sheet.svg(words), words


def _run(library: ModuleType, tracked: bool, computed: bool, retain: bool) -> dict[str, Any]:
    """Make the tensor `t` in one of the states, go backward, and look at it."""
    flag = ", requires_grad=True" if tracked else ""
    w = library.tensor(2.0, requires_grad=True)
    a = library.tensor(3.0, requires_grad=tracked)
    t = a * 1 if computed else a
    code = [f"a = tensor(3.0{flag})", "t = a * 1"] if computed else [f"t = tensor(3.0{flag})"]
    code.append("w = tensor(2.0, requires_grad=True)")
    error = ""
    if retain:
        code.append("t.retain_grad()")
        try:
            t.retain_grad()
        except RuntimeError as problem:
            error = str(problem).splitlines()[0]
            code[-1] += "   # RuntimeError"
    code.append("(w * t).backward()")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (w * t).backward()
    return {
        "code": code,
        "error": error,
        "cells": _cells("t = a * 1" if computed else "t = tensor", t),
    }
