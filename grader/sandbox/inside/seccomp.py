"""A seccomp filter: the system calls that computing needs; all others are answered with EPERM.

An allow list: what a future kernel adds is refused from the start. The program is classic BPF,
packed by hand, so no library is needed. https://docs.kernel.org/userspace-api/seccomp_filter.html
"""

import ctypes
import os
import platform
import struct

# Name -> number on (x86_64, aarch64); None where the architecture has no such call.
_COMPUTE = {
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66), "close": (3, 57),
    "fstat": (5, 80), "lseek": (8, 62),
    "mmap": (9, 222), "mprotect": (10, 226), "munmap": (11, 215), "brk": (12, 214),
    "mremap": (25, 216), "madvise": (28, 233),
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "futex": (202, 98), "set_robust_list": (273, 99), "rseq": (334, 293), "membarrier": (324, 283),
    "getpid": (39, 172), "getppid": (110, 173), "gettid": (186, 178),
    "getuid": (102, 174), "geteuid": (107, 175), "getgid": (104, 176), "getegid": (108, 177),
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101), "gettimeofday": (96, 169), "time": (201, None), "times": (100, 153),
    "getitimer": (36, 102), "setitimer": (38, 103), "alarm": (37, None),
    "getrandom": (318, 278), "sched_yield": (24, 124), "sched_getaffinity": (204, 123),
    "getcpu": (309, 168), "getrusage": (98, 165), "sysinfo": (99, 179), "uname": (63, 160),
    "getcwd": (79, 17),
    "poll": (7, None), "ppoll": (271, 73), "select": (23, None), "pselect6": (270, 72),
    "exit": (60, 93), "exit_group": (231, 94), "restart_syscall": (219, 128),
}  # fmt: skip
_READ_FILES = {
    "stat": (4, None), "lstat": (6, None), "newfstatat": (262, 79), "statx": (332, 291),
    "access": (21, None), "faccessat": (None, 48), "faccessat2": (439, 439),
    "readlink": (89, None), "readlinkat": (267, 78), "getdents64": (217, 61),
    "pread64": (17, 67), "dup": (32, 23),
}  # fmt: skip
_PRLIMIT64 = (302, 261)
_OPEN, _OPENAT = (2, None), (257, 56)
_IOCTL, _FCNTL = (16, 29), (72, 25)

# (audit word, column above). x32 shares x86_64's word and is told by bit 30 of the number.
_MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
_X32 = 0x40000000

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | 0o20000000  # O_TMPFILE
_IOCTLS = (0x5401, 0x5451, 0x5450)  # TCGETS, FIOCLEX, FIONCLEX
_FCNTLS = (0, 1, 2, 3, 1030)  # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC

_LOAD, _EQUAL, _GREATER, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050001, 0x80000000  # _REFUSE carries errno 1, EPERM
_NUMBER, _ARCHITECTURE = 0, 4


def _argument(index: int, half: int = 0) -> int:
    """Where argument `index` lies in seccomp_data (little-endian): low word or high one."""
    return 16 + 8 * index + 4 * half


def program(*, files: bool, machine: str | None = None) -> bytes:
    """The filter as BPF; `files` adds the calls that open and read files, never for writing."""
    machine = machine or platform.machine()
    if machine not in _MACHINES:
        raise OSError(
            f"the sandbox knows the system calls of {' and '.join(_MACHINES)}, not of {machine}"
        )
    word, column = _MACHINES[machine]
    code: list[tuple[int, int, int, int]] = []

    def step(operation: int, value: int, yes: int = 0, no: int = 0) -> None:
        code.append((operation, yes, no, value))

    def when(call: tuple[int | None, int | None], *checks: tuple[int, int, int, int]) -> None:
        """Let `call` through if `checks`, which refuse by themselves, let it come to their end."""
        if call[column] is not None:
            step(_EQUAL, call[column], 0, len(checks) + 1)
            code.extend(checks)
            step(_RETURN, _ALLOW)

    def one_of(index: int, values: tuple[int, ...]) -> list[tuple[int, int, int, int]]:
        tests = [(_EQUAL, len(values) - i, 0, value) for i, value in enumerate(values)]
        return [(_LOAD, 0, 0, _argument(index)), *tests, (_RETURN, 0, 0, _REFUSE)]

    def zero(index: int, mask: int = 0xFFFFFFFF, half: int = 0) -> list[tuple[int, int, int, int]]:
        look = (_LOAD, 0, 0, _argument(index, half))
        return [look, (_ANY_BIT, 0, 1, mask), (_RETURN, 0, 0, _REFUSE)]

    step(_LOAD, _ARCHITECTURE)
    step(_EQUAL, word, 1, 0)
    step(_RETURN, _KILL)
    step(_LOAD, _NUMBER)
    step(_GREATER, _X32, 0, 1)
    step(_RETURN, _REFUSE)
    for call in _COMPUTE.values():
        when(call)
    when(_PRLIMIT64, *zero(0), *zero(2), *zero(2, half=1))  # read one's own limits, set none
    if files:
        for call in _READ_FILES.values():
            when(call)
        when(_OPEN, *zero(1, _WRITING))
        when(_OPENAT, *zero(2, _WRITING))
        when(_IOCTL, *one_of(1, _IOCTLS))
        when(_FCNTL, *one_of(1, _FCNTLS))
    step(_RETURN, _REFUSE)
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def apply(code: bytes) -> None:
    """Put this process under the filter `code`, for good."""
    libc = ctypes.CDLL(None, use_errno=True)
    filter_ = _Program(len(code) // 8, code)
    no_new_privs, set_seccomp, mode_filter = 38, 22, 2
    if libc.prctl(no_new_privs, 1, 0, 0, 0) or libc.prctl(
        set_seccomp, mode_filter, ctypes.byref(filter_), 0, 0
    ):
        code_ = ctypes.get_errno()
        raise OSError(code_, f"seccomp: {os.strerror(code_)}")
