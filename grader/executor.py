"""Many jobs on many processors, behind one small interface, so that a cluster can replace it.

    for job, result in executor.run(function, jobs): ...

`function` is a plain function of a module, `job` and result are picklable. A job that raises, and a
job that kills its process, gives an exception as its result; the others go on.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Protocol

_END = object()


class Executor(Protocol):
    def run(self, function: Callable[[Any], Any], jobs: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        """(job, result or Exception), in the order in which jobs end."""
        ...

    def close(self) -> None: ...


class Processes:
    """Local processes, started fresh: a fork would hand our memory on to what they start."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._pool: ProcessPoolExecutor | None = None
        self._busy = False

    def run(self, function: Callable[[Any], Any], jobs: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        waiting = iter(jobs)
        while suspects := (yield from self._round(function, waiting)):
            for job in suspects:  # whoever was under way when a process died, now one by one
                if (yield from self._round(function, iter([job]))):
                    yield job, ChildProcessError("the process that graded it died twice")

    def _round(
        self, function: Callable[[Any], Any], waiting: Iterator[Any]
    ) -> Generator[tuple[Any, Any], None, list[Any]]:
        """Run jobs until all are done or a process dies; returns those then under way."""
        pool = self._started()
        self._busy = True
        running: dict[Future[Any], Any] = {}
        try:
            while True:
                while len(running) < 2 * self.workers and (job := next(waiting, _END)) is not _END:
                    running[pool.submit(function, job)] = job
                if not running:
                    self._busy = False
                    return []
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    error = future.exception()
                    if isinstance(error, BrokenProcessPool):
                        raise error
                    yield running.pop(future), error or future.result()
        except BrokenProcessPool:
            self.close()
            return list(running.values())

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self.workers, multiprocessing.get_context("spawn"), initializer=_follow_parent
            )
        return self._pool

    def close(self) -> None:
        """End the processes; whatever they are still doing is given up."""
        if self._pool is not None:
            if self._busy:
                for process in list((self._pool._processes or {}).values()):
                    process.terminate()
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None


class Inline:
    """The same in this process, one after the other: for tests and for finding faults."""

    def run(self, function: Callable[[Any], Any], jobs: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        for job in jobs:
            try:
                yield job, function(job)
            except Exception as error:
                yield job, error

    def close(self) -> None:
        pass


def _follow_parent() -> None:
    """Leave Ctrl-C to the parent, and end when it ends, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()
