"""See a backward graph. Imported on demand: `import minigrad` never loads it.

    from minigrad.explore import draw, explore
    draw(loss)
    explore(loss)

`trace` says what is there and `record` what happened, as plain data; `layout` places the boxes,
`svg` draws them, `frames` tells the pass moment by moment, `widget` shows it in a notebook. Only
`trace` and `record` have ever seen a tensor, so minigrad and torch give the same picture.
"""

import struct
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .record import callers_variables, record, run
from .svg import in_words, to_svg
from .trace import Reader, Trace, after, read
from .why import Answer, why

if TYPE_CHECKING:
    from .widget import Explorer

__all__ = ["Answer", "Picture", "draw", "explore", "record", "why"]

ZOOM = 2  # dots of the PNG for each unit of the SVG: sharp on a projector


class Picture:
    """A still picture of a graph; the last expression of a notebook cell shows it.

    Attributes:
        trace: the graph as plain data.
        svg: the picture as one SVG string.

    A notebook gets a PNG (where `resvg-py` and a font are installed; the `course` extra brings
    both) and plain words. SVG and HTML are left out of a notebook's output on purpose: sanitisers
    and LaTeX export stumble over them.
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace

    @cached_property
    def svg(self) -> str:
        return to_svg(self.trace)

    @cached_property
    def png(self) -> bytes | None:
        """The picture as PNG bytes, or None where nothing here can make one."""
        return _to_png(self.svg)

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file that ends in .svg or .png; returns the path.

        Raises:
            ValueError: for another ending.
            RuntimeError: for .png, where `resvg-py` or a font is missing.
        """
        path = Path(path)
        if path.suffix == ".svg":
            path.write_text(self.svg + "\n", encoding="utf-8")
        elif path.suffix != ".png":
            raise ValueError(
                f"save() writes .svg or .png files: name the file {path.stem}.svg, not {path.name}"
            )
        elif self.png is None:
            raise RuntimeError(
                "a PNG needs resvg-py and matplotlib: install both with pip, or save .svg"
            )
        else:
            path.write_bytes(self.png)
        return path

    def __repr__(self) -> str:
        return in_words(self.trace)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        bundle: dict[str, Any] = {"text/plain": repr(self)}
        about: dict[str, Any] = {}
        if self.png is not None:
            width, height = struct.unpack(">II", self.png[16:24])
            bundle["image/png"] = self.png
            about["image/png"] = {
                "width": width // ZOOM,
                "height": height // ZOOM,
                "alt": repr(self),
            }
        return bundle, about


def draw(out: Any, **names: Any) -> Picture:
    """Draw the graph behind `out`.

    Args:
        out: a tensor of minigrad or of torch.
        names: tensors to label, by the label. Without any, the variables of the caller are used.

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
    return Picture(read(out, names or callers_variables()))


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
        names: tensors to label, by the label. Without any, the variables of the caller are used.

    Returns:
        A widget; its `step` is the moment that is shown. Where anywidget is not installed, the
        picture of the pass, and one sentence that says how to get the widget.

    Raises:
        TypeError: if `out` is no tensor.
    """
    trace = out
    if not isinstance(out, Trace):
        trace = run(Reader(out, names or callers_variables()), gradient, retain_graph)
    try:
        from .widget import Explorer
    except ModuleNotFoundError as missing:
        if missing.name not in ("anywidget", "ipywidgets", "traitlets"):
            raise
        print('To step through the pass, install anywidget: pip install "anywidget>=0.11"')
        return Picture(after(trace))
    return Explorer(trace)


def _to_png(svg: str) -> bytes | None:
    font = _font()
    if font is None or find_spec("resvg_py") is None:
        return None
    import resvg_py

    fonts = [str(font / name) for name in ("DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf")]
    return bytes(
        resvg_py.svg_to_bytes(svg_string=svg, font_files=fonts, skip_system_fonts=True, zoom=ZOOM)
    )


def _font() -> Path | None:
    """Find matplotlib's DejaVu fonts without importing matplotlib, which takes a second."""
    spec = find_spec("matplotlib")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
    return folder if (folder / "DejaVuSansMono-Bold.ttf").exists() else None
