"""The lessons: built from their sources, run in a real kernel, opened in a real JupyterLab."""

import re
import shutil
from functools import cache
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from conftest import ROOT, change_theme, needs

from grader.build import build_notebook, notebook_from_source
from minigrad.explore.export import PageExporter, SlidesExporter

SOURCES = sorted((ROOT / "notebooks" / "source").glob("*.py"))
NOTEBOOKS = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
LESSONS = pytest.mark.parametrize(
    "source", [path for path in SOURCES if path.stem < "90"], ids=lambda path: path.stem
)


@cache
def executed(source: Path) -> nbformat.NotebookNode:
    """Run a lesson from top to bottom in a kernel of its own; an error stops it and the test."""
    from nbclient import NotebookClient

    notebook = notebook_from_source(source.read_text(encoding="utf-8"), source.name)
    NotebookClient(notebook, timeout=60, shutdown_kernel="immediate").execute()
    return notebook


def printed(cell: nbformat.NotebookNode) -> str:
    return "".join(o.text for o in cell.outputs if o.output_type == "stream" and o.name == "stdout")


@NOTEBOOKS
def test_the_notebook_is_what_its_source_makes(source):
    made = ROOT / "notebooks" / f"{source.stem}.ipynb"
    assert made.read_bytes() == build_notebook(source), "run: grader build"


@NOTEBOOKS
def test_it_ships_without_outputs(source):
    notebook = nbformat.read(ROOT / "notebooks" / f"{source.stem}.ipynb", as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.id for cell in cells if cell.outputs or cell.execution_count] == []
    assert "widgets" not in notebook.metadata


@LESSONS
def test_it_has_the_parts_of_a_lesson(source):
    text = source.read_text(encoding="utf-8")
    for part in ("What you'll do", "What you'll learn", "What you need", "## Recall", "<details>"):
        assert part in text, part
    assert len(re.findall(r"\*\*Predict", text)) >= 6
    assert text.count("<details>") == text.count("</details>") >= 4


@LESSONS
def test_it_runs_and_both_libraries_print_the_same(source):
    compared = 0
    for cell in executed(source).cells:
        if "same" in cell.metadata.get("tags", ()):
            lines = printed(cell).splitlines()
            mine = [line.removeprefix("minigrad").strip() for line in lines if "minigrad" in line]
            torchs = [
                line.removeprefix("torch").strip() for line in lines if "minigrad" not in line
            ]
            assert mine, cell.id
            assert mine == torchs, cell.id
            compared += 1
    assert compared >= 4


@NOTEBOOKS
def test_its_pictures_are_shown(source):
    shown = []
    for cell in executed(source).cells:
        called = re.match(r"(draw|explore)\(", cell.source.splitlines()[-1])
        if cell.cell_type == "code" and called:
            (output,) = cell.outputs
            shown.append(called[1])
            assert {"image/png", "text/plain"} <= set(output.data), cell.id
            widget = "application/vnd.jupyter.widget-view+json" in output.data
            assert widget == (called[1] == "explore"), cell.id
    assert "draw" in shown and "explore" in shown


def test_lesson_1_says_what_is_true():
    cells = {cell.id: printed(cell) for cell in executed(SOURCES[0]).cells if "outputs" in cell}
    assert cells["backward-run"] == "before: None\nafter:  tensor([4.0000, 5.3333, 6.6667])\n"
    rows = [row[41:].split() for row in cells["states-table"].splitlines()[1:]]
    assert rows == [["False", "True"], ["True", "True"], ["False", "True"], ["True", "False"]]
    assert cells["trap-moved"].endswith("is_leaf False\n")
    assert cells["trap-moved-right"].endswith("is_leaf True\n")


@pytest.mark.parametrize("exporter", [PageExporter, SlidesExporter])
def test_exported_answers_stay_closed_and_keys_are_keys(exporter):
    lesson = nbformat.read(ROOT / "notebooks/01_meet_a_tensor.ipynb", as_version=4)
    page = BeautifulSoup(exporter().from_notebook_node(lesson)[0], "html.parser")
    assert [key.text for key in page.find_all("kbd")] == ["Shift", "Enter", "→", "←"]
    answers = page.find_all("details")
    assert len(answers) == 5
    for answer in answers:
        assert len(answer.find("p").text) > 50


# --- in a browser --------------------------------------------------------------------------------


def open_and_run(page, address: str, lesson: str) -> None:
    """Open a lesson in JupyterLab, run all its cells and wait for the last one."""
    base, _, token = address.partition("?")
    page.goto(f"{base}lab/tree/{lesson}?{token}&reset")
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for(timeout=60_000)
    page.locator("#jp-bottom-panel, #jp-main-statusbar").get_by_text("| Idle").wait_for(
        timeout=60_000
    )
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function(
        """() => {
            const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')];
            const outputs = [...document.querySelectorAll('.jp-OutputArea-output')];
            const failed = outputs.some(o => o.textContent.includes('Traceback (most recent'));
            return failed || (prompts.length && prompts.every(p => /\\d/.test(p.textContent)));
        }""",
        timeout=90_000,
    )
    # JupyterLab 4.6 shows an error as it shows stderr: only its text tells.
    errors = page.locator(".jp-OutputArea-output", has_text="Traceback (most recent")
    assert errors.all_inner_texts() == []


@needs("chromium")
def test_lesson_1_in_jupyterlab_light_and_dark(browser, jupyterlab, tmp_path):
    folder, address = jupyterlab
    lesson = "lesson_1.ipynb"
    shutil.copy(ROOT / "notebooks" / "01_meet_a_tensor.ipynb", folder / lesson)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    open_and_run(page, address, lesson)
    for scheme in ("light", "dark"):
        change_theme(page, scheme)
        assert "model not found" not in page.locator(".jp-Notebook").inner_text()
        (picture,) = page.locator(".jp-OutputArea img").all()
        assert picture.evaluate("img => img.naturalWidth") > 500
        (explorer,) = page.locator(".jp-OutputArea .mg").all()
        assert explorer.locator(".node").count() == 7
        for name, shown in {"picture": picture, "explorer": explorer}.items():
            shown.scroll_into_view_if_needed()
            page.screenshot(path=tmp_path / f"{scheme}-{name}.png")
    page.close()


# What is on the slide that is shown: how much of it, of its picture; how large its letters are.
SLIDE = """section => {
    const pic = section.querySelector("[data-player]")?.shadowRoot.querySelector(".pic");
    const svg = pic?.firstElementChild;
    const letters = svg ? (18 * svg.clientWidth) / svg.viewBox.baseVal.width : 18;
    const folded = svg?.querySelector(".group") != null; // follows the pass and is opened
    const all = [section, pic].map((e) => !e || (e === pic && folded) ||
        (e.scrollHeight <= e.clientHeight && e.scrollWidth <= e.clientWidth));
    return [...all, letters >= 12];
}"""


@needs("chromium")
@NOTEBOOKS
def test_its_slides_show_all_that_is_on_them(source, browser, tmp_path):
    slides = tmp_path / "slides.html"
    slides.write_text(SlidesExporter().from_notebook_node(executed(source))[0], encoding="utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(slides.as_uri())
    page.wait_for_function("Reveal.isReady()")
    page.evaluate("Reveal.configure({ transition: 'none' })")
    for number in range(page.evaluate("Reveal.getTotalSlides()")):
        page.evaluate(f"Reveal.slide({number})")
        page.wait_for_timeout(50)  # until the picture has its size
        shown = page.locator("section section.present")
        assert shown.evaluate(SLIDE) == [True, True, True], number + 1
    page.close()
