"""Where in a model an operation stands: which module made it, as far as the graph can tell.

A backward node does not know its module, but a parameter does: an operation that uses a parameter
stands in the parameter's module. The operations between two of these, by the order in which they
were made, stand in the smallest module that holds both, if what they compute comes from it and goes
back into it. So a residual sum is the layer's, a relu between two linear layers their parent's, and
a loss behind the model nobody's.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise, takewhile
from typing import Any

from .reasons import base

# What only gives a parameter another shape or number type: whoever uses the outcome uses it.
SHAPING = {
    *("T", "Transpose", "Permute", "View", "UnsafeView", "ReshapeAlias", "Alias", "Expand"),
    *("Squeeze", "Unsqueeze", "Select", "Slice", "Split", "SplitWithSizes", "Unbind", "AsStrided"),
    *("Clone", "ToCopy"),
}


@cache
def _is_module_type(kind: type) -> bool:
    return all(hasattr(kind, name) for name in ("named_parameters", "named_modules", "forward"))


def owners(variables: Mapping[str, Any]) -> dict[int, str]:
    """Say where the parameters of all modules among some variables stand, by Python's `id`.

    A parameter that several modules hold stands in the largest one.

    Example:
        >>> from minigrad import nn
        >>> model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
        >>> list(owners({"layer": model[0], "model": model}).values())
        ['model.0.weight', 'model.0.bias']
    """
    modules = [(name, thing) for name, thing in variables.items() if _is_module_type(type(thing))]
    found: dict[int, str] = {}
    for name, module in sorted(modules, key=_size, reverse=True):
        for path, parameter in module.named_parameters():
            found.setdefault(id(parameter), f"{name}.{path}")
    return found


def _size(named: tuple[str, Any]) -> tuple[int, int]:
    """The number of parameters in a module, and of modules."""
    _, module = named
    return sum(1 for _ in module.named_parameters()), sum(1 for _ in module.named_modules())


def parent(path: str) -> str:
    """The module around a parameter or module; "" around the outermost."""
    return path.rpartition(".")[0]


def common(paths: Iterable[str]) -> str:
    """The smallest module that holds all of these; "" where there is none.

    Example:
        >>> common(["net.layers.3.linear1", "net.layers.3.norm", "net.layers.3"])
        'net.layers.3'
    """
    levels = zip(*(path.split(".") for path in paths), strict=False)  # as deep as the shortest
    return ".".join(names[0] for names in takewhile(lambda names: len(set(names)) == 1, levels))


def saved_of(owner: Mapping[int, str], held: Mapping[str, Any]) -> set[str]:
    """The places of the parameters that a node has saved, they or views of them.

    To one that wants no gradient no edge leads.
    """
    saved = [one for thing in held.values() for one in (thing, getattr(thing, "_base", None))]
    return {owner[id(one)] for one in saved if id(one) in owner}


def groups(
    rows: Sequence[tuple], parameters: Mapping[int, set[str]], made: Mapping[int, int]
) -> dict[int, str]:
    """Say in which module each backward node stands, by its id; those in none are left out.

    Args:
        rows: of each node, inputs first, the name of the operation ("" for a leaf), the id and
            output of each input, and more that does not matter here.
        parameters: for some ids the parameters that it is or has saved, by their places.
        made: for each id its number in the order in which the operations were made.
    """
    # Of operations:
    uses: dict[int, set[str]] = {}  # the parameters that one uses
    carried: dict[int, set[str]] = {}  # those of which its result is another shape
    sources = {
        at: [i for i, _ in row[1] if i is not None] for at, row in zip(made, rows, strict=True)
    }
    leaves = {at for at, (op, *_) in zip(made, rows, strict=True) if not op}
    for at, (op, *_) in zip(made, rows, strict=True):
        found = parameters.get(at, set()).union(
            *[carried.get(source, ()) for source in sources[at]]
        )
        if found and op:
            uses[at] = found
        if found and (not op or base(op) in SHAPING):
            carried[at] = found
    group = {at: common(map(parent, paths)) for at, paths in uses.items()}

    # Each module is a bit: `inside` tells in which ones an operation is, `above` and `below` which
    # ones it has behind and before it.
    bits = {path: 1 << i for i, path in enumerate({p for g in group.values() for p in _chain(g)})}
    inside = {at: sum(bits[path] for path in _chain(g)) for at, g in group.items()}
    above = dict.fromkeys(made, 0)
    below = dict.fromkeys(made, 0)
    for at in made:
        for source in sources[at]:
            above[at] |= above[source] | inside.get(source, 0)
    for at in reversed(made):
        for source in sources[at]:
            below[source] |= below[at] | inside.get(at, 0)

    ops = sorted(made.keys() - leaves, key=made.__getitem__)
    known = [i for i, at in enumerate(ops) if at in uses]
    for first, last in pairwise(known):
        before, behind = ops[first], ops[last]
        both = common([group[before], group[behind]])
        if uses[before] & uses[behind]:  # the module was called again: this is between two calls
            both = parent(both)
        for at in ops[first + 1 : last]:
            path = both
            while path and not above[at] & below[at] & bits[path]:
                path = parent(path)
            group[at] = path
    group |= {at: common(map(parent, carried[at])) for at in leaves & carried.keys()}
    return {at: path for at, path in group.items() if path}


def _chain(path: str) -> list[str]:
    """A module and all around it."""
    parts = path.split(".") if path else []
    return [".".join(parts[: i + 1]) for i in range(len(parts))]
