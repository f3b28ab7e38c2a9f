"""nbconvert's HTML as a page that asks nobody for anything: formulas become MathML.

Lessons, slides and feedback pages are made with it.
"""

import re
from collections.abc import Callable
from html import escape, unescape
from typing import Any
from xml.etree.ElementTree import Element

from bs4 import BeautifulSoup
from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

FETCHES = re.compile("mermaid|MathJax")  # in a script of nbconvert's templates
# What an element of a formula may say about itself: nothing that links, runs or styles a page.
ATTRIBUTE = re.compile(
    "accent(under)?|align|(column|row)(align|lines|spacing)|depth|display(style)?|fence|form|height|"
    "linethickness|[lr]space|math(background|color|size|variant)|(max|min)size|movablelimits|"
    "notation|scriptlevel|separator|stretchy|symmetric|voffset|width"
)
IMAGE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
# On paper nobody scrolls: a long line of code or of its output goes on in the next one.
PRINTED = """@media print {
  pre, pre code { white-space: pre-wrap !important; overflow-wrap: anywhere; }
  pre code { padding: 0 !important; }
}"""
MOST_TEX = 5000  # letters of a formula
# Text inside a formula. The translator would show the backslash of `\_`, and end at `\}`.
TEXT = re.compile(
    r"\\(?:emph|[fhm]box|tag\*?|text(?:bf|it|md|normal|rm|sf|tt|up)?)\s*{(?:[^{}\\]|\\.)*}"
)
ESCAPED = re.compile(r"\\([\\{}_%#$& ])")
PRIVATE = 0xE000  # a letter that is escaped waits in Unicode's private area, out of its sight


class AloneExporter(HTMLExporter):
    """nbconvert's HTML, with formulas as MathML and nothing that is fetched from elsewhere.

    Feedback pages are made with it, too. Images are not put into those: a hand-in could name any
    file of the machine.
    """

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        """The filter of the templates: markdown as HTML."""
        renderer = _Renderer(
            escape=False,
            attachments=context.get("cell", {}).get("attachments", {}),
            embed_images=self.embed_images,
            path=context.get("resources", {}).get("metadata", {}).get("path", ""),
            anchor_link_text=self.anchor_link_text,
            exclude_anchor_links=self.exclude_anchor_links,
        )
        return MarkdownWithMath(renderer=renderer).render(source)

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[str, dict[str, Any]]:
        """Convert a notebook; returns the page and nbconvert's resources."""
        html, resources = super().from_notebook_node(nb, resources, **options)
        page = BeautifulSoup(html, "html.parser")
        for script in page.find_all("script"):
            if "//" in script.get("src", "") or FETCHES.search(script.string or ""):
                script.decompose()
        style = page.new_tag("style")
        style.string = PRINTED
        (page.head or page).append(style)
        self.finish(page)
        return str(page), resources

    def finish(self, page: BeautifulSoup) -> None:
        """Change the page before it is written."""


class _Renderer(IPythonRenderer):
    def _html_embed_images(self, html: str) -> str:
        """Only the images: nbconvert's own closes what is open, `<kbd>` before its key, `<details>`
        before its text."""
        return IMAGE.sub(lambda image: super(_Renderer, self)._html_embed_images(image[0]), html)

    def inline_math(self, body: str) -> str:
        return mathml(body)

    def block_math(self, body: str) -> str:
        return f"<div>{mathml(body, block=True)}</div>"

    def latex_environment(self, name: str, body: str) -> str:
        return self.block_math(f"\\begin{{{name}}}{body}\\end{{{name}}}")


def mathml(tex: str, block: bool = False) -> str:
    """TeX as MathML; as code, where it cannot be translated.

    The TeX may come from a hand-in: of the attributes only those of mathematics are kept, and no
    text becomes an element.

    Example:
        >>> mathml("x^2")
        '<math display="inline"><mrow><msup><mi>x</mi><mn>2</mn></msup></mrow></math>'
    """
    translate = _translator()
    if translate is not None and len(tex) <= MOST_TEX:
        try:
            hidden = TEXT.sub(lambda text: ESCAPED.sub(_hide, text[0]), tex.strip())
            return _written(translate(hidden, display="block" if block else "inline"))
        except Exception:  # the translator raises many kinds for what it does not know
            pass
    return f"<code>{escape(tex.strip())}</code>"


def _translator() -> Callable[..., Element] | None:
    try:
        from latex2mathml.converter import convert_to_element
    except ImportError:
        return None
    return convert_to_element


def _hide(escaped: re.Match[str]) -> str:
    return chr(PRIVATE + ord(escaped[1]))


SHOWN = {PRIVATE + ord(letter): letter for letter in "\\{}_%#$& "}


def _written(part: Element) -> str:
    """An element of the translator as text. Its own way of writing would let HTML through."""
    kept = (f' {k}="{escape(unescape(v))}"' for k, v in part.items() if ATTRIBUTE.fullmatch(k))
    inside = escape(unescape(part.text or "").translate(SHOWN)) + "".join(map(_written, part))
    return f"<{part.tag}{''.join(kept)}>{inside}</{part.tag}>"


def output_math(tex: str) -> str:
    """The TeX of an output, between dollar signs or not, as MathML on a line of its own."""
    return f"<div>{mathml(tex.strip().strip('$'), block=True)}</div>"
