"""The backward hooks of a Module: what arrives at its outputs and what it sends to its inputs.

Two steps that change nothing stand around the module in the graph: one before its inputs, one
after its outputs. Hooks of their nodes see the gradients.
"""

from __future__ import annotations

import warnings

from .. import errors
from ..autograd.function import Function
from ..autograd.modes import modes
from ..tensor import Tensor


class BackwardHookFunction(Function):
    """The step that changes nothing."""

    @staticmethod
    def forward(ctx, *tensors):
        ctx.mark_non_differentiable(*[x for x in tensors if not x.requires_grad])
        return tensors

    @staticmethod
    def backward(ctx, *gradients):
        return gradients


class BackwardHook:
    """One call of a module under its full backward hooks."""

    def __init__(self, module, hooks, pre_hooks):
        self.module, self.hooks, self.pre_hooks = module, hooks, pre_hooks
        self.arrived = None  # the gradients of the outputs, between the two nodes
        self.inputs = None  # which inputs are tensors; None where no gradient goes to any

    def before(self, inputs: tuple) -> tuple:
        """The inputs of the module, behind a node that calls the hooks."""
        self.count = len(inputs)
        inputs, self.inputs, node = _through(inputs)
        if node is not None:
            node.register_hook(self._at_inputs)
        return inputs

    def after(self, output):
        """The output of the module, behind a node that notes what arrives."""
        outputs = output if isinstance(output, tuple) else (output,)
        outputs, self.outputs, node = _through(outputs)
        if node is not None:
            self.output_count = len(outputs)
            node.register_hook(self._at_outputs)
        return outputs if isinstance(output, tuple) else outputs[0]

    def _at_outputs(self, _, gradients):
        self.arrived = _in_places(gradients, self.outputs, self.output_count)
        changed = False
        for hook in self.pre_hooks:
            answer = hook(self.module, self.arrived)
            if answer is not None:
                self.arrived, changed = _as_many(answer, self.arrived, "output"), True
        kept = tuple(self.arrived[i] for i in self.outputs) if changed else None
        if self.inputs is None:
            self._without_inputs()
        return kept

    def _without_inputs(self):
        if self.hooks:
            warnings.warn(errors.NO_INPUT_WANTS_GRAD, UserWarning, stacklevel=6)
        sent = (None,) * self.count
        for hook in self.hooks:
            answer = hook(self.module, sent, self.arrived)
            if answer is not None and answer != sent:
                raise errors.gradient_of_no_input()
        self.arrived = None

    def _at_inputs(self, gradients, _):
        if self.arrived is None:  # the pass did not come through the outputs
            return None
        sent = _in_places(gradients, self.inputs, self.count)
        for hook in self.hooks:
            answer = hook(self.module, sent, self.arrived)
            if answer is not None:
                sent = _as_many(answer, sent, "input")
        self.arrived = None
        return tuple(sent[i] for i in self.inputs)


def _through(values: tuple):
    """The values with their tensors behind one node; which are tensors; the node."""
    places = [i for i, value in enumerate(values) if isinstance(value, Tensor)]
    if not (modes.grad and any(values[i].requires_grad for i in places)):
        return values, None, None
    tensors = BackwardHookFunction.apply(*[values[i] for i in places])
    changed = list(values)
    for i, tensor in zip(places, tensors, strict=True):
        changed[i] = tensor
    return tuple(changed), places, next(t.grad_fn for t in tensors if t.requires_grad)


def _in_places(gradients, places, count) -> tuple:
    """The gradients at the places of their tensors, None between them."""
    found = dict(zip(places, gradients, strict=True))
    return tuple(found.get(i) for i in range(count))


def _as_many(answer, expected, side):
    """What a hook returned, as a tuple as long as what it was given."""
    answer = tuple(answer)
    if len(answer) != len(expected):
        raise errors.hook_answers(side, len(answer), len(expected))
    return answer
