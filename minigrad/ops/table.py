"""The rule table: each operation is declared once, its forward and its derivatives side by side.

    mul = op("mul", lambda self, other: self * other,
        self =lambda g, other: g * other,
        other=lambda g, self: g * self)

`self=` and `other=` are the operation's VJPs: what it sends to that input when `g` arrives. The
parameters of a VJP say what the backward pass needs, so that they alone are saved: an input by its
name, the output as `result`, the shape of an input as `self_sizes`, any other argument by its name.
A name means what it means in PyTorch's derivatives.yaml, and shows as `grad_fn._saved_other`.

A VJP is written with operators and operations that arrays and tensors share. An ordinary backward
pass runs it on arrays; with `create_graph=True` it runs on tensors and is recorded itself. No VJP
undoes broadcasting: the engine does, for every edge.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .. import dtypes, errors
from ..autograd.recording import FREED, OpNode, record, record_two
from ..memory import row_by_row
from ..tensor import Tensor
from . import refusals

TABLE: dict[str, Op] = {}  # by the name of the node
ROWS: list[Op] = []  # all with a derivative: torch, too, has nodes that share a name
_NUMBERS = (int, float, bool)


class Plan:
    """What to save and what to run, for one choice of inputs that want a gradient."""

    __slots__ = ("freed", "frees", "make_node", "names", "pick", "rest", "run", "spent")

    def __init__(self, make_node, names, pick, run, freed, spent=None):
        self.make_node = make_node  # the class of the row's nodes
        self.names = names  # of the saved values
        self.pick = pick  # (*arguments, result) -> the saved values
        self.run = run  # (g, *saved values) -> the gradients, one for each edge
        self.freed = freed  # which of the saved values are tensors, that the pass frees
        self.spent = spent  # the plan of a node whose saved values are gone: it only refuses
        self.frees = spent is not None and True in freed  # so that a second pass fails
        self.rest = (FREED,) * len(names) if all(freed) else None  # of the saved values


class Op:
    """One row of the table."""

    def __init__(self, name: str, forward: Callable, digit, inert, vjps: dict[str, Callable]):
        self.name = name
        self.forward = forward
        self.arguments = _parameters(forward)
        self.vjps = vjps
        self.inert = inert
        stem = name.title().replace("_", "")
        self.node_name = "NotImplemented" if digit is None else f"{stem}Backward{digit}"
        self.plans: dict[int, Plan] = {}
        # The places of the arguments that may want a gradient; None where the first is a list.
        listed = "tensors" in vjps
        self.inputs = None if listed else tuple(map(self.arguments.index, vjps))
        self._node_type = None

    @property
    def node_type(self) -> type[OpNode]:
        """The class of this row's nodes; made when it is first asked for.

        Saved values show under torch's names: `_saved_self`, `_saved_self_sym_sizes`, ...
        """
        if self._node_type is None:
            saved = {name for vjp in self.vjps.values() for name in _parameters(vjp)[1:]}
            shown = {
                f"_saved_{name.replace('_sizes', '_sym_sizes')}": _saved_property(name)
                for name in saved
            }
            members = {"__slots__": (), "op": self, **shown}
            self._node_type = type(self.node_name, (OpNode,), members)
        return self._node_type

    def plan(self, wanted: int) -> Plan:
        """The plan for the inputs whose bits are set in `wanted`; made when it is first asked for.

        For `mul` with both gradients wanted this writes two functions:

            lambda self, other, result: (other, self,)                        what to save
            lambda g, other, self: [self_vjp(g, other), other_vjp(g, self)]   what to run
        """
        needs = {input: _parameters(vjp)[1:] for input, vjp in self.vjps.items()}
        if "tensors" in needs:
            calls = {"tensors": f"*tensors_vjp({', '.join(('g', *needs['tensors']))})"}
        else:
            calls = {
                input: f"{input}_vjp({', '.join(('g', *need))})" if wanted >> i & 1 else "None"
                for i, (input, need) in enumerate(needs.items())
            }
        active = [input for input, call in calls.items() if call != "None"]
        wanted_names = {name for input in active for name in needs[input]}
        names = tuple(sorted(wanted_names, key=lambda name: (name == "result", name)))
        saved = "".join(f"{self._source(name)}, " for name in names)
        pick = eval(f"lambda {', '.join((*self.arguments, 'result'))}: ({saved})")
        vjps = {f"{input}_vjp": vjp for input, vjp in self.vjps.items()}
        run = eval(f"lambda {', '.join(('g', *names))}: [{', '.join(calls.values())}]", vjps)
        tensors = {"result", *self.inert, *self.vjps}
        freed = tuple(name in tensors for name in names)
        kind = self.node_type
        spent = Plan(kind, names, pick, _refuse, freed)
        plan = Plan(kind, names, pick, run, freed, spent)
        self.plans[wanted] = plan
        return plan

    def _source(self, name: str) -> str:
        """The expression that gets a saved value from the arguments and the result."""
        if name in self.arguments:
            return name
        if name == "result":
            return "result._alias()"
        if name == "tensors_sizes":
            return "[tensor._data.shape for tensor in tensors]"
        return f"{name.removesuffix('_sizes')}._data.shape"


def _refuse(*_):
    raise errors.freed()


def _saved_property(name: str) -> property:
    return property(lambda node: node.saved_value(name))


def no_derivative(name: str, forward: Callable, **options) -> Callable:
    """Declare an operation for which torch has no derivative either: its backward refuses."""

    def refuse(g):
        raise refusals.no_derivative(name)

    inputs = [input for input in _parameters(forward) if input in ("self", "other", "src")]
    return op(name, forward, None, **options, **dict.fromkeys(inputs, refuse))


def _parameters(function: Callable) -> tuple[str, ...]:
    code = function.__code__
    return code.co_varnames[: code.co_argcount]


def op(
    name: str, forward: Callable, digit=0, *, inert=(), floating=False, rows=False, **vjps
) -> Callable:
    """Declare an operation and return it as a function of arrays, numbers and tensors.

    `digit` is the number in torch's node name; None is for `no_derivative`. `inert` names arguments
    that are tensors without a derivative. With `floating`, integers are computed in the default
    floating point type, as torch does for exp or sqrt. With `rows` the result lies in memory row by
    row, in whatever order the inputs lie. An operation on a list of tensors calls its first
    argument `tensors`, and its VJP returns a list. If `forward` returns a list, so does the
    operation, and `g` is a list.
    """
    row = Op(name, forward, digit, inert, vjps)
    if digit is not None:
        TABLE.setdefault(row.node_name, row)
        ROWS.append(row)
    match row.arguments:
        case ("tensors", *_):
            make = _of_a_list
        case (_,):
            make = _unary
        case (_, "other" | "exponent"):
            make = _binary
        case _:
            make = _general
    if rows:
        row.forward = forward = _in_rows(forward)
    function = make(row, forward, floating)
    function.__name__ = function.__qualname__ = name
    function.op = row
    return function


def _in_rows(forward):
    return lambda *arguments: row_by_row(forward(*arguments))


def _unary(row, forward, floating):
    def call(self):
        if not isinstance(self, Tensor):
            return forward(self)
        data = self._data
        if floating and data.dtype.kind != "f":
            data = dtypes.floating(data)
        try:
            result = forward(data)
        except TypeError as problem:
            raise errors.operands((data,), problem) from None
        return record(row, (self,), Tensor._make(result))

    return call


def _binary(row, forward, floating):
    two = len(row.vjps) == 2

    def call(self, other):
        if other.__class__ in _NUMBERS and isinstance(self, Tensor):
            x, y = self._data, other
            if (floating or y.__class__ is float) and x.dtype.kind != "f":
                x = dtypes.floating(x)
        else:
            x = self._data if isinstance(self, Tensor) else self
            y = other._data if isinstance(other, Tensor) else other
            if y is other:
                if x is self:
                    return forward(x, y)
                other = as_operand(other)
                return NotImplemented if other is None else call(self, other)
            if x.__class__ in _NUMBERS or x.dtype is not y.dtype:
                x, y = dtypes.promote(x, y)
            if floating and y.dtype.kind != "f":
                y = dtypes.floating(y)
                x = x if x.__class__ in _NUMBERS else dtypes.floating(x)
        try:
            result = forward(x, y)
        except (ValueError, TypeError) as problem:
            raise errors.operands((x, y), problem) from None
        except OverflowError:
            result = forward(*dtypes.wrapped(x, y))
        output = _new(Tensor)
        output._data = result
        output._edge = None
        if two:
            return record_two(row, self, other, output)
        return record(row, (self, other), output)

    return call


def as_operand(value):
    """What stands in an expression, as a number or a tensor; None for what cannot be used there."""
    if value.__class__ in _NUMBERS or isinstance(value, Tensor):
        return value
    if isinstance(value, np.generic):
        return value.item()
    for kind in (int, float):
        if isinstance(value, kind):  # a subclass, for example an IntEnum
            return kind(value)
    return None


def _general(row, forward, floating):
    def call(*arguments):
        for argument in arguments:
            if isinstance(argument, Tensor):
                break
        else:
            return forward(*arguments)
        arrays = [a._data if isinstance(a, Tensor) else a for a in arguments]
        if floating:
            arrays[0] = dtypes.floating(arrays[0])
        try:
            result = forward(*arrays)
        except ValueError as problem:
            raise errors.operands(arrays, problem) from None
        if isinstance(result, list):
            return record(row, arguments, [Tensor._make(part) for part in result])
        return record(row, arguments, Tensor._make(result))

    return call


def _of_a_list(row, forward, floating):
    def call(tensors, *constants):
        if not any(isinstance(tensor, Tensor) for tensor in tensors):
            return forward(tensors, *constants)
        result = forward([tensor._data for tensor in tensors], *constants)
        return record(row, (tuple(tensors), *constants), Tensor._make(result))

    return call


_new = object.__new__
