"""`gradient_meter(f, w)`: what several backward passes leave in `.grad`."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .arrays import array_of
from .controls import Slider, Switch, show
from .jacobian import as_tensor, needs_function, needs_tensor
from .sheet import GREY, RULE, SMALL, Sheet, number, text_width
from .svg import GRADIENT, INK, NONE_YET

MOST_PASSES, MOST_ELEMENTS = 12, 8
HEIGHT, BAR, STEP = 190.0, 70.0, 110.0
OLD, NEW = 0.12, 0.32  # how much of the colour a block takes


def gradient_meter(f: Callable[[Any], Any], w: Any, passes: int = 4) -> Any:
    """Show how `.grad` grows from pass to pass, and what clearing it changes.

    Each pass is run: `f(w).backward()`. A block is what this pass has brought; it stands on what
    was there before. The switch puts `w.grad = None` (what `zero_grad()` does) before each pass.

    Args:
        f: takes a tensor and returns a tensor of one element.
        w: a tensor of minigrad or of torch, or numbers; up to 8 elements.
        passes: how many, up to 12.

    Raises:
        TypeError: if `f` is no function, or returns no tensor.
        ValueError: if w or passes is too large, or not even one.

    Example:
        >>> print(gradient_meter(lambda w: (w * 3).sum(), [1.0, 1.0], passes=3))
        Before the first pass w.grad is None: that is no zero, there is nothing yet.
    """
    needs_function(f, "gradient_meter(lambda w: (w * 3).sum(), [1.0, 1.0])")
    _, w = as_tensor(w)
    if passes not in range(1, MOST_PASSES + 1):
        raise ValueError(f"passes goes from 1 to {MOST_PASSES}, not {passes}")
    if not 1 <= w.numel() <= MOST_ELEMENTS:
        raise ValueError(
            f"w has {w.numel()} elements: gradient_meter() shows 1 to {MOST_ELEMENTS}, take fewer"
        )
    runs = {zero: _passes(f, w, passes, zero) for zero in (False, True)}

    def draw(after: int, zero_grad: bool, element: int = 0) -> tuple[str, str]:
        return _draw(runs, passes, int(after), zero_grad, int(element))

    controls: list[Any] = [
        Slider("after", "Passes", 0, passes, player=True),
        Switch("zero_grad", "zero_grad()"),
    ]
    if w.numel() > 1:
        controls.append(Slider("element", "Element", 0, w.numel() - 1))
    return show("Gradient meter", draw, controls)


def _passes(f: Callable, w: Any, passes: int, zero: bool) -> list[tuple[np.ndarray, np.ndarray]]:
    """Run the passes; of each, `.grad` before it (zeros for None) and after it, flat."""
    w = w.clone().requires_grad_()
    told = []
    for _ in range(passes):
        if zero:
            w.grad = None
        before = np.zeros(w.numel()) if w.grad is None else array_of(w.grad).ravel()
        out = f(w)
        needs_tensor(out)
        out.backward()
        if w.grad is None:
            raise ValueError("f does not use w, so no gradient reaches it")
        told.append((before, array_of(w.grad).ravel()))
    return told


def _draw(runs: dict, passes: int, after: int, zero: bool, element: int) -> tuple[str, str]:
    run = runs[zero]
    heights = [float(end[element]) for both in runs.values() for _, end in both]
    low, high = min(0.0, *heights), max(0.0, *heights)
    if not np.isfinite(high - low):
        low, high = -1.0, 1.0
    unit = HEIGHT / ((high - low) or 1)
    top = 44.0
    ground = top + high * unit
    left = 90.0
    sheet = Sheet("Gradient meter")
    sheet.text(
        0, 22, "w.grad" + (f"[{element}]" if len(run[0][0]) > 1 else ""), GRADIENT, bold=True
    )
    width = passes * STEP
    for value in sorted({low, 0.0, high}):
        y = top + (high - value) * unit
        sheet.path(f"M{left - 8} {y:.1f} H{left + width}", INK if value == 0 else RULE, 1.5)
        sheet.text(left - 16, y + 6, number(value), GREY, SMALL, anchor="end")
    for k, (before, end) in enumerate(run):
        x = left + k * STEP + (STEP - BAR) / 2
        sheet.text(x + BAR / 2, top + HEIGHT + 40, f"pass {k + 1}", GREY, SMALL, anchor="middle")
        if k >= after:
            sheet.text(x + BAR / 2, ground - 10, NONE_YET, GREY, anchor="middle")
            continue
        _block(sheet, x, ground, unit, 0.0, float(before[element]), OLD)
        _block(sheet, x, ground, unit, float(before[element]), float(end[element]), NEW)
        last = k == after - 1
        y = ground - float(end[element]) * unit
        y = y - 10 if end[element] >= 0 else y + 24
        colour = GRADIENT if last else GREY
        sheet.text(x + BAR / 2, y, number(end[element]), colour, anchor="middle", bold=last)
    y = top + HEIGHT + 62
    x = left
    for share, word in ((OLD, "was there before"), (NEW, "this pass added")):
        sheet.box(x, y, 22, 18, GRADIENT, GRADIENT, opacity=share)
        x += 32 + sheet.text(x + 32, y + 15, word, GREY, SMALL) + 24
    _code(sheet, left + width + 50, zero, after)
    words = _words(runs[zero], after, zero)
    return sheet.svg(words), words


def _block(
    sheet: Sheet, x: float, ground: float, unit: float, start: float, end: float, share: float
) -> None:
    if start == end or not np.isfinite(end):
        return
    upper, lower = ground - max(start, end) * unit, ground - min(start, end) * unit
    sheet.box(x, upper, BAR, lower - upper, GRADIENT, GRADIENT, 2, opacity=share)


def _code(sheet: Sheet, x: float, zero: bool, after: int) -> None:
    lines = ["for each pass:"]
    if zero:
        lines.append("    w.grad = None")
    lines.append("    f(w).backward()")
    for i, line in enumerate(lines):
        sheet.text(x, 62 + 30 * i, line, size=SMALL)
    sheet.box(0, 0, x + text_width("    f(w).backward()", SMALL), 1, stroke="none")


def _words(run: list, after: int, zero: bool) -> str:
    if after == 0:
        return "Before the first pass w.grad is None: that is no zero, there is nothing yet."
    before, end = run[after - 1]
    now = f"After pass {after} w.grad is {_list(end)}"
    if after == 1:
        return f"{now}. There was nothing before it."
    if zero:
        return f"{now}: it was cleared before the pass, so this pass stands alone."
    return f"{now}: {_list(before)} was there, and this pass added {_list(end - before)}."


def _list(values: np.ndarray) -> str:
    inside = ", ".join(map(number, values))
    return inside if len(values) == 1 else f"[{inside}]"
