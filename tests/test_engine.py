"""What generated programs do not reach: size, memory, threads, and what an error leaves behind."""

import copy
import gc
import os
import pickle
import subprocess
import sys
import threading
import warnings
import weakref
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

import minigrad
from minigrad.autograd import engine

ROOT = Path(__file__).resolve().parent.parent
ENGINES = pytest.mark.parametrize("t", [torch, minigrad], ids=["torch", "minigrad"])


@contextmanager
def no_garbage_collection():
    """Whatever disappears in here was held by no cycle."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


# --- size -----------------------------------------------------------------------------------------


def test_a_chain_of_a_million_is_built_walked_and_freed():
    x = minigrad.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(1_000_000):
        y = y + 1
    y.backward()
    assert y.item() == 1_000_001.0
    assert x.grad.item() == 1.0
    last = weakref.ref(y.grad_fn)
    del y
    assert last() is None


def test_a_wide_sum_and_a_deep_diamond():
    x = minigrad.tensor(2.0, requires_grad=True, dtype=minigrad.float64)
    y = x
    for _ in range(60):
        y = y + y  # 2 ** 60 paths
    y.backward()
    assert x.grad.item() == 2.0**60
    leaves = [minigrad.tensor(float(i), requires_grad=True) for i in range(5000)]
    minigrad.stack(leaves).sum().backward()
    assert all(leaf.grad.item() == 1.0 for leaf in leaves)


@ENGINES
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 8, 9, 16, 31])
def test_leaves_that_are_ready_together_take_torchs_order(t, count):
    def order(t):
        seen = []
        leaves = [t.tensor([float(i)], requires_grad=True) for i in range(count)]
        for i, leaf in enumerate(leaves):
            leaf.register_post_accumulate_grad_hook(lambda _, i=i: seen.append(i))
        t.cat(leaves).exp().sum().backward()
        return seen

    assert order(t) == order(torch)
    assert sorted(order(t)) == list(range(count))


@ENGINES
def test_a_node_runs_once_for_several_of_its_outputs(t):
    x = t.tensor([1.0, 2.0], requires_grad=True)
    first, second = (x * 3).unbind()
    seen = []
    first.grad_fn.register_hook(lambda sent, arrived: seen.append([g.item() for g in arrived]))
    t.autograd.backward([second, first])
    assert seen == [[1.0, 1.0]]
    assert x.grad.tolist() == [3.0, 3.0]


@ENGINES
def test_a_leaf_and_a_result_of_it_as_outputs(t):
    x = t.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    t.autograd.backward([x, y, x], [t.ones(2), t.ones(2), t.ones(2) * 10])
    assert x.grad.tolist() == [14.0, 14.0]
    y = x * 3
    assert t.autograd.grad([y, y], [x], [t.ones(2), t.ones(2)])[0].tolist() == [6.0, 6.0]
    assert t.autograd.grad(x.sum(), x)[0].tolist() == [1.0, 1.0]


# --- memory ---------------------------------------------------------------------------------------


def build(function, **options):
    """Weak references to all that a computation made, once its last name is gone."""
    x = minigrad.ones(1000, requires_grad=True)
    made = function(x)
    references = [weakref.ref(tensor) for tensor in made]
    references += [weakref.ref(tensor.grad_fn) for tensor in made if tensor.grad_fn is not None]
    made[-1].sum().backward(**options)
    return x, references


GRAPHS = {
    "arithmetic": lambda x: [y := x * 2, y * y, (y * y).exp()],
    "a view and a change in place": lambda x: [y := x * 3, v := y[10:], v.exp_(), y],
    "several results": lambda x: [*x.exp().split(500), x.exp().split(500)[0].tanh()],
    "a change in place of what is saved": lambda x: [y := x * 1, y.exp_(), y + 1],
    "matrix product": lambda x: [y := x.reshape(10, 100), y @ y.mT],
    "an index": lambda x: [x[[0, 1, 1]], x[x > 0]],
}


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("options", [{}, {"retain_graph": True}], ids=["freed", "retained"])
def test_a_graph_is_freed_without_garbage_collection(name, options):
    with no_garbage_collection():
        x, references = build(GRAPHS[name], **options)
        assert [r() for r in references] == [None] * len(references)
        assert x.grad is not None


def test_a_graph_that_is_never_walked_is_freed_too():
    with no_garbage_collection():
        x = minigrad.ones(1000, requires_grad=True)
        y = (x * 2).exp()
        node, leaf = weakref.ref(y.grad_fn), weakref.ref(x)
        del x, y
        assert node() is None
        assert leaf() is None


def test_hooks_and_kept_gradients_hold_no_cycle():
    with no_garbage_collection():
        x = minigrad.ones(3, requires_grad=True)
        x.register_hook(lambda g: g)
        y = x.exp()
        y.retain_grad()
        y.register_hook(lambda g: g)
        y.grad_fn.register_hook(lambda sent, received: None)
        y.sum().backward()
        references = [weakref.ref(x), weakref.ref(y), weakref.ref(y.grad_fn)]
        del x, y
        assert [r() for r in references] == [None] * 3


def test_saved_tensors_are_freed_by_the_pass_and_kept_on_demand():
    x = minigrad.ones(3, requires_grad=True)
    y = x.exp()
    z = (y * y).sum()
    node = z.grad_fn.next_functions[0][0]
    z.backward(retain_graph=True)
    assert node._saved_self.tolist() == y.tolist()
    z.backward()
    with pytest.raises(RuntimeError, match="after they have already been freed"):
        node._saved_self  # noqa: B018


@ENGINES
def test_a_value_that_was_not_saved_is_none(t):
    node = (t.ones(3, requires_grad=True) * t.full((3,), 2.0)).grad_fn
    assert node._saved_self is None
    assert node._saved_other.tolist() == [2.0] * 3
    assert {"_saved_self", "_saved_other"} <= set(dir(node))
    with pytest.raises(AttributeError, match="'MulBackward0' object has no attribute '_saved_it'"):
        node._saved_it  # noqa: B018


def test_the_gradient_of_a_leaf_shares_no_memory_with_what_was_given():
    """torch's does, in the first case."""
    t = minigrad
    v = t.ones(3)
    for make in (lambda x: x, lambda x: x + 0, lambda x: x.view(3), lambda x: x[:]):
        x = t.ones(3, requires_grad=True)
        make(x).backward(v)
        x.grad.mul_(5)
        assert v.tolist() == [1.0, 1.0, 1.0]
        make(x).backward(v)
        assert x.grad.tolist() == [6.0, 6.0, 6.0]
        assert v.tolist() == [1.0, 1.0, 1.0]


def test_a_gradient_that_only_the_walk_holds_is_kept_without_a_copy():
    sent = []

    def watch(node, _, gradients):
        if node.name() != "torch::autograd::AccumulateGrad":
            sent.append([weakref.ref(g) if isinstance(g, np.ndarray) else None for g in gradients])

    layer, x = minigrad.nn.Linear(3, 2), minigrad.ones(4, requires_grad=True)
    for output, leaf in (((x * 2).sum(), x), (layer(minigrad.ones(5, 3)).sum(), layer.weight)):
        engine.observer = watch
        try:
            output.backward()
        finally:
            engine.observer = None
        assert any(ref is not None and ref() is leaf.grad._data for ref in sent[-1])


@ENGINES
def test_two_leaves_and_a_kept_gradient_share_no_memory(t):
    x, y = t.ones(3, requires_grad=True), t.ones(3, requires_grad=True)
    z = x + y
    z.retain_grad()
    z.sum().backward()
    x.grad.mul_(2)
    y.grad.mul_(3)
    assert [each.grad.tolist()[0] for each in (x, y, z)] == [2.0, 3.0, 1.0]


@ENGINES
def test_a_hook_that_keeps_a_gradient_keeps_its_numbers(t):
    seen = []
    x = t.ones(3, requires_grad=True)
    x.register_hook(seen.append)
    (x * 2).sum().backward()
    (x * 2).sum().backward()
    assert x.grad.tolist() == [4.0] * 3
    assert [g.tolist() for g in seen] == [[2.0] * 3] * 2


def test_create_graph_keeps_what_the_next_pass_needs():
    x = minigrad.tensor(2.0, requires_grad=True)
    (first,) = minigrad.autograd.grad(x**3, x, create_graph=True)
    (second,) = minigrad.autograd.grad(first, x, create_graph=True)
    (third,) = minigrad.autograd.grad(second, x)
    assert [first.item(), second.item(), third.item()] == [12.0, 12.0, 6.0]


# --- hooks, modes, threads ------------------------------------------------------------------------


@ENGINES
def test_every_kind_of_hook_can_be_removed(t):
    x = t.ones(2, requires_grad=True)
    y = x * 2
    node = y.grad_fn
    calls = []

    def note(name):
        return lambda *_: calls.append(name)

    handles = [
        x.register_hook(note("leaf")),
        y.register_hook(note("result")),
        node.register_hook(note("after")),
        node.register_prehook(note("before")),
        x.register_post_accumulate_grad_hook(note("post")),
    ]
    y.sum().backward(retain_graph=True)
    assert calls == ["result", "before", "after", "leaf", "post"]
    for handle in handles:
        handle.remove()
        handle.remove()
    y.sum().backward()
    assert len(calls) == 5


@ENGINES
def test_an_error_in_a_hook_leaves_the_modes_as_they_were(t):
    def fail(_):
        raise ValueError("from the hook")

    for graph in (False, True):
        x = t.ones(2, requires_grad=True)
        x.register_hook(fail)
        with t.set_grad_enabled(True):
            with pytest.raises(ValueError, match="from the hook"):
                t.autograd.grad((x * x).sum(), x, create_graph=graph)
            assert t.is_grad_enabled()
            assert (x * 2).requires_grad
        with t.no_grad():
            assert not t.is_grad_enabled()


@ENGINES
def test_an_error_in_a_region_ends_it(t):
    for region in (t.no_grad, t.inference_mode, lambda: t.set_grad_enabled(False)):
        with pytest.raises(ZeroDivisionError), region():
            1 / 0  # noqa: B018
        assert t.is_grad_enabled()
        assert not t.is_inference_mode_enabled()


@ENGINES
def test_a_hook_may_start_a_pass_of_its_own(t):
    x = t.ones(2, requires_grad=True)
    inner = t.ones(2, requires_grad=True)

    def hook(g):
        with t.enable_grad():
            (inner * 3).sum().backward()
        return g * 2

    y = x * 2
    y.register_hook(hook)
    y.sum().backward()
    assert x.grad.tolist() == [4.0, 4.0]
    assert inner.grad.tolist() == [3.0, 3.0]


@ENGINES
def test_each_thread_has_its_own_mode(t):
    seen = []

    def other():
        seen.append(t.is_grad_enabled())
        with t.no_grad():
            started.set()
            done.wait(10)
            seen.append(t.is_grad_enabled())

    started, done = threading.Event(), threading.Event()
    with t.no_grad():
        thread = threading.Thread(target=other)
        thread.start()
        started.wait(10)
        with t.enable_grad():
            assert t.is_grad_enabled()
        done.set()
        thread.join(10)
        assert not t.is_grad_enabled()
    assert seen == [True, False]


def test_threads_may_use_one_leaf():
    x = minigrad.ones(100, requires_grad=True)
    sums = []

    def work():
        for _ in range(50):
            sums.append(minigrad.autograd.grad((x * x).sum(), x)[0].sum().item())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sums == [200.0] * 200


@ENGINES
def test_a_warning_comes_once_for_each_place(t):
    y = t.ones(2, requires_grad=True) * 2
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            y.grad  # noqa: B018
        y.grad  # noqa: B018
    assert len({w.lineno for w in caught}) == len(caught) == 2
    assert {Path(w.filename).name for w in caught} == {"test_engine.py"}


def test_the_observer_sees_each_node_once_and_in_order():
    x = minigrad.ones(2, requires_grad=True)
    seen = []
    engine.observer = lambda node, received, sent: seen.append((node.name(), len(sent)))
    try:
        ((x * 2) + x).sum().backward()
    finally:
        engine.observer = None
    assert seen == [
        ("SumBackward0", 1),
        ("AddBackward0", 2),
        ("MulBackward0", 2),
        ("torch::autograd::AccumulateGrad", 0),
    ]


# --- copies ---------------------------------------------------------------------------------------


@ENGINES
def test_leaves_can_be_copied_and_pickled(t):
    x = t.tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    for twin in (copy.deepcopy(x), copy.copy(x), pickle.loads(pickle.dumps(x))):
        assert twin is not x
        assert twin.tolist() == x.tolist()
        assert twin.requires_grad
        assert twin.is_leaf
    deep = copy.deepcopy(x)
    assert deep.grad.tolist() == [2.0, 4.0]
    with t.no_grad():
        deep[0] = 9.0
    assert x.tolist() == [1.0, 2.0]
    twins = copy.deepcopy([x, x])
    assert twins[0] is twins[1]


@ENGINES
def test_results_are_not_copied_deeply(t):
    y = t.ones(2, requires_grad=True) * 2
    with pytest.raises(RuntimeError, match="Only Tensors created explicitly by the user"):
        copy.deepcopy(y)


# --- import ---------------------------------------------------------------------------------------


def test_importing_minigrad_imports_numpy_alone():
    program = """
import sys
import minigrad
import minigrad.nn, minigrad.optim
x = minigrad.ones(2, requires_grad=True)
(x * x).sum().backward()
roots = {name.partition(".")[0] for name in sys.modules}
print(sorted(roots - sys.stdlib_module_names - {"__main__", "__mp_main__"}))
"""
    environ = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    result = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {paths()!r}\n{program}"],
        capture_output=True,
        text=True,
        env=environ,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "['minigrad', 'numpy']"


def paths() -> list[str]:
    """Where minigrad and NumPy are."""
    return [str(Path(module.__file__).parent.parent) for module in (minigrad, np)]
