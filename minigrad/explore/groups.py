"""Where in a model an operation stands: which module made it, as far as the graph can tell.

A backward node does not know its module, but a parameter does: an operation that uses a parameter
stands in the parameter's module. The operations between two of these, by the order in which they
were made, stand in the smallest module that holds both, if what they compute comes from it and goes
back into it. So a residual sum is the layer's, a relu between two linear layers their parent's, and
a loss behind the model nobody's.
"""

from collections.abc import Iterable, Mapping
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

    A parameter that several modules hold stands in the one with the most parameters.

    Example:
        >>> from minigrad import nn
        >>> model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
        >>> list(owners({"layer": model[0], "model": model}).values())
        ['model.0.weight', 'model.0.bias']
    """
    modules = [
        [(f"{name}.{path}", parameter) for path, parameter in thing.named_parameters()]
        for name, thing in variables.items()
        if _is_module_type(type(thing))
    ]
    found: dict[int, str] = {}
    for parameters in sorted(modules, key=len, reverse=True):
        for path, parameter in parameters:
            found.setdefault(id(parameter), path)
    return found


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


def groups(
    order: list[Any], owner: Mapping[int, str], saved: Mapping[int, Mapping[str, Any]]
) -> dict[int, str]:
    """Say in which module each backward node stands, by `id`; those in none are left out.

    Args:
        order: the nodes, inputs first.
        owner: the place of each parameter, from `owners`.
        saved: what each node has saved.
    """
    sources = {id(fn): [id(s) for s, _ in fn.next_functions if s is not None] for fn in order}
    uses: dict[int, set[str]] = {}  # the parameters that a node uses
    carried: dict[int, set[str]] = {}  # those of which its result is another shape
    for fn in order:
        if hasattr(fn, "variable"):
            if id(fn.variable) in owner:
                uses[id(fn)] = carried[id(fn)] = {owner[id(fn.variable)]}
            continue
        found = {path for source in sources[id(fn)] for path in carried.get(source, ())}
        found |= {path for thing in saved[id(fn)].values() for path in _frozen(thing, owner)}
        if found:
            uses[id(fn)] = found
            if base(fn.name()) in SHAPING:
                carried[id(fn)] = found
    group = {key: common(map(parent, paths)) for key, paths in uses.items()}

    # Each module is a bit: `around` tells which ones a node's own place lies in, `above` and
    # `below` which ones it has behind and before it.
    bits = {path: 1 << i for i, path in enumerate({p for g in group.values() for p in _chain(g)})}
    around = {key: sum(bits[path] for path in _chain(g)) for key, g in group.items()}
    leaves = {id(fn) for fn in order if hasattr(fn, "variable")}
    above: dict[int, int] = {}
    below: dict[int, int] = {}
    for fn in order:
        above[id(fn)] = 0
        for source in sources[id(fn)]:
            above[id(fn)] |= above[source] | (0 if source in leaves else around.get(source, 0))
    for fn in reversed(order):
        seen = below.setdefault(id(fn), 0) | around.get(id(fn), 0)
        for source in sources[id(fn)]:
            below[source] = below.get(source, 0) | seen

    ops = sorted((fn for fn in order if id(fn) not in leaves), key=lambda fn: fn._sequence_nr())
    made = [id(fn) for fn in ops]
    known = [i for i, key in enumerate(made) if key in uses]
    for first, last in pairwise(known):
        before, behind = made[first], made[last]
        around_both = common([group[before], group[behind]])
        if uses[before] & uses[behind]:  # the module was called again: this is between two calls
            around_both = parent(around_both)
        for key in made[first + 1 : last]:
            path = around_both
            while path and not above[key] & below[key] & bits[path]:
                path = parent(path)
            group[key] = path
    return {key: path for key, path in group.items() if path}


def _frozen(thing: Any, owner: Mapping[int, str]) -> Iterable[str]:
    """The parameter that a node has saved: where it wants no gradient, no edge leads to it."""
    held = (thing, getattr(thing, "_base", None))
    return [owner[id(one)] for one in held if one is not None and id(one) in owner]


def _chain(path: str) -> list[str]:
    """A module and all around it."""
    parts = path.split(".") if path else []
    return [".".join(parts[: i + 1]) for i in range(len(parts))]
