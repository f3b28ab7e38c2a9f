"""The parent of all submissions: imports everything once, then forks one child a submission.

Started by the host as `python -I -S zygote.py PACKAGES`, its standard input being the control
socket. It holds no secret: a submission travels through pipes that the zygote only hands on. The
host hears of trouble with the machinery on the control socket alone, and no child can reach that.
"""

import gc
import os
import signal
import socket
import sys
from select import POLLIN, poll

sys.path.insert(0, sys.argv[1])
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import files

files.install()  # before anything imports NumPy, which keeps the `open` that it finds

import cage  # noqa: E402
import child  # noqa: E402
import preload  # noqa: E402
import wire  # noqa: E402

del sys.path[0]


def main() -> None:
    os.dup2(0, cage.CONTROL, inheritable=False)
    control = socket.socket(fileno=cage.CONTROL)
    messages = wire.Frames(1 << 62)
    (level, packages, readable, work, uid), _ = receive(control, messages)
    missing = fault = ""
    try:
        box = cage.Cage(level, readable, work, uid)
        missing = preload.load(packages)
        box.drop_root()
    except (OSError, ValueError) as error:
        fault = f"{type(error).__name__}: {error}"
    child.prepare()
    gc.collect()
    gc.freeze()  # children share these pages; a collection would touch, and so copy, them
    control.sendall(wire.frame(("up", fault, missing)))
    if fault or missing:
        return

    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    zygote = os.getpid()
    while True:
        limits, (request, result) = receive(control, messages)
        setup, report = os.pipe()
        pid = os.fork()
        if pid == 0:
            child.live(box, limits, (request, result, report), zygote)
        for descriptor in (request, result, report):
            os.close(descriptor)
        status, usage = watch(pid, control, woken)
        word = os.read(setup, 4096).decode(errors="replace")
        os.close(setup)
        fault = "" if word == "caged" else word or "the child never started"
        seconds = usage.ru_utime + usage.ru_stime
        control.sendall(
            wire.frame(
                ("ended", os.waitstatus_to_exitcode(status), fault, seconds, usage.ru_maxrss)
            )
        )


def receive(control: socket.socket, messages: wire.Frames) -> tuple[tuple, list[int]]:
    """The next message and the descriptors with it; ends the zygote when the host is gone."""
    descriptors: list[int] = []
    while True:
        data, arrived, _, _ = socket.recv_fds(control, 1 << 16, 2)
        if not data:
            os._exit(0)
        descriptors += map(cage.move_up, arrived)
        for message in messages.feed(data):
            return message, descriptors


def watch(pid: int, control: socket.socket, woken: int) -> tuple[int, object]:
    """Wait until child `pid` has ended. Nothing is sent meanwhile but the end of the host."""
    poller = poll()
    poller.register(control, POLLIN)
    poller.register(woken, POLLIN)
    while True:
        ready = dict(poller.poll())
        if control.fileno() in ready:
            os._exit(0)  # the child dies with its parent
        os.read(woken, 4096)
        done, status, usage = os.wait4(pid, os.WNOHANG)
        if done:
            return status, usage


if __name__ == "__main__":
    main()
