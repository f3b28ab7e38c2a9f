"""A running zygote, seen from outside: started in its cage, given submissions one by one, ended."""

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
from grader.sandbox.exchange import Exchange, Fault, Missing
from grader.sandbox.inside import wire
from grader.sandbox.visible import Visible

INSIDE = Path(__file__).parent / "inside"
NOBODY = 60001  # the user that submissions run as when the grader is root
START_SECONDS = 60.0
_CHUNK = 1 << 20


class Zygote:
    """One zygote, started at `level`. Raises Fault if it does not come up.

    The thread that starts it must live as long: Linux ends both together.
    """

    def __init__(self, level: str, seen: Visible, packages: Sequence[str]) -> None:
        self.children = 0
        self.idle = True  # no child is running
        self._messages = wire.Frames(1 << 62)
        with ExitStack() as undo:
            folder = undo.enter_context(tempfile.TemporaryDirectory(prefix="grader-"))
            self._log = undo.enter_context(tempfile.TemporaryFile())
            self._control, theirs = socket.socketpair()
            undo.callback(self._control.close)
            command, environment, settings = _plan(level, seen, packages, Path(folder))
            with theirs:
                try:
                    self.process = subprocess.Popen(
                        command,
                        stdin=theirs,
                        stdout=self._log,
                        stderr=self._log,
                        env=environment,
                        cwd="/",
                        start_new_session=True,
                    )
                except OSError as error:
                    raise Fault(f"cannot start {command[0]}: {error}") from error
            undo.callback(self._end)
            self._send(settings, ())
            kind, fault, missing = self._receive(START_SECONDS)
            if missing:
                raise Missing(missing)
            if kind != "up" or fault:
                raise Fault(fault)
            self._undo = undo.pop_all()

    def close(self) -> None:
        """Kill it with everything below it, and wait until the last of it is gone."""
        self._undo.close()

    def _end(self) -> None:
        self.process.kill()
        self.process.wait()
        self._control.settimeout(5)
        with suppress(OSError):
            while self._control.recv(_CHUNK):  # ends with the last process that has the other end
                pass

    def run(self, exchange: Exchange) -> None:
        """One submission. Raises Ended or Fault; if not `idle`, its process may still run."""
        self.children += 1
        self.idle = False
        limits = exchange.limits
        with ExitStack() as pipes:
            request, write = _pipe(pipes)
            read, result = _pipe(pipes)
            given = (limits.cpu_seconds, limits.memory_bytes)
            self._send(given, (request.fileno(), result.fileno()))
            request.close()
            result.close()
            started = time.monotonic()
            try:
                code, fault, cpu, memory = self._talk(exchange, write, read, started)
            finally:
                exchange.report.wall_seconds = time.monotonic() - started
        exchange.report.cpu_seconds = cpu
        exchange.report.memory_bytes = memory * (1024 if sys.platform == "linux" else 1)
        if fault:
            raise Fault(f"the cage could not be built: {fault}")
        exchange.judge_end(code, cpu)

    def _talk(self, exchange: Exchange, write, read, started: float) -> tuple:
        """Move bytes both ways until the child has ended; what the zygote says about its end."""
        os.set_blocking(write.fileno(), False)
        os.set_blocking(read.fileno(), False)
        deadline = started + exchange.limits.wall_seconds
        poller = select.poll()
        poller.register(self._control, select.POLLIN)
        poller.register(read, select.POLLIN)
        listens, waits = True, False
        while True:
            wants = listens and bool(exchange.to_send())
            if wants != waits:
                waits = wants
                poller.register(write, select.POLLOUT) if wants else poller.unregister(write)
            left = deadline - time.monotonic()
            ready = dict(poller.poll(left * 1000)) if left > 0 else {}
            if not ready:
                raise exchange.too_slow()
            if write.fileno() in ready:
                try:
                    exchange.sent(os.write(write.fileno(), exchange.to_send()))
                except BrokenPipeError:
                    listens = False
            if read.fileno() in ready and _take(exchange, read) == b"":
                poller.unregister(read)  # it cannot answer any more; the zygote will say why
            if self._control.fileno() in ready:
                kind, *what = self._receive(5)
                if kind != "ended":
                    raise Fault(f"the zygote said {kind!r}")
                self.idle = True
                while _take(exchange, read):
                    pass
                return tuple(what)

    def _send(self, message: object, descriptors: Sequence[int]) -> None:
        try:
            socket.send_fds(self._control, [wire.frame(message)], descriptors)
        except OSError as error:
            raise Fault(f"the zygote is gone: {error}") from error

    def _receive(self, seconds: float) -> tuple:
        self._control.settimeout(seconds)
        while True:
            try:
                data = self._control.recv(_CHUNK)
            except TimeoutError as error:
                raise Fault("the zygote does not answer") from error
            except OSError as error:
                raise Fault(f"the zygote is gone: {error}") from error
            if not data:
                raise Fault(f"the zygote has ended: {self._last_words()}")
            for message in self._messages.feed(data):
                self._control.settimeout(None)
                return message

    def _last_words(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(2)
        self._log.seek(0)
        lines = self._log.read()[-4000:].decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"exit code {self.process.returncode}"


def _plan(level: str, seen: Visible, packages: Sequence[str], folder: Path) -> tuple:
    """The command, its environment, and the settings that the zygote is sent first."""
    python = [str(seen.python), "-I", "-S", "-B", "-X", "utf8"]
    uid = NOBODY if os.geteuid() == 0 else 0
    readable = seen.readable()
    if level == "hybrid":
        command = bubblewrap.command(seen, INSIDE, _environment("/tmp"), root=bool(uid))
        command += [*python, f"{bubblewrap.INSIDE}/zygote.py", bubblewrap.PACKAGES]
        readable += [bubblewrap.INSIDE, bubblewrap.PACKAGES]
        return command, {"PATH": "/usr/bin:/bin"}, (level, tuple(packages), readable, "/tmp", uid)
    view, work = folder / "packages", folder / "work"
    view.mkdir()
    work.mkdir()
    folder.chmod(0o711)  # ours, just made: the submission's user, when it is another, goes through
    for name, place in seen.packages.items():
        (view / name).symlink_to(place)
    command = [*python, str(INSIDE / "zygote.py"), str(view)]
    readable += [str(view), str(INSIDE), *map(str, seen.packages.values())]
    return command, _environment(str(work)), (level, tuple(packages), readable, str(work), uid)


def _environment(home: str) -> dict[str, str]:
    """All that a zygote is told about the world. One BLAS thread: a submission may start none."""
    return {
        "PATH": "/nowhere",
        "HOME": home,
        "LANG": "C.UTF-8",
        "MPLCONFIGDIR": home,
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }


def _pipe(stack: ExitStack):
    """Both ends of a new pipe, to read from and to write to."""
    read, write = os.pipe()
    return (
        stack.enter_context(os.fdopen(read, "rb", 0)),
        stack.enter_context(os.fdopen(write, "wb", 0)),
    )


def _take(exchange: Exchange, read) -> bytes | None:
    """Hand what is there to read to `exchange`; b"" at the end, None if there is nothing yet."""
    data = read.read(_CHUNK)
    if data:
        exchange.received(data)
    return data
