"""Files in memory: what a submission writes, and what it reads where no file can be opened.

While grading nothing is written to a disk, and `plt.savefig("plot.png")` or `np.save("x.npy", x)`
must not cost a student anything: `open` keeps such files in the process, where they can be read
back, and they vanish with it.
"""

import builtins
import io
import os

_held: dict[str, bytes] = {}
_writing_is_kept = False
_open, _exists, _isfile = io.open, os.path.exists, os.path.isfile


def hold(path: str) -> None:
    """Read the file now, so that it can be opened later, by its name and by what that links to."""
    with _open(path, "rb") as file:
        _held[_name(path)] = _held[os.path.realpath(path)] = file.read()


def install() -> None:
    """Put `open` in place; to be done before NumPy is imported, which takes it along."""
    builtins.open = io.open = open_
    os.path.exists = lambda path: _name(path) in _held or _exists(path)
    os.path.isfile = lambda path: _name(path) in _held or _isfile(path)


def begin() -> None:
    """From now on what is written is kept in memory."""
    global _writing_is_kept
    _writing_is_kept = True


def _name(path: object) -> str | None:
    """An absolute name, made without asking the system; None for what is no name."""
    if isinstance(path, int):
        return None
    try:
        return os.path.normpath(os.path.join("/tmp", os.fsdecode(path)))
    except (TypeError, ValueError):
        return None


class _File(io.BytesIO):
    """An open file in memory; if it is `written` to, its contents are held when it is closed."""

    def __init__(self, name: str, data: bytes, written: bool) -> None:
        super().__init__(data)
        self.name, self._written = name, written

    def close(self) -> None:
        if self._written and not self.closed:
            _held[self.name] = self.getvalue()
        super().close()


def open_(
    file: object,
    mode: str = "r",
    buffering: int = -1,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    closefd: bool = True,
    opener: object = None,
) -> object:
    """The built-in `open`, which also knows the files in memory."""
    name = None if opener else _name(file)
    writes = not set(mode).isdisjoint("wax+")
    if name is None or not ((writes and _writing_is_kept) or name in _held):
        return _open(file, mode, buffering, encoding, errors, newline, closefd, opener)
    if "x" in mode and os.path.exists(name):
        raise FileExistsError(17, "File exists", file)
    if "r" in mode and name not in _held:
        with _open(file, "rb") as real:  # r+ of a real file: its copy is changed
            _held[name] = real.read()
    data = b"" if "w" in mode else _held.get(name, b"")
    raw = _File(name, data, writes)
    if "a" in mode:
        raw.seek(0, io.SEEK_END)
    if "b" in mode:
        return raw
    text = io.TextIOWrapper(raw, encoding, errors, newline)
    text.mode = mode
    return text
