"""Twenty-four behaviours by which small engines differ from PyTorch, asked of both engines.

A row is a function that gets an engine (`torch` or `minigrad`) under the name `t` and tells what
it saw in plain Python. Both engines must tell the same, and what is known by heart stands beside
the row, so that a row that sees nothing cannot pass.
"""

from collections.abc import Callable

import pytest
import torch

import minigrad

ROWS: dict[str, tuple[Callable, object]] = {}


def behaviour(name: str, expected):
    """Add a function and what it must return."""

    def add(function):
        assert name not in ROWS
        ROWS[name] = (function, expected)
        return function

    return add


def raised(function, *arguments) -> tuple[str, str] | None:
    """The type and the first sentence of what a call raises, with the engine's name left out."""
    try:
        function(*arguments)
    except Exception as error:
        text = str(error).replace("torch.", "").replace("minigrad.", "")
        return type(error).__name__, text.split(". ")[0]
    return None


def leaf(t, *values: float):
    return t.tensor(list(values) if len(values) > 1 else values[0], requires_grad=True)


def name_of(node) -> str:
    return type(node).__name__


@behaviour("broadcast gradient", [[[1.0, 2.0, 3.0]] * 2, [[6.0], [6.0]], [2.0, 2.0, 2.0], 6.0])
def _(t):
    matrix, column, row, number = (
        t.ones(size, requires_grad=True) for size in ((2, 3), (2, 1), (3,), ())
    )
    (matrix * t.tensor([1.0, 2.0, 3.0]) + column * 6 / 3 + row + number).sum().backward()
    return [leaf.grad.tolist() for leaf in (matrix, column, row, number)]


@behaviour("2 - x", [[1.0, -1.0], [-1.0, -1.0]])
def _(t):
    x = leaf(t, 1.0, 3.0)
    y = 2 - x
    y.sum().backward()
    return [y.tolist(), x.grad.tolist()]


@behaviour("2 / x", [[2.0, 0.5], [-2.0, -0.125]])
def _(t):
    x = leaf(t, 1.0, 4.0)
    y = 2 / x
    y.sum().backward()
    return [y.tolist(), x.grad.tolist()]


@behaviour("diamond", [42.0, 39.0])
def _(t):
    x = leaf(t, 2.0)
    y = x * 3
    z = y * y + y
    z.backward()
    return [z.item(), x.grad.item()]


@behaviour("accumulation", [6.0, 12.0, 6.0])
def _(t):
    x = leaf(t, 3.0)
    seen = []
    for _ in range(2):
        (x * x).backward()
        seen.append(x.grad.item())
    x.grad = None
    (x * x).backward()
    return [*seen, x.grad.item()]


@behaviour("grad starts None", [True, True, False])
def _(t):
    x, y = leaf(t, 1.0, 2.0), leaf(t, 1.0, 2.0)
    seen = [x.grad is None]
    (x * 2).sum().backward()
    return [*seen, y.grad is None, x.grad is None]


@behaviour("non-leaf grad stays None", [True, False, [6.0, 6.0]])
def _(t):
    x = leaf(t, 1.0, 2.0)
    y, kept = x * 2, x * 3
    kept.retain_grad()
    (y + kept * 6).sum().backward()
    with pytest.warns(UserWarning, match="The .grad attribute of a Tensor that is not a leaf"):
        nothing = y.grad
    return [nothing is None, kept.grad is None, kept.grad.tolist()]


@behaviour(
    "non-scalar backward raises",
    [("RuntimeError", "grad can be implicitly created only for scalar outputs"), True],
)
def _(t):
    x = leaf(t, 1.0, 2.0)
    return [raised((x * 2).backward), x.grad is None]


@behaviour(
    "second backward raises, and does not where nothing was saved",
    [
        "RuntimeError",
        "Trying to backward through the graph a second time (or directly access saved tensors "
        "after they have already been freed)",
        [2.0, 4.0],
        None,
        [2.0, 2.0],
    ],
)
def _(t):
    x, y = leaf(t, 1.0, 2.0), leaf(t, 1.0, 2.0)
    square = (x * x).sum()
    square.backward()
    kind, text = raised(square.backward)
    shifted = (y + 1).sum()
    shifted.backward()
    return [kind, text, x.grad.tolist(), raised(shifted.backward), y.grad.tolist()]


@behaviour(
    "backward(gradient)",
    [
        [2.0, 40.0],
        "RuntimeError",
        "Mismatch in shape: grad_output[0] has a shape of Size([3]) and output[0] has a shape of "
        "Size([2]).",
    ],
)
def _(t):
    x = leaf(t, 1.0, 2.0)
    (x * x).backward(t.tensor([1.0, 10.0]))
    return [x.grad.tolist(), *raised((x * x).backward, t.ones(3))]


@behaviour("is_leaf", [True, False, True, True, True, False])
def _(t):
    x, plain = leaf(t, 1.0, 2.0), t.tensor([1.0, 2.0])
    with t.no_grad():
        unrecorded = x * 2
    return [each.is_leaf for each in (x, x * 2, plain, plain * plain, unrecorded, x[0])]


@behaviour("AddBackward0", ["AddBackward0", "AddBackward0", None, None])
def _(t):
    x = leaf(t, 1.0, 2.0)
    node = (x + 2).grad_fn
    return [name_of(node), node.name(), x.grad_fn, (t.ones(2) + 2).grad_fn]


@behaviour(
    "next_functions",
    [[("AccumulateGrad", 0), None], [("MulBackward0", 0), ("MulBackward0", 0)], True, True],
)
def _(t):
    def edges(result):
        return [node and (name_of(node), nr) for node, nr in result.grad_fn.next_functions]

    x = leaf(t, 1.0, 2.0)
    y = x * 3
    z = y * y
    (first, _), (second, _) = z.grad_fn.next_functions
    return [
        edges(x + 2),
        edges(z),
        first is second is y.grad_fn,
        y.grad_fn.next_functions[0][0].variable is x,
    ]


@behaviour("detach shares memory", [[9.0, 2.0], False, True, None, [1, 1]])
def _(t):
    x = leaf(t, 1.0, 2.0)
    y = x.detach()
    y[0] = 9.0
    return [x.tolist(), y.requires_grad, y.is_leaf, y.grad_fn, [x._version, y._version]]


@behaviour("no_grad", [False, True, False, True, [5.0, 5.0]])
def _(t):
    x = leaf(t, 1.0, 2.0)
    with t.no_grad():
        inside = (x * 2).requires_grad
        x += 4
        with t.enable_grad():
            again = (x * 2).requires_grad

    @t.no_grad()
    def function():
        return (x * 2).requires_grad

    (x * 5).sum().backward()
    return [inside, again, function(), (x * 2).requires_grad, x.grad.tolist()]


@behaviour(
    "requires_grad_",
    [
        True,
        [3.0, 3.0],
        ("RuntimeError", "only Tensors of floating point dtype can require gradients"),
        (
            "RuntimeError",
            "you can only change requires_grad flags of leaf variables",
        ),
    ],
)
def _(t):
    x = t.tensor([1.0, 2.0])
    same = x.requires_grad_() is x
    (x * 3).sum().backward()
    return [
        same,
        x.grad.tolist(),
        raised(t.tensor([1, 2]).requires_grad_),
        raised((x * 2).requires_grad_, False),
    ]


@behaviour(
    "in-place right or refused",
    [
        [3.0, 3.0],
        "a leaf Variable that requires grad is being used in an in-place operation.",
        "a view of a leaf Variable that requires grad is being used in an in-place operation.",
        "one of the variables needed for gradient computation has been modified by an inplace "
        "operation: [FloatTensor [2]], which is output 0 of Add, is at version 1; "
        "expected version 0 instead",
        [0.0, 3.0],
    ],
)
def _(t):
    x = leaf(t, 1.0, 2.0)
    y = x * 3
    y += 1
    y.sum().backward()
    seen = [x.grad.tolist()]
    seen.append(raised(x.add_, 1)[1])
    seen.append(raised(x.__setitem__, 0, 1.0)[1])
    y = x + 1
    z = (y * y).sum()
    y.add_(1)
    seen.append(raised(z.backward)[1])
    x.grad = None
    y = x * 3
    y[0] = 7.0
    y.sum().backward()
    return [*seen, x.grad.tolist()]


@behaviour("float32 stays", ["float32"] * 6)
def _(t):
    x = leaf(t, 1.0, 2.0)
    results = [x * 2.5, x.mean(), x / 3, 2**x]
    sum(result.sum() for result in results).backward()
    return [str(each.dtype).split(".")[-1] for each in (x, x.grad, *results)]


@behaviour("register_hook", [[2.0, 2.0], [20.0, 20.0], [2.0, 2.0]])
def _(t):
    x = leaf(t, 1.0, 2.0)
    seen = []
    handle = x.register_hook(lambda g: (seen.append(g.tolist()), g * 10)[1])
    (x * 2).sum().backward()
    seen.append(x.grad.tolist())
    handle.remove()
    x.grad = None
    (x * 2).sum().backward()
    return [*seen, x.grad.tolist()]


@behaviour("chain of 5000", [5001.0, 1.0])
def _(t):
    x = leaf(t, 1.0)
    y = x
    for _ in range(5000):
        y = y + 1
    y.backward()
    return [y.item(), x.grad.item()]


@behaviour("double backward", [27.0, 18.0, 6.0])
def _(t):
    x = leaf(t, 3.0)
    (first,) = t.autograd.grad(x * x * x, x, create_graph=True)
    (second,) = t.autograd.grad(first, x, create_graph=True)
    (third,) = t.autograd.grad(second, x)
    return [each.item() for each in (first, second, third)]


@behaviour("reshape", [[[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]], "ViewBackward0", True])
def _(t):
    x = t.zeros(3, 2, requires_grad=True)
    y = x.reshape(2, 3)
    (y * t.arange(6.0).reshape(2, -1)).sum().backward()
    return [x.grad.tolist(), name_of(y.grad_fn), y.data_ptr() == x.data_ptr()]


@behaviour("indexing", [[2.0, 0.0, 15.0], [[0.0, 1.0], [0.0, 1.0]]])
def _(t):
    x = leaf(t, 1.0, 2.0, 3.0)
    (x[0] * 2 + x[[2, 2]].sum() * 5 + x[1:].sum() * 5 - x[1] * 5).backward()
    matrix = t.ones(2, 2, requires_grad=True)
    matrix[:, 1].sum().backward()
    return [x.grad.tolist(), matrix.grad.tolist()]


@behaviour("tensor ** tensor", [[8.0, 9.0], [12.0, 6.0], ["5.545177", "9.887510"], "PowBackward1"])
def _(t):
    x, n = leaf(t, 2.0, 3.0), leaf(t, 3.0, 2.0)
    y = x**n
    y.sum().backward()
    by_exponent = [f"{each:.6f}" for each in n.grad.tolist()]
    return [y.tolist(), x.grad.tolist(), by_exponent, name_of(y.grad_fn)]


@pytest.mark.parametrize("name", ROWS)
def test_behaviour(name):
    function, expected = ROWS[name]
    assert function(torch) == expected
    assert function(minigrad) == expected


def test_all_of_them_are_here():
    assert len(ROWS) == 24


@pytest.mark.parametrize("t", [torch, minigrad])
def test_a_view_that_was_made_a_leaf_stays_one_when_its_base_changes(t):
    base = t.ones(2, 2)
    view = base[0].requires_grad_()
    base.add_(1)
    (view * 2).sum().backward()
    assert view.is_leaf and view.grad.tolist() == [2.0, 2.0]
