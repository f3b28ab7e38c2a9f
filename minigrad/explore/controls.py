"""Small widgets: a picture that is a function of a few sliders and switches.

    show("Counter", draw, [Slider("step", "Step", 0, 5)])

`draw` takes the values of the controls and returns the picture and its words; that is all that a
small widget is. The controls are the browser's own, so the keyboard and a screen reader know them.
Without anywidget, the first picture stands still.
"""

import itertools
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from importlib.util import find_spec
from typing import Any

from .still import Still

MIME = "application/vnd.minigrad.frames+json"  # the data of a page that plays without a kernel
MOST_FRAMES = 450  # some 0.7 MB
PARTS = re.compile("(?=<[^/])")  # where a picture is cut: before each element
FEWER = "On this page, which runs without Python, the sliders have fewer places than in a notebook."

BUTTONS = {"First": "-1e9", "Back": "-1", "Next": "1", "Last": "1e9"}  # of a player

Draw = Callable[..., tuple[str, str]]  # the values by name -> SVG, words


@dataclass(frozen=True)
class Slider:
    """A number from low to high.

    Attributes:
        player: steps through time, so it gets buttons and keys for it.
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

    def thinned(self) -> "Slider":
        """With half as many places; where it is now, is one of them."""
        step = 2 * self.step
        below, above = (int(round(side / step, 9)) for side in self._sides())
        return replace(
            self, low=self.value - below * step, high=self.value + above * step, step=step
        )

    def _sides(self) -> tuple[float, float]:
        return self.value - self.low, self.high - self.value

    def html(self) -> str:
        kind = ' class="film"' if self.player else ""
        field = (
            f'<label>{escape(self.label)} <input type="range"{kind} name="{self.name}" '
            f'min="{plain(self.low)}" max="{plain(self.high)}" step="{plain(self.step)}" '
            f'value="{plain(self.value)}"> <output></output></label>'
        )
        if not self.player:
            return field
        buttons = (f'<button data-by="{by}">{word}</button>' for word, by in BUTTONS.items())
        return "".join(buttons) + field


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
            f'<label><input type="checkbox" role="switch" name="{self.name}"{on}> '
            f"{escape(self.label)}</label>"
        )


Control = Slider | Switch
PROJECTOR = Switch("projector", "Projector")  # large text, full screen


def show(title: str, draw: Draw, controls: Sequence[Control]) -> Any:
    """The live widget where anywidget is installed, else its first picture."""
    if find_spec("anywidget") is None:
        return Still(*draw(**{control.name: control.value for control in controls}))
    from .live import Live

    return Live(title, draw, controls)


def html_of(title: str, controls: Sequence[Control], more: tuple[str, str] = ("", "")) -> str:
    """A widget as HTML: its controls, a place for its picture, and one for its words.

    Args:
        title: what it is; a screen reader says it.
        controls: in their order; the switch to the projector comes last.
        more: what stands before the words and after them; with something before them, the picture
            stands beside the words.
    """
    bar = "".join(control.html() for control in (*controls, PROJECTOR))
    body = "body" if more[0] else "body whole"
    return (
        f'<div class="mg" tabindex="0" role="group" aria-label="{escape(title)}">'
        f'<div class="bar" role="group" aria-label="Controls">{bar}</div><div class="{body}">'
        '<div class="pic" tabindex="0" role="group" aria-label="Picture"></div>'
        f'<div class="side" tabindex="0" role="group" aria-label="Details">{more[0]}'
        f'<p class="words" aria-live="polite"></p>{more[1]}</div></div></div>'
    )


def key_of(values: Mapping[str, Any]) -> str:
    """The name of a frame, as a page asks for it."""
    return json.dumps([plain(value) for value in values.values()], separators=(",", ":"))


def frames_of(title: str, draw: Draw, controls: Sequence[Control]) -> dict[str, Any]:
    """All pictures, for a page that has no kernel.

    Where there are too many, the sliders that do not step through time get fewer places. What
    pictures share is stored once: a frame lists the numbers of its parts.
    """
    controls, whole = list(controls), list(controls)
    while _count(controls) > MOST_FRAMES:
        sliders = [c for c in controls if isinstance(c, Slider) and not c.player]
        most = max(len(slider.choices()) for slider in sliders)
        longest = [slider for slider in sliders if len(slider.choices()) == most]
        controls = [c.thinned() if c in longest else c for c in controls]
    names = [control.name for control in controls]
    parts: dict[str, int] = {}
    frames = {}
    for chosen in itertools.product(*(control.choices() for control in controls)):
        values = dict(zip(names, chosen, strict=True))
        frames[key_of(values)] = [
            [parts.setdefault(part, len(parts)) for part in PARTS.split(text)]
            for text in draw(**values)
        ]
    note = "" if controls == whole else f"<small>{FEWER}</small>"
    return {
        "html": html_of(title, controls, ("", note)),
        "names": names,
        **{control.name: plain(control.value) for control in controls},
        "frames": frames,
        "parts": list(parts),
    }


def _count(controls: Sequence[Control]) -> int:
    return math.prod(len(control.choices()) for control in controls)


def plain(value: Any) -> Any:
    """A number as the browser writes it: 2 and not 2.0, 0.3 and not 0.30000000000000004."""
    if isinstance(value, bool):
        return value
    value = round(float(value), 9)
    return int(value) if value.is_integer() else value
