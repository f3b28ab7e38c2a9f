"""Sources to notebooks: the same source, the same bytes; nothing of the answer in the release."""

import doctest
import errno
import importlib
import json
import os
import re
import stat
import subprocess
import sys

import courses
import nbformat
import pytest

from grader.build import build_lessons, build_notebook, checked_task, notebook_from_source, orphans
from grader.cli import CommandError, main
from grader.content import content_root
from grader.course import Course, build_course
from grader.exercises import load_set, sets

SOURCE = """
# %% [markdown] name="title"
# # Title

# %% name="mul" solves="e2.mul" tags=["keep"]
def mul_vjp(g, a, b):
    ### BEGIN SOLUTION
    return g * b, g * a
    ### END SOLUTION

# %% name="mul-check" checks="e2.mul" points=2
check("e2.mul", mul_vjp)

# %%
print("no name")
"""


def test_cells_get_their_names_as_ids_and_lose_the_helper_keys():
    cells = notebook_from_source(SOURCE).cells
    assert [cell.id for cell in cells] == ["title", "mul", "mul-check", "mul-check-1"]
    assert cells[1].metadata.tags == ["keep"]
    assert {key for cell in cells for key in cell.metadata} == {"nbgrader", "tags"}


def test_cells_that_solve_and_check_get_nbgraders_metadata():
    _, solves, checks, _ = notebook_from_source(SOURCE).cells
    assert solves.metadata.nbgrader == {
        "grade": False,
        "grade_id": "mul",
        "locked": False,
        "schema_version": 3,
        "solution": True,
        "task": False,
    }
    assert checks.metadata.nbgrader == {
        "grade": True,
        "grade_id": "mul-check",
        "locked": True,
        "points": 2,
        "schema_version": 3,
        "solution": False,
        "task": False,
    }


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('name="mul-check"', 'name="mul"', 'two cells are named "mul"'),
        ('name="mul"', 'name="a b"', '"a b" must be 1 to 64 letters'),
        ('name="mul"', f'name="{"m" * 65}"', "must be 1 to 64 letters"),
        (" points=2", "", "needs both checks=... and points=..."),
        ("points=2", "points=0", "above 0"),
        ('checks="e2.mul" points=2', "points=2", "needs both"),
        ('check("e2.mul"', 'check("e2.add"', 'must call check("e2.mul", ...)'),
        ('check("e2.mul", mul_vjp)', 'print("e2.mul")', 'must call check("e2.mul", ...)'),
        ('solves="e2.mul"', 'solves="e2.mul" points=2', "either solves a task or checks one"),
        ('[markdown] name="title"', '[markdown] name="t" solves="x"', "must be a code cell"),
    ],
)
def test_a_source_that_is_wrong_is_refused_in_words(old, new, says):
    assert old in SOURCE
    with pytest.raises(CommandError, match=re.escape(says)):
        notebook_from_source(SOURCE.replace(old, new))


@pytest.mark.parametrize(
    ("source", "task"),
    [
        ('check("e2.mul", mul_vjp)', "e2.mul"),
        ('# a word\ncheck("e2.mul", mul_vjp)', "e2.mul"),
        ('x = 1\ncheck("e2.mul", mul_vjp)', None),
        ("check(name, mul_vjp)", None),
        ("check()", None),
        ("check(", None),
        ("", None),
    ],
)
def test_a_test_cell_says_which_task_it_checks(source, task):
    assert checked_task(source) == task


@pytest.mark.parametrize("source", sorted(content_root().glob("exercises/*/exercise.py")))
def test_every_graded_set_builds_to_a_valid_notebook_that_checks_each_task_once(source):
    data = build_notebook(source)
    notebook = nbformat.reads(data.decode(), as_version=4)
    nbformat.validate(notebook)
    checks = [
        checked_task(cell.source)
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    ]
    assert sorted(checks) == sorted(load_set(source.parent.name).tasks)
    assert not any(cell.get("outputs") for cell in notebook.cells)


def test_another_process_builds_the_same_bytes():
    source = content_root() / "exercises" / courses.SET / "exercise.py"
    program = (
        "import sys, pathlib, grader.build as b;"
        "sys.stdout.buffer.write(b.build_notebook(pathlib.Path(sys.argv[1])))"
    )
    for seed in ("1", "2"):
        built = subprocess.run(
            [sys.executable, "-c", program, str(source)],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        assert built.stdout == courses.solution()


def test_lessons_are_written_once_and_found_up_to_date_then(tmp_path):
    (tmp_path / "notebooks/source").mkdir(parents=True)
    (tmp_path / "notebooks/source/01_one.py").write_text(SOURCE)
    (tmp_path / "notebooks/02_mine.ipynb").write_text("{}")
    made = tmp_path / "notebooks/01_one.ipynb"
    assert build_lessons(tmp_path) == [made]
    assert build_lessons(tmp_path) == []
    assert orphans(tmp_path) == [tmp_path / "notebooks/02_mine.ipynb"]
    made.write_bytes(made.read_bytes() + b" ")
    assert build_lessons(tmp_path) == [made]


# --- the course folder ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return courses.new_course(tmp_path_factory.mktemp("build") / "course")


def test_a_course_holds_every_set(course):
    assert course.sets() == sets()
    assert course.source(courses.SET).read_bytes() == courses.solution()


def test_the_secret_is_the_owners_alone_and_stays(course):
    path = course.private / "secret"
    before = path.read_bytes()
    assert len(before) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(course.private.stat().st_mode) == 0o700
    build_course(course.root)
    assert path.read_bytes() == before
    seeds = {
        course.seed(*who)
        for who in (("a", "b"), ("b", "a"), ("ab", ""), ("", "ab"), ("a", "b", ["x"]))
    }
    assert len(seeds) == 5  # a changed hand-in has a seed of its own


def test_a_damaged_secret_is_not_replaced_in_silence(tmp_path):
    course = build_course(tmp_path / "course").course
    (course.private / "secret").write_bytes(b"short")
    with pytest.raises(CommandError, match="is damaged"):
        course.seed("a", "b")


def test_building_again_changes_nothing_and_keeps_what_a_person_edited(tmp_path):
    built = build_course(tmp_path / "course")
    source, config = built.course.source(courses.SET), tmp_path / "course/nbgrader_config.py"
    assert built.wrote == [config, source]
    again = build_course(tmp_path / "course")
    assert (again.wrote, again.kept) == ([], [])
    mine = config.read_bytes() + b"\n# mine\n"
    config.write_bytes(mine)
    again = build_course(tmp_path / "course")
    assert (again.wrote, again.kept) == ([], [config])
    assert config.read_bytes() == mine
    source.unlink()
    assert build_course(tmp_path / "course").wrote == [source]


def test_a_folder_with_other_things_is_left_alone(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("mine")
    assert main(["build", str(tmp_path)]) == 2
    assert "is not a course" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    assert main(["build", str(tmp_path / "thesis.txt")]) == 2
    assert "is a file" in capsys.readouterr().err


def test_a_path_that_nbgrader_cannot_work_in_is_refused_at_once(tmp_path, capsys):
    assert main(["build", str(tmp_path / "course [1]")]) == 2
    assert "because of the *, ?, [ or ] in its path" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_path_with_spaces_and_umlauts_is_fine(tmp_path):
    course = build_course(tmp_path / "mein Kurs (ä) {1}").course
    course.convert("GenerateAssignment", courses.SET)
    assert course.release(courses.SET).read_bytes() == courses.release()


def test_the_released_notebook_holds_no_answer(course):
    text = course.release(courses.SET).read_text()
    notebook = json.loads(text)
    source = (content_root() / "exercises" / courses.SET / "exercise.py").read_text()
    solutions = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", source, re.DOTALL)
    assert len(solutions) == len(load_set(courses.SET).tasks)
    given = set(
        re.sub(r"### BEGIN SOLUTION.*?### END SOLUTION", "", source, flags=re.S).split("\n")
    )
    cells = "\n".join("".join(cell["source"]) for cell in notebook["cells"])
    for line in "".join(solutions).splitlines():
        if line.strip() and line not in given:
            assert line.strip() not in cells
    for word in ("SOLUTION", "HIDDEN", "AUTOTEST", "expected", "torch", "assert", "secret"):
        assert word not in cells, word
    checks = [
        cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade")
    ]
    for cell in checks:
        assert re.fullmatch(r'check\("e2\.\w+", \w+_vjp\)', "".join(cell["source"]))
    assert not any(cell.get("outputs") for cell in notebook["cells"])
    assert course.secret().hex() not in text


def test_the_release_and_the_notebook_of_grader_lab_are_the_same(course):
    assert course.release(courses.SET).read_bytes() == courses.release()


def test_releasing_again_gives_the_same_bytes(course):
    course.convert("GenerateAssignment", courses.SET)
    assert course.release(courses.SET).read_bytes() == courses.release()


def test_release_works_where_the_environment_is_not_on_path(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    course = courses.new_course(tmp_path / "course")
    assert course.release(courses.SET).exists()
    assert os.environ["PATH"] == "/usr/bin:/bin"


# --- the command line -----------------------------------------------------------------------------


def test_help_is_fast_because_it_imports_nothing_heavy():
    program = (
        "import sys\n"
        "from grader.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'torch', 'nbformat', 'nbgrader', 'rich'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)\n"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (shown.returncode, shown.stderr) == (0, "")
    for command in ("demo", "lab", "doctor", "build", "release", "collect", "autograde"):
        assert re.search(rf"^ +{command} ", shown.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    "name", ["build", "course", "staging", "journal", "page", "commands.export"]
)
def test_the_examples_in_docstrings_run(name):
    tried = doctest.testmod(importlib.import_module(f"grader.{name}"))
    assert tried.attempted and not tried.failed


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["grde"], "there is no command `grde`. The commands are: demo, lab, doctor, build"),
        (["release", "/nowhere"], "there is no folder /nowhere. Make a course: grader build"),
        (["autograde", "/nowhere"], "there is no folder /nowhere. Make a course: grader build"),
        (["feedback", "{tmp}"], "is not a course folder, it has no nbgrader_config.py"),
        (["collect", "{tmp}", "x"], "is not a course folder, it has no nbgrader_config.py"),
        (["export", "{tmp}"], "is not a course folder, it has no nbgrader_config.py"),
    ],
)
def test_a_wrong_command_gets_one_clear_sentence(arguments, says, tmp_path, capsys):
    assert main([word.format(tmp=tmp_path) for word in arguments]) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "refused"),
    [
        (["export", "{course}", "{tmp}/gone/grades.csv"], "{tmp}/gone/grades.csv"),
        (["export", "{course}", "{tmp}"], "{tmp}"),
        (["build", "{tmp}/file/course"], "{tmp}/file"),
        (["demo", "{tmp}/file/course"], "{tmp}/file"),
        (["lab", "{tmp}/file/work", "--no-open"], "{tmp}/file"),
    ],
)
def test_a_place_that_cannot_be_used_gets_one_clear_sentence(
    arguments, refused, course, tmp_path, capsys
):
    (tmp_path / "file").touch()
    names = {"course": course.root, "tmp": tmp_path}
    assert main([word.format(**names) for word in arguments]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"grader {arguments[0]}: cannot use {refused.format(**names)}")
    assert said.endswith(". Name another place.\n") and said.count("\n") == 1


def test_a_full_disk_is_said_and_a_fault_of_the_kit_is_not_hidden(monkeypatch, course, capsys):
    from grader.commands import export

    def fails(error):
        def rows(course):
            raise error

        monkeypatch.setattr(export, "rows", rows)
        return main(["export", str(course.root)])

    assert fails(OSError(errno.ENOSPC, "No space left on device")) == 2
    assert "grader export: the disk is full." in capsys.readouterr().err
    for fault in (
        FileNotFoundError(errno.ENOENT, "No such file", str(content_root() / "grader" / "gone.py")),
        ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"),
        OSError("no number"),
        TypeError("planted"),
    ):
        with pytest.raises(type(fault)):
            fails(fault)


def test_a_set_that_is_not_there_is_named(course, capsys):
    assert main(["release", str(course.root), "e9"]) == 2
    assert "this course has no set `e9`. It has: e2_local_rules" in capsys.readouterr().err


def test_a_missing_package_says_how_to_install_it(monkeypatch, capsys, course):
    monkeypatch.setitem(sys.modules, "nbgrader", None)
    monkeypatch.delitem(sys.modules, "nbgrader.coursedir", raising=False)
    monkeypatch.delitem(sys.modules, "nbgrader.converters", raising=False)
    assert main(["release", str(course.root)]) == 2
    assert 'pip install "minigrad-kit[course]"' in capsys.readouterr().err


def test_grading_before_the_release_says_what_to_do(tmp_path, capsys):
    course = build_course(tmp_path / "course").course
    courses.hand_in(course, "ada", courses.solution())
    assert main(["autograde", str(course.root)]) == 2
    assert f"Make it: grader release {course.root}" in capsys.readouterr().err


def test_a_course_is_opened_by_any_of_its_names(course, monkeypatch):
    monkeypatch.chdir(course.root)
    assert Course.open(".").root.samefile(course.root)
