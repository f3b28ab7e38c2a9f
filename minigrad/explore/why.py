"""why(t): why is this gradient missing, zero or doubled? why(): what was that error about?

An answer says what is the case, why, and what to do. What a tensor's state, its graph and the
caller's own lines do not tell is not guessed: then the possible causes are listed, likeliest first.

`states` and `failures` hold the rows: what is recognised, and the words for it. Here a thing is
handed to them.
"""

import sys
import textwrap
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from types import FrameType
from typing import Any

from . import failures, states
from .arrays import is_tensor
from .case import Case
from .excerpt import beside, excerpt
from .source import Source, names_in
from .states import Row
from .trace import Trace, read

LIBRARIES = ("torch", "minigrad")


@dataclass(frozen=True)
class Answer:
    """The answer of `why`; print it, or let a notebook show it with its picture.

    Attributes:
        reason: a short name: "non_leaf", "used_twice", "freed" ...
        text: what is the case, why, and what to do.
        causes: where several are possible, likeliest first; empty where the answer is certain.
        also: reasons that are true at the same time.
        trace: the part of the graph in question, or None where there is none.
    """

    reason: str
    text: str
    causes: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    trace: Trace | None = None

    def __str__(self) -> str:
        paragraphs = [textwrap.fill(self.text, 88)]
        if self.causes:
            paragraphs.append("Possible causes, likeliest first:")
        for i, cause in enumerate(self.causes, 1):
            paragraphs.append(
                textwrap.fill(cause, 88, initial_indent=f"  {i}. ", subsequent_indent="     ")
            )
        if self.also:
            paragraphs.append("True as well: " + ", ".join(self.also).replace("_", " ") + ".")
        return "\n".join(paragraphs)

    __repr__ = __str__

    @cached_property
    def picture(self) -> Any:
        """The graph around the tensor as a `Picture`, the tensor marked; None without a graph."""
        from . import Picture

        return None if self.trace is None else Picture(self.trace)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        bundle, about = self.picture._repr_mimebundle_() if self.picture else ({}, {})
        return {**bundle, "text/plain": str(self)}, about


def why(thing: Any = None) -> Answer:
    """Explain a tensor's gradient, or an error.

    Args:
        thing: a tensor of minigrad or of torch, or an exception. Without it, the last exception
            that nobody caught.

    Raises:
        TypeError: for a thing of another kind.
        ValueError: without an argument, when there was no exception.

    Example:
        >>> import minigrad
        >>> x = minigrad.tensor([1.0, 2.0], requires_grad=True)
        >>> y = x * 3
        >>> y.sum().backward()
        >>> print(why(y))
        `y` is a result, not a leaf: MulBackward0 made it. A backward pass sends the gradient on
        through a result and keeps it only in the leaves. Call `y.retain_grad()` before the pass
        to keep it here too.
    """
    frame = sys._getframe(1)
    if is_tensor(thing):
        return _about(_case(thing, frame, frame.f_lineno, called=True), states.ROWS)
    if thing is None:
        thing = getattr(sys, "last_value", None) or getattr(sys, "last_exc", None)
        if thing is None:
            raise ValueError("why() explains the last error, and there was none: write why(tensor)")
    if not isinstance(thing, BaseException):
        raise TypeError(
            f"why() explains a tensor or an exception, but got {type(thing).__name__}: "
            "give it the tensor whose gradient surprises you"
        )
    return _about_error(thing, frame)


def _about_error(error: BaseException, asked_from: FrameType) -> Answer:
    frame, number = asked_from, asked_from.f_lineno
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_globals.get("__name__", "").partition(".")[0] not in LIBRARIES:
            frame, number = step.tb_frame, step.tb_lineno
        step = step.tb_next
    rows = failures.rows_of(error)
    case = _case(None, frame, number)
    case.error = error
    case.called = case.source.subject(*rows[0].methods)
    case.tensor = _evaluated(case.called, case.variables)
    if rows[0].state:
        rows = (*states.CUT_ROWS, *rows) if case.tensor is None else states.ROWS
    return _about(case, rows)


def _about(case: Case, rows: Sequence[Row]) -> Answer:
    """The first row that fits gives the answer; some of the others that fit are worth a word."""
    row, facts = next((row, facts) for row in rows if (facts := row.find(case)) is not None)
    others = (r for r in rows if r.beside and r is not row)
    also = tuple(other.reason for other in others if other.find(case) is not None)
    words = {"t": _call(case), "name": case.name or "t", "lib": case.library, **facts}
    text, *causes = (_sentence(said.format(**words)) for said in (row.says, *row.causes))
    trace = None
    with suppress(RuntimeError, TypeError):  # sparse and meta tensors cannot be drawn
        trace = _scene(case)
    return Answer(row.reason, text, tuple(causes), also, trace)


def _call(case: Case) -> str:
    return f"`{case.name}`" if case.name else "the tensor"


def _sentence(text: str) -> str:
    """One that begins with a capital, unless it begins with a piece of code."""
    text = " ".join(text.split())
    return text[:1].upper() + text[1:] if text.split()[0].isalpha() else text


def _case(tensor: Any, frame: FrameType, number: int, called: bool = False) -> Case:
    variables = {**frame.f_globals, **frame.f_locals}
    code = frame.f_code
    source = Source(code.co_filename, number, frame.f_globals, code.co_name)
    public = {k: v for k, v in variables.items() if not k.startswith("_")}
    return Case(tensor, public, source, called=source.argument("why") if called else "")


def _evaluated(called: str, variables: dict) -> Any:
    """The tensor that `x` or `layer.weight` stands for; nothing is called."""
    first, *rest = called.split(".")
    thing = variables.get(first)
    for attribute in rest:
        thing = getattr(thing, attribute, None)
    return thing if is_tensor(thing) else None


# --- the picture ----------------------------------------------------------------------------------


def _scene(case: Case) -> Trace | None:
    """The tensor, marked, and what stands around it; one that was cut off stands beside."""
    t = case.tensor
    if t is None:
        return None
    variables = {**case.variables, **({case.name: t} if case.name.isidentifier() else {})}
    if not t.requires_grad:
        alone = excerpt(read(t, variables), 0)
        origin = _origin(case)
        return (
            alone
            if origin is None
            else beside(_around(origin, origin, variables, marked=False), alone)
        )
    ends = [name for name in case.uses if name in case.tensors]
    end = min(ends, key=lambda name: len(case.ends[name]), default="")
    return _around(case.tensors.get(end, t), t, variables)


def _around(out: Any, t: Any, variables: dict, marked: bool = True) -> Trace:
    trace = read(out, variables)
    names = {name for name, tensor in variables.items() if tensor is t}
    place = next((node.id for node in trace.nodes if names & set(node.names)), -1)
    return excerpt(trace, place % len(trace.nodes), marked=marked)


def _origin(case: Case) -> Any:
    """The tracked variable from which an untracked tensor was cut off, where one is known."""
    names = case.twins()
    line = case.source.made(case.name) if case.source else None
    names += names_in(line) if line else []
    tracked = [case.tensors[n] for n in names if n in case.tensors]
    return next((t for t in tracked if t.requires_grad), None)
