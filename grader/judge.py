"""The judge: draws cases that no mistake can pass, and turns answers into one Verdict."""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader import feedback
from grader.compare import array_of, compare, same
from grader.reference import answer as torch_answer
from grader.task import CallError, Case, Inputs, Mistake, Outcome, Task, Verdict

REDRAWS = 200  # a fair draw needs a handful
CLEARLY = (1e-3, 1e-3)  # (rtol, atol): closer to the truth than this, a mistake might pass
EMPTY = "not written yet"  # how the verdict on a stub begins
SIGN_ADVICE = "The numbers are right: look where a minus comes in, or where one gets lost."
SIGNS = Mistake("signs-mixed-up", "only signs are wrong, and not all of them", None, SIGN_ADVICE)

# What to do about the errors that beginners meet: a pattern, the way out; {} is its first group.
WAYS_OUT = (
    (r"name '(\w+)' is not defined", "Is `{}` spelled right? A cell that makes it must run first."),
    (r"bitwise_xor|for \^:", "In Python a power is written `a ** n`; `^` means something else."),
    (
        r"truth value of an array",
        "`if` asks for one yes or no, and an array holds many: use the whole array, without `if`.",
    ),
    (r"not callable", "A product needs its sign: write `g * (a + 1)`, not `g(a + 1)`."),
    (
        r"broadcast|core dimension",
        "These shapes do not fit together: `print(g.shape, a.shape)` shows them.",
    ),
    (r"recursion", "Your function calls itself again and again."),
    (r"No module named '(\w+)'", "`{}` is not there while grading."),
    (r"EOFError", "Nobody answers `input()` while grading: write the value into the cell."),
    (
        r"unsized|0-d array|0-dimensional",
        "Here an input is a single number, of shape `()`: use the whole array, without a loop.",
    ),
)


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
    found = recognise(task, cases, answers, problems) if compared else []
    overwrote = _overwrote(task, [written[k] for k in compared]) if written and compared else None
    if overwrote and not (found and found[0].whole):  # what explains a part may do so by chance
        found = [Found(overwrote, _some(len(compared), len(cases)))]
    if not found and is_error(problems[first]):
        return _failed(task, cases[first], problems[first], len(wrong), len(cases))

    shown = min(compared, key=lambda k: (_rung(problems[k]), problems[k].result or 0, k))
    problem = problems[shown]
    if not found:
        name, message, lines = None, problem.says, [_way_out(task, problem.kind)]
    else:
        mistake = found[0].mistake
        name, message = mistake.name, found[0].says
        lines = [mistake.advice, f"{problem.says}."]
        lines += [f"{also.says}. {also.mistake.advice}" for also in found[1:]]
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


@dataclass(frozen=True)
class Found:
    """A mistake that was recognised; `part` is "" or says where: " in grad_b"."""

    mistake: Mistake
    part: str = ""

    @property
    def whole(self) -> bool:
        return not self.part

    @property
    def says(self) -> str:
        return f"{self.mistake.name}{self.part}: {self.mistake.says}"


def recognise(
    task: Task, cases: Sequence[Case], answers: Sequence[Any], problems: Sequence[Any]
) -> list[Found]:
    """The mistake that explains the answers; several where each result has one of its own.

    First a known mistake that gives every answer, then a trivial answer that does, then one for
    each result that is wrong, then signs alone, then one for the first result that is wrong, then
    the known mistake that gives most of the wrong answers. problems is what is wrong with each
    answer, or None.
    """
    known = [
        (mistake, [_quietly(mistake.answer, case.inputs) for case in cases])
        for mistake in task.mistakes
    ]
    trivial = [trivial_answers(task, case) for case in cases]
    known += [
        (_trivial_mistake(name), [given[name] for given in trivial])
        for name in trivial[0]
        if " " not in name  # of one result alone: see _by_result
    ]
    for spread in (False, True):  # exactly, before a bare number that stands for a whole array
        for mistake, given in known:
            if all(_matches(a, b, spread) for a, b in zip(answers, given, strict=True)):
                return [Found(mistake)]
    by_result = _by_result(task, cases, answers, problems, known)
    if by_result and all(by_result):
        return by_result
    if _only_signs(cases, answers, problems):
        return [Found(SIGNS)]
    if by_result and by_result[0]:
        return by_result[:1]
    wrong = [k for k, problem in enumerate(problems) if problem is not None]
    best, most = None, len(wrong) // 2  # fewer may be chance: on some inputs two rules agree
    for mistake, given in known[: len(task.mistakes)]:
        hits = sum(_matches(answers[k], given[k]) for k in wrong)
        if hits > most:
            best, most = mistake, hits
    return [Found(best, _some(most, len(cases)))] if best else []


def _by_result(
    task: Task,
    cases: Sequence[Case],
    answers: Sequence[Any],
    problems: Sequence[Any],
    known: Sequence[tuple[Mistake, Sequence[Any]]],
) -> list[Found | None]:
    """For each result that is wrong in values alone: the mistake that gives it on every case."""
    results = range(len(cases[0].expected))
    odd = any(p is not None and (is_error(p) or p.kind != "value") for p in problems)
    if odd or len(results) == 1:
        return []

    def gives(given: Sequence[Any], k: int) -> bool:
        pairs = zip(answers, given, strict=True)
        return all(  # a mistake that gives one value would give it for each result
            not is_error(b) and same(array_of(a, k), array_of(b, k if type(b) is tuple else 0))
            for a, b in pairs
        )

    truths = [case.expected for case in cases]
    wrong = [k for k in results if not gives(truths, k)]
    named = [next((mistake for mistake, given in known if gives(given, k)), None) for k in wrong]
    return [
        mistake and Found(mistake, f" in {task.results[k]}")
        for k, mistake in zip(wrong, named, strict=True)
    ]


def _some(hits: int, asked: int) -> str:
    return "" if hits == asked else f" (on {hits} of {asked} inputs)"


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
    if name == "sign-flip":
        return Mistake("sign-flipped", "every number has the wrong sign", None, SIGN_ADVICE)
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
        f"After a line such as `{names[0]} *= ...` the old numbers are gone for good. "
        f"Make a new array instead: `new = {names[0]} * ...`.",
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
        message = f"{EMPTY}: {task.function} still raises NotImplementedError"
        lines.append("Replace the `raise` line by your own code.")
    elif error.kind == "missing":
        message = f"{task.function} is missing: no cell defines it"
        lines.append(f"Define {task.signature.partition(' ->')[0]} under exactly this name.")
    else:
        where = f"line {error.line}: " if error.line else ""
        message, rest = feedback.split(f"{where}{said}")
        lines.append(rest)
        lines.append(way_out_of(said))
        if "positional argument" in said and not error.line:  # the call itself did not fit
            lines.append(_way_out(task, "structure"))
        lines.append(f"The call: {feedback.call(task, case)}.")
        if wrong < asked:
            lines.append(_score(asked - wrong, asked))
    detail = "\n".join(line for line in lines if line)
    return Verdict(task.name, Outcome.STUDENT_ERROR, False, None, message, detail)


def way_out_of(error: str) -> str:
    """What to do about an error that beginners meet, in one sentence; "" for any other.

    >>> way_out_of("NameError: name 'mask' is not defined")
    'Is `mask` spelled right? A cell that makes it must run first.'
    """
    for pattern, advice in WAYS_OUT:
        if found := re.search(pattern, error):
            return advice.format(*found.groups())
    return ""


def _score(right: int, asked: int) -> str:
    return f"{right} of {asked} answers {'is' if right == 1 else 'are'} right." if right else ""
