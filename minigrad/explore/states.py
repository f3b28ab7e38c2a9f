"""What a tensor's state tells: one row a reason, how it is recognised and the words for it.

The first row that fits is the answer. `find` returns the facts that its words need, or None where
the row does not fit. A row without causes is certain; one with causes says that the state alone
does not tell, and lists what may have happened, likeliest first.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .case import CHANGED, Case, below, operation, output_shape, saved_state
from .reasons import stretches
from .source import Line, names_in

Facts = dict[str, Any] | None


@dataclass(frozen=True)
class Row:
    """A reason.

    Attributes:
        find: gives the facts for the words; None where the reason does not fit.
        says: the words. `{t}` is the tensor with its name, `{name}` the bare name, `{lib}` the
            library.
        causes: what may have happened, where that cannot be known.
        beside: whether it is worth a word when another reason has given the answer.
    """

    reason: str
    find: Callable[[Case], Facts]
    says: str
    causes: tuple[str, ...] = ()
    beside: bool = False


# --- a value was changed --------------------------------------------------------------------------


def changed(case: Case) -> Facts:
    """A saved value behind a result, or on the way to a leaf that waits for its gradient."""
    t = case.tensor
    behind = {case.name: below(t.grad_fn)} if t.grad_fn is not None else {}
    for end, nodes in (behind or {e: case.ends[e] for e in case.uses if waits(case)}).items():
        for fn in sorted(nodes, key=lambda fn: fn._sequence_nr()):
            for state in saved_state(fn):
                if found := CHANGED.search(state):
                    return {"op": operation(fn), "end": end, **change_of(case, found)}
    return None


def change_of(case: Case, found: re.Match) -> dict[str, Any]:
    """Who was changed, where and how often, as far as an error's text and the variables tell."""
    names = [
        name
        for name, t in case.tensors.items()
        if str(list(t.shape)) == found["shape"] and version(t) == int(found["now"])
    ]
    lines = [line for name in names for line in (case.source.changed(name) if case.source else ())]
    made = f" made by {found['maker']}" if found["maker"] else ""
    return {
        "what": either(names) or f"a tensor of shape {found['shape']}{made}",
        "now": found["now"],
        "then": found["then"],
        "where": f" Changed in place: {listed(lines)}." if lines else "",
    }


def version(t: Any) -> int:
    try:
        return t._version
    except RuntimeError:  # an inference tensor counts nothing
        return 0


# --- a result -------------------------------------------------------------------------------------


def result(case: Case) -> Facts:
    t = case.tensor
    return {"op": t.grad_fn.name()} if t.grad_fn is not None and not t.retains_grad else None


# --- no history -----------------------------------------------------------------------------------


def integer(case: Case) -> Facts:
    t = case.tensor
    kind = str(t.dtype).rpartition(".")[2]
    numbers = kind.startswith(("float", "bfloat", "complex"))
    return None if t.requires_grad or numbers else {"dtype": kind}


def inference(case: Case) -> Facts:
    return {} if not case.tensor.requires_grad and case.tensor.is_inference() else None


LEAVING = ("item", "tolist", "numpy", "__array__")
NUMBERS = ("float", "int", "np.array", "np.asarray", "numpy.array", "numpy.asarray")


def leaves(line: Line) -> str:
    """The call in a line that takes numbers out of the tensors: "item()"."""
    for call in line.calls():
        written = ast.unparse(call.func)
        if written in NUMBERS:
            return f"{written}()"
        if isinstance(call.func, ast.Attribute) and call.func.attr in LEAVING:
            return f"{call.func.attr}()"
    return ""


def detaches(line: Line) -> str:
    for part in ast.walk(line.node):
        if isinstance(part, ast.Attribute) and part.attr in ("detach", "detach_", "data"):
            return ".data" if part.attr == "data" else f"{part.attr}()"
    return ""


def untracked(line: Line) -> str:
    modes = ("no_grad(", "inference_mode(", "set_grad_enabled(False")
    return next((w for w in line.inside if any(mode in w for mode in modes)), "")


CUTS = {"item": leaves, "detached": detaches, "no_grad": untracked}


def cut(kind: str) -> Callable[[Case], Facts]:
    """Recognise a cut of one kind in the lines that made an untracked tensor."""

    def find(case: Case) -> Facts:
        for name, line, found, how in cuts(case):
            if found == kind:
                far = "" if name == case.name else f", from which `{case.name}` was computed,"
                return {"line": line, "how": how, "cut": f"`{name}`{far}"}
        return None

    return find


def cuts(case: Case) -> Iterator[tuple[str, Line, str, str]]:
    """Follow an untracked tensor back through the lines that made it, up to the first cut."""
    if case.source is None or (case.tensor is not None and case.tensor.requires_grad):
        return
    waiting, seen = [case.name], set()
    if case.tensor is None and case.called:
        waiting = [
            part.id for part in ast.walk(ast.parse(case.called)) if isinstance(part, ast.Name)
        ]
    while waiting:
        name = waiting.pop(0)
        line = None if name in seen else case.source.made(name)
        seen.add(name)
        if line is None:
            continue
        how = next(((kind, word(line)) for kind, word in CUTS.items() if word(line)), None)
        if how is not None:
            yield name, line, *how
            return
        waiting += [n for n in names_in(line) if could_be_cut(case.variables.get(n))]


def could_be_cut(thing: Any) -> bool:
    """Say whether a variable may stand at a cut: a number, an array, an untracked tensor."""
    if isinstance(thing, (float, np.ndarray)):
        return True
    return getattr(thing, "requires_grad", None) is False


def twin(case: Case) -> Facts:
    names = [] if case.tensor.requires_grad else case.twins()
    return {"twin": names[0]} if names else None


def no_history(case: Case) -> Facts:
    return None if case.tensor.requires_grad else {}


# --- no gradient yet ------------------------------------------------------------------------------


def waits(case: Case) -> bool:
    """Say whether the tensor would keep a gradient and has none."""
    return case.tensor.requires_grad and case.grad is None


def reached(case: Case) -> list[str]:
    """The ends that lead back to the tensor."""
    return list(case.uses) or [name for name in case.ends if case.tensor.grad_fn in case.ends[name]]


def unused(case: Case) -> Facts:
    if not waits(case) or reached(case):
        return None
    passed = [f"`{name}`" for name in case.ends if case.went_backward(name)]
    without = f" {' and '.join(passed)} went backward without it." if passed else ""
    return {"without": without}


def not_yet(case: Case) -> Facts:
    return _ends_that(case, False)


def cleared(case: Case) -> Facts:
    return _ends_that(case, True)


def unknown_pass(case: Case) -> Facts:
    return {"end": reached(case)[0] or "the result"} if waits(case) and reached(case) else None


def _ends_that(case: Case, went: bool) -> Facts:
    states = {name: case.went_backward(name) for name in reached(case)} if waits(case) else {}
    names = [name for name, state in states.items() if state is went]
    fits = names and (went or len(names) == len(states))
    return {"end": names[0] or "the result"} if fits else None


# --- a gradient that surprises --------------------------------------------------------------------

SWITCHED_OFF = {
    "Relu": (lambda v: (v <= 0).all(), "all its inputs are 0 or less, where relu is flat"),
    "Threshold": (lambda v: (v <= 0).all(), "all its inputs are 0 or less, where it is flat"),
    "Tanh": (lambda v: (np.abs(v) == 1).all(), "all its results are 1 or -1, where tanh is flat"),
    "Sigmoid": (
        lambda v: ((v == 0) | (v == 1)).all(),
        "all its results are 0 or 1, where the sigmoid is flat",
    ),
}


def zero(case: Case) -> bool:
    return case.grad is not None and case.grad.size > 0 and not case.grad.any()


def flat(case: Case) -> Facts:
    for fn in case.downstream() if zero(case) else ():
        switched_off, because = SWITCHED_OFF.get(operation(fn), (None, ""))
        value = case.value_of(fn) if switched_off else None
        if value is not None and switched_off(value):
            name = case.name_of(fn)
            at = "" if name == operation(fn) else f" (`{name}`)"
            return {"op": operation(fn).lower() + at, "because": because}
    return None


def only_zero(case: Case) -> Facts:
    return {} if zero(case) else None


def nan(case: Case) -> Facts:
    return {} if case.grad is not None and np.isnan(case.grad).any() else None


def accumulated(case: Case) -> Facts:
    if case.grad is None:
        return None
    lines = [line for line in _passes(case) if line is not None]
    if len(lines) > 1:
        loop = " in a loop" if len(set(lines)) < len(lines) else ""
        return {"passes": f"{listed(dict.fromkeys(lines))}{loop}"}
    return None


def several_passes(case: Case) -> Facts:
    """What the graph alone tells: passes went through several results."""
    silent = case.source is None or not case.source.lines
    ends = [f"`{name}`" for name in case.uses if case.went_backward(name)]
    fits = silent and case.grad is not None and len(ends) > 1
    return {"passes": " and ".join(ends)} if fits else None


def _passes(case: Case) -> Iterator[Line]:
    """The lines that call backward() on something that may lead to the tensor."""
    for line in case.source.passes(case.name) if case.source else ():
        whose = {n for call in line.calls() for n in _receiver(call)}
        if not any(n in case.tensors and n in case.ends and n not in case.uses for n in whose):
            yield line


def _receiver(call: ast.Call) -> list[str]:
    func = call.func
    return (
        [func.value.id]
        if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name)
        else []
    )


def used_twice(case: Case) -> Facts:
    for end, uses in case.uses.items():
        if case.grad is not None and len(uses) > 1:
            places = [operation(use.fn) for use in uses]
            return {"count": len(uses), "end": end, "places": ", ".join(places)}
    return None


def stretched(case: Case) -> Facts:
    own = tuple(case.tensor.shape) if case.grad is not None else None
    for use in (
        [use for uses in case.uses.values() for use in uses] if case.grad is not None else ()
    ):
        shape = output_shape(use.fn)
        fits = stretches(operation(use.fn), use.slot)
        if fits and shape is not None and np.prod(shape) > np.prod(own):
            return {
                "own": own,
                "shape": shape,
                "op": operation(use.fn),
                "copies": int(np.prod(shape) // np.prod(own)) if np.prod(own) else 0,
            }
    return None


def used_once(case: Case) -> Facts:
    uses = [(end, use) for end, uses in case.uses.items() for use in uses]
    if case.grad is None or len(uses) != 1:
        return None
    return {"end": uses[0][0], "op": operation(uses[0][1].fn)}


def has_gradient(case: Case) -> Facts:
    return {} if case.grad is not None else None


# --- words ----------------------------------------------------------------------------------------


def either(names: list[str]) -> str:
    return " or ".join(f"`{name}`" for name in names)


def listed(lines: Any) -> str:
    return " and ".join(str(line) for line in lines)


CUT_ROWS = (
    Row(
        "item",
        cut("item"),
        "{cut} was made by {line}, and {how} leaves the graph: what it returns is a plain number "
        "or array without history. So no gradient comes back to {t} or passes it. Compute with the "
        "tensors themselves and call {how} only to show a value.",
    ),
    Row(
        "detached",
        cut("detached"),
        "{cut} was made by {line}, and {how} cuts the history off: the numbers are the same, the "
        "graph ends there. So no gradient comes to {t}. Leave {how} out where a gradient is "
        "wanted.",
    ),
    Row(
        "no_grad",
        cut("no_grad"),
        "{cut} was made by {line} inside `with {how}`, where nothing is recorded: it is a new "
        "tensor without history and does not require grad. Compute it outside; to update a "
        "parameter, change it in place (`w -= step`), so that it stays the same leaf.",
    ),
)

ROWS = (
    Row(
        "in_place",
        changed,
        "{op} saved {what} for the backward pass, and it was changed in place afterwards: it is at "
        "version {now}, where version {then} is needed.{where} A pass through it stops with an "
        "error. Write `y = y + 1` in place of `y += 1`, or change a clone().",
    ),
    Row(
        "non_leaf",
        result,
        "{t} is a result, not a leaf: {op} made it. A backward pass sends the gradient on through "
        "a result and keeps it only in the leaves. Call `{name}.retain_grad()` before the pass to "
        "keep it here too.",
    ),
    Row(
        "integer",
        integer,
        "{t} holds {dtype} numbers, and only floating point numbers have derivatives: it can get "
        "no gradient. Make it of floats: write 1.0 in place of 1, or convert with .float() before "
        "the computation.",
    ),
    Row(
        "inference",
        inference,
        "{t} was made in inference_mode: it has no history and can never join a graph. Compute it "
        "outside, or use {lib}.no_grad() and a clone().",
    ),
    *CUT_ROWS,
    Row(
        "detached",
        twin,
        "{t} shares its memory with `{twin}` but has no history: it was cut off by detach(), .data "
        "or numpy(), or is a view made under no_grad. So no gradient comes to {t}. Use `{twin}` "
        "itself where a gradient is wanted.",
    ),
    Row(
        "untracked",
        no_history,
        "{t} does not require grad and has no history, so no pass brings it a gradient. Its state "
        "does not tell why. Make the input with requires_grad=True before anything is computed "
        "from it.",
        (
            "Nobody asked: {t}, or what it was computed from, was made without requires_grad=True.",
            "It was computed inside {lib}.no_grad().",
            "detach() or .data cut it off.",
            "It went through numbers: item(), tolist(), numpy() or float() cut the graph.",
            "It was computed before requires_grad was set.",
        ),
    ),
    Row(
        "unused",
        unused,
        "None of your variables was computed from {t}, so no backward pass through them reaches it."
        '{without} None says "no path"; a zero would say "a path, but flat".',
        (
            "The result was computed from another tensor: a copy, or an older one of this name.",
            "The result is not kept in a variable, or not computed yet.",
            "The history between {t} and the result was cut: detach(), item(), no_grad.",
        ),
    ),
    Row(
        "cleared",
        cleared,
        "A pass went through `{end}`, which was computed from {t}, and yet there is no gradient "
        "now. The state does not tell which of these happened.",
        (
            "zero_grad() or `{name}.grad = None` came after the pass: read the gradient before it.",
            "autograd.grad() made the pass: it returns gradients and stores none.",
            "backward(inputs=...) left {t} out.",
            "An error stopped the pass before it came to {t}.",
        ),
    ),
    Row(
        "not_yet",
        not_yet,
        "{t} wants a gradient and has none yet: nothing has gone backward through `{end}`, whose "
        "saved values are still there. Call `{end}.backward()`. Until then None is right: it says "
        '"unknown", not 0.',
    ),
    Row(
        "not_yet",
        unknown_pass,
        "{t} wants a gradient and has none. `{end}` was computed from it, and its graph saved "
        "nothing that would tell whether a pass went through.",
        (
            "`{end}.backward()` was not called yet.",
            "The gradient was cleared again: zero_grad() sets it to None.",
            "autograd.grad() made the pass: it returns gradients and stores none.",
        ),
    ),
    Row(
        "zero",
        flat,
        "The gradient of {t} is 0, which is not None: a pass came through and brought a zero. It "
        "passed {op}: {because}. Smaller or shifted inputs, or a slope on the flat side "
        "(leaky_relu), let something through.",
    ),
    Row(
        "zero",
        only_zero,
        "The gradient of {t} is 0, which is not None: a pass came here and brought a zero. The "
        "values on the way are not kept, so the state does not tell where it became 0.",
        (
            "A relu whose inputs are all negative, or a saturated tanh or sigmoid.",
            "zero_grad(set_to_none=False) or grad.zero_() cleared it after the pass.",
            "A product with 0, a mask, a clamp outside its range, or a rounding.",
            "The loss is at a minimum: there 0 is right.",
        ),
    ),
    Row(
        "nan",
        nan,
        "The gradient of {t} has nan in it: somewhere a derivative is infinite or undefined. "
        "{lib}.autograd.detect_anomaly() names the operation.",
        (
            "0 times infinity: sqrt, norm or a power below 1 at 0, also in the branch that where() "
            "did not take.",
            "log or a division at 0.",
            "The values themselves are nan or infinite already.",
        ),
    ),
    Row(
        "accumulated",
        accumulated,
        "The gradient of {t} is a sum over several passes: {passes}. Each backward() adds to "
        ".grad. Call zero_grad() or set `{name}.grad = None` before each pass.",
        beside=True,
    ),
    Row(
        "accumulated",
        several_passes,
        "Passes went through {passes}, which were computed from {t}. Each backward() adds to "
        ".grad: unless it was cleared in between, the gradient of {t} is their sum. Call "
        "zero_grad() or set `{name}.grad = None` before each pass.",
        beside=True,
    ),
    Row(
        "used_twice",
        used_twice,
        "{t} is used {count} times on the way to `{end}` ({places}), and the gradients of all "
        "paths are added: the chain rule wants that. One pass gives this sum; nothing is wrong.",
        beside=True,
    ),
    Row(
        "broadcast",
        stretched,
        "{op} stretched {t} from shape {own} to {shape}, so each element was used {copies} times. "
        "Its gradient is the sum over these {copies} uses, in the shape of {t}. To get a mean, "
        "divide by {copies} or take the mean of the result.",
        beside=True,
    ),
    Row(
        "gradient",
        used_once,
        "{t} has a gradient: what the passes since it was last cleared brought, added up. It is "
        "used once on the way to `{end}` ({op}) and was not stretched. If the gradient is larger "
        "than you expect, the state alone does not tell why.",
        (
            "Several backward() calls without zero_grad() in between.",
            "The output is a sum where you think of a mean.",
        ),
    ),
    Row(
        "gradient",
        has_gradient,
        "{t} has a gradient: what the passes since it was last cleared brought, added up. If it is "
        "larger than you expect, the state alone does not tell why.",
        (
            "Several backward() calls without zero_grad() in between.",
            "{t} is used more than once in the computation, or was stretched by broadcasting.",
            "The output is a sum where you think of a mean.",
        ),
    ),
)
