"""Lines that students type, one a row of `lines.txt`, asked of torch and of minigrad.

Each begins with the same few tensors. The value of a last expression is compared by its text, with
its type and dtype; errors and warnings as in test_texts.
"""

import ast
import copy
import math
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from test_texts import outcome

import minigrad

LINES = [
    line
    for line in (Path(__file__).parent / "lines.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]


def namespace(t) -> dict:
    """What a line finds: x and y require grad, `a` is a matrix that does, d one that does not."""
    t.manual_seed(0)
    return {
        "t": t,
        "nn": t.nn,
        "F": t.nn.functional,
        "np": np,
        "math": math,
        "copy": copy,
        "pickle": pickle,
        "inf": math.inf,
        "nan": math.nan,
        "x": t.tensor([1.0, 2.0], requires_grad=True),
        "y": t.tensor([3.0, 4.0], requires_grad=True),
        "a": t.arange(6.0).view(2, 3).clone().requires_grad_(),
        "d": t.arange(6.0).view(2, 3),
        "i": t.tensor([1, 2]),
    }


def told(value):
    """What is compared: a tensor says its dtype, too; a value of another kind its type."""
    if isinstance(value, tuple | list):
        return type(value).__name__, *map(told, value)
    if isinstance(value, torch.Tensor | minigrad.Tensor):
        return value, value.dtype, value.shape
    return value, type(value).__name__


def typed(line: str):
    """A line as a function of the engine, which returns what was printed and the last value."""
    *first, last = ast.parse(line).body

    def function(t):
        printed = []
        names = {**namespace(t), "print": lambda *values: printed.append([str(v) for v in values])}
        exec(compile(ast.Module(first, []), line, "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), line, "eval"), names)
            return printed, told(value)
        exec(compile(ast.Module([last], []), line, "exec"), names)
        return printed

    return function


@pytest.fixture(autouse=True)
def every_warning():
    """Let torch, too, warn each time and not once in a process."""
    torch.set_warn_always(True)
    yield
    torch.set_warn_always(False)


@pytest.mark.parametrize("line", LINES)
def test_a_line_does_the_same(line):
    (ours, said), (theirs, torch_said) = (outcome(typed(line), t) for t in (minigrad, torch))
    if "received an invalid combination of arguments" in theirs[1]:
        ours, theirs = ours[0], theirs[0]  # torch lists all of its overloads
    assert (ours, said) == (theirs, torch_said)
    assert theirs[0] != "NameError", "the line itself is wrong"
    assert (theirs, torch_said) != (("text", "[]"), []), "the line tells nothing"


# torch's `__array_wrap__` is of the old kind, for which NumPy warns; minigrad's is not.
@pytest.mark.parametrize(
    "line",
    [
        "d[:, 0] + np.ones(2)",
        "d[:, 0] @ np.ones(2)",
        "d @ np.ones((3, 2))",
        "d / np.ones(3)",
        "i + np.ones(3)",
        "(d > 1) & np.array([True, False, True])",
        "d += np.ones(3); d",
        "v = d[0]; v -= np.ones(3); d",
        "d * np.array(2.0)",
        "d + np.array([1, 2, 3])",
        "np.exp(d), np.sqrt(d), np.add(d, 1), np.isnan(d), np.argmax(d), np.multiply(d, d)",
        "np.round(d, 1), np.maximum(d, 2), np.cumsum(d), np.clip(d, 1, 2)",
        "np.transpose(d), np.reshape(d, (3, 2)), np.matmul(d, d.T)",
    ],
)
def test_what_numpy_makes_of_a_tensor_is_a_tensor(line):
    ours, theirs = (outcome(typed(line), t) for t in (minigrad, torch))
    assert ours == (theirs[0], [])
    assert {kind for kind, _ in theirs[1]} <= {"DeprecationWarning"}


def test_no_line_stands_twice():
    assert len(set(LINES)) == len(LINES)
