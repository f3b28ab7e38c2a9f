"""What makes a process harmless: limits, another user, Landlock, seccomp; each step for good."""

import ctypes
import errno
import fcntl
import os
import resource
import signal
import struct
import sys

LINUX = sys.platform == "linux"
if LINUX:
    import landlock
    import seccomp

REQUEST, RESULT, REPORT = (
    3,
    4,
    5,
)  # a child's descriptors; the last is closed before student code runs
_RULES = 6  # and one more while the cage is being built
CONTROL, _NULL, _SIZE = 10, 11, 12  # the zygote's; what arrives with a message goes above 20
_ABOVE = 20
_MOST = 256  # no descriptor of the zygote or a child is higher
OUT_OF_MEMORY = 77  # the exit code that says so
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4


class Cage:
    """The zygote's side: what it restricts in itself before it imports anything, and in each child.

    `level` is hybrid, files, strict or unsafe; `readable` the paths that may be read, `work` the
    zygote's own scratch folder, `uid` the user to become when started as root (0: stay).
    """

    def __init__(self, level: str, readable: list[str], work: str, uid: int) -> None:
        self.level, self.uid, self.rules = level, uid, None
        _limit(resource.RLIMIT_NOFILE, min(_MOST, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        os.dup2(os.open(os.devnull, os.O_RDWR), _NULL, inheritable=False)
        if LINUX:
            _die_with_parent()
            os.dup2(os.open("/proc/self/statm", os.O_RDONLY), _SIZE, inheritable=False)
        if level in ("hybrid", "files"):
            own = landlock.ruleset(readable, work)
            landlock.restrict(own)
            os.close(own)
            self.rules = move_up(landlock.ruleset(readable))
        if level != "unsafe":
            self.filter = seccomp.program(files=level != "strict")

    def drop_root(self) -> None:
        """Become user `uid`; done after everything is imported, which may take root to read."""
        if self.uid and os.geteuid() == 0:
            try:
                os.setgroups([])
                os.setresgid(self.uid, self.uid, self.uid)
                os.setresuid(self.uid, self.uid, self.uid)
            except OSError as error:
                if not LINUX or error.errno not in (errno.EINVAL, errno.EPERM):
                    raise
                _drop_capabilities()  # root of a user namespace that has no other user
            if LINUX:
                _die_with_parent()  # the kernel forgets it when the user changes

    def lock(self, limits: tuple, pipes: tuple[int, int, int], zygote: int) -> None:
        """Turn the process just forked from `zygote` into the submission's. May raise anything."""
        cpu_seconds, memory_bytes = limits
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        moved = [move_up(pipe) for pipe in pipes]  # first all, so that none is overwritten
        for here, there in zip(moved, (REQUEST, RESULT, REPORT), strict=True):
            os.dup2(here, there, inheritable=False)
        os.dup2(_NULL if self.rules is None else self.rules, _RULES, inheritable=False)
        for stream in (0, 1, 2):
            os.dup2(_NULL, stream)
        if LINUX:
            pages = int(os.pread(_SIZE, 4096, 0).split()[0])
            _limit(resource.RLIMIT_AS, pages * resource.getpagesize() + memory_bytes)
        os.closerange(_RULES + 1, _MOST)
        os.environ.clear()

        if LINUX:
            _die_with_parent()
            if os.getppid() != zygote:
                raise OSError("the zygote is gone")
            _prctl(_PR_SET_DUMPABLE, 0)
            _limit(resource.RLIMIT_MSGQUEUE, 0)
        _limit(resource.RLIMIT_MEMLOCK, 0)
        _limit(resource.RLIMIT_NPROC, 0)
        _limit(resource.RLIMIT_NOFILE, 64)
        _limit(resource.RLIMIT_FSIZE, 0)
        _limit(resource.RLIMIT_CORE, 0)
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
        if self.rules is not None:
            landlock.restrict(_RULES)
        os.close(_RULES)
        if self.level != "unsafe":
            seccomp.apply(self.filter)


def move_up(descriptor: int) -> int:
    """The same open file out of the way of the fixed descriptors; the old number is closed."""
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _ABOVE)
    os.close(descriptor)
    return moved


def _limit(which: int, value: int) -> None:
    resource.setrlimit(which, (value, value))


def _die_with_parent() -> None:
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _drop_capabilities() -> None:
    version_3, myself = 0x20080522, 0
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.capset(struct.pack("=Ii", version_3, myself), bytes(24)):
        raise OSError(ctypes.get_errno(), "capset")


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0):
        raise OSError(ctypes.get_errno(), f"prctl {option}")
