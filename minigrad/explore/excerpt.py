"""A small part of a trace: one node, marked, and what stands around it."""

from collections import deque
from dataclasses import replace

from .trace import Edge, Node, Trace

MARK = "\u25b6"  # stands before the name of the node in question
MOST = 12  # nodes: more is no small picture


def excerpt(trace: Trace, node: int, most: int = MOST, marked: bool = True) -> Trace:
    """Keep the nodes nearest to one, which gets a mark before its name.

    Example:
        >>> import minigrad
        >>> from minigrad.explore.trace import read
        >>> x = minigrad.tensor([1.0, 2.0], requires_grad=True)
        >>> part = excerpt(read((x * 3 + 1).sum(), {"x": x}), 0, most=2)
        >>> [(node.op, *node.names) for node in part.nodes]
        [('', '▶ x'), ('MulBackward0',)]
    """
    kept = sorted(_nearest(trace, node, most))
    place = {old: new for new, old in enumerate(kept)}
    nodes = tuple(_renumbered(trace.nodes[old], place[old], marked and old == node) for old in kept)
    edges = tuple(
        Edge(place[e.source], place[e.target], e.slot, e.output)
        for e in trace.edges
        if e.source in place and e.target in place
    )
    return Trace(nodes, edges)


def beside(trace: Trace, other: Trace) -> Trace:
    """Put a second graph next to the first: no edge joins them."""
    shift = len(trace.nodes)
    return Trace(
        (*trace.nodes, *(replace(node, id=node.id + shift) for node in other.nodes)),
        (
            *trace.edges,
            *(Edge(e.source + shift, e.target + shift, e.slot, e.output) for e in other.edges),
        ),
    )


def _nearest(trace: Trace, node: int, most: int) -> set[int]:
    neighbours: list[list[int]] = [[] for _ in trace.nodes]
    for edge in trace.edges:
        neighbours[edge.source].append(edge.target)
        neighbours[edge.target].append(edge.source)
    seen, waiting = {node}, deque([node])
    while waiting and len(seen) < most:
        for other in neighbours[waiting.popleft()]:
            if other not in seen and len(seen) < most:
                seen.add(other)
                waiting.append(other)
    return seen


def _renumbered(node: Node, number: int, marked: bool) -> Node:
    names = node.names or (("here",) if marked and node.kind != "op" else ())
    if marked:
        names = (f"{MARK} {', '.join(names)}".strip(),)
    return replace(node, id=number, names=names)
