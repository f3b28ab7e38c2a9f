"""`tensor_card(t)`: all that a tensor knows about itself, on one card."""

from typing import Any

import numpy as np

from .arrays import array_of, is_tensor, stored_grad
from .record import callers_variables
from .sheet import GREY, LETTER, PALE, SMALL, TEXT, Sheet, cell_size, number, text_width
from .still import Still
from .svg import GRADIENT, NONE_YET, PAPER, STROKE

MOST_NUMBERS = 8  # rows and columns up to which numbers stand in the cells
MOST_CELLS = 24  # rows and columns that are drawn at all
WIDEST = 1230  # cards that do not fit side by side go below
PAD, GAP, LEADING = 20, 28, 30
EMPTY = "no elements"
KINDS = {"leaf": "leaf", "op": "computed", "constant": "leaf, not tracked"}


def tensor_card(*tensors: Any, **named: Any) -> Still:
    """Show what tensors know about themselves, one card beside the other.

    Args:
        tensors: tensors of minigrad or of torch; named after the variables of the caller.
        named: tensors by the name that their card shall have.

    Raises:
        TypeError: if one is no tensor, or none is given.

    Example:
        >>> import minigrad
        >>> x = minigrad.tensor([1.0, 2.0], requires_grad=True)
        >>> print(tensor_card(x))
        x: leaf, float32, shape (2,)
          data           [1, 2]
          grad           \u2014
          requires_grad  True
          grad_fn        None
          is_leaf        True
          _version       0
    """
    variables = callers_variables()
    cards = [(name_of(t, variables), t) for t in tensors] + list(named.items())
    if not cards:
        raise TypeError("tensor_card() needs a tensor: tensor_card(x)")
    for _, t in cards:
        if not is_tensor(t):
            raise TypeError(
                f"tensor_card() shows tensors of minigrad or torch, not {type(t).__name__}: "
                "make one with minigrad.tensor(...)"
            )
    words = "\n\n".join(_words(name, t) for name, t in cards)
    sheet = Sheet("Tensor card" if len(cards) == 1 else "Tensor cards", paper=False)
    x = y = below = 0.0
    for name, t in cards:
        width = _inner_width(name, t) + 2 * PAD
        if x and x + width > WIDEST:
            x, y = 0.0, below + GAP
        below = max(below, _card(sheet, x, y, name, t))
        x += width + GAP
    return Still(sheet.svg(words), words)


def name_of(t: Any, variables: dict[str, Any]) -> str:
    """The caller's name for a tensor, "" where there is none; short names come first."""
    return min((k for k, v in variables.items() if v is t), key=len, default="")


def facts(t: Any) -> dict[str, str]:
    """The attributes that a card lists, as texts."""
    fn = t.grad_fn
    try:
        version = str(t._version)
    except RuntimeError:  # torch counts none for a tensor made in inference mode
        version = NONE_YET
    return {
        "requires_grad": str(t.requires_grad),
        "grad_fn": "None" if fn is None else fn.name(),
        "is_leaf": str(t.is_leaf),
        "_version": version,
    }


def kind_of(t: Any) -> str:
    return "op" if not t.is_leaf else "leaf" if t.requires_grad else "constant"


def _words(name: str, t: Any) -> str:
    data, grad = array_of(t), array_of(stored_grad(t))
    told = {"data": _flat(data), "grad": NONE_YET if grad is None else _flat(grad), **facts(t)}
    first = f"{name or 'a tensor'}: {KINDS[kind_of(t)]}, {dtype_of(t)}, shape {tuple(t.shape)}"
    return "\n".join([first, *(f"  {key:13}  {value}" for key, value in told.items())])


def _flat(array: np.ndarray | None) -> str:
    if array is None:
        return NONE_YET
    if array.size > 64:
        return f"{array.size} numbers"
    items = array.tolist()
    return _listed(items)


def _listed(items: Any) -> str:
    if isinstance(items, list):
        return f"[{', '.join(map(_listed, items))}]"
    return number(items)


def dtype_of(t: Any) -> str:
    return str(t.dtype).rpartition(".")[2]


def _inner_width(name: str, t: Any) -> float:
    return max(
        text_width(f"{name or 'tensor'}  {KINDS[kind_of(t)]}") + 44,
        text_width(f"data  {dtype_of(t)}, shape {tuple(t.shape)}", SMALL),
        *(_width(array_of(array)) for array in (t, stored_grad(t))),
        *(text_width(f"{'':15}{value}", SMALL) for value in facts(t).values()),
    )


def _card(sheet: Sheet, x: float, top: float, name: str, t: Any) -> float:
    """Draw one card; returns where it ends below."""
    ground = len(sheet.parts)
    data, grad, kind = array_of(t), array_of(stored_grad(t)), kind_of(t)
    about = f"{dtype_of(t)}, shape {tuple(t.shape)}"
    inner = _inner_width(name, t)
    y = top + PAD
    sheet.kind(kind, x + PAD, y, inner, 42)
    left = x + PAD
    width = sheet.text(left + 22, y + 28, name or "tensor", bold=True)
    sheet.text(left + 22 + width + 2 * LETTER * TEXT, y + 28, KINDS[kind])
    y += 42 + 32
    for label, array, colour in (("data", data, STROKE["op"]), ("grad", grad, GRADIENT)):
        sheet.text(left, y, label, colour, SMALL, bold=True)
        if label == "data":
            sheet.text(left + text_width("data  ", SMALL), y, about, GREY, SMALL)
        y += 12
        y += _array(sheet, left, y, array, colour) + 34
    for key, value in facts(t).items():
        sheet.text(left, y, key, GREY, SMALL)
        sheet.text(left + text_width(f"{'':15}", SMALL), y, value, size=SMALL)
        y += LEADING
    bottom = y - LEADING + PAD
    sheet.box(x, top, inner + 2 * PAD, bottom - top, PAPER, PALE, radius=12)
    sheet.parts.insert(ground, sheet.parts.pop())  # under what stands on it
    return bottom


def matrix(array: np.ndarray) -> np.ndarray:
    """Any array as a matrix: the last axis runs across, the others down."""
    return array.reshape(-1, array.shape[-1]) if array.ndim else array.reshape(1, 1)


def _texts(array: np.ndarray) -> list[list[str]]:
    if max(array.shape) > MOST_NUMBERS:
        return []
    return [[number(value) for value in row] for row in array]


def _width(array: np.ndarray | None) -> float:
    """The room that an array takes across a card."""
    if array is None or array.size == 0:
        return text_width(EMPTY) + 40
    shown = matrix(array)
    width, _ = cell_size(_texts(shown))
    return max(width * min(shown.shape[1], MOST_CELLS), text_width(_rest(shown), SMALL))


def _rest(shown: np.ndarray) -> str:
    """A line for an array whose numbers are not in the cells."""
    if max(shown.shape) <= MOST_NUMBERS:
        return ""
    part = "" if max(shown.shape) <= MOST_CELLS else f", first {MOST_CELLS} rows and columns"
    if shown.dtype.kind in "bc":
        return part.removeprefix(", ")
    return f"{number(shown.min())} to {number(shown.max())}{part}"


def _array(sheet: Sheet, x: float, y: float, array: np.ndarray | None, colour: str) -> float:
    """Draw an array; returns the height. None is a dash, never a zero."""
    if array is None or array.size == 0:
        word = NONE_YET if array is None else EMPTY
        sheet.box(x, y, max(text_width(word) + 40, 52), 42, stroke=PALE, dashed=array is None)
        sheet.text(x + 20, y + 28, word)
        return 42
    shown = matrix(array)
    cells = shown[:MOST_CELLS, :MOST_CELLS]
    _, height = sheet.grid(x, y, cells, _texts(shown), colour)
    rest = _rest(shown)
    if rest:
        sheet.text(x, y + height + 22, rest, GREY, SMALL)
        height += 26
    return height
