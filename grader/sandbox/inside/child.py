"""One submission: runs its cells, calls its functions on what arrives, writes the answers.

Everything here runs in the student's process, so nothing here is to be believed: the host checks
every frame.
"""

import builtins
import errno
import linecache
import os
import sys
import types

import cage
import files
import numpy as np
import wire

_CHUNK = 1 << 20
_RESERVE = 16 << 20  # given back when memory runs out, so that this can still be said
_reserve: np.ndarray | None = None


def live(box: cage.Cage, limits: tuple, pipes: tuple[int, int, int], zygote: int) -> None:
    """The whole life of a child, from the fork on; never returns."""
    try:
        box.lock(limits, pipes, zygote)
    except BaseException as error:
        os.write(cage.REPORT, f"{type(error).__name__}: {error}".encode()[:4000])
        os._exit(1)
    os.write(cage.REPORT, b"caged")
    os.close(cage.REPORT)
    code = 1
    try:
        _answer()
        code = 0
    except MemoryError:
        code = cage.OUT_OF_MEMORY
    finally:
        os._exit(code)


def _answer() -> None:
    global _reserve
    _reserve = np.empty(_RESERVE, np.uint8)  # claimed, not touched
    requests = _requests()
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    cells = next(requests)
    for number, source in enumerate(cells):
        _send(("cell", number, *_run_cell(number, source, module.__dict__)))
    _send(("ready",))
    for number, (function, inputs) in enumerate(requests):
        arrays = [(k, x, x.shape, x.tobytes()) for k, x in enumerate(inputs) if _is_array(x)]
        _send(_call(number, function, inputs, module.__dict__))
        changed = tuple(
            k for k, x, shape, held in arrays if x.shape != shape or x.tobytes() != held
        )
        if changed:
            _send(("changed", number, changed))
    _send(("done",))


def _requests():
    """The frames of the host, one by one: the cells, then a (function, inputs) for each call."""
    frames = wire.Frames(1 << 62)
    while data := os.read(cage.REQUEST, _CHUNK):
        for value in frames.feed(data):
            if value is None:
                return
            yield value


def _send(value: object) -> None:
    data = memoryview(wire.frame(value))
    while data:
        data = data[os.write(cage.RESULT, data) :]


def _run_cell(number: int, source: str, names: dict) -> tuple[int | None, str]:
    """Run one cell; its line and error text, or (None, "")."""
    filename = _filename(number)
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    try:
        exec(_compiled(source, filename), names)
    except BaseException as error:
        return _line(error)[1], _text(error)
    return None, ""


def _compiled(source: str, filename: str) -> types.CodeType:
    try:
        return compile(source, filename, "exec", dont_inherit=True)
    except (
        MemoryError,
        RecursionError,
    ):  # which is how the parser says it, whatever memory there is
        raise SyntaxError("nested too deeply") from None


def _call(number: int, function: str, inputs: tuple, names: dict) -> tuple:
    """The frame that answers one call: its value, or why there is none."""
    found = names.get(function)
    if found is None:
        return "error", number, "missing", f"`{function}` is not defined", None, None
    if not callable(found):
        return (
            "error",
            number,
            "missing",
            f"`{function}` is not a function but a {type(found).__name__}",
            None,
            None,
        )
    try:
        value = _plain(found(*inputs), wire.MAX_DEPTH)
        answer = ("answer", number, value)
        wire.frame(answer)
        return answer
    except wire.NotData as error:
        return (
            "error",
            number,
            "not-data",
            f"returned {error}, expected arrays or numbers",
            None,
            None,
        )
    except NotImplementedError as error:
        return "error", number, "not-implemented", _text(error), *_line(error)
    except BaseException as error:
        return "error", number, "raised", _text(error), *_line(error)


def _is_array(value: object) -> bool:
    return type(value) is np.ndarray


def _plain(value: object, depth: int) -> object:
    """`value` with minigrad's Tensors as arrays."""
    if type(value) in (tuple, list) and depth:
        return type(value)(_plain(item, depth - 1) for item in value)
    if type(value).__name__ == "Tensor" and hasattr(value, "detach"):
        return np.asarray(value.detach().numpy())
    return value


def _filename(number: int) -> str:
    return f"<cell {number}>"


def _line(error: BaseException) -> tuple[int | None, int | None]:
    """The cell and the line where `error` came up: the innermost place that is the student's."""
    place = (None, None)
    trace = error.__traceback__
    while trace is not None:
        place = _place(trace.tb_frame.f_code.co_filename, trace.tb_lineno) or place
        trace = trace.tb_next
    if isinstance(error, SyntaxError):
        place = _place(error.filename, error.lineno) or place
    return place


def _place(filename: object, line: int | None) -> tuple[int, int | None] | None:
    text = str(filename)
    return (int(text[6:-1]), line) if text.startswith("<cell ") else None


def _text(error: BaseException) -> str:
    global _reserve
    if isinstance(error, MemoryError):
        _reserve = None
    name = type(error).__name__
    try:
        message = error.msg if isinstance(error, SyntaxError) else str(error)
    except BaseException:
        message = ""
    if getattr(error, "errno", 0) in (errno.EPERM, errno.EACCES) or "start new thread" in message:
        message += " (files, network, processes and threads are closed while grading)"
    return f"{name}: {message}"[:2000] if message else name


class _Quiet(types.ModuleType):
    """Stands for a module that only notebooks need: all its names are functions that do nothing."""

    __path__ = ()

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return _nothing


class _Shell:
    """What `get_ipython()` gives: the magics of a cell do nothing here (the host notes them)."""

    def __getattr__(self, name: str) -> object:
        return _nothing

    def getoutput(self, *_: object, **__: object) -> list[str]:
        return []


def _nothing(*_: object, **__: object) -> None:
    return None


def prepare() -> None:
    """What a cell finds beside Python's own names; done once, before the first fork."""
    shell = _Shell()
    builtins.get_ipython = lambda: shell
    builtins.display = _nothing
    for name in ("IPython", "IPython.display", "grader", "grader.check", "ipywidgets"):
        sys.modules[name] = _Quiet(name)
    sys.modules["IPython"].display = sys.modules["IPython.display"]

    def leave(code: object = None) -> None:
        raise SystemExit(code)

    builtins.exit = builtins.quit = leave
    files.begin()
