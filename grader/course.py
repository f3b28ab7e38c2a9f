"""A course folder: where its files lie, its secret, and nbgrader's own converters run inside it.

COURSE/nbgrader_config.py       makes nbgrader's commands and the formgrader work here
COURSE/source/SET/SET.ipynb     the instructor's notebook, made from exercises/SET/exercise.py
COURSE/release/SET/SET.ipynb    what students get
COURSE/submitted/STUDENT/SET/   what they hand in
COURSE/autograded/, feedback/, gradebook.db     nbgrader's
COURSE/.grader/                 the secret, the journal, the staged submissions, the log
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import logging
import os
import re
import sysconfig
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.cli import CommandError

if TYPE_CHECKING:
    from nbgrader.api import Gradebook
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

CONFIG = "nbgrader_config.py"
SET_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
STUDENT_NAME = re.compile(r"\w(?:[\w.@+ -]{0,98}[\w@+-])?")


@dataclass(frozen=True)
class Course:
    """A course folder by its absolute path.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     course = build_course(Path(folder) / "course").course
    ...     "e2_local_rules" in course.sets()
    True
    """

    root: Path

    @classmethod
    def open(cls, folder: Path | str) -> Course:
        """The course in `folder`; CommandError when there is none."""
        root = Path(folder).absolute()
        if not root.is_dir():
            raise CommandError(f"there is no folder {folder}. Make a course: grader build {folder}")
        _check_path(root)
        if not (root / CONFIG).is_file():
            raise CommandError(
                f"{folder} is not a course folder, it has no {CONFIG}. "
                f"Make a course: grader build {folder}"
            )
        return cls(root)

    @property
    def private(self) -> Path:
        """COURSE/.grader, ours alone."""
        return self.root / ".grader"

    @property
    def staged(self) -> Path:
        return self.private / "staged"

    def source(self, set_name: str) -> Path:
        return self.root / "source" / set_name / f"{set_name}.ipynb"

    def release(self, set_name: str) -> Path:
        return self.root / "release" / set_name / f"{set_name}.ipynb"

    def submitted(self, student: str, set_name: str) -> Path:
        return self.root / "submitted" / student / set_name

    def autograded(self, student: str, set_name: str) -> Path:
        return self.root / "autograded" / student / set_name / f"{set_name}.ipynb"

    def feedback(self, student: str, set_name: str) -> Path:
        return self.root / "feedback" / student / set_name / f"{set_name}.html"

    def sets(self) -> list[str]:
        """The graded sets that have a source notebook, sorted."""
        found = (path.parent.name for path in (self.root / "source").glob("*/*.ipynb"))
        return sorted({name for name in found if self.source(name).is_file()})

    def chosen_sets(self, names: list[str]) -> list[str]:
        """The sets named on the command line, or all; CommandError for an unknown one."""
        known = self.sets()
        for name in names:
            if name not in known:
                raise CommandError(
                    f"this course has no set `{name}`. It has: {', '.join(known) or 'none'}."
                )
        if not known:
            raise CommandError(f"{self.root} has no sets yet. Make them: grader build {self.root}")
        return names or known

    def students(self, set_name: str) -> tuple[list[str], list[str]]:
        """Who handed in this set, and folder names that cannot be a student's id."""
        good, odd = [], []
        for folder in sorted((self.root / "submitted").glob("*")):
            if not os.path.lexists(folder / set_name):
                continue
            (good if STUDENT_NAME.fullmatch(folder.name) else odd).append(folder.name)
        return good, odd

    def seed(self, student: str, set_name: str, sources: Sequence[str] = ()) -> bytes:
        """32 bytes that nobody outside can guess, to draw the inputs of one hand-in from.

        HMAC-SHA256(secret, student NUL set NUL digest of the sources). A changed hand-in is asked
        about other inputs, so what an earlier feedback showed is no help.
        """
        work = hashlib.sha256(json.dumps(sources).encode()).hexdigest()
        message = f"{student}\0{set_name}\0{work}".encode()
        return hmac.new(self.secret(), message, hashlib.sha256).digest()

    def secret(self) -> bytes:
        """The course's secret; made on first use, readable by its owner alone."""
        path = self.private / "secret"
        with contextlib.suppress(FileNotFoundError):
            secret = path.read_bytes()
            if len(secret) != 32:
                raise CommandError(f"{path} is damaged. Restore it from a backup, or remove it.")
            return secret
        self.private.mkdir(mode=0o700, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(os.urandom(32))
        return path.read_bytes()

    def config(self) -> Config:
        """What nbgrader_config.py says, as traitlets configuration."""
        from traitlets.config import PyFileConfigLoader

        return PyFileConfigLoader(CONFIG, path=str(self.root)).load_config()

    def directory(self, **changes: Any) -> CourseDirectory:
        """nbgrader's CourseDirectory of this course; `changes` are its traits."""
        from nbgrader.coursedir import CourseDirectory

        directory = CourseDirectory(config=self.config(), log=self._log())
        directory.root = str(self.root)
        for trait, value in changes.items():
            setattr(directory, trait, value)
        return directory

    @contextlib.contextmanager
    def gradebook(self) -> Iterator[Gradebook]:
        """nbgrader's gradebook of this course."""
        with quiet(), _programs_on_path():
            from nbgrader.api import Gradebook

            directory = self.directory()
            with Gradebook(directory.db_url, directory.course_id) as gradebook:
                yield gradebook

    def convert(self, converter: str, set_name: str, student: str = "*", **changes: Any) -> None:
        """Run nbgrader's GenerateAssignment, Autograde or GenerateFeedback, forced, in process.

        What nbgrader says goes to .grader/nbgrader.log. A failure is a CommandError with the
        innermost reason that nbgrader gave.
        """
        with quiet(), _programs_on_path(), self._listening() as reasons:
            from nbgrader import converters
            from nbgrader.converters import NbGraderException

            directory = self.directory(assignment_id=set_name, student_id=student, **changes)
            app = getattr(converters, converter)(
                coursedir=directory, config=self.config(), log=self._log()
            )
            app.force = True
            try:
                app.start()
            except (NbGraderException, SystemExit) as error:
                reason = reasons[0] if reasons else str(error)
                raise CommandError(f"{reason} (more in {self.private / 'nbgrader.log'})") from None

    def _log(self) -> logging.Logger:
        """A logger of this course's own, into its log file; opened once a process."""
        log = logging.getLogger(f"grader.nbgrader.{self.root}")
        if not log.handlers:
            self.private.mkdir(mode=0o700, exist_ok=True)
            handler = logging.FileHandler(
                self.private / "nbgrader.log", delay=True, encoding="utf-8"
            )
            handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
            log.addHandler(handler)
            log.setLevel(logging.INFO)
            log.propagate = False
        return log

    @contextlib.contextmanager
    def _listening(self) -> Iterator[list[str]]:
        """The last lines of the tracebacks that nbgrader logs meanwhile, else its errors."""
        reasons: list[str] = []

        class Listener(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                lines = [line for line in record.getMessage().splitlines() if line.strip()]
                if not lines:
                    return
                if lines[0].startswith("Traceback"):
                    reasons.insert(0, lines[-1].partition(": ")[2] or lines[-1])
                else:
                    reasons.append(lines[0])

        listener = Listener(level=logging.ERROR)
        self._log().addHandler(listener)
        try:
            yield reasons
        finally:
            self._log().removeHandler(listener)


@dataclass(frozen=True)
class Built:
    """What build_course did: files written, and files left alone because a person edited them."""

    course: Course
    wrote: list[Path] = field(default_factory=list)
    kept: list[Path] = field(default_factory=list)


def build_course(folder: Path | str) -> Built:
    """Make or update a course folder from exercises/: configuration, source notebooks, secret.

    A file that a person edited since we wrote it is kept; CommandError for a folder that holds
    other things.
    """
    from grader.build import build_notebook
    from grader.content import instructors_root

    root = Path(folder).absolute()
    _check_path(root)
    if root.exists() and not root.is_dir():
        raise CommandError(f"{folder} is a file. Name a folder for the course.")
    if root.is_dir() and any(root.iterdir()) and not (root / CONFIG).exists():
        raise CommandError(
            f"{folder} holds other files and is not a course. Name a new or an empty folder."
        )
    exercises = instructors_root() / "exercises"
    root.mkdir(parents=True, exist_ok=True)
    built = Built(Course(root))
    record = built.course.private / "built.json"
    built.course.secret()
    before = json.loads(record.read_text()) if record.exists() else {}
    fresh = {CONFIG: (exercises / CONFIG).read_bytes()} | {
        f"source/{source.parent.name}/{source.parent.name}.ipynb": build_notebook(source)
        for source in sorted(exercises.glob("*/exercise.py"))
    }
    after = dict(before)
    for name, data in fresh.items():
        path = root / name
        if path.exists():
            found = path.read_bytes()
            if found == data:
                after[name] = _digest(data)
                continue
            if before.get(name) != _digest(found):
                built.kept.append(path)
                continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        after[name] = _digest(data)
        built.wrote.append(path)
    record.write_text(json.dumps(after, indent=1, sort_keys=True) + "\n")
    return built


def _check_path(root: Path) -> None:
    if set(str(root)) & set("*?[]"):
        raise CommandError(
            f"nbgrader cannot work in {root}, because of the *, ?, [ or ] in its path. "
            "Choose another folder."
        )


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Third-party warnings are nothing that an instructor could act on; ours stay."""
    with warnings.catch_warnings():
        for module in (
            "nbgrader",
            "nbconvert",
            "nbformat",
            "traitlets",
            "sqlalchemy",
            "jupyter_client",
        ):
            warnings.filterwarnings("ignore", module=rf"{module}(\.|$)")
        yield


@contextlib.contextmanager
def _programs_on_path() -> Iterator[None]:
    """nbgrader calls `alembic` through PATH; this environment's own comes first."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before
