"""The front end of every widget: one script and one style sheet, as they stand, with no build.

A picture comes in the colours of a light theme; for a dark one the style sheet replaces each of
them by its twin.
"""

from pathlib import Path

from .jacobian import FORWARD_TEXT
from .sheet import GREY, PALE, RULE
from .svg import GRADIENT, GROUND, INK, LINE, PAPER, STROKE

HERE = Path(__file__).parent
DARK = {
    PAPER: "#16191D",
    INK: "#F2F2F2",
    GREY: "#B9BDC2",
    LINE: "#9A9A9A",
    PALE: "#6F757C",
    RULE: "#454A50",
    GRADIENT: "#F2A8EE",
    GROUND["leaf"]: "#0D3529",
    GROUND["op"]: "#10304A",
    GROUND["output"]: "#4A2610",
}
DARK_TEXT = {STROKE["op"]: "#6CBBEA", FORWARD_TEXT: "#F29A5C"}  # where the colour is that of a text


def file(name: str) -> str:
    """The text of a file of the front end."""
    return (HERE / name).read_text(encoding="utf-8")


def _twins() -> str:
    rules = []
    for light, dark in DARK.items():
        for what in ("fill", "stroke"):
            rules.append(f'.mg [{what}="{light}"] {{ {what}: light-dark({light}, {dark}); }}')
    for light, dark in DARK_TEXT.items():
        rules.append(f'.mg text[fill="{light}"] {{ fill: light-dark({light}, {dark}); }}')
    return "\n".join(rules)


SCRIPT = file("widget.js")
STYLE = f"{file('widget.css')}\n{_twins()}\n"
