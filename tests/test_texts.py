"""What a student reads when something goes wrong, and how things look: torch's words.

A row is a function that gets an engine (`torch` or `minigrad`) under the name `t`. What it returns
is compared by its text, what it raises by type and text, and what it warns of by the first
sentence, since torch's warnings end with a path of the machine that built it.
"""

import functools
import re
import warnings
from collections.abc import Callable

import numpy as np
import pytest
import torch

import minigrad

ROWS: dict[str, Callable] = {}


def row(name: str):
    """Add a function to the table."""

    def add(function):
        assert name not in ROWS
        ROWS[name] = function
        return function

    return add


def neutral(text: str) -> str:
    """Text without the engine's name and without addresses in memory."""
    text = re.sub(r"\b(torch|minigrad)\.(?=\w)", "ENGINE.", text)
    return re.sub(r"0x[0-9a-f]+", "0x...", text)


def outcome(function, engine) -> tuple:
    """What happened: the text returned or the exception, and the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        # Of NumPy's warnings nobody hears, see minigrad/__init__.py.
        warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"minigrad\.")
        try:
            result = ("text", neutral(repr(function(engine))))
        except Exception as error:
            result = (type(error).__name__, neutral(str(error)))
    said = [
        (w.category.__name__, neutral(str(w.message)).split(". ")[0].rstrip(".")) for w in caught
    ]
    return result, said


def leaf(t, n: int = 2):
    return t.arange(1.0, n + 1, requires_grad=True)


# --- how things look ------------------------------------------------------------------------------


@row("leaf")
def _(t):
    return t.tensor([1.0, 2.0], requires_grad=True)


@row("result")
def _(t):
    return leaf(t) + 2


@row("number with a history")
def _(t):
    return t.tensor([2.0, 3.0], requires_grad=True).mean()


@row("numbers far apart")
def _(t):
    return t.tensor([0.76919, 21.872, 0.0035109], requires_grad=True) * 1


@row("str and format of a tensor")
def _(t):
    x = t.tensor([1.5, 2.0])
    return str(x), f"{x}", f"{x[0]}", f"{x[0]:.3f}", f"{x.sum():>8.2f}"


@row("format of many numbers")
def _(t):
    return f"{t.ones(2):.2f}"


@row("node")
def _(t):
    return (leaf(t) + 2).grad_fn


@row("next_functions, with a slot for the number")
def _(t):
    return (leaf(t) + 2).grad_fn.next_functions


@row("name() of nodes")
def _(t):
    node = (leaf(t) + 2).grad_fn
    return node.name(), node.next_functions[0][0].name()


@row("custom Function")
def _(t):
    class F(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2

    return F.apply(leaf(t))


@row("shape")
def _(t):
    return t.ones(3).shape, t.ones(2, 3).shape, t.tensor(1.0).shape, t.ones(2, 3).size()


@row("dtypes")
def _(t):
    return t.float32, t.float64, t.int64, t.bool, t.ones(2).dtype, t.tensor([1]).dtype


@row("device")
def _(t):
    return t.ones(2).device, str(t.ones(2).device)


@row("Linear")
def _(t):
    return t.nn.Linear(3, 2)


@row("Sequential")
def _(t):
    return t.nn.Sequential(
        t.nn.Linear(3, 4), t.nn.ReLU(), t.nn.Linear(4, 1, bias=False), t.nn.Tanh()
    )


@row("Parameter")
def _(t):
    return t.nn.Parameter(t.ones(2, 3))


@row("optimiser")
def _(t):
    return t.optim.SGD([leaf(t)], lr=0.1, momentum=0.9)


@row("Adam")
def _(t):
    return t.optim.Adam([leaf(t)], lr=0.1)


@row("results of several parts")
def _(t):
    return t.tensor([[3.0, 1.0], [2.0, 5.0]]).max(1)


@row("empty tensors")
def _(t):
    return t.tensor([]), t.zeros(0, 3), t.zeros(0, 3, dtype=t.int64), t.zeros(2, 0, dtype=t.float64)


@row("summary of a large tensor")
def _(t):
    return t.arange(2000.0).reshape(40, 50)


@row("tensors in containers")
def _(t):
    return [t.tensor(1.0), (t.tensor([1, 2]),)], {"w": t.ones(2, requires_grad=True)}


# --- backward -------------------------------------------------------------------------------------


@row("backward of a vector")
def _(t):
    (leaf(t) * 2).backward()


@row("backward twice, something was saved")
def _(t):
    x = leaf(t)
    y = (x * x).sum()
    y.backward()
    y.backward()


@row("backward twice, nothing was saved")
def _(t):
    x = leaf(t)
    y = (x + 1).sum()
    y.backward()
    y.backward()
    return x.grad


@row("saved value read after the graph was freed")
def _(t):
    x = leaf(t)
    y = x * x
    y.sum().backward()
    return y.grad_fn._saved_self


@row("no grad anywhere")
def _(t):
    t.ones(2).sum().backward()


@row("no grad anywhere, autograd.grad")
def _(t):
    x = leaf(t)
    t.autograd.grad(t.ones(2).sum(), x)


@row("input that needs no grad")
def _(t):
    t.autograd.grad(leaf(t).sum(), t.ones(2))


@row("in place on a leaf")
def _(t):
    a = leaf(t)
    a += 1


@row("in place method on a leaf")
def _(t):
    leaf(t).zero_()


@row("item of a leaf assigned")
def _(t):
    a = leaf(t)
    a[0] = 1


@row("saved tensor changed")
def _(t):
    a = leaf(t) + 0
    b = a * a
    a.add_(1)
    b.sum().backward()


@row("saved view changed twice")
def _(t):
    a = (leaf(t) + 0).reshape(-1)
    a.relu_()
    a.add_(1)  # the node that the view had is gone
    a.sum().backward()


@row("saved leaf changed under no_grad")
def _(t):
    a = leaf(t)
    b = a * a
    with t.no_grad():
        a.mul_(2)
    b.sum().backward()


@row("saved result changed")
def _(t):
    b = leaf(t).exp()
    b.mul_(2)
    b.sum().backward()


@row("changed where nothing was saved")
def _(t):
    x = leaf(t)
    b = x + 0
    c = b + b
    b.add_(1)
    c.sum().backward()
    return x.grad


@row("whole numbers with requires_grad")
def _(t):
    t.tensor([1, 2], requires_grad=True)


@row("zeros of whole numbers with requires_grad")
def _(t):
    t.zeros(2, dtype=t.int64, requires_grad=True)


@row("whole numbers, requires_grad_()")
def _(t):
    t.tensor([1, 2]).requires_grad_()


@row("flag off on a result")
def _(t):
    (leaf(t) * 2).requires_grad_(False)


@row("flag off on a result, as attribute")
def _(t):
    y = leaf(t) * 2
    y.requires_grad = False


@row("grad of a result")
def _(t):
    y = leaf(t) * 2
    y.sum().backward()
    return y.grad


@row("grad of a result that retains it")
def _(t):
    y = leaf(t) * 2
    y.retain_grad()
    y.sum().backward()
    return y.grad


@row("input that was not used")
def _(t):
    x, unused = leaf(t), leaf(t)
    t.autograd.grad(x.sum(), [x, unused])


@row("input that was not used, allowed")
def _(t):
    x, unused = leaf(t), leaf(t)
    return t.autograd.grad(x.sum(), [x, unused], allow_unused=True)


@row("gradient of a wrong shape")
def _(t):
    (leaf(t) * 2).backward(t.ones(3))


@row("gradient of a wrong type")
def _(t):
    (leaf(t) * 2).backward([1.0, 2.0])


@row("grad assigned in a wrong shape")
def _(t):
    leaf(t).grad = t.ones(3)


@row("grad assigned in a wrong dtype")
def _(t):
    leaf(t).grad = t.ones(2, dtype=t.float64)


@row("grad assigned that is no tensor")
def _(t):
    leaf(t).grad = [1.0, 2.0]


@row("create_graph in backward")
def _(t):
    x = leaf(t)
    (x * x).sum().backward(create_graph=True)
    return x.grad


@row("zero_ when there is no gradient")
def _(t):
    leaf(t).grad.zero_()


@row("data changed behind the graph's back")
def _(t):
    x = t.tensor([2.0], requires_grad=True)
    y = x * x * x
    x.data.mul_(2)
    y.backward()
    return x.grad


@row("retain_grad without grad")
def _(t):
    t.ones(2).retain_grad()


@row("hook without grad")
def _(t):
    t.ones(2).register_hook(print)


@row("inference tensor saved")
def _(t):
    with t.inference_mode():
        x = t.ones(2)
    (x * leaf(t)).sum().backward()


@row("inference tensor changed in place")
def _(t):
    with t.inference_mode():
        x = t.ones(2)
    x.add_(1)


@row("inference tensor, requires_grad_()")
def _(t):
    with t.inference_mode():
        x = t.ones(2)
    x.requires_grad_()


def custom(t, returns):
    class F(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return returns(g)

    x = leaf(t)
    F.apply(x).sum().backward()
    return x.grad


@row("Function returns too many")
def _(t):
    return custom(t, lambda g: (g, g))


@row("Function returns None")
def _(t):
    return custom(t, lambda g: None)


@row("Function returns a wrong shape")
def _(t):
    return custom(t, lambda g: t.ones(3))


@row("Function returns no tensor")
def _(t):
    return custom(t, lambda g: "g")


@row("Function without backward")
def _(t):
    class F(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

    F.apply(leaf(t)).sum().backward()


# --- numbers and shapes ---------------------------------------------------------------------------


@row("numpy() with grad")
def _(t):
    leaf(t).numpy()


@row("float() with grad")
def _(t):
    return float(leaf(t).sum())


@row("item() of many")
def _(t):
    t.ones(2).item()


@row("float() of many")
def _(t):
    float(t.ones(2))


@row("truth of many")
def _(t):
    bool(t.ones(2))


@row("truth of none")
def _(t):
    bool(t.ones(0))


@row("len of a number")
def _(t):
    len(t.tensor(1.0))


@row("iteration over a number")
def _(t):
    list(t.tensor(1.0))


@row("shapes that do not fit")
def _(t):
    t.ones(2) + t.ones(3)


@row("shapes that do not fit, in front")
def _(t):
    t.ones(2, 4, 3) * t.ones(3, 1, 3)


@row("shapes that do not fit, in place")
def _(t):
    t.ones(2).add_(t.ones(3, 2))


@row("matmul of wrong shapes")
def _(t):
    t.ones(2, 3) @ t.ones(2, 3)


@row("matrix times vector")
def _(t):
    t.ones(2, 3) @ t.ones(2)


@row("vector times vector")
def _(t):
    t.ones(2) @ t.ones(3)


@row("matmul with a number")
def _(t):
    t.ones(2) @ t.tensor(1.0)


@row("matmul of two dtypes")
def _(t):
    t.ones(2, 2) @ t.ones(2, 2, dtype=t.float64)


@row("batches that do not fit")
def _(t):
    t.ones(2, 3, 4) @ t.ones(3, 4, 5)


@row("mean of whole numbers")
def _(t):
    t.tensor([1, 2]).mean()


@row("spread of whole numbers")
def _(t):
    t.tensor([1, 2]).std()


@row("spread and mean of whole numbers")
def _(t):
    t.var_mean(t.tensor([1, 2]))


@row("spread of one number")
def _(t):
    return t.ones(1).std(), t.ones(2, 1).var(1)


@row("norm of whole numbers")
def _(t):
    t.tensor([1, 2]).norm()


@row("median of nothing")
def _(t):
    return t.ones(0).median()


@row("dimension as a tensor")
def _(t):
    return t.ones(2, 3).sum(t.tensor(1))


@row("topk of too many")
def _(t):
    t.ones(2).topk(3)


@row("kthvalue beyond the end")
def _(t):
    t.ones(2).kthvalue(3)


@row("dimension out of range")
def _(t):
    t.ones(2).sum(3)


@row("dimension out of range, number")
def _(t):
    t.tensor(1.0).sum(2)


@row("NumPy's names of dimensions")
def _(t):
    x = t.arange(6.0).view(2, 3)
    parts = x.sum(axis=0), t.mean(x, axis=1, keepdims=True), x.max(axis=1), x.argmax(axis=0)
    return parts, t.cat([x, x], axis=1), t.stack([x, x], axis=1), x.cumsum(axis=0), x.var(axis=0)


@row("sizes and dimensions by name")
def _(t):
    x = t.arange(6.0).view(2, 3)
    return (
        x.reshape(shape=(3, 2)),
        t.permute(x, dims=(1, 0)),
        x.expand(size=(2, 3)),
        x.view(size=(6,)),
    )


@row("keepdim by its place")
def _(t):
    return t.std(t.arange(6.0).view(2, 3), 1, True, True)


@row("softmax of whole numbers")
def _(t):
    t.tensor([[1, 2]]).softmax(0)


@row("log_softmax of whole numbers")
def _(t):
    t.tensor([[1, 2]]).log_softmax(1)


@row("where by name")
def _(t):
    x = leaf(t)
    return t.where(condition=x > 1, input=x, other=0)


@row("copy_ that need not wait")
def _(t):
    return t.zeros(2).copy_(t.ones(2), non_blocking=True)


@row("the same dimension twice")
def _(t):
    t.ones(2, 3).sum((0, 0))


@row("maximum of nothing")
def _(t):
    t.ones(0).max()


@row("reshape to another size")
def _(t):
    t.ones(6).reshape(4, 2)


@row("view to another size")
def _(t):
    t.ones(6).view(4, 2)


@row("two unknown sizes")
def _(t):
    t.ones(6).reshape(-1, -1)


@row("unknown size that does not divide")
def _(t):
    t.ones(6).reshape(-1, 4)


@row("addmm of several types")
def _(t):
    t.addmm(t.ones(2), t.ones(2, 3), t.ones(3, 2).double())


@row("addmm, factors of several types")
def _(t):
    t.addmm(t.ones(2), t.ones(2, 3).double(), t.ones(3, 2))


@row("addmm of a vector")
def _(t):
    t.addmm(t.ones(2), t.ones(3), t.ones(3, 2))


@row("addmm, summand of a wrong size")
def _(t):
    t.addmm(t.ones(5), mat1=t.ones(2, 3), mat2=t.ones(3, 2))


@row("addmv of a wrong size")
def _(t):
    t.addmv(t.ones(2), t.ones(2, 3), t.ones(4))


@row("addmv of several types")
def _(t):
    t.addmv(t.ones(2), t.ones(2, 3), t.ones(3).double())


@row("addmv of a matrix")
def _(t):
    t.addmv(t.ones(2), t.ones(2, 3), t.ones(3, 1))


@row("addr of a matrix")
def _(t):
    t.addr(t.ones(2, 2), t.ones(2, 2), t.ones(2))


@row("baddbmm of several types")
def _(t):
    t.baddbmm(t.ones(2, 2, 2).double(), t.ones(2, 2, 3), t.ones(2, 3, 2))


@row("baddbmm of wrong sizes")
def _(t):
    t.baddbmm(t.ones(2, 2, 2), t.ones(2, 2, 3), t.ones(2, 4, 2))


@row("bmm of several types")
def _(t):
    t.bmm(t.ones(2, 2, 3), t.ones(2, 3, 2).double())


@row("stride of no dimension")
def _(t):
    t.ones(2, 3).stride(5)


@row("a row of an iteration changed in place")
def _(t):
    next(iter(t.ones(2, 2).requires_grad_() * 2)).add_(1)


def _hooked(t, hook, result=False):
    x = leaf(t)
    y = x * 1
    (y if result else x).register_hook(hook)
    (y * y).sum().backward()


def _node_hooked(t, hook, before=False):
    x = leaf(t)
    y = x * x
    (y.grad_fn.register_prehook if before else y.grad_fn.register_hook)(hook)
    y.sum().backward()


@row("hook that changes the size")
def _(t):
    _hooked(t, lambda g: g.sum())


@row("hook that changes the size, on a result")
def _(t):
    _hooked(t, lambda g: t.ones(5), result=True)


@row("hook that changes the type")
def _(t):
    _hooked(t, lambda g: g.double())


@row("hook that makes a mask")
def _(t):
    _hooked(t, lambda g: g > 0)


@row("hook that returns a number")
def _(t):
    _hooked(t, lambda g: 5)


@row("hook without a name")
def _(t):
    _hooked(t, functools.partial(lambda n, g: g.sum(), 1))


@row("hook that makes up a gradient")
def _(t):
    first, second = (leaf(t) * 1).unbind()
    second.register_hook(lambda g: t.ones(()))
    first.backward()


@row("post-accumulate hook that returns a number")
def _(t):
    x = leaf(t)
    x.register_post_accumulate_grad_hook(lambda p: 5)
    x.sum().backward()


@row("hook of a node that returns a tensor")
def _(t):
    _node_hooked(t, lambda sent, arrived: sent[0])


@row("hook of a node that returns too few")
def _(t):
    _node_hooked(t, lambda sent, arrived: sent[:1])


@row("hook of a node that changes the size")
def _(t):
    _node_hooked(t, lambda sent, arrived: (sent[0].sum(), sent[1]))


@row("pre-hook of a node that returns a list")
def _(t):
    _node_hooked(t, list, before=True)


@row("pre-hook of a node that returns too many")
def _(t):
    _node_hooked(t, lambda arrived: arrived * 2, before=True)


@row("pre-hook of a node that changes the type")
def _(t):
    _node_hooked(t, lambda arrived: (arrived[0].double(),), before=True)


@row("view made a leaf, changed in place")
def _(t):
    t.ones(2, 2)[0].requires_grad_().add_(1)


@row("view across memory")
def _(t):
    t.ones(2, 3).t().view(6)


@row("t() of three dimensions")
def _(t):
    t.ones(2, 3, 4).t()


@row("permute with too few")
def _(t):
    t.ones(2, 3, 4).permute(0, 1)


@row("transpose out of range")
def _(t):
    t.ones(2, 3).transpose(0, 2)


@row("unsqueeze out of range")
def _(t):
    t.ones(2).unsqueeze(3)


@row("expand to another size")
def _(t):
    t.ones(2).expand(3)


@row("cat of wrong shapes")
def _(t):
    t.cat([t.ones(2, 3), t.ones(2, 4)])


@row("cat of nothing")
def _(t):
    t.cat([])


@row("stack of wrong shapes")
def _(t):
    t.stack([t.ones(2), t.ones(3)])


@row("index out of range")
def _(t):
    t.ones(3)[5]


@row("too many indices")
def _(t):
    t.ones(3)[0, 0]


@row("index of a number")
def _(t):
    t.tensor(1.0)[0]


@row("index with a float")
def _(t):
    t.ones(3)[1.5]


@row("index tensor out of range")
def _(t):
    t.ones(3)[t.tensor([0, 7])]


@row("mask of a wrong shape")
def _(t):
    t.ones(3)[t.tensor([True, False])]


@row("mask of a wrong shape, second dimension")
def _(t):
    t.ones(3, 4)[t.ones(3, 5, dtype=t.bool)]


@row("index tensor of floats")
def _(t):
    t.ones(3)[t.tensor([0.5])]


@row("index tensors that do not fit together")
def _(t):
    t.ones(3, 4)[t.tensor([0, 1]), t.tensor([0, 1, 2])]


@row("index lists of floats, nothing, tuples")
def _(t):
    x = leaf(t, 3)
    return x[[0, 1.5]], x[[]], x[[0.0]], x.view(3, 1)[(0, 1),]


@row("index of truths")
def _(t):
    x = leaf(t)
    return x[True], x[None, True], x[False], x[t.tensor(True)]


@row("index list of lists")
def _(t):
    x = t.arange(6.0).view(2, 3)
    return x[[[0, 1], [1, 2]]], x[[t.tensor([1]), slice(0, 2)]], x[[None, ...]]


@row("index list of text")
def _(t):
    t.ones(3)[["a"]]


@row("slice backwards")
def _(t):
    t.ones(3)[::-1]


@row("assignment of a wrong shape by an index tensor")
def _(t):
    t.ones(3)[t.tensor([0, 1])] = t.ones(3)


@row("assignment of a wrong shape by a mask")
def _(t):
    t.ones(3)[t.tensor([True, False, True])] = t.ones(3)


@row("assignment of a wrong shape to a row")
def _(t):
    t.ones(2, 3)[0] = t.ones(2)


@row("assignment of text")
def _(t):
    t.ones(3)[0] = "a"


@row("assignment of a wrong shape")
def _(t):
    t.ones(3)[:2] = t.ones(3)


@row("tensor of a ragged list")
def _(t):
    t.tensor([[1.0, 2.0], [3.0]])


@row("tensor of a number and a list")
def _(t):
    t.tensor([1, [2]])


@row("tensor of lists of two depths")
def _(t):
    t.tensor([[[1]], [2]])


@row("tensor of lists of two depths, the deeper one last")
def _(t):
    t.tensor([[1, 2], [3, [4]]])


@row("tensor of tensors")
def _(t):
    return t.tensor([t.tensor(1.0), t.ones(1)]), t.tensor([[t.tensor(1)], [2]])


@row("tensor of tensors of several numbers")
def _(t):
    t.tensor([t.ones(2), t.ones(2)])


@row("tensor of a number that is too large")
def _(t):
    t.tensor(2**70)


@row("tensor of numbers that are too large")
def _(t):
    t.tensor([2**63])


@row("tensor of numbers that do not fit")
def _(t):
    t.tensor([300], dtype=t.uint8)


@row("tensor of nan as a whole number")
def _(t):
    t.tensor(float("nan"), dtype=t.int64)


@row("tensor of a list of text")
def _(t):
    t.tensor(["1"])


@row("tensor of a number and text")
def _(t):
    t.tensor([1, "a"])


@row("tensor of bytes")
def _(t):
    t.tensor(b"1")


@row("tensor of text")
def _(t):
    t.tensor("abc")


@row("tensor of None")
def _(t):
    t.tensor(None)


@row("tensor of a tensor")
def _(t):
    return t.tensor(t.ones(2))


@row("written where one place is several elements")
def _(t):
    x = t.ones(1).expand(2, 3)
    x.fill_(0.5).zero_()
    x[0] = 0.5


@row("bits of floats")
def _(t):
    t.ones(2) & 1


@row("bits of floats, moved")
def _(t):
    t.ones(2) << t.ones(2, dtype=t.int64)


@row("bits of floats, inverted")
def _(t):
    ~t.ones(2)


@row("float alpha for whole numbers")
def _(t):
    t.tensor([1]).add(t.tensor([1]), alpha=1.5)


@row("number before the tensor")
def _(t):
    x = leaf(t)
    return t.add(2, x), t.sub(2, x), t.mul(2, x), t.div(2, x), t.multiply(2.5, t.tensor([1]))


@row("extremes of nothing")
def _(t):
    t.ones(0).aminmax()


@row("float into whole numbers in place")
def _(t):
    t.tensor([1, 2]).add_(0.5)


@row("one less a mask")
def _(t):
    1 - t.tensor([True, False])


@row("mask less a mask")
def _(t):
    t.tensor([True]) - t.tensor([True])


@row("negative of a mask")
def _(t):
    -t.tensor([True])


@row("whole numbers divided by zero")
def _(t):
    t.tensor([1]) // t.tensor([0])


@row("whole numbers divided by zero in place")
def _(t):
    t.tensor([1]).floor_divide_(0)


@row("whole numbers modulo zero")
def _(t):
    t.tensor([1]) % 0


@row("whole numbers modulo zero with fmod")
def _(t):
    t.fmod(t.tensor([1]), 0)


@row("whole numbers divided by zero and cut off")
def _(t):
    t.div(t.tensor([1]), t.tensor([0]), rounding_mode="trunc")


@row("floor of a quotient that is infinite")
def _(t):
    return t.tensor([1.0]) // 0, t.tensor([1]) // 0.0, 5.0 // t.tensor([0.0])


@row("whole number to a negative power")
def _(t):
    t.tensor([1, 2]) ** -1


@row("plus None")
def _(t):
    t.ones(2) + None


@row("plus text")
def _(t):
    t.ones(2) + "a"


@row("unknown attribute")
def _(t):
    t.ones(2).nackward()


@row("is not callable")
def _(t):
    t.ones(2).requires_grad(False)


@row("from_numpy of a list")
def _(t):
    t.from_numpy([1.0])


@row("arange backwards")
def _(t):
    t.arange(3, 1)


@row("negative size")
def _(t):
    t.zeros(-1)


@row("seed too large")
def _(t):
    t.manual_seed(2**64)


@row("rand of whole numbers")
def _(t):
    t.rand(2, dtype=t.int64)


@row("sizes by name")
def _(t):
    t.manual_seed(0)
    makers = t.zeros, t.ones, t.rand, t.randn
    return [make(size=(2,)) for make in makers], t.full(size=(2,), fill_value=1.5)


@row("sizes that are no Python numbers")
def _(t):
    return t.zeros(t.tensor(2)), t.zeros(np.int64(2)), t.zeros([1, t.tensor(2)]), t.zeros(())


@row("no size")
def _(t):
    t.ones()


@row("size of text")
def _(t):
    t.zeros("a")


@row("size of a fraction")
def _(t):
    t.ones(2.5)


@row("full of a size without brackets")
def _(t):
    t.full(2, 1.0)


@row("full of text")
def _(t):
    t.full((2,), "a")


@row("full of fewer than none")
def _(t):
    t.full((-1,), 0)


@row("zeros like a list")
def _(t):
    t.zeros_like([1])


@row("randint by keywords")
def _(t):
    t.manual_seed(0)
    bounds = {"low": 2, "high": 10}, {"high": 10}
    whole = [t.randint(**bound, size=(3,)) for bound in bounds]
    return whole, t.randint(10, size=(2,)), t.randint(0, 10, [2, 2])


@row("randint of floats that require grad")
def _(t):
    t.manual_seed(0)
    return t.randint(3, 10, (2,), dtype=t.float32, requires_grad=True)


@row("randint of an empty range")
def _(t):
    t.randint(3, 3, (2,))


@row("arange with a dtype of whole numbers")
def _(t):
    return [
        t.arange(*bounds, dtype=dtype)
        for bounds in ((0.5, 5), (0.5, 5, 1.5), (0.5, -3, -1.2), (2.7,))
        for dtype in (t.int64, t.int32, t.uint8)
        if bounds[-1] > 0 or dtype is not t.uint8
    ]


@row("arange by keywords and tensors")
def _(t):
    return (
        t.arange(end=3),
        t.arange(start=1, end=3),
        t.arange(t.tensor(3.0)),
        t.arange(0, t.tensor(3)),
    )


@row("arange of text")
def _(t):
    t.arange("a")


@row("arange of nothing")
def _(t):
    t.arange(step=2)


@row("arange without end")
def _(t):
    t.arange(0, float("inf"))


@row("arange of bools")
def _(t):
    t.arange(3, dtype=t.bool)


@row("linspace with a dtype of whole numbers")
def _(t):
    return t.linspace(4.9, 0.2, 5, dtype=t.int64), t.linspace(0, -10, 4, dtype=t.int32)


@row("linspace of fewer than none")
def _(t):
    t.linspace(0, 1, -1)


@row("linspace of bools")
def _(t):
    t.linspace(0, 1, 3, dtype=t.bool)


@row("eye of fewer than none")
def _(t):
    t.eye(-1)


@row("eye of fewer columns than none")
def _(t):
    t.eye(2, -1)


@row("eye of a fraction")
def _(t):
    t.eye(2.5)


# --- nn and optim ---------------------------------------------------------------------------------


@row("SGD of a result")
def _(t):
    t.optim.SGD([leaf(t) * 2], lr=0.1)


@row("SGD of nothing")
def _(t):
    t.optim.SGD([], lr=0.1)


@row("SGD with a negative rate")
def _(t):
    t.optim.SGD([leaf(t)], lr=-1)


@row("SGD with a negative momentum")
def _(t):
    t.optim.SGD([leaf(t)], lr=0.1, momentum=-1)


@row("SGD with nesterov alone")
def _(t):
    t.optim.SGD([leaf(t)], lr=0.1, nesterov=True)


@row("SGD of a bare tensor")
def _(t):
    t.optim.SGD(leaf(t), lr=0.1)


@row("SGD of numbers")
def _(t):
    t.optim.SGD([1.0], lr=0.1)


@row("Adam with wrong betas")
def _(t):
    t.optim.Adam([leaf(t)], betas=(1.5, 0.9))


@row("zero_grad makes None")
def _(t):
    x = leaf(t)
    optimizer = t.optim.SGD([x], lr=0.1)
    x.sum().backward()
    optimizer.step()
    optimizer.zero_grad()
    return x, x.grad


@row("Linear with a wrong input")
def _(t):
    t.nn.Linear(3, 2)(t.ones(4, 2))


@row("module without forward")
def _(t):
    t.nn.Module()(1)


@row("unknown attribute of a module")
def _(t):
    return t.nn.Linear(3, 2).weights


@row("module attribute before super().__init__()")
def _(t):
    class Net(t.nn.Module):
        def __init__(self):
            self.first = t.nn.Linear(3, 2)

    Net()


@row("Parameter of whole numbers")
def _(t):
    t.nn.Parameter(t.tensor([1, 2]))


@row("state_dict with a missing key")
def _(t):
    t.nn.Linear(3, 2).load_state_dict({"weight": t.ones(2, 3)})


@row("state_dict with a wrong shape")
def _(t):
    t.nn.Linear(3, 2).load_state_dict({"weight": t.ones(2, 2), "bias": t.ones(2)})


@row("softmax without a dimension")
def _(t):
    x = t.ones(2, 3)
    F = t.nn.functional
    return F.softmax(x), F.log_softmax(x[0]), F.softmin(x[None]), t.nn.Softmax()(x)


@row("weighted losses")
def _(t):
    F, x, y = t.nn.functional, leaf(t), t.tensor([0.0, 5.0])
    losses = F.l1_loss, F.mse_loss, F.huber_loss
    kinds = "mean", "sum", "none"
    return [f(x, y, weight=t.tensor([1.0, 3.0]), reduction=k) for f in losses for k in kinds]


@row("weights of another shape")
def _(t):
    t.nn.functional.l1_loss(t.ones(2), t.ones(2), weight=t.ones(1))


@row("kl_div with a mean of all")
def _(t):
    return t.nn.functional.kl_div(leaf(t), t.tensor([0.5, 0.5]))


@row("Linear with float64")
def _(t):
    t.nn.Linear(3, 2)(t.ones(4, 3, dtype=t.float64))


@row("Linear with whole numbers")
def _(t):
    t.nn.Linear(3, 2)(t.ones(2, 4, 3, dtype=t.int64))


@row("Linear without bias with float64")
def _(t):
    t.nn.Linear(3, 2, bias=False)(t.ones(3, dtype=t.float64))


@row("linear with a bias of another type")
def _(t):
    t.nn.functional.linear(t.ones(4, 3), t.ones(2, 3), t.ones(2, dtype=t.float64))


@row("linear with a bias of another length")
def _(t):
    t.nn.functional.linear(t.ones(4, 3), t.ones(2, 3), t.ones(4))


@row("Linear with a list")
def _(t):
    t.nn.Linear(3, 2)([1.0, 2.0, 3.0])


@row("cross_entropy of classes as floats")
def _(t):
    t.nn.functional.cross_entropy(t.ones(2, 3), t.tensor([0.0, 1.0]))


@row("nll_loss of classes as int32")
def _(t):
    t.nn.functional.nll_loss(t.ones(2, 3), t.tensor([0, 1], dtype=t.int32))


@row("nll_loss of classes as bytes")
def _(t):
    return t.nn.functional.nll_loss(t.ones(2, 3), t.tensor([0, 1], dtype=t.uint8))


@row("label_smoothing too large")
def _(t):
    t.nn.functional.cross_entropy(t.ones(2, 3), t.tensor([0, 1]), label_smoothing=2.0)


@row("binary_cross_entropy of wrong targets")
def _(t):
    t.nn.functional.binary_cross_entropy(t.tensor([0.5, 2.0]), t.tensor([-1.0, 3.0]))


@row("binary_cross_entropy of wrong inputs")
def _(t):
    t.nn.functional.binary_cross_entropy(t.tensor([0.5, 2.0]), t.tensor([0.5, 3.0]))


@row("one_hot of floats")
def _(t):
    t.nn.functional.one_hot(t.ones(2))


@row("pad with half a pair")
def _(t):
    t.nn.functional.pad(t.ones(2), (1,))


@row("pad with too many pairs")
def _(t):
    t.nn.functional.pad(t.ones(2), (1, 1, 1, 1))


@row("pad that takes too much")
def _(t):
    t.nn.functional.pad(t.ones(2), (-1, -2))


@row("cosine_similarity of whole numbers")
def _(t):
    t.nn.functional.cosine_similarity(t.tensor([1]), t.tensor([True]), dim=0)


@row("schedule that goes on without its start")
def _(t):
    t.optim.lr_scheduler.StepLR(t.optim.SGD([leaf(t)], lr=0.1), 2, last_epoch=3)


@row("mse_loss of two shapes")
def _(t):
    t.nn.functional.mse_loss(t.ones(3), t.ones(3, 1))


@row("cross_entropy of too few targets")
def _(t):
    t.nn.functional.cross_entropy(t.ones(3, 4), t.tensor([0, 1]))


@row("cross_entropy of a target out of range")
def _(t):
    t.nn.functional.cross_entropy(t.ones(2, 4), t.tensor([0, 9]))


@row("division without a remainder")
def _(t):
    return leaf(t) // 2, 5 // leaf(t), leaf(t) // leaf(t), 5 % leaf(t)


@row("division without a remainder in place")
def _(t):
    x = leaf(t).clone()
    x //= 2
    return x


@row("backward of a division without a remainder")
def _(t):
    (leaf(t) // 2).sum().backward()


@row("backward of a division without a remainder in place")
def _(t):
    x = leaf(t).clone()
    x //= 2
    x.sum().backward()


@row("backward of a number's remainder")
def _(t):
    (5 % leaf(t)).sum().backward()


@row("scatter that adds")
def _(t):
    return leaf(t).scatter(0, t.tensor([0, 0]), 5.0, reduce="add")


@row("backward of a scatter that adds")
def _(t):
    leaf(t).scatter(0, t.tensor([0, 0]), 5.0, reduce="add").sum().backward()


@row("scatter that knows no such way")
def _(t):
    t.ones(2).scatter(0, t.tensor([0]), 1.0, reduce="max")


@row("scatter of other dimensions than the source")
def _(t):
    t.ones(2).scatter(0, t.tensor([0]), t.ones(2, 3))


@row("scatter of other dimensions than the tensor")
def _(t):
    t.ones(2, 3).scatter(0, t.tensor([0]), t.ones(2, 3))


@row("index_select out of range")
def _(t):
    t.ones(2, 3).index_select(0, t.tensor([3]))


@row("index_select at floats")
def _(t):
    t.ones(2, 3).index_select(0, t.tensor([1.0]))


@row("index_copy out of range")
def _(t):
    t.ones(2, 3).index_copy(0, t.tensor([2]), t.ones(1, 3))


@row("index_fill out of range")
def _(t):
    t.ones(2, 3).index_fill(0, t.tensor([-3]), 1)


@row("take out of range")
def _(t):
    t.ones(2, 3).take(t.tensor([0, 6]))


@row("solve for a vector")
def _(t):
    x = t.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    one, two = t.linalg.solve(x, leaf(t)), t.linalg.solve(x, t.ones(2, 2), left=False)
    return one, one.grad_fn.next_functions, two


@row("inverse of a singular matrix")
def _(t):
    t.linalg.inv(t.ones(2, 2))


@row("inverse of a stack with a singular matrix")
def _(t):
    t.linalg.inv(t.stack([t.eye(3), t.zeros(3, 3)]))


@row("a system of equations without a solution")
def _(t):
    t.linalg.solve(t.tensor([[1.0, 2.0], [2.0, 4.0]]), t.ones(2))


@row("solve of sizes that do not fit")
def _(t):
    t.linalg.solve(t.eye(2), t.ones(3))


@row("solve on the other side, of sizes that do not fit")
def _(t):
    t.linalg.solve(t.eye(2), t.ones(3, 1), left=False)


@row("solve of two types")
def _(t):
    t.linalg.solve(t.eye(2), t.ones(2, dtype=t.float64))


@row("solve for a number")
def _(t):
    t.linalg.solve(t.eye(2), t.tensor(1.0))


@row("determinant of a vector")
def _(t):
    t.linalg.det(t.ones(2))


@row("determinant of a list")
def _(t):
    t.linalg.det([[1.0]])


@row("inverse of whole numbers")
def _(t):
    t.linalg.inv(t.tensor([[1, 2], [3, 4]]))


@row("isclose of two shapes")
def _(t):
    t.isclose(t.ones(2), t.ones(3))


@row("allclose of two types")
def _(t):
    t.allclose(t.ones(2), t.ones(2, dtype=t.float64))


@row("allclose with a number")
def _(t):
    t.allclose(t.ones(2), 1)


@row("requires_grad that is no bool")
def _(t):
    t.ones(2, requires_grad="yes")


@row("requires_grad that is no bool, of like")
def _(t):
    t.zeros_like(t.ones(2), requires_grad=1)


@row("a dimension kept that nobody named")
def _(t):
    t.ones(2).sum(keepdim=True)


@row("a dimension kept that nobody named, of mean")
def _(t):
    t.ones(2).mean(keepdim=True)


@row("sum along None")
def _(t):
    return leaf(t).sum(dim=None), leaf(t).mean(None), leaf(t).sum(dim=None, keepdim=True)


@row("einsum of sizes that do not fit")
def _(t):
    t.einsum("ij,jk->ik", t.ones(2, 3), t.ones(2, 3))


@row("einsum of too many letters")
def _(t):
    t.einsum("ij", t.ones(2))


@row("einsum with a letter that is new in the output")
def _(t):
    t.einsum("i->j", t.ones(2))


@row("einsum with a digit")
def _(t):
    t.einsum("ij,j1->i", t.ones(2, 3), t.ones(3, 1))


@row("einsum with a lonely dot")
def _(t):
    t.einsum("i.j", t.ones(2, 3))


@row("einsum without an equation")
def _(t):
    t.einsum(3, t.ones(2))


@row("einsum of two types")
def _(t):
    t.einsum("ij,jk->ik", t.ones(2, 3), t.ones(3, 2, dtype=t.float64))


@row("Linear from text")
def _(t):
    t.nn.Linear("a", 2)


@row("Linear to a fraction")
def _(t):
    t.nn.Linear(2, 1.5)


@row("randint of no size")
def _(t):
    t.randint(3, 2)


@row("a layer on an array")
def _(t):
    t.nn.Linear(2, 1)(np.ones(2))


@row("relu of an array")
def _(t):
    t.nn.ReLU()(np.ones(2))


@row("relu of bools")
def _(t):
    t.tensor([True]).relu()


@row("abs of bools")
def _(t):
    abs(t.tensor([True]))


@row("argmax of bools")
def _(t):
    t.tensor([True]).argmax()


@row("topk of bools")
def _(t):
    t.tensor([True]).topk(1)


@row("median of bools")
def _(t):
    t.tensor([True]).median()


@row("plus a bool tensor")
def _(t):
    +t.tensor([True])


@row("bools divided without a remainder")
def _(t):
    t.tensor([True]) // t.tensor([True])


@row("floor of bools")
def _(t):
    t.tensor([True]).floor()


@row("frac of whole numbers")
def _(t):
    t.tensor([1]).frac()


@row("rsub of two tensors")
def _(t):
    return t.rsub(leaf(t), leaf(t), alpha=2)


@row("max and min of two tensors by name")
def _(t):
    return leaf(t).max(other=t.tensor([3.0, 0.0])), t.min(leaf(t), other=t.tensor([3.0, 0.0]))


@row("split by name")
def _(t):
    x = t.arange(3)
    return x.split(split_size=2), t.split(tensor=x, split_size_or_sections=[1, 2])


@row("matmul function with a number")
def _(t):
    t.matmul(t.ones(2), 2)


@row("dot with a list")
def _(t):
    t.ones(2).dot([1.0, 2.0])


@row("gather with a list")
def _(t):
    t.gather(t.ones(2), 0, [0])


@row("maximum of a tensor and a number, as a method")
def _(t):
    t.ones(2).maximum(1)


@row("cat of a tensor")
def _(t):
    t.cat(t.ones(2))


@row("cat of arrays")
def _(t):
    t.cat([np.ones(2)])


@row("cross_entropy with a list")
def _(t):
    t.nn.functional.cross_entropy(t.ones(1, 2), [0])


@row("embedding of a number")
def _(t):
    t.nn.Embedding(3, 2)(1)


@row("mse_loss of floats and whole numbers")
def _(t):
    loss = t.nn.functional.mse_loss(leaf(t), t.tensor([3, 4]))
    return loss, t.nn.functional.smooth_l1_loss(leaf(t), t.tensor([3, 4]))


@row("mse_loss of whole numbers")
def _(t):
    t.nn.functional.mse_loss(t.tensor([1]), t.tensor([2]))


@row("leaky_relu of whole numbers")
def _(t):
    t.nn.functional.leaky_relu(t.tensor([1]))


@row("gelu of whole numbers")
def _(t):
    t.nn.functional.gelu(t.tensor([1]))


@row("layer_norm of whole numbers")
def _(t):
    t.nn.functional.layer_norm(t.tensor([1, 2]), (2,))


@row("dropout of whole numbers")
def _(t):
    t.nn.functional.dropout(t.tensor([1, 2]))


@row("binary_cross_entropy of floats and whole numbers")
def _(t):
    t.nn.functional.binary_cross_entropy(t.tensor([0.5]), t.tensor([1]))


@row("binary_cross_entropy_with_logits of floats and whole numbers")
def _(t):
    t.nn.functional.binary_cross_entropy_with_logits(t.tensor([0.5]), t.tensor([1]))


@row("draws written over a tensor")
def _(t):
    t.manual_seed(0)
    x = t.empty(3, 7)
    return [
        x.clone().uniform_(-1, 2),
        x.clone().normal_(1, std=2),
        x.clone().random_(5),
        x.clone().random_(-5, to=5),
        x.clone().bernoulli_(0.3),
        x.clone().bernoulli_(t.full((7,), 0.5)),
        *(x.to(getattr(t, kind)).random_() for kind in ("int64", "int32", "uint8", "bool")),
        *(x.to(getattr(t, kind)).random_() for kind in ("float16", "float32", "float64")),
    ]


@row("draws by probabilities")
def _(t):
    t.manual_seed(0)
    weights = t.tensor([[0.1, 0.2, 0.7], [3.0, 0.0, 1.0]])
    return [
        t.bernoulli(weights.clamp(0, 1)),
        t.ones(5).bernoulli(0.5),
        t.multinomial(weights, 9, replacement=True),
        t.multinomial(weights, 2),
        weights[0].multinomial(1),
        t.multinomial(t.ones(10).double(), 10),
    ]


@row("normal numbers of many means and deviations")
def _(t):
    t.manual_seed(0)
    means = t.arange(4.0)
    return [
        t.normal(0, 1, (2, 3)),
        t.normal(means),
        t.normal(means.view(4, 1), t.ones(3)),
        t.normal(2.0, means),
    ]


@row("in place with draws, history")
def _(t):
    t.manual_seed(0)
    x = leaf(t).clone()
    x.uniform_()
    x.sum().backward()
    return x, t.bernoulli(leaf(t) / 2), leaf(t).bernoulli(0.5)


@row("draws written over a leaf")
def _(t):
    leaf(t).uniform_()


@row("draws in an empty range")
def _(t):
    t.ones(2).uniform_(2, 1)


@row("bernoulli of whole numbers")
def _(t):
    t.bernoulli(t.tensor([1, 0]))


@row("normal of a negative deviation")
def _(t):
    t.normal(t.zeros(2), -1.0)


@row("multinomial of whole numbers")
def _(t):
    t.multinomial(t.tensor([1, 2]), 1)


@row("multinomial of more than there are")
def _(t):
    t.multinomial(t.ones(2), 3)


@row("multinomial of negative weights")
def _(t):
    t.multinomial(t.tensor([-1.0, 2.0]), 1)


@row("multinomial of zeros")
def _(t):
    t.multinomial(t.zeros(2), 1)


@row("multinomial of no draws")
def _(t):
    t.multinomial(t.ones(2), 0)


@row("multinomial of a cube")
def _(t):
    t.multinomial(t.ones(2, 2, 2), 1)


def watched(t, layer):
    """What the full backward hook of a layer is called with."""
    seen = []
    layer.register_full_backward_hook(lambda module, sent, got: seen.append((sent, got)))
    return seen


class Several:
    """A forward with several inputs and outputs, not all of them tensors."""

    def forward(self, a, b, c=1):
        return a * b, a + b, "text"


@row("backward hook of a module")
def _(t):
    t.manual_seed(0)
    layer = t.nn.Linear(2, 3)
    seen = watched(t, layer)
    x = t.ones(4, 2, requires_grad=True)
    y = layer(x)
    y.pow(2).sum().backward()
    return seen, y, y.grad_fn.next_functions, x.grad, layer.weight.grad


@row("backward hook of a module without inputs that want a gradient")
def _(t):
    t.manual_seed(0)
    layer = t.nn.Linear(2, 3)
    seen = watched(t, layer)
    layer(t.ones(1, 2)).sum().backward()
    return seen, layer.weight.grad


@row("backward hooks of a chain of modules, removed")
def _(t):
    t.manual_seed(0)
    model = t.nn.Sequential(t.nn.Linear(2, 3), t.nn.Tanh(), t.nn.Linear(3, 1))
    seen = [watched(t, layer) for layer in model]
    handle = model.register_full_backward_hook(lambda *_: 1 / 0)
    handle.remove()
    model(t.ones(2, 2)).sum().backward()
    return seen


@row("backward hook of a module with several inputs and outputs")
def _(t):
    layer = type("Layer", (Several, t.nn.Module), {})()
    seen = watched(t, layer)
    x = t.ones(2, requires_grad=True)
    out = layer(x, 7, c=t.ones(2))
    out[0].sum().backward()
    return seen, out, x.grad


@row("backward hooks of a module that change gradients")
def _(t):
    t.manual_seed(0)
    layer = t.nn.Linear(2, 3)
    layer.register_full_backward_pre_hook(lambda module, got: (got[0] * 10,))
    layer.register_full_backward_hook(lambda module, sent, got: (sent[0] * 2,))
    seen = watched(t, layer)
    x = t.ones(1, 2, requires_grad=True)
    layer(x).sum().backward()
    return seen, x.grad, layer.weight.grad


@row("backward hook of a module that returns too much")
def _(t):
    layer = t.nn.Linear(2, 3)
    layer.register_full_backward_hook(lambda module, sent, got: (sent[0], sent[0]))
    layer(t.ones(1, 2, requires_grad=True)).sum().backward()


@row("backward hook of a module that returns a gradient for no input")
def _(t):
    layer = t.nn.Linear(2, 3)
    layer.register_full_backward_hook(lambda module, sent, got: (t.ones(1, 2),))
    layer(t.ones(1, 2)).sum().backward()


@row("second derivative through a backward hook of a module")
def _(t):
    t.manual_seed(0)
    layer = t.nn.Linear(2, 3)
    seen = watched(t, layer)
    x = t.ones(1, 2, requires_grad=True)
    (g,) = t.autograd.grad(layer(x).pow(2).sum(), x, create_graph=True)
    g.sum().backward()
    return len(seen), x.grad


@row("is_tensor and its like")
def _(t):
    x = t.tensor([1.0, 2.0])
    return t.is_tensor(x), t.is_tensor([1.0]), t.numel(x), t.is_floating_point(x)


# --- the comparison -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ROWS)
def test_the_same_words(name):
    assert outcome(ROWS[name], minigrad) == outcome(ROWS[name], torch)


# The errors that the lessons quote: their types and how their texts begin. Each carries advice.
QUOTED = {
    "backward of a vector": (
        "RuntimeError",
        "grad can be implicitly created only for scalar outputs",
    ),
    "backward twice, something was saved": (
        "RuntimeError",
        "Trying to backward through the graph a second time (or directly access saved tensors "
        "after they have already been freed). Saved intermediate values of the graph are freed "
        "when you call .backward() or autograd.grad(). Specify retain_graph=True",
    ),
    "no grad anywhere": (
        "RuntimeError",
        "element 0 of tensors does not require grad and does not have a grad_fn",
    ),
    "in place on a leaf": (
        "RuntimeError",
        "a leaf Variable that requires grad is being used in an in-place operation.",
    ),
    "item of a leaf assigned": (
        "RuntimeError",
        "a view of a leaf Variable that requires grad is being used in an in-place operation.",
    ),
    "saved tensor changed": (
        "RuntimeError",
        "one of the variables needed for gradient computation has been modified by an inplace "
        "operation: [ENGINE.FloatTensor [2]], which is output 0 of Add",
    ),
    "saved view changed twice": (
        "RuntimeError",
        "one of the variables needed for gradient computation has been modified by an inplace "
        "operation: [ENGINE.FloatTensor [2]], which is output 0 of Relu",
    ),
    "whole numbers with requires_grad": (
        "RuntimeError",
        "Only Tensors of floating point and complex dtype can require gradients",
    ),
    "whole numbers, requires_grad_()": (
        "RuntimeError",
        "only Tensors of floating point dtype can require gradients",
    ),
    "flag off on a result": (
        "RuntimeError",
        "you can only change requires_grad flags of leaf variables. If you want to use a computed "
        "variable in a subgraph that doesn't require differentiation use "
        "var_no_grad = var.detach().",
    ),
    "input that was not used": (
        "RuntimeError",
        "The differentiated Tensor at index 1 appears to not have been used in the graph. Set "
        "allow_unused=True",
    ),
    "gradient of a wrong shape": (
        "RuntimeError",
        "Mismatch in shape: grad_output[0] has a shape of ENGINE.Size([3]) and output[0] has a "
        "shape of ENGINE.Size([2]).",
    ),
    "grad assigned in a wrong shape": (
        "RuntimeError",
        "attempting to assign a gradient of size '[3]' to a tensor of size '[2]'.",
    ),
    "numpy() with grad": (
        "RuntimeError",
        "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.",
    ),
    "truth of many": (
        "RuntimeError",
        "Boolean value of Tensor with more than one value is ambiguous",
    ),
    "shapes that do not fit": (
        "RuntimeError",
        "The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0",
    ),
    "matmul of wrong shapes": (
        "RuntimeError",
        "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)",
    ),
    "mean of whole numbers": (
        "RuntimeError",
        "mean(): could not infer output dtype. Input dtype must be either a floating point or "
        "complex dtype. Got: Long",
    ),
    "dimension out of range": (
        "IndexError",
        "Dimension out of range (expected to be in range of [-1, 0], but got 3)",
    ),
    "retain_grad without grad": (
        "RuntimeError",
        "can't retain_grad on Tensor that has requires_grad=False",
    ),
    "hook without grad": (
        "RuntimeError",
        "cannot register a hook on a tensor that doesn't require gradient",
    ),
    "inference tensor saved": (
        "RuntimeError",
        "Inference tensors cannot be saved for backward.",
    ),
    "Function returns too many": (
        "RuntimeError",
        "function FBackward returned an incorrect number of gradients (expected 1, got 2)",
    ),
    "SGD of a result": ("ValueError", "can't optimize a non-leaf Tensor"),
    "SGD of nothing": ("ValueError", "optimizer got an empty parameter list"),
    "SGD with a negative rate": ("ValueError", "Invalid learning rate: -1"),
    "SGD of a bare tensor": (
        "TypeError",
        "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
        "ENGINE.FloatTensor",
    ),
}


@pytest.mark.parametrize("name", QUOTED)
def test_quoted_errors_carry_advice(name):
    with pytest.raises(Exception) as error:
        ROWS[name](minigrad)
    kind, start = QUOTED[name]
    assert error.typename == kind
    assert neutral(str(error.value)).startswith(start)
    assert getattr(error.value, "__notes__", ()), "there is no advice"


@pytest.mark.parametrize(
    ("name", "start"),
    {
        "grad of a result": "The .grad attribute of a Tensor that is not a leaf Tensor is being",
        "create_graph in backward": "Using backward() with create_graph=True will create a ref",
    }.items(),
)
def test_quoted_warnings(name, start):
    _, said = outcome(ROWS[name], minigrad)
    assert [(kind, text.startswith(start)) for kind, text in said] == [("UserWarning", True)]
