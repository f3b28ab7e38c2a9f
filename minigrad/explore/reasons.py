"""Why an operation sends what it sends, in one plain sentence."""

import re

SAME = "A change here changes the result just as much, so the gradient passes on as it is."
TURNED = "Making this larger makes the result smaller by as much: the sign turns round."
PLACE = "The numbers only changed their place, so each gradient goes back to where its number was."
PICKED = "What was picked gets its gradient; what was left out changed nothing and gets 0."
FACTOR = "A change here counts times the other factor, so the gradient is multiplied by it."
WINNER = "Only the winner changed the result, so only it gets the gradient; a tie shares it."
SUM = "Each number counts once in the sum, so each gets the whole gradient."
LEFT = "Each number here met a row of the right matrix: its gradient adds up these meetings."
RIGHT = "Each number here met a column of the left matrix: its gradient adds up these meetings."
FLAT = "The result does not react to a small change here, so nothing but 0 is sent."
LIMIT = "Inside the limits the gradient passes; where the value was cut off, it is stopped."
PIECE = "Each part gets back the piece of the gradient that belongs to it."
SHARES = "The results add up to 1: only what g has above its weighted average counts."
SLOPE = "What arrives is multiplied by how fast the result changes with this input: the slope."
STRETCHED = "It was stretched to fit: what comes back for all the copies of a number is added up."

# By the slot of the input where they differ; the last one holds for all that follow.
REASONS: dict[str, str | tuple[str, ...]] = {
    "Add": SAME,
    "Sub": (SAME, TURNED),
    "Rsub": TURNED,
    "Neg": TURNED,
    "Mul": FACTOR,
    "Div": (
        "A change here is divided by the lower number, so the gradient is divided by it.",
        "A larger lower number makes the quotient smaller: the gradient turns its sign.",
    ),
    "Pow": (
        "The slope of a power: the exponent comes down as a factor, and the power is one less.",
        "A power grows with its exponent by itself times the logarithm of the base.",
    ),
    "PowBackward2": "A power grows with its exponent by itself times the logarithm of the base.",
    "Exp": "The slope of exp is exp itself, so the gradient is multiplied by the result.",
    "Log": "The slope of the logarithm is one over its input, so the gradient is divided by it.",
    "Sqrt": "The slope of a root is one over twice the root, so the gradient is divided by that.",
    "Rsqrt": "The slope of one over a root is minus a half of the result to the third power.",
    "Sum": SUM,
    "Mean": "Each number counts one n-th in the mean, so each gets one n-th of the gradient.",
    "Var": "The further a number is from the mean, the more it changes the variance.",
    "Std": "The further a number is from the mean, the more it changes the standard deviation.",
    "Prod": "A change of one number counts times the product of all the others.",
    "Cumsum": "Each number counts in its own sum and in all later ones: those gradients add up.",
    "Logsumexp": "Each number counts as much as its share, the softmax: all shares make up 1.",
    "LinalgVectorNorm": "A number changes the length by its share of it.",
    "Relu": "Where the input was positive the gradient passes; elsewhere it is stopped.",
    "LeakyRelu": "Where the input was positive the gradient passes; elsewhere a small part of it.",
    "Gelu": "The slope of gelu: \u03a6 is how much of a bell curve is below x, \u03c6 its height.",
    "Silu": "The slope of x times sigmoid(x), by the product rule: 1 far above 0, 0 far below.",
    "Elu": "Where the input was positive the gradient passes; elsewhere it fades like exp.",
    "Softplus": "The slope of softplus is the sigmoid of its input: 0 far below 0, 1 far above.",
    "Sigmoid": "The slope of the sigmoid is s times (1 - s): it is flat at both ends.",
    "Tanh": "The slope of tanh is 1 less its square: 1 in the middle, flat at both ends.",
    **dict.fromkeys(("Softmax", "SafeSoftmax"), SHARES),
    "LogSoftmax": "Raising one input lowers the other results: "
    "g loses its share, exp(result), of the sum.",
    "Sin": "The slope of the sine is the cosine.",
    "Cos": "The slope of the cosine is minus the sine.",
    "Abs": "Below 0 the sign turns round; above 0 the gradient passes.",
    "Clamp": LIMIT,
    "ClampMin": LIMIT,
    "ClampMax": LIMIT,
    "Hardtanh": LIMIT,
    **dict.fromkeys(("Max", "Min", "Amax", "Amin"), WINNER),
    "Maximum": "The gradient goes where the larger number was; a tie is split in halves.",
    "Minimum": "The gradient goes where the smaller number was; a tie is split in halves.",
    "Where": "The gradient goes where the condition chose this input, and 0 elsewhere.",
    "MaskedFill": (
        "Where the mask put another value in, this input no longer counts and gets 0.",
        "The value that was put in gets the gradients of all its places, added up.",
    ),
    "Tril": PICKED,
    "Triu": PICKED,
    "Mm": (LEFT, RIGHT),
    "Bmm": (LEFT, RIGHT),
    "Mv": (
        "Each row met the vector: it gets the vector times what arrived for it.",
        RIGHT,
    ),
    "Dot": FACTOR,
    "Addmm": (SAME, LEFT, RIGHT),
    "NllLoss": "Only the right class counts, with a minus sign; all other classes get 0.",
    "MseLoss": "The slope of a square is twice what is squared: the further off, the larger.",
    "BinaryCrossEntropyWithLogits": "The slope: what was believed, sigmoid(x), less the truth.",
    "BinaryCrossEntropy": "The slope is what was believed less what is true, sharper near 0 and 1.",
    "NativeLayerNorm": (
        "A shift or stretch of a row changes nothing, so g loses what it has of these.",
        "The weight was multiplied by the normalised rows, so g is multiplied by them.",
        SAME,
    ),
    "Embedding": "A row that was looked up gets the gradients of all its uses; the others get 0.",
    "NativeDropout": "What was kept passes, scaled up as before; what was dropped gets 0.",
    "Expand": SAME,
    "Clone": "A copy changes just as much as what it was copied from.",
    "ToCopy": "Only the number type changed, so the gradient passes on in the old type.",
    "Cat": PIECE,
    "Stack": PIECE,
    **dict.fromkeys(("View", "UnsafeView", "ReshapeAlias", "Squeeze", "Unsqueeze", "Alias"), PLACE),
    **dict.fromkeys(("T", "Transpose", "Permute"), PLACE),
    **dict.fromkeys(("Select", "Slice", "Index", "Gather", "AsStrided", "Diagonal"), PICKED),
    **dict.fromkeys(
        ("Unbind", "Split", "SplitWithSizes"),
        "The pieces are put together again; a piece that nobody used counts as 0.",
    ),
    **dict.fromkeys(("Sign", "Round", "Floor", "Ceil", "Trunc"), FLAT),
}
# Inputs that broadcasting may stretch: the elementwise operations, and the bias of a linear layer.
STRETCHABLE = {
    **dict.fromkeys(("Add", "Sub", "Rsub", "Mul", "Div", "Pow", "Maximum", "Minimum"), (0, 1)),
    **{
        "Where": (0, 1, 2),
        "Addmm": (0,),
        "Expand": (0,),
        "Atan2": (0, 1),
        "NativeLayerNorm": (1, 2),
    },
}


def reason(op: str, slot: int) -> str:
    """Say why a backward node sends what it sends to one of its inputs.

    Example:
        >>> reason("ExpBackward0", 0)
        'The slope of exp is exp itself, so the gradient is multiplied by the result.'
    """
    found = REASONS.get(op) or REASONS.get(base(op), SLOPE)
    return found if isinstance(found, str) else found[min(slot, len(found) - 1)]


def stretches(op: str, slot: int) -> bool:
    """Whether the engine may have summed what this operation sends to an input."""
    return slot in STRETCHABLE.get(base(op), ())


def base(op: str) -> str:
    """The operation of a backward node: "Mul" for "MulBackward0"."""
    return re.sub(r"Backward\d*$", "", op)
