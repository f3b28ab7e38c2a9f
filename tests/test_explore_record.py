"""A recorded backward pass: the same data from minigrad and from torch, and nothing kept alive."""

import gc
import linecache
import random
import sys
import weakref
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from programs import programs
from test_programs import Run
from test_texts import neutral

import minigrad
from minigrad.autograd import engine
from minigrad.explore.forward import filled
from minigrad.explore.record import record
from minigrad.explore.trace import Reader

LIBRARIES = pytest.mark.parametrize("library", [minigrad, torch], ids=["minigrad", "torch"])
PROGRAMS = 400

# --- programs ------------------------------------------------------------------------------------

UNARY = (
    *("exp", "tanh", "sigmoid", "relu", "neg", "abs", "sin", "cos", "clone", "square"),
    *("sum", "mean", "t", "contiguous"),
)
OTHERS = {
    "power": lambda lib, a, k: (a * a + 0.5) ** (k % 3),
    "scale": lambda lib, a, k: a * (0.5 + k),
    "shift": lambda lib, a, k: 1.5 - a,
    "over": lambda lib, a, k: 2.0 / (a * a + 1.0),
    "root": lambda lib, a, k: lib.sqrt(a * a + 1.0),
    "log": lambda lib, a, k: (a * a + 1.0).log(),
    "rows": lambda lib, a, k: a.sum(0, keepdim=True),
    "last": lambda lib, a, k: a.mean(-1),
    "flat": lambda lib, a, k: a.reshape(-1),
    "pick": lambda lib, a, k: a[0],
    "lift": lambda lib, a, k: a.unsqueeze(k % 2),
    "wide": lambda lib, a, k: a.unsqueeze(0).expand(2, *a.shape),
    "parts": lambda lib, a, k: lib.mul(*a.unsqueeze(0).expand(2, *a.shape).unbind(0)),
    "half": lambda lib, a, k: a.unsqueeze(0).expand(2, *a.shape).unbind(0)[k % 2],
    "joined": lambda lib, a, k: lib.cat([a.reshape(-1), a.reshape(-1)]),
    "single": lambda lib, a, k: a.to(lib.float32).to(lib.float64),
    "chosen": lambda lib, a, k: lib.where(a > 0, a, a * 0.25),
    "soft": lambda lib, a, k: a.softmax(-1),
    "copied": lambda lib, a, k: a.detach() * a,
    "inplace": lambda lib, a, k: (a + 1.0).mul_(2.0),
}
BINARY = ("add", "sub", "mul", "maximum", "minimum")
SHAPES = ((), (3,), (2, 3), (1, 3), (2, 1), (3, 2))


def compute(lib, seed: int):
    """Run a generated program; returns its output and its leaves by name."""
    draw = random.Random(seed)
    leaves, pool = {}, []
    for i in range(draw.randint(1, 3)):
        shape = draw.choice(SHAPES)
        values = np.random.default_rng([seed, i]).uniform(-1.5, 1.5, shape).round(3).tolist()
        leaves[f"x{i}"] = lib.tensor(values, requires_grad=True, dtype=lib.float64)
        pool.append(leaves[f"x{i}"])
    pool.append(lib.tensor([0.5, -1.25, 2.0], dtype=lib.float64))
    for _ in range(draw.randint(3, 14)):
        a, b, k = draw.choice(pool[-2:]), draw.choice(pool), draw.randint(0, 5)
        what = draw.choice((*UNARY, *OTHERS, *BINARY * 4, "matmul", "matmul"))
        try:
            pool.append(_apply(lib, what, a, b, k))
        except (RuntimeError, IndexError):  # these shapes do not fit
            continue
    out = next((t for t in reversed(pool) if t.requires_grad), pool[0])
    if draw.random() < 0.5 and out.ndim:
        out = out.sum()
    return out, leaves


def _apply(lib, what: str, a, b, k: int):
    if what in OTHERS:
        return OTHERS[what](lib, a, k)
    if what in UNARY:
        return getattr(a, what)()
    return getattr(lib, what)(a, b)


def recorded(lib, seed: int):
    out, leaves = compute(lib, seed)
    gradient = lib.ones(out.shape, dtype=out.dtype) * 0.5 if seed % 3 else None
    if out.ndim:
        gradient = lib.ones(out.shape, dtype=out.dtype)
    if seed % 5 == 0 and out.grad_fn is not None:
        out.retain_grad()
    return record(out, gradient, **leaves)


def same(mine, torchs) -> bool:
    if mine is None or torchs is None:
        return mine is torchs
    return mine.dtype == torchs.dtype and np.allclose(mine, torchs, rtol=1e-6, atol=1e-6)


def test_generated_programs_are_recorded_alike():
    steps = edges = 0
    for seed in range(PROGRAMS):
        mine, torchs = recorded(minigrad, seed), recorded(torch, seed)
        assert (mine.error, torchs.error) == ("", ""), seed
        assert [(n.kind, n.op, n.names) for n in mine.nodes] == [
            (n.kind, n.op, n.names) for n in torchs.nodes
        ], seed
        assert mine.edges == torchs.edges, seed
        assert [step.node for step in mine.steps] == [step.node for step in torchs.steps], seed
        for a, b in zip(mine.steps, torchs.steps, strict=True):
            assert len(a.sent) == len(b.sent) and len(a.arrived) == len(b.arrived), seed
            assert all(map(same, (*a.arrived, *a.sent), (*b.arrived, *b.sent))), (seed, a, b)
            assert same(a.before, b.before) and same(a.after, b.after), (seed, a, b)
            edges += sum(gradient is not None for gradient in a.sent)
        steps += len(mine.steps)
    assert steps > 5 * PROGRAMS and edges > 5 * PROGRAMS  # the programs are not trivial


@settings(
    max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(program=programs())
def test_programs_with_views_hooks_and_changes_in_place_are_recorded_alike(program):
    traces = []
    for library in (minigrad, torch):
        ran = Run(library, program, "float64")
        assume(ran.error is None and ran.outputs and ran.outputs[0].requires_grad)
        names = {name: ran.names[name] for name in program.shapes}
        out = ran.outputs[0]
        traces.append(record(out, library.ones(out.shape, dtype=out.dtype), **names))
    mine, torchs = traces
    assert mine.stopped_at == torchs.stopped_at and neutral(mine.error) == neutral(torchs.error)
    assert [(n.kind, n.op, n.names) for n in mine.nodes] == [
        (n.kind, n.op, n.names) for n in torchs.nodes
    ]
    assert mine.edges == torchs.edges
    assert [step.node for step in mine.steps] == [step.node for step in torchs.steps]
    large = [
        g
        for step in torchs.steps
        for g in step.sent
        if g is not None and np.abs(g).max(initial=0) > 1e4
    ]
    assume(not large)  # it would compare rounding errors
    for a, b in zip(mine.steps, torchs.steps, strict=True):
        assert all(map(same, (*a.arrived, *a.sent), (*b.arrived, *b.sent))), (a, b)
        assert same(a.after, b.after)


@LIBRARIES
def test_what_is_sent_along_the_edges_adds_up_to_what_arrives(library):
    for seed in range(60):
        trace = recorded(library, seed)
        sums = {}
        for step in trace.steps:
            for output, arrived in enumerate(step.arrived):
                told = sums.pop((step.node, output), None)
                if step is not trace.steps[0]:
                    assert same(told, arrived), (seed, step)
            for edge in (e for e in trace.edges if e.target == step.node):
                gradient, key = step.sent[edge.slot], (edge.source, edge.output)
                if gradient is not None:
                    sums[key] = sums[key] + gradient if key in sums else gradient
        assert sums == {}, seed


# --- one pass, in full ---------------------------------------------------------------------------


@LIBRARIES
def test_the_pass_of_the_first_lesson(library):
    x = library.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x + 2
    mean = (y * y * 2).mean()
    trace = record(mean)
    told = [(trace.nodes[s.node].op, trace.nodes[s.node].names) for s in trace.steps]
    assert told == [
        ("MeanBackward0", ("mean",)),
        ("MulBackward0", ()),
        ("MulBackward0", ()),
        ("AddBackward0", ("y",)),
        ("", ("x",)),
    ]
    first, outer, inner, add, leaf = trace.steps
    assert first.arrived == (1.0,)
    np.testing.assert_allclose(first.sent[0], np.full(3, 1 / 3), rtol=1e-6)
    assert outer.sent[1] is None  # the number 2 gets nothing
    np.testing.assert_array_equal(inner.sent[0], inner.sent[1])
    np.testing.assert_allclose(add.arrived[0], inner.sent[0] * 2, rtol=1e-6)
    assert leaf.sent == () and leaf.before is None
    np.testing.assert_array_equal(leaf.after, x.grad.numpy())


@LIBRARIES
def test_saved_values_are_read_before_the_pass_frees_them(library):
    x = library.tensor([1.0, 2.0], requires_grad=True)
    trace = record((x * x).sum())
    saved = trace.nodes[1].saved
    np.testing.assert_array_equal(saved["self"], [1, 2])
    np.testing.assert_array_equal(saved["other"], [1, 2])
    assert trace.nodes[0].version == 0


@LIBRARIES
def test_what_a_function_of_ones_own_has_saved_is_read(library):
    class Scaled(library.autograd.Function):
        @staticmethod
        def forward(ctx, x, factor):
            ctx.variable = ctx.factor = factor  # no leaf, whatever it is called
            result = x * factor
            ctx.save_for_backward(x, None, result)
            return result

        @staticmethod
        def backward(ctx, g):
            return g * ctx.factor, None

    x = library.tensor([1.0, 2.0], requires_grad=True)
    out = (Scaled.apply(x * 2, 3.0)).sum()
    trace = record(out)
    twice, scaled = trace.nodes[2:4]
    assert (scaled.kind, scaled.op) == ("op", "ScaledBackward")
    assert list(scaled.saved) == ["saved_tensors[0]", "saved_tensors[2]"]
    np.testing.assert_array_equal(scaled.saved["saved_tensors[0]"], [2, 4])
    np.testing.assert_array_equal(twice.value, [2, 4])  # it was saved by its user
    np.testing.assert_array_equal(scaled.value, [6, 12])
    assert record(out).nodes[3].saved == {}  # released


@LIBRARIES
def test_a_second_pass_shows_what_it_adds_to(library):
    x = library.tensor([1.0, 2.0], requires_grad=True)
    out = (x * 3).sum()
    record(out, retain_graph=True)
    leaf = record(out).steps[-1]
    np.testing.assert_array_equal(leaf.before, [3, 3])
    np.testing.assert_array_equal(leaf.arrived[0], [3, 3])
    np.testing.assert_array_equal(leaf.after, [6, 6])
    x.grad.zero_()
    np.testing.assert_array_equal(leaf.after, [6, 6])  # a copy


@LIBRARIES
def test_it_is_the_pass_that_backward_runs(library):
    grads = []
    for run in (record, lambda out: out.backward()):
        x = library.tensor([1.0, 2.0], requires_grad=True)
        y = x * 3
        y.register_hook(lambda g: g * 10)
        y.retain_grad()
        run((y * y).sum())
        grads.append((x.grad.tolist(), y.grad.tolist()))
    assert grads[0] == grads[1]


@LIBRARIES
def test_a_tensor_that_keeps_its_gradient_shows_it(library):
    x = library.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    y.retain_grad()
    step = record(y.sum(), y=y).steps[1]
    assert step.before is None
    np.testing.assert_array_equal(step.after, [1, 1])


@LIBRARIES
def test_a_leaf_is_an_output_too(library):
    x = library.tensor(3.0, requires_grad=True)
    trace = record(x)
    assert [node.kind for node in trace.nodes] == ["leaf"]
    assert trace.steps[0].arrived == (1.0,) and trace.steps[0].after == 1.0


@LIBRARIES
def test_several_outputs_of_one_node_are_told_apart(library):
    x = library.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    top, bottom = x.unbind(0)
    trace = record((top * bottom).sum())
    assert [edge.output for edge in trace.edges] == [0, 0, 1, 0]
    np.testing.assert_array_equal(trace.steps[2].arrived, [[3, 4], [1, 2]])


@LIBRARIES
def test_an_output_that_got_nothing_is_empty_and_not_zero(library):
    x = library.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    trace = record(x.unbind(0)[1].sum())
    assert trace.steps[1].arrived[0] is None
    np.testing.assert_array_equal(trace.steps[1].arrived[1], [1, 1])


@LIBRARIES
def test_a_variable_knows_the_line_that_made_it(library):
    x = library.tensor([1.0, 2.0], requires_grad=True)
    y = x + 2
    loss = (y * y * 2).sum()
    here = sys._getframe().f_lineno
    lines = {node.names: node.line for node in record(loss).nodes if node.names or node.line}
    assert lines == {
        ("x",): f"line {here - 3} (`x = library.tensor([1.0, 2.0], requires_grad=True)`)",
        ("y",): f"line {here - 2} (`y = x + 2`)",
        ("loss",): f"line {here - 1} (`loss = (y * y * 2).sum()`)",
    }
    assert [node.line for node in record((x * 2).sum(), weight=x).nodes] == [""] * 4


def test_a_line_of_a_notebook_is_told_with_its_cell():
    cells = ["", "y = x * 2", "trace = record(y.sum())"]
    names = {"In": cells, "record": record, "x": minigrad.ones(2, requires_grad=True)}
    for number, cell in enumerate(cells):
        file = f"<ipython-input-{number}-of-a-test>"
        linecache.cache[file] = (len(cell), None, cell.splitlines(True), file)
        exec(compile(cell, file, "exec"), names)
    assert [node.line for node in names["trace"].nodes if node.names == ("y",)] == [
        "cell 1, line 1 (`y = x * 2`)"
    ]


# --- what happens later changes nothing -----------------------------------------------------------


def everything(trace) -> list:
    """All arrays of a trace, copied."""
    arrays = [
        array
        for step in trace.steps
        for array in (*step.arrived, *step.sent, step.before, step.after)
    ]
    for node in trace.nodes:
        arrays += [node.value, node.grad, *node.saved.values()]
    return [np.array(array) for array in arrays if isinstance(array, np.ndarray)]


def model_and_loss(lib):
    """Weights that are used as they are, transposed and in part; one gradient is there before."""
    w = lib.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    b = lib.tensor([0.5, -0.5], requires_grad=True)
    x = lib.tensor([[1.0, -1.0], [2.0, 0.5]], requires_grad=True)
    (b * 2).sum().backward()
    hidden = x @ w.t() + b
    hidden.retain_grad()
    out = hidden.exp() * w[0] + hidden.reshape(4)[:2]
    return out, {"w": w, "b": b, "x": x, "hidden": hidden}


@LIBRARIES
def test_no_later_change_reaches_a_trace(library):
    out, names = model_and_loss(library)
    seed = library.ones(2, 2)
    seen = []
    names["hidden"].register_hook(seen.append)
    trace = record(out, seed, **names)
    assert len(trace.steps) > 10
    before = everything(trace)
    with library.no_grad():
        for tensor in (*names.values(), out):
            tensor.add_(1)
        for tensor in names.values():
            tensor.grad.mul_(3)
        seed.zero_()
        seen[0].add_(7)
    for array, then in zip(everything(trace), before, strict=True):
        np.testing.assert_array_equal(array, then)


@LIBRARIES
def test_a_second_pass_does_not_reach_the_trace_of_the_first(library):
    out, names = model_and_loss(library)
    trace = record(out, library.ones(2, 2), retain_graph=True, **names)
    before = everything(trace)
    record(out, library.ones(2, 2) * 5, **names)
    for array, then in zip(everything(trace), before, strict=True):
        np.testing.assert_array_equal(array, then)


@LIBRARIES
def test_a_hook_that_changes_a_gradient_in_place_is_seen(library):
    x = library.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3

    def ten_times(gradient):
        gradient.mul_(10)

    y.register_hook(ten_times)
    trace = record((y * 2).sum())
    _, outer, inner, leaf = trace.steps
    np.testing.assert_array_equal(outer.sent[0], [2, 2])
    np.testing.assert_array_equal(inner.arrived[0], [20, 20])
    np.testing.assert_array_equal(leaf.after, [60, 60])


@LIBRARIES
def test_a_hook_that_changes_what_a_leaf_has_got_is_seen(library):
    x = library.tensor([1.0, 2.0], requires_grad=True)

    def clip(leaf):
        leaf.grad = leaf.grad.clamp(max=1)

    x.register_post_accumulate_grad_hook(clip)
    leaf = record((x * 3).sum()).steps[-1]
    np.testing.assert_array_equal(leaf.arrived[0], [3, 3])
    np.testing.assert_array_equal(leaf.after, [1, 1])


def test_what_is_handed_on_in_another_shape_or_order_is_copied_once():
    x = torch.arange(6.0).reshape(2, 3).requires_grad_()
    trace = record((x.t().reshape(3, 2) * torch.tensor([[1.0, 2.0]])).sum(), x=x)
    *_, view, turn, leaf = trace.steps
    np.testing.assert_array_equal(turn.sent[0], [[1, 1, 1], [2, 2, 2]])
    assert np.shares_memory(turn.sent[0], turn.arrived[0])
    assert turn.arrived[0] is view.sent[0] and leaf.arrived[0] is turn.sent[0]
    w = torch.arange(6.0).reshape(2, 3).requires_grad_()
    nodes = record((torch.ones(1, 3) @ w.t()).sum(), w=w).nodes
    leaf, product = nodes[0], next(node for node in nodes if node.op == "MmBackward0")
    assert not any(np.shares_memory(leaf.value, a) for a in (w.detach().numpy(),))
    assert "mat2" not in product.saved or np.shares_memory(product.saved["mat2"], leaf.value)


def test_strange_gradients_do_not_stop_the_pass():
    table = torch.nn.Embedding(4, 2, sparse=True)
    trace = record(table(torch.tensor([1, 1, 3])).sum())
    assert trace.error == ""
    np.testing.assert_array_equal(trace.steps[-1].after, [[0, 0], [2, 2], [0, 0], [1, 1]])
    half = torch.tensor([1.0, 2.0], dtype=torch.bfloat16, requires_grad=True)
    trace = record((half * 3).sum())
    assert trace.error == "" and trace.steps[-1].after.tolist() == [3, 3]
    wave = torch.tensor([1.0 + 2.0j], requires_grad=True)
    trace = record((wave.conj() * 1j).real.sum())
    assert trace.error == ""
    np.testing.assert_array_equal(trace.steps[-1].after, wave.grad.resolve_conj().numpy())
    saved = record((wave.imag * wave.conj().imag).sum()).nodes[-2].saved  # of one memory
    assert (saved["self"].tolist(), saved["other"].tolist()) == ([2], [-2])
    empty = torch.ones(0, 3, requires_grad=True)
    assert record(empty.t().reshape(0).sum()).steps[-1].after.shape == (0, 3)
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    squares = (x * x).sum()
    with torch.inference_mode():  # its tensors count no versions
        trace = record(squares)
    assert trace.error == "" and trace.steps[-1].after.tolist() == [2, 4]
    nowhere = torch.ones(2, device="meta", requires_grad=True)
    trace = record((nowhere * 2).sum(), nowhere=nowhere)
    assert trace.error == "" and trace.nodes[0].value is None


# --- forward values that nobody kept -------------------------------------------------------------


def test_what_is_computed_again_is_what_was_there():
    compared = 0
    for seed in range(150):
        out, leaves = compute(torch if seed % 2 else minigrad, seed)
        trace = Reader(out, leaves).trace()
        nodes = [
            node if node.kind in ("leaf", "constant") else replace(node, value=None)
            for node in trace.nodes
        ]
        for known, node in zip(trace.nodes, filled(replace(trace, nodes=nodes)).nodes, strict=True):
            if node.again and known.value is not None:
                assert same(node.value, known.value), (seed, node)
                compared += 1
    assert compared > 100


@LIBRARIES
def test_a_value_is_not_computed_from_what_was_changed_in_place(library):
    x = library.tensor([1.0, 2.0], requires_grad=True)
    y = (x * 3 * 2).sum()
    nodes = filled(record(y, x=x)).nodes
    np.testing.assert_array_equal(nodes[2].value, [3, 6])
    assert nodes[2].again and not nodes[0].again
    y = (x * 3 * 2).sum()
    with library.no_grad():
        x.add_(1)
    assert filled(record(y, x=x)).nodes[2].value is None


@LIBRARIES
def test_one_output_of_a_node_is_not_taken_for_another(library):
    x = library.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    top, bottom = x.unbind(0)
    unbind, product = filled(record((top * 2 + bottom).sum(), x=x, bottom=bottom)).nodes[1:4:2]
    assert (unbind.op, product.op) == ("UnbindBackward0", "MulBackward0")
    assert product.value is None
    top, bottom = x.unbind(0)
    unbind, _, product = filled(record((top * 2).sum(), x=x, bottom=bottom)).nodes[1:4]
    assert unbind.value is None and product.value is None


@LIBRARIES
def test_a_saved_dimension_reads_as_it_was_written(library):
    x = library.ones(2, 3, requires_grad=True)
    assert record(x.softmax(-1).sum()).nodes[1].saved["dim"] in (-1, 1)


# --- when it does not come to its end ------------------------------------------------------------


def failing(lib):
    class Fails(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            raise ValueError("this rule is not written yet")

    return Fails


@LIBRARIES
def test_an_exception_ends_the_trace_where_it_was_raised(library):
    x = library.tensor([1.0, 2.0], requires_grad=True)
    middle = failing(library).apply(x * 3)
    trace = record((middle * 5).sum())
    assert [trace.nodes[s.node].op for s in trace.steps] == ["SumBackward0", "MulBackward0"]
    assert trace.nodes[trace.stopped_at].names == ("middle",)
    assert trace.error == "ValueError: this rule is not written yet"
    assert x.grad is None


@LIBRARIES
def test_of_two_branches_the_one_that_failed_is_named(library):
    x = library.tensor([1.0, 2.0], requires_grad=True)
    good = x.exp()
    bad = failing(library).apply(x)
    trace = record((good + bad).sum(), good=good, bad=bad)
    assert trace.nodes[trace.stopped_at].names == ("bad",)
    bad = failing(library).apply(x)
    good = x.exp()
    trace = record((bad + good).sum(), good=good, bad=bad)
    assert trace.nodes[trace.stopped_at].names == ("bad",)
    assert [trace.nodes[s.node].op for s in trace.steps][2] == "ExpBackward0"  # it ran before


@LIBRARIES
def test_the_in_place_error_stands_at_the_node_that_saved(library):
    x = library.tensor([1.0, 2.0], requires_grad=True)
    y = x.exp()
    z = y + 0
    y.add_(1)
    trace = record(z.sum())
    assert trace.nodes[trace.stopped_at].op == "ExpBackward0"
    assert "is at version 1; expected version 0" in trace.error


@LIBRARIES
def test_a_second_backward_and_a_vector_are_told(library):
    x = library.tensor([1.0, 2.0], requires_grad=True)
    out = (x * x).sum()
    out.backward()
    trace = record(out)
    assert trace.nodes[trace.stopped_at].op == "MulBackward0"
    assert "through the graph a second time" in trace.error
    assert "only for scalar outputs" in record(x * 2).error
    plain = record(library.tensor([1.0]))
    assert plain.steps == () and plain.stopped_at == 0
    assert "does not require grad" in plain.error


def test_a_number_is_no_tensor():
    with pytest.raises(TypeError, match="needs a tensor, but got float"):
        record(3.0)


# --- nothing stays -------------------------------------------------------------------------------


@LIBRARIES
@pytest.mark.parametrize("fails", [False, True], ids=["to the end", "stopped"])
def test_a_trace_keeps_no_tensor_alive(library, fails):
    x = library.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    out = (failing(library).apply(y) if fails else y * y).sum()
    trace = record(out, x=x, y=y)
    assert bool(trace.error) == fails
    watched = [weakref.ref(t) for t in (x, y, out)]
    if library is minigrad:  # torch's nodes cannot be watched
        watched += map(weakref.ref, (out.grad_fn, y.grad_fn))
    del x, y, out
    gc.collect()
    assert all(reference() is None for reference in watched)
    assert trace.nodes[0].names == ("x",)


@LIBRARIES
def test_nobody_watches_afterwards(library):
    x = library.tensor([1.0], requires_grad=True)
    out = (x * x).sum()
    trace = record(out, retain_graph=True)
    steps = len(trace.steps)
    out.backward()
    assert len(trace.steps) == steps and engine.observer is None
    record(library.tensor([1.0, 2.0], requires_grad=True) * 2)
    assert engine.observer is None
