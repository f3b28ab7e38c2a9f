"""The words between the grader and the sandbox: what is asked, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Outcome = Literal["ok", "student_error", "infra_error"]


class SandboxUnavailable(RuntimeError):
    """No sandbox, or not the one asked for, works here. The message says what would help."""


@dataclass(frozen=True)
class Call:
    """Call `function`, as the submission defines it, once for each tuple of arguments in `inputs`.

    Arguments are NumPy arrays, numbers, strings, None, or tuples and lists of those. `key` names
    the answers.
    """

    key: str
    function: str
    inputs: Sequence[tuple]


CALL_ERRORS = ("missing", "not-implemented", "not-data", "raised", "not-reached")


@dataclass(frozen=True)
class CallError:
    """Why a call gave no value. `kind` is one of CALL_ERRORS:

    - missing: no such function, or the name is something else
    - not-implemented: it raised NotImplementedError, as the stub does
    - not-data: it returned something else than arrays, numbers, strings, None, or tuples and lists
      of those
    - raised: it raised; `message` is the exception as Python prints it
    - not-reached: the process had ended before; the report's reason says why
    """

    kind: str
    message: str
    line: int | None = None  # in the student's cell, counted from 1
    cell: int | None = None  # the cell's place in the list that was run, counted from 0


@dataclass(frozen=True)
class CellError:
    """A cell that raised. Later cells were run all the same."""

    cell: int
    line: int | None
    error: str


@dataclass(frozen=True)
class Limits:
    """What one submission may use. Every number is a whole one; seconds are at least 1."""

    cpu_seconds: int = 10
    wall_seconds: float = 30
    memory_bytes: int = 1 << 30
    answer_bytes: int = 64 << 20  # all that it sends, answers and messages
    text_bytes: int = 4000  # one message

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value <= 0 or (name != "wall_seconds" and value != int(value)):
                raise ValueError(
                    f"{name} must be a positive (and but for wall_seconds whole) number"
                )


@dataclass
class Report:
    """What came of a submission.

    `outcome` is "ok" when every call was answered, be it by an error of its own; "student_error"
    when the process ended before, `reason` saying why in one sentence for the student;
    "infra_error" when the sandbox itself failed. `answers` has one entry for each input of each
    call in any case, and so has `changed`: the places of the inputs that the call has written into,
    as the submission says.
    """

    outcome: Outcome = "ok"
    reason: str = ""
    cell_errors: list[CellError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    answers: dict[str, list[Any]] = field(default_factory=dict)
    changed: dict[str, list[tuple[int, ...]]] = field(default_factory=dict)
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    memory_bytes: int = (
        0  # the largest resident size, of which some 60 MiB are shared with every submission
    )
