"""The feedback page: nbgrader's own, with the exercises' names and without what says nothing.

The course's configuration names FeedbackExporter, so `grader feedback`, `nbgrader
generate_feedback` and the formgrader's button all write the same page.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from nbformat import NotebookNode
from traitlets import default

from grader import staging
from grader.course import Course
from grader.grade import release_of
from minigrad.pages import AloneExporter

HEADING = re.compile(r"#{1,3} +(.+?) *#*$")
UNTOUCHED = "Comments: No response."
MARKS = re.compile(r"[`*$]")  # of markdown, which a link cannot show

# nbgrader's page brings an old Bootstrap: tables without a space, hints that look like text.
STYLE = """
.rendered_html table:not([style]) { margin: 0.5em 0 1em; }
.rendered_html table:not([style]) th, .rendered_html table:not([style]) td {
  border: 1px solid #ccc; padding: 0.2em 0.8em; text-align: left;
}
details { border-left: 3px solid #ccc; margin: 0.4em 0; padding: 0.1em 0 0.1em 0.8em; }
summary { color: #286090; cursor: pointer; display: list-item; }
details[open] > summary { margin-bottom: 0.5em; }
mtext[mathvariant="monospace"] { font-family: monospace; }
"""


class Compiled(BytecodeCache):
    """The compiled templates of this process. Every page has an exporter of its own, and the nine
    templates would be compiled for each."""

    _kept: dict[str, bytes] = {}  # noqa: RUF012

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give a template that was compiled before."""
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a template that was just compiled."""
        self._kept[bucket.key] = bucket.bytecode_to_string()


class FeedbackExporter(AloneExporter):
    """nbgrader's feedback page of one hand-in; nbgrader makes it, for one course."""

    def _create_environment(self) -> Environment:
        environment = super()._create_environment()
        environment.bytecode_cache = Compiled()
        return environment

    @default("exclude_input_prompt")
    def _no_input_prompt(self) -> bool:
        return True  # nothing was run in order, so a number would say nothing

    @default("exclude_output_prompt")
    def _no_output_prompt(self) -> bool:
        return True

    @default("exclude_anchor_links")
    def _no_anchor_links(self) -> bool:
        return True

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[str, dict[str, Any]]:
        """Convert a graded notebook; returns the page and nbconvert's resources."""
        nb = NotebookNode(nb, cells=[_without_points(cell) for cell in nb.cells])
        course = Course(Path(self.parent.coursedir.root))  # the parent is nbgrader's converter
        self._names = exercise_names(release_of(course, resources["nbgrader"]["assignment"]))
        return super().from_notebook_node(nb, resources, **options)

    def finish(self, page: BeautifulSoup) -> None:
        """Put the exercises' names into the index, and the style into the head."""
        for link in page.select("#toc a[href]"):
            place, item = link["href"].removeprefix("#"), link.find_parent("li")
            name = self._names.get(place)
            if place.startswith("comment-"):
                panel = page.find("a", attrs={"name": place}).find_parent(class_="nbgrader_cell")
                if panel.find(class_="panel-footer").get_text(" ", strip=True) == UNTOUCHED:
                    item.decompose()  # nbgrader's own; the verdict says so, too
                    continue
                name = f"Comment on {panel.find_previous(re.compile('^h[1-3]$')).get_text()}"
            if name:
                link.string = name
                item["style"] = "list-style: none"
        style = page.new_tag("style")
        style.string = STYLE
        page.head.append(style)


def exercise_names(release: dict[str, Any]) -> dict[str, str]:
    """The heading above each test cell of a released notebook, by the cell's id.

    Where one heading has several test cells, the id is added.

    >>> words = {"cell_type": "markdown", "metadata": {}, "source": "## 1. The `mean`\\nWords."}
    >>> check = {"grade": True, "grade_id": "mean-check"}
    >>> test = {"cell_type": "code", "metadata": {"nbgrader": check}, "source": ""}
    >>> exercise_names({"cells": [words, test]})
    {'mean-check': '1. The mean'}
    """
    name, names = "", {}
    for cell in release["cells"]:
        if cell["cell_type"] == "markdown":
            found = map(HEADING.match, cell["source"].splitlines())
            name = next((MARKS.sub("", line[1]) for line in found if line), name)
        elif staging.is_graded(cell):
            names[staging.grade_id_of(cell)] = name
    several = {name for name in names.values() if list(names.values()).count(name) > 1}
    return {
        grade_id: f"{name} ({grade_id})" if name in several else name
        for grade_id, name in names.items()
    }


def _without_points(cell: NotebookNode) -> NotebookNode:
    """A test cell without the output that holds its points for nbgrader: they stand above it."""
    if not staging.is_graded(cell):
        return cell
    outputs = [output for output in cell.outputs if output.output_type != "execute_result"]
    return NotebookNode(cell, outputs=outputs)
