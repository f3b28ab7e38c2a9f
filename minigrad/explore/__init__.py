"""See a backward graph. Imported on demand: `import minigrad` never loads it.

    from minigrad.explore import draw, explore, why
    draw(loss)
    explore(loss)
    why(x)

`trace` says what is there and `record` what happened, as plain data; `layout` places the boxes,
`svg` draws them, `frames` tells the pass moment by moment, `widget` shows it in a notebook. Only
`trace` and `record` have ever seen a tensor, so minigrad and torch give the same picture. `why`
explains a surprising gradient or an error, from what `case` finds out about a tensor and `source`
about the caller's lines.
"""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from .broadcast import broadcast_lens
from .cards import tensor_card
from .descent import descent_player
from .fold import Tree, View
from .jacobian import jacobian_grid
from .leaves import leaf_table
from .passes import gradient_meter
from .record import reader_of, record, run
from .still import Still
from .svg import at_rest, in_words, numbered, to_svg
from .trace import Trace, after
from .why import Answer, why

if TYPE_CHECKING:
    from .widget import Explorer

__all__ = [
    "Answer",
    "Picture",
    "Still",
    "broadcast_lens",
    "descent_player",
    "draw",
    "explore",
    "gradient_meter",
    "jacobian_grid",
    "leaf_table",
    "record",
    "tensor_card",
    "why",
]


class Picture(Still):
    """A still picture of a graph; the last expression of a notebook cell shows it.

    A large graph is folded: a box stands for a module or a run of operations.

    Attributes:
        trace: the graph as plain data.
        shown: what the picture shows of it.
        svg: the picture as one SVG string.
        words: the same in words.
    """

    def __init__(self, trace: Trace, whole: bool = False) -> None:
        self.trace, self.whole = trace, whole

    @cached_property
    def shown(self) -> Trace:
        if self.whole:
            return self.trace
        tree = Tree(self.trace)
        return self.trace if len(tree.parts) == 1 else View(tree, tree.root).trace

    @cached_property
    def svg(self) -> str:
        if self.shown is self.trace:
            return to_svg(self.shown)
        shown = numbered(self.shown)
        return to_svg(shown, stage=at_rest(shown, short=True))

    @cached_property
    def words(self) -> str:
        words = in_words(self.shown)
        if self.shown is self.trace:
            return words
        return f"{len(self.shown.nodes)} boxes stand for {len(self.trace.nodes)} nodes.\n{words}"


def draw(out: Any, *, whole: bool = False, **names: Any) -> Picture:
    """Draw the graph behind `out`; one of more than 40 nodes is folded into a few boxes.

    Args:
        out: a tensor of minigrad or of torch.
        whole: True draws every node, however many there are.
        names: tensors to label, by the label, and modules whose parts are to be told apart. Without
            any, the variables of the caller are used.

    Raises:
        TypeError: if `out` is no tensor.

    Example:
        >>> import minigrad
        >>> x = minigrad.tensor([1.0, 2.0], requires_grad=True)
        >>> y = x.sum()
        >>> print(draw(y))
        x: leaf, value [1, 2], grad none
        y: output of x, SumBackward0, value 3, grad none
    """
    return Picture(reader_of(out, names).trace(), whole)


def explore(
    out: Any, gradient: Any = None, retain_graph: bool | None = None, **names: Any
) -> "Explorer | Picture":
    """Run the backward pass from `out` and step through it in the notebook.

    Like `out.backward()` this adds gradients to `.grad` and frees saved values. An error that stops
    the pass is shown where it happened.

    Args:
        out: a tensor of minigrad or of torch; or a trace that `record` has made.
        gradient: what is sent back, a tensor of the shape of `out`; None stands for 1.
        retain_graph: True keeps the saved values for another pass.
        names: tensors to label, by the label, and modules whose parts are to be told apart. Without
            any, the variables of the caller are used.

    Returns:
        A widget; its `step` is the moment that is shown. Where anywidget is not installed, the
        picture of the pass, and one sentence that says how to get the widget.

    Raises:
        TypeError: if `out` is no tensor.
    """
    trace = out
    if not isinstance(out, Trace):
        trace = run(reader_of(out, names), gradient, retain_graph)
    try:
        from .widget import Explorer
    except ModuleNotFoundError as missing:
        if missing.name not in ("anywidget", "ipywidgets", "traitlets"):
            raise
        print('To step through the pass, install anywidget: pip install "anywidget>=0.11"')
        return Picture(after(trace))
    return Explorer(trace)
