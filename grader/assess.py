"""One hand-in: stage it, run it in the sandbox, have its answers judged.

This runs in worker processes, and in nbgrader's own process through the plugin. Each process has
its sandboxes, started when first needed.
"""

from __future__ import annotations

import atexit
import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader import staging
from grader.course import Course
from grader.feedback import clean
from grader.grade import Check, Grade, checks_of, key_of, release_of
from grader.staging import Staged
from grader.task import Outcome, Verdict

if TYPE_CHECKING:
    from grader.sandbox import Call, CellError, Report, Sandbox

TRIES = 2  # of a hand-in whose judging failed for a reason of ours
RESTARTS = 2  # of a hand-in that one of its functions brought to an end
CPU_SECONDS = 5  # of a hand-in; an honest one takes a fraction of a second
WALL_SECONDS = 60  # long enough for CPU_SECONDS on a busy machine; it ends those that sleep


class InfraError(RuntimeError):
    """Judging failed for a reason that is not the student's; its text says which."""


@dataclass(frozen=True)
class Job:
    """One hand-in to judge; `known` are the keys under which the journal has grades for it."""

    course: str
    set_name: str
    student: str
    level: str | None
    unsafe: bool
    known: frozenset[str] = frozenset()


_boxes: dict[tuple[Any, ...], Sandbox] = {}  # this process's sandboxes, by how they were asked for


def sandbox(packages: tuple[str, ...], level: str | None, unsafe: bool) -> Sandbox:
    """This process's sandbox for these packages, started when first needed."""
    from grader.sandbox import Sandbox

    wanted = (packages, level, unsafe)
    if wanted not in _boxes:
        if not _boxes:
            atexit.register(close_sandboxes)
        _boxes[wanted] = Sandbox(packages=packages, level=level, unsafe=unsafe)
    return _boxes[wanted]


def close_sandboxes() -> None:
    """End this process's sandboxes."""
    while _boxes:
        _boxes.popitem()[1].close()


def judge_sources(
    sources: list[str], set_name: str, checks: list[Check], seed: bytes, box: Sandbox
) -> list[Verdict]:
    """Run the cells in the sandbox, ask it for every check's answers, and judge them.

    InfraError when the sandbox or the judge failed; whatever the student did is a verdict.
    """
    from grader.exercises import load_set
    from grader.judge import draw_cases, judge
    from grader.sandbox import Call

    tasks = load_set(set_name).tasks
    cases = {check.task: draw_cases(tasks[check.task], seed) for check in checks}
    calls = [
        Call(key=name, function=tasks[name].function, inputs=[case.inputs for case in asked])
        for name, asked in cases.items()
    ]
    report, ended = _ask(box, sources, calls)
    verdicts = []
    for check in checks:
        if check.task in ended:
            said = clean(ended[check.task])
            verdict = Verdict(check.task, Outcome.STUDENT_ERROR, False, None, said)
        else:
            answers, written = report.answers[check.task], report.changed[check.task]
            verdict = judge(tasks[check.task], cases[check.task], answers, written)
        if verdict.outcome is Outcome.INFRA_ERROR:
            raise InfraError(verdict.message)
        verdicts.append(_with_cell_errors(verdict, tasks[check.task].function, sources, report))
    return verdicts


def _ask(box: Sandbox, sources: list[str], calls: list[Call]) -> tuple[Report, dict[str, str]]:
    """The answers to all calls; and for calls that ended the process or were not reached, why.

    A function that never returns costs its own points, not those of the functions after it: they
    are asked again in a new process, up to RESTARTS times.
    """
    from grader.sandbox import Limits

    limits = Limits(cpu_seconds=CPU_SECONDS, wall_seconds=WALL_SECONDS)
    ended: dict[str, str] = {}
    left = calls
    answers: dict[str, list[Any]] = {}
    changed: dict[str, list[tuple[int, ...]]] = {}
    for turn in range(RESTARTS + 1):
        report = box.run(cells=sources, calls=left, limits=limits)
        if report.outcome == "infra_error":
            raise InfraError(report.reason)
        answers |= report.answers
        changed |= report.changed
        if report.outcome == "ok":
            break
        unanswered = [call for call in left if not _reached(report.answers[call.key])]
        first_again = turn > 0 and unanswered == left
        if turn == RESTARTS or first_again:  # then it is the cells that end it, not a call
            ended |= {call.key: report.reason for call in unanswered}
            break
        ended[unanswered[0].key] = report.reason
        left = unanswered[1:]
        if not left:
            break
    report.answers, report.changed = answers, changed
    return report, ended


def _reached(answers: list[Any]) -> bool:
    return not any(getattr(answer, "kind", None) == "not-reached" for answer in answers)


def _with_cell_errors(
    verdict: Verdict, function: str, sources: list[str], report: Report
) -> Verdict:
    """Beside a function that is missing or that raised: which cell stopped, as that may be why."""
    from grader.judge import EMPTY

    if verdict.outcome is not Outcome.STUDENT_ERROR or verdict.message.startswith(EMPTY):
        return verdict
    message, detail = verdict.message, verdict.detail
    new = [error for error in report.cell_errors if clean(error.error) not in message]
    others = {error.error: error for error in reversed(new)}  # the first cell of each error
    told = [_stopped("A cell", error, sources) for error in reversed(others.values())]
    missing = f"{function} is missing"
    own = [error for error in new if f"def {function}(" in sources[error.cell]]
    if own and message.startswith(missing):
        message, detail = f"{missing}: its cell stopped with an error", ""
        told = [_stopped("The cell", own[-1], sources)]
    lines = [detail, *told[:3], *map(clean, report.notes[:5])]
    changes = {"message": message, "detail": "\n".join(filter(None, lines))}
    return Verdict.from_dict(verdict.to_dict() | changes)


def _stopped(cell: str, error: CellError, sources: list[str]) -> str:
    from grader.judge import way_out_of

    lines = sources[error.cell].splitlines()
    known = error.line and 0 < error.line <= len(lines)
    at = f" at `{clean(lines[error.line - 1].strip(), 60)}`" if known else ""
    return f"{cell} stopped{at}: {clean(error.error, 160)}. {way_out_of(error.error)}".rstrip()


def grade_staged(
    course: Course,
    student: str,
    set_name: str,
    staged: Staged,
    level: str | None,
    unsafe: bool,
    known: Iterable[str] = (),
) -> Grade | str:
    """Judge one staged hand-in, trying again when the fault is ours; its key alone if known."""
    from grader.exercises import load_set
    from grader.judge import TaskError
    from grader.reference import ReferenceFault, TorchMissing

    checks = checks_of(release_of(course, set_name))
    key = ""
    problem = ""
    for _ in range(TRIES):
        try:
            box = sandbox(load_set(set_name).packages, level, unsafe)
            key = key or key_of(course, student, set_name, staged, box.level)
            if key in known:
                return key
            if staged.problem:
                verdicts = [_unread(check, staged.problem) for check in checks]
            else:
                seed = course.seed(student, set_name, staged.sources)
                verdicts = judge_sources(staged.sources, set_name, checks, seed, box)
        except (InfraError, OSError, ReferenceFault, TorchMissing, TaskError) as error:
            problem = clean(str(error))
            close_sandboxes()
            continue
        worth = {check.task: check.points for check in checks}
        return Grade(
            student,
            set_name,
            key,
            box.level,
            Outcome.STUDENT_ERROR.value if staged.problem else Outcome.GRADED.value,
            [verdict.to_dict() for verdict in verdicts],
            sum(worth[verdict.task] for verdict in verdicts if verdict.passed),
            staged.notes,
            staged.problem,
        )
    return not_graded(student, set_name, key, problem)


def _unread(check: Check, problem: str) -> Verdict:
    return Verdict(check.task, Outcome.STUDENT_ERROR, False, None, problem)


def not_graded(student: str, set_name: str, key: str, problem: str) -> Grade:
    """The outcome of a hand-in that could not be judged for a reason of ours: no grade."""
    return Grade(student, set_name, key, "", Outcome.INFRA_ERROR.value, [], 0.0, [], problem)


def assess(job: Job) -> Grade | str:
    """Stage and judge one hand-in in a worker; only its key when the journal has it already."""
    course = Course(Path(job.course))
    folder = course.submitted(job.student, job.set_name)
    staged = staging.stage_folder(folder, release_of(course, job.set_name), job.set_name)
    _keep_staged(course, job, staged, staging.read_timestamp(folder))
    return grade_staged(course, job.student, job.set_name, staged, job.level, job.unsafe, job.known)


def _keep_staged(course: Course, job: Job, staged: Staged, timestamp: str | None) -> None:
    """Write what nbgrader will read: the staged notebook and the time, nothing else."""
    folder = course.staged / job.student / job.set_name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    text = json.dumps(staged.notebook, ensure_ascii=False, indent=1)
    (folder / f"{job.set_name}.ipynb").write_text(text + "\n", encoding="utf-8")
    if timestamp is not None:
        (folder / "timestamp.txt").write_text(timestamp + "\n", encoding="ascii")


# --- the canaries: a grader that fails the solution or passes the stub must not grade ---


@dataclass(frozen=True)
class Canary:
    """The instructor's own notebook ("solution") or the empty one ("release") as a hand-in."""

    course: str
    set_name: str
    step: str
    level: str | None
    unsafe: bool


def sing(canary: Canary) -> str:
    """ "" when the judge says of this canary what it must, else what is wrong."""
    from grader.exercises import load_set

    course = Course(Path(canary.course))
    release = release_of(course, canary.set_name)
    path = getattr(course, canary.step)(canary.set_name)
    cells = staging.parse(path.read_bytes(), [])
    staged = staging.stage_cells(cells, release, [])
    checks = checks_of(release)
    box = sandbox(load_set(canary.set_name).packages, canary.level, canary.unsafe)
    seed = course.seed("", canary.set_name)  # the empty name is no student's
    verdicts = judge_sources(staged.sources, canary.set_name, checks, seed, box)
    should = canary.step == "source"
    odd = [verdict for verdict in verdicts if verdict.passed is not should]
    if odd and should:
        return f"it does not accept the solution of {odd[0].task}: {odd[0].message}"
    if odd:
        return f"it gives points for the empty {odd[0].task}"
    return "" if should else _accepts_zeros(canary.set_name, checks, seed)


def _accepts_zeros(set_name: str, checks: list[Check], seed: bytes) -> str:
    """An empty notebook never comes as far as comparing numbers; nothing but zeros does."""
    from grader.exercises import load_set
    from grader.judge import draw_cases, judge, trivial_answers

    for check in checks:
        task = load_set(set_name).tasks[check.task]
        cases = draw_cases(task, seed)
        if judge(task, cases, [trivial_answers(task, case)["zeros"] for case in cases]).passed:
            return f"it gives points for nothing but zeros in {check.task}"
    return ""
