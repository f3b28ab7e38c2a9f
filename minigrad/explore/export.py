"""Lessons as pages that stand alone: no kernel, no network, and the players still play.

    jupyter nbconvert --to minigrad_html lesson.ipynb      one page
    jupyter nbconvert --to minigrad_slides lesson.ipynb    slides

Run the notebook before, or add `--execute`. A page asks nobody for anything: formulas become
MathML, images are put into the page, the scripts that nbconvert's templates fetch from elsewhere
are left out, and so is the widget state, which would need one. Printing from a browser gives a PDF
in which the pictures stay vectors.
"""

import json
import re
from copy import deepcopy
from html import escape
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from nbconvert.exporters import SlidesExporter as RevealExporter
from nbconvert.exporters.slides import _RevealMetadataPreprocessor
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from traitlets import default

from ..pages import AloneExporter, output_math
from .controls import MIME
from .front import SCRIPT, STYLE, file

PLAYED = ("application/vnd.minigrad.explorer+json", MIME)  # what a widget stores to be played
WIDGET_TYPE = "application/vnd.jupyter.widget-view+json"
# A slide begins at its top, and the address tells which one is shown.
SLIDES = {
    "hash": True,
    "center": False,
    "display": "flex",
    "margin": 0.02,
    "pdfSeparateFragments": False,
}
HEADING = re.compile("^(?=#{1,3} )", re.MULTILINE)
FENCE = re.compile("^ *(```|~~~)", re.MULTILINE)
# What a cell takes of a slide, in dots.
ROOM = 690
LINE = {"markdown": 31, "code": 24, "raw": 0}
LETTERS = 100  # of a line
GAP = 30  # around code, a text, an output
FRAME = 100  # the controls of a picture and its words
LEAST = 2 / 3  # so far a picture shrinks before it is scrolled


class PageExporter(AloneExporter):
    """A lesson as one page whose players play."""

    export_from_notebook = "Lesson: a page that stands alone"

    @default("embed_images")
    def _embed(self) -> bool:
        return True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.register_preprocessor(Players, enabled=True)

    def finish(self, page: BeautifulSoup) -> None:
        players = page.select("[data-player]")
        for player in players if self.theme == "dark" else ():
            player["style"] = "color-scheme: dark"
        if players:
            style = f"const STYLE = {json.dumps(STYLE)};"
            page.body.append(_element("script", f"{SCRIPT}{style}{file('page.js')}", type="module"))


class SlidesExporter(PageExporter, RevealExporter):
    """A lesson as reveal.js slides whose players play.

    nbconvert's own slides, with reveal.js written into the page. The slide types of Jupyter's
    property inspector are followed. In a notebook without any, each heading of the first or second
    level begins a slide, and so does what finds no room on the one before. In print each slide
    begins a page.
    """

    export_from_notebook = "Lesson: slides that stand alone"

    @default("exclude_input_prompt")
    def _no_input_prompt(self) -> bool:
        return True

    @default("exclude_output_prompt")
    def _no_output_prompt(self) -> bool:
        return True

    @default("reveal_url_prefix")
    def _reveal(self) -> str:
        spec = find_spec("pyreveal")
        return str(Path(spec.origin).parent / "revealjs") if spec and spec.origin else "."

    def _init_preprocessors(self) -> None:
        super()._init_preprocessors()
        self.register_preprocessor(SlideTypes, enabled=True)
        # After the cells were executed, before nbconvert marks where slides begin and end.
        self._preprocessors.sort(key=lambda one: isinstance(one, _RevealMetadataPreprocessor))

    def finish(self, page: BeautifulSoup) -> None:
        super().finish(page)
        for link in page.select("link[rel=stylesheet]"):
            link.decompose()  # reveal.js' own come from the file, its themes fetch their fonts
        for slide in page.select(".slides section") if self.theme == "dark" else ():
            slide["data-background-color"] = "#111"  # as JupyterLab's
        for style in (self._dist("reveal.css"), file("slides.css")):
            page.head.append(_element("style", style))
        settings = {
            "width": int(self.reveal_width or 1280),
            "height": int(self.reveal_height or 720),
            "slideNumber": self.reveal_number or "c/t",
            "transition": self.reveal_transition,
            **SLIDES,
        }
        page.body.append(_element("script", self._dist("reveal.js")))
        page.body.append(_element("script", f"Reveal.initialize({json.dumps(settings)});"))

    def _dist(self, name: str) -> str:
        path = Path(self.reveal_url_prefix) / "dist" / name
        if not path.exists():
            raise FileNotFoundError(
                f"slides need reveal.js, and there is no {path}: pip install pyreveal==1.0.0, "
                "or name a folder with reveal.js in --SlidesExporter.reveal_url_prefix"
            )
        return path.read_text(encoding="utf-8")


class SlideTypes(Preprocessor):
    """Says of each cell how it begins a slide, in a notebook that does not.

    A heading begins one, a text after a picture, and what finds no room on the slide before: a text
    stays with the code behind it, and a picture that would be too small there gets its own slide.
    """

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        told = {cell.metadata.get("slideshow", {}).get("slide_type", "-") for cell in nb.cells}
        if not told <= {"-", ""}:
            return nb, resources
        nb.cells = [part for cell in nb.cells for part in _parts(cell)]
        used, pictured = 0.0, False
        for cell, behind in zip_longest(nb.cells, nb.cells[1:]):
            words, high = cell.cell_type == "markdown", _height(cell)
            both = high
            if words and behind is not None and behind.cell_type == "code":
                both += _height(behind)
            wanted = both if both <= ROOM else high
            heading = words and cell.source.startswith(("# ", "## "))
            if heading or (words and pictured) or used + wanted > ROOM:
                cell.metadata["slideshow"] = {"slide_type": "slide"}
                used, pictured = 0.0, False
            used += high
            pictured |= _pictured(cell)
        return nb, resources


def _parts(cell: NotebookNode) -> list[NotebookNode]:
    """What of a cell may stand on slides of its own: a code and its picture, a text and its next
    heading."""
    if _pictured(cell):
        told = {**cell.metadata, "transient": {"remove_source": True}}  # nbconvert's word for it
        parts = [{"outputs": []}, {"source": "", "metadata": told}]
    elif cell.cell_type == "markdown" and not FENCE.search(cell.source):
        parts = [{"source": text} for text in HEADING.split(cell.source) if text.strip()]
    else:
        return [cell]
    made = [deepcopy(NotebookNode({**cell, **part})) for part in parts]
    for number, part in enumerate(made):
        if number and "id" in cell:
            part.id = f"{cell.id[:56]}_part{number}"
    return made


def _pictured(cell: NotebookNode) -> bool:
    return any("image/png" in output.get("data", {}) for output in cell.get("outputs", []))


def _height(cell: NotebookNode) -> float:
    """About how many dots of a slide a cell takes, its picture as small as can still be read."""
    high = _lines(cell.source) * LINE[cell.cell_type]
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        if "image/png" in data:
            about = output.get("metadata", {}).get("image/png", {})
            high += FRAME + LEAST * about.get("height", 600)
        else:
            printed = output.get("text", data.get("text/plain", ""))
            printed += "\n".join(output.get("traceback", ()))
            high += _lines(printed) * LINE["code"] + GAP
    return high + GAP


def _lines(text: str) -> int:
    return sum(1 + len(line) // LETTERS for line in text.splitlines())


# --- players --------------------------------------------------------------------------------------


class Players(Preprocessor):
    """Puts a player where a widget was: its data, and its still picture for a page without scripts.

    Widget state is dropped, and a widget that is none of ours becomes its picture or its words.
    """

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        nb.metadata.pop("widgets", None)
        for cell in nb.cells:
            for output in cell.get("outputs", []):
                data = output.get("data", {})
                data.pop(WIDGET_TYPE, None)
                about = output.get("metadata", {}).get("image/png", {})
                kind = next((kind for kind in PLAYED if kind in data), None)
                if kind:
                    data["text/html"] = _player(data.pop(kind), _still(data, about))
                elif "alt" in about:  # the templates have no place for it
                    data["text/html"] = _still(data, about)
                elif "text/latex" in data and "text/html" not in data:
                    data["text/html"] = output_math(data["text/latex"])
        return nb, resources


def _still(data: dict[str, Any], about: dict[str, Any]) -> str:
    words = escape(data.get("text/plain", ""))
    if "image/png" not in data:
        return f"<pre>{words}</pre>"
    size = "".join(f' {key}="{about[key]}"' for key in ("width", "height") if key in about)
    picture = data["image/png"].replace("\n", "")
    return f'<img alt="{words}"{size} src="data:image/png;base64,{picture}">'


def _player(told: Any, still: str) -> str:
    stored = json.dumps(told, separators=(",", ":")).replace("<", "\\u003c")
    return f'<div data-player>{still}<script type="application/json">{stored}</script></div>'


# --- elements -------------------------------------------------------------------------------------


def _element(name: str, text: str, **attributes: str) -> Tag:
    made = BeautifulSoup("", "html.parser").new_tag(name, attrs=attributes)
    made.string = text
    return made
