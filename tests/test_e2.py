"""The set E2, local rules: every mistake is caught and named, and only the rules are right."""

import json
import re

import nbformat
import numpy as np
import pytest

from grader.answers import load_answers
from grader.build import notebook_bytes, notebook_from_source, student_notebook
from grader.content import content_root
from grader.exercises import load_set
from grader.judge import copies, draw_cases, judge, trivial_answers
from grader.task import CallError, Outcome

SET = load_set("e2_local_rules")
TASKS = list(SET.tasks.values())
SOURCE = (SET.path / "exercise.py").read_text(encoding="utf-8")
ANSWERS = load_answers(content_root() / "tests" / "answers" / SET.name)
SEEDS = [b"public", b"one", b"two", b"\x00\xff" * 16]

each_task = pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)


def short(task):
    return task.name.partition(".")[2]


def names_of(notebook):
    """Run a notebook's code cells, without its checks, and return the names that they define."""
    names = {"__name__": "__main__"}
    for cell in notebook.cells:
        if cell.cell_type == "code" and not cell.source.startswith(("check(", "%", "!")):
            code = re.sub(r"^[%!].*|.*plt\..*|.*matplotlib.*", "", cell.source, flags=re.MULTILINE)
            exec(compile(code, cell.id, "exec"), names)
    return names


def asked(function, cases):
    """The function's answers, as the sandbox reports them."""
    answers = []
    for case in cases:
        try:
            answers.append(function(*copies(case.inputs)))
        except Exception as error:
            answers.append(CallError("raised", f"{type(error).__name__}: {error}", 1))
    return answers


def verdict_of(task, function, seed=b"tests"):
    cases = draw_cases(task, seed)
    return judge(task, cases, asked(function, cases))


@pytest.fixture(scope="module")
def solution():
    return names_of(notebook_from_source(SOURCE))


@pytest.fixture(scope="module")
def release():
    """The notebook that students get, made by nbgrader's own preprocessors."""
    return student_notebook(SET.name)


# --- the tasks ----------------------------------------------------------------------------------


@each_task
def test_the_solution_is_right(task, solution):
    for seed in SEEDS:
        verdict = verdict_of(task, solution[task.function], seed)
        assert verdict.passed, verdict


@each_task
def test_the_stub_gets_nothing_and_is_called_not_written(task, release):
    verdict = verdict_of(task, names_of(release)[task.function])
    assert (verdict.passed, verdict.outcome) == (False, Outcome.STUDENT_ERROR)
    assert verdict.message.startswith("not written yet")


@pytest.mark.parametrize(
    ("task", "mistake"),
    [
        pytest.param(task, mistake, id=f"{task.name}-{mistake.name}")
        for task in TASKS
        for mistake in task.mistakes
    ],
)
def test_every_mistake_is_caught_and_named(task, mistake):
    for seed in SEEDS:
        with np.errstate(all="ignore"):
            verdict = verdict_of(task, mistake.answer, seed)
        assert (verdict.passed, verdict.mistake) == (False, mistake.name)
        assert verdict.message == f"{mistake.name}: {mistake.says}"
        assert mistake.advice in verdict.detail


SLIPS = {  # as students write them: (task, function, mistake)
    "a minus before the wrong term": ("mul", lambda g, a, b: (-g * b, g * a), "sign-flipped"),
    "no parentheses": ("pow", lambda g, a, n: g * n * a**n - 1, "parentheses-lost"),
    "the forward value": ("relu", lambda g, a: np.maximum(0, a), "forward-value"),
    "the product": ("mul", lambda g, a, b: a * b, "forward-value"),
    "the size, not the sign": ("sub", lambda g, a, b: (abs(g), abs(g)), "signs-mixed-up"),
    "slopes as numbers": ("add", lambda g, a, b: (1, 1), "dropped-g"),
    "slopes as numbers, one minus": ("sub", lambda g, a, b: (1, -1), "dropped-g"),
    "one slope as a number": ("mean", lambda g, a: 1 / a.size, "dropped-g"),
    "nothing": ("sum", lambda g, a: 0, "all-zeros"),
}


@pytest.mark.parametrize(("name", "function", "mistake"), SLIPS.values(), ids=SLIPS)
def test_slips_are_recognised_on_every_input(name, function, mistake):
    for seed in SEEDS:
        verdict = verdict_of(SET.tasks[f"e2.{name}"], function, seed)
        assert (verdict.passed, verdict.mistake) == (False, mistake)
        assert " inputs)" not in verdict.message


@each_task
def test_every_trivial_answer_is_refused(task):
    for seed in SEEDS:
        cases = draw_cases(task, seed)
        for name in trivial_answers(task, cases[0]):
            if name not in task.truths:
                given = [trivial_answers(task, case)[name] for case in cases]
                verdict = judge(task, cases, given)
                assert not verdict.passed, (name, verdict)
                assert verdict.mistake


@each_task
def test_mistakes_are_told_briefly_and_show_a_way_out(task):
    names = [mistake.name for mistake in task.mistakes]
    assert len(names) >= 3
    assert len(set(names)) == len(names)
    for mistake in task.mistakes:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", mistake.name)
        assert len(f"{mistake.name}: {mistake.says}") <= 72
        assert mistake.advice.endswith((".", "?"))


@each_task
def test_draws_differ_by_seed_and_repeat_for_the_same(task):
    one, again, other = (draw_cases(task, seed) for seed in (b"one", b"one", b"other"))
    assert [str(case.inputs) for case in one] == [str(case.inputs) for case in again]
    assert [str(case.inputs) for case in one] != [str(case.inputs) for case in other]


@each_task
def test_every_kind_of_input_comes_up(task):
    for k in range(20):
        inputs = [case.inputs for case in draw_cases(task, b"%d" % k)]
        arrays = [given[1] for given in inputs]
        assert {array.dtype.name for array in arrays} == {"float32", "float64"}
        if task.name != "e2.pow":
            assert {0, 1, 2, 3} <= {array.ndim for array in arrays} or task.name == "e2.relu"
        if task.name == "e2.pow":
            assert {given[2] for given in inputs} == {-1, 0, 0.5, 1, 2, 3}
            assert all((given[1] > 0).all() for given in inputs)
        if task.name == "e2.relu":
            assert all({-1, 0, 1} == set(np.sign(a).flat) for a in arrays if a.ndim)
            assert {float(np.sign(a)) for a in arrays if not a.ndim} == {-1, 0, 1}


# --- right in many forms ------------------------------------------------------------------------


def changed(function, change):
    def other(*inputs):
        given = function(*inputs)
        return tuple(map(change, given)) if isinstance(given, tuple) else change(given)

    return other


def overwriting(function):
    """The same answers, but written into the inputs, the way NumPy's out= invites to."""

    def other(*inputs):
        given = function(*(np.array(x) if isinstance(x, np.ndarray) else x for x in inputs))
        for x in inputs:
            if isinstance(x, np.ndarray):
                x.fill(0)
        return given

    return other


def as_list(function):
    def other(*inputs):
        given = function(*inputs)
        return list(given) if isinstance(given, tuple) else [given]

    return other


FORMS = {
    "float64": lambda f: changed(f, lambda x: np.asarray(x, np.float64)),
    "float32": lambda f: changed(f, lambda x: np.asarray(x, np.float32)),
    "fortran": lambda f: changed(f, lambda x: np.array(x, order="F")),
    "view": lambda f: changed(f, lambda x: np.array([x, x])[1]),
    "number": lambda f: changed(f, lambda x: x if np.ndim(x) else float(x)),
    "list": as_list,
    "in place": overwriting,
}


@each_task
@pytest.mark.parametrize("form", FORMS)
def test_the_solution_is_right_in_every_form(task, form, solution):
    verdict = verdict_of(task, FORMS[form](solution[task.function]))
    assert verdict.passed, verdict


@each_task
@pytest.mark.parametrize(
    "bad",
    [np.nan, np.inf, -np.inf, 1e-4, -1e-4],
    ids=str,
)
def test_one_bad_number_spoils_it(task, bad, solution):
    cases = draw_cases(task, b"tests")
    for k in range(len(cases)):
        given = asked(solution[task.function], cases)
        parts = [np.array(x) for x in (given[k] if isinstance(given[k], tuple) else (given[k],))]
        last = (-1,) * parts[-1].ndim
        parts[-1][last] += bad * (1 + abs(parts[-1][last]))
        given[k] = tuple(parts)
        assert not judge(task, cases, given).passed


@each_task
@pytest.mark.parametrize("dtype", [bool, object, complex, str], ids=lambda dtype: dtype.__name__)
def test_other_dtypes_are_refused(task, dtype, solution):
    function = changed(solution[task.function], lambda x: np.asarray(x).astype(dtype))
    assert not verdict_of(task, function).passed


# --- the notebook -------------------------------------------------------------------------------


def test_every_task_has_prompt_stub_check_and_hints(release):
    cells = {cell.id: cell for cell in release.cells}
    for task in TASKS:
        name = short(task)
        assert cells[f"{name}-prompt"].cell_type == "markdown"
        assert f"def {task.function}(" in cells[name].source
        parameters = ", ".join(task.parameters)
        assert f"def {task.function}({parameters}):" in cells[name].source
        assert cells[f"{name}-check"].source == f'check("{task.name}", {task.function})'
        assert cells[f"{name}-hints"].source.count("<details>") >= 2


def test_there_are_twenty_points(release):
    points = [cell.metadata.nbgrader.get("points", 0) for cell in graded(release)]
    assert sum(points) == 20


def graded(notebook):
    return [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]


def test_the_release_holds_no_solution(release):
    text = "\n".join(cell.source for cell in release.cells)
    kept = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", SOURCE, re.DOTALL)
    assert len(kept) == len(TASKS)
    for solution in kept:
        assert solution.strip() not in text
        rule = solution.strip().removeprefix("return ")
        assert len(rule) <= len("g, -g") or rule not in text
    assert "SOLUTION" not in text
    assert text.count("raise NotImplementedError") == len(TASKS)


def test_hints_speak_of_mistakes_that_the_judge_names(release):
    for task in TASKS:
        hints = next(cell for cell in release.cells if cell.id == f"{short(task)}-hints").source
        named = set(re.findall(r"(?:<code>|`)([a-z]+(?:-[a-z]+)+)(?:</code>|`)", hints))
        assert named <= {mistake.name for mistake in task.mistakes}
        assert named


def test_packages_leave_out_who_knows_the_rules():
    assert not {"torch", "minigrad", "grader"} & set(SET.packages)


# --- the submissions ----------------------------------------------------------------------------

HONEST = [a for a in ANSWERS if not a.name.endswith(("_cheats", "_endless", "_broken"))]
each_honest = pytest.mark.parametrize("answer", HONEST, ids=lambda answer: answer.name)


def test_there_are_twelve_submissions_and_each_says_what_it_stands_for():
    assert len(ANSWERS) == 12
    for answer in ANSWERS:
        assert set(answer.points) == {short(task) for task in TASKS}
        if answer.path.suffix == ".py":
            assert re.fullmatch(r"[A-Z].{15,95}\.", answer.stands_for)


@each_honest
@pytest.mark.filterwarnings("ignore")  # one of them warns: that must not cost a point
def test_honest_submissions_get_what_they_must(answer, release):
    notebook = nbformat.reads(answer.notebook(notebook_bytes(release)).decode(), as_version=4)
    names = names_of(notebook)
    worth = {
        cell.id.removesuffix("-check"): cell.metadata.nbgrader.points for cell in graded(release)
    }
    verdicts = [verdict_of(task, names[task.function]) for task in TASKS]
    points = {
        short(task): worth[short(task)] * verdict.passed
        for task, verdict in zip(TASKS, verdicts, strict=True)
    }
    assert answer.differences(verdicts, points) == []


def test_the_broken_notebook_is_broken():
    broken = next(answer for answer in ANSWERS if answer.name == "ivy_broken")
    with pytest.raises(json.JSONDecodeError):
        json.loads(broken.path.read_text(encoding="utf-8"))
