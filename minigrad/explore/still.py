"""A finished picture that a notebook shows: SVG for us, PNG and words for the notebook."""

import struct
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Still:
    """A picture and its words; the last expression of a notebook cell shows it.

    Attributes:
        svg: the picture as one SVG string.
        words: what it shows, in words.
    """

    svg: str
    words: str

    @cached_property
    def png(self) -> bytes | None:
        """The picture as PNG bytes, or None where `resvg-py` or a font is missing."""
        from . import _to_png

        return _to_png(self.svg)

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file that ends in .svg or .png; returns the path.

        Raises:
            ValueError: for another ending.
            RuntimeError: for .png, where `resvg-py` or a font is missing.
        """
        path = Path(path)
        if path.suffix not in (".svg", ".png"):
            raise ValueError(
                f"save() writes .svg or .png files: name the file {path.stem}.svg, not {path.name}"
            )
        if path.suffix == ".svg":
            path.write_text(self.svg + "\n", encoding="utf-8")
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
        return bundle(self)


def bundle(picture: Still) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a notebook stores: words and a PNG; no HTML and no SVG, which sanitisers break."""
    from . import ZOOM

    data: dict[str, Any] = {"text/plain": picture.words}
    about: dict[str, Any] = {}
    if picture.png is not None:
        width, height = struct.unpack(">II", picture.png[16:24])
        data["image/png"] = picture.png
        about["image/png"] = {
            "width": width // ZOOM,
            "height": height // ZOOM,
            "alt": picture.words,
        }
    return data, about
