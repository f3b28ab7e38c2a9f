"""The explorer in a notebook: step through a recorded backward pass.

Its front end is that of all widgets; here are the parts that only a film has.
"""

from typing import Any

import anywidget
from traitlets import Bool, Dict, Int, Unicode, observe

from .controls import Slider, Switch, html_of
from .front import SCRIPT, STYLE
from .player import Player
from .still import Still
from .svg import in_words
from .trace import Trace

MOST_SCENES = 10  # a notebook is not made heavier than by so many
JSON_TYPE = "application/vnd.minigrad.explorer+json"
# What stands before the words of a moment, and after them.
QUESTION = '<form class="ask" hidden></form>'
DETAILS = (
    '<p class="why"></p><div class="math"></div><div class="box"></div><small class="note"></small>'
)


class Explorer(anywidget.AnyWidget):
    """Shows a recorded backward pass moment by moment.

    Keys: the arrows, Page Up and Page Down step; Home and End jump.

    Attributes:
        trace: the pass, as plain data.
        step: the moment that is shown, from 0 to `last`; link it with `ipywidgets.jslink`.
        last: the number of the last moment.
        predict: ask for each value before it is shown.
        projector: large text, for the last row of a lecture hall.
    """

    _esm = SCRIPT
    _css = STYLE

    html = Unicode().tag(sync=True)
    step = Int(0).tag(sync=True)
    last = Int(0).tag(sync=True)
    predict = Bool(False).tag(sync=True)
    projector = Bool(False).tag(sync=True)
    _scene = Dict().tag(sync=True)

    def __init__(self, trace: Trace, **traits: Any) -> None:
        self.trace = trace
        super().__init__(**traits)
        self._player = Player(trace, prefix=f"mg-{self.model_id[:8]}-")
        self.last = len(self._player.frames) - 1
        controls = (
            Slider("step", "Moment", 0, self.last, player=True),
            Switch("predict", "Predict"),
        )
        self.html = html_of("Backward pass", controls, (QUESTION, DETAILS))
        self._turn_to(self.step)

    @observe("step")
    def _follow(self, change: Any) -> None:
        if hasattr(self, "_player"):
            self._turn_to(change["new"])

    def _turn_to(self, step: int) -> None:
        """Send the scene that holds a moment, where it is not the one that the reader has."""
        step = self.step = min(max(step, 0), self.last)
        number = self._player.scene_at(step)
        if self._scene.get("number") != number:
            self._scene = self._player.scene(number)

    def words(self) -> list[str]:
        """The whole pass in words, a sentence a moment."""
        return [frame.words for frame in self._player.frames]

    def __repr__(self) -> str:
        error = [self.trace.error] if self.trace.error else []
        return "\n".join([in_words(self.trace), "", *self.words(), *error])

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict, dict]:
        """The widget, and what stands in for it: a PNG, words, and the data for an exporter."""
        data, about = super()._repr_mimebundle_(**options)
        still, about_still = Still(self._player.last_picture(), repr(self))._repr_mimebundle_()
        if len(self._player.cuts) <= MOST_SCENES:
            data[JSON_TYPE] = {
                "html": self.html,
                "last": self.last,
                "scenes": self._player.scenes(),
            }
        return {**data, **still}, {**about, **about_still}
