"""The formgrader in a real browser, as an instructor opens it: the class and its points."""

import re
import shutil

import courses
import pytest
from conftest import jupyter, needs

pytestmark = needs("chromium")
SET = courses.SET


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A copy of the demo's course: an autograde by button must not change the original."""
    folder = tmp_path_factory.mktemp("formgrader") / "minigrad-demo"
    shutil.copytree(courses.demo().folder, folder)
    return folder


@pytest.fixture(scope="module")
def address(course):
    """JupyterLab started in the course folder, as the demo says."""
    with jupyter(course) as address:
        yield address


@pytest.fixture
def page(browser, address):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(60_000)
    page.goto(address)
    yield page
    page.close()


def at(address, path):
    return address.partition("?")[0].rstrip("/").removesuffix("/lab") + path


def test_the_menu_of_jupyterlab_opens_it(page, tmp_path):
    page.get_by_role("menuitem", name="Nbgrader").click()
    page.get_by_role("menuitem", name="Formgrader").click()
    frame = page.frame_locator("iframe")
    frame.get_by_role("link", name=SET).first.wait_for()
    page.screenshot(path=tmp_path / "menu.png")
    row = frame.locator("tr", has_text=SET)
    assert "12" in row.inner_text().split()


def test_it_shows_every_student_with_the_points(page, address, tmp_path):
    page.goto(at(address, f"/formgrader/manage_submissions/{SET}"))
    page.get_by_text("lou_cheats").wait_for()
    page.screenshot(path=tmp_path / "class.png", full_page=True)
    for name, answer in courses.answers().items():
        row = page.locator("tr", has_text=name).inner_text()
        assert "graded" in row
        assert re.search(rf"\b{sum(answer.points.values())} / 20", row), row


def test_its_autograde_button_grades_with_our_judge(page, address):
    page.goto(at(address, f"/formgrader/manage_submissions/{SET}"))
    row = page.locator("tr", has_text="dan_mixes_factors")
    row.locator(".autograde a").click()
    message = page.locator(".modal-dialog", has_text="dan_mixes_factors")
    message.get_by_text("Successfully autograded").wait_for()
    log = message.inner_text()
    assert "Applying preprocessor: Judge" in log
    assert "Applying preprocessor: Execute" not in log
    page.reload()
    row.get_by_text("12 / 20").wait_for()


def test_a_hand_in_opened_for_grading_shows_the_verdict_and_the_points(page, address, tmp_path):
    page.goto(at(address, f"/formgrader/gradebook/{SET}/{SET}"))
    page.locator("tr", has_text="12 / 20").get_by_role("link").first.click()
    page.get_by_text("own-factor").first.wait_for()
    page.screenshot(path=tmp_path / "grading.png", full_page=True)
    text = page.locator("body").inner_text()
    assert "power-rule-slip" in text and "all 5 answers agree with PyTorch" in text
    scores = page.locator("input.score")
    placeholders = [scores.nth(k).get_attribute("placeholder") for k in range(scores.count())]
    assert sum(map(float, placeholders)) == 12
