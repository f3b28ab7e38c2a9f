"""The small widgets in a real JupyterLab: they appear, follow keys, clicks and drags.

And all widgets in Notebook 7.
"""

import shutil

import pytest
from conftest import ROOT, change_theme, needs
from test_explore_browser import Reader, watched_page
from test_lessons import open_and_run

pytestmark = needs("chromium")

LABELS = ("retain_grad()", "v[0]", "Stage", "Passes", "Learning rate")  # of each, a control


@pytest.fixture(scope="module")
def gallery(jupyterlab, browser):
    """The gallery, run in JupyterLab; yields its page."""
    folder, address = jupyterlab
    shutil.copy(ROOT / "notebooks" / "99_gallery.ipynb", folder / "gallery.ipynb")
    page = watched_page(browser, address, 720)
    open_and_run(page, address, "gallery.ipynb")
    yield page
    page.close()


class Small:
    """Looks at one of the small widgets, found by a word of its controls."""

    def __init__(self, page, label: str) -> None:
        self.page = page
        self.root = page.locator(".mg").filter(has=page.get_by_label(label)).first
        self.control = self.root.get_by_label(label)
        self.root.wait_for(timeout=30_000)
        self.control.scroll_into_view_if_needed()

    def says(self, words: str) -> None:
        self.root.locator("p").get_by_text(words).wait_for(timeout=10_000)


def test_switches_follow_the_keyboard(gallery):
    table = Small(gallery, "computed from another tensor")
    table.control.focus()
    gallery.keyboard.press("Space")
    table.says("so no leaf")
    gallery.keyboard.press("Tab")
    gallery.keyboard.press("Space")
    table.says(".grad is filled")


def test_jupyterlab_leaves_the_keys_to_the_control_that_has_the_focus(gallery):
    cells = gallery.locator(".jp-Notebook .jp-Cell")
    before = cells.count()
    for label in ("retain_grad()", "v[0]"):
        Small(gallery, label).control.focus()
        for key in ("a", "b", "x", "Enter"):
            gallery.keyboard.press(key)
    gallery.wait_for_timeout(300)
    assert cells.count() == before
    assert gallery.locator(".jp-Notebook.jp-mod-editMode").count() == 0


def test_a_vector_slides_and_is_dragged(gallery):
    grid = Small(gallery, "v[1]")
    grid.says("[31, 42]")
    grid.control.focus()
    gallery.keyboard.press("ArrowLeft")
    grid.says("[28, 38]")
    cell = grid.root.locator("[data-drag=v0]").first
    cell.scroll_into_view_if_needed()
    box = cell.bounding_box()
    x, y = box["x"] + 8, box["y"] + 8
    gallery.mouse.move(x, y)
    gallery.mouse.down()
    gallery.mouse.move(x, y - 24, steps=4)
    gallery.mouse.up()
    grid.says("v = [3, 9]")


def test_players_follow_clicks_and_a_presenters_keys(gallery):
    lens = Small(gallery, "Stage")
    for _ in range(5):
        lens.root.get_by_role("button", name="Next").click()
    lens.says("summed there")

    meter = Small(gallery, "Passes")
    meter.control.focus()
    gallery.keyboard.press("PageDown")
    gallery.keyboard.press("PageDown")
    meter.says("After pass 2 w.grad is [6, 6, 6, 6]")
    meter.root.get_by_label("zero_grad").check()
    meter.says("After pass 2 w.grad is [3, 3, 3, 3]")
    gallery.keyboard.press("PageUp")  # the focus is on the switch: the player steps all the same
    meter.says("After pass 1")

    walk = Small(gallery, "Step")
    walk.control.focus()
    gallery.keyboard.press("End")
    walk.says("Step 20")


@pytest.mark.parametrize("label", LABELS)
def test_on_a_projector_all_is_seen_at_once_in_large_letters(gallery, label, tmp_path):
    widget = Small(gallery, label)
    widget.root.get_by_label("Projector").click()
    gallery.wait_for_function("document.fullscreenElement !== null")
    if widget.root.locator(".film").count():  # the last picture holds the most
        gallery.keyboard.press("End")
        last = widget.root.locator(".film").get_attribute("max")
        widget.root.locator("output").first.get_by_text(f"{last} of {last}").wait_for()
    sizes = widget.root.evaluate(
        """root => [...root.querySelectorAll('svg text')].map(t => parseFloat(
            getComputedStyle(t).fontSize) * t.getScreenCTM().a)"""
    )
    hidden = widget.root.evaluate(
        """root => [root, ...root.querySelectorAll('.pic, .side')].filter(
            part => part.scrollHeight > part.clientHeight + 1).map(part => part.className)"""
    )
    gallery.screenshot(path=tmp_path / "projector.png")
    widget.root.get_by_label("Projector").click()
    gallery.wait_for_function("document.fullscreenElement === null")
    assert hidden == []
    assert min(sizes) >= 24  # dots at 1280 x 720, which is 18 pt


def test_a_dark_theme_has_colours_of_its_own(gallery, tmp_path):
    for scheme, ink in (("dark", "rgb(242, 242, 242)"), ("light", "rgb(26, 26, 26)")):
        change_theme(gallery, scheme)
        for label in LABELS:
            widget = Small(gallery, label)
            widget.root.screenshot(path=tmp_path / f"{scheme}-{label[:5]}.png")
            text = widget.root.locator("svg text[fill='#1A1A1A']").first
            assert text.evaluate("text => getComputedStyle(text).fill") == ink


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(gallery, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    change_theme(gallery, scheme)
    found = axe.Axe().run(gallery, context=".mg").response["violations"]
    change_theme(gallery, "light")
    assert [(v["id"], [node["html"] for node in v["nodes"]][:3]) for v in found] == []


def test_notebook_7_shows_the_same(gallery, browser, tmp_path):
    base, _, token = gallery.address.partition("?")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{base}notebooks/gallery.ipynb?{token}")
    page.locator(".jp-Notebook .jp-Cell").first.click(timeout=60_000)
    for _ in range(page.locator(".jp-Notebook .jp-Cell").count()):
        page.keyboard.press("Shift+Enter")
    reader = Reader(page)
    reader.widget.wait_for(timeout=60_000)
    reader.press("ArrowRight", "PageDown", "ArrowDown", "ArrowLeft")
    reader.at(2)
    assert reader.see(".words").startswith("mean sends [0.3333")
    for label, key, words in (
        ("computed from another tensor", "Space", "so no leaf"),
        ("v[1]", "ArrowLeft", "[28, 38]"),
        ("Stage", "End", "summed there"),
        ("Passes", "PageDown", "After pass 1"),
        ("Step", "ArrowRight", "Step 1"),
    ):
        widget = Small(page, label)
        widget.control.press(key)
        widget.says(words)
        widget.root.screenshot(path=tmp_path / f"{words[:4]}.png")
    page.close()


def test_nothing_was_asked_of_another_machine(gallery):
    assert gallery.outside == []
    assert gallery.problems == []
