"""The judge: draws cases that no mistake can pass, and turns answers into one Verdict."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from grader import feedback
from grader.compare import array_of, compare, same
from grader.reference import answer as torch_answer
from grader.task import CallError, Case, Inputs, Mistake, Outcome, Task, Verdict

REDRAWS = 200  # a fair draw needs a handful
CLEARLY = (1e-3, 1e-3)  # (rtol, atol): closer to the truth than this, a mistake might pass
SIGN_ADVICE = "The numbers are right: look where a minus comes in, or where one gets lost."
SIGNS = Mistake("signs-mixed-up", "only signs are wrong, and not all of them", None, SIGN_ADVICE)


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


def judge(
    task: Task,
    cases: Sequence[Case],
    answers: Sequence[Any],
    written: Sequence[Sequence[int]] = (),
) -> Verdict:
    """The verdict on one answer a case; an answer is a value or a CallError (see grader.sandbox).

    written is, for each case, which of its inputs the call has changed (see changed_inputs), where
    that is known. It never costs a point, it only helps to explain a wrong answer.

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
    found = recognise(task, cases, answers, problems) if compared else None
    overwrote = _overwrote(task, [written[k] for k in compared]) if written and compared else None
    if overwrote and (found is None or found[1] < len(cases)):
        found = overwrote, len(compared)  # not a mistake that explains some of it, by chance
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
        if overwrote and overwrote is not mistake and len(task.results) > 1:
            lines.insert(1, f"Also, {overwrote.says}. {overwrote.advice}")
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

    Keys are "zeros", "ones", "sign-flip", with several results also "sign-flip grad_a" and so on,
    where this one alone is flipped, and the names of the inputs.
    """
    expected = case.expected
    flipped = tuple(~x if x.dtype.kind == "b" else -x for x in expected)
    answers = {
        "zeros": tuple(np.zeros_like(truth) for truth in expected),
        "ones": tuple(np.ones_like(truth) for truth in expected),
        "sign-flip": flipped,
    }
    for k, name in enumerate(task.results if len(expected) > 1 else ()):
        answers[f"sign-flip {name}"] = (*expected[:k], flipped[k], *expected[k + 1 :])
    for name, value in zip(task.parameters, case.inputs, strict=True):
        answers[name] = (value,) * len(expected)
    return answers


def recognise(
    task: Task, cases: Sequence[Case], answers: Sequence[Any], problems: Sequence[Any]
) -> tuple[Mistake, int] | None:
    """The mistake that explains the answers, and on how many cases it gives exactly them.

    First a known mistake that gives every answer, then a trivial answer that does, then signs
    alone, then the known mistake that gives the most of the wrong answers. problems is what is
    wrong with each answer, or None.
    """
    known = [
        (mistake, [_quietly(mistake.answer, case.inputs) for case in cases])
        for mistake in task.mistakes
    ]
    trivial = [trivial_answers(task, case) for case in cases]
    known += [(_trivial_mistake(name), [given[name] for given in trivial]) for name in trivial[0]]
    for spread in (False, True):  # exactly, before a bare number that stands for a whole array
        for mistake, given in known:
            if all(_matches(a, b, spread) for a, b in zip(answers, given, strict=True)):
                return mistake, len(cases)
    if _only_signs(cases, answers, problems):
        return SIGNS, len(cases)
    wrong = [k for k, problem in enumerate(problems) if problem is not None]
    best, most = None, 0
    for mistake, given in known[: len(task.mistakes)]:
        hits = sum(_matches(answers[k], given[k]) for k in wrong)
        if hits > most:
            best, most = mistake, hits
    return (best, most) if best else None


def changed_inputs(case: Case, given: Inputs) -> tuple[int, ...]:
    """Which of the arrays that a call was given (see copies) it has written into.

    >>> case = Case((np.array([1.0, 2.0]), 3.0), ())
    >>> given = copies(case.inputs)
    >>> given[0][0] = 9.0
    >>> changed_inputs(case, given)
    (0,)
    """
    return tuple(
        k
        for k, (before, after) in enumerate(zip(case.inputs, given, strict=True))
        if isinstance(before, np.ndarray)
        and (before.shape != after.shape or before.tobytes() != after.tobytes())
    )


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


def _matches(answer: Any, given: Any, spread: bool = False) -> bool:
    if is_error(answer) or is_error(given):
        return is_error(answer) and is_error(given)
    return same(answer, given, spread=spread)


def _trivial_mistake(name: str) -> Mistake:
    what, _, result = name.partition(" ")
    if what == "sign-flip":
        where = f" of {result}" if result else ""
        return Mistake("sign-flipped", f"every number{where} has the wrong sign", None, SIGN_ADVICE)
    says = {
        "zeros": ("all-zeros", "every number you sent back is 0"),
        "ones": ("all-ones", "every number you sent back is 1"),
    }
    return Mistake(*says.get(name, (f"only-{name}", f"you sent {name} back as it came")), None)


def _only_signs(cases: Sequence[Case], answers: Sequence[Any], problems: Sequence[Any]) -> bool:
    """Whether nothing but signs is wrong."""
    if any(p is not None and (is_error(p) or p.kind != "value") for p in problems):
        return False

    def sizes(answer: Any) -> tuple[Any, ...]:
        return tuple(np.abs(array_of(answer, k)) for k in range(len(cases[0].expected)))

    return all(same(sizes(a), sizes(case.expected)) for a, case in zip(answers, cases, strict=True))


def _overwrote(task: Task, written: Sequence[Sequence[int]]) -> Mistake | None:
    """The mistake of having changed an input, if one was changed on each of these cases."""
    always = set.intersection(*map(set, written))
    names = [name for k, name in enumerate(task.parameters) if k in always]
    if not names:
        return None
    name = " and ".join(names)
    return Mistake(
        "overwrote-input",
        f"your function changed its input {name} in place",
        None,
        f"After a line such as `{names[0]} *= ...` what had arrived is gone, for every line that "
        "follows and for all that is still to be returned. Make a new array instead.",
    )


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
    lines = []
    if said.startswith("NotImplementedError"):
        message = f"not written yet: {task.function} still raises NotImplementedError"
        lines.append("Replace the `raise` line by your own code.")
    elif error.kind == "missing":
        message = f"{task.function} is missing: no cell defines it"
        lines.append(f"Define {task.signature.partition(' ->')[0]} under exactly this name.")
    else:
        where = f"line {error.line}: " if error.line else ""
        message, rest = feedback.split(f"{where}{said}")
        lines.append(rest)
        if "positional argument" in said and not error.line:  # the call itself did not fit
            lines.append(_way_out(task, "structure"))
        lines.append(f"The call: {feedback.call(task, case)}.")
        if wrong < asked:
            lines.append(_score(asked - wrong, asked))
    detail = "\n".join(line for line in lines if line)
    return Verdict(task.name, Outcome.STUDENT_ERROR, False, None, message, detail)


def _score(right: int, asked: int) -> str:
    return f"{right} of {asked} answers {'is' if right == 1 else 'are'} right." if right else ""
