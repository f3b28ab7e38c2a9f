"""Why an operation sends what it sends, in one plain sentence."""

import re

SAME = "A change here changes the result just as much, so the gradient passes on as it is."
PLACE = "The numbers only changed their place, so each gradient goes back to where its number was."
PICKED = "What was picked gets its gradient; what was left out changed nothing and gets 0."
FACTOR = "A change here counts times the other factor, so the gradient is multiplied by it."
WINNER = "Only the winner changed the result, so only the winner gets the gradient."
SUM = "Each number counts once in the sum, so each gets the whole gradient."
MATRIX = "Each number met a row or column of the other matrix; the product adds those meetings up."
FLAT = "The result does not react to a small change here, so nothing but 0 is sent."
SLOPE = "What arrives is multiplied by the slope of this operation."
STRETCHED = "This input was stretched to fit; what comes back for its copies is added up."

REASONS: dict[str, str | tuple[str, ...]] = {
    "Add": SAME,
    "Sub": (SAME, "Making this larger makes the result smaller by as much: the sign turns round."),
    "Rsub": "Making this larger makes the result smaller by as much: the sign turns round.",
    "Neg": "Making this larger makes the result smaller by as much: the sign turns round.",
    "Mul": FACTOR,
    "Div": (
        "A change here is divided by the lower number, so the gradient is divided by it.",
        "A larger lower number makes the quotient smaller: the gradient turns its sign.",
    ),
    "Pow": "A power rises as exponent times base to the exponent less one.",
    "Exp": "The slope of exp is exp itself, so the gradient is multiplied by the result.",
    "Log": "The slope of the logarithm is one over its input.",
    "Sqrt": "The slope of a root is one over twice the root.",
    "Sum": SUM,
    "Mean": "Each number counts one n-th in the mean, so each gets one n-th of the gradient.",
    "Relu": "Where the input was positive the gradient passes; elsewhere it is stopped.",
    "Sigmoid": "The slope of the sigmoid is s times (1 - s): it is flat at both ends.",
    "Tanh": "The slope of tanh is 1 less its square: 1 in the middle, flat at both ends.",
    "Sin": "The slope of the sine is the cosine.",
    "Cos": "The slope of the cosine is minus the sine.",
    "Abs": "Below 0 the sign turns round; above 0 the gradient passes.",
    "Max": WINNER,
    "Min": WINNER,
    "Maximum": "The gradient goes where the larger number was; a tie is split in halves.",
    "Minimum": "The gradient goes where the smaller number was; a tie is split in halves.",
    "Where": "The gradient goes where the condition chose this input, and 0 elsewhere.",
    "Mm": MATRIX,
    "Mv": MATRIX,
    "Bmm": MATRIX,
    "Dot": FACTOR,
    "Addmm": (SAME, MATRIX, MATRIX),
    "Expand": STRETCHED,
    "Clone": "A copy changes just as much as what it was copied from.",
    "ToCopy": "Only the number type changed, so the gradient passes on in the old type.",
    "Cat": "Each part gets back the piece of the gradient that belongs to it.",
    "Stack": "Each part gets back the piece of the gradient that belongs to it.",
    **dict.fromkeys(("View", "UnsafeView", "ReshapeAlias", "Squeeze", "Unsqueeze", "Alias"), PLACE),
    **dict.fromkeys(("T", "Transpose", "Permute"), PLACE),
    **dict.fromkeys(("Select", "Slice", "Index", "Gather", "AsStrided", "Diagonal"), PICKED),
    **dict.fromkeys(("Unbind", "Split", "SplitWithSizes"), "The pieces are put together again."),
    **dict.fromkeys(("Sign", "Round", "Floor", "Ceil", "Trunc"), FLAT),
}
# Operations that stretch their inputs to one shape.
STRETCHING = {"Add", "Sub", "Mul", "Div", "Pow", "Maximum", "Minimum", "Where", "Expand", "Addmm"}


def reason(op: str, slot: int) -> str:
    """Say why a backward node sends what it sends to one of its inputs.

    Example:
        >>> reason("ExpBackward0", 0)
        'The slope of exp is exp itself, so the gradient is multiplied by the result.'
    """
    found = REASONS.get(base(op), SLOPE)
    return found if isinstance(found, str) else found[min(slot, len(found) - 1)]


def stretches(op: str) -> bool:
    """Whether the engine may have summed what this operation sends, to undo a stretching."""
    return base(op) in STRETCHING


def base(op: str) -> str:
    """The operation of a backward node: "Mul" for "MulBackward0"."""
    return re.sub(r"Backward\d*$", "", op)
