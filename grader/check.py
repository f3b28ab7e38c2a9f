"""check("e2.mul", mul_vjp) in a notebook: the verdict at once, in the student's own kernel.

Judges the public cases with the same code that grades outside on secret ones. This module is
imported with the package, so it imports NumPy, the tasks and PyTorch only when it is called.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grader.task import Verdict

PUBLIC_SEED = b"public"
LONG = 5.0  # seconds; an honest answer takes a thousandth
STOP = "A loop that does not end? Stop it: press \N{BLACK SQUARE} above, or Kernel > Interrupt."
# The exception fails the cell, for Run All and for nbgrader. Jupyter shows it as a red block, right
# below the panel that has said it all: of the two, the panel is shown.
ONCE = """<style>
.jp-OutputArea-child:has(.grader-failed) + .jp-OutputArea-child:has(
  [data-mime-type$="jupyter.stderr"], [data-mime-type$="jupyter.error"]) { display: none }
</style>"""


class CheckFailed(Exception):
    """An answer that is not right yet. Shown as one block of text, without the judge's own frames.

    verdict is the Verdict behind it, or None when check() itself was not used as it should be.
    """

    def __init__(self, text: str, verdict: Verdict | None = None):
        super().__init__(text.split("\n", 1)[0])
        self.text, self.verdict = text, verdict

    def _render_traceback_(self) -> list[str]:  # IPython's hook; nbgrader's pages use it as well
        return self.text.splitlines()


def check(task: str = "", function: Callable[..., Any] | None = None) -> None:
    """Compare your function with PyTorch on a handful of inputs; one line when all is right.

    task is the name in the exercise ("e2.mul"), function is your function, without parentheses.
    Raises CheckFailed, which says what differs and how to go on.

    >>> def mul_vjp(g, a, b):
    ...     return g * b, g * a
    >>> check("e2.mul", mul_vjp)
    e2.mul: right: all 5 answers agree with PyTorch
    """
    from grader.exercises import ExerciseError, find_task
    from grader.feedback import as_text, clean
    from grader.judge import changed_inputs, copies, draw_cases, judge
    from grader.reference import TorchMissing

    if not isinstance(task, str) or not task:
        raise CheckFailed('check needs the task\'s name first: check("e2.mul", mul_vjp)')
    try:
        found = find_task(task)
    except ExerciseError as error:
        raise CheckFailed(f"check: {clean(str(error))}") from None
    usage = f'check("{found.name}", {found.function})'
    if not callable(function):
        raise CheckFailed(
            f"{found.name}: check needs the function itself, without parentheses: {usage}"
        )
    try:
        cases = draw_cases(found, PUBLIC_SEED)
    except TorchMissing as error:
        raise CheckFailed(f"{found.name}: {error}") from None

    given = [copies(case.inputs) for case in cases]
    try:
        with _word_after(LONG, f"{found.name}: {found.function} is still running. {STOP}"):
            answers = [_call(function, inputs) for inputs in given]
    except KeyboardInterrupt as stop:
        verdict = _stopped(found.name, _line(function, stop))
    else:
        written = [changed_inputs(case, after) for case, after in zip(cases, given, strict=True)]
        verdict = judge(found, cases, answers, written)
    text, shown = as_text(verdict), _display(verdict)
    if not verdict.passed:  # where all of it stands above already, the block below names it only
        raise CheckFailed(text.split("\n", 1)[0] if shown else text, verdict) from None
    if not shown:
        print(text)


def _call(function: Callable[..., Any], inputs: tuple) -> Any:
    """The function's answer, or a CallError with the line of the student's code that raised."""
    from grader.task import CallError

    try:
        return function(*inputs)
    except (Exception, SystemExit) as error:  # KeyboardInterrupt goes through: it stops them all
        return CallError("raised", _said(error), _line(function, error))


@contextlib.contextmanager
def _word_after(seconds: float, text: str) -> Iterator[None]:
    """Print the text if the block takes longer than this: an endless loop looks like nothing."""
    timer = threading.Timer(seconds, print, [text], {"flush": True})
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _stopped(task: str, line: int | None) -> Verdict:
    from grader.task import Outcome, Verdict

    where = f" in line {line}" if line else ""
    advice = "Look for a loop that does not end."
    return Verdict(task, Outcome.STUDENT_ERROR, False, None, f"you stopped it{where}", advice)


def _said(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:
        text = ""
    name = type(error).__name__
    return f"{name}: {text}" if text else name


def _line(function: Callable[..., Any], error: BaseException) -> int | None:
    """The last line of the traceback that lies in the student's own file or cell."""
    code = getattr(function, "__code__", None)
    trace, line = error.__traceback__, None
    while trace is not None:
        if code is not None and trace.tb_frame.f_code.co_filename == code.co_filename:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _display(verdict: Verdict) -> bool:
    """Show words and picture where the student sits in Jupyter; a terminal has the text alone."""
    from grader.feedback import as_html, as_text

    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None or not hasattr(shell, "kernel"):
        return False
    bundle = {"text/plain": as_text(verdict), "text/html": as_html(verdict) + ONCE}
    ipython.display.display(bundle, raw=True)
    return True
