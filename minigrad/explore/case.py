"""What can be known about a tensor from outside: its graph, its users, its caller's variables.

Everything is read from what torch shows to everybody, so one code serves minigrad and torch. Each
question has a plain answer; what cannot be known is not asked here.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ..autograd.graph import Node
from .arrays import array_of, is_tensor, stored_grad
from .source import Source

CHANGED = re.compile(
    r"modified by an inplace operation: \[\S+ (?P<shape>\[[\d, ]*\])\]"
    r"(?:, which is output \d+ of (?P<maker>\w+),)? is at version (?P<now>\d+); "
    r"expected version (?P<then>\d+)"
)
FREED = "a second time"


@dataclass(frozen=True)
class Use:
    """A place where a tensor was used: input `slot` of the operation `fn`."""

    fn: Any
    slot: int


@dataclass
class Case:
    """A tensor and all that can be known about it.

    Attributes:
        tensor: None where an error does not lead to one.
        variables: the caller's variables.
        source: the caller's text.
        error: the exception that is to be explained.
    """

    tensor: Any
    variables: Mapping[str, Any]
    source: Source | None = None
    error: BaseException | None = None
    called: str = ""
    tensors: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.tensors = {name: t for name, t in self.variables.items() if is_tensor(t)}

    # --- names ------------------------------------------------------------------------------------

    @cached_property
    def name(self) -> str:
        """The variable that holds the tensor, or how the caller wrote it, or ""."""
        if self.tensor is None:
            return self.called
        names = [name for name, tensor in self.tensors.items() if tensor is self.tensor]
        return self.called if self.called in names or not names else names[0]

    @property
    def library(self) -> str:
        known = [self.tensor] if self.tensor is not None else list(self.tensors.values())
        return type(known[0]).__module__.partition(".")[0] if known else "torch"

    def name_of(self, fn: Any) -> str:
        """The variable whose value a node made, or the name of its operation."""
        names = (name for name, t in self.tensors.items() if t.grad_fn is fn)
        return next(names, operation(fn))

    # --- the graph --------------------------------------------------------------------------------

    @cached_property
    def ends(self) -> dict[str, set[Any]]:
        """The results among the variables that no other one was computed from, and their nodes."""
        graphs = {name: below(t.grad_fn) for name, t in self.tensors.items() if t.grad_fn}
        if self.tensor is not None and self.tensor.grad_fn:
            graphs.setdefault(self.name, below(self.tensor.grad_fn))
        roots = {name: self._made_by(name) for name in graphs}
        inner = {
            name
            for name, root in roots.items()
            for nodes in graphs.values()
            if root in nodes and any(root is s for fn in nodes for s, _ in fn.next_functions)
        }
        return {name: nodes for name, nodes in graphs.items() if name not in inner}

    def _made_by(self, name: str) -> Any:
        return self.tensors.get(name, self.tensor).grad_fn

    def is_source(self, source: Any, output: int = 0) -> bool:
        """Say whether an edge leads to the tensor."""
        if source is None:
            return False
        if hasattr(source, "variable"):
            return source.variable is self.tensor
        return source is self.tensor.grad_fn and output == self.tensor.output_nr

    @cached_property
    def uses(self) -> dict[str, list[Use]]:
        """For each end that the tensor leads to, the places where the tensor was used."""
        found = {
            name: [
                Use(fn, slot)
                for fn in sorted(nodes, key=lambda fn: fn._sequence_nr())
                for slot, edge in enumerate(fn.next_functions)
                if self.is_source(*edge)
            ]
            for name, nodes in self.ends.items()
        }
        return {name: uses for name, uses in found.items() if uses}

    def went_backward(self, name: str) -> bool | None:
        """Say whether a pass has freed what an end's own nodes saved; None where nothing tells."""
        others = [nodes for other, nodes in self.ends.items() if other != name]
        own = self.ends[name].difference(*others)
        found = {state for fn in own for state in saved_state(fn)}
        return "freed" in found or (False if "there" in found else None)

    def downstream(self) -> list[Any]:
        """The nodes between the tensor and the ends, the tensor's users first."""
        onto = {use.fn for uses in self.uses.values() for use in uses}
        nodes = sorted(set().union(*self.ends.values()), key=lambda fn: fn._sequence_nr())
        for fn in nodes:
            if any(source in onto for source, _ in fn.next_functions):
                onto.add(fn)
        return [fn for fn in nodes if fn in onto]

    # --- values -----------------------------------------------------------------------------------

    @property
    def grad(self) -> np.ndarray | None:
        return array_of(stored_grad(self.tensor))

    def value_of(self, fn: Any) -> np.ndarray | None:
        """What a node computed, where a variable or the node itself still holds it."""
        for tensor in self.tensors.values():
            if tensor.grad_fn is fn:
                return array_of(tensor)
        try:
            return array_of(fn._saved_result)
        except (AttributeError, RuntimeError):
            return None

    def twins(self) -> list[str]:
        """Tracked variables that share the tensor's memory: it was cut off one of them."""
        return [
            name
            for name, other in self.tensors.items()
            if other is not self.tensor and other.requires_grad and shares(other, self.tensor)
        ]


def below(root: Any) -> set[Any]:
    """All nodes of the graph behind a node, itself included."""
    seen, stack = {root}, [root]
    while stack:
        for source, _ in stack.pop().next_functions:
            if source is not None and source not in seen:
                seen.add(source)
                stack.append(source)
    return seen


def operation(fn: Any) -> str:
    """The name of a node's operation: "Exp" for ExpBackward0."""
    return fn.name().rsplit("::", 1)[-1].partition("Backward")[0]


def saved_state(fn: Any) -> Iterator[str]:
    """For each tensor that a node saves: "there", "freed", or how it was changed in place."""
    names = [name for name in dir(fn) if name.startswith("_saved_")]
    for name in (*names, "saved_tensors"):  # the last is what a custom Function has
        try:
            thing = getattr(fn, name, None)
        except RuntimeError as problem:
            yield "freed" if FREED in str(problem) else str(problem)
        else:
            things = thing if isinstance(thing, (tuple, list)) else (thing,)
            if any(map(is_tensor, things)):
                yield "there"


def output_shape(fn: Any) -> tuple[int, ...] | None:
    """The shape of what a node's operation made, where it made one thing."""
    if isinstance(fn, Node):
        return fn.shape_and_dtype(0)[0] if fn.outputs == 1 else None
    about = getattr(fn, "_input_metadata", None)
    shape = None if about is None else about[0].shape
    return tuple(shape) if shape is not None and all(isinstance(n, int) for n in shape) else None


def shares(a: Any, b: Any) -> bool:
    try:
        return a.data_ptr() == b.data_ptr() and a.numel() > 0
    except (RuntimeError, TypeError):  # sparse tensors and other kinds without an address
        return False
