"""The explorer in a real JupyterLab and a real Chromium: what a reader sees and presses.

In Notebook 7 it is looked at together with the small widgets, in their file.
"""

import shutil

import nbformat
import pytest
from conftest import ROOT, change_theme, needs
from test_lessons import open_and_run

pytestmark = needs("chromium")

CELLS = """
import minigrad, torch
from ipywidgets import IntSlider, jslink
from minigrad.explore import explore
x = minigrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
y = x + 2
mean = (y * y * 2).mean()
lesson = explore(mean)
lesson
# %%
other = IntSlider(max=lesson.last)
jslink((lesson, "step"), (other, "value"))
other
# %%
h = w = torch.full((4,), 0.5, requires_grad=True)
for _ in range(860):
    h = (h * w + 1).tanh()
explore(h.sum(), w=w)
"""


@pytest.fixture(scope="module")
def lab(jupyterlab, browser):
    """A JupyterLab with a notebook in which everything has run; yields its page."""
    folder, address = jupyterlab
    notebook = nbformat.v4.new_notebook()
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    notebook.cells = [nbformat.v4.new_code_cell(c.strip()) for c in CELLS.split("# %%")]
    nbformat.write(notebook, folder / "explorer.ipynb")
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        shutil.copy(path, folder)
    page = watched_page(browser, address, 900)
    open_and_run(page, address, "explorer.ipynb")
    page.locator(".mg").nth(1).wait_for(timeout=30_000)
    yield page
    page.close()


def watched_page(browser, address: str, height: int):
    """A page that notes what it asks of other machines, and its errors."""
    page = browser.new_page(viewport={"width": 1280, "height": height})
    page.address, page.outside, page.problems = address, [], []
    page.on("request", lambda request: note_outside(page, request.url))
    page.on("pageerror", lambda error: page.problems.append(error.stack))
    return page


def note_outside(page, url: str) -> None:
    inside = ("http://127.0.0.1:", "http://localhost:", "data:", "blob:")
    if not url.startswith(inside):
        page.outside.append(url)


class Reader:
    """Looks at one explorer of the page."""

    def __init__(self, page, number: int = 0) -> None:
        self.page = page
        self.widget = page.locator(".mg").nth(number)

    def press(self, *keys: str) -> None:
        self.widget.focus()
        for key in keys:
            self.page.keyboard.press(key)

    def button(self, name: str) -> None:
        self.widget.get_by_role("button", name=name, exact=True).click()

    def switch(self, name: str) -> None:
        self.widget.get_by_label(name).click()

    def see(self, selector: str) -> str:
        return self.widget.locator(selector).text_content()

    def at(self, step: int) -> None:
        """Wait until the reader is at a step."""
        count = self.widget.locator("output").first
        self.page.wait_for_function(
            "([count, step]) => count.value.startsWith(`${step} of`)",
            arg=[count.element_handle(), step],
            timeout=10_000,
        )

    def grad(self, name: str) -> str:
        return self.widget.locator(f"svg [id$='-{name}']").text_content()


@pytest.fixture
def reader(lab):
    reader = Reader(lab)
    reader.widget.get_by_label("Predict").uncheck()
    reader.press("Home")
    reader.at(0)
    return reader


# --- stepping ------------------------------------------------------------------------------------


def test_keys_step_in_both_directions(reader):
    cell = reader.page.locator(".jp-Cell.jp-mod-selected .jp-InputPrompt")
    selected = cell.all_inner_texts()
    for step, key in enumerate(["ArrowRight", "ArrowDown", "PageDown", "ArrowRight"], 1):
        reader.press(key)
        reader.at(step)
    assert reader.see(".words") == "MulBackward0 (1) sends [2, 2.667, 3.333] to y (as input 1)."
    assert reader.grad("grad-2") == "[2, 2.667, 3.333]"
    for step, key in zip((3, 2, 1), ["ArrowLeft", "ArrowUp", "PageUp"], strict=True):
        reader.press(key)
        reader.at(step)
    assert reader.grad("grad-2") == "\u2014"  # empty again, and not 0
    reader.press("End")
    reader.at(9)
    assert reader.grad("kept-0") == "[4, 5.333, 6.667]"
    reader.press("Home")
    reader.at(0)
    assert reader.grad("kept-0") == reader.grad("grad-5") == "\u2014"
    assert cell.all_inner_texts() == selected  # JupyterLab has not taken the keys


def test_buttons_slider_and_boxes_step_too(reader):
    reader.button("Next")
    reader.at(1)
    reader.button("Last")
    reader.at(9)
    reader.button("Back")
    reader.at(8)
    reader.widget.get_by_label("Moment").fill("4")
    reader.at(4)
    reader.button("First")
    reader.at(0)
    reader.widget.locator("svg [id$='-node-2']").click()
    reader.at(6)  # where all has arrived at y
    assert reader.see(".box").startswith("y AddBackward0")
    assert "float32 (3,), version 0345" in reader.see(".box")
    reader.widget.locator("svg [id$='-node-0']").focus()
    reader.page.keyboard.press("Enter")
    reader.at(7)
    assert reader.see(".box").startswith("x leaf")
    reader.widget.locator("svg [id$='-node-4']").click()  # the number 2 gets no gradient
    reader.at(7)
    assert "value" in reader.see(".box")


def test_one_edge_is_lit_and_carries_its_gradient(reader):
    reader.press(*["ArrowRight"] * 5)
    reader.at(5)
    lit = reader.widget.locator(".edge.on")
    assert lit.count() == 1 and lit.get_attribute("id").endswith("-edge-3")
    assert reader.see(".flow") == "\u2191 [2, 2.667, 3.333]"
    assert "g\u00b7y" in reader.see(".math").replace("\u2062", "").replace(" ", "")
    reader.press("ArrowRight")
    reader.at(6)
    assert lit.count() == 0 and reader.see(".flow") == ""
    assert "is added" in reader.see(".words")


def test_a_step_can_be_linked_in_the_browser(reader):
    readout = reader.page.locator(".widget-slider .widget-readout").first
    reader.press("ArrowRight", "ArrowRight", "ArrowRight")
    reader.at(3)
    reader.page.wait_for_function(
        "e => e.textContent === '3'", arg=readout.element_handle(), timeout=5000
    )


# --- predict -------------------------------------------------------------------------------------


def test_predict_asks_before_it_shows(reader):
    reader.press("ArrowRight")
    reader.at(1)
    reader.switch("Predict")
    reader.press("ArrowRight")
    assert "What does mean send to MulBackward0 (2)?" in reader.see(".ask")
    assert reader.grad("grad-5") == "\u2014" and "0.3333" not in reader.widget.inner_text()
    reader.press("End")  # no way around it
    reader.at(1)
    entry = reader.widget.get_by_label("What does mean send")
    for answer, verdict in {
        "0.5": "Not yet: look at number 1.",
        "1/3 0.3": "Numbers wanted: 3, like 0.5 or 1/3.",
        "apple": "Not yet: look at number 1.",
        "1/3, 0.333, 0.5": "Not yet: look at number 3.",
    }.items():
        entry.fill(answer)
        entry.press("Enter")
        assert reader.see(".ask output") == verdict, answer
    assert reader.grad("grad-5") == "\u2014"
    hint = reader.widget.locator(".ask details")
    assert "one n-th" in hint.text_content() and "one n-th" not in hint.inner_text()
    hint.locator("summary").press("Enter")
    assert "one n-th" in hint.inner_text()
    entry.fill("[1/3, 0.333, .33333]")
    entry.press("Enter")
    reader.at(2)
    assert reader.see(".words").startswith("Right! mean sends [0.3333")
    reader.press("ArrowRight")
    reader.button("Show it")
    reader.at(3)
    reader.press("ArrowLeft", "ArrowRight")  # what was shown is not asked for again
    reader.at(3)


# --- a large graph -------------------------------------------------------------------------------


def waits_for(reader, selector: str, beginning: str) -> None:
    reader.page.wait_for_function(
        "([e, beginning]) => e.textContent.includes(beginning)",
        arg=[reader.widget.locator(selector).element_handle(), beginning],
        timeout=20_000,
    )


def test_a_large_graph_is_folded_opens_and_closes(lab):
    reader = Reader(lab, 1)
    boxes = reader.widget.locator(".node")
    waits_for(reader, ".note", "boxes stand for 3442 nodes")
    assert boxes.count() <= 30
    reader.widget.locator(".node.group").last.click()
    waits_for(reader, ".note", "is open")
    assert boxes.count() <= 30
    reader.press("Escape")
    waits_for(reader, ".note", "boxes stand for")
    reader.widget.locator(".node.group").last.focus()
    reader.page.keyboard.press("Enter")
    waits_for(reader, ".note", "is open")
    reader.press("End")
    waits_for(reader, ".words", "The pass is over")
    reader.press("Home")
    waits_for(reader, ".words", "Before the pass")


def test_a_step_in_a_large_graph_is_quick(lab):
    reader = Reader(lab, 1)
    waits_for(reader, ".words", "Before the pass")
    times = reader.widget.evaluate(
        """root => {
            const times = [];
            for (let i = 0; i < 12; i++) {
                const start = performance.now();
                root.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight" }));
                root.getBoundingClientRect();
                times.push(performance.now() - start);
            }
            return times.sort((a, b) => a - b);
        }"""
    )
    assert times[6] <= 16, times


# --- looks ---------------------------------------------------------------------------------------


def test_light_dark_and_projector(reader, tmp_path):
    page = reader.page
    reader.press(*["ArrowRight"] * 5)
    grounds = {}
    for scheme in ("light", "dark"):
        change_theme(page, scheme)
        ground = "e => getComputedStyle(e).fill"
        grounds[scheme] = reader.widget.locator(".paper").evaluate(ground)
        page.screenshot(path=tmp_path / f"{scheme}.png")
    assert grounds == {"light": "rgb(255, 255, 255)", "dark": "rgb(22, 25, 29)"}
    change_theme(page, "light")
    page.set_viewport_size({"width": 1280, "height": 720})
    reader.switch("Projector")
    page.wait_for_timeout(500)
    reader.widget.locator("svg [id$='-node-2']").click()
    waits_for(reader, ".box code", "y = x + 2")
    sizes = reader.widget.evaluate(
        """root => [...root.querySelectorAll('.node text, :not(svg *, svg)')]
            .filter(e => e.textContent.trim() && e.getClientRects().length)
            .map(e => {
                const svg = e.closest('svg');
                const scale = svg && svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
                return (scale ?? 1) * parseFloat(getComputedStyle(e).fontSize);
            })"""
    )
    page.screenshot(path=tmp_path / "projector.png")
    assert min(sizes) >= 24  # 18 points
    reader.switch("Projector")
    page.set_viewport_size({"width": 1280, "height": 900})


def test_motion_stops_where_it_is_not_wanted(reader):
    reader.press("ArrowRight", "ArrowRight")
    reader.at(2)
    moving = "e => getComputedStyle(e).animationName"
    edge = reader.widget.locator(".edge.on")
    assert edge.evaluate(moving) == "mg-up"
    reader.page.emulate_media(reduced_motion="reduce")
    assert edge.evaluate(moving) == "none"
    reader.page.emulate_media(reduced_motion="no-preference")


def test_axe_finds_nothing(reader):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    reader.press(*["ArrowRight"] * 4)
    for prepare in ((), ("Predict",)):
        for name in prepare:
            reader.switch(name)
            reader.press("ArrowRight")
        found = axe.Axe().run(reader.page, context=".mg").response["violations"]
        assert [(v["id"], [node["html"] for node in v["nodes"]][:3]) for v in found] == []


# --- the page around it --------------------------------------------------------------------------


def test_nothing_leaves_the_machine_and_nothing_fails(reader):
    assert reader.page.outside == [] and reader.page.problems == []


@pytest.mark.parametrize(
    "notebook", sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
)
def test_a_shipped_notebook_opens_without_a_missing_model(lab, browser, notebook):
    base, _, token = lab.address.partition("?")
    page = browser.new_page()
    page.goto(f"{base}lab/tree/{notebook}?{token}&reset")
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for(timeout=60_000)
    page.wait_for_timeout(1000)
    text = page.locator(".jp-Notebook").inner_text()
    assert "model not found" not in text and "Error displaying widget" not in text
    page.close()
