"""The judge: draws cases that no mistake can pass, and turns answers into one Verdict."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from grader import feedback
from grader.compare import compare, same
from grader.reference import answer as torch_answer
from grader.task import CallError, Case, Inputs, Mistake, Outcome, Task, Verdict

REDRAWS = 200  # a fair draw needs a handful
CLEARLY = (1e-3, 1e-3)  # (rtol, atol): closer to the truth than this, a mistake might pass


class TaskError(ValueError):
    """A task that cannot be judged fairly; names the task and what stands in the way."""


def draw_cases(task: Task, seed: bytes) -> list[Case]:
    """The cases of a task for one seed: task.cases drawn ones, then its edges.

    A drawn case counts only if every known mistake and every trivial answer is clearly wrong on
    it; otherwise it is drawn again. The same seed gives the same cases. TaskError, naming the task
    and the mistake, when a fair case does not turn up.

    >>> from grader.exercises import find_task
    >>> len(draw_cases(find_task("e2.mul"), b"public"))
    5
    """
    name = task.name.encode()
    digest = hashlib.sha256(b"%d:%s%d:%s" % (len(name), name, len(seed), seed)).digest()
    rng = np.random.default_rng(int.from_bytes(digest))
    cases = [_fair_case(task, rng, k) for k in range(task.cases)]
    edges = task.edges(rng) if task.edges else ()
    return cases + [_case(task, inputs) for inputs in edges]


def judge(task: Task, cases: Sequence[Case], answers: Sequence[Any]) -> Verdict:
    """The verdict on one answer a case; an answer is a value or a CallError (see grader.sandbox).

    Never raises for what a student returned. When the answers do not belong to the cases the
    outcome is INFRA_ERROR, which is no grade.
    """
    if not cases or len(answers) != len(cases):
        said = f"{len(answers)} answers came back for {len(cases)} questions; grade it again"
        return Verdict(task.name, Outcome.INFRA_ERROR, False, None, said)

    problems = [
        answer if is_error(answer) else compare(answer, case.expected, task.results)
        for answer, case in zip(answers, cases, strict=True)
    ]
    wrong = [k for k, problem in enumerate(problems) if problem is not None]
    if not wrong:
        said = f"right: all {len(cases)} answers agree with PyTorch"
        return Verdict(task.name, Outcome.GRADED, True, None, said)

    first = min(wrong, key=lambda k: (_rung(problems[k]), k))
    compared = [k for k in wrong if not is_error(problems[k])]
    found = recognise(task, cases, answers, wrong) if compared else None
    if found is None and is_error(problems[first]):
        return _failed(task, cases[first], problems[first], len(wrong), len(cases))

    shown = min(compared, key=lambda k: (_rung(problems[k]), k))
    problem = problems[shown]
    if found is None:
        name, message, lines = None, problem.says, [_way_out(task, problem.kind)]
    else:
        mistake, hits = found
        name = mistake.name
        part = "" if hits == len(cases) else f" (on {hits} of {len(cases)} inputs)"
        message, lines = f"{name}{part}: {mistake.says}", [mistake.advice, f"{problem.says}."]
    lines.append(f"The call: {feedback.call(task, cases[shown])}.")
    lines.append(_score(len(cases) - len(wrong), len(cases)))
    drawn = feedback.picture(answers[shown], cases[shown], problem, task.results)
    detail = "\n".join(line for line in lines if line)
    return Verdict(task.name, Outcome.GRADED, False, name, message, detail, drawn)


def is_error(answer: Any) -> bool:
    """Whether an answer is the sandbox's (or check's) report that the call gave none."""
    return type(answer).__name__ == "CallError"  # by name: the sandbox stays free of the judge


def trivial_answers(task: Task, case: Case) -> dict[str, Any]:
    """What costs no thought: zeros, ones, the truth with its sign flipped, each input as it came.

    Keys are "zeros", "ones", "sign-flip" and the names of the inputs.
    """
    expected = case.expected
    answers = {
        "zeros": tuple(np.zeros_like(truth) for truth in expected),
        "ones": tuple(np.ones_like(truth) for truth in expected),
        "sign-flip": tuple(~x if x.dtype.kind == "b" else -x for x in expected),
    }
    for name, value in zip(task.parameters, case.inputs, strict=True):
        answers[name] = (value,) * len(expected)
    return answers


def recognise(
    task: Task, cases: Sequence[Case], answers: Sequence[Any], wrong: Sequence[int]
) -> tuple[Mistake, int] | None:
    """The mistake that explains the answers, and on how many cases it gives exactly them.

    First a known mistake that gives every answer, then a trivial answer that does, then the known
    mistake that gives the most of the wrong answers.
    """
    best, most = None, 0
    for mistake in task.mistakes:
        given = [_quietly(mistake.answer, case.inputs) for case in cases]
        hits = [_matches(a, b) for a, b in zip(answers, given, strict=True)]
        if all(hits):
            return mistake, len(cases)
        if sum(hits[k] for k in wrong) > most:
            best, most = mistake, sum(hits[k] for k in wrong)
    given = [trivial_answers(task, case) for case in cases]
    for name in given[0]:
        if all(_matches(a, b[name]) for a, b in zip(answers, given, strict=True)):
            return _trivial_mistake(name), len(cases)
    return (best, most) if best else None


def _fair_case(task: Task, rng: np.random.Generator, k: int) -> Case:
    passed = ""
    for _ in range(REDRAWS):
        case = _case(task, task.draw(rng, k))
        passed = _passes(task, case)
        if not passed:
            return case
    raise TaskError(
        f"{task.name}: case {k} was drawn {REDRAWS} times and {passed} passed each time; "
        "draw other inputs, or take the mistake out (a trivial answer that is right by nature "
        "belongs into truths)"
    )


def _case(task: Task, inputs: Inputs) -> Case:
    inputs = tuple(np.array(x) if isinstance(x, np.ndarray | np.generic) else x for x in inputs)
    if len(inputs) != len(task.parameters):
        raise TaskError(f"{task.name}: drew {len(inputs)} inputs for {task.signature}")
    case = Case(inputs, torch_answer(task, inputs))
    if len(case.expected) != len(task.results):
        raise TaskError(f"{task.name}: PyTorch gives {len(case.expected)} for {task.signature}")
    for array in (*inputs, *case.expected):
        if isinstance(array, np.ndarray):
            array.setflags(write=False)
    return case


def _passes(task: Task, case: Case) -> str:
    """The name of a mistake or trivial answer that is not clearly wrong on this case, or ""."""
    for mistake in task.mistakes:
        given = _quietly(mistake.answer, case.inputs)
        if is_error(given):
            raise TaskError(f"{task.name}: the mistake {mistake.name!r} fails: {given.message}")
        if same(given, case.expected, CLEARLY):
            return f"the mistake {mistake.name!r}"
    trivial = trivial_answers(task, case)
    unknown = set(task.truths) - trivial.keys()
    if unknown:
        raise TaskError(f"{task.name}: truths names {sorted(unknown)}, known are {list(trivial)}")
    for name, given in trivial.items():
        right = same(given, case.expected, CLEARLY)
        if name in task.truths and not right:
            raise TaskError(f"{task.name}: truths says that {name!r} is right, and it is not")
        if right and name not in task.truths:
            return f"the trivial answer {name!r}"
    return ""


def copies(inputs: Inputs) -> Inputs:
    """Inputs for one call: arrays of its own, that may be written to."""
    return tuple(np.array(x) if isinstance(x, np.ndarray) else x for x in inputs)


def _quietly(function: Callable[..., Any], inputs: Inputs) -> Any:
    """A mistake's answer, its exception as a CallError: some mistakes crash on some inputs."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return function(*copies(inputs))
        except Exception as error:
            return CallError("raised", f"{type(error).__name__}: {error}")


def _matches(answer: Any, given: Any) -> bool:
    if is_error(answer) or is_error(given):
        return is_error(answer) and is_error(given)
    return same(answer, given)


def _trivial_mistake(name: str) -> Mistake:
    says = {
        "zeros": ("all-zeros", "every number you sent back is 0"),
        "ones": ("all-ones", "every number you sent back is 1"),
        "sign-flip": ("sign-flipped", "every number has the wrong sign"),
    }
    return Mistake(*says.get(name, (f"only-{name}", f"you sent {name} back as it came")), None)


def _rung(problem: Any) -> int:
    """Where a problem stands on the ladder; the lowest rung is told first."""
    return -1 if is_error(problem) else ("structure", "shape", "kind", "value").index(problem.kind)


def _way_out(task: Task, kind: str) -> str:
    return {
        "structure": f"Wanted is {task.signature}.",
        "shape": "A gradient always has the shape of the input it belongs to.",
        "kind": "Turn the mask into numbers, for example by multiplying with it.",
    }.get(kind, "")


def _failed(task: Task, case: Case, error: Any, wrong: int, asked: int) -> Verdict:
    """The verdict when calls gave no answer at all: missing, not written, raised, not data."""
    said = feedback.clean(error.message, 1000)
    where = f" in line {error.line}" if error.line else ""
    lines = []
    if said.startswith("NotImplementedError"):
        message = f"not written yet: {task.function} still raises NotImplementedError"
        lines.append("Replace the `raise` line by your own code.")
    elif error.kind == "missing":
        message = f"{task.function} is missing: no cell defines it"
        lines.append(f"Define {task.signature.partition(' ->')[0]} under exactly this name.")
    else:
        message = f"{feedback.clean(said, 100)}{where}"
        lines += [said] if len(said) > 100 else []
        lines.append(f"The call: {feedback.call(task, case)}.")
        if wrong < asked:
            lines.append(_score(asked - wrong, asked))
    detail = "\n".join(lines)
    return Verdict(task.name, Outcome.STUDENT_ERROR, False, None, message, detail)


def _score(right: int, asked: int) -> str:
    return f"{right} of {asked} answers {'is' if right == 1 else 'are'} right." if right else ""
