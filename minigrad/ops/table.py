"""The rule table: each operation is declared once, its forward and its derivatives side by side.

    mul = op("mul", lambda self, other: self * other,
             self=lambda g, other: g * other,
             other=lambda g, self: g * self)

`self=` and `other=` are the operation's VJPs: what it sends to that input when `g` arrives. The parameters of a
VJP say what the backward pass needs, so that they alone are saved: an input by its name, the output as `result`,
the shape of an input as `self_sizes`, any other argument by its name. A name means what it means in PyTorch's
derivatives.yaml, and shows as `grad_fn._saved_other`.

A VJP is written with operators and operations that arrays and tensors share. An ordinary backward pass runs it
on arrays; with `create_graph=True` it runs on tensors and is recorded itself. No VJP undoes broadcasting: the
engine does, for every edge.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from .. import dtypes, errors
from ..autograd.graph import Node, edge_of, next_sequence
from ..autograd.modes import modes
from ..tensor import Tensor

TABLE: dict[str, Op] = {}
_NUMBERS = (int, float, bool)


class Plan(NamedTuple):
    """What to save and what to run, for one choice of inputs that require grad."""

    names: tuple[str, ...]  # of the saved values
    pick: Callable  # (arguments, output) -> the saved values
    run: Callable  # (g, *saved values) -> the gradients, one for each edge
    frees: bool  # a tensor is among the saved values: the pass frees it, and a second pass fails


class Op:
    """One row of the table."""

    def __init__(self, name, forward, digit, tensors, vjps):
        self.name = name
        self.forward = forward
        self.arguments = _parameters(forward)
        self.vjps = vjps
        self.tensors = {"result", *tensors, *vjps}
        self.inputs = tuple(self.arguments.index(input) for input in vjps)
        camel = "".join(part.capitalize() for part in name.split("_"))
        self.node_name = f"{camel}Backward{digit}"
        self.node_type = type(self.node_name, (OpNode,), {"__slots__": (), "op": self})
        self.plans = {}

    def plan(self, wanted: tuple[bool, ...]) -> Plan:
        """The plan for the inputs whose gradient is wanted; made when it is first asked for."""
        plan = self.plans.get(wanted)
        if plan is None:
            plan = self.plans[wanted] = self._make_plan(wanted)
        return plan

    def _make_plan(self, wanted):
        # For mul with both gradients wanted this writes
        #     lambda self, other, result: (other, self)                   what to save
        #     lambda g, other, self: [self_vjp(g, other), other_vjp(g, self)]   what to run
        needs = {input: _parameters(vjp)[1:] for input, vjp in self.vjps.items()}
        active = [input for input, want in zip(self.vjps, wanted, strict=True) if want]
        names = tuple(dict.fromkeys(name for input in active for name in needs[input]))
        calls = [
            f"{input}_vjp({', '.join(('g', *needs[input]))})" if input in active else "None"
            for input in self.vjps
        ]
        saved = "".join(f"{_SAVED(name)}, " for name in names)
        pick = eval(f"lambda {', '.join((*self.arguments, 'result'))}: ({saved})")
        vjps = {f"{input}_vjp": vjp for input, vjp in self.vjps.items()}
        run = eval(f"lambda {', '.join(('g', *names))}: [{', '.join(calls)}]", vjps)
        return Plan(names, pick, run, not self.tensors.isdisjoint(names))


def _SAVED(name):
    """How a saved value is got from the arguments and the output."""
    if name == "result":
        return "result._alias()"
    return f"{name.removesuffix('_sizes')}._data.shape" if name.endswith("_sizes") else name


class OpNode(Node):
    """A node of the table: `op` is on the subclass that was made for it."""

    __slots__ = ("plan",)

    op: Op = None
    versions = None  # of the saved tensors, where one was not 0
    unpack_hook = None  # from saved_tensors_hooks

    def apply(self, gradient, as_tensors):
        return self.plan.run(gradient, *self._unpack(as_tensors))

    def _unpack(self, as_tensors):
        """The saved values, after a check that no tensor was changed in place since."""
        if self.saved is None:
            raise errors.freed()
        values = []
        for i, value in enumerate(self.saved):
            if self.unpack_hook is not None and isinstance(value, _Packed):
                value = self.unpack_hook(value.value)
            if isinstance(value, Tensor):
                cell = value._version_cell
                if cell is not None:
                    self._check_version(i, value, cell[0])
                if not as_tensors:
                    value = value._data
                elif self.plan.names[i] == "result":
                    value = value._alias((self, 0))
            values.append(value)
        return values

    def _check_version(self, i, value, version):
        expected = 0 if self.versions is None else self.versions[i]
        if version != expected:
            if self.plan.names[i] == "result":
                maker = type(self).__name__
            else:
                maker = type(value.grad_fn).__name__ if value.grad_fn is not None else ""
            maker = maker.partition("Backward")[0]
            raise errors.changed_in_place(
                dtypes.class_name(value._data), value._data.shape, maker, version, expected
            )

    def release(self):
        if self.plan.frees:
            self.saved = None

    def __getattr__(self, attribute):
        name = attribute.removeprefix("_saved_").replace("_sym_sizes", "_sizes")
        if name == attribute or name not in self.plan.names:
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{attribute}'")
        value = self._unpack(as_tensors=True)[self.plan.names.index(name)]
        return dtypes.Size(value) if name.endswith("_sizes") else value

    def __dir__(self):
        saved = [f"_saved_{name.replace('_sizes', '_sym_sizes')}" for name in self.plan.names]
        return [*super().__dir__(), *saved]


class _Packed(NamedTuple):
    value: object


def record(op: Op, arguments: tuple, output: Tensor) -> Tensor:
    """Give `output` its place in the graph, where an input requires grad. Returns `output`."""
    edges = []
    for place in op.inputs:
        tensor = arguments[place]
        if isinstance(tensor, Tensor):
            edge = tensor._edge
            if edge is None or tensor._base is not None:
                edge = edge_of(tensor)
            edges.append(edge)
        else:
            edges.append(None)
    wanted = tuple([edge is not None for edge in edges])
    if True in wanted:
        data = output._data
        node = _new(op.node_type)
        node.edges = tuple(edges)
        node.shape = data.shape
        node.dtype = data.dtype
        node.sequence = next_sequence()
        node.plan = plan = op.plans.get(wanted) or op.plan(wanted)
        node.saved = plan.pick(*arguments, output)
        output._edge = (node, 0)
        if plan.frees:
            _note_saved(node)
    return output


def unrecorded(output: Tensor) -> Tensor:
    """A result of a region in which nothing is recorded."""
    if modes.inference:
        output._inference = True
    return output


def _note_saved(node):
    """Remember the versions of saved tensors, refuse inference tensors, apply saved_tensors_hooks."""
    saved = node.saved
    for value in saved:
        if isinstance(value, Tensor):
            if value._version_cell is not None:
                node.versions = tuple([v._version if isinstance(v, Tensor) else 0 for v in saved])
            if value._inference:
                raise errors.inference_saved()
    if modes.pack is not None:
        pack, node.unpack_hook = modes.pack
        node.saved = tuple(_Packed(pack(v)) if isinstance(v, Tensor) else v for v in saved)


def op(name: str, forward: Callable, digit: int = 0, *, tensors=(), floating=False, **vjps):
    """Declare an operation and return it as a function of arrays, numbers and tensors.

    `digit` is the number in torch's node name. `tensors` names arguments that are tensors without a derivative.
    With `floating`, integers are computed in the default floating point type, as torch does for exp or sqrt.
    """
    row = Op(name, forward, digit, tensors, vjps)
    TABLE[row.node_name] = row
    match row.arguments:
        case (_,):
            make = _unary
        case (_, "other" | "exponent"):
            make = _binary
        case _:
            make = _general
    function = make(row, forward, floating)
    function.__name__ = function.__qualname__ = name
    function.op = row
    return function


def _unary(row, forward, floating):
    def call(self):
        if not isinstance(self, Tensor):
            return forward(self)
        data = self._data
        if floating and data.dtype.kind != "f":
            data = dtypes.floating(data)
        output = Tensor._make(forward(data))
        return record(row, (self,), output) if modes.grad else unrecorded(output)

    return call


def _binary(row, forward, floating):
    def call(self, other):
        if not isinstance(self, Tensor) and not isinstance(other, Tensor):
            return forward(self, other)
        x = self._data if isinstance(self, Tensor) else self
        y = other._data if isinstance(other, Tensor) else other
        if y.__class__ in _NUMBERS:
            if (floating or y.__class__ is float) and x.dtype.kind != "f":
                x, y = dtypes.floating(x), y
        elif x.__class__ in _NUMBERS:
            x, y = dtypes.promote(x, y)
        else:
            if x.dtype is not y.dtype:
                x, y = dtypes.promote(x, y)
            if floating and x.dtype.kind != "f":
                x = dtypes.floating(x)
        try:
            output = Tensor._make(forward(x, y))
        except ValueError:
            raise errors.broadcast(x.shape, y.shape) from None
        return record(row, (self, other), output) if modes.grad else unrecorded(output)

    return call


def _general(row, forward, floating):
    def call(*arguments):
        arrays = [a._data if isinstance(a, Tensor) else a for a in arguments]
        if not any(isinstance(a, Tensor) for a in arguments):
            return forward(*arrays)
        if floating:
            arrays[0] = dtypes.floating(arrays[0])
        output = Tensor._make(forward(*arrays))
        return record(row, arguments, output) if modes.grad else unrecorded(output)

    return call


def _parameters(function) -> tuple[str, ...]:
    code = function.__code__
    return code.co_varnames[: code.co_argcount]


_new = object.__new__
