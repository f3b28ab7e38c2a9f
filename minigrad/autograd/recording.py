"""Recording: how an operation of the rule table leaves its node in the graph.

The node keeps what the operation's VJPs ask for, and before it uses a saved tensor it checks that
nobody changed it in the meantime.
"""

from __future__ import annotations

import weakref

import numpy as np

from .. import dtypes, errors
from ..tensor import Tensor
from . import graph
from .accumulate import AccumulateGrad, edge_of
from .graph import Node, form, next_sequence
from .modes import modes, no_grad

FREED = object()  # stands where a saved tensor was


class OpNode(Node):
    """A node of the rule table: its class is made for one operation, its plan for one use of it."""

    __slots__ = ("plan",)

    op = None
    versions = None  # of the saved tensors, where one was not 0
    view_maker = None  # weak reference to the node of the view that this operation changed in place

    packed = False  # by saved_tensors_hooks
    __init__ = object.__init__  # `record` fills in the slots: quicker than by arguments

    def apply(self, gradient, as_tensors):
        saved, run = self.saved, self.plan.run
        if not saved:
            return run(gradient)
        if as_tensors or self.packed or self.sequence < graph.last_change:
            return run(gradient, *self._unpack(as_tensors))
        # Nothing was changed in place since this node was made: there is nothing to check.
        return run(gradient, *[v._data if isinstance(v, Tensor) else v for v in saved])

    def _unpack(self, as_tensors):
        """The saved values, after a check that no tensor was changed in place since."""
        values = []
        for value in self.saved:
            if value.__class__ is Packed:
                value = value.unpack()
            elif value is FREED:
                raise errors.freed()
            elif isinstance(value, Tensor) and value._version_cell is not None:
                self._check_version(len(values), value)
            if isinstance(value, Tensor):
                if not as_tensors:
                    value = value._data
                elif self.plan.names[len(values)] == "result":
                    value = value._alias((self._maker_of_result(), 0))
            values.append(value)
        return values

    def _maker_of_result(self):
        return (self.view_maker and self.view_maker()) or self

    def _check_version(self, i, value):
        version = value._version
        expected = 0 if self.versions is None else self.versions[i]
        if version != expected:
            result = self.plan.names[i] == "result"
            maker = self._maker_of_result() if result else value.grad_fn
            raise errors.changed_in_place(
                dtypes.class_name(value._data), value._data.shape, maker, version, expected
            )

    def release(self):
        plan = self.plan
        if plan.frees:  # numbers and sizes stay, as in torch
            self.saved = plan.rest or tuple(
                [FREED if gone else v for gone, v in zip(plan.freed, self.saved, strict=True)]
            )
            self.plan = plan.spent

    def saved_value(self, name: str):
        """What was saved under a name of the rule: a tensor, size or number; None for nothing."""
        if name not in self.plan.names:
            return None
        i = self.plan.names.index(name)
        return self._unpack(as_tensors=True)[i] if self.plan.freed[i] else self.saved[i]


class Packed:
    """What the pack hook of saved_tensors_hooks made of a tensor, with the tensor's edge."""

    __slots__ = ("edge", "unpack_hook", "value")

    def __init__(self, tensor):
        pack_hook, self.unpack_hook = modes.pack
        self.edge = edge_of(tensor)
        version = tensor._version
        with no_grad():
            self.value = pack_hook(tensor)
        if tensor._version != version:
            raise errors.packing_in_place()

    def unpack(self):
        """The tensor that the unpack hook makes, in the place in the graph of the one packed."""
        tensor = self.unpack_hook(self.value)
        if not isinstance(tensor, Tensor):
            raise errors.unpacked_type(type(tensor).__name__)
        if self.edge is None:
            return tensor
        tensor = tensor._alias()
        node, _ = self.edge
        if isinstance(node, AccumulateGrad):
            tensor._requires_grad = True
            tensor._accumulator = weakref.ref(node)
        else:
            tensor._edge = self.edge
        return tensor


def record(op, arguments: tuple, output):
    """Return a result, or a list of results, with a node where an input requires grad."""
    if not modes.grad:
        return _unrecorded(output)
    edges = []
    wanted, bit = 0, 1
    plain = not op.inert and modes.pack is None  # nothing was changed in place, nothing is a view
    places = op.inputs
    for tensor in arguments[0] if places is None else map(arguments.__getitem__, places):
        edge = None
        if isinstance(tensor, Tensor):
            edge = tensor._edge
            if edge is None or tensor._version_cell is not None:
                edge = edge_of(tensor)
                plain = plain and tensor._version_cell is None
        edges.append(edge)
        if edge is not None:
            wanted |= bit
        bit += bit
    if not wanted:
        return output
    plan = op.plans.get(wanted) or op.plan(wanted)
    node = plan.make_node()
    node.edges = tuple(edges)
    node.sequence = next_sequence()
    node.plan = plan
    node.saved = plan.pick(*arguments, output)
    if output.__class__ is list:
        node.describe([part._data for part in output])
        for i, part in enumerate(output):
            part._edge = (node, i)
    else:
        node.form = form(output._data)
        output._edge = (node, 0)
    if not plain and plan.frees:
        _look_after(node)
    return output


def record_two(op, self, other, output):
    """`record` for an operation on two inputs, without its loops.

    This is where a chain of scalar operations spends its time: with `record` it takes 1.2 times as
    long.
    """
    if not modes.grad:
        return _unrecorded(output)
    edge = other_edge = None
    wanted = 0
    plain = modes.pack is None
    if isinstance(self, Tensor):
        edge = self._edge
        if edge is None or self._version_cell is not None:
            edge = edge_of(self)
            plain = plain and self._version_cell is None
        if edge is not None:
            wanted = 1
    if isinstance(other, Tensor):
        other_edge = other._edge
        if other_edge is None or other._version_cell is not None:
            other_edge = edge_of(other)
            plain = plain and other._version_cell is None
        if other_edge is not None:
            wanted += 2
    if not wanted:
        return output
    plan = op.plans.get(wanted) or op.plan(wanted)
    node = plan.make_node()
    node.edges = (edge, other_edge)
    node.sequence = next_sequence()
    node.plan = plan
    node.saved = plan.pick(self, other, output)
    data = output._data  # its form, without a call
    node.form = data.__class__ if isinstance(data, np.generic) else (data.shape, data.dtype)
    output._edge = (node, 0)
    if not plain and plan.frees:
        _look_after(node)
    return output


def _unrecorded(output):
    if modes.inference:
        for part in output if output.__class__ is list else [output]:
            part._mark_inference()
            part._version_cell = [0]
    return output


def _look_after(node):
    """Note the versions of saved tensors, refuse inference tensors, run saved_tensors_hooks."""
    saved = node.saved
    for value in saved:
        if isinstance(value, Tensor) and value._version_cell is not None:
            if value._inference:
                raise errors.inference_saved()
            if value._version_cell[0]:
                node.versions = [v._version if isinstance(v, Tensor) else 0 for v in saved]
    if modes.pack is not None:
        node.saved = tuple([Packed(v) if isinstance(v, Tensor) else v for v in saved])
        node.packed = True
