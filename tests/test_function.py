"""Custom Functions and saved_tensors_hooks: every case asked of torch and of minigrad.

A case is a function that gets an engine under the name `t`. Its result is compared by its text,
what it raises by type and text, what it warns of by the first sentence.
"""

import gc
import weakref

import pytest
import torch
from test_texts import outcome

import minigrad
from minigrad.autograd import Function

CASES = {}


def case(function):
    assert function.__name__ not in CASES
    CASES[function.__name__] = function
    return function


@pytest.mark.parametrize("name", CASES)
def test_case(name):
    expected = outcome(CASES[name], torch)
    assert outcome(CASES[name], minigrad) == expected


def make(t, forward, backward=None, **more):
    """A Function called F."""
    methods = {"forward": forward, "backward": backward, **more}
    methods = {name: staticmethod(method) for name, method in methods.items() if method}
    return type("F", (t.autograd.Function,), methods)


def double(t, backward=lambda ctx, g: g * 2, **more):
    return make(t, lambda ctx, x: x * 2, backward, **more)


def square(t):
    """Saves its input."""

    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    return make(t, forward, lambda ctx, g: 2 * ctx.saved_tensors[0] * g)


def exponential(t):
    """Saves its output."""

    def forward(ctx, x):
        result = x.exp()
        ctx.save_for_backward(result)
        return result

    return make(t, forward, lambda ctx, g: g * ctx.saved_tensors[0])


def leaf(t):
    return t.tensor([1.0, 2.0], requires_grad=True)


def gradient(t, function, *more):
    x = leaf(t)
    function.apply(x, *more).sum().backward()
    return x.grad


# --- how it looks ---------------------------------------------------------------------------------


@case
def result(t):
    y = double(t).apply(leaf(t))
    return y, y.grad_fn, type(y.grad_fn), y.grad_fn.name(), y.grad_fn.next_functions


@case
def type_of_ctx(t):
    return make(t, lambda ctx, x: print(type(ctx)) or x * 2, double(t).backward).apply(leaf(t))


@case
def next_functions_leave_out_what_is_no_tensor(t):
    f = make(t, lambda ctx, a, k, b: a * k + b, lambda ctx, g: (g, None, g))
    return f.apply(leaf(t), 3.0, t.ones(2)).grad_fn.next_functions


@case
def attributes_of_ctx_on_the_node(t):
    def forward(ctx, x):
        ctx.factor = 7
        return x * 7

    return make(t, forward, double(t).backward).apply(leaf(t)).grad_fn.factor


@case
def saved_tensors_on_the_node(t):
    return square(t).apply(leaf(t)).grad_fn.saved_tensors


# --- gradients ------------------------------------------------------------------------------------


@case
def gradient_of_double(t):
    return gradient(t, double(t))


@case
def gradient_of_square(t):
    return gradient(t, square(t))


@case
def gradient_from_the_output(t):
    return gradient(t, exponential(t))


@case
def second_derivative(t):
    x = leaf(t)
    (g,) = t.autograd.grad(square(t).apply(x).sum(), x, create_graph=True)
    return g, t.autograd.grad(g.sum(), x)


@case
def second_derivative_from_the_output(t):
    x = leaf(t)
    (g,) = t.autograd.grad(exponential(t).apply(x).sum(), x, create_graph=True)
    return g, t.autograd.grad(g.sum(), x)


@case
def stretched_gradient_is_summed(t):
    return gradient(t, double(t, lambda ctx, g: t.ones(3, 2)))


@case
def double_precision_gradient(t):
    return gradient(t, double(t, lambda ctx, g: g.double()))


@case
def no_gradient(t):
    return gradient(t, double(t, lambda ctx, g: None))


@case
def no_gradient_means_zeros_below(t):
    seen = []
    below = double(t, lambda ctx, g: seen.append(g) or g)
    x = leaf(t)
    double(t, lambda ctx, g: None).apply(below.apply(x)).sum().backward()
    return seen, x.grad


@case
def setup_context(t):
    seen = []

    def setup(ctx, inputs, output):
        seen.append((inputs, output))
        ctx.save_for_backward(*inputs)

    def backward(ctx, g):
        a, b = ctx.saved_tensors
        return g * b, g * a

    f = make(t, lambda a, b: a * b, backward, setup_context=setup)
    x = leaf(t)
    return t.autograd.grad(f.apply(x, x * 3).sum(), x), seen


@case
def setup_context_with_defaults_and_names(t):
    def setup(ctx, inputs, output):
        ctx.factor = inputs[1]

    f = make(t, lambda x, factor=5.0: x * factor, lambda ctx, g: (g * ctx.factor, None),
             setup_context=setup)  # fmt: skip
    x = leaf(t)
    return t.autograd.grad((f.apply(x) + f.apply(x=x, factor=2.0)).sum(), x)


@case
def vjp_is_another_name(t):
    f = make(t, lambda ctx, x: x * 2, vjp=lambda ctx, g: g * 2)
    return gradient(t, f)


@case
def under_no_grad(t):
    with t.no_grad():
        return square(t).apply(leaf(t))


@case
def grad_mode_inside(t):
    seen = []

    def forward(ctx, x):
        seen.append((t.is_grad_enabled(), x.requires_grad, (x * 2).requires_grad))
        return x * 2

    def backward(ctx, g):
        seen.append((t.is_grad_enabled(), g.requires_grad))
        return g * 2

    return gradient(t, make(t, forward, backward)), seen


@case
def needs_input_grad(t):
    seen = []
    f = make(t, lambda ctx, a, b, k: seen.append(ctx.needs_input_grad) or a * b * k,
             lambda ctx, g: seen.append(ctx.needs_input_grad) or (g, None, None))  # fmt: skip
    return gradient(t, f, t.ones(2), 3), seen


@case
def enable_grad_inside_forward(t):
    def forward(ctx, x):
        with t.enable_grad():
            return x * 2

    f = make(t, forward, lambda ctx, g: g * 5)
    return f.apply(leaf(t)), gradient(t, f)


# --- several outputs ------------------------------------------------------------------------------


@case
def two_outputs(t):
    seen = []
    f = make(
        t, lambda ctx, x: (x * 2, x * 3), lambda ctx, g, h: seen.append((g, h)) or g * 2 + h * 3
    )
    x = leaf(t)
    y, z = f.apply(x)
    y.sum().backward()
    f.apply(x)[1].sum().backward()
    return y, z, z.output_nr, seen, x.grad


@case
def without_materialized_gradients(t):
    seen = []

    def forward(ctx, x):
        ctx.set_materialize_grads(False)
        return x * 2, x * 3

    f = make(t, forward, lambda ctx, g, h: seen.append((g, h)) or g * 2)
    x = leaf(t)
    f.apply(x)[0].sum().backward()
    return seen, x.grad


@case
def outputs_that_are_no_tensors(t):
    seen = []
    f = make(t, lambda ctx, x: (x * 2, 3, "s"), lambda ctx, *g: seen.append(g) or g[0])
    x = leaf(t)
    outputs = f.apply(x)
    outputs[0].sum().backward()
    return outputs, seen, x.grad


@case
def only_a_number_or_a_list(t):
    x = leaf(t)
    backward = double(t).backward
    return [make(t, f, backward).apply(x) for f in (lambda c, x: 3, lambda c, x: [x * 2])]


@case
def mark_non_differentiable(t):
    seen = []

    def forward(ctx, x):
        mask, whole = x > 1, x.floor()
        ctx.mark_non_differentiable(mask, whole)
        return x * 2, mask, whole

    f = make(t, forward, lambda ctx, *g: seen.append(g) or g[0] * 2)
    x = leaf(t)
    outputs = f.apply(x)
    outputs[0].sum().backward()
    return outputs, seen, x.grad


@case
def integer_outputs_have_no_gradient(t):
    seen = []
    f = make(t, lambda ctx, x: (x * 2, x.long()), lambda ctx, *g: seen.append(g) or g[0])
    x = leaf(t)
    outputs = f.apply(x)
    outputs[0].sum().backward()
    return outputs, seen


# --- inputs as outputs, changes in place ----------------------------------------------------------


@case
def input_returned(t):
    x = leaf(t)
    f = make(t, lambda ctx, x: x, lambda ctx, g: g * 3)
    y = f.apply(x)
    y.sum().backward()
    return y, y is x, y._is_view(), x.grad


@case
def input_returned_then_changed(t):
    make(t, lambda ctx, x: x, lambda ctx, g: g).apply(leaf(t) * 1).add_(1)


@case
def view_returned_then_changed(t):
    make(t, lambda ctx, x: x.view(-1), lambda ctx, g: g).apply(leaf(t) * 1).mul_(2)


@case
def non_differentiable_input_returned(t):
    def forward(ctx, a, b):
        ctx.mark_non_differentiable(b)
        return a * 2, b

    b = leaf(t) * 1
    y, z = make(t, forward, lambda ctx, g, h: (g * 2, None)).apply(leaf(t), b)
    return y, z, z is b, b


def adds_in_place(t):
    def forward(ctx, x):
        x.add_(1)
        ctx.mark_dirty(x)
        return x

    return make(t, forward, lambda ctx, g: g * 5)


@case
def mark_dirty(t):
    x = leaf(t)
    y = x * 1
    z = adds_in_place(t).apply(y)
    z.sum().backward()
    return z is y, y, y._version, x.grad


@case
def mark_dirty_on_a_view(t):
    x = leaf(t)
    y = x * 1
    z = adds_in_place(t).apply(y[:1])
    (y * y).sum().backward()
    return z, y, x.grad


@case
def dirty_leaf(t):
    adds_in_place(t).apply(leaf(t))


@case
def dirty_input_not_returned(t):
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x * 2

    make(t, forward, double(t).backward).apply(leaf(t) * 1)


@case
def dirty_tensor_that_is_no_input(t):
    def forward(ctx, x):
        y = x * 2
        ctx.mark_dirty(y)
        return y

    make(t, forward, double(t).backward).apply(leaf(t) * 1)


@case
def saved_input_changed(t):
    y = leaf(t) * 1
    z = square(t).apply(y)
    y.add_(1)
    z.sum().backward()


@case
def saved_output_changed(t):
    y = exponential(t).apply(leaf(t))
    y.add_(1)
    y.sum().backward()


# --- saving ---------------------------------------------------------------------------------------


@case
def backward_twice(t):
    y = square(t).apply(leaf(t)).sum()
    y.backward()
    y.backward()


@case
def backward_twice_with_retain_graph(t):
    x = leaf(t)
    y = square(t).apply(x).sum()
    y.backward(retain_graph=True)
    y.backward()
    return x.grad


@case
def backward_twice_where_nothing_was_saved(t):
    x = leaf(t)
    y = double(t).apply(x).sum()
    y.backward()
    y.backward()
    return x.grad


@case
def saved_tensors_inside_forward(t):
    seen = []

    def forward(ctx, x):
        ctx.save_for_backward(x)
        seen.append(ctx.saved_tensors)
        return x * 2

    return gradient(t, make(t, forward, double(t).backward)), seen


@case
def save_none(t):
    def forward(ctx, x):
        ctx.save_for_backward(None, x)
        return x * 2

    return gradient(t, make(t, forward, lambda ctx, g: ctx.saved_tensors[1]))


@case
def the_last_save_counts(t):
    def forward(ctx, x):
        ctx.save_for_backward(x)
        ctx.save_for_backward(x * 2)
        return x * 2

    return gradient(t, make(t, forward, lambda ctx, g: ctx.saved_tensors[0]))


def saves(t, *values):
    def forward(ctx, x):
        ctx.save_for_backward(*values)
        return x * 2

    return make(t, forward, double(t).backward).apply(leaf(t))


@case
def save_a_number(t):
    saves(t, 3)


@case
def save_a_list(t):
    saves(t, t.ones(2), [t.ones(2)])


@case
def save_an_inference_tensor(t):
    with t.inference_mode():
        x = t.ones(2)
    saves(t, x)


# --- what backward must return --------------------------------------------------------------------

RETURNS = {
    "too many": lambda t, g: (g, g),
    "too many, but None": lambda t, g: (g, None, None),
    "a wrong shape": lambda t, g: t.ones(3),
    "a shape that would have to be stretched": lambda t, g: t.ones(1),
    "a number": lambda t, g: 2.0,
    "a list": lambda t, g: [g],
}


@pytest.mark.parametrize("name", RETURNS)
def test_what_backward_returns(name):
    def run(t):
        return gradient(t, double(t, lambda ctx, g: RETURNS[name](t, g)))

    assert outcome(run, minigrad) == outcome(run, torch)


@case
def too_few_gradients(t):
    return gradient(t, make(t, lambda ctx, a, b: a * b, lambda ctx, g: g), t.ones(2))


@case
def a_gradient_for_a_number(t):
    return gradient(t, make(t, lambda ctx, a, k: a * k, lambda ctx, g: (g, g)), 3)


@case
def a_gradient_for_an_input_without(t):
    return gradient(t, make(t, lambda ctx, a, b: a * b, lambda ctx, g: (g, g)), t.ones(2))


# --- wrong use ------------------------------------------------------------------------------------


@case
def called_like_a_function(t):
    double(t)()(leaf(t))


@case
def made_like_an_object(t):
    double(t)(leaf(t))


@case
def no_forward(t):
    make(t, None).apply(leaf(t))


@case
def no_backward(t):
    gradient(t, double(t, None))


@case
def both_backward_and_vjp(t):
    gradient(t, double(t, vjp=lambda ctx, g: g))


@case
def static_forgotten(t):
    f = type("F", (t.autograd.Function,), {"forward": lambda x: x, "backward": lambda g: g})
    try:
        f.apply(leaf(t))
    except TypeError as error:
        return str(error).partition("<lambda>() ")[2]


# --- once_differentiable --------------------------------------------------------------------------


def once(t):
    seen = []

    def backward(ctx, g):
        seen.append(t.is_grad_enabled())
        return g * 2

    f = double(t, t.autograd.function.once_differentiable(backward))
    f.seen = seen
    return f


@case
def once_differentiable(t):
    return gradient(t, once(t))


@case
def once_differentiable_with_create_graph(t):
    f, x, v = once(t), leaf(t), leaf(t)
    (g,) = t.autograd.grad(f.apply(x), x, v, create_graph=True)
    return g, g.grad_fn, g.grad_fn.next_functions, f.seen


@case
def differentiated_twice(t):
    x, v = leaf(t), leaf(t)
    (g,) = t.autograd.grad(once(t).apply(x), x, v, create_graph=True)
    g.sum().backward()


# --- hooks and neighbours -------------------------------------------------------------------------


@case
def hooks_on_the_node(t):
    seen = []
    x = leaf(t)
    y = square(t).apply(x)
    y.register_hook(lambda g: g * 10)
    y.grad_fn.register_prehook(lambda g: seen.append(("pre", g)))
    y.grad_fn.register_hook(lambda sent, got: seen.append((sent, got)) or (sent[0] * 2,))
    y.sum().backward()
    return seen, x.grad


@case
def retain_grad(t):
    x = leaf(t)
    y = square(t).apply(x)
    y.retain_grad()
    (y * 3).sum().backward()
    return y.grad, x.grad


@case
def used_twice(t):
    x = leaf(t)
    f = square(t)
    f.apply(f.apply(x) + x).sum().backward()
    return x.grad


# --- saved_tensors_hooks --------------------------------------------------------------------------


def packing(t, pack, unpack=lambda packed: packed):
    return t.autograd.graph.saved_tensors_hooks(pack, unpack)


@case
def pack_and_unpack(t):
    seen = []
    x = leaf(t)

    def pack(tensor):
        seen.append((tensor, t.is_grad_enabled()))
        return tensor * 2

    with packing(t, pack, lambda packed: seen.append(packed) or packed):
        y = x * x
    y.sum().backward()
    return seen, x.grad


@case
def hooks_inside_one_another(t):
    seen = []
    x = leaf(t)
    with packing(t, lambda tensor: seen.append("outer") or tensor):
        with packing(t, lambda tensor: seen.append("inner") or tensor):
            x.log()
        x.log()
    x.log()
    return seen


@case
def second_derivative_through_hooks(t):
    x = leaf(t)
    with packing(t, lambda tensor: tensor.detach().clone()):
        y = x * 2  # neither a leaf nor a result of the node that saves it
        y = (y * y).exp()
    (g,) = t.autograd.grad(y.sum(), x, create_graph=True)
    return g, t.autograd.grad(g.sum(), x)


@case
def hooks_for_a_function(t):
    with packing(t, lambda tensor: tensor * 100):
        return gradient(t, square(t)), gradient(t, exponential(t))


@case
def hooks_switch_off_the_version_check(t):
    x = leaf(t)
    y = x * 1
    with packing(t, lambda tensor: tensor.clone()):
        z = y * y
    y.add_(1)
    z.sum().backward()
    return x.grad


@case
def saved_value_on_the_node(t):
    with packing(t, lambda tensor: tensor * 2):
        return (leaf(t) ** 2).grad_fn._saved_self


@case
def packing_in_place(t):
    with packing(t, lambda tensor: tensor.add_(1)):
        return leaf(t).log()


@case
def unpacking_to_no_tensor(t):
    with packing(t, lambda tensor: 3):
        leaf(t).log().sum().backward()


def test_hooks_must_be_functions():
    with pytest.raises(TypeError, match="takes two functions, pack_hook and unpack_hook, but got"):
        minigrad.autograd.graph.saved_tensors_hooks(3, lambda x: x)


# --- minigrad alone -------------------------------------------------------------------------------


def test_errors_carry_advice():
    with pytest.raises(RuntimeError) as caught:
        gradient(minigrad, double(minigrad, lambda ctx, g: (g, g)))
    assert caught.value.__notes__ == [
        "backward returns one gradient for each argument of forward, None for one without."
    ]


def test_ctx_may_carry_names_that_the_node_uses():
    """`ctx.shape = x.shape` is what people write; the node has a shape, too."""

    class F(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.shape, ctx.dtype, ctx.saved, ctx.edges, ctx.sequence = x.shape, 1, 2, 3, 4
            return x.sum()

        @staticmethod
        def backward(ctx, g):
            assert (ctx.dtype, ctx.saved, ctx.edges, ctx.sequence) == (1, 2, 3, 4)
            return g * minigrad.ones(ctx.shape)

    assert gradient(minigrad, F).tolist() == [1.0, 1.0]


def test_nothing_outlives_the_output():
    gc.disable()  # what is free must go at once, not when cycles are collected
    try:
        for function in (square(minigrad), exponential(minigrad)):
            for use in (lambda y: y.sum().backward(), lambda y: None):
                y = function.apply(leaf(minigrad))
                node = weakref.ref(y.grad_fn)
                use(y)
                del y
                assert node() is None
    finally:
        gc.enable()


def test_a_long_chain_of_functions():
    y = x = minigrad.tensor(1.0, requires_grad=True)
    same = make(minigrad, lambda ctx, x: x * 1, lambda ctx, g: g)
    for _ in range(20_000):
        y = same.apply(y)
    y.backward()
    assert x.grad.item() == 1.0
    del y  # freeing does not recurse either


def test_a_gradient_that_is_kept_is_not_shared():
    """backward may hand on the very tensor it got, or one that it keeps."""
    kept = minigrad.ones(2)
    x = leaf(minigrad)
    for f in (double(minigrad, lambda ctx, g: kept), double(minigrad, lambda ctx, g: g)):
        x.grad = None
        f.apply(x).backward(kept)
        x.grad.zero_()
        assert kept.tolist() == [1.0, 1.0]


@case
def a_change_of_a_view_is_freed_too(t):
    x = leaf(t)
    y = x * 1
    y[:1].mul_(x[1:])
    z = y.sum()
    z.backward()
    z.backward()
