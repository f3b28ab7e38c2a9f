"""`broadcast_lens(a, b)`: what broadcasting stretches, and where the gradients fold back."""

import sys
from typing import Any

import numpy as np

from .arrays import array_of, is_tensor
from .controls import Slider, Switch, show
from .jacobian import as_tensor
from .sheet import GREY, Sheet, cell_size, number, text_width
from .svg import GRADIENT, INK, LINE, STROKE

MOST, MOST_CELLS = 6, 36
TINT = 0.12  # how much of its colour a cell takes
CELL = 30  # the height of a cell: the last stage fits on a projector
GAP, BETWEEN = 44, 14  # between the three arrays, between the planes of one
STAGES = ("as they are", "stretched", "the result", "a gradient arrives", "on its way", "folded")


def broadcast_lens(*shapes: Any) -> Any:
    """Show `a + b` or `a * b` where the shapes differ: stretched cells, and how gradients fold.

    Step through it: the two as they are, stretched to one shape, the result; then a gradient of
    ones comes back, and where a cell was stretched, its gradients are summed.

    Args:
        shapes: two, each a shape as a tuple, like `(3, 1)`; or numbers: a list, an array, a tensor
            of minigrad or of torch.

    Raises:
        TypeError: if there are not two of them.
        ValueError: if the shapes do not fit together, or are too large to draw: up to three axes,
            6 cells long, 36 cells in all.

    Example:
        >>> print(broadcast_lens((3, 1), (3, 4)))
        a (3, 1) and b (3, 4): the result has shape (3, 4). a is stretched along axis 1.
    """
    if len(shapes) != 2:
        raise TypeError(
            f"broadcast_lens() shows two shapes or tensors side by side, not {len(shapes)}: write "
            "broadcast_lens((3, 1), (4,)); for three, look at two first, then at their result and "
            "the third"
        )
    library, a, b = _both(*shapes)
    shape = _shape(a, b)
    runs = {multiply: _Run(library, a, b, shape, multiply) for multiply in (False, True)}

    def draw(stage: int, multiply: bool) -> tuple[str, str]:
        return _draw(runs[multiply], int(stage))

    controls = [
        Slider("stage", "Stage", 0, len(STAGES) - 1, player=True),
        Switch("multiply", "multiply instead of add"),
    ]
    return show("Broadcast lens", draw, controls)


def _both(a: Any, b: Any) -> tuple[Any, Any, Any]:
    """The two as tensors of one library: torch's, if one of them is."""
    library = sys.modules["minigrad"]
    for given in (a, b):
        if is_tensor(given):
            library = as_tensor(given)[0]
    arrays = [_filled(g) if isinstance(g, tuple) else array_of(as_tensor(g)[1]) for g in (a, b)]
    return library, *(np.asarray(array, dtype=float) for array in arrays)


def _filled(shape: tuple[int, ...]) -> np.ndarray:
    if not all(isinstance(length, int) and length >= 0 for length in shape):
        raise ValueError(f"{shape} is no shape: write whole numbers, like (3, 1)")
    return np.arange(1.0, np.prod(shape, dtype=int) + 1).reshape(shape)


def _shape(a: np.ndarray, b: np.ndarray) -> tuple[int, ...]:
    for axis in range(1, min(a.ndim, b.ndim) + 1):
        pair = a.shape[-axis], b.shape[-axis]
        if pair[0] != pair[1] and 1 not in pair:
            raise ValueError(
                f"{_text(a.shape)} and {_text(b.shape)} do not fit together: counted from the "
                f"right, axis {axis} has {pair[0]} and {pair[1]}. They must be equal, or one of "
                "them 1"
            )
    shape = np.broadcast_shapes(a.shape, b.shape)
    if len(shape) > 3 or max(shape, default=1) > MOST or np.prod(shape) > MOST_CELLS:
        raise ValueError(
            f"a result of shape {_text(shape)} is too large to draw: take up to three axes, "
            f"{MOST} cells long, {MOST_CELLS} cells in all"
        )
    if 0 in shape:
        raise ValueError(f"a result of shape {_text(shape)} has no cells to draw")
    return shape


def _text(shape: tuple[int, ...]) -> str:
    return f"({', '.join(map(str, shape))})"


class _Run:
    """One of the two operations, computed by the library, forward and backward."""

    def __init__(self, library: Any, a: np.ndarray, b: np.ndarray, shape: tuple, multiply: bool):
        left, right = (library.tensor(array.tolist(), requires_grad=True) for array in (a, b))
        out = left * right if multiply else left + right
        out.backward(library.ones(shape))
        self.sign = "\u00b7" if multiply else "+"
        self.inputs, self.shape = (a, b), shape
        self.wide = [np.broadcast_to(array, shape) for array in (a, b)]
        self.out, self.g = array_of(out), np.ones(shape)
        self.sent = [self.g * other if multiply else self.g for other in reversed(self.wide)]
        self.grads = [array_of(t.grad) for t in (left, right)]

    def axes(self, i: int) -> list[int]:
        """The axes of the result along which an input is stretched."""
        own = (1,) * (len(self.shape) - self.inputs[i].ndim) + self.inputs[i].shape
        extra = len(self.shape) - self.inputs[i].ndim
        return [
            k for k, (a, b) in enumerate(zip(own, self.shape, strict=True)) if a != b or k < extra
        ]

    def copies(self, i: int) -> np.ndarray:
        """Which cells of the stretched input are copies of another one."""
        places = np.indices(self.shape)
        return np.any([places[axis] > 0 for axis in self.axes(i)] or [np.zeros(self.shape)], axis=0)


def _draw(run: _Run, stage: int) -> tuple[str, str]:
    sheet = Sheet(f"Broadcast lens: {STAGES[stage]}")
    every = [*run.inputs, run.out, *run.sent, *run.grads]
    cell = cell_size([[number(v) for array in every for v in array.ravel()]])[0], CELL
    whole = _extent(run.shape, cell)
    notes = [_note(name, run.axes(i)) for i, name in enumerate("ab")]
    step = max(whole[0], *map(text_width, (*notes, "gradient of the result"))) + GAP
    columns = [0.0, step, 2 * step]
    rows = [58 + i * (whole[1] + 36) for i in range(3)]

    for i, name in enumerate("ab"):
        shown = run.inputs[i] if stage == 0 else run.wide[i]
        copies = None if stage == 0 else run.copies(i)
        note = f"{name}  {_text(run.inputs[i].shape)}"
        sheet.text(columns[i], 22, note, bold=True)
        if stage and run.axes(i):
            sheet.text(columns[i], 48, f"stretched along {_axes(run.axes(i))}", GREY)
        _planes(sheet, columns[i], rows[0], shown, cell, copies=copies)
    sheet.text(
        columns[1] - GAP / 2, rows[0] + whole[1] / 2 + 8, run.sign, anchor="middle", bold=True
    )
    sheet.text(columns[2] - GAP / 2, rows[0] + whole[1] / 2 + 8, "=", anchor="middle", bold=True)
    sheet.text(columns[2], 22, f"result  {_text(run.shape)}", bold=True)
    _planes(sheet, columns[2], rows[0], run.out, cell, hidden=stage < 2)

    if stage >= 3:
        sheet.text(columns[2], rows[1] - 12, "gradient of the result", GRADIENT, bold=True)
        _planes(sheet, columns[2], rows[1], run.g, cell, GRADIENT)
    for i, name in enumerate("ab"):
        if stage >= 4:
            sheet.text(columns[i], rows[1] - 12, f"sent to {name}", GRADIENT, bold=True)
            _planes(sheet, columns[i], rows[1], run.sent[i], cell, GRADIENT, run.copies(i))
        if stage >= 5:
            sheet.text(columns[i], rows[2] - 12, notes[i], GRADIENT, bold=True)
            _planes(sheet, columns[i], rows[2], run.grads[i], cell, GRADIENT)
    sheet.box(0, 0, columns[2] + whole[0], rows[0] + whole[1], stroke="none")
    words = _words(run, stage)
    return sheet.svg(words), words


def _note(name: str, axes: list[int]) -> str:
    return f"{name}.grad: sum over {_axes(axes)}" if axes else f"{name}.grad: nothing to sum"


def _extent(shape: tuple[int, ...], cell: tuple[float, float]) -> tuple[float, float]:
    planes, height, width = (1,) * (3 - len(shape)) + tuple(shape)
    return width * cell[0], planes * height * cell[1] + (planes - 1) * BETWEEN


def _planes(
    sheet: Sheet,
    x: float,
    y: float,
    array: np.ndarray,
    cell: tuple[float, float],
    stroke: str = LINE,
    copies: np.ndarray | None = None,
    hidden: bool = False,
) -> None:
    """Draw an array of up to three axes, plane below plane; copies are dashed."""
    planes = array.reshape((1,) * (3 - array.ndim) + array.shape)
    marks = None if copies is None else copies.reshape(planes.shape)
    for k, plane in enumerate(planes):
        top = y + k * (planes.shape[1] * cell[1] + BETWEEN)
        for (i, j), value in np.ndenumerate(plane):
            left, upper = x + j * cell[0] + 2, top + i * cell[1] + 2
            copy = marks is not None and bool(marks[k, i, j])
            own = not (copy or hidden)
            fill = STROKE["op"] if stroke == LINE else stroke
            size = cell[0] - 4, cell[1] - 4
            share = TINT if own else 0
            sheet.box(left, upper, *size, fill, stroke, 1.5, 4, not own, opacity=share)
            if not hidden:
                middle = left - 2 + cell[0] / 2, upper + cell[1] / 2 + 5
                sheet.text(*middle, number(value), GREY if copy else INK, anchor="middle")


def _axes(axes: list[int]) -> str:
    return f"{'axis' if len(axes) == 1 else 'axes'} {', '.join(map(str, axes))}"


def _words(run: _Run, stage: int) -> str:
    a, b = (_text(array.shape) for array in run.inputs)
    told = [
        f"{name} is stretched along {_axes(run.axes(i))}"
        for i, name in enumerate("ab")
        if run.axes(i)
    ]
    stretch = (", ".join(told).replace(", b is stretched", ", b") or "Nothing is stretched") + "."
    shape = _text(run.shape)
    return (
        f"a {a} and b {b}: the result has shape {shape}. {stretch}",
        f"{stretch} Dashed cells are copies; no memory is used for them.",
        f"Cell by cell, a {run.sign} b has shape {shape}.",
        f"A gradient of ones comes back. It has the shape of the result, {shape}.",
        "Each input gets a gradient for every cell that it was stretched to"
        + (", times the other input." if run.sign == "\u00b7" else "."),
        _folded(run),
    )[stage]


def _folded(run: _Run) -> str:
    told = []
    for i, name in enumerate("ab"):
        if run.axes(i):
            told.append(
                f"{name} was stretched along {_axes(run.axes(i))}, so its gradient is summed there"
            )
        else:
            told.append(f"{name} was not stretched, so nothing is summed")
    return "; ".join(told) + ". A gradient has the shape of its tensor."
