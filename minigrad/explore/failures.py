"""What an error of autograd tells: one row a reason, how its text begins, and the words for it.

The texts are torch's, and minigrad's are the same, so a row serves both.
"""

import re
from dataclasses import dataclass

from .case import CHANGED, Case
from .states import Facts, Row, change_of, changed, listed


@dataclass(frozen=True)
class Failure(Row):
    """A reason that an error's text tells.

    Attributes:
        pattern: what the text has in it.
        methods: the methods whose owner the error is about; "=" stands for a change in place.
        state: whether the owner's own state says more than the text does.
    """

    pattern: str = ""
    methods: tuple[str, ...] = ("backward",)
    state: bool = False


def rows_of(error: BaseException) -> tuple[Failure, ...]:
    """The rows whose pattern is found in an error's text; the last one fits every error."""
    text = f"{type(error).__name__}: {error}"
    return tuple(row for row in ROWS if re.search(row.pattern, text))


def nothing(case: Case) -> Facts:
    return {"here": case.source.here.code if case.source.here else "this line"}


def earlier(case: Case) -> Facts:
    """Where this very output went backward before, as far as the lines tell."""
    lines = case.source.calls_of(case.called, "backward")
    lines = [line for line in lines if line is not case.source.here]
    return {"before": listed(lines)} if lines else None


def in_place(case: Case) -> Facts:
    known = changed(case) if case.tensor is not None else None
    told = CHANGED.search(str(case.error))
    return known or (told and {"op": "an operation", **change_of(case, told)})


def shape(case: Case) -> Facts:
    t = case.tensor
    return {"has": "has several" if t is None else f"has shape {tuple(t.shape)}"}


def unknown(case: Case) -> Facts:
    error = case.error
    notes = " ".join(getattr(error, "__notes__", ()))
    return {"kind": type(error).__name__, "said": str(error).split("\n")[0], "notes": notes}


SECOND_TIME = "Trying to backward through the graph a second time"

ROWS = (
    Failure(
        "freed",
        earlier,
        "{t} has gone backward before, in {before}, and that pass freed what the graph had saved. "
        "Compute the result again before each backward(); only for two passes through one graph "
        "write `{name}.backward(retain_graph=True)` in the first.",
        pattern=SECOND_TIME,
    ),
    Failure(
        "freed",
        nothing,
        "the pass came to saved values that an earlier pass had freed. Compute the result again "
        "before each backward(); only for two passes through one graph write "
        "`backward(retain_graph=True)` in the first.",
        (
            "backward() was called a second time on {t}.",
            "Two results share a part of their graph, and the other one went backward first: add "
            "them up and call backward() once.",
            "A value of an earlier round of a loop is still attached to its graph: detach() it "
            "there.",
        ),
        pattern=SECOND_TIME,
    ),
    Failure(
        "in_place",
        in_place,
        "{op} saved {what} for the backward pass and finds it changed in place: it is at version "
        "{now}, where version {then} is needed.{where} Write `y = y + 1` in place of `y += 1`, or "
        "change a clone().",
        pattern="modified by an inplace operation",
    ),
    Failure(
        "leaf_in_place",
        nothing,
        "{t} is a leaf that requires grad, and `{here}` would change it in place: then its "
        "gradient would belong to a value that is no longer there. Write `{name} = {name} + ...` "
        "for a new result; to update a parameter, do it inside `with {lib}.no_grad():`.",
        pattern="leaf Variable that requires grad is being used in an in-place",
        methods=("=",),
    ),
    Failure(
        "not_scalar",
        shape,
        "backward() without an argument begins at a single number, and {t} {has}. Reduce it first, "
        "`{name}.sum().backward()` or .mean(), or say how much each element counts: "
        "`{name}.backward(v)` with v of the same shape.",
        pattern="grad can be implicitly created only for scalar outputs",
    ),
    Failure(
        "gradient_shape",
        nothing,
        "the vector that is sent back says how much each element of the output counts, so it has "
        "the output's shape, and this one has another. Give `{name}.backward(v)` a v of the shape "
        "of {t}.",
        pattern="Mismatch in shape: grad_output",
    ),
    Failure(
        "untracked",
        nothing,
        "backward() begins at {t}, which does not require grad and has no history: there is "
        "nothing to go back through. Make an input with requires_grad=True and compute the output "
        "again.",
        (
            "No input was made with requires_grad=True.",
            "It was computed inside {lib}.no_grad().",
            "detach(), .data, item() or numpy() cut the history off.",
        ),
        pattern="does not require grad and does not have a grad_fn",
        state=True,
    ),
    Failure(
        "integer",
        nothing,
        "only floating point numbers have derivatives, and these are whole numbers. Write 1.0 in "
        "place of 1, or convert with .float() first.",
        pattern="nly Tensors of floating point",
        methods=("requires_grad_",),
    ),
    Failure(
        "item",
        nothing,
        "{t} has a history, and an array cannot carry one: what is computed from the array would "
        "get no gradient. Compute with tensors; to show or store the numbers write "
        "`{name}.detach().numpy()`.",
        pattern=r"Can't call numpy\(\) on Tensor that requires grad",
        methods=("numpy", "np.array", "np.asarray", "__array__"),
    ),
    Failure(
        "unused",
        nothing,
        "a gradient was asked for a tensor that is not in the graph of {t}: no path leads back to "
        'it. None, which allow_unused=True gives, says "no path"; a zero would say "a path, but '
        'flat".',
        (
            "The output was computed from a copy, or from an older tensor of that name.",
            "The history between them was cut: detach(), item(), no_grad.",
        ),
        pattern="appears to not have been used in the graph",
    ),
    Failure(
        "no_gradient",
        nothing,
        "a gradient was used that is not there: `.grad` of {t} is None until a backward pass "
        "reaches it, and after zero_grad().",
        (
            "backward() was not called yet, or zero_grad() came after it.",
            "The tensor is no leaf any more: `w = w - step` makes a new one, `w -= step` keeps it.",
        ),
        pattern=r"(AttributeError|TypeError): .*'?NoneType",
        methods=(".grad",),
        state=True,
    ),
    Failure(
        "unknown",
        unknown,
        "this is not one of the errors of autograd that why() knows: {kind}: {said} {notes}",
        pattern="",
        methods=(),
    ),
)
