"""The trusted side: starts a zygote in its cage, hands it submissions one by one, and reads what comes back.

Nothing that a submission sends is believed beyond its form. A complete exchange is the only sign of success: an exit
code can be had by anyone.
"""

import os
import select
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from grader.sandbox import bubblewrap
from grader.sandbox.cells import plain_source
from grader.sandbox.inside import wire
from grader.sandbox.report import Call, CallError, CellError, Limits, Report
from grader.sandbox.visible import Visible

INSIDE = Path(__file__).parent / "inside"
NOBODY = 60001  # the user that submissions run as when the grader is root
CHILDREN = 300  # after so many a zygote is replaced: its children share an address layout
START_SECONDS = 60.0
ATTEMPTS = 3
MOST_SOURCE = 2 << 20  # bytes of all cells together
_CHUNK = 1 << 20


class Fault(Exception):
    """The sandbox failed, not the submission."""


class Ended(Exception):
    """The submission ended early by its own doing; the text completes "Your notebook ..."."""


class Zygote:
    """One started zygote. Raises Fault if it does not come up."""

    def __init__(self, level: str, seen: Visible, packages: Sequence[str]) -> None:
        self.children = 0
        self.messages = wire.Frames(1 << 62)
        with ExitStack() as undo:
            folder = undo.enter_context(tempfile.TemporaryDirectory(prefix="grader-"))
            self.control, theirs = socket.socketpair()
            undo.callback(self.control.close)
            self.log = undo.enter_context(tempfile.TemporaryFile())
            command, environment, settings = self._plan(level, seen, packages, Path(folder))
            try:
                self.process = subprocess.Popen(
                    command, stdin=theirs, stdout=self.log, stderr=self.log, env=environment, cwd="/",
                    start_new_session=True,
                )  # fmt: skip
            except OSError as error:
                raise Fault(f"cannot start {command[0]}: {error}") from error
            finally:
                theirs.close()
            undo.callback(self._end)
            self._send(settings)
            kind, trouble = self._receive(time.monotonic() + START_SECONDS)
            if kind != "up" or trouble:
                raise Fault(trouble)
            self._undo = undo.pop_all()

    def _plan(self, level: str, seen: Visible, packages: Sequence[str], folder: Path) -> tuple:
        """The command, its environment, and the settings that the zygote gets first."""
        python = [str(seen.python), "-I", "-S", "-B", "-X", "utf8"]
        root = os.geteuid() == 0
        readable = seen.readable()
        if level == "hybrid":
            environment = _environment("/tmp")
            command = bubblewrap.command(seen, INSIDE, environment, root=root)
            command += [*python, f"{bubblewrap.INSIDE}/zygote.py", bubblewrap.PACKAGES]
            readable += [bubblewrap.INSIDE, bubblewrap.PACKAGES]
            settings = level, tuple(packages), readable, "/tmp", NOBODY if root else 0
            return command, {"PATH": "/usr/bin:/bin"}, settings
        view, work = folder / "packages", folder / "work"
        view.mkdir()
        work.mkdir()
        for name, place in seen.packages.items():
            (view / name).symlink_to(place)
        command = [*python, str(INSIDE / "zygote.py"), str(view)]
        readable += [str(view), str(INSIDE), *map(str, seen.packages.values())]
        settings = level, tuple(packages), readable, str(work), NOBODY if root else 0
        return command, _environment(str(work)), settings

    def run(
        self, sources: list[str], calls: Sequence[Call], limits: Limits, report: Report
    ) -> None:
        """One submission, its results put into `report`. Raises Ended or Fault."""
        self.children += 1
        with ExitStack() as pipes:
            request, write = _pipe(pipes)
            read, result = _pipe(pipes)
            settings = wire.frame((limits.cpu_seconds, limits.memory_bytes))
            try:
                socket.send_fds(self.control, [settings], [request.fileno(), result.fileno()])
            except OSError as error:
                raise Fault(f"the zygote is gone: {error}") from error
            request.close()
            result.close()
            exchange = _Exchange(sources, calls, limits, report)
            self._talk(exchange, write, read)

    def _talk(self, exchange: "_Exchange", write, read) -> None:
        """Move bytes both ways until the child has ended, and say why it ended if that was too early."""
        os.set_blocking(write.fileno(), False)
        os.set_blocking(read.fileno(), False)
        started = time.monotonic()
        deadline = started + exchange.limits.wall_seconds
        poller = select.poll()
        poller.register(self.control, select.POLLIN)
        poller.register(read, select.POLLIN)
        poller.register(write, select.POLLOUT)
        writing = True
        while True:
            left = deadline - time.monotonic()
            ready = dict(poller.poll(max(0, left * 1000))) if left > 0 else {}
            exchange.report.wall_seconds = time.monotonic() - started
            if not ready:
                raise Ended(exchange.too_slow())
            if write.fileno() in ready:
                try:
                    exchange.sent(os.write(write.fileno(), exchange.to_send()))
                except BlockingIOError:
                    pass
                except BrokenPipeError:
                    exchange.closed = True
            if read.fileno() in ready:
                self._read(exchange, read, poller)
            if self.control.fileno() in ready:
                kind, *what = self._receive(deadline + 5)
                if kind != "ended":
                    raise Fault(f"the zygote said {kind}")
                while self._read(exchange, read, poller):
                    pass
                return self._judge_end(exchange, *what)
            if writing != bool(exchange.to_send()):
                writing = not writing
                poller.register(write, select.POLLOUT) if writing else poller.unregister(write)
        return None

    def _read(self, exchange: "_Exchange", read, poller) -> bool:
        """Take what there is to read; False if there was nothing."""
        try:
            data = os.read(read.fileno(), _CHUNK)
        except BlockingIOError:
            return False
        if not data:
            with suppress(KeyError):
                poller.unregister(read)
            return False
        exchange.received(data)
        return True

    def _judge_end(
        self, exchange: "_Exchange", code: int, fault: str, cpu: float, memory: int
    ) -> None:
        report, limits = exchange.report, exchange.limits
        report.cpu_seconds = cpu
        report.memory_bytes = memory * (1024 if sys.platform == "linux" else 1)
        if fault:
            raise Fault(f"the cage could not be built: {fault}")
        if exchange.done:
            return
        if code == -24 or (code == -9 and cpu >= limits.cpu_seconds):
            raise Ended(
                f"ran longer than {limits.cpu_seconds} s of processor time{exchange.where()}: "
                "look for a loop that does not end."
            )
        if code == -9:
            raise Fault("the system killed the process (signal 9); is memory short?")
        if code < 0:
            raise Ended(f"crashed{exchange.where()} (signal {-code}).")
        raise Ended(
            f"stopped Python (exit code {code}){exchange.where()} before the checks were done."
        )

    def _send(self, message: object) -> None:
        try:
            self.control.sendall(wire.frame(message))
        except OSError as error:
            raise Fault(f"the zygote is gone: {error}") from error

    def _receive(self, deadline: float) -> tuple:
        while True:
            self.control.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                data = self.control.recv(1 << 16)
            except TimeoutError as error:
                raise Fault("the zygote does not answer") from error
            except OSError as error:
                raise Fault(f"the zygote is gone: {error}") from error
            finally:
                self.control.settimeout(None)
            if not data:
                raise Fault(f"the zygote has ended: {self._last_words()}")
            if values := self.messages.feed(data):
                return values[0]

    def _last_words(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(2)
        self.log.seek(0)
        lines = self.log.read()[-2000:].decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"exit code {self.process.returncode}"

    def _end(self) -> None:
        """Kill it with everything below it, and wait until the last of it is gone."""
        self.process.kill()
        self.process.wait()
        self.control.settimeout(5)
        with suppress(OSError):
            while self.control.recv(
                1 << 16
            ):  # ends when the last process that holds the other end has
                pass

    def close(self) -> None:
        self._undo.close()


class _Exchange:
    """What has been sent and received of one submission: the order of frames, and nothing else, counts."""

    def __init__(
        self, sources: list[str], calls: Sequence[Call], limits: Limits, report: Report
    ) -> None:
        self.report, self.limits = report, limits
        self.cells = len(sources)
        self.calls = [(call, case) for call in calls for case in range(len(call.inputs))]
        report.answers = {
            call.key: [CallError("not-reached", "the process had ended before")] * len(call.inputs)
            for call in calls
        }
        self.frames = wire.Frames(limits.answer_bytes)
        self.cells_done = self.answered = 0
        self.ready = self.done = self.closed = False
        self._out = memoryview(wire.frame(sources))
        self._later = self._cases()

    def _cases(self):
        for call, case in self.calls:
            yield wire.frame((call.function, tuple(call.inputs[case])))
        yield wire.frame(None)

    def to_send(self) -> memoryview | bytes:
        """What the child may be sent now: the inputs only once its cells have run."""
        if not self._out and self.ready:
            self._out = memoryview(next(self._later, b""))
        return b"" if self.closed else self._out

    def sent(self, size: int) -> None:
        self._out = self._out[size:]

    def received(self, data: bytes) -> None:
        try:
            for value in self.frames.feed(data):
                self._take(value)
        except wire.TooMuch as error:
            raise Ended(f"sent more than {_size(self.limits.answer_bytes)}.") from error
        except (wire.BadFrame, ValueError) as error:
            raise Ended(f"sent something that is not an answer{self.where()}.") from error

    def _take(self, value: object) -> None:
        match value:
            case ("cell", int(number), int() | None as line, str(error)) if (
                number == self.cells_done < self.cells
            ):
                self.cells_done += 1
                if error:
                    self.report.cell_errors.append(CellError(number, line, self._clean(error)))
            case ("ready",) if self.cells_done == self.cells and not self.ready:
                self.ready = True
            case ("answer", int(number), answer) if self._is_next(number):
                self._put(answer)
            case (
                "error",
                int(number),
                str(kind),
                str(message),
                int() | None as cell,
                int() | None as line,
            ) if self._is_next(number):
                self._put(CallError(self._clean(kind), self._clean(message), line, cell))
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
        """`text` without control characters (a terminal would obey them), cut to size."""
        text = "".join(
            c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}"
            for c in text[: self.limits.text_bytes]
        )
        return text

    def where(self) -> str:
        if self.cells_done < self.cells:
            return f" in code cell {self.cells_done + 1}"
        if self.answered < len(self.calls):
            return f" while `{self.calls[self.answered][0].function}` was called"
        return ""

    def too_slow(self) -> str:
        return f"took longer than {self.limits.wall_seconds:g} s{self.where()}."


def _pipe(stack: ExitStack):
    read, write = os.pipe()
    return (
        stack.enter_context(os.fdopen(read, "rb", 0)),
        stack.enter_context(os.fdopen(write, "wb", 0)),
    )


def _environment(home: str) -> dict[str, str]:
    return {
        "PATH": "/nowhere",
        "HOME": home,
        "LANG": "C.UTF-8",
        "MPLCONFIGDIR": home,
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }


def _size(size: int) -> str:
    return f"{size >> 20} MiB" if size >= 1 << 20 else f"{size} bytes"


class Sandbox:
    """Runs submissions, one after the other, where they can do no harm. Use as a context manager.

    `level` is hybrid, files or strict; None takes the first of these that holds on this machine. What it is to be is
    tried with programs that must fail before the first submission, and again whenever the zygote is replaced.
    `unsafe=True` runs submissions in a plain child process instead: for people who trust all their students.
    Raises SandboxUnavailable when the level does not work here, ImportError for a package that is not installed.

    >>> with Sandbox() as box:
    ...     report = box.run(["def double(x): return 2 * x"], [Call("d", "double", [(21,)])])
    >>> report.outcome, report.answers
    ('ok', {'d': [42]})
    """

    level: str

    def __init__(
        self,
        packages: Sequence[str] = ("numpy", "matplotlib"),
        level: str | None = None,
        unsafe: bool = False,
    ) -> None:
        from grader.sandbox import probe

        self.packages = tuple(packages)
        self._zygote: Zygote | None = None
        self.level, self._seen, self._zygote = probe.choose(self.packages, level, unsafe)

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the zygote and whatever is left of a submission."""
        if self._zygote is not None:
            self._zygote.close()
            self._zygote = None

    def run(
        self, cells: Sequence[str], calls: Sequence[Call] = (), limits: Limits | None = None
    ) -> Report:
        """Run `cells` in a new process, then answer `calls` there. Never raises for what a submission does."""
        limits = limits or Limits()
        if len({call.key for call in calls}) < len(calls):
            raise ValueError("two calls have the same key: their answers could not be told apart")
        sources, notes = _plain(cells)
        if sum(map(len, sources)) > MOST_SOURCE:
            return Report(
                "student_error", "Your notebook holds more than 2 MiB of code.", notes=notes
            )
        for _ in range(ATTEMPTS):
            report = Report(notes=list(notes))
            try:
                if self._zygote is None or self._zygote.children >= CHILDREN:
                    self._restart()
                self._zygote.run(sources, calls, limits, report)
                return report
            except Ended as end:
                report.outcome, report.reason = "student_error", f"Your notebook {end}"
                self.close()  # it may still be running, and a zygote whose child misbehaved is not used again
                return report
            except Fault as fault:
                report.outcome, report.reason = "infra_error", f"The sandbox failed: {fault}"
                self.close()
        return report

    def _restart(self) -> None:
        from grader.sandbox import probe

        self.close()
        self._zygote = probe.start(self.level, self._seen, self.packages)


def _plain(cells: Sequence[str]) -> tuple[list[str], list[str]]:
    sources, notes = [], []
    for number, cell in enumerate(cells, 1):
        source, left_out = plain_source(cell)
        sources.append(source)
        notes += [f"code cell {number}, {note}" for note in left_out]
    return sources, notes[:50]
