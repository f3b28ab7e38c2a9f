"""Generated programs, run by torch and by minigrad: everything that can be seen must be equal.

Looked at are values, flags, versions, the graph with its names, the order in which the engine runs
the nodes and the gradient on every edge, the gradients, the second gradients, and the errors.
"""

import os
import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, Phase, assume, given, note, settings
from programs import programs
from test_texts import neutral

import minigrad
from minigrad.autograd import engine

TOLERANCE = {"float64": 1e-9, "float32": 1e-5}
LARGE = 1e4  # a program with numbers beyond is left out: it would compare rounding errors


# --- running a program ----------------------------------------------------------------------------


class Run:
    """A program on one engine, up to its last line or the first that raises."""

    def __init__(self, t, program, dtype):
        self.t, self.program, self.dtype = t, program, dtype
        self.leaves = []
        self.error = None
        self.names = {"t": t, "leaf": self.leaf}
        for number, line in enumerate(program.lines):
            if (error := self.attempt(lambda line=line: exec(line, self.names))) is not None:
                self.error = (number, error)
                break
        self.variables = [self.names[n] for n in program.shapes if n in self.names]
        self.usable = [v for v in self.variables if not self.attempt(lambda v=v: v.grad_fn)]
        results = [v for v in self.usable if v.grad_fn is not None]
        wanted = results or [v for v in self.usable if v.requires_grad] or self.usable
        self.outputs = [wanted[-1 - i % len(wanted)] for i in program.outputs]

    def leaf(self, number, shape, wanted):
        other = "float64" if self.dtype == "float32" else "float32"
        dtype = other if self.program.mixed and number == 1 else self.dtype
        steps = np.random.default_rng(number).integers(1, 9, shape)
        signs = np.random.default_rng(number + 1).choice([-1, 1], shape)
        tensor = self.t.tensor((steps * signs / 4).tolist(), dtype=getattr(self.t, dtype))
        self.leaves.append(tensor.requires_grad_(wanted))
        return tensor

    def attempt(self, function):
        """What the call raises, in words; None if it goes well."""
        try:
            function()
        except Exception as error:
            return type(error).__name__, neutral(str(error))
        return None

    def seeds(self, tensors):
        """A vector for each tensor, no two numbers alike."""
        steps = [np.arange(v.numel()).reshape(v.shape) * 0.25 for v in tensors]
        return [
            self.t.tensor((1 - i / 2 + step).tolist(), dtype=v.dtype)
            for i, (v, step) in enumerate(zip(tensors, steps, strict=True))
        ]

    # --- what can be seen ---

    def state(self):
        """Each variable: its numbers, its flags, and where it hangs in the graph."""
        return [
            [numbers(v), v.requires_grad, v._version, v.retains_grad, self.place(v)]
            for v in self.variables
        ]

    def place(self, variable):
        """The node that made a variable, or why there is none to be had."""
        place = []
        error = self.attempt(lambda: place.extend([name_of(variable.grad_fn), variable.output_nr]))
        return error or place

    def nodes(self):
        """All nodes below the outputs, in the order of a walk along `next_functions`."""
        start = [v.grad_fn for v in self.outputs if v.grad_fn is not None]
        found = dict.fromkeys(start)
        queue = list(found)
        for node in queue:
            for child, _ in node.next_functions:
                if child is not None and child not in found:
                    found[child] = None
                    queue.append(child)
        return list(found)

    def graph(self):
        """Each node: its name, its edges, and for a leaf which one it is."""
        nodes = self.nodes()
        number = {node: i for i, node in enumerate(nodes)}
        return [
            [
                name_of(node),
                node.name(),
                [child and (number[child], nr) for child, nr in node.next_functions],
                self.number_of(getattr(node, "variable", None)),
            ]
            for node in nodes
        ]

    def number_of(self, leaf):
        return next((i for i, each in enumerate(self.leaves) if each is leaf), None)

    def trace(self):
        """Hooks on all nodes; the list that they write is filled by the next backward pass."""
        trace = []

        def watch(number, node):
            name = name_of(node)
            node.register_prehook(
                lambda received: trace.append([number, name, list(map(numbers, received))])
            )
            node.register_hook(
                lambda *gradients: trace.append(
                    [number, name, *[list(map(numbers, some)) for some in gradients]]
                )
            )

        for number, node in enumerate(self.nodes()):
            watch(number, node)
        return trace

    def backward(self, **options):
        """One pass, and the gradients after it."""
        error = self.attempt(
            lambda: self.t.autograd.backward(self.outputs, self.seeds(self.outputs), **options)
        )
        return [error, [numbers(v.grad) for v in self.usable if v.is_leaf or v.retains_grad]]

    def second_gradients(self):
        """The gradients of all variables as results of their own, and the gradients of those."""
        inputs = [v for v in self.usable if v.requires_grad]
        seeds = self.seeds(self.outputs)
        first = second = ()

        def passes():
            nonlocal first, second
            first = self.t.autograd.grad(
                self.outputs, inputs, seeds, create_graph=True, allow_unused=True
            )
            again = [g for g in first if g is not None and g.requires_grad]
            if again:
                second = self.t.autograd.grad(again, inputs, self.seeds(again), allow_unused=True)

        error = self.attempt(passes)
        flags = [g is not None and g.requires_grad for g in first]
        return [error, flags, [numbers(g) for g in first], [numbers(g) for g in second]]


def numbers(tensor):
    return None if tensor is None else np.array(tensor.detach().numpy(force=True))


def name_of(node):
    return node and type(node).__name__


# --- comparing ------------------------------------------------------------------------------------


def compare(expected, found, where, tolerance):
    """Equal, number by number within the tolerance; the first difference is told with its place."""
    if isinstance(expected, np.ndarray) or isinstance(found, np.ndarray):
        assert type(expected) is type(found), f"{where}: {expected} became {found}"
        assert expected.dtype == found.dtype, f"{where}: {expected.dtype} became {found.dtype}"
        assert expected.shape == found.shape, f"{where}: {expected.shape} became {found.shape}"
        scale = max(1.0, np.abs(expected).max(initial=0))
        np.testing.assert_allclose(
            found, expected, rtol=tolerance, atol=tolerance * scale, err_msg=where
        )
    elif isinstance(expected, list | tuple):
        assert len(expected) == len(found), f"{where}:\n  torch    {expected}\n  minigrad {found}"
        for i, (a, b) in enumerate(zip(expected, found, strict=True)):
            compare(a, b, f"{where}[{i}]", tolerance)
    else:
        assert expected == found, f"{where}: {expected} became {found}"


def small(seen) -> bool:
    if isinstance(seen, np.ndarray):
        return bool(np.isfinite(seen).all() and np.abs(seen).max(initial=0) < LARGE)
    return not isinstance(seen, list | tuple) or all(map(small, seen))


def stable(rounded, exact, tolerance) -> bool:
    """Whether torch itself comes this close to its answer in float64: if not, so may we."""
    if isinstance(rounded, list | tuple) and isinstance(exact, list | tuple):
        return all(stable(a, b, tolerance) for a, b in zip(rounded, exact, strict=False))
    if isinstance(rounded, np.ndarray) and isinstance(exact, np.ndarray):
        scale = max(1.0, np.abs(exact).max(initial=0))
        return rounded.shape != exact.shape or np.allclose(
            rounded, exact, rtol=tolerance, atol=tolerance * scale
        )
    return True


def check(program, dtype):
    tolerance = TOLERANCE["float32" if program.mixed else dtype]

    def same(what, question):
        reference = Run(torch, program, dtype)
        assume("expanded tensors is deprecated" not in str(reference.error))
        expected = question(reference)
        assume(small(expected))
        if tolerance > TOLERANCE["float64"]:
            exact = question(Run(torch, replace(program, mixed=False), "float64"))
            assume(stable(expected, exact, tolerance / 2))
        with np.errstate(all="ignore"):
            compare(expected, question(Run(minigrad, program, dtype)), what, tolerance)
        return expected

    same("built", lambda run: [run.error, run.state(), run.graph()])

    def watched(run):
        trace = run.trace()
        first = run.backward(retain_graph=program.retain)
        return [trace, first, run.backward()]

    trace, *_ = same("watched pass", watched)
    same("plain pass", lambda run: [run.backward(retain_graph=program.retain), run.backward()])
    same("second gradients", Run.second_gradients)
    ran = [row[:2] for row in trace if len(row) == 4]  # by the hooks after a node
    compare(ran, observed(program, dtype), "observed", tolerance)


def observed(program, dtype):
    """What the engine's observer sees of a pass: the nodes as they run."""
    run = Run(minigrad, program, dtype)
    number = {node: i for i, node in enumerate(run.nodes())}
    seen = []

    def note_down(node, received, sent):
        if node in number:  # all but the AccumulateGrad of an output that is a leaf
            seen.append([number[node], name_of(node)])

    engine.observer = note_down
    try:
        with np.errstate(all="ignore"):
            run.backward(retain_graph=program.retain)
            run.backward()
    finally:
        engine.observer = None
    return seen


@pytest.mark.parametrize("dtype", TOLERANCE)
@given(program=programs())
@settings(
    max_examples=int(os.environ.get("PROGRAMS", 250)),
    deadline=None,
    derandomize=os.environ.get("CI") == "true",
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
    phases=set(Phase) - {Phase.explain},
)
def test_program(dtype, program):
    note(str(program))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        warnings.filterwarnings("error", "Use of index_put_ on expanded tensors is deprecated")
        check(program, dtype)
