"""What a backward graph holds, as plain data.

A `Trace` is a list of nodes and a list of edges, and nothing in it points back into the library
that made it: arrays are copies, names are text. Layout, picture and words are made from a `Trace`
alone and never ask where it came from.

`read` fills one from the output of a computation. It looks only at what torch shows to everybody
(`grad_fn`, `next_functions`, `variable`, `_saved_*`, `grad`), so it reads a minigrad tensor and a
torch tensor alike. `minigrad.explore.record` adds the steps of a backward pass.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal

import numpy as np

from ..autograd.recording import OpNode
from .groups import groups, owners

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
        names: the caller's variables that hold this tensor; for a parameter that no variable
            holds its name in its module, as "linear1.weight".
        value: the forward value, or None where nobody kept it.
        grad: the stored gradient, or None where there is none.
        saved: what the backward node holds for its derivative, by name; empty once it is freed.
        version: how often the value was changed in place, or None where nobody holds it.
        again: the value was not kept, but computed once more.
        group: the module in which it stands, as the caller would write it with dots:
            "model.layers.3.linear1" stands inside "model.layers.3". A parameter stands in the
            module that owns it, an operation in the module whose parameters it uses or which
            surrounds it, a constant where its user stands. "" where no module is known. A module
            that was called more than once is one group.
    """

    id: int
    kind: Kind
    op: str = ""
    names: tuple[str, ...] = ()
    value: np.ndarray | None = None
    grad: np.ndarray | None = None
    saved: Mapping[str, Any] = field(default_factory=dict)
    version: int | None = None
    again: bool = False
    group: str = ""

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
    """A tensor on its way from its maker `source` into input number `slot` of its user `target`.

    `output` tells which of the maker's results it is; most makers have one, number 0.
    """

    source: int
    target: int
    slot: int
    output: int = 0


@dataclass(frozen=True)
class Step:
    """A node that ran in a backward pass.

    Attributes:
        node: its id.
        arrived: the gradient of each of its outputs, summed over all edges that brought one; None
            where none came.
        sent: the gradient of each of its inputs, by slot; None where none was sent.
        before, after: the stored gradient (`.grad`) before the pass and after this step; None where
            there is none.
    """

    node: int
    arrived: tuple[np.ndarray | None, ...]
    sent: tuple[np.ndarray | None, ...]
    before: np.ndarray | None = None
    after: np.ndarray | None = None


@dataclass(frozen=True)
class Trace:
    """The graph behind one output, and what a backward pass did in it.

    Attributes:
        nodes: in an order in which inputs come first.
        edges: in the order of their targets and slots.
        steps: the nodes that ran, in the engine's order; empty where no pass was recorded.
        error: what stopped the pass, as "RuntimeError: ..."; "" where it came to its end.
        stopped_at: the id of the node at which it stopped.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    steps: tuple[Step, ...] = ()
    error: str = ""
    stopped_at: int | None = None

    def inputs(self, node: Node) -> tuple[Node, ...]:
        """The nodes that feed `node`, by slot."""
        edges = sorted((e for e in self.edges if e.target == node.id), key=lambda e: e.slot)
        return tuple(self.nodes[e.source] for e in edges)


def after(trace: Trace) -> Trace:
    """The graph as a recorded pass has left it: each node with the gradient that it got."""
    got = {s.node: s.arrived[0] if s.after is None else s.after for s in trace.steps if s.arrived}
    nodes = [replace(node, grad=got.get(node.id, node.grad)) for node in trace.nodes]
    return replace(trace, nodes=tuple(nodes))


def is_tensor(thing: Any) -> bool:
    """Say whether `thing` is a tensor of minigrad or of torch, by its type: nothing is computed."""
    return _is_tensor_type(type(thing))


@cache
def _is_tensor_type(kind: type) -> bool:
    return all(hasattr(kind, name) for name in ("grad_fn", "requires_grad", "is_leaf"))


def read(out: Any, variables: Mapping[str, Any]) -> Trace:
    """Read the graph behind `out`.

    Args:
        out: a tensor. One that is not tracked gives a single constant.
        variables: the caller's variables by name; tensors lend their names and their values to
            the nodes, modules their parts as groups.

    Example:
        >>> import minigrad
        >>> x = minigrad.tensor([1.0, 2.0], requires_grad=True)
        >>> trace = read((x * 3).sum(), {"x": x})
        >>> [node.op or node.kind for node in trace.nodes]
        ['leaf', 'constant', 'MulBackward0', 'SumBackward0']
    """
    return Reader(out, variables).trace()


class Reader:
    """Collects nodes and edges; the functions of the library are its keys while it is there.

    Attributes:
        order: the backward nodes, inputs first.
        place: the id in the trace of each of them, by Python's `id`.
        tensors: the tensor that each of them made, or its leaf, where one is known; by `id`.
    """

    def __init__(self, out: Any, variables: Mapping[str, Any]) -> None:
        if not is_tensor(out):
            raise TypeError(
                f"draw() needs a tensor, but got {type(out).__name__}: "
                "give it a result of your computation"
            )
        self.out = out
        self.root = _end_of(out) if out.grad_fn is None else out.grad_fn
        self.order = [] if self.root is None else _inputs_first(self.root)
        self.place: dict[int, int] = {}
        self.tensors: dict[int, Any] = {}
        self._arrays: dict[int, np.ndarray] = {}  # what was copied, by `id` of the tensor
        # Of a backward node or of a tensor that no node made: the variables that hold it.
        self.names: dict[int, list[str]] = {}
        for name, tensor in variables.items():
            if is_tensor(tensor):
                made_by = tensor.grad_fn
                self.names.setdefault(id(tensor if made_by is None else made_by), []).append(name)
                if made_by is not None:
                    self._learn(tensor)
        self.owners = owners(variables)
        for key, path in self.owners.items():
            self.names.setdefault(key, [".".join(path.split(".")[-2:])])

    def trace(self) -> Trace:
        """Read it all; the values are those of this moment."""
        if self.root is None:
            kind = "leaf" if self.out.requires_grad else "constant"
            return Trace((Node(0, kind, **self._about(self.out)),), ())
        saved = {id(fn): dict(_saved(fn)) for fn in self.order}
        for fn in self.order:
            self._learn_from(saved[id(fn)])
        self._forget_unused_outputs()
        self.tensors[id(self.root)] = self.out
        self._arrays.clear()  # the values are those of this moment
        group = groups(self.order, self.owners, saved) if self.owners else {}

        nodes: list[Node] = []
        edges: list[Edge] = []

        def add(**what: Any) -> int:
            nodes.append(Node(len(nodes), **what))
            return len(nodes) - 1

        for fn in self.order:
            sources = []
            where = group.get(id(fn), "")
            for slot, (source, output) in enumerate(fn.next_functions):
                if source is None:
                    thing = _constant(slot, saved[id(fn)])
                    names = tuple(self.names.get(id(thing), ())[:MOST_NAMES])
                    constant = add(kind="constant", names=names, value=array_of(thing), group=where)
                    sources.append((constant, 0))
                else:
                    sources.append((self.place[id(source)], output))
            self.place[id(fn)] = target = add(group=where, **self._describe(fn, saved[id(fn)]))
            edges += [Edge(s, target, slot, output) for slot, (s, output) in enumerate(sources)]
        return Trace(tuple(nodes), tuple(edges))

    def _forget_unused_outputs(self) -> None:
        """An output that leads nowhere must not stand for the one that is used."""
        used = {(id(source), nr) for fn in self.order for source, nr in fn.next_functions}
        for key, tensor in self.tensors.items():
            if tensor is not None and (key, tensor.output_nr) not in used:
                self.tensors[key] = None

    def _describe(self, fn: Any, saved: Mapping[str, Any]) -> dict[str, Any]:
        if hasattr(fn, "variable"):
            self.tensors[id(fn)] = fn.variable
            return {"kind": "leaf", **self._about(fn.variable)}
        return {
            "kind": "output" if fn is self.root else "op",
            "op": fn.name().rsplit("::", 1)[-1],
            "saved": {name: self._plain(thing) for name, thing in saved.items()},
            **self._about(self.tensors.get(id(fn)), fn),
        }

    def _about(self, tensor: Any, made_by: Any = None) -> dict[str, Any]:
        """What is known of a tensor; for a result, `made_by` tells its names though it be gone."""
        return {
            "names": tuple(self.names.get(id(made_by or tensor), ())[:MOST_NAMES]),
            "value": self._copied(tensor),
            "grad": array_of(stored_grad(tensor)),
            "version": _version(tensor),
        }

    def _plain(self, thing: Any) -> Any:
        """A saved value as plain data. Torch saves dimension -1 as 2**64 - 1."""
        if isinstance(thing, tuple | list):
            return tuple(map(self._plain, thing))
        if isinstance(thing, int) and thing >= 2**63:
            return thing - 2**64
        return self._copied(thing) if is_tensor(thing) or isinstance(thing, np.ndarray) else thing

    def _copied(self, tensor: Any) -> np.ndarray | None:
        """One copy of a tensor, however often it is asked for while the reader holds it."""
        if tensor is None:
            return None
        found = self._arrays.get(id(tensor))
        if found is None:
            found = self._arrays[id(tensor)] = array_of(tensor)
        return found

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


def _end_of(leaf: Any) -> Any:
    """The node that fills a leaf's `.grad`, or None where it wants no gradient."""
    if not leaf.requires_grad:
        return None
    view = leaf.expand_as(leaf)
    return view.grad_fn and view.grad_fn.next_functions[0][0]


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
    for name in fn.plan.names if isinstance(fn, OpNode) else _saved_names(type(fn)):
        if name.endswith("_sizes"):
            continue
        try:
            thing = getattr(fn, f"_saved_{name}")
        except RuntimeError:
            continue
        if thing is not None:
            yield name, thing


@cache
def _saved_names(kind: type) -> tuple[str, ...]:
    return tuple(name.removeprefix("_saved_") for name in dir(kind) if name.startswith("_saved_"))


def _constant(slot: int, saved: Mapping[str, Any]) -> Any:
    """Return the untracked input of a slot where its node saved it, else None."""
    found = (saved[name] for name in SLOT_NAMES[min(slot, 1)] if name in saved)
    return next((thing for thing in found if not getattr(thing, "requires_grad", False)), None)


def stored_grad(tensor: Any) -> Any:
    """Return the gradient that a tensor keeps; one that keeps none is not asked, it would warn."""
    keeps = tensor is not None and (tensor.is_leaf or getattr(tensor, "retains_grad", False))
    return tensor.grad if keeps else None


def _version(tensor: Any) -> int | None:
    """How often a tensor was changed in place; one made in inference mode does not count."""
    try:
        return None if tensor is None else tensor._version
    except RuntimeError:
        return None


def array_of(thing: Any) -> np.ndarray | None:
    """Copy a tensor, array or number into an array of its own; None stays None."""
    if thing is None:
        return None
    if is_tensor(thing):
        thing = thing.detach()
        try:
            thing = thing.numpy()
        except (TypeError, RuntimeError):  # what NumPy does not know: bfloat16, GPUs, sparse, lazy
            thing = _strange(thing)
    return np.array(thing)


def _strange(tensor: Any) -> np.ndarray:
    tensor = tensor.cpu()
    if getattr(tensor, "is_sparse", False):
        tensor = tensor.to_dense()
    if getattr(tensor, "is_complex", lambda: False)():
        tensor = tensor.resolve_conj()
    try:
        return tensor.numpy()
    except TypeError:
        return tensor.float().numpy()
