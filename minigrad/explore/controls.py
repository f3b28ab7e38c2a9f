"""Small widgets: a picture that is a function of a few sliders and switches.

    show(draw, [Slider("step", "Step", 0, 5)])

`draw` takes the values of the controls and returns the picture and its words; that is all that a
small widget is. The controls are the browser's own, so the keyboard and a screen reader know them.
Without anywidget, the first picture stands still.
"""

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.util import find_spec
from typing import Any

from .still import Still

MIME = "application/vnd.minigrad.frames+json"  # the data of a page that plays without a kernel
MOST_FRAMES = 48
ROW = "display:flex;gap:8px;align-items:center;margin-right:12px"

Draw = Callable[..., tuple[str, str]]  # the values by name -> SVG, words


@dataclass(frozen=True)
class Slider:
    """A number from low to high.

    Attributes:
        player: steps through time, so it gets buttons "Back" and "Next".
    """

    name: str
    label: str
    low: float
    high: float
    value: float = 0
    step: float = 1
    player: bool = False

    def choices(self) -> list[float]:
        count = round((self.high - self.low) / self.step)
        return [plain(self.low + i * self.step) for i in range(count + 1)]

    def html(self) -> str:
        field = (
            f'<label style="{ROW}">{escape(self.label)} <input type="range" name="{self.name}" '
            f'min="{plain(self.low)}" max="{plain(self.high)}" step="{plain(self.step)}" '
            f'value="{plain(self.value)}"> <output>{plain(self.value)}</output></label>'
        )
        if not self.player:
            return field
        back, on = (
            f'<button data-of="{self.name}" data-by="{by}">{word}</button>'
            for by, word in ((-1, "Back"), (1, "Next"))
        )
        return back + on + field


@dataclass(frozen=True)
class Switch:
    """Something that is on or off."""

    name: str
    label: str
    value: bool = False

    def choices(self) -> list[bool]:
        return [False, True]

    def html(self) -> str:
        on = " checked" if self.value else ""
        return (
            f'<label style="{ROW}"><input type="checkbox" role="switch" name="{self.name}"{on} '
            'style="width:1.2em;height:1.2em"> '
            f"{escape(self.label)}</label>"
        )


Control = Slider | Switch


def show(draw: Draw, controls: Sequence[Control]) -> Any:
    """The live widget where anywidget is installed, else its first picture."""
    if find_spec("anywidget") is None:
        return Still(*draw(**{control.name: control.value for control in controls}))
    from .live import Live

    return Live(draw, controls)


def html_of(controls: Sequence[Control]) -> str:
    """The controls as HTML."""
    inside = "".join(control.html() for control in controls)
    large = '<button data-large="1" title="Large text, full screen">Projector</button>'
    return f'<div class="bar" role="group" aria-label="Controls">{inside}{large}</div>'


def key_of(values: Mapping[str, Any]) -> str:
    """The name of a frame: the values in the order of their names, since nbformat sorts them so."""
    return json.dumps([plain(values[name]) for name in sorted(values)], separators=(",", ":"))


def frames_of(draw: Draw, controls: Sequence[Control]) -> dict[str, Any]:
    """All pictures, for a page that has no kernel.

    Where there are too many, only the first control can be moved; and where that alone has too
    many places, nothing.
    """
    moved = len(controls)
    while moved and _count(controls[:moved]) > MOST_FRAMES:
        moved = min(moved - 1, 1)
    start = {control.name: plain(control.value) for control in controls}
    frames = {}
    for chosen in itertools.product(*(control.choices() for control in controls[:moved])):
        names = (control.name for control in controls[:moved])
        values = {**start, **dict(zip(names, chosen, strict=True))}
        frames[key_of(values)] = draw(**values)
    return {
        "controls": html_of(controls[:moved]) if moved else "",
        "values": {name: start[name] for name in sorted(start)},
        "frames": frames,
    }


def _count(controls: Sequence[Control]) -> int:
    count = 1
    for control in controls:
        count *= len(control.choices())
    return count


def plain(value: Any) -> Any:
    """A number as the browser writes it: 2 and not 2.0, 0.3 and not 0.30000000000000004."""
    if isinstance(value, bool):
        return value
    value = round(float(value), 9)
    return int(value) if value.is_integer() else value
