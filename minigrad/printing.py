"""The text of a tensor, exactly as torch prints it.

The work has three steps, one function each: `_shown` cuts a large array down to its edges, `_texts`
writes every number the same way, and `_layout` puts brackets, commas and line breaks around the
texts. `array_text` adds what stands around the numbers (`dtype=...`, `requires_grad=True`) and
`tensor_text` finds out what that is.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np

from . import dtypes, errors

# How tensors are printed; `set_printoptions` explains the fields.
options = SimpleNamespace(precision=4, threshold=1000, edgeitems=3, linewidth=80, sci_mode=None)

_PROFILES: dict[str, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Change how all tensors are printed from now on. What is not given stays as it is.

    Args:
        precision: digits after the point (4 at the start).
        threshold: a tensor with more elements than this is shown as a summary (1000 at the start).
        edgeitems: how many items a summary shows at each end of a dimension (3 at the start).
        linewidth: characters in a line (80 at the start).
        profile: "default", "short" or "full" sets the four above at once; values given beside it
            win.
        sci_mode: True or False forces 1.0000e+00 on or off. None, also when left out, chooses by
            the numbers, so every call resets it, as in torch.

    Raises:
        ValueError: `profile` is not one of the three names. (torch ignores such a name without a
            word.)

    Example:
        >>> import numpy as np
        >>> set_printoptions(precision=2)
        >>> print(array_text(np.float32([1.12345])))
        tensor([1.12])
        >>> set_printoptions(profile="default")
        >>> print(array_text(np.float32([1.12345])))
        tensor([1.1235])
    """
    if profile is not None and profile not in _PROFILES:
        raise errors.print_profile(", ".join(_PROFILES), profile)
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    chosen = _PROFILES.get(profile, {}) | {k: v for k, v in given.items() if v is not None}
    for name, value in chosen.items():
        setattr(options, name, value)
    options.sci_mode = sci_mode


def get_printoptions() -> dict[str, Any]:
    """The options in use, ready to be given back as `set_printoptions(**...)`.

    Example:
        >>> get_printoptions()["linewidth"]
        80
    """
    return dict(vars(options))


@contextlib.contextmanager
def printoptions(**changes: Any) -> Iterator[None]:
    """Change the options inside a `with` block only; takes what `set_printoptions` takes.

    Example:
        >>> import numpy as np
        >>> with printoptions(sci_mode=True):
        ...     print(array_text(np.float32([1.5])))
        tensor([1.5000e+00])
    """
    before = get_printoptions()
    set_printoptions(**changes)
    try:
        yield
    finally:
        set_printoptions(**before)


def tensor_text(tensor: Any, prefix: str = "tensor(") -> str:
    """The text of `tensor`: what `repr` and `str` of a tensor return.

    Args:
        tensor: anything with `device`, `grad_fn`, `requires_grad` and `_array()`, which gives its
            numbers as a NumPy array wherever the tensor lives.
        prefix: what stands before the numbers; following lines are indented by its length.
    """
    before, after = [], []
    if tensor.device.type != "cpu":
        before.append(f"device='{tensor.device}'")
    try:
        node = tensor.grad_fn
    except RuntimeError:  # a view that was changed in a way that autograd cannot follow
        after.append("grad_fn=<Invalid>")
        node = None
    if node is not None:
        after.append(f"grad_fn=<{type(node).__name__}>")
    elif not after and tensor.requires_grad:
        after.append("requires_grad=True")
    return array_text(tensor._array(), prefix=prefix, before=before, after=after)


def array_text(
    array: np.ndarray | np.generic,
    *,
    prefix: str = "tensor(",
    before: Iterable[str] = (),
    after: Iterable[str] = (),
) -> str:
    """The text of `array`, with its size and dtype where the numbers do not tell them.

    Args:
        array: bool, integer or real floating point numbers, of any shape.
        prefix: what stands before the numbers; following lines are indented by its length.
        before, after: suffixes such as "device='cuda:0'" or "requires_grad=True" that stand before
            and after `size=...` and `dtype=...`.

    Example:
        >>> import numpy as np
        >>> array_text(np.float32([1, 2]), after=["requires_grad=True"])
        'tensor([1., 2.], requires_grad=True)'
        >>> array_text(np.zeros((0, 3)))
        'tensor([], size=(0, 3), dtype=minigrad.float64)'
    """
    array = np.asarray(array)
    indent = len(prefix)
    suffixes = list(before)
    empty = array.size == 0
    if (empty and array.ndim != 1) or not (empty or options.edgeitems):
        suffixes.append(f"size={array.shape}")
    if not _seen_from_numbers(array):
        suffixes.append(f"dtype=minigrad.{array.dtype.name}")
    suffixes += after
    return _with_suffixes(prefix + _numbers_text(array, indent), suffixes, indent)


def _seen_from_numbers(array: np.ndarray) -> bool:
    """Whether the text needs no dtype: 1. is the default dtype, 1 is int64, True is bool."""
    if array.dtype == dtypes.get_default_dtype().numpy:
        return True
    return array.size > 0 and array.dtype in (np.int64, np.bool_)


def _numbers_text(array: np.ndarray, indent: int) -> str:
    """The numbers and their brackets; lines after the first start `indent` characters in."""
    if array.size == 0:
        return "[]"
    if array.size > options.threshold:
        cut = tuple(n > 2 * options.edgeitems for n in array.shape)
        array = _shown(array, cut)
    else:
        cut = (False,) * array.ndim
    texts, width = _texts(array)
    if array.ndim == 0:
        return texts[0]
    return _layout(texts, array.shape, cut, indent, width)


def _shown(array: np.ndarray, cut: tuple[bool, ...]) -> np.ndarray:
    """The first and last `edgeitems` items of every dimension that is to be cut."""
    edge = options.edgeitems
    for axis, is_cut in enumerate(cut):
        if is_cut:
            n = array.shape[axis]
            array = array.take([*range(edge), *range(n - edge, n)], axis)
    return array


def _texts(array: np.ndarray) -> tuple[list[str], int]:
    """Each number as text, padded to one width, and that width.

    Zeros, infinities and nan do not count for the width, nor for the choice between 1., 1.0000 and
    1.0000e+00: that is why `tensor([nan, 1.])` is not aligned, here as in torch.
    """
    values = array.ravel().tolist()
    if array.dtype.kind != "f":
        texts = [str(value) for value in values]
        width = max(map(len, texts), default=1)
    else:
        counting = [value for value in values if value and math.isfinite(value)]
        write = _writer(counting)
        texts = [write(value) for value in values]
        if len(counting) == len(values):
            width = max(map(len, texts), default=1)
        else:
            width = max((len(write(value)) for value in counting), default=1)
    return [text.rjust(width) for text in texts], width


def _writer(counting: list[float]) -> Callable[[float], str]:
    """The function that writes one number, chosen by all finite nonzero numbers together."""
    scientific = f"{{:.{options.precision}e}}".format
    fixed = f"{{:.{options.precision}f}}".format
    if not counting:
        return _whole
    if options.sci_mode is None:
        sizes = [abs(value) for value in counting]
        low, high = min(sizes), max(sizes)
        if high / low > 1000.0 or high > 1.0e8 or low < 1.0e-4:
            return scientific
    elif options.sci_mode:
        return scientific
    return _whole if all(value.is_integer() for value in counting) else fixed


def _whole(value: float) -> str:
    """A float without fraction: `3.`; nan and inf need no point to be seen as floats."""
    return f"{value:.0f}." if math.isfinite(value) else str(value)


def _layout(
    texts: list[str], shape: tuple[int, ...], cut: tuple[bool, ...], indent: int, width: int
) -> str:
    """Brackets and commas around `texts`; a dimension that was cut gets an ellipsis inside."""
    edge = options.edgeitems
    if len(shape) == 1:
        items = [*texts[:edge], " ..." if edge else "...", *texts[edge:]] if cut[0] else texts
        per_line = max(1, (options.linewidth - indent) // (width + 2))
        lines = [", ".join(items[i : i + per_line]) for i in range(0, len(items), per_line)]
        return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
    step = len(texts) // shape[0] if shape[0] else 0
    blocks = [
        _layout(texts[i * step : (i + 1) * step], shape[1:], cut[1:], indent + 1, width)
        for i in range(shape[0])
    ]
    if cut[0]:
        blocks.insert(edge, "...")
    return "[" + ("," + "\n" * (len(shape) - 1) + " " * (indent + 1)).join(blocks) + "]"


def _with_suffixes(text: str, suffixes: list[str], indent: int) -> str:
    """`text`, suffixes and closing bracket; a suffix too long for its line starts a new one."""
    # Lines break where torch breaks them, so we count as it does: one column too many to start
    # with, and the length that a suffix has with torch's shorter name in it.
    used = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        length = len(suffix.replace("minigrad.", "torch."))
        if used + length + 2 > options.linewidth:
            text += ",\n" + " " * indent + suffix
            used = indent + length
        else:
            text += ", " + suffix
            used += length + 2
    return text + ")"
