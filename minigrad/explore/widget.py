"""The explorer in a notebook: step through a recorded backward pass.

Its front end is that of all widgets; here are the parts that only a film has.
"""

import gc
from typing import Any

import anywidget
from traitlets import Bool, Dict, Int, TraitError, Unicode, observe, validate

from .controls import Slider, Switch, html_of
from .fold import Tree
from .forward import filled
from .front import SCRIPT, STYLE
from .made import no_collector
from .player import Player
from .still import Still
from .svg import in_words
from .trace import Trace

JSON_TYPE = "application/vnd.minigrad.explorer+json"
# What stands before the words of a moment, and after them.
QUESTION = '<form class="ask" hidden></form>'
DETAILS = (
    '<p class="why"></p><div class="math"></div><div class="box"></div><small class="note"></small>'
)


class Explorer(anywidget.AnyWidget):
    """Shows a recorded backward pass moment by moment.

    Keys: the arrows, Page Up and Page Down step; Home and End jump; Tab goes through the boxes,
    Enter chooses one.

    Attributes:
        trace: the pass, as plain data.
        step: the moment that is shown, from 0 to `last`; link it with `ipywidgets.jslink`.
        last: the number of the last moment.
        opened: the name of the group that is open, as "model.layers.3"; "" where all are closed.
            Of a graph of more than 40 nodes the first view shows groups. A click opens one and
            goes to the moment at which the pass comes to it; from there on the picture follows the
            pass, and groups open and close as it goes through them. Escape closes one again.
        predict: ask for each value before it is shown.
        projector: large text, for the last row of a lecture hall.
    """

    _esm = SCRIPT
    _css = STYLE

    html = Unicode().tag(sync=True)
    step = Int(0).tag(sync=True)
    last = Int(0).tag(sync=True)
    opened = Unicode("").tag(sync=True)
    predict = Bool(False).tag(sync=True)
    projector = Bool(False).tag(sync=True)
    _scene = Dict().tag(sync=True)

    def __init__(self, trace: Trace, **traits: Any) -> None:
        self.trace = trace
        super().__init__(**traits)
        self._tree = Tree(filled(trace))
        self._players: dict[int, Player] = {}
        self._player = self._on(1)
        self._shown: Any = None  # the player and the scene that the reader has
        self.last = len(self._player.reel.moments) - 1
        controls = (
            Slider("step", "Moment", 0, self.last, player=True),
            Switch("predict", "Predict"),
        )
        self.html = html_of("Backward pass", controls, (QUESTION, DETAILS))
        self._turn_to(self.step)

    @validate("opened")
    def _known(self, proposal: Any) -> str:
        name = proposal["value"]
        if name not in self._tree.called:
            known = ", ".join(name for name in self._tree.called if name)
            raise TraitError(f"no group is called {name!r}; these are: {known or 'none'}")
        return name

    @observe("step")
    def _follow(self, change: Any) -> None:
        if hasattr(self, "_player"):
            self._turn_to(change["new"])

    @observe("opened")
    def _open(self, change: Any) -> None:
        """Go to the level on which a group's parts are seen, and to where the pass is in it."""
        tree, group = self._tree, self._tree.called[change["new"]]
        now = self._player.reel.moments[self.step]
        if group == now.group:
            return
        level = tree.depth[group] + 1
        if now.actor is not None and group in [*tree.around(now.actor)][1:]:
            group = tree.at(now.actor, level)
        player = self._on(level)
        step = player.reel.comes_to(group)
        if step is None:  # the pass was never there
            self.opened = change["old"]
        else:
            self._player = player
            self._turn_to(step)

    def _on(self, level: int) -> Player:
        """The player of a level."""
        if level not in self._players:
            prefix = f"mg-{self.model_id[:8]}-"
            with no_collector():
                self._players[level] = Player(self._tree, level, prefix)
            gc.collect(1)  # so much is new: look through it here, not in the midst of a step
        return self._players[level]

    def _turn_to(self, step: int) -> None:
        """Send the scene that holds a moment, where it is not the one that the reader has.

        The first moment and the last one are those of the whole.
        """
        last = len(self._player.reel.moments) - 1
        if not 0 < step < last:
            self._player = self._on(1)
            step = 0 if step <= 0 else len(self._player.reel.moments) - 1
        player, number = self._player, self._player.scene_at(step)
        with no_collector(), self.hold_sync():
            self.last = len(player.reel.moments) - 1
            self.step = step
            self.opened = self._tree.names[player.reel.moments[step].group]
            if (player, number) != self._shown:
                self._shown = player, number
                self._scene = player.scene(number)

    def words(self) -> list[str]:
        """The whole pass in words, a sentence a moment; of a large graph what its groups do."""
        return [moment.frame.told.words for moment in self._on(1).reel.moments]

    def __repr__(self) -> str:
        error = [self.trace.error] if self.trace.error else []
        return "\n".join([in_words(self._tree.level(1).trace), "", *self.words(), *error])

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict, dict]:
        """The widget, and what stands in for it: a PNG, words, and the data for an exporter."""
        data, about = super()._repr_mimebundle_(**options)
        still, about_still = Still(self._on(1).last_picture(), repr(self)).stand_in()
        data[JSON_TYPE] = {"html": self.html, "scenes": self._on(1).scenes()}
        return {**data, **still}, {**about, **about_still}
