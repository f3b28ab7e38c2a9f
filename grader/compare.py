"""Compares an answer with the truth, and says what differs first: structure, shape, kind, value.

An answer may be anything a student can return, so nothing here calls its methods: only exact NumPy
arrays, NumPy numbers and Python numbers are read, everything else is described by its type's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from grader.task import Arrays

# (rtol, atol): float64 to nine digits, float32 to five; a GPU's float32 sums in another order.
FLOAT64 = (1e-9, 1e-9)
FLOAT32 = (1e-5, 1e-6)
CUDA_FLOAT32 = (1e-4, 1e-6)


@dataclass(frozen=True)
class Difference:
    """What differs first.

    kind    which rung of the ladder it stands on
    says    one sentence: "grad_b at [1, 2]: yours 0.3, PyTorch 0.6"
    result  the number of the result it is about, or None when it is about all of them
    at      the index of the first wrong number, for kind "value"
    wrong   a mask of the wrong numbers, for kind "value"
    """

    kind: Literal["structure", "shape", "kind", "value"]
    says: str
    result: int | None = None
    at: tuple[int, ...] | None = None
    wrong: np.ndarray | None = None


def tolerance(one: np.dtype, other: np.dtype, device: str = "cpu") -> tuple[float, float]:
    """(rtol, atol) for two dtypes: float32's as soon as one of them holds no more than float32.

    >>> tolerance(np.dtype("float64"), np.dtype("float32"))
    (1e-05, 1e-06)
    """
    if all(d.kind in "iu" or d.itemsize >= 8 for d in (one, other)):
        return FLOAT64
    return FLOAT32 if device == "cpu" else CUDA_FLOAT32


def compare(answer: Any, expected: Arrays, names: Sequence[str] = ()) -> Difference | None:
    """None when the answer is right, otherwise what differs first.

    Right are: a tuple or a list of the results; where there is one result also the bare value;
    float64 for float32 and the other way round (with float32's tolerance); Python numbers for
    results of shape (); integers of equal value. Wrong are bools, objects, complex numbers.
    names are the results' names in the sentence.

    >>> compare(np.array([1.0, 2.0]), (np.array([1.0, 3.0]),), ["grad_a"]).says
    'grad_a at [1]: yours 2.0, PyTorch 3.0'
    >>> compare([1, 2.0], (np.array(1.0), np.array(2.0))) is None
    True
    """
    if answer is None:
        return Difference(
            "structure", "None came back: is a `return` missing? (`print` only shows.)"
        )
    wanted = len(expected)
    names = list(names) if len(names) == wanted else _numbered(wanted)
    parts = _parts(answer)
    if wanted > 1 and parts is None:
        many = f"{wanted} results, ({', '.join(names)})"
        return Difference("structure", f"{describe(answer)} came back instead of {many}")
    if parts is None:
        parts = (answer,)
    if type(answer) is list and wanted == 1 != len(parts):
        parts = (answer,)  # numbers that were meant to be an array
    if len(parts) != wanted:
        came = f"{len(parts)} result{'' if len(parts) == 1 else 's'} came back"
        asked = f"{wanted}, ({', '.join(names)})" if wanted > 1 else f"one, {names[0]}"
        return Difference("structure", f"{came} instead of {asked}")

    arrays = [_array(part) for part in parts]
    for k, (array, part) in enumerate(zip(arrays, parts, strict=True)):
        if array is None:
            said = f"{names[k]} is {describe(part)}, not an array of numbers"
            if type(part) is list or type(part) is tuple:
                said += "; `np.array(...)` makes it one"
            return Difference("structure", said, k)
    for k, (array, truth) in enumerate(zip(arrays, expected, strict=True)):
        if array.shape != truth.shape:
            said = f"{names[k]} has shape {array.shape}, PyTorch's has {truth.shape}"
            return Difference("shape", said, k)
    for k, (array, truth) in enumerate(zip(arrays, expected, strict=True)):
        if array.dtype.kind == "b" != truth.dtype.kind:
            return Difference("kind", f"{names[k]} holds True and False instead of numbers", k)
    for k, (array, truth) in enumerate(zip(arrays, expected, strict=True)):
        wrong = _wrong(array, truth, *tolerance(array.dtype, truth.dtype))
        if wrong.any():
            at = tuple(int(i) for i in np.argwhere(wrong)[0])
            yours, torchs = pair(array[at], truth[at])
            where = f"{names[k]} at {list(at)}" if at else names[k]
            return Difference("value", f"{where}: yours {yours}, PyTorch {torchs}", k, at, wrong)
    return None


def same(
    one: Any,
    other: Any,
    within: tuple[float, float] | None = None,
    device: str = "cpu",
    spread: bool = False,
) -> bool:
    """Whether two answers agree in structure, shape and value; a bool counts as 0 or 1 here.

    within replaces the dtypes' own (rtol, atol): the judge asks for a clear difference with it.
    With spread, a single number in `one` stands for an array full of it.

    >>> same(1, np.ones(3)), same(1, np.ones(3), spread=True)
    (False, True)
    """
    ones, others = _tuple(one), _tuple(other)
    if len(ones) != len(others):
        return False
    for a, b in zip(map(_array, ones), map(_array, others), strict=True):
        if a is None or b is None or (a.shape != b.shape and not (spread and a.ndim == 0)):
            return False
        if _wrong(a, b, *(within or tolerance(a.dtype, b.dtype, device))).any():
            return False
    return True


def describe(value: Any) -> str:
    """What a value is, in words and without calling it: "a str", "an array of shape (3,)".

    >>> describe((1, 2)), describe(True), describe(np.zeros(3))
    ('a tuple of 2', 'a bool', 'an array of shape (3,)')
    """
    kind = type(value)
    if value is None:
        return "None"
    if kind is np.ndarray:
        if not _plain(value.dtype):
            return f"an array of {value.dtype.name[:40]}"
        return f"an array of shape {value.shape}"
    if kind is tuple or kind is list:
        return f"a {kind.__name__} of {len(value)}"
    name = kind.__name__[:40] if isinstance(kind.__name__, str) else "thing"
    if kind.__module__ in ("torch", "minigrad", "minigrad.tensor") and name == "Tensor":
        return f"a {kind.__module__.partition('.')[0]} Tensor"
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def array_of(answer: Any, result: int) -> np.ndarray | None:
    """The numbers of one result of an answer, for a picture of it; None when it has none."""
    parts = _tuple(answer)
    return _array(parts[result]) if result < len(parts) else None


def number(value: Any, digits: int = 6) -> str:
    """A number as a student reads it: 0.3, 2.0, 1e-07, nan, True.

    >>> number(np.float32(0.3)), number(3), number(2.0)
    ('0.3', '3', '2.0')
    """
    if isinstance(value, bool | np.bool):
        return str(bool(value))
    text = f"{value:.{digits}g}"
    if isinstance(value, float | np.floating) and text.lstrip("-").isdigit():
        return f"{text}.0"
    return text


def pair(yours: Any, torchs: Any) -> tuple[str, str]:
    """Two numbers that differ, with as many digits as it takes to see it."""
    for digits in (6, 9, 17):
        texts = number(yours, digits), number(torchs, digits)
        if texts[0] != texts[1]:
            break
    return texts


def _parts(answer: Any) -> tuple | None:
    """The results in a tuple or a list, None for anything else."""
    return tuple(answer) if type(answer) is tuple or type(answer) is list else None


def _tuple(answer: Any) -> tuple:
    parts = _parts(answer)
    return (answer,) if parts is None else parts


def _array(value: Any) -> np.ndarray | None:
    """A plain array of bools, integers or floats, or None. Calls nothing of the value's own."""
    kind = type(value)
    builtin = kind is np.ndarray or kind is int or kind is float or kind is bool
    if not builtin and not (issubclass(kind, np.generic) and kind.__module__ == "numpy"):
        return None
    array = np.asarray(value)  # an int beyond 64 bits becomes an object, which is no answer
    return array if _plain(array.dtype) else None


def _plain(dtype: np.dtype) -> bool:
    """Whether numbers of this dtype can be answers: no objects, dates, complex or long doubles."""
    return dtype.kind in "biuf" and dtype.itemsize <= 8


def _wrong(array: np.ndarray, truth: np.ndarray, rtol: float, atol: float) -> np.ndarray:
    """True where the two differ. NaN is right only where the truth is NaN, inf only where it is."""
    a, b = array.astype(np.float64), truth.astype(np.float64)
    with np.errstate(all="ignore"):
        close = np.abs(a - b) <= atol + rtol * np.abs(b)
    finite = np.isfinite(a) & np.isfinite(b)
    agree = np.where(finite, close, (a == b) | (np.isnan(a) & np.isnan(b)))
    return ~np.asarray(agree, dtype=bool)


def _numbered(count: int) -> list[str]:
    return ["the result"] if count == 1 else [f"result {k + 1}" for k in range(count)]
