"""The live form of the small widgets; the only file of theirs that needs anywidget."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anywidget
from traitlets import Bool, Float, TraitType, Unicode

from .controls import MIME, Control, Draw, Switch, frames_of, html_of, plain
from .front import SCRIPT, STYLE
from .still import Still


class Live(anywidget.AnyWidget):
    """A picture that follows its controls.

    Each control is a trait of its own: it can be set from Python, observed, and linked.

    Attributes:
        picture: the SVG for the values of the controls.
        words: what it shows, in words.
        projector: large text, for the last row of a lecture hall.
    """

    _esm = SCRIPT
    _css = STYLE

    html = Unicode().tag(sync=True)
    picture = Unicode().tag(sync=True)
    words = Unicode().tag(sync=True)
    projector = Bool(False).tag(sync=True)

    def __init__(self, title: str, draw: Draw, controls: Sequence[Control]) -> None:
        self._title, self._draw, self._controls = title, draw, controls
        self.add_traits(**{c.name: _trait(c).tag(sync=True) for c in controls})
        picture, words = draw(**self.values)
        super().__init__(html=html_of(title, controls), picture=picture, words=words)
        self.observe(self._redraw, list(self.values))

    @property
    def values(self) -> dict[str, Any]:
        """What the controls say, by their names."""
        return {control.name: plain(getattr(self, control.name)) for control in self._controls}

    def _redraw(self, change: Any) -> None:
        picture, words = self._draw(**self.values)
        with self.hold_sync():
            self.picture, self.words = picture, words

    @property
    def still(self) -> Still:
        """The picture of this moment, to keep or to save."""
        return Still(self.picture, self.words)

    def save(self, path: str | Path) -> Path:
        """Write the picture of this moment to a file that ends in .svg or .png."""
        return self.still.save(path)

    def __repr__(self) -> str:
        return self.words

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict, dict]:
        live = super()._repr_mimebundle_(**kwargs)
        data, about = live if isinstance(live, tuple) else (live or {}, {})
        still, still_about = self.still.stand_in()
        frames = {MIME: frames_of(self._title, self._draw, self._controls)}
        return {**data, **frames, **still}, {**about, **still_about}


def _trait(control: Control) -> TraitType:
    if isinstance(control, Switch):
        return Bool(control.value)
    return Float(control.value, min=control.low, max=control.high)
