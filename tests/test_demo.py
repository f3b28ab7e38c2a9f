"""`grader demo`: twelve hand-ins graded as promised, and said in a way that people can read."""

import re

import courses
import pytest

from grader import demo as demo_module
from grader.answers import Answer, fill_in, load_answers
from grader.cli import CommandError, main
from grader.console import console, progress, results_table
from grader.course import Course
from grader.grade import recall
from grader.journal import Journal

NAMES = sorted(courses.answers())
CHEATS = [name for name in NAMES if name.endswith("_cheats")]


@pytest.fixture(scope="module")
def demo():
    return courses.demo()


def test_the_demo_ends_well_and_in_time(demo):
    assert demo.result.returncode == 0, demo.result.stdout + demo.result.stderr
    assert demo.result.stdout.splitlines()[-1].startswith("12 of 12 as promised, graded in ")
    assert demo.seconds < (240 if demo.busy else 60)


def test_there_are_twelve_hand_ins_and_three_of_them_cheat():
    assert len(NAMES) == 12
    assert len(CHEATS) == 3


def test_the_gradebook_holds_what_was_promised(demo):
    promised = {name: sum(found.points.values()) for name, found in courses.answers().items()}
    assert courses.scores(demo.course) == promised
    assert [promised[name] for name in CHEATS] == [0, 0, 0]
    assert sorted(promised.values())[-3:] == [courses.FULL] * 3


def test_cheats_that_win_on_stock_nbgrader_get_nothing(demo):
    for name in CHEATS:
        assert courses.scores(demo.course)[name] == 0
        assert "0.0 / 20.0" in re.sub(
            r"\s+", " ", demo.course.feedback(name, courses.SET).read_text()
        )


def test_every_student_has_a_feedback_page(demo):
    pages = [path.parent.parent.name for path in demo.folder.glob("feedback/*/*/*.html")]
    assert sorted(pages) == NAMES


def test_the_table_and_the_next_steps_fit_into_80_columns(demo):
    lines = demo.result.stdout.splitlines()
    end = next(number for number, line in enumerate(lines) if "gradebook.db" in line)
    assert max(map(len, lines[:end])) <= 80
    for name in NAMES:
        row = next(line for line in lines if line.strip().startswith(name))
        assert re.search(r"\d+ of 20", row), row
    text = demo.result.stdout
    assert "Sandbox: " in text
    for words in (
        "minigrad-demo/gradebook.db",
        "minigrad-demo/feedback/",
        "jupyter lab",
        "grader lab",
    ):
        assert words in text
    assert "Nbgrader > Formgrader" in text


def test_output_that_goes_into_a_file_is_plain(demo):
    assert "\x1b" not in demo.result.stdout + demo.result.stderr
    assert "graded 12 of 12" in demo.result.stderr
    assert "written 12 of 12" in demo.result.stderr


def test_the_level_of_the_sandbox_stands_with_each_grade(demo):
    grades, _ = recall(Journal(demo.course.private / "journal.jsonl"))
    assert {grade.level for grade in grades.values()} <= {"hybrid", "files", "strict"}
    assert sorted(grade.student for grade in grades.values()) == NAMES


def test_a_second_demo_grades_nothing_again(demo, capsys, monkeypatch):
    monkeypatch.chdir(demo.folder.parent)
    assert main(["demo"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "12 of 12 as promised."


def test_a_result_that_is_not_as_promised_is_said_and_fails(demo, capsys, monkeypatch):
    promised = load_answers(next(iter(courses.answers().values())).path.parent)
    promised[0].points["mul"] = 0
    promised[3].mistakes["mul"] = "other-factor"
    promised[6].words["*"] = ["who knows"]
    monkeypatch.setattr(demo_module, "load_answers", lambda folder: promised)
    assert main(["demo", str(demo.folder)]) == 1
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == "9 of 12 as promised."
    assert "ada_right: mul: 3 points, promised were 0" in out
    assert "dan_mixes_factors: mul: named own-factor, promised was other-factor" in out
    assert "gus_empty: add: says nothing of `who knows`" in out


def test_the_demo_touches_no_folder_that_it_did_not_make(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "minigrad-demo").mkdir()
    (tmp_path / "minigrad-demo/mine.txt").write_text("mine")
    assert main(["demo"]) == 2
    assert "was not made by the demo, so it is left alone" in capsys.readouterr().err
    courses.new_course(tmp_path / "real")
    before = sorted(tmp_path.rglob("*"))
    assert main(["demo", "real"]) == 2
    assert main(["demo", "minigrad-demo/mine.txt"]) == 2
    assert sorted(tmp_path.rglob("*")) == before


def test_a_table_of_hostile_names_and_verdicts_is_harmless(demo):
    grades, _ = recall(Journal(demo.course.private / "journal.jsonl"))
    grade = next(iter(grades.values()))
    from dataclasses import replace

    hostile = replace(grade, student="[red]\x1b[2Jx[/red]", problem="[bold]\x1b]0;owned\x07 said")
    out = console()
    with out.capture() as captured:
        out.print(results_table(Course.open(demo.folder), [hostile], {hostile.student: "[link=x]"}))
    text = captured.get()
    assert "\x1b" not in text and "\x07" not in text
    assert "[red]" in text and "[bold]" in text and "[link=x]" in text


def test_progress_on_a_terminal_is_a_bar(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    with progress() as tell:
        tell("judged", 1, 2)
        tell("judged", 2, 2)
    assert "judged" in capsys.readouterr().err


# --- the shipped hand-ins -------------------------------------------------------------------------


def test_fill_in_replaces_named_cells_and_keeps_unnamed_ones_in_place():
    text = '# What it stands for.\n\n# %%\nx = 1\n\n# %% name="mul"\ny = 2\n\n# %%\nz = 3\n'
    import nbformat

    notebook = nbformat.reads(fill_in(text, courses.release()).decode(), as_version=4)
    nbformat.validate(notebook)
    sources = [cell.source for cell in notebook.cells]
    ids = [cell.id for cell in notebook.cells]
    assert sources[ids.index("mul") - 1 : ids.index("mul") + 1] == ["x = 1", "y = 2"]
    assert sources[-1] == "z = 3"
    assert len(ids) == len(set(ids))


def test_fill_in_refuses_a_cell_that_the_release_does_not_have():
    with pytest.raises(CommandError, match="has no cell `mull` to answer"):
        fill_in('# %% name="mull"\n1\n', courses.release())


def test_every_hand_in_says_what_it_stands_for():
    for found in courses.answers().values():
        assert isinstance(found, Answer)
        assert found.stands_for or found.path.suffix == ".ipynb", found.name


def test_a_file_without_a_promise_is_noticed(tmp_path):
    (tmp_path / "expected.toml").write_text("[ada]\npoints = {}\n")
    (tmp_path / "ben.py").write_text("# Ben.\n")
    with pytest.raises(CommandError, match="missing: ada, ben"):
        load_answers(tmp_path)
