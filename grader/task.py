"""The judge's words: a Task, its Mistakes, the Cases drawn for it, the Verdict. Plain data."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

import numpy as np

Inputs = tuple[Any, ...]  # what one call receives: arrays and Python numbers
Arrays = tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Mistake:
    """A known way to be wrong.

    name    what feedback prints, in words joined by hyphens: "own-factor"
    says    the slip in a few words, after the name: "you scaled g by the input ..."
    answer  answer(*inputs) gives what someone who makes this mistake would return
    advice  one sentence with the way out; it never gives the answer away
    """

    name: str
    says: str
    answer: Callable[..., Any]
    advice: str = ""


@dataclass(frozen=True)
class Task:
    """One graded function: what is called and with what, what PyTorch answers, known mistakes.

    name       "e2.mul": the set's prefix, a dot, the short name
    function   the name that the student defines: "mul_vjp"
    signature  "mul_vjp(g, a, b) -> (grad_a, grad_b)"; the names in it are used in feedback
    draw       draw(rng, k) gives the inputs of case k = 0, 1, ... cases - 1; k lets a task promise
               that every kind comes up
    reference  torch tensors and Python numbers in, a tensor or a tuple of tensors out
    mistakes   each differs from the truth in every drawn case (the judge redraws until it does)
    cases      how many cases are drawn
    edges      edges(rng) gives inputs that are asked as well, though some mistake or some trivial
               answer is right there (n = 0, say); they are not redrawn
    truths     trivial answers that are right by nature, by name: for add the gradient *is* "g"
    """

    name: str
    function: str
    signature: str
    draw: Callable[[np.random.Generator, int], Inputs]
    reference: Callable[..., Any]
    mistakes: tuple[Mistake, ...]
    cases: int = 5
    edges: Callable[[np.random.Generator], Sequence[Inputs]] | None = None
    truths: tuple[str, ...] = ()

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names between the parentheses of the signature: ("g", "a", "b")."""
        inside = self.signature.split("->")[0].partition("(")[2].rpartition(")")[0]
        return tuple(name.strip() for name in inside.split(",") if name.strip())

    @property
    def results(self) -> tuple[str, ...]:
        """The names behind the arrow of the signature: ("grad_a", "grad_b")."""
        behind = self.signature.partition("->")[2].strip().strip("()")
        return tuple(name.strip() for name in behind.split(",") if name.strip())


@dataclass(frozen=True)
class Case:
    """One question: the inputs of one call and the arrays that PyTorch answers."""

    inputs: Inputs
    expected: Arrays


@dataclass(frozen=True)
class CallError:
    """What stands in the place of an answer when a call gave none.

    kind     "missing" (no such function), "raised", "not_data" and what else a sandbox may meet
    message  one line: "ZeroDivisionError: division by zero"
    line     the line in the student's cell, where there is one
    """

    kind: str
    message: str
    line: int | None = None


# How the message of a verdict without a mistake's name begins, and what to count it as.
KINDS = (
    (r"\w+ is missing: ", "function missing"),
    (r"\w+( at \[[\d, ]*\])?: yours ", "wrong numbers"),
    (r"\w+ has shape ", "wrong shape"),
    (r"Your notebook ran longer ", "ran too long"),
)


class Outcome(StrEnum):
    """How judging ended. GRADED and STUDENT_ERROR are grades; INFRA_ERROR is ours: try again."""

    GRADED = "graded"
    STUDENT_ERROR = "student_error"
    INFRA_ERROR = "infra_error"


@dataclass(frozen=True)
class Verdict:
    """What the judge says about one task.

    message  one line, about 70 characters: "own-factor: you scaled g by the input ..."
    detail   some more lines: what differs first, and the way out
    picture  the numbers behind it as plain JSON (see grader.feedback), or None
    """

    task: str
    outcome: Outcome
    passed: bool
    mistake: str | None
    message: str
    detail: str = ""
    picture: dict[str, Any] | None = None

    @property
    def kind(self) -> str:
        """What went wrong in a word or two, to count it by: "own-factor", "NameError"."""
        said = re.sub(r"^line \d+: ", "", self.message)
        kinds = (kind for start, kind in KINDS if re.match(start, said))
        return self.mistake or next(kinds, said.partition(":")[0])

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON, for the journal."""
        return {**asdict(self), "outcome": self.outcome.value}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Verdict:
        """The verdict that to_dict wrote; ValueError when something is missing or unknown."""
        known = {field.name for field in fields(cls)}
        missing = {"task", "outcome", "passed", "mistake", "message"} - data.keys()
        if missing or data.keys() - known:
            odd = ", ".join(sorted(missing or data.keys() - known))
            raise ValueError(f"not a verdict: {'missing' if missing else 'unknown'} {odd}")
        return cls(**{**data, "outcome": Outcome(data["outcome"])})
