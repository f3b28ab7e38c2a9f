"""nbgrader itself on our courses: its own commands, typed by hand, work as on any course."""

import json
import re
import shutil
from collections import Counter
from html.parser import HTMLParser

import courses
import pytest
from bs4 import BeautifulSoup

from grader import nbgrader_plugin, staging
from grader.assess import not_graded
from grader.cli import CommandError, main
from grader.commands.feedback import write_pages
from grader.course import CONFIG, Course
from grader.grade import recall
from grader.journal import Journal
from grader.page import exercise_names
from grader.task import Outcome, Verdict

SET = courses.SET
HAND_INS = ("ada_right", "ben_right", "dan_mixes_factors", "gus_empty")


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Course:
    """A course made and graded with nbgrader's commands alone, but for `grader build`."""
    root = tmp_path_factory.mktemp("course") / "course"
    assert courses.run("grader", "build", str(root)).returncode == 0
    done = courses.run("nbgrader", "generate_assignment", SET, cwd=root)
    assert done.returncode == 0, done.stderr
    course = Course.open(root)
    for name in HAND_INS:
        courses.hand_in(course, name, courses.answers()[name].notebook(courses.release()))
    done = courses.run("nbgrader", "autograde", SET, cwd=root)
    assert done.returncode == 0, done.stderr
    done = courses.run("nbgrader", "generate_feedback", SET, cwd=root)
    assert done.returncode == 0, done.stderr
    return course


def test_nbgraders_own_release_is_ours(course):
    assert course.release(SET).read_bytes() == courses.release()


def test_nbgrader_autograde_fills_the_gradebook(course):
    promised = {name: sum(courses.answers()[name].points.values()) for name in HAND_INS}
    assert courses.scores(course) == promised
    assert promised["ben_right"] == courses.FULL  # who warns on stderr and returns lists
    with course.gradebook() as gradebook:
        submission = gradebook.find_submission(SET, "dan_mixes_factors")
        assert not submission.needs_manual_grade
        grades = {grade.name: grade.auto_score for grade in submission.notebooks[0].grades}
    assert (grades["mul-check"], grades["sub-check"]) == (0.0, 2.0)


def test_nbgrader_generate_feedback_shows_the_verdicts(course):
    page = course.feedback("dan_mixes_factors", SET).read_text()
    assert "own-factor" in page and "power-rule-slip" in page
    assert "PyTorch" in page
    assert "### BEGIN SOLUTION" not in page
    page = course.feedback("gus_empty", SET).read_text()
    assert "not written yet" in page


def test_feedback_pages_are_complete_without_the_network(course):
    page = course.feedback("ada_right", SET).read_text()
    assert "<math" in page and "<mfrac>" in page
    assert "$" not in Page(page).text  # no formula was left as TeX
    assert not re.search(r"""(src|href)=["']?(https?:)?//|url\(["']?https?:|cdnjs""", page)


def test_the_index_of_a_feedback_page_names_the_exercises(course):
    page = BeautifulSoup(course.feedback("dan_mixes_factors", SET).read_text(), "html.parser")
    links = page.select("#toc a")
    assert [link.text for link in links][:3] == [
        "1. Addition",
        "2. Subtraction",
        "3. A number minus an array",
    ]
    assert len(links) == 8 and "Test cell" not in page.text
    for link in links:
        assert page.find("a", attrs={"name": link["href"].removeprefix("#")})
    assert "Score: 0.0 / 2.0" in links[0].parent.text


def test_the_index_of_a_feedback_page_names_comments_and_passes_over_nbgraders_own(course):
    index = BeautifulSoup(course.feedback("gus_empty", SET).read_text(), "html.parser")
    assert len(index.select("#toc a")) == 8  # not eight times "Comment", for "No response."
    with course.gradebook() as gradebook:
        comment = gradebook.find_comment("mul", SET, SET, "gus_empty")
        comment.manual_comment = "Come and see me."
        gradebook.db.commit()
    assert main(["feedback", str(course.root), "--only", "gus_empty"]) == 0
    page = BeautifulSoup(course.feedback("gus_empty", SET).read_text(), "html.parser")
    links = [link.text for link in page.select("#toc a")]
    assert links[3:5] == ["Comment on 4. Multiplication", "4. Multiplication"]
    assert "Come and see me." in page.text


def test_pages_are_written_by_several_processes_and_a_fault_stops_no_other(course, monkeypatch):
    monkeypatch.setattr("grader.commands.feedback.FEW", 1)
    (course.root / CONFIG).touch()  # every page is old now
    broken = course.autograded("ada_right", SET)
    right = broken.read_bytes()
    broken.chmod(0o644)
    broken.write_text("{")
    told = []
    try:
        only = ["ada_right", "ben_right", "gus_empty"]
        pages, failed = write_pages(course, [SET], only, lambda *how: told.append(how), 2)
    finally:
        broken.write_bytes(right)
    assert pages == [course.feedback(name, SET) for name in ("ben_right", "gus_empty")]
    assert all(page.stat().st_mtime > (course.root / CONFIG).stat().st_mtime for page in pages)
    assert [name for name, _ in failed] == [f"ada_right/{SET}"]
    assert told == [("feedback", done, 3) for done in (1, 2, 3)]


@pytest.mark.parametrize("command", ["autograde", "feedback"])
def test_the_usage_names_the_course_before_the_students(command, capsys):
    with pytest.raises(SystemExit):
        main([command, "--only", "ada", "course"])
    assert capsys.readouterr().err.startswith(f"usage: grader {command} COURSE [SET ...] [--only")


def test_several_test_cells_under_one_heading_are_told_apart():
    def test(name):
        graded = {"nbgrader": {"grade": True, "grade_id": name}}
        return {"cell_type": "code", "metadata": graded, "source": ""}

    def words(source):
        return {"cell_type": "markdown", "metadata": {}, "source": source}

    cells = [words("# Set"), test("a"), words("## *One*\n\nWords."), test("b"), words("more")]
    release = {"cells": [*cells, test("c"), words("##No heading"), words("## Two ##"), test("d")]}
    named = exercise_names(release)
    assert named == {"a": "Set", "b": "One (b)", "c": "One (c)", "d": "Two"}


def test_a_feedback_page_shows_nothing_that_says_nothing(course):
    page = BeautifulSoup(course.feedback("dan_mixes_factors", SET).read_text(), "html.parser")
    for prompt in ("In\xa0[", "Out[", "\N{PILCROW SIGN}", "\\_"):
        assert prompt not in page.find(id="notebook").text, prompt
    assert len(page.select(".output_area")) == 8  # the verdicts, without the points of nbgrader


@pytest.mark.parametrize("name", ["dan_mixes_factors", "gus_empty"])
def test_a_feedback_page_in_a_browser(course, browser, name):
    page = browser.new_page(viewport={"width": 1000, "height": 800})
    page.goto(course.feedback(name, SET).as_uri())
    style = "(element) => { const s = getComputedStyle(element); return [s.display, s.cursor]; }"
    assert page.locator("summary").first.evaluate(style) == ["list-item", "pointer"]
    space = "(element) => parseFloat(getComputedStyle(element).paddingLeft)"
    assert page.locator(".rendered_html th").first.evaluate(space) >= 8
    hint = page.get_by_text("Hold b still and let a grow")
    assert not hint.is_visible()
    page.get_by_text("Hint: how to begin").first.click()
    assert hint.is_visible()
    page.close()


def test_test_cells_hold_first_the_words_and_then_the_points(course):
    notebook = json.loads(course.autograded("dan_mixes_factors", SET).read_text())
    words, points = courses.cell(notebook, "mul-check")["outputs"]
    assert words["output_type"] == "display_data"
    assert "own-factor" in "".join(words["data"]["text/plain"])
    assert "own-factor" in "".join(words["data"]["text/html"])
    assert points["output_type"] == "execute_result"
    assert "".join(points["data"]["text/plain"]) == "0.0"
    _, points = courses.cell(notebook, "sub-check")["outputs"]
    assert "".join(points["data"]["text/plain"]) == "2.0"


def test_both_ways_share_the_journal(course, capsys):
    graded, _ = recall(Journal(course.private / "journal.jsonl"))
    assert sorted(grade.student for grade in graded.values()) == sorted(HAND_INS)
    assert main(["autograde", str(course.root), "--workers", "1"]) == 0
    assert "4 graded, 0 of them judged now, 4 written" in capsys.readouterr().out
    assert main(["autograde", str(course.root)]) == 0
    said = capsys.readouterr()
    assert "4 graded, 0 of them judged now, 0 written" in said.out
    assert "graded 4 of 4" in said.err
    assert "judged" not in said.err and "written" not in said.err  # of what was not done


def test_nbgrader_autograde_takes_cells_only_from_the_student(course):
    """Deleted, edited and mislabelled test cells are put back in nbgrader's own flow too."""
    spoiled = courses.right()
    courses.cell(spoiled, "mul-check")["source"] = "5.0"
    courses.cell(spoiled, "add-check")["metadata"]["nbgrader"] |= {"solution": True, "points": 99}
    spoiled["cells"] = [cell for cell in spoiled["cells"] if cell["id"] != "pow-check"]
    spoiled["cells"].append({**courses.cell(spoiled, "mul"), "id": "again"})
    courses.hand_in(course, "zoe", spoiled)
    done = courses.run("nbgrader", "autograde", SET, "--student", "zoe", cwd=course.root)
    assert done.returncode == 0, done.stderr
    assert courses.scores(course)["zoe"] == courses.FULL


def test_a_fault_of_the_judge_is_no_grade(course, monkeypatch):
    def fails(course, student, set_name, *_):
        return not_graded(student, set_name, "", "the sandbox failed: no memory")

    monkeypatch.setattr(nbgrader_plugin, "grade_staged", fails)
    courses.hand_in(course, "ines", courses.solution())
    with pytest.raises(CommandError, match="the sandbox failed: no memory"):
        course.convert("Autograde", SET, "ines")
    assert not course.autograded("ines", SET).exists()
    with course.gradebook() as gradebook:
        grades = gradebook.find_submission(SET, "ines").notebooks[0].grades
        assert [grade.auto_score for grade in grades] == [None] * 8
        assert all(grade.needs_manual_grade for grade in grades)


def test_nbgrader_validate_names_what_is_not_done_in_the_release(course, tmp_path):
    path = tmp_path / "release.ipynb"
    path.write_bytes(course.release(SET).read_bytes())
    done = courses.run("nbgrader", "validate", str(path), cwd=tmp_path)
    assert done.returncode == 0
    assert "VALIDATION FAILED ON 8 CELL(S)" in done.stdout
    assert "not written yet" in done.stdout
    assert "Traceback" not in done.stdout


def test_nbgrader_validate_accepts_the_solution(course, tmp_path):
    path = tmp_path / "solution.ipynb"
    path.write_bytes(course.source(SET).read_bytes())
    done = courses.run("nbgrader", "validate", str(path), cwd=tmp_path)
    assert done.returncode == 0
    assert "Success! Your notebook passes all the tests." in done.stdout, done.stdout + done.stderr


ATTACK = (
    "<script>alert(1)</script> <img src=x onerror=alert(2)> <a href='javascript:alert(3)'>a</a>"
    "\n\n[b](javascript:alert(4)) [c](data:text/html,x) ![d](javascript:alert(5)) [f][g]"
    "\n\n[g]: javascript:alert(11)\n\n<javascript:alert(12)>"
    "\n\n`<svg onload=alert(6)>` &lt;script&gt; $\\href{javascript:alert(7)}{e}$ a<b"
    "\n\n<details open ontoggle=alert(8)>"
)


@pytest.fixture(scope="module")
def late_and_hostile(course):
    """Two more hand-ins, graded with `grader autograde`: one late, one out for the instructor."""
    folder = courses.hand_in(course, "lars", courses.right())
    (folder / "timestamp.txt").write_text("2026-05-02 10:00:00 UTC\n")
    notebook = courses.right()
    notebook["cells"] += [
        {"cell_type": kind, "metadata": {"raw_mimetype": "text/html"}, "source": ATTACK}
        for kind in ("markdown", "raw")
    ]
    data = {"text/html": "<script>alert(9)</script>", "text/plain": "5.0"}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            shown = {"metadata": {}, "data": data}
            cell["outputs"] = [
                {"output_type": "display_data", **shown},
                {"output_type": "execute_result", "execution_count": 1, **shown},
            ]
    notebook["metadata"]["title"] = "<script>alert(10)</script>"
    courses.hand_in(course, "xss", notebook)
    only = ["--only", "lars", "xss"]
    assert main(["autograde", str(course.root), *only, "--workers", "1"]) == 0
    assert main(["feedback", str(course.root), *only]) == 0


class Page(HTMLParser):
    """How often each tag stands in a page, all attributes, all text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.text = Counter(), [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags[tag] += 1
        self.attributes += attributes

    def handle_data(self, data):
        self.text += data


def test_what_students_write_in_markdown_is_shown_and_not_obeyed(course, late_and_hostile):
    page = Page(course.feedback("xss", SET).read_text())
    clean = Page(course.feedback("lars", SET).read_text())
    for tag in ("script", "img", "svg", "details", "iframe", "object", "style", "link", "a"):
        assert page.tags[tag] == clean.tags[tag], tag
    for name, value in page.attributes:
        assert not name.startswith("on"), (name, value)
        assert "javascript:" not in (value or "").lower()
        assert not (value or "").lower().startswith("data:text")
    assert "alert(1)" in page.text  # shown, as text
    assert "\\href{" not in page.text
    assert "alert(9)" not in page.text and "alert(10)" not in page.text
    assert courses.scores(course)["xss"] == courses.FULL


def test_late_hand_ins_keep_their_time(course, late_and_hostile):
    with course.gradebook() as gradebook:
        stamp = gradebook.find_submission(SET, "lars").timestamp
        assert str(stamp) == "2026-05-02 10:00:00"


@pytest.mark.parametrize("text", ["", "soon", "9" * 300, "\xff", "2026-13-45 99:00:00 UTC"])
def test_a_time_that_is_none_is_passed_over(text, tmp_path):
    (tmp_path / "timestamp.txt").write_bytes(text.encode("latin-1"))
    assert staging.read_timestamp(tmp_path) is None


def test_export_is_safe_to_open_in_a_spreadsheet(course, tmp_path, capsys):
    table = tmp_path / "grades.csv"
    assert main(["export", str(course.root), str(table)]) == 0
    lines = table.read_text().splitlines()
    assert lines[0] == "student,set,points,of,late penalty,needs a look"
    assert "ada_right,e2_local_rules,20.0,20.0,0.0," in lines
    from grader.commands.export import cell

    assert [cell(text) for text in ("=A1", "+1", "-1", "@x", "a=b")] == [
        "'=A1",
        "'+1",
        "'-1",
        "'@x",
        "a=b",
    ]


def test_export_points_at_what_a_person_should_look_at(course, capsys, tmp_path):
    folder = courses.hand_in(course, "hal", b"hello")
    assert main(["autograde", str(course.root), "--only", "hal", "--workers", "1"]) == 0
    with course.gradebook() as gradebook:  # a teacher takes a grade back, to give it by hand
        gradebook.find_grade("mul-check", SET, SET, "gus_empty").needs_manual_grade = True
        gradebook.db.commit()
    capsys.readouterr()
    assert main(["export", str(course.root)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert f"hal,{SET},0.0,20.0,0.0,yes" in lines
    assert f"gus_empty,{SET},0.0,20.0,0.0,yes" in lines
    assert f"ben_right,{SET},20.0,20.0,0.0," in lines
    (folder / f"{SET}.ipynb").write_text(json.dumps(courses.right()))
    assert main(["autograde", str(course.root), "--only", "hal", "--workers", "1"]) == 0
    capsys.readouterr()
    assert main(["export", str(course.root)]) == 0
    assert f"hal,{SET},20.0,20.0,0.0,\n" in capsys.readouterr().out
    shutil.rmtree(folder.parent)
    with pytest.raises(SystemExit):
        main(["export", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert 'The column "needs a look" says "yes" where a person should look' in said


def test_report_tells_what_the_class_got_stuck_on(course, capsys):
    courses.hand_in(course, "ben_broken", b"hello")
    assert main(["autograde", str(course.root), "--only", "ben_broken", "--workers", "1"]) == 0
    courses.hand_in(course, "waits", courses.right())
    capsys.readouterr()
    assert main(["report", str(course.root)]) == 0
    out = capsys.readouterr().out
    lines = [line.strip() for line in out.splitlines()]
    number = len(list(course.root.glob(f"autograded/*/{SET}/{SET}.ipynb")))
    assert lines[0] == f"{SET}: {number} graded"
    at = next(k for k, line in enumerate(lines) if line.startswith("4. Multiplication"))
    assert lines[at].split("  ")[-1].strip() == "own-factor: dan_mixes_factors"
    assert f" {number - 3} of {number - 1} " in lines[at]  # who cannot be read is not counted
    assert lines[at + 1] == "not written yet: gus_empty"
    said = "The notebook is broken: no valid JSON in line 1. Hand in a copy that opens in Jupyter."
    assert f"ben_broken, in all: {said}" in lines
    (waiting,) = [line for line in lines if line.startswith("not graded yet: ")]
    assert "waits" in waiting.split(": ")[1].split(", ")
    shutil.rmtree(course.submitted("waits", SET).parent)


def test_report_needs_grades(tmp_path, capsys):
    course = courses.new_course(tmp_path / "course")
    assert main(["report", str(course.root)]) == 2
    said = f"nothing is graded yet. Grade first: grader autograde {course.root}"
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("line 3: NameError: name 'x' is not defined", "NameError"),
        ("line 3: ValueError: grad_a has shape (3,)", "ValueError"),
        ("grad_b at [0, 2]: yours 1.0, PyTorch 2.0", "wrong numbers"),
        ("grad_b: yours 1.0, PyTorch 2.0", "wrong numbers"),
        ("mul_vjp is missing: no cell defines it", "function missing"),
        ("Your notebook ran longer than 5 s of processor time while `x` ...", "ran too long"),
        ("grad_a has shape (), PyTorch's has (3,)", "wrong shape"),
        ("not written yet: mul_vjp still raises NotImplementedError", "not written yet"),
    ],
)
def test_verdicts_are_counted_by_their_kind(message, kind):
    assert Verdict("e2.mul", Outcome.GRADED, False, None, message).kind == kind
    assert Verdict("e2.mul", Outcome.GRADED, False, "own-factor", message).kind == "own-factor"


def test_feedback_says_of_whom_there_is_no_page(course, capsys):
    courses.hand_in(course, "nina", courses.right())
    only = ["feedback", str(course.root), "--only"]
    assert main([*only, "bob"]) == 1
    out = capsys.readouterr().out
    assert out.splitlines()[0] == "no page: bob: nothing was handed in under this name"
    assert "0 pages in " in out
    assert main([*only, "bob", "ada_right", "nina"]) == 1
    out = capsys.readouterr().out
    assert "no page: bob: nothing was handed in under this name" in out
    assert "no page: nina: not graded yet. Grade first: grader autograde " in out
    assert "1 page in " in out
