"""`descent_player(loss, start)`: gradient descent, one step at a time."""

import base64
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .arrays import array_of
from .controls import Slider, show
from .jacobian import as_tensor, needs_function, needs_tensor
from .sheet import GREY, PALE, Sheet, n, number, text_width
from .svg import GRADIENT, INK, PAPER, STROKE

LEFT, TOP, WIDTH, HEIGHT = 88.0, 40.0, 480.0, 290.0
DOTS = 90, 54  # places at which a loss of two numbers is computed, across and up
POINTS = 161  # places at which a loss of one number is computed
BANDS = 12
MOST_STEPS = 40
LONGEST, SHORTEST = 110.0, 2.0  # arrows, in pixels
FAR = 1e6  # places beyond are not shown
ROUNDS = 8
PATH = STROKE["output"]


@dataclass(frozen=True)
class _Walk:
    """Places, losses and gradients; the last one has no step after it."""

    places: np.ndarray
    losses: np.ndarray
    grads: np.ndarray
    rate: float


def descent_player(
    loss: Callable[[Any], Any], start: Any, rate: float = 0.1, steps: int = 20
) -> Any:
    """Show the way that gradient descent takes down a loss of one or two numbers.

    Each step is computed by the library: `loss(w).backward()`, then `w -= rate * w.grad`.

    Args:
        loss: takes a tensor of the shape of `start`, returns a tensor of one element.
        start: one or two numbers: a tensor of minigrad or of torch, a list or a number.
        rate: the learning rate; the slider goes from a tenth of it to five times as much.
        steps: how many, up to 40.

    Raises:
        TypeError: if `loss` is no function, or returns no tensor.
        ValueError: if `start` has more than two numbers, steps is not 1 to 40, or rate is not
            above 0.

    Example:
        >>> print(descent_player(lambda w: (w - 3) ** 2, 0.0, rate=0.25, steps=2))
        Start at w = 0: loss 9, gradient \u22126.
    """
    needs_function(loss, "descent_player(lambda w: (w - 3) ** 2, 0.0)")
    library, start = as_tensor(start)
    if start.numel() not in (1, 2):
        raise ValueError(f"start has {start.numel()} numbers: a picture can show one or two")
    if steps not in range(1, MOST_STEPS + 1):
        raise ValueError(f"steps goes from 1 to {MOST_STEPS}, not {steps}")
    if not rate > 0:
        raise ValueError(f"the learning rate must be above 0, not {rate}")
    walks: dict[float, _Walk] = {}

    def walk(rate: float) -> _Walk:
        if rate not in walks:
            walks[rate] = _walk(loss, start, rate, steps)
        return walks[rate]

    scene = (_Curve if start.numel() == 1 else _Map)(library, loss, start, walk(rate))

    def draw(step: int, rate: float = rate) -> tuple[str, str]:
        return _draw(scene, walk(rate), int(step))

    controls = [
        Slider("step", "Step", 0, steps, player=True),
        Slider("rate", "Learning rate", rate / 10, rate * 5, rate, rate / 10),
    ]
    return show("Gradient descent", draw, controls)


def _walk(loss: Callable, start: Any, rate: float, steps: int) -> _Walk:
    w = start.clone().requires_grad_()
    places, losses, grads = [], [], []
    with np.errstate(all="ignore"):
        for _ in range(steps + 1):
            out = loss(w)
            needs_tensor(out, "loss")
            out.backward()
            if w.grad is None:
                raise ValueError("loss does not use its argument, so there is no gradient")
            places.append(array_of(w).ravel().astype(float))
            losses.append(float(array_of(out).ravel()[0]))
            grads.append(array_of(w.grad).ravel().astype(float))
            w = (w.detach() - rate * w.grad).requires_grad_()
    return _Walk(np.array(places), np.array(losses), np.array(grads), rate)


def _span(values: np.ndarray, least: float) -> tuple[float, float]:
    """A range that holds the finite values, with a margin."""
    values = values[np.isfinite(values) & (np.abs(values) < FAR)]
    low, high = (values.min(), values.max()) if values.size else (0.0, 0.0)
    margin = max(0.35 * (high - low), least)
    return float(low - margin), float(high + margin)


class _Scene:
    """The ground on which the walk is drawn: from numbers to places on the sheet."""

    x: tuple[float, float]
    y: tuple[float, float]

    def at(self, x: float, y: float) -> tuple[float, float]:
        left, right = self.x
        low, high = self.y
        return LEFT + (x - left) / (right - left) * WIDTH, TOP + (high - y) / (high - low) * HEIGHT

    def frame(self, sheet: Sheet, across: str, up: str) -> None:
        sheet.box(LEFT, TOP, WIDTH, HEIGHT, stroke=PALE)
        sheet.text(LEFT + WIDTH / 2, TOP + HEIGHT + 50, across, GREY, anchor="middle")
        sheet.text(0, 22, up, GREY)
        for value in _ticks(self.x):
            x, _ = self.at(value, self.y[0])
            sheet.path(f"M{n(x)} {TOP + HEIGHT} v6", GREY)
            sheet.text(x, TOP + HEIGHT + 24, number(value), GREY, anchor="middle")
        for value in _ticks(self.y):
            _, y = self.at(self.x[0], value)
            sheet.path(f"M{LEFT} {n(y)} h-6", GREY)
            sheet.text(LEFT - 12, y + 6, number(value), GREY, anchor="end")


def _ticks(span: tuple[float, float]) -> list[float]:
    """Three to six round numbers in a range."""
    low, high = span
    step = 10.0 ** np.floor(np.log10((high - low) / 2))
    step = next(step * k for k in (0.5, 1, 2, 5, 10) if (high - low) / (step * k) <= 6)
    first = np.ceil(low / step)
    return [float(k * step) for k in np.arange(first, np.floor(high / step) + 1)]


def _losses(library: Any, loss: Callable, start: Any, places: np.ndarray) -> np.ndarray:
    """The loss at each of the places (rows)."""
    found = []
    with library.no_grad(), np.errstate(all="ignore"):
        for place in places:
            w = library.tensor(place.tolist(), dtype=start.dtype).reshape(tuple(start.shape))
            found.append(float(array_of(loss(w)).ravel()[0]))
    return np.array(found)


class _Curve(_Scene):
    """A loss of one number: a curve, with the slope at the point where we stand."""

    def __init__(self, library: Any, loss: Callable, start: Any, walk: _Walk) -> None:
        self.x = _span(walk.places[:, 0], 0.5)
        at = np.linspace(*self.x, POINTS)
        self.curve = at, _losses(library, loss, start, at[:, None])
        finite = self.curve[1][np.isfinite(self.curve[1])]
        if not finite.size:
            raise ValueError("the loss is nowhere finite around the start")
        low, high = float(finite.min()), float(finite.max())
        margin = 0.08 * (high - low) or 0.5
        self.y = low - margin, high + margin

    def ground(self, sheet: Sheet) -> None:
        self.frame(sheet, "w", "loss")
        pen, d = "M", ""
        for x, y in zip(*self.curve, strict=True):
            if np.isfinite(y):
                px, py = self.at(x, y)
                d += f"{pen}{n(px)} {n(py)}"
                pen = "L"
            else:
                pen = "M"
        sheet.path(d, STROKE["op"], 3)

    def place(self, walk: _Walk, k: int) -> tuple[float, float]:
        return self.at(float(walk.places[k, 0]), walk.losses[k])

    def slope(self, sheet: Sheet, walk: _Walk, k: int) -> None:
        """The tangent: its slope is the gradient."""
        x, y, g = float(walk.places[k, 0]), walk.losses[k], float(walk.grads[k, 0])
        length = 110.0
        rise = -g * (HEIGHT / (self.y[1] - self.y[0])) / (WIDTH / (self.x[1] - self.x[0]))
        dx = length / np.hypot(1, rise)
        px, py = self.at(x, y)
        sheet.path(
            f"M{n(px - dx)} {n(py - dx * rise)} L{n(px + dx)} {n(py + dx * rise)}", GRADIENT, 3
        )


class _Map(_Scene):
    """A loss of two numbers: a map with bands of equal loss, dark below.

    Both axes have one scale: only so the gradient stands at right angles to the bands.
    """

    def __init__(self, library: Any, loss: Callable, start: Any, walk: _Walk) -> None:
        sizes = np.hypot(*walk.grads.T)
        self.unit = LONGEST / sizes[np.isfinite(sizes)].max(initial=1e-300)  # pixels for a gradient
        self.x, self.y = (_span(walk.places[:, i], 0.5) for i in (0, 1))
        for _ in range(ROUNDS):  # until all arrows are inside: a wider view has shorter pixels
            scale = self._same_scale()
            near = np.isfinite(walk.places).all(1) & (np.abs(walk.places) < FAR).all(1)
            tips = walk.places[near] + [1.1 * self._arrow(g) / scale for g in walk.grads[near]]
            self.x, self.y = (
                (min(low, tips[:, i].min(initial=low)), max(high, tips[:, i].max(initial=high)))
                for i, (low, high) in enumerate((self.x, self.y))
            )
        self._same_scale()
        across, up = np.linspace(*self.x, DOTS[0]), np.linspace(*self.y[::-1], DOTS[1])
        places = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
        losses = _losses(library, loss, start, places).reshape(DOTS[::-1])
        self.image = _bands(losses)

    def ground(self, sheet: Sheet) -> None:
        data = base64.b64encode(self.image).decode()
        sheet.parts.append(
            f'<image x="{LEFT}" y="{TOP}" width="{WIDTH}" height="{HEIGHT}" '
            f'preserveAspectRatio="none" href="data:image/png;base64,{data}"/>'
        )
        self.frame(sheet, "w[0]", "w[1]")

    def place(self, walk: _Walk, k: int) -> tuple[float, float]:
        return self.at(*map(float, walk.places[k]))

    def slope(self, sheet: Sheet, walk: _Walk, k: int) -> None:
        """The gradient as an arrow uphill: the step goes the other way."""
        x, y = self.place(walk, k)
        dx, dy = self._arrow(walk.grads[k]) * [1, -1]
        room = [
            (end - at) / d
            for at, d, ends in ((x, dx, (LEFT, LEFT + WIDTH)), (y, dy, (TOP, TOP + HEIGHT)))
            for end in ends
            if d and (end - at) / d > 0
        ]
        share = min([1.0, *room])
        if np.hypot(dx, dy) * share > SHORTEST:
            sheet.path(f"M{n(x)} {n(y)} l{n(dx * share)} {n(dy * share)}", GRADIENT, 3.5, True)

    def _arrow(self, g: np.ndarray) -> np.ndarray:
        """A gradient as an arrow in pixels: as long as it is large, up to a limit."""
        size = np.hypot(*g)
        if not (np.isfinite(size) and size):
            return np.zeros(2)
        return g * min(self.unit, LONGEST / size)

    def _same_scale(self) -> float:
        """Widen one of the ranges so that both axes have as many pixels for 1; returns how many."""
        scale = min(WIDTH / np.ptp(self.x), HEIGHT / np.ptp(self.y))
        for name, pixels in (("x", WIDTH), ("y", HEIGHT)):
            middle = sum(getattr(self, name)) / 2
            setattr(self, name, (middle - pixels / scale / 2, middle + pixels / scale / 2))
        return scale


def _bands(losses: np.ndarray) -> bytes:
    """A map of losses as a small PNG: the lower, the more blue, in bands of equal counts."""
    finite = np.where(np.isfinite(losses), losses, np.nan)
    edges = np.nanquantile(finite, np.linspace(0, 1, BANDS + 1)[1:-1])
    band = np.searchsorted(edges, np.nan_to_num(finite, nan=np.inf))
    pixels = np.empty((*losses.shape, 4), np.uint8)
    pixels[..., :3] = [int(STROKE["op"][i : i + 2], 16) for i in (1, 3, 5)]
    pixels[..., 3] = (0.65 * 255 * (1 - band / (BANDS - 1))).round()
    return _png(pixels)


def _png(pixels: np.ndarray) -> bytes:
    """Write (height, width, 4) bytes as a PNG file: red, green, blue, opacity."""
    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    packed = zlib.compress(rows, 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )


# --- the picture ---------------------------------------------------------------------------------


def _draw(scene: Any, walk: _Walk, step: int) -> tuple[str, str]:
    sheet = Sheet("Gradient descent")
    scene.ground(sheet)
    seen = [k for k in range(step + 1) if _inside(*scene.place(walk, k))]
    trail = [scene.place(walk, k) for k in seen]
    if len(trail) > 1:
        sheet.path("M" + " L".join(f"{n(x)} {n(y)}" for x, y in trail), PATH, 2.5)
    if step in seen:
        scene.slope(sheet, walk, step)
    for k, (x, y) in zip(seen, trail, strict=True):
        now = k == step
        size, fill = (9, PATH) if now else (5, PAPER)
        sheet.box(x - size, y - size, 2 * size, 2 * size, fill, INK if now else PATH, 2, size)
    x = LEFT + WIDTH + 36
    facts = [
        ("step", str(step)),
        ("rate", number(walk.rate)),
        ("w", _list(walk.places[step])),
        ("loss", number(walk.losses[step])),
        ("w.grad", _list(walk.grads[step])),
    ]
    for i, (key, value) in enumerate(facts):
        colour = GRADIENT if key == "w.grad" else GREY
        sheet.text(x, TOP + 24 + 34 * i, key, colour, bold=key == "w.grad")
        sheet.text(x + text_width("w.grad  "), TOP + 24 + 34 * i, value)
    code = ("loss(w).backward()", "w -= rate * w.grad", "w.grad = None")
    for i, line in enumerate(code):
        sheet.text(x, TOP + 220 + 30 * i, line, GREY)
    sheet.box(0, 0, x + text_width("w.grad  [\u22120.1234, \u22120.1234]"), 1, stroke="none")
    words = _words(walk, step, step in seen)
    return sheet.svg(words), words


def _inside(x: float, y: float) -> bool:
    return LEFT <= x <= LEFT + WIDTH and TOP <= y <= TOP + HEIGHT


def _words(walk: _Walk, step: int, seen: bool) -> str:
    here = f"w = {_list(walk.places[step])}: loss {number(walk.losses[step])}"
    here += f", gradient {_list(walk.grads[step])}."
    if step == 0:
        return f"Start at {here}"
    told = f"Step {step}: against the gradient, {number(walk.rate)} times its size, to {here}"
    before, now = walk.losses[step - 1], walk.losses[step]
    if not np.isfinite(now) or now > before:
        told += " The loss has grown: the learning rate is too large here."
    if not seen:
        told += " This place is outside the picture."
    return told


def _list(values: np.ndarray) -> str:
    inside = ", ".join(map(number, values))
    return inside if len(values) == 1 else f"[{inside}]"
