"""Which level of the sandbox holds here: tried with programs that must fail, never guessed."""

import secrets
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from grader.sandbox import bubblewrap
from grader.sandbox.exchange import Ended, Exchange, Fault, Missing
from grader.sandbox.process import Zygote
from grader.sandbox.report import Call, Limits, Report, SandboxUnavailable
from grader.sandbox.visible import Visible, visible

LEVELS = ("hybrid", "files", "strict")

# Each function does what the sandbox must refuse, and returns what it got out of it.
_BAD = """
def see(path):
    import os
    return os.read(os.open(path, os.O_RDONLY), 100)

def write(path):
    import os
    os.write(os.open(path, os.O_WRONLY | os.O_CREAT), b"x")
    return path

def connect(path):
    import socket
    socket.socket(socket.AF_INET).close()
    return "socket"

def multiply(path):
    import os
    if os.fork() == 0:
        os._exit(0)
    return "fork"

def thread(path):
    import threading
    threading.Thread(target=int).start()
    return "thread"

def borrow(path):
    import sys
    sys.path.extend(path.split(":"))
    import torch
    return "torch"

def good(path):
    import numpy as np
    return float(np.linalg.norm(np.ones(4)))
"""
_TRIES = {
    "see": "opened a file that it must not see",
    "write": "wrote a file",
    "connect": "made a socket",
    "multiply": "started a process",
    "thread": "started a thread",
    "borrow": "imported torch",
}


def choose(packages: Sequence[str], level: str | None, unsafe: bool) -> tuple[str, Visible, Zygote]:
    """The level to use, what it shows, and a zygote of it. Raises as `Sandbox` does."""
    if level is not None and level not in LEVELS:
        raise ValueError(f"no level {level!r}: choose from {', '.join(LEVELS)}")
    if sys.platform == "win32" or (sys.platform != "linux" and not unsafe):
        raise SandboxUnavailable(
            "Grading other people's notebooks needs Linux (on Windows, WSL2 will do). "
            "The lessons and their checks work here."
        )
    seen = visible(packages)
    if unsafe:
        return "unsafe", seen, Zygote("unsafe", seen, packages)
    failures, missing = [], None
    for candidate in LEVELS if level is None else (level,):
        try:
            return candidate, seen, start(candidate, seen, packages)
        except Fault as fault:
            failures.append(f"  {candidate}: {fault}")
            missing = fault if isinstance(fault, Missing) else missing
    if missing:
        raise ImportError(f"a package of the exercise does not work in the sandbox: {missing}")
    raise SandboxUnavailable(
        "No sandbox works on this machine, so student code is not run.\n"
        + "\n".join(failures)
        + "\nInstall bubblewrap (`grader doctor --fix`), or grade on a Linux of 2021 or later, "
        "outside a container. "
        "If you trust every student, `--unsafe` grades without a sandbox."
    )


def probe_level(packages: Sequence[str] = ("numpy",)) -> tuple[str | None, dict[str, str]]:
    """The best level that holds here (None: none), and for each level "" or why it does not."""
    found = {}
    for level in LEVELS:
        try:
            choose(packages, level, False)[2].close()
            found[level] = ""
        except SandboxUnavailable as error:
            found[level] = str(error).splitlines()[1].partition(": ")[2]
    return next((level for level in LEVELS if not found[level]), None), found


def start(level: str, seen: Visible, packages: Sequence[str]) -> Zygote:
    """A zygote of `level` which has refused everything it must. Raises Fault."""
    if level == "hybrid" and not bubblewrap.version():
        raise Fault("bubblewrap is not installed")
    zygote = Zygote(level, seen, packages)
    if level == "unsafe":
        return zygote
    try:
        _try(zygote)
    except BaseException:
        zygote.close()
        raise
    return zygote


def _try(zygote: Zygote) -> None:
    secret = secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="grader-probe-") as folder:
        marker, target = Path(folder) / "secret", Path(folder) / "written"
        Path(folder).chmod(
            0o755
        )  # ours, just made: only the sandbox may be what keeps a submission out
        marker.write_text(secret)
        given = {
            "see": str(marker),
            "write": str(target),
            "borrow": ":".join(filter(None, sys.path)),
        }
        calls = [Call(name, name, [(given.get(name, ""),)]) for name in (*_TRIES, "good")]
        report = Report()
        try:
            zygote.run(Exchange([_BAD], calls, Limits(), report))
        except Ended as end:
            raise Fault(f"the probe {end}") from end
        if report.answers["good"] != [2.0]:
            raise Fault(f"NumPy does not work in it: {report.answers['good'][0]}")
        for name, deed in _TRIES.items():
            if getattr(report.answers[name][0], "kind", "") != "raised":
                raise Fault(f"it does not hold: a program {deed}")
        if target.exists():
            raise Fault("it does not hold: a program wrote a file")
