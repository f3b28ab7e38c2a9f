"""What a backward graph holds, as plain data.

A `Trace` is a list of nodes and a list of edges, and nothing in it points back into the library
that made it: arrays are copies, names are text. Layout, picture and words are made from a `Trace`
alone and never ask where it came from.

`read` fills one from the output of a computation. It looks only at what torch shows to everybody
(`grad_fn`, `next_functions`, `variable`, `_saved_*`, `grad`), so it reads a minigrad tensor and a
torch tensor alike. `minigrad.explore.record` adds the steps of a backward pass.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal

import numpy as np

from ..autograd.function import FunctionNode
from ..autograd.recording import OpNode
from .arrays import Copies, is_tensor, keeps_grad, version_of
from .groups import groups, owners, saved_of
from .made import Late
from .source import Source

Kind = Literal["leaf", "op", "output", "constant", "group"]

# How many variable names of one tensor are kept: `z = loss = y.mean()` has two.
MOST_NAMES = 2

NUMBERS = {int, float, bool}

# Where a Function that somebody wrote finds what it has saved.
OWN = "saved_tensors"

NOWHERE = (None, 0)  # an input that is not tracked, in `next_functions`

# What torch calls the first, second and third input where it saves them: `_saved_self`.
SLOT_NAMES = ("self",), ("mat1", "other", "exponent", "mat2", "vec", "tensor"), ("mat2",)


@dataclass(frozen=True)
class Node:
    """One box of the picture.

    Attributes:
        id: its place in `Trace.nodes`; inputs come before their users.
        kind: "leaf" keeps a gradient, "op" was computed, "output" is where the reading began,
            "constant" is not tracked, "group" stands for several nodes of a folded graph.
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
        line: the caller's statement that made it, as "line 3 (`y = x * 2`)"; "" where no variable
            holds it or the text is not known.
        number: tells apart the nodes that would be called alike, from 1; 0 where one alone is
            called so.
    """

    id: int
    kind: Kind
    op: str = ""
    names: tuple[str, ...] = ()
    value: np.ndarray | None = None
    grad: np.ndarray | None = None
    version: int | None = None
    saved: Mapping[str, Any] = field(default_factory=dict)
    group: str = ""
    line: str = ""
    again: bool = False
    number: int = 0

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

    nodes: Sequence[Node]
    edges: Sequence[Edge]
    steps: Sequence[Step] = ()
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


def read(out: Any, variables: Mapping[str, Any], text: Callable[[], Source] | None = None) -> Trace:
    """Read the graph behind `out`.

    Args:
        out: a tensor. One that is not tracked gives a single constant.
        variables: the caller's variables by name; tensors lend their names and their values to
            the nodes, modules their parts as groups.
        text: gives the caller's text, in which the variables were made.

    Example:
        >>> import minigrad
        >>> x = minigrad.tensor([1.0, 2.0], requires_grad=True)
        >>> trace = read((x * 3).sum(), {"x": x})
        >>> [node.op or node.kind for node in trace.nodes]
        ['leaf', 'constant', 'MulBackward0', 'SumBackward0']
    """
    return Reader(out, variables, text).trace()


class Reader:
    """Collects nodes and edges; the functions of the library are its keys while it is there.

    Attributes:
        links: the backward nodes, inputs first, each with its `next_functions`.
        place: the id in the trace of each of them.
        tensors: the tensor that each of them made, or its leaf, where one is known.
    """

    def __init__(
        self, out: Any, variables: Mapping[str, Any], text: Callable[[], Source] | None = None
    ) -> None:
        if not is_tensor(out):
            raise TypeError(
                f"draw() needs a tensor, but got {type(out).__name__}: "
                "give it a result of your computation"
            )
        self.out = out
        self.text = text
        self.root = _end_of(out) if out.grad_fn is None else out.grad_fn
        self.links = {} if self.root is None else _inputs_first(self.root)
        self.place: dict[Any, int] = {}
        self.tensors: dict[Any, Any] = {}
        # Of a backward node or of a tensor that no node made, by `id`: the variables that hold it.
        self.names: dict[int, list[str]] = {}
        for name, tensor in variables.items():
            if is_tensor(tensor):
                made_by = tensor.grad_fn
                self.names.setdefault(id(tensor if made_by is None else made_by), []).append(name)
                if made_by is not None:
                    self._learn(tensor)
        self.owners = owners(variables)  # of parameters
        self.frozen = self.owners.keys() - {id(fn.variable) for fn in self.links if is_leaf(fn)}
        for key, path in self.owners.items():
            self.names.setdefault(key, [".".join(path.split(".")[-2:])])

    def trace(self) -> Trace:
        """Read it all; the values are those of this moment."""
        copy = Copies()
        if self.root is None:
            kind = "leaf" if self.out.requires_grad else "constant"
            names = self._names(self.out)
            return Trace((Node(0, kind, "", names, *_about(self.out, copy)),), ())
        read = _Read(self.text)
        place, tensors = self.place, self.tensors
        for fn, links in self.links.items():
            held, constants = {}, []
            if is_leaf(fn):
                op, leaf = "", fn.variable
                tensors[fn] = leaf
                copy(leaf)  # before views of it
                names = self._names(leaf)
            else:
                op = fn.name().rpartition("::")[2]
                held = _of_the_table(fn) if isinstance(fn, OpNode) else _of_attributes(fn)
                names = self._names(fn)
            if NOWHERE in links:
                things = [_constant(i, held) for i, (source, _) in enumerate(links) if not source]
                constants = [(self._names(thing), copy(thing)) for thing in things]
            at = place[fn] = read.count + len(constants)
            read.count = at + 1
            if names:
                read.names[at] = names
            if self.owners:
                read.made[at] = fn._sequence_nr()
                if op and self.frozen:
                    read.parameters[at] = saved_of(self.owners, held)
                elif not op and id(leaf) in self.owners:
                    read.parameters[at] = {self.owners[id(leaf)]}
            for name, thing in held.items():
                if type(thing) not in NUMBERS:
                    held[name] = self._saved(thing, copy)
            read.rows.append((op, [(place.get(fn), nr) for fn, nr in links], constants, held))
        self._forget_unused_outputs()
        tensors[self.root] = self.out
        for fn, at in place.items():
            tensor = tensors.get(fn)
            if tensor is not None:
                read.about[at] = _about(tensor, copy)
        return Trace(Late(read.nodes), Late(read.edges))

    def _saved(self, thing: Any, copy: Copies) -> Any:
        """A saved value as plain data. A tensor is also the value of the node that made it."""
        if is_tensor(thing):
            if thing.grad_fn is not None:
                self._learn(thing)
            return copy(thing)
        if isinstance(thing, tuple | list):
            return tuple([_signed(self._saved(part, copy)) for part in thing])
        return copy(thing) if isinstance(thing, np.ndarray) else thing

    def _forget_unused_outputs(self) -> None:
        """An output that leads nowhere must not stand for the one that is used."""
        used = {link for links in self.links.values() for link in links}
        for fn, tensor in self.tensors.items():
            if tensor is not None and (fn, tensor.output_nr) not in used:
                self.tensors[fn] = None

    def _names(self, key: Any) -> tuple[str, ...]:
        """The variables that hold what a node has made, or a leaf."""
        return tuple(self.names[id(key)][:MOST_NAMES]) if id(key) in self.names else ()

    def _learn(self, tensor: Any) -> None:
        """Note who made a tensor; a node that made several different ones has no single value."""
        known = self.tensors.setdefault(tensor.grad_fn, tensor)
        if known is not None and known.output_nr != tensor.output_nr:
            self.tensors[tensor.grad_fn] = None


class _Read:
    """What a reader has read, as plain rows, inputs first. A row and its constants are nodes."""

    def __init__(self, text: Callable[[], Source] | None) -> None:
        self.text = text
        self.count = 0  # of nodes
        # The operation, (id, output) of each input, (names, value) of each constant, saved values.
        self.rows: list[tuple[str, list, list, dict[str, Any]]] = []
        # By the id of a node:
        self.names: dict[int, tuple[str, ...]] = {}
        self.about: dict[int, tuple] = {}
        self.parameters: dict[int, set[str]] = {}
        self.made: dict[int, int] = {}

    def nodes(self) -> Iterator[Node]:
        group = groups(self.rows, self.parameters, self.made) if self.made else {}
        source = self.text() if self.text is not None and any(self.names.values()) else None
        at = 0
        for op, _, constants, held in self.rows:
            where = group.get(at + len(constants), "")
            for names, value in constants:
                yield Node(at, "constant", "", names, value, group=where)
                at += 1
            kind = "leaf" if not op else "output" if at == self.count - 1 else "op"
            about = self.about.get(at, (None, None, None))
            held = {name: _signed(thing) for name, thing in held.items()}
            names = self.names.get(at, ())
            made = source.made(names[0]) if source is not None and names else None
            line = "" if made is None else str(made)
            yield Node(at, kind, op, names, *about, held, where, line)
            at += 1

    def edges(self) -> Iterator[Edge]:
        at = 0
        for _, sources, constants, _ in self.rows:
            target = at + len(constants)
            for slot, (source, output) in enumerate(sources):
                if source is None:
                    source, at = at, at + 1
                yield Edge(source, target, slot, output)
            at = target + 1


def is_leaf(fn: Any) -> bool:
    """Say whether a backward node is the end of a path, which fills a leaf's `.grad`."""
    return _is_leaf_type(type(fn))


@cache
def _is_leaf_type(kind: type) -> bool:
    return hasattr(kind, "variable")


def _end_of(leaf: Any) -> Any:
    """The node that fills a leaf's `.grad`, or None where it wants no gradient."""
    if not leaf.requires_grad:
        return None
    view = leaf.expand_as(leaf)
    return view.grad_fn and view.grad_fn.next_functions[0][0]


def _inputs_first(root: Any) -> dict[Any, tuple]:
    """The backward nodes from the leaves to `root`, in slot order, with their `next_functions`."""
    links: dict[Any, tuple] = {}
    seen = {root}
    sources = root.next_functions
    stack = [(root, sources, iter(sources))]
    while stack:
        fn, sources, rest = stack[-1]
        for source, _ in rest:
            if source is not None and source not in seen:
                seen.add(source)
                below = source.next_functions
                stack.append((source, below, iter(below)))
                break
        else:
            links[fn] = sources
            stack.pop()
    return links


@cache
def _attributes(kind: type) -> list[tuple[str, str]]:
    """The names of what a kind of node saves, each with its attribute; shapes are left out."""
    if issubclass(kind, FunctionNode) or hasattr(kind, OWN):
        return [(OWN, OWN)]
    names = [name for name in dir(kind) if name.startswith("_saved_")]
    names = [name for name in names if not name.endswith(("_sizes", "_strides"))]
    return [(name.removeprefix("_saved_"), name) for name in names]


def _of_attributes(fn: Any) -> dict[str, Any]:
    """What a node of torch, or of a function of one's own, shows as saved.

    What is freed or was changed in place is left out.
    """
    found = {}
    for name, attribute in _attributes(type(fn)):
        try:
            thing = getattr(fn, attribute)
        except RuntimeError:
            continue
        if name == OWN:
            found |= {f"{OWN}[{i}]": one for i, one in enumerate(thing) if one is not None}
        elif thing is not None:
            found[name] = thing
    return found


def _of_the_table(fn: OpNode) -> dict[str, Any]:
    """What a node of minigrad's table has saved: all of it by one question."""
    try:
        values = fn._unpack(as_tensors=True)
    except RuntimeError:
        values = [None if gone else v for gone, v in zip(fn.plan.freed, fn.saved, strict=True)]
    named = zip(fn.plan.names, values, strict=True)
    return {name: v for name, v in named if v is not None and not name.endswith("_sizes")}


def _about(tensor: Any, copy: Copies) -> tuple:
    """The value of a tensor, the gradient that it keeps, and its version."""
    if tensor is None:
        return None, None, None
    grad = copy(tensor.grad) if keeps_grad(tensor) else None
    return copy(tensor), grad, version_of(tensor)


def _signed(thing: Any) -> Any:
    """Torch saves dimension -1 as 2**64 - 1."""
    return thing - 2**64 if isinstance(thing, int) and thing >= 2**63 else thing


def _constant(slot: int, saved: Mapping[str, Any]) -> Any:
    """Return the untracked input of a slot where its node saved it, else None."""
    found = (saved[name] for name in SLOT_NAMES[min(slot, 2)] if name in saved)
    return next((thing for thing in found if not getattr(thing, "requires_grad", False)), None)
