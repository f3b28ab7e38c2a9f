"""Forward values that nobody kept, computed again from the inputs of their operation.

A result without a variable, such as the `y * y` in `y * y * 2`, is gone when its operation is done:
the graph saves only what derivatives need. The rule table knows how to compute it once more.
"""

from dataclasses import replace

import numpy as np

from ..ops.table import TABLE
from .trace import Node, Trace


def filled(trace: Trace) -> Trace:
    """The same graph with the values that can be computed again; these are marked as `again`.

    Nothing is computed from a tensor that was changed in place: its value may have been another
    when it was used.

    Example:
        >>> import minigrad
        >>> from minigrad.explore.trace import read
        >>> y = minigrad.tensor([3.0, 4.0], requires_grad=True)
        >>> [node.value for node in filled(read((y * y * 2).sum(), {"y": y})).nodes][1]
        array([ 9., 16.], dtype=float32)
    """
    nodes = list(trace.nodes)
    several = {edge.source for edge in trace.edges if edge.output}
    into: dict[int, list[int]] = {}
    for edge in sorted(trace.edges, key=lambda edge: edge.slot):
        into.setdefault(edge.target, []).append(edge.source)
    for node in trace.nodes:
        sources = into.get(node.id, [])
        if node.value is None and node.id not in several and several.isdisjoint(sources):
            value = _again(node, [nodes[source] for source in sources])
            if value is not None:
                nodes[node.id] = replace(node, value=value, again=True)
    return replace(trace, nodes=tuple(nodes))


def _again(node: Node, inputs: list[Node]) -> np.ndarray | None:
    row = TABLE.get(node.op)
    if row is None or any(one.value is None or one.version for one in inputs):
        return None
    known = dict(zip(row.vjps, map(_operand, inputs), strict=False))
    known.update({name: node.saved[name] for name in row.arguments if name in node.saved})
    if set(row.arguments) - set(known) or len(inputs) > len(row.vjps):
        return None
    with np.errstate(all="ignore"):
        try:
            value = row.forward(*[known[name] for name in row.arguments])
        except (TypeError, ValueError, AttributeError, IndexError):
            return None  # a rule that wants more than arrays
    wanted = np.result_type(*[one.value for one in inputs if one.kind != "constant"])
    return None if isinstance(value, list) else np.asarray(value, wanted)


def _operand(node: Node) -> object:
    """A value as the rule takes it: of a constant without dimensions the plain number."""
    return node.value.item() if node.kind == "constant" and not node.value.ndim else node.value
