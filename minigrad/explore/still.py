"""A finished picture that a notebook shows: SVG for us, PNG and words for the notebook."""

import struct
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ZOOM = 2  # dots of the PNG for each unit of the SVG: sharp on a projector


class Still:
    """A picture and its words; the last expression of a notebook cell shows it.

    A notebook gets a PNG (where `resvg-py` and a font are installed; the `course` extra brings
    both) and plain words. SVG and HTML are left out of a notebook's output on purpose: sanitisers
    and LaTeX export stumble over them. Where a picture has no ground of its own, the PNG has none,
    so it stands on that of a light or a dark page.

    Attributes:
        svg: the picture as one SVG string.
        words: what it shows, in words.
    """

    def __init__(self, svg: str, words: str) -> None:
        self.svg, self.words = svg, words

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
        return self.words

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        from .controls import MIME, frames_of  # they make stills, too

        bundle, about = self.stand_in()
        return {**bundle, MIME: frames_of("Picture", lambda: (self.svg, ""), ())}, about

    def stand_in(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What is shown where nothing plays: PNG and words, and the size of the PNG."""
        bundle: dict[str, Any] = {"text/plain": self.words}
        about: dict[str, Any] = {}
        if self.png is not None:
            width, height = struct.unpack(">II", self.png[16:24])
            bundle["image/png"] = self.png
            about["image/png"] = {
                "width": width // ZOOM,
                "height": height // ZOOM,
                "alt": self.words,
            }
        return bundle, about


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
