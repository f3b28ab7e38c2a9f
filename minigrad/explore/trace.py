"""What a backward graph holds, as plain data.

A `Trace` is a list of nodes and a list of edges, and nothing in it points back into the library
that made it: arrays are copies, names are text. Layout, picture and words are made from a `Trace`
alone and never ask where it came from.

`read` fills one from the output of a computation. It looks only at what torch shows to everybody
(`grad_fn`, `next_functions`, `variable`, `_saved_*`, `grad`), so it reads a minigrad tensor and a
torch tensor alike.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

Kind = Literal["leaf", "op", "output", "constant"]

# How many variable names of one tensor are kept: `z = loss = y.mean()` has two.
MOST_NAMES = 2

# What torch calls the first and the second input where it saves them: `_saved_self`, `_saved_mat2`.
SLOT_NAMES = ("self",), ("other", "exponent", "mat2", "vec", "tensor")


@dataclass(frozen=True)
class Node:
    """One box of the picture.

    Attributes:
        id: its place in `Trace.nodes`; inputs come before their users.
        kind: "leaf" keeps a gradient, "op" was computed, "output" is where the reading began,
            "constant" is not tracked.
        op: the name of the backward node, as torch gives it ("MulBackward0"); "" for a leaf and a
            constant.
        names: the caller's variables that hold this tensor.
        value: the forward value, or None where nobody kept it.
        grad: the stored gradient, or None where there is none.
        saved: what the backward node holds for its derivative, by name; empty once it is freed.
    """

    id: int
    kind: Kind
    op: str = ""
    names: tuple[str, ...] = ()
    value: np.ndarray | None = None
    grad: np.ndarray | None = None
    saved: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, ...] | None:
        """The shape of the value, or None where the value is not known."""
        return None if self.value is None else self.value.shape

    @property
    def dtype(self) -> str:
        """The name of the value's dtype, "" where the value is not known."""
        return "" if self.value is None else self.value.dtype.name


@dataclass(frozen=True)
class Edge:
    """A tensor on its way from its maker `source` into input number `slot` of its user `target`."""

    source: int
    target: int
    slot: int


@dataclass(frozen=True)
class Trace:
    """The graph behind one output: `nodes` in an order in which inputs come first, and `edges`."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def inputs(self, node: Node) -> tuple[Node, ...]:
        """The nodes that feed `node`, by slot."""
        edges = sorted((e for e in self.edges if e.target == node.id), key=lambda e: e.slot)
        return tuple(self.nodes[e.source] for e in edges)


def is_tensor(thing: Any) -> bool:
    """Say whether `thing` is a tensor of minigrad or of torch, by its type: nothing is computed."""
    return all(hasattr(type(thing), name) for name in ("grad_fn", "requires_grad", "is_leaf"))


def read(out: Any, variables: Mapping[str, Any]) -> Trace:
    """Read the graph behind `out`.

    Args:
        out: a tensor. One that is not tracked gives a single constant.
        variables: the caller's variables by name; they lend their names and their values to the
            nodes.

    Example:
        >>> import minigrad
        >>> x = minigrad.tensor([1.0, 2.0], requires_grad=True)
        >>> trace = read((x * 3).sum(), {"x": x})
        >>> [node.op or node.kind for node in trace.nodes]
        ['leaf', 'constant', 'MulBackward0', 'SumBackward0']
    """
    if not is_tensor(out):
        got = type(out).__name__
        raise TypeError(
            f"draw() needs a tensor, but got {got}: give it a result of your computation"
        )
    known = {name: thing for name, thing in variables.items() if is_tensor(thing)}
    if out.grad_fn is None:
        kind = "leaf" if out.requires_grad else "constant"
        names = tuple(name for name, thing in known.items() if thing is out)[:MOST_NAMES]
        return Trace((Node(0, kind, "", names, _array(out), _array(_grad(out))),), ())
    return _Reader(known).read(out)


class _Reader:
    """Collects nodes and edges; the functions of the library are its keys only while it reads."""

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self.variables = variables
        self.tensors: dict[int, Any] = {}  # id of a backward node -> the tensor it made
        self.names: dict[
            int, list[str]
        ] = {}  # id of a backward node or of an untracked tensor -> variable names
        for name, tensor in variables.items():
            made_by = tensor.grad_fn
            self.names.setdefault(id(made_by if made_by is not None else tensor), []).append(name)
            if made_by is not None:
                self._learn(tensor)

    def read(self, out: Any) -> Trace:
        order = _inputs_first(out.grad_fn)
        saved = {id(fn): dict(_saved(fn)) for fn in order}
        for fn in order:
            self._learn_from(saved[id(fn)])
        self.tensors[id(out.grad_fn)] = out

        nodes: list[Node] = []
        edges: list[Edge] = []
        place: dict[int, int] = {}

        def add(**what: Any) -> int:
            nodes.append(Node(len(nodes), **what))
            return len(nodes) - 1

        for fn in order:
            sources = []
            for slot, (source, _) in enumerate(fn.next_functions):
                if source is None:
                    thing = _constant(slot, saved[id(fn)])
                    names = tuple(self.names.get(id(thing), ())[:MOST_NAMES])
                    sources.append(add(kind="constant", names=names, value=_array(thing)))
                else:
                    sources.append(place[id(source)])
            place[id(fn)] = add(**self._describe(fn, fn is out.grad_fn, saved[id(fn)]))
            edges += [Edge(source, place[id(fn)], slot) for slot, source in enumerate(sources)]
        return Trace(tuple(nodes), tuple(edges))

    def _describe(self, fn: Any, is_output: bool, saved: Mapping[str, Any]) -> dict[str, Any]:
        if hasattr(fn, "variable"):
            leaf = fn.variable
            names = tuple(self.names.get(id(leaf), ())[:MOST_NAMES])
            return {
                "kind": "leaf",
                "names": names,
                "value": _array(leaf),
                "grad": _array(_grad(leaf)),
            }
        tensor = self.tensors.get(id(fn))
        return {
            "kind": "output" if is_output else "op",
            "op": fn.name().rsplit("::", 1)[-1],
            "names": tuple(self.names.get(id(fn), ())[:MOST_NAMES]),
            "value": _array(tensor),
            "grad": _array(_grad(tensor)),
            "saved": {name: _plain(thing) for name, thing in saved.items()},
        }

    def _learn_from(self, saved: Mapping[str, Any]) -> None:
        """A saved tensor is the value of the node that made it, also where no variable holds it."""
        for thing in saved.values():
            if is_tensor(thing) and thing.grad_fn is not None:
                self._learn(thing)

    def _learn(self, tensor: Any) -> None:
        """Note who made a tensor; a node that made several different ones has no single value."""
        known = self.tensors.setdefault(id(tensor.grad_fn), tensor)
        if known is not None and known.output_nr != tensor.output_nr:
            self.tensors[id(tensor.grad_fn)] = None


def _inputs_first(root: Any) -> list[Any]:
    """List the backward nodes from the leaves to `root`, each once, inputs in slot order."""
    order: list[Any] = []
    seen = {id(root)}
    stack = [(root, iter(root.next_functions))]
    while stack:
        fn, sources = stack[-1]
        for source, _ in sources:
            if source is not None and id(source) not in seen:
                seen.add(id(source))
                stack.append((source, iter(source.next_functions)))
                break
        else:
            order.append(fn)
            stack.pop()
    return order


def _saved(fn: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a node has saved. What is freed or was changed in place is left out."""
    for name in dir(fn):
        if name.startswith("_saved_") and "_sym_" not in name:
            try:
                thing = getattr(fn, name)
            except RuntimeError:
                continue
            if thing is not None:
                yield name.removeprefix("_saved_"), thing


def _constant(slot: int, saved: Mapping[str, Any]) -> Any:
    """Return the untracked input of a slot where its node saved it, else None."""
    found = (saved[name] for name in SLOT_NAMES[min(slot, 1)] if name in saved)
    return next((thing for thing in found if not getattr(thing, "requires_grad", False)), None)


def _grad(tensor: Any) -> Any:
    """Return the gradient that a tensor keeps; one that keeps none is not asked, it would warn."""
    keeps = tensor is not None and (tensor.is_leaf or getattr(tensor, "retains_grad", False))
    return tensor.grad if keeps else None


def _array(thing: Any) -> np.ndarray | None:
    """Copy a tensor, array or number into an array of its own; None stays None."""
    if thing is None:
        return None
    if is_tensor(thing):
        thing = thing.detach()
        if getattr(thing, "is_cuda", False):
            thing = thing.cpu()
        try:
            thing = thing.numpy()
        except TypeError:  # bfloat16, which NumPy does not have
            thing = thing.float().numpy()
    return np.array(thing)


def _plain(thing: Any) -> Any:
    return _array(thing) if is_tensor(thing) or isinstance(thing, np.ndarray) else thing
