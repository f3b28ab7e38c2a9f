"""`jacobian_grid(f, x)`: a Jacobian, and what a vector makes of it from either side.

A backward pass multiplies from the left: v has one number for each output, weights the rows, and
the sums run down. Its mirror image, J u, weights the columns, and the sums run across.
"""

import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from .arrays import array_of, is_tensor
from .controls import Slider, show
from .sheet import GREY, SMALL, Sheet, cell_size, largest, number, text_width
from .svg import GRADIENT, STROKE

MOST = 6  # rows and columns
FORWARD, FORWARD_TEXT = STROKE["output"], "#A34700"


def jacobian_grid(
    f: Callable[[Any], Any],
    x: Any,
    v: Sequence[float] | None = None,
    u: Sequence[float] | None = None,
) -> Any:
    """Show the Jacobian of `f` at `x`, with v^T J (a backward pass) beside J u.

    Slide or drag the numbers of v and of u. Where J is square, u follows v until it is given, so
    that the two products can be told apart.

    Args:
        f: takes a tensor and returns a tensor.
        x: a tensor of minigrad or of torch, or numbers, of which minigrad makes a tensor.
        v: one number for each element of the output; without it, all are 1.
        u: one number for each element of `x`.

    Raises:
        TypeError: if `f` is no function, or returns no tensor.
        ValueError: if the Jacobian has more than 6 rows or columns, or v or u does not fit.

    Example:
        >>> import minigrad
        >>> A = minigrad.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> grid = jacobian_grid(lambda x: A @ x, [1.0, 1.0], v=[1, 10])
        >>> print(grid)
        Backward: v\u1d40J = [31, 42], the rows of J weighted by v = [1, 10] and added.
        Forward: J u = [21, 43], the columns of J weighted by u = [1, 10] and added.
    """
    library, x = as_tensor(x)
    needs_function(f, "jacobian_grid(lambda x: x * x, [1.0, 2.0])")
    jacobian = _jacobian(library, f, x)
    rows, columns = jacobian.shape
    if max(rows, columns) > MOST:
        raise ValueError(
            f"this Jacobian has {rows} rows and {columns} columns, and a picture holds {MOST}: "
            "take fewer elements of x"
        )
    follows = u is None and rows == columns
    v = _vector("v", v, rows, "output")
    controls = [_slider(f"v{i}", value, v) for i, value in enumerate(v)]
    if not follows:
        u = _vector("u", u, columns, "input")
        controls += [_slider(f"u{j}", value, u) for j, value in enumerate(u)]

    def draw(**values: float) -> tuple[str, str]:
        left = np.array([values[f"v{i}"] for i in range(rows)], float)
        right = left if follows else np.array([values[f"u{j}"] for j in range(columns)], float)
        return _draw(jacobian, left, right, follows)

    return show("Jacobian grid", draw, controls)


def as_tensor(x: Any) -> tuple[ModuleType, Any]:
    """The library of a tensor, and the tensor, untracked; other things become minigrad's."""
    if is_tensor(x):
        return sys.modules[type(x).__module__.partition(".")[0]], x.detach()
    minigrad = sys.modules["minigrad"]
    try:
        numbers = np.array(x, dtype=float).tolist()
    except (TypeError, ValueError):
        raise TypeError(
            f"numbers or a tensor are needed here, not {x!r}: write a list like [1.0, 2.0]"
        ) from None
    return minigrad, minigrad.tensor(numbers)


def needs_function(f: Any, example: str) -> None:
    """Refuse what cannot be called; the example is how to write it."""
    if not callable(f):
        name = example.partition("(")[0]
        raise TypeError(
            f"{name}() needs a function first, but got {type(f).__name__}: write {example}"
        )


def needs_tensor(out: Any, name: str = "f") -> None:
    """Refuse what a function has returned if it is no tensor."""
    if not is_tensor(out):
        raise TypeError(
            f"{name} must return a tensor, but it returned {type(out).__name__}: "
            "compute with tensors alone, without item() or numpy()"
        )


def _jacobian(library: ModuleType, f: Callable, x: Any) -> np.ndarray:
    out = f(x)
    needs_tensor(out)
    full = array_of(library.autograd.functional.jacobian(f, x))
    return full.reshape(out.numel(), x.numel())


def _vector(name: str, given: Any, count: int, side: str) -> list[float]:
    if given is None:
        return [1.0] * count
    vector = array_of(as_tensor(given)[1]).astype(float).ravel().tolist()
    if len(vector) != count:
        raise ValueError(
            f"{name} needs one number for each element of the {side}: {count}, not {len(vector)}"
        )
    return vector


def _slider(name: str, value: float, among: list[float]) -> Slider:
    most = max(10.0, *(float(np.ceil(abs(v))) for v in among))
    step = 1 if all(float(v).is_integer() for v in among) else 0.1
    return Slider(name, f"{name[0]}[{name[1:]}]", -most, most, value, step)


# --- the picture ---------------------------------------------------------------------------------


def _draw(jacobian: np.ndarray, v: np.ndarray, u: np.ndarray, follows: bool) -> tuple[str, str]:
    back, forward = v @ jacobian, jacobian @ u
    by_row, by_column = v[:, None] * jacobian, jacobian * u
    texts = [_products(v[:, None], jacobian), _products(jacobian, u[None, :])]
    single = [[number(value) for value in row] for row in (v, u, back, forward)]
    cell = cell_size([*texts[0], *texts[1], *single])
    scale = largest(np.concatenate([by_row.ravel(), by_column.ravel()]))
    rows, columns = jacobian.shape
    gap = 44
    sheet = Sheet("Jacobian grid")
    shape = f"{rows} \u00d7 {columns}"

    # Backward: v stands at the left, the sums run down.
    top, left = 78.0, cell[0] + gap
    sheet.text(0, 22, "Backward: v\u1d40J", GRADIENT, bold=True)
    sheet.text(0, 50, f"v weights the rows of J ({shape})", GREY, SMALL)
    drags = [[_drag(f"v{i}")] for i in range(rows)]
    sheet.grid(0, top, v[:, None], stroke=GRADIENT, cell=cell, more=drags)
    width, height = sheet.grid(left, top, by_row, texts[0], cell=cell, scale=scale)
    for i in range(rows):
        y = top + (i + 0.5) * cell[1]
        sheet.path(f"M{cell[0] + 6} {y} H{left - 6}", GRADIENT, 2.5, arrow=True)
    below = top + height + gap
    for j in range(columns):
        x = left + (j + 0.5) * cell[0]
        sheet.path(f"M{x} {top + height + 6} V{below - 6}", GRADIENT, 2.5, arrow=True)
    sheet.grid(left, below, back[None, :], stroke=GRADIENT, cell=cell)
    sheet.text(left - 14, below + cell[1] / 2 + 7, "sum", GRADIENT, anchor="end")

    # Forward: u stands above, the sums run across.
    start = max(left + width, text_width(f"v weights the rows of J ({shape})", SMALL)) + 70
    sheet.text(start, 22, "Forward: J u", FORWARD_TEXT, bold=True)
    which = "u = v" if follows else "u"
    sheet.text(start, 50, f"{which} weights the columns of J", GREY, SMALL)
    drags = [[_drag(f"{'v' if follows else 'u'}{j}") for j in range(columns)]]
    sheet.grid(start, top, u[None, :], stroke=FORWARD, cell=cell, more=drags)
    middle = top + cell[1] + gap
    sheet.grid(start, middle, by_column, texts[1], cell=cell, scale=scale)
    for j in range(columns):
        x = start + (j + 0.5) * cell[0]
        sheet.path(f"M{x} {top + cell[1] + 6} V{middle - 6}", FORWARD, 2.5, arrow=True)
    for i in range(rows):
        y = middle + (i + 0.5) * cell[1]
        sheet.path(f"M{start + width + 6} {y} h{gap - 12}", FORWARD, 2.5, arrow=True)
    sheet.grid(start + width + gap, middle, forward[:, None], stroke=FORWARD, cell=cell)
    sheet.text(start + width + gap, middle - 14, "sum", FORWARD_TEXT)

    words = (
        f"Backward: v\u1d40J = {_list(back)}, the rows of J weighted by v = {_list(v)} and added.\n"
        f"Forward: J u = {_list(forward)}, the columns of J weighted by u = {_list(u)} and added."
    )
    return sheet.svg(words), words


def _drag(name: str) -> str:
    """What makes a cell of the picture move a slider."""
    style = "pointer-events:auto;cursor:ns-resize;touch-action:none"
    return f' data-drag="{name}" style="{style}"'


def _products(left: np.ndarray, right: np.ndarray) -> list[list[str]]:
    pairs = np.broadcast_arrays(left, right)
    return [
        [f"{number(a)}\u00b7{number(b)}" for a, b in zip(*rows, strict=True)]
        for rows in zip(*pairs, strict=True)
    ]


def _list(values: np.ndarray) -> str:
    return f"[{', '.join(map(number, values))}]"
