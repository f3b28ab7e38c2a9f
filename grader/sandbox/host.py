"""The trusted side: `Sandbox`, which runs submissions one by one and tries again what failed."""

import time
from collections.abc import Sequence

from grader.sandbox import probe
from grader.sandbox.cells import plain_source
from grader.sandbox.exchange import Ended, Exchange, Fault
from grader.sandbox.process import Zygote
from grader.sandbox.report import Call, Limits, Report

CHILDREN = 300  # after so many a zygote is replaced: its children share an address layout
ATTEMPTS = 3
MOST_SOURCE = 2 << 20  # characters of all cells together
REWRITING_SECONDS = 2.0  # for the magics of one notebook


class Sandbox:
    """Runs submissions, one after the other, where they can do no harm. Use as a context manager.

    `level` is hybrid, files or strict; None takes the first of these that holds on this machine,
    and `box.level` says which. It is tried with programs that must fail, now and whenever the
    zygote is replaced, and never changes afterwards. `unsafe=True` runs submissions in a plain
    child process instead: for people who trust all their students.

    `packages` are the top-level modules that a submission may import beside Python's own. Raises
    SandboxUnavailable when the level does not work here, ImportError for a package that is not
    installed, ValueError for one that would give the answers away.

    >>> with Sandbox(packages=("numpy",)) as box:
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
        self._packages = tuple(packages)
        self._zygote: Zygote | None
        self.level, self._seen, self._zygote = probe.choose(self._packages, level, unsafe)

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
        """Run `cells` in a new process, then answer `calls` there.

        Cells may hold IPython's magics; a cell that raises does not stop those after it. The inputs
        are sent only after all cells have run; every call gets its own copies. Never raises for
        what a submission does; ValueError for calls that have the same key.
        """
        limits = limits or Limits()
        if len({call.key for call in calls}) < len(calls):
            raise ValueError("two calls have the same key: their answers could not be told apart")
        sources, notes = _plain(cells)
        for _ in range(ATTEMPTS):
            report = Report(notes=list(notes))
            exchange = Exchange(sources, calls, limits, report)
            if sum(map(len, sources)) > MOST_SOURCE:
                report.outcome = "student_error"
                report.reason = "Your notebook holds more than 2 MiB of code."
                break
            try:
                self._ready().run(exchange)
                break
            except Ended as end:
                report.outcome, report.reason = "student_error", f"Your notebook {end}"
                if not self._zygote.idle:
                    self.close()
                break
            except Fault as fault:
                report.outcome, report.reason = "infra_error", f"The sandbox failed: {fault}"
                self.close()
            except BaseException:
                self.close()
                raise
        return report

    def _ready(self) -> Zygote:
        """A zygote that can take a submission."""
        if self._zygote is not None and self._zygote.children >= CHILDREN:
            self.close()
        if self._zygote is None:
            self._zygote = probe.start(self.level, self._seen, self._packages)
        return self._zygote


def _plain(cells: Sequence[str]) -> tuple[list[str], list[str]]:
    """The cells as plain Python, and what is left out of them."""
    sources, notes = [], []
    stop = time.monotonic() + REWRITING_SECONDS
    for number, cell in enumerate(cells, 1):
        source, left_out = plain_source(cell, stop - time.monotonic())
        sources.append(source)
        notes += [f"code cell {number}, {note}" for note in left_out]
    return sources, notes[:50]
