"""The live form of the small widgets; the only file of theirs that needs anywidget."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from .controls import MIME, Control, Draw, frames_of, html_of, plain
from .still import Still

HERE = Path(__file__).parent


class Live(anywidget.AnyWidget):
    """A picture that follows its controls; `values` can be set from Python, too.

    Attributes:
        values: the value of each control, by its name.
        picture: the SVG for these values.
        words: what it shows, in words.
    """

    _esm = (HERE / "controls.js").read_text(encoding="utf-8")
    _css = "".join((HERE / f"{n}.css").read_text(encoding="utf-8") for n in ("widget", "controls"))
    controls = traitlets.Unicode().tag(sync=True)
    values = traitlets.Dict().tag(sync=True)
    picture = traitlets.Unicode().tag(sync=True)
    words = traitlets.Unicode().tag(sync=True)

    def __init__(self, draw: Draw, controls: Sequence[Control]) -> None:
        values = {control.name: plain(control.value) for control in controls}
        picture, words = draw(**values)
        self._draw, self._controls = draw, {control.name: control for control in controls}
        super().__init__(controls=html_of(controls), values=values, picture=picture, words=words)

    @traitlets.validate("values")
    def _check(self, proposal: Any) -> dict[str, Any]:
        """Values that no control could have are refused; those left out stay as they are."""
        values = dict(self.values)
        for name, value in proposal["value"].items():
            control = self._controls.get(name)
            if control is None:
                known = ", ".join(self._controls)
                raise traitlets.TraitError(f"there is no control {name!r}; there are: {known}")
            choices = control.choices()
            if value != value or not choices[0] <= value <= choices[-1]:
                ends = f"{choices[0]} to {choices[-1]}"
                raise traitlets.TraitError(f"{name!r} goes from {ends}, {value!r} is outside")
            values[name] = plain(value)
        return values

    @traitlets.observe("values")
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
        still, still_about = self.still._repr_mimebundle_()
        frames = {MIME: frames_of(self._draw, list(self._controls.values()))}
        return {**data, **frames, **still}, {**about, **still_about}
