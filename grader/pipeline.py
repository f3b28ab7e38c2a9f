"""From hand-ins to grades: stage, run in the sandbox, judge, write down, and let nbgrader save it.

    folder -> staging -> sandbox -> judge -> journal -> nbgrader's Autograde -> gradebook

Judging runs in worker processes, one sandbox each. One process writes: first the journal, then,
one after the other, nbgrader's gradebook. What the journal holds is never judged again; a hand-in
that fails never stops the others; a fault of ours is never a grade.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import json
import platform
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader import staging
from grader.build import checked_task
from grader.cli import CommandError
from grader.course import Course
from grader.executor import Executor, Processes
from grader.feedback import clean
from grader.journal import Journal
from grader.staging import Staged
from grader.task import Outcome, Verdict

if TYPE_CHECKING:
    from grader.sandbox import Call, Report, Sandbox

TRIES = 2  # of a hand-in whose judging failed for a reason of ours
RESTARTS = 2  # of a hand-in that one of its functions brought to an end
BATCH = 64  # hand-ins between two canaries


@dataclass(frozen=True)
class Check:
    """One graded cell of a set: its id, the task it checks, what it is worth."""

    grade_id: str
    task: str
    points: float


@dataclass(frozen=True)
class Grade:
    """What one hand-in gets: a verdict for each check, in order, and what there is to say.

    `problem` is "" or one sentence: why nothing was graded (infra) or nothing could be read.
    """

    student: str
    set_name: str
    key: str
    level: str
    outcome: str
    verdicts: list[dict[str, Any]]
    points: float
    notes: list[str] = field(default_factory=list)
    problem: str = ""

    @property
    def is_grade(self) -> bool:
        return self.outcome != Outcome.INFRA_ERROR.value

    def summary(self) -> str:
        """The verdict on the whole hand-in in one line."""
        if self.problem:
            return clean(self.problem)
        verdicts = [Verdict.from_dict(verdict) for verdict in self.verdicts]
        wrong = [verdict for verdict in verdicts if not verdict.passed]
        if not wrong:
            return "all right"
        said: dict[str, list[str]] = {}
        for verdict in wrong:
            said.setdefault(verdict.message, []).append(verdict.task.partition(".")[2])
        parts = [f"{', '.join(names)}: {message}" for message, names in said.items()]
        if len(said) == 1 and len(wrong) == len(verdicts) > 1:
            parts = list(said)
        return clean(parts[0] + (f" (+{len(parts) - 1} more)" if len(parts) > 1 else ""))


@dataclass(frozen=True)
class Job:
    """One hand-in to judge; `known` are the keys under which the journal has grades for it."""

    course: str
    set_name: str
    student: str
    level: str | None
    unsafe: bool
    known: frozenset[str] = frozenset()


# --- judging one hand-in: runs in a worker, or in nbgrader's process through the plugin ---


class InfraError(RuntimeError):
    """Judging failed for a reason that is not the student's; its text says which."""


@cache
def released(path: Path, mtime_ns: int = 0) -> dict[str, Any]:
    """A notebook of ours, read once as long as it does not change; every source is one string."""
    notebook = json.loads(path.read_bytes())
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    return notebook


def release_of(course: Course, set_name: str) -> dict[str, Any]:
    """The released notebook of a set; CommandError when it was not made yet."""
    path = course.release(set_name)
    if not path.is_file():
        raise CommandError(
            f"{set_name} is not released yet. Make it: grader release {course.root} {set_name}"
        )
    return released(path, path.stat().st_mtime_ns)


def checks_of(release: dict[str, Any]) -> list[Check]:
    """The graded cells of a released notebook, in order."""
    checks = []
    for cell in release["cells"]:
        if not staging.is_graded(cell):
            continue
        task = checked_task(cell["source"])
        grade_id = staging.grade_id_of(cell)
        if task is None:
            raise CommandError(f"the graded cell `{grade_id}` does not call check(...)")
        checks.append(Check(grade_id, task, float(cell["metadata"]["nbgrader"]["points"])))
    return checks


def key_of(course: Course, student: str, set_name: str, staged: Staged, level: str) -> str:
    """SHA-256 over everything that decides a grade: the hand-in, the set, the grader, versions,
    the seed and the sandbox's level."""
    parts = [
        staged.sources,
        staged.problem,
        set_name,
        _set_digest(course, set_name),
        _environment(),
    ]
    parts += [hashlib.sha256(course.seed(student, set_name)).hexdigest(), level]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _set_digest(course: Course, set_name: str) -> str:
    from grader.exercises import load_set

    release = json.dumps(release_of(course, set_name), sort_keys=True).encode()
    return hashlib.sha256(release + _tree_digest(load_set(set_name).path).encode()).hexdigest()


@cache
def _tree_digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        data = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()} {len(data)}\n".encode() + data)
    return digest.hexdigest()


@cache
def _environment() -> dict[str, str]:
    from importlib.metadata import version

    import grader

    packages = ("numpy", "torch", "matplotlib")
    return {
        "python": platform.python_version(),
        "grader": _tree_digest(Path(grader.__file__).parent),
    } | {package: version(package) for package in packages}


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
            answers = report.answers[check.task]
            verdict = judge(tasks[check.task], cases[check.task], answers)
        if verdict.outcome is Outcome.INFRA_ERROR:
            raise InfraError(verdict.message)
        verdicts.append(_with_cell_errors(verdict, report))
    return verdicts


def _ask(box: Sandbox, sources: list[str], calls: list[Call]) -> tuple[Report, dict[str, str]]:
    """The answers to all calls; and for calls that ended the process or were not reached, why.

    A function that never returns costs its own points, not those of the functions after it: they
    are asked again in a new process, up to RESTARTS times.
    """
    ended: dict[str, str] = {}
    left = calls
    answers: dict[str, list[Any]] = {}
    for turn in range(RESTARTS + 1):
        report = box.run(cells=sources, calls=left)
        if report.outcome == "infra_error":
            raise InfraError(report.reason)
        answers |= report.answers
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
    report.answers = answers
    return report, ended


def _reached(answers: list[Any]) -> bool:
    return not any(getattr(answer, "kind", None) == "not-reached" for answer in answers)


def _with_cell_errors(verdict: Verdict, report: Report) -> Verdict:
    """A missing or failing function is easier to understand beside the cell that raised."""
    lines = [
        f"While your cells ran: {clean(error.error, 160)}"
        + (f" (line {error.line} of a cell)" if error.line else "")
        for error in report.cell_errors[:3]
    ]
    lines += [clean(note) for note in report.notes[:5]]
    if verdict.passed or not lines:
        return verdict
    detail = "\n".join(filter(None, [verdict.detail, *lines]))
    return Verdict.from_dict(verdict.to_dict() | {"detail": detail})


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
                seed = course.seed(student, set_name)
                verdicts = judge_sources(staged.sources, set_name, checks, seed, box)
        except (InfraError, OSError) as error:
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
    return _infra(student, set_name, key, problem)


def _unread(check: Check, problem: str) -> Verdict:
    return Verdict(check.task, Outcome.STUDENT_ERROR, False, None, problem)


def _infra(student: str, set_name: str, key: str, problem: str) -> Grade:
    problem = f"not graded, {problem}"
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
    if not odd:
        return ""
    if should:
        return (
            f"it does not accept the instructor's own solution of {odd[0].task}: {odd[0].message}"
        )
    return f"it gives points for the empty {odd[0].task}"


def _listen_to_canaries(executor: Executor, jobs: list[Job]) -> None:
    sets = sorted({job.set_name for job in jobs})
    canaries = [
        Canary(jobs[0].course, set_name, step, jobs[0].level, jobs[0].unsafe)
        for set_name in sets
        for step in ("source", "release")
    ]
    for canary, said in executor.run(sing, canaries):
        if isinstance(said, CommandError):
            raise said
        if said:
            raise CommandError(
                f"the grader cannot be trusted on {canary.set_name}, so nothing was graded: "
                f"{clean(str(said))}"
            )


# --- a whole class ---


@dataclass
class Run:
    """What a run did, and what it could not do."""

    grades: list[Grade] = field(default_factory=list)  # of all hand-ins, also of earlier runs
    judged: int = 0
    saved: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)  # (hand-in, reason)


def grade_course(
    course: Course,
    sets: list[str],
    *,
    only: list[str] | None = None,
    level: str | None = None,
    unsafe: bool = False,
    workers: int = 1,
    again: bool = False,
    executor: Executor | None = None,
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> Run:
    """Grade what was handed in and is not graded yet; `progress(what, done, total)` is told.

    `only` names students; without it everybody is graded. `again` judges also what the journal
    has. Returns a Run; CommandError only when nothing can be graded at all.
    """
    run = Run()
    journal = Journal(course.private / "journal.jsonl")
    with one_at_a_time(course.private / "lock"):
        graded, saved = recall(journal)
        known = {} if again else graded
        jobs = list(_jobs(course, sets, only, level, unsafe, known, run))
        if not jobs:
            return run
        with contextlib.ExitStack() as stack:
            executor = executor or Processes(min(workers, len(jobs)))
            stack.callback(executor.close)
            _listen_to_canaries(executor, jobs)
            done = 0
            for batch in _batches(jobs):
                grades = []
                for job, result in executor.run(assess, batch):
                    done += 1
                    grades.append(_settle(job, result, graded, journal, run))
                    progress("judged", done, len(jobs))
                try:
                    _listen_to_canaries(executor, batch)
                except CommandError:
                    journal.add({"kind": "void", "keys": [grade.key for grade in grades]})
                    raise
                run.grades += grades
            executor.close()
            in_gradebook = {set_name: _students_saved(course, set_name) for set_name in sets}
            for done, grade in enumerate(sorted(run.grades, key=_by_name), 1):
                if grade.student not in in_gradebook[grade.set_name]:
                    saved.pop((grade.student, grade.set_name), None)
                _save(course, grade, saved, journal, run)
                progress("saved", done, len(run.grades))
    run.grades.sort(key=_by_name)
    return run


def recall(journal: Journal) -> tuple[dict[str, Grade], dict[tuple[str, str], list[Any]]]:
    """From the journal: grades by key, and under which key and time each hand-in was saved."""
    graded: dict[str, Grade] = {}
    saved: dict[tuple[str, str], list[Any]] = {}
    for record in journal:
        match record:
            case {"kind": "graded", "grade": dict(grade)}:
                with contextlib.suppress(TypeError):  # written by another version
                    graded[grade["key"]] = Grade(**grade)
            case {"kind": "void", "keys": list(keys)}:
                for key in keys:
                    graded.pop(key, None)
            case {"kind": "saved", "student": student, "set": set_name, "as": list(mark)}:
                saved[student, set_name] = mark
    return graded, saved


def remember(journal: Journal, grade: Grade) -> None:
    """Write a grade down; a fault of ours is written too, under a name that recall passes over."""
    kind = "graded" if grade.is_grade else "infra"
    time = datetime.now(UTC).isoformat(timespec="seconds")
    journal.add({"kind": kind, "time": time, "grade": asdict(grade)})


def _jobs(
    course: Course,
    sets: list[str],
    only: list[str] | None,
    level: str | None,
    unsafe: bool,
    graded: dict[str, Grade],
    run: Run,
) -> Iterator[Job]:
    keys: dict[tuple[str, str], set[str]] = {}
    for grade in graded.values():
        keys.setdefault((grade.student, grade.set_name), set()).add(grade.key)
    found = set()
    for set_name in sets:
        students, odd = course.students(set_name)
        for name in odd:
            reason = "the folder's name cannot be a student's id; rename it"
            run.failed.append((f"{clean(name, 60)}/{set_name}", reason))
        for student in students:
            if only and student not in only:
                continue
            found.add(student)
            known = frozenset(keys.get((student, set_name), ()))
            yield Job(str(course.root), set_name, student, level, unsafe, known)
    for name in only or ():
        if name not in found:
            run.failed.append((clean(name, 60), "nothing was handed in under this name"))


def _batches(jobs: list[Job]) -> Iterator[list[Job]]:
    rest = iter(jobs)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _settle(job: Job, result: Any, graded: dict[str, Grade], journal: Journal, run: Run) -> Grade:
    """The grade of a job that ended, written down if it is new."""
    match result:
        case Grade():
            grade = result
        case str(key):
            return graded[key]
        case _:
            grade = _infra(
                job.student, job.set_name, "", clean(f"{type(result).__name__}: {result}")
            )
    remember(journal, grade)
    run.judged += grade.is_grade
    return grade


def _save(
    course: Course,
    grade: Grade,
    saved: dict[tuple[str, str], list[Any]],
    journal: Journal,
    run: Run,
) -> None:
    """Let nbgrader put one grade into its gradebook, unless it stands there already."""
    from grader import nbgrader_plugin

    who = (grade.student, grade.set_name)
    if not grade.is_grade:
        run.failed.append(("/".join(who), grade.problem))
        return
    mark = [grade.key, staging.read_timestamp(course.staged / grade.student / grade.set_name)]
    if saved.get(who) == mark and course.autograded(*who).exists():
        return
    try:
        with nbgrader_plugin.prepared(grade):
            course.convert(
                "Autograde", grade.set_name, grade.student, submitted_directory=".grader/staged"
            )
    except CommandError as error:
        run.failed.append(("/".join(who), str(error)))
        return
    journal.add({"kind": "saved", "student": grade.student, "set": grade.set_name, "as": mark})
    run.saved += 1


def _students_saved(course: Course, set_name: str) -> set[str]:
    with course.gradebook() as gradebook:
        return {submission.student_id for submission in gradebook.assignment_submissions(set_name)}


def _by_name(grade: Grade) -> tuple[str, str]:
    return (grade.set_name, grade.student)


@contextlib.contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Hold the course for one run; CommandError when another one has it."""
    try:
        import fcntl
    except ImportError:  # not Linux: the sandbox will say so
        yield
        return
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CommandError("another run is grading this course; wait until it ends.") from None
        yield
