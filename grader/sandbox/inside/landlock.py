"""Landlock: from now on this process and its children see only the files they are allowed to read.

No root is needed and it cannot be undone. https://docs.kernel.org/userspace-api/landlock.html
"""

import ctypes
import os
import struct
from collections.abc import Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same numbers on every architecture
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
# What a kernel of Landlock version 1, 2, ... can refuse; scopes are abstract sockets and signals.
_FILES = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_TCP = {4: 0b11}
_SCOPES = {6: 0b11}
_PR_SET_NO_NEW_PRIVS = 38

_libc = ctypes.CDLL(None, use_errno=True)


def _call(number: int, *arguments: object) -> int:
    result = _libc.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"Landlock: {os.strerror(code)}")
    return result


def version() -> int:
    """The kernel's Landlock version; 0 when it has none."""
    try:
        return _call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    except OSError:
        return 0


def _newest(table: dict[int, int], kernel: int) -> int:
    return max((value for needs, value in table.items() if needs <= kernel), default=0)


def ruleset(paths: Iterable[str], work: str | None = None) -> int:
    """A rule set, as a descriptor: read `paths` and all below them, write in `work`, no more."""
    kernel = version()
    if not kernel:
        raise OSError("this kernel has no Landlock")
    files = _newest(_FILES, kernel)
    attributes = struct.pack("=QQQ", files, _newest(_TCP, kernel), _newest(_SCOPES, kernel))
    size = 8 if kernel < 4 else 16 if kernel < 6 else 24
    rules = _call(_CREATE_RULESET, attributes, ctypes.c_size_t(size), ctypes.c_uint32(0))
    for path in paths:
        _allow(rules, path, _READ_FILE | _READ_DIR)
    if work is not None:
        _allow(rules, work, files)
    return rules


def restrict(rules: int) -> None:
    """Put this process under the rule set `rules`, on top of those that it is under already."""
    if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(NO_NEW_PRIVS)")
    _call(_RESTRICT_SELF, ctypes.c_int(rules), ctypes.c_uint32(0))


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        target = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    if not os.path.isdir(path):
        rights &= _READ_FILE
    rule = struct.pack("=Qi", rights, target)
    _call(_ADD_RULE, ctypes.c_int(rules), ctypes.c_int(1), rule, ctypes.c_uint32(0))
    os.close(target)
