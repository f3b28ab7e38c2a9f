"""What is said to one submission and what it may say: the order of frames, checked frame by frame.

Nothing that a submission sends is believed beyond its form. A complete exchange is the only sign of
success: an exit code can be had by anyone.
"""

from collections.abc import Iterator, Sequence

from grader.sandbox.inside import wire
from grader.sandbox.report import CALL_ERRORS, Call, CallError, CellError, Limits, Report

OUT_OF_MEMORY = 77  # the exit code with which a child says so, as in inside/cage.py
_NOT_REACHED = CallError("not-reached", "the process had ended before")


class Fault(Exception):
    """The sandbox failed, not the submission."""


class Missing(Fault):
    """A package of the exercise cannot be imported in the sandbox."""


class Ended(Exception):
    """The submission ended early by its own doing; the text completes "Your notebook ..."."""


class Exchange:
    """One submission's frames. What it answers is put into `report` as it comes.

    To the child: the cells, then, once it is ready, a function and its inputs for each call, then
    None. From the child, in this order: a "cell" for each cell, "ready", an "answer" or "error" for
    each call, after it perhaps a "changed" with the places of the inputs that the call has written
    into, "done".
    """

    def __init__(
        self, sources: list[str], calls: Sequence[Call], limits: Limits, report: Report
    ) -> None:
        self.report, self.limits = report, limits
        self.calls = [(call, case) for call in calls for case in range(len(call.inputs))]
        report.answers = {call.key: [_NOT_REACHED] * len(call.inputs) for call in calls}
        report.changed = {call.key: [()] * len(call.inputs) for call in calls}
        self.cells, self.cells_run, self.answered = len(sources), 0, 0
        self.ready = self.done = False
        self._frames = wire.Frames(limits.answer_bytes)
        self._unsent = memoryview(wire.frame(sources))
        self._later = self._requests()

    def _requests(self) -> Iterator[bytes]:
        for call, case in self.calls:
            yield wire.frame((call.function, tuple(call.inputs[case])))
        yield wire.frame(None)

    def to_send(self) -> memoryview:
        """What the child may be sent now: the inputs only once its cells have run."""
        if not self._unsent and self.ready:
            self._unsent = memoryview(next(self._later, b""))
        return self._unsent

    def sent(self, size: int) -> None:
        self._unsent = self._unsent[size:]

    def received(self, data: bytes) -> None:
        """Take what the child has written. Raises Ended when it is not what a child may write."""
        try:
            for value in self._frames.feed(data):
                self._take(value)
        except wire.TooMuch:
            raise Ended(f"sent more than {size(self.limits.answer_bytes)}{self.where()}.") from None
        except wire.BadFrame:
            raise Ended(f"sent something that is not an answer{self.where()}.") from None

    def _take(self, value: object) -> None:
        match value:
            case ("cell", int(cell), int() | None as line, str(error)) if (
                cell == self.cells_run < self.cells
            ):
                self.cells_run += 1
                if error:
                    self.report.cell_errors.append(CellError(cell, line, self._clean(error)))
            case ("ready",) if self.cells_run == self.cells and not self.ready:
                self.ready = True
            case ("answer", int(number), answer) if self._is_next(number):
                self._put(answer)
            case ("error", int(number), str(kind), str(text), int() | None as cell, line) if (
                self._is_next(number) and kind in CALL_ERRORS and isinstance(line, int | None)
            ):
                self._put(CallError(kind, self._clean(text), line, cell))
            case ("changed", int(number), tuple(which)) if 0 <= number == self.answered - 1 and (
                all(type(k) is int for k in which)
            ):
                call, case = self.calls[number]
                self.report.changed[call.key][case] = which
            case ("done",) if self.ready and self.answered == len(self.calls) and not self.done:
                self.done = True
            case _:
                raise wire.BadFrame

    def _is_next(self, number: int) -> bool:
        return self.ready and number == self.answered < len(self.calls)

    def _put(self, answer: object) -> None:
        call, case = self.calls[self.answered]
        self.report.answers[call.key][case] = answer
        self.answered += 1

    def _clean(self, text: str) -> str:
        """`text` cut to size, without control characters (a terminal would obey them)."""
        text = text[: self.limits.text_bytes]
        if text.startswith("MemoryError"):
            text = f"MemoryError: needed more than {size(self.limits.memory_bytes)} of memory"
        return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)

    def judge_end(self, code: int, cpu_seconds: float) -> None:
        """The child is gone, with exit code `code` (minus the signal that killed it).

        Raises Ended or Fault unless the exchange is complete.
        """
        if self.done:
            return
        limits, where = self.limits, self.where()
        if code == -24 or (code == -9 and cpu_seconds >= limits.cpu_seconds):
            raise Ended(
                f"ran longer than {limits.cpu_seconds} s of processor time{where}: "
                "look for a loop that does not end."
            )
        if code == -9:
            raise Fault("the system killed the process (signal 9); is memory short?")
        if code == OUT_OF_MEMORY:
            raise Ended(f"needed more than {size(limits.memory_bytes)} of memory{where}.")
        if code < 0:
            raise Ended(f"crashed{where} (signal {-code}).")
        raise Ended(f"stopped Python (exit code {code}){where} before the checks were done.")

    def too_slow(self) -> Ended:
        return Ended(f"took longer than {self.limits.wall_seconds:g} s{self.where()}.")

    def where(self) -> str:
        """What the submission was doing, as the end of a sentence."""
        if self.cells_run < self.cells:
            return f" in code cell {self.cells_run + 1}"
        if self.answered < len(self.calls):
            return f" while `{self.calls[self.answered][0].function}` was called"
        return ""


def size(count: int) -> str:
    """`count` bytes in words: "1 GiB"."""
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB")):
        if count >= unit:
            return f"{count / unit:.3g} {name}"
    return f"{count} bytes"
