"""A whole class with everything that can be wrong with a hand-in; kills, faults, canaries."""

import io
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import courses
import pytest
from conftest import ROOT
from workers import dangerous

from grader import assess, pipeline, staging
from grader.cli import CommandError, main
from grader.commands.feedback import write_pages
from grader.course import Course
from grader.executor import Inline, Processes
from grader.grade import Check, recall
from grader.journal import Journal
from grader.judge import TaskError
from grader.reference import ReferenceFault, TorchMissing
from grader.sandbox import Report, Sandbox, SandboxUnavailable
from grader.task import Outcome, Verdict

SET, FULL = courses.SET, courses.FULL


def spoil(**changes):
    """A right hand-in with some cells' sources replaced: spoil(mul_check="5.0")."""
    notebook = courses.right()
    for name, source in changes.items():
        courses.cell(notebook, name.replace("_", "-"))["source"] = source
    return notebook


def without(*names):
    notebook = courses.right()
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] not in names]
    return notebook


def first(source):
    """A right hand-in whose first cell is `source`."""
    notebook = courses.right()
    notebook["cells"].insert(0, courses.code(source))
    return notebook


def metadata(name, **changes):
    notebook = courses.right()
    courses.cell(notebook, name)["metadata"]["nbgrader"] |= changes
    return notebook


def twice():
    """The cell mul is there twice, the first one wrong: a copied cell keeps its metadata."""
    notebook = courses.right()
    right = courses.cell(notebook, "mul")
    wrong = {**right, "source": "def mul_vjp(g, a, b):\n    return g, g"}
    notebook["cells"].insert(notebook["cells"].index(right), wrong)
    return notebook


def old_format():
    notebook = courses.right()
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["input"] = cell.pop("source")
    return {
        "metadata": {},
        "nbformat": 3,
        "nbformat_minor": 0,
        "worksheets": [{"cells": notebook["cells"]}],
    }


def outputs(**output):
    """A right hand-in, except that mul is wrong and its test cell claims to have run well."""
    notebook = spoil(mul="def mul_vjp(g, a, b):\n    return g, g")
    courses.cell(notebook, "mul-check")["outputs"] = [output]
    return notebook


def as_markdown():
    notebook = courses.right()
    courses.cell(notebook, "mul")["cell_type"] = "markdown"
    return notebook


RIGHT = json.dumps(courses.right())
CHECKS = [f"{task}-check" for task in courses.answers()["ada_right"].points]
NOT_MUL = FULL - 3
CLAIM = {"text/plain": "3.0"}

# What is handed in: bytes or a notebook; the points it gets; words of its verdict or its notes.
BROKEN = {
    "empty_file": (b"", 0, "is empty"),
    "only_space": (b" \n\n ", 0, "is empty"),
    "cut_off": (RIGHT.encode()[:2000], 0, "broken: no valid JSON"),
    "not_text": (b"\x80\x81\x82", 0, "not a text file"),
    "utf_16": (RIGHT.encode("utf-16"), 0, "not a text file"),
    "byte_order_mark": (b"\xef\xbb\xbf" + RIGHT.encode(), FULL, "all right"),
    "deep": (b'{"cells": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 0, "nested too deeply"),
    "deep_dicts": (b'{"a":' * 100_000, 0, "nested too deeply"),
    "a_list": (b"[1, 2]", 0, "not a notebook"),
    "a_number": (b"9" * 10_000, 0, "no valid JSON"),
    "no_cells": (b"{}", 0, "has no cells"),
    "null_cells": (b'{"cells": null}', 0, "has no cells"),
    "cell_less": (b'{"cells": [], "metadata": {}, "nbformat": 4}', 0, "has no cells"),
    "odd_cells": (b'{"cells": [1, null, {}, {"cell_type": 3}]}', 0, "has no cells"),
    "too_many": ({"cells": [courses.code("1")] * 2001}, 0, "2001 cells"),
    "too_much": (first("x = '" + "x" * (1 << 20) + "'"), 0, "more than 1 MB of code"),
    "large": (RIGHT.encode() + b" " * (50 << 20), 0, "larger than 16 MB"),
    "nan": (RIGHT.replace('"metadata": {}', '"metadata": {"a": NaN}').encode(), FULL, "all right"),
    "null_metadata": (RIGHT.replace('"metadata": {}', '"metadata": null').encode(), FULL, ""),
    "metadata_is_a_list": ({"cells": [courses.code("1", metadata=[])]}, 0, "is missing"),
    "null_source": ({"cells": [courses.code(None), *courses.right()["cells"]]}, FULL, "1 damaged"),
    "odd_source": ({"cells": [courses.code([1]), *courses.right()["cells"]]}, FULL, "1 damaged"),
    "surrogates": (first("x = '\ud800'"), FULL, "all right"),
    "zero_bytes": (first("x = '\0'"), FULL, "all right"),
    "old_format": (old_format(), FULL, "old format (3)"),
    "twice": (twice(), FULL, "`mul` is there 2 times; the last one counts"),
    "no_test_cell": (without("mul-check"), FULL, "all right"),
    "no_test_cells": (without(*CHECKS), FULL, "all right"),
    "no_solution": (without("mul"), NOT_MUL, "`mul` is missing"),
    "as_markdown": (as_markdown(), FULL, "`mul` had become markdown"),
    "test_is_solution": (metadata("mul-check", solution=True, grade=False), FULL, "all right"),
    "solution_is_test": (metadata("mul", solution=False, grade=True, points=99), FULL, "all right"),
    "more_points": (metadata("mul-check", points=1000), FULL, "all right"),
    "edited_test": (spoil(mul_check="3.0"), FULL, "all right"),
    "odd_grade_id": (metadata("mul", grade_id=["mul"]), FULL, "`mul` is missing"),
    "strange_grade_id": (metadata("mul", grade_id="../../x"), FULL, "`mul` is missing"),
    "claims_points": (outputs(output_type="execute_result", data=CLAIM), NOT_MUL, "mul:"),
    "claims_words": (outputs(output_type="display_data", data=CLAIM), NOT_MUL, "mul:"),
    "huge_output": (outputs(output_type="stream", text="x" * 5_000_000), NOT_MUL, "mul:"),
    "odd_output": (outputs(a=[{}]), NOT_MUL, "mul:"),
    "syntax_error": (spoil(mul="def mul_vjp(g, a, b:\n"), NOT_MUL, "mul: mul_vjp is missing"),
    "raises_first": (first("1 / 0"), FULL, "all right"),
    "exits": (first("import os; os._exit(0)"), 0, "stopped Python"),
    "system_exit": (first("raise SystemExit"), FULL, "all right"),
    "escapes": (
        spoil(mul="def mul_vjp(*a): raise ValueError('\\x1b[2J\\x07<b>')"),
        NOT_MUL,
        "mul: line 1: ValueError",
    ),
    "display_hook": (
        spoil(mul="import sys\ndef mul_vjp(*a):\n    sys.displayhook(3.0)\n    raise KeyError"),
        NOT_MUL,
        "mul: line 4: KeyError",
    ),
}  # fmt: skip


def put_beside(folder: Path, name: str, data: bytes = b"raise SystemExit('shadowed')") -> None:
    (folder / name).write_bytes(data)


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The class, graded once with two worker processes: (course, run, seconds)."""
    course = courses.new_course(tmp_path_factory.mktemp("broken") / "course")
    for student, (data, _, _) in BROKEN.items():
        courses.hand_in(course, student, data)
    beside = courses.hand_in(course, "files_beside", courses.right())
    for name in ("torch.py", "numpy.py", "sitecustomize.py", "minigrad.pth", "=1+1;<b>.txt"):
        put_beside(beside, name)
    renamed = courses.hand_in(course, "renamed", courses.right())
    (renamed / f"{SET}.ipynb").rename(renamed / "my work (1).ipynb")
    several = courses.hand_in(course, "several", courses.right())
    (several / f"{SET}.ipynb").rename(several / "a.ipynb")
    put_beside(several, "b.ipynb", RIGHT.encode())
    course.submitted("nothing", SET).mkdir(parents=True)
    outside = tmp_path_factory.mktemp("outside")
    (outside / f"{SET}.ipynb").write_text(RIGHT)
    course.submitted("linked_file", SET).mkdir(parents=True)
    (course.submitted("linked_file", SET) / f"{SET}.ipynb").symlink_to(outside / f"{SET}.ipynb")
    course.submitted("linked_folder", SET).parent.mkdir()
    course.submitted("linked_folder", SET).symlink_to(outside)
    (outside / SET).mkdir()
    (outside / SET / f"{SET}.ipynb").write_text(RIGHT)
    (course.root / "submitted" / "linked_student").symlink_to(outside)
    course.submitted("linked_nowhere", SET).parent.mkdir()
    course.submitted("linked_nowhere", SET).symlink_to(outside / "gone")
    course.submitted("pipe", SET).mkdir(parents=True)
    os.mkfifo(course.submitted("pipe", SET) / f"{SET}.ipynb")
    course.submitted("folder", SET).joinpath(f"{SET}.ipynb").mkdir(parents=True)
    course.submitted("a_file", SET).parent.mkdir()
    course.submitted("a_file", SET).write_text("not a folder")
    for name in ("-rf", "a\nb", "a b ", "..x", "a;b", "*", "<b>"):
        courses.hand_in(course, name, courses.right())
    started = time.monotonic()
    run = pipeline.grade_course(course, [SET], workers=2)
    return course, run, time.monotonic() - started


def grade_of(graded, student):
    return next(grade for grade in graded[1].grades if grade.student == student)


@pytest.mark.parametrize("student", list(BROKEN))
def test_every_sort_of_hand_in_gets_its_verdict(graded, student):
    _, points, words = BROKEN[student]
    grade = grade_of(graded, student)
    assert grade.is_grade
    assert grade.points == points, grade
    assert words in "\n".join([grade.summary(), *grade.notes])
    assert courses.scores(graded[0])[student] == points


@pytest.mark.parametrize(
    ("student", "points", "words"),
    [
        ("files_beside", FULL, "Only the notebook counts; not read:"),
        ("renamed", FULL, "The notebook was called my work (1).ipynb."),
        ("several", 0, f"no notebook called {SET}.ipynb"),
        ("nothing", 0, f"no notebook called {SET}.ipynb"),
        ("linked_file", 0, "is a link and not a file"),
        ("linked_folder", 0, "is a link and not a folder"),
        ("linked_student", 0, "is a link and not a folder"),
        ("linked_nowhere", 0, "is a link and not a folder"),
        ("pipe", 0, "is not a file"),
        ("folder", 0, "is not a file"),
        ("a_file", 0, "is not a folder that can be read"),
    ],
)
def test_every_sort_of_folder_gets_its_verdict(graded, student, points, words):
    grade = grade_of(graded, student)
    assert (grade.is_grade, grade.points) == (True, points)
    assert words in "\n".join([grade.summary(), *grade.notes])
    assert courses.scores(graded[0])[student] == points


def test_folder_names_that_cannot_be_students_are_reported_and_stop_nobody(graded):
    course, run, _ = graded
    assert len(run.failed) == 7
    assert all(
        reason == "the folder's name cannot be a student's id; rename it"
        for _, reason in run.failed
    )
    assert {name for name, _ in run.failed} >= {f"-rf/{SET}", f"a b/{SET}", f"*/{SET}"}
    assert all(name.isprintable() for name, _ in run.failed)
    assert len(courses.scores(course)) == len(run.grades) == len(BROKEN) + 11


def test_nothing_of_a_hand_in_but_its_notebook_is_passed_on(graded):
    course, run, _ = graded
    for grade in run.grades:
        kept = {path.name for path in (course.staged / grade.student / SET).iterdir()}
        assert kept == {f"{SET}.ipynb"}
        kept = {path.name for path in course.autograded(grade.student, SET).parent.iterdir()}
        assert kept == {f"{SET}.ipynb"}
    assert sum(path.stat().st_size for path in course.staged.rglob("*.ipynb")) < 4_000_000


def test_summaries_are_lines_of_text(graded):
    for grade in graded[1].grades:
        assert grade.summary().isprintable(), grade


def test_a_second_run_does_nothing(graded):
    course = graded[0]
    run = pipeline.grade_course(course, [SET], executor=Inline())
    assert (run.judged, run.saved, len(run.grades)) == (0, 0, len(graded[1].grades))


def test_a_changed_hand_in_and_a_lost_gradebook_entry_are_all_that_is_done_again(graded):
    course = graded[0]
    path = course.submitted("twice", SET) / f"{SET}.ipynb"
    path.write_text(json.dumps(spoil(mul="def mul_vjp(g, a, b):\n    return g, g")))
    with course.gradebook() as gradebook:
        gradebook.remove_submission(SET, "old_format")
    course.autograded("surrogates", SET).chmod(0o600)
    course.autograded("surrogates", SET).unlink()
    run = pipeline.grade_course(course, [SET], executor=Inline())
    assert (run.judged, run.saved) == (1, 3)
    after = courses.scores(course)
    assert (after["twice"], after["old_format"]) == (NOT_MUL, FULL)
    assert course.autograded("surrogates", SET).exists()


def test_feedback_pages_of_broken_hand_ins_say_what_is_wrong(graded):
    course = graded[0]
    only = ["cut_off", "files_beside", "escapes"]
    pages, failed = write_pages(course, [SET], only, lambda *_: None)
    assert (len(pages), failed) == (3, [])
    assert "no valid JSON" in course.feedback("cut_off", SET).read_text()
    page = course.feedback("files_beside", SET).read_text()
    assert "Only the notebook counts" in page and "<b>.txt" not in page
    page = course.feedback("escapes", SET).read_text()
    assert "ValueError" in page and "\x1b" not in page and "\x07" not in page


# --- kills ----------------------------------------------------------------------------------------


def test_a_kill_loses_nothing_and_nothing_is_graded_twice(tmp_path):
    course = courses.new_course(tmp_path / "course")
    names = [f"student_{number}" for number in range(6)]
    for name in names:
        courses.hand_in(course, name, first(f"'{name}'"))
    journal = course.private / "journal.jsonl"
    command = [sys.executable, "-m", "grader", "autograde", str(course.root), "--workers", "1"]
    with subprocess.Popen(command, stdout=-3, stderr=-3, start_new_session=True) as process:
        deadline = time.monotonic() + 120
        while not journal.exists() or len(journal.read_bytes().splitlines()) < 2:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.002)
        process.kill()
    deadline = time.monotonic() + 20
    while True:  # the workers end by themselves
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            break
        assert time.monotonic() < deadline
        time.sleep(0.05)
    before = len(recall(Journal(journal))[0])
    assert 2 <= before < 6
    with journal.open("ab") as file:
        file.write(b'{"kind": "graded", "grade": {"key": "torn')
    run = pipeline.grade_course(course, [SET], executor=Inline())
    assert run.judged == 6 - before
    assert (run.saved, run.failed) == (6, [])
    assert courses.scores(course) == dict.fromkeys(names, FULL)
    records = [record for record in Journal(journal) if record["kind"] == "graded"]
    assert sorted(record["grade"]["student"] for record in records) == names


def test_a_kill_while_the_gradebook_is_written_is_made_good(tmp_path, monkeypatch):
    course = courses.new_course(tmp_path / "course")
    for name in ("ada", "ben"):
        courses.hand_in(course, name, first(f"'{name}'"))
    convert = Course.convert

    def killed(self, converter, set_name, student="*", **changes):
        convert(self, converter, set_name, student, **changes)
        if student == "ada":
            raise KeyboardInterrupt

    monkeypatch.setattr(Course, "convert", killed)
    with pytest.raises(KeyboardInterrupt):
        pipeline.grade_course(course, [SET], executor=Inline())
    monkeypatch.undo()
    run = pipeline.grade_course(course, [SET], executor=Inline())
    assert (run.judged, run.saved) == (0, 2)
    assert courses.scores(course) == {"ada": FULL, "ben": FULL}


def test_two_runs_do_not_grade_one_course_at_once(graded, capsys):
    course = graded[0]
    with pipeline.one_at_a_time(course.private / "lock"):
        assert main(["autograde", str(course.root)]) == 2
    assert "another run is grading this course" in capsys.readouterr().err


# --- faults of ours -------------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path):
    course = courses.new_course(tmp_path / "course")
    courses.hand_in(course, "ada", courses.right())
    return course


def test_a_fault_of_the_sandbox_is_tried_again_and_then_no_grade(small, monkeypatch):
    asked = []

    def run(self, cells, calls=(), limits=None):
        asked.append(cells)
        return Report("infra_error", "The sandbox failed: planted")

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "_listen_to_canaries", lambda *_: None)
        patch.setattr("grader.sandbox.Sandbox.run", run)
        found = pipeline.grade_course(small, [SET], executor=Inline())
    assert len(asked) == assess.TRIES
    assert found.failed == [(f"ada/{SET}", "The sandbox failed: planted")]
    assert found.grades[0].outcome == Outcome.INFRA_ERROR
    assert courses.scores(small) == {}
    found = pipeline.grade_course(small, [SET], executor=Inline())
    assert (found.judged, found.failed, courses.scores(small)) == (1, [], {"ada": FULL})


@pytest.mark.parametrize("fault", [TaskError, ReferenceFault, TorchMissing])
def test_a_fault_of_a_task_or_of_pytorch_is_no_grade(small, monkeypatch, fault):
    def draw(*_):
        raise fault("planted")

    monkeypatch.setattr(pipeline, "_listen_to_canaries", lambda *_: None)
    monkeypatch.setattr("grader.judge.draw_cases", draw)
    found = pipeline.grade_course(small, [SET], executor=Inline())
    assert found.failed == [(f"ada/{SET}", "planted")]
    assert courses.scores(small) == {}


def test_a_changed_hand_in_is_asked_about_other_inputs(small, monkeypatch):
    seeds = []

    def draw(task, seed):
        seeds.append(seed)
        raise TaskError("enough")

    monkeypatch.setattr(pipeline, "_listen_to_canaries", lambda *_: None)
    monkeypatch.setattr("grader.judge.draw_cases", draw)
    changed = courses.right()
    courses.cell(changed, "mul")["source"] += "\n# once more"
    for work in (courses.right(), courses.right(), changed):
        path = small.submitted("ada", SET) / f"{SET}.ipynb"
        path.write_text(json.dumps(work))
        pipeline.grade_course(small, [SET], executor=Inline())
    first, again, other = seeds[:: assess.TRIES]
    assert first == again != other


def test_where_no_sandbox_works_nothing_is_graded(small, monkeypatch, capsys):
    def choose(*_):
        raise SandboxUnavailable("No sandbox works on this machine. Install bubblewrap.")

    monkeypatch.setattr("grader.sandbox.probe.choose", choose)
    assert main(["autograde", str(small.root)]) == 2
    assert "Install bubblewrap" in capsys.readouterr().err
    assert courses.scores(small) == {}


def test_unsafe_is_said_aloud_and_stands_in_the_journal(small, capsys):
    assert main(["autograde", str(small.root), "--unsafe", "--workers", "1"]) == 0
    assert "No sandbox: students' code runs with your rights" in capsys.readouterr().out
    grades, _ = recall(Journal(small.private / "journal.jsonl"))
    assert [grade.level for grade in grades.values()] == ["unsafe"]
    assert courses.scores(small) == {"ada": FULL}


def test_a_judge_that_passes_everything_is_noticed_before_it_grades(small, monkeypatch):
    monkeypatch.setattr("grader.judge.compare", lambda *_: None)
    with pytest.raises(CommandError, match="gives points for nothing but zeros in e2"):
        pipeline.grade_course(small, [SET], executor=Inline())
    assert list(Journal(small.private / "journal.jsonl")) == []


def test_a_judge_that_passes_the_stub_is_noticed_before_it_grades(small, monkeypatch):
    right = Verdict("e2.add", Outcome.GRADED, True, None, "planted")
    monkeypatch.setattr(assess, "judge_sources", lambda *_: [right])
    with pytest.raises(CommandError, match=r"gives points for the empty e2\.add"):
        pipeline.grade_course(small, [SET], executor=Inline())


def test_a_judge_that_fails_the_solution_is_noticed_before_it_grades(small, monkeypatch):
    wrong = Verdict("e2.add", Outcome.GRADED, False, None, "planted")
    monkeypatch.setattr(assess, "judge_sources", lambda *_: [wrong])
    with pytest.raises(CommandError, match=r"the solution of e2\.add: planted"):
        pipeline.grade_course(small, [SET], executor=Inline())


def test_grades_of_a_batch_that_ends_with_a_dead_canary_do_not_count(small, monkeypatch):
    listen = pipeline._listen_to_canaries
    turns = []

    def dies_later(executor, jobs):
        turns.append(jobs)
        if len(turns) == 2:
            raise CommandError("the grader cannot be trusted: planted")
        listen(executor, jobs)

    monkeypatch.setattr(pipeline, "_listen_to_canaries", dies_later)
    with pytest.raises(CommandError, match="planted"):
        pipeline.grade_course(small, [SET], executor=Inline())
    assert recall(Journal(small.private / "journal.jsonl")) == ({}, {})
    assert courses.scores(small) == {}


def test_a_worker_that_dies_takes_only_its_own_job_with_it():
    executor = Processes(2)
    try:
        results = dict(executor.run(dangerous, ["a", "die", "b", "raise", "c", "d", "e", "f"]))
        assert {job: result for job, result in results.items() if len(job) == 1} == {
            job: job.upper() for job in "abcdef"
        }
        assert repr(results["raise"]) == "ValueError('planted')"
        assert isinstance(results["die"], ChildProcessError)
        assert dict(executor.run(dangerous, ["g"])) == {"g": "G"}
    finally:
        executor.close()


def test_one_function_that_never_ends_costs_its_own_points_only():
    answers = courses.answers()
    demo = courses.demo()
    grades, _ = recall(Journal(demo.course.private / "journal.jsonl"))
    hana = next(grade for grade in grades.values() if grade.student == "hana_endless")
    assert hana.points == sum(answers["hana_endless"].points.values()) == FULL - 3


TOLD = {  # the cells of a hand-in; how the verdict on mul_vjp begins, and what it must not tell
    "its own cell": (
        ["import numpy as np", "x = nothing", "def mul_vjp(g, a, b)\n    return g, g"],
        "mul_vjp is missing: its cell stopped with an error\n"
        "The cell stopped at `def mul_vjp(g, a, b)`: SyntaxError: expected ':'.",
        "nothing",
    ),
    "another cell": (
        ["import torch", "import torch", "x = input()"],
        "mul_vjp is missing: no cell defines it\n"
        "Define mul_vjp(g, a, b) under exactly this name.\n"
        "A cell stopped at `import torch`: ModuleNotFoundError: No module named 'torch'. "
        "`torch` is not there while grading.\n"
        "A cell stopped at `x = input()`: EOFError: EOF when reading a line. "
        "Nobody answers `input()` while grading: write the value into the cell.",
        "with an error",
    ),
    "a cell that has no part in it": (
        ["1 / 0", "def mul_vjp(g, a, b):\n    return g, g"],
        "sum-rule: you passed g on unchanged; that is the rule of a + b\n"
        "Hold b still at 5 and move a by 1: by how much does a * b move?\ngrad_a",
        "ZeroDivisionError",
    ),
    "a cell that raises the same": (
        ["np.ones(3)", "def mul_vjp(g, a, b):\n    return np.array(g), g"],
        "line 2: NameError: name 'np' is not defined\n"
        "Is `np` spelled right? A cell that makes it must run first.\nThe call: ",
        "cell stopped",
    ),
}


@pytest.mark.parametrize("case", TOLD)
def test_an_error_in_a_cell_is_told_where_it_may_be_the_reason(case):
    sources, said, never = TOLD[case]
    with Sandbox(("numpy",)) as box:
        (verdict,) = assess.judge_sources(sources, SET, [Check("c", "e2.mul", 1)], b"x", box)
    told = f"{verdict.message}\n{verdict.detail}"
    assert told.startswith(said) and never not in told


# --- staging in detail ----------------------------------------------------------------------------


def test_staged_cells_stand_in_the_students_order_with_test_cells_put_back():
    release = json.loads(courses.release())
    for found in release["cells"]:
        found["source"] = "".join(found["source"])
    notebook = without("mul-check", "title")
    notebook["cells"].insert(3, courses.code("mine = 1"))
    cells = staging.parse(json.dumps(notebook).encode(), [])
    staged = staging.stage_cells(cells, release, [])
    ids = [found["id"] for found in staged.notebook["cells"]]
    assert ids.index("mul-check") == ids.index("mul") + 1
    assert staged.notebook["cells"][3]["source"] == "mine = 1"
    assert len(ids) == len(set(ids))
    assert staged.sources[1] == "mine = 1" or "mine = 1" in staged.sources
    assert not any(source.startswith("check(") for source in staged.sources)
    again = staging.stage_cells(
        staging.parse(json.dumps(staged.notebook).encode(), []), release, []
    )
    assert again.sources == staged.sources


# --- collecting -----------------------------------------------------------------------------------


@pytest.fixture
def empty(tmp_path_factory):
    return courses.build_course(tmp_path_factory.mktemp("collect") / "course").course


def collected(course):
    root = course.root / "submitted"
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_collect_reads_folders_zips_and_notebooks(empty, tmp_path, capsys):
    (tmp_path / "class/ada").mkdir(parents=True)
    (tmp_path / f"class/ada/{SET}.ipynb").write_text(RIGHT)
    (tmp_path / f"class/ben/{SET}").mkdir(parents=True)
    (tmp_path / f"class/ben/{SET}/work.ipynb").write_text(RIGHT)
    (tmp_path / "class/cleo.ipynb").write_text(RIGHT)
    with zipfile.ZipFile(tmp_path / "dan.zip", "w") as archive:
        archive.writestr("my work.ipynb", RIGHT)
        archive.writestr("timestamp.txt", "1999-01-01 00:00:00 UTC")
    with zipfile.ZipFile(tmp_path / "moodle.zip", "w") as archive:
        archive.writestr(f"Eve E_12/{SET}.ipynb", RIGHT)
        archive.writestr(f"Finn F_13/{SET}.ipynb", RIGHT)
        archive.writestr(f"__MACOSX/Finn F_13/._{SET}.ipynb", "x")
    paths = [str(tmp_path / name) for name in ("class", "dan.zip", "moodle.zip")]
    assert main(["collect", str(empty.root), *paths]) == 0
    students = ["Eve E_12", "Finn F_13", "ada", "ben", "cleo", "dan"]
    assert collected(empty) == [f"{student}/{SET}/{SET}.ipynb" for student in students]
    assert "6 new, 0 updated, 0 unchanged" in capsys.readouterr().out
    assert main(["collect", str(empty.root), *paths]) == 0
    assert "0 new, 0 updated, 6 unchanged" in capsys.readouterr().out


def test_collect_keeps_an_earlier_hand_in_unless_told(empty, tmp_path, capsys):
    path = tmp_path / "ada.ipynb"
    path.write_text(RIGHT)
    assert main(["collect", str(empty.root), str(path)]) == 0
    path.write_text(RIGHT + " ")
    assert main(["collect", str(empty.root), str(path)]) == 1
    assert "ada has handed in another one before; see --update" in capsys.readouterr().out
    assert main(["collect", str(empty.root), "--update", str(path)]) == 0
    assert "1 updated" in capsys.readouterr().out


def test_collect_writes_nothing_outside_whatever_a_zip_holds(empty, tmp_path, capsys):
    hostile = tmp_path / "hostile.zip"
    link = zipfile.ZipInfo(f"link/{SET}.ipynb")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(hostile, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr(f"../../escaped/{SET}.ipynb", RIGHT)
        archive.writestr(f"/abs/{SET}.ipynb", RIGHT)
        archive.writestr(f"..\\..\\win/{SET}.ipynb", RIGHT)
        archive.writestr(f"../{SET}.ipynb", RIGHT)
        archive.writestr(f"-rf/{SET}.ipynb", RIGHT)
        archive.writestr(f"a\nb/{SET}.ipynb", RIGHT)
        archive.writestr(f"bomb/{SET}.ipynb", b" " * (100 << 20))
        archive.writestr("evil/gradebook.db", "x")
    assert hostile.stat().st_size < 1 << 20
    assert main(["collect", str(empty.root), str(hostile)]) == 1
    out = capsys.readouterr().out
    assert out.count("its place does not tell the student") == 3
    assert all(line.isprintable() for line in out.splitlines())
    assert collected(empty) == [
        f"{student}/{SET}/{SET}.ipynb" for student in ("abs", "bomb", "escaped", "win")
    ]
    assert (empty.submitted("bomb", SET) / f"{SET}.ipynb").stat().st_size == staging.FILE_BYTES + 1
    assert {path.name for path in tmp_path.iterdir()} == {"hostile.zip"}


def test_collect_names_what_it_cannot_read(empty, tmp_path, capsys):
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 broken")
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "nobody").mkdir()
    paths = [str(tmp_path / name) for name in ("broken.zip", "notes.txt", "nobody", "gone")]
    assert main(["collect", str(empty.root), *paths]) == 1
    out = capsys.readouterr().out
    for words in ("not a zip file", "neither a folder nor a zip file", "no notebook in it"):
        assert words in out, words


def laid_out(folder, *places):
    """A folder with a notebook at each place, or, where the name ends so, another file."""
    for place in places:
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        if place.endswith("/"):
            path.mkdir()
        else:
            path.write_text(RIGHT if path.stem == SET else RIGHT + " ")
    return folder


# What lies in the folder `class`, what of it is collected, who is taken, and what is said.
PLACES = {
    "the set's name wins": (
        ["uma/a_scratch.ipynb", f"uma/{SET}.ipynb"],
        ".",
        {"uma": SET},
        f"passed over: class/uma/a_scratch.ipynb, beside {SET}.ipynb",
    ),
    "also in the set's own folder": (
        ["uma/a.ipynb", f"uma/{SET}/{SET}.ipynb"],
        ".",
        {"uma": SET},
        "passed over: class/uma/a.ipynb",
    ),
    "also where the folder itself is a student's": (
        ["uma/a.ipynb", f"uma/{SET}.ipynb", "uma/drafts/old.ipynb"],
        "uma",
        {"uma": SET},
        "passed over: uma/drafts/old.ipynb",
    ),
    "two of other names": (
        ["uma/a.ipynb", "uma/b.ipynb", "vic/a.ipynb"],
        ".",
        {"vic": "a"},
        f"uma: which one counts, class/uma/a.ipynb or class/uma/b.ipynb? Call it {SET}.ipynb",
    ),
    "two of the set's name": (
        [f"uma/{SET}.ipynb", f"uma/old/{SET}.ipynb", f"vic/{SET}.ipynb"],
        ".",
        {"vic": SET},
        "uma: which one counts",
    ),
    "a notebook by itself": ([f"zoe/{SET}.ipynb"], f"zoe/{SET}.ipynb", {"zoe": SET}, "new: zoe,"),
    "a notebook in the set's folder": (
        [f"zoe/{SET}/{SET}.ipynb"],
        f"zoe/{SET}/{SET}.ipynb",
        {"zoe": SET},
        f"from {SET}/{SET}.ipynb",
    ),
    "a student's folder": (["zoe/work.ipynb"], "zoe", {"zoe": "work"}, "from zoe/work.ipynb"),
    "a copy of the release": (
        [f"release/{SET}/{SET}.ipynb"],
        "release",
        {},
        "its place does not tell the student; put it into a folder with the student's name",
    ),
    "a notebook of the instructor's": (
        [f"{SET}.ipynb", f"ada/{SET}.ipynb", f"ben/{SET}.ipynb"],
        ".",
        {"ada": SET, "ben": SET},
        f"not taken: class/{SET}.ipynb: its place does not tell the student",
    ),
    "no notebook": (
        [f"ada/{SET}.ipynb", "ada/data/numbers.csv", "vic/answers.pdf"],
        ".",
        {"ada": SET},
        "not taken: class/vic: no notebook in it, only answers.pdf\n1 new, ",
    ),
    "a folder of the student's own": (
        [f"ada/{SET}.ipynb", "ben/hw1/work.ipynb"],
        ".",
        {"ada": SET, "ben": "work"},
        f"new: ben, {SET}, from class/ben/hw1/work.ipynb",
    ),
    "the kit's folder as a whole": (
        [f"ada/minigrad-work/exercises/{SET}/{SET}.ipynb", "ada/minigrad-work/notebooks/01.ipynb"],
        ".",
        {"ada": SET},
        "1 new, ",
    ),
    "a folder around them all": (
        [f"week 3/ada/{SET}.ipynb", "week 3/ben/work.ipynb", "week 3/vic/"],
        ".",
        {"ada": SET, "ben": "work"},
        "not taken: class/week 3/vic: no notebook in it",
    ),
    "a loose file among folders": (
        [f"ada/{SET}.ipynb", "ada/notes.txt", "vic.py"],
        ".",
        {"ada": SET},
        "not taken: class/vic.py: no notebook\n1 new, 0 updated, 0 unchanged, 1 not taken",
    ),
    "a loose file among notebooks": (
        ["ada.ipynb", "ben.ipynb", "vic.pdf"],
        ".",
        {"ada": "ada", "ben": "ben"},
        "not taken: class/vic.pdf: no notebook\n2 new, 0 updated, 0 unchanged, 1 not taken",
    ),
    "a file beside one's own notebook": (
        ["zoe/work.ipynb", "zoe/a.csv"],
        "zoe",
        {"zoe": "work"},
        "",
    ),
    "an empty folder": ([f"ada/{SET}.ipynb", "vic/"], ".", {"ada": SET}, "vic: no notebook in it"),
}


@pytest.mark.parametrize(
    ("case", "packed"),
    [(case, False) for case in PLACES]
    + [(case, True) for case in PLACES if not PLACES[case][1].endswith(".ipynb")],
)
def test_whose_a_notebook_is_and_which_one_counts(empty, tmp_path, capsys, case, packed):
    places, asked, taken, said = PLACES[case]
    path = laid_out(tmp_path / "class", *places) / asked
    if packed:
        path = Path(shutil.make_archive(str(tmp_path / path.name), "zip", path))
        said = said.replace(f" {path.stem}/", f" {path.name}/")
    status = main(["collect", str(empty.root), str(path)])
    out = capsys.readouterr().out
    assert said in out
    assert status == ("not taken: " in out)
    assert collected(empty) == [f"{student}/{SET}/{SET}.ipynb" for student in sorted(taken)]
    for student, name in taken.items():
        data = (empty.submitted(student, SET) / f"{SET}.ipynb").read_text()
        assert data == (RIGHT if name == SET else RIGHT + " ")


def zipped(name, data):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(name, data)
    return made.getvalue()


def test_a_zip_file_among_the_hand_ins_is_read_like_a_folder(empty, tmp_path, capsys):
    work = zipped("hw1/work.ipynb", RIGHT)
    laid_out(tmp_path / "class", f"ada/{SET}.ipynb", "ben/x", "cleo/x")
    (tmp_path / "class/ada/data.zip").write_bytes(zipped("numbers.csv", "1"))
    (tmp_path / "class/ben/Abgabe.zip").write_bytes(work)
    (tmp_path / "class/vic.zip").write_bytes(zipped("work.ipynb", RIGHT))
    (tmp_path / "class/cleo/broken.zip").write_bytes(b"PK")
    (tmp_path / "class/dora.zip").write_bytes(zipped("inner.zip", work))
    assert main(["collect", str(empty.root), str(tmp_path / "class")]) == 1
    out = capsys.readouterr().out
    assert collected(empty) == [f"{name}/{SET}/{SET}.ipynb" for name in ("ada", "ben", "vic")]
    assert f"new: ben, {SET}, from class/ben/Abgabe.zip/hw1/work.ipynb" in out
    told = "not taken: class/dora.zip/inner.zip: a zip file in a zip file; unpack the outer one"
    assert told in out
    assert "not taken: class/cleo/broken.zip: cannot be opened: File is not a zip file" in out
    assert out.count("no notebook in it") == 2  # dora, cleo
    assert "data.zip" not in out


def test_the_time_of_a_hand_in_comes_along_where_a_folder_tells_it(empty, tmp_path, capsys):
    laid_out(tmp_path / "class", f"ada/{SET}.ipynb", f"ben/{SET}/work.ipynb")
    (tmp_path / "class/ada/timestamp.txt").write_text("2026-05-02 10:00:00 UTC\n")
    (tmp_path / "class/ben" / SET / "timestamp.txt").write_text("soon")
    assert main(["collect", str(empty.root), str(tmp_path / "class")]) == 0
    said = f"from class/ada/{SET}.ipynb, handed in 2026-05-02 10:00:00 UTC\n"
    assert said in capsys.readouterr().out
    time = empty.submitted("ada", SET) / "timestamp.txt"
    assert time.read_text() == "2026-05-02 10:00:00 UTC\n"
    assert not (empty.submitted("ben", SET) / "timestamp.txt").exists()
    (tmp_path / "class/ada/timestamp.txt").unlink()
    (tmp_path / f"class/ada/{SET}.ipynb").write_text(RIGHT + "  ")
    assert main(["collect", str(empty.root), "--update", str(tmp_path / "class")]) == 0
    assert not time.exists()  # it was that of another notebook


def test_another_notebook_is_not_taken(empty, tmp_path, capsys):
    lesson = (ROOT / "notebooks/01_meet_a_tensor.ipynb").read_text(encoding="utf-8")
    laid_out(tmp_path / "class", "ada/work.ipynb", "ben/work.ipynb", "cleo/work.ipynb")
    laid_out(tmp_path / "class", f"dora/{SET}.ipynb", "dora/lesson.ipynb")
    for place in ("ada/work", "dora/lesson"):
        (tmp_path / f"class/{place}.ipynb").write_text(lesson, encoding="utf-8")
    copied = {"cells": [courses.code("def add_vjp(g, a, b):\n    return g, g")]}
    (tmp_path / "class/ben/work.ipynb").write_text(json.dumps(copied))
    (tmp_path / "class/cleo/work.ipynb").write_text("{")
    assert main(["collect", str(empty.root), str(tmp_path / "class")]) == 1
    out = capsys.readouterr().out
    told = f"nothing of {SET} is in it"
    assert f"not taken: class/ada/work.ipynb: {told}. Is it another notebook?" in out
    assert f"passed over: class/dora/lesson.ipynb, {told}" in out
    assert collected(empty) == [f"{name}/{SET}/{SET}.ipynb" for name in ("ben", "cleo", "dora")]


def test_collect_explains_in_its_help_whose_a_notebook_is(capsys):
    with pytest.raises(SystemExit):
        main(["collect", "--help"])
    said = capsys.readouterr().out
    assert "  class/ada/work.zip             ada; a zip file is read like a folder\n" in said


def test_collect_takes_nothing_out_of_the_course_itself(empty, capsys):
    (empty.root / "downloaded/ada").mkdir(parents=True)
    (empty.root / f"downloaded/ada/{SET}.ipynb").write_text(RIGHT)
    for place in (".", "source", f"source/{SET}", f"source/{SET}/{SET}.ipynb"):
        assert main(["collect", str(empty.root), str(empty.root / place)]) == 1
        assert "this is the course itself; name what was handed in" in capsys.readouterr().out
    assert main(["collect", str(empty.root), str(empty.root / "downloaded")]) == 0
    assert collected(empty) == [f"ada/{SET}/{SET}.ipynb"]


def test_collect_tells_the_sets_apart(empty, tmp_path, capsys):
    (empty.root / "source/other").mkdir()
    (empty.root / "source/other/other.ipynb").write_bytes(courses.solution())
    laid_out(tmp_path / "class", f"ada/{SET}.ipynb", "ada/other.ipynb", "ada/a.ipynb")
    laid_out(tmp_path / "class", "ben/other/work.ipynb", f"ben/{SET}.ipynb", "cleo/work.ipynb")
    assert main(["collect", str(empty.root), str(tmp_path / "class"), "--set", SET]) == 0
    out = capsys.readouterr().out
    assert "passed over: class/ada/other.ipynb, for other" in out
    assert collected(empty) == [f"{name}/{SET}/{SET}.ipynb" for name in ("ada", "ben", "cleo")]
    shutil.rmtree(empty.root / "submitted")
    assert main(["collect", str(empty.root), str(tmp_path / "class")]) == 1
    out = capsys.readouterr().out
    assert "passed over: class/ada/a.ipynb, beside " in out
    assert f"class/cleo/work.ipynb: for which set? Say it with --set, one of {SET}, other" in out
    assert collected(empty) == [
        f"{name}/{found}/{found}.ipynb" for name in ("ada", "ben") for found in (SET, "other")
    ]


def test_collect_says_that_a_link_is_not_followed(empty, tmp_path, capsys):
    laid_out(tmp_path, f"class/ada/{SET}.ipynb", f"elsewhere/{SET}.ipynb")
    (tmp_path / "class/vic").symlink_to(tmp_path / "elsewhere")
    assert main(["collect", str(empty.root), str(tmp_path / "class")]) == 1
    assert "class/vic: a link, which is not followed" in capsys.readouterr().out


# --- the journal ----------------------------------------------------------------------------------


def test_the_journal_passes_over_torn_and_foreign_lines(tmp_path):
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    assert list(journal) == []
    journal.add({"kind": "a"})
    with path.open("ab") as file:
        file.write(b'{"kind": "torn')
    journal.add({"kind": "b"})
    with path.open("ab") as file:
        file.write(b"\x80\n\n[1]\nnull\n")
    assert [record["kind"] for record in journal] == ["a", "b"]
    with pytest.raises(ValueError):
        journal.add({"kind": float("nan")})
