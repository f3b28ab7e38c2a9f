"""E2, local rules: inputs, PyTorch's answers and known mistakes of eight VJP functions."""

import numpy as np

from grader.reference import vjp_of
from grader.task import Mistake, Task

# minigrad and torch know the rules, so neither may be imported while this set is graded.
PACKAGES = ("numpy", "matplotlib")

# --- inputs -------------------------------------------------------------------------------------
# One decimal each, never 0 unless it is planted: a student can check them in the head.

SHAPES = ((3,), (), (2, 3), (4,), (2, 1, 3))
DTYPES = (np.float64, np.float64, np.float32, np.float32, np.float64)


def numbers(rng, shape, dtype, low=0.2, high=3.0, signs=True):
    values = np.round(rng.uniform(low, high, shape), 1)
    if signs:
        values = values * rng.choice([-1.0, 1.0], shape)
    return np.asarray(values, dtype)


def constant(rng):
    return float(np.round(rng.uniform(0.2, 3.0), 1))


def two(rng, k):
    return tuple(numbers(rng, SHAPES[k], DTYPES[k]) for _ in range(3))


def one_and_number(rng, k):
    return *(numbers(rng, SHAPES[k], DTYPES[k]) for _ in range(2)), constant(rng)


def power(rng, k):
    g = numbers(rng, SHAPES[k], DTYPES[k])
    return g, numbers(rng, SHAPES[k], DTYPES[k], signs=False), (3, -1, 0.5, 3, -1)[k]


def power_edges(rng):
    """n = 2, 1 and 0, where one slip or another happens to be right."""
    g = numbers(rng, (3,), np.float64)
    a = numbers(rng, (3,), np.float64, signs=False)
    return [(g, a, 2), (g, a, 1), (g, a, 0), (g.astype(np.float32), a.astype(np.float32), 2)]


def reduced(rng, k):
    """Matrices and more, so that the number of rows is not the number of elements."""
    shape = ((2, 3), (3, 2), (4, 2), (2, 2, 3), (3, 3))[k]
    return numbers(rng, (), DTYPES[k]), numbers(rng, shape, DTYPES[k])


def reduced_edges(rng):
    """A vector, one element, and a single number: there g, sum and mean begin to look alike."""
    return [
        (numbers(rng, (), dtype), numbers(rng, shape, dtype))
        for shape, dtype in (((4,), np.float64), ((1,), np.float64), ((), np.float32))
    ]


def kinked(rng, k):
    """Every case holds a positive number, a negative one and an exact 0."""
    shape = ((3,), (5,), (2, 3), (2, 2), (2, 1, 3))[k]
    a = np.abs(numbers(rng, shape, DTYPES[k])).reshape(-1)
    a[0], a[1] = 0.0, -a[1]
    a[3:] *= rng.choice([-1, 1], a[3:].shape)
    return numbers(rng, shape, DTYPES[k]), rng.permutation(a).reshape(shape)


def kinked_edges(rng):
    """A single number on each side of the kink, and the kink itself."""
    return [(numbers(rng, (), np.float64), np.array(a)) for a in (1.5, -0.5, 0.0)]


# --- mistakes -----------------------------------------------------------------------------------


def dropped_g(answer):
    return Mistake(
        "dropped-g",
        "you left out g, the gradient that arrives",
        answer,
        "A node scales what arrives. Check whether your answer doubles when g doubles.",
    )


def forward_value(forward):
    return Mistake(
        "forward-value",
        "you sent back what the node computed, not a gradient",
        forward,
        "The rule needs how fast that value changes, and the g that arrives.",
    )


ADD = (
    dropped_g(lambda g, a, b: (np.ones_like(a), np.ones_like(b))),
    Mistake(
        "own-factor",
        "you scaled g by the inputs, as if this were a product",
        lambda g, a, b: (g * a, g * b),
        "When a grows by a little, by how much does a + b grow?",
    ),
    Mistake(
        "other-factor",
        "that is the rule of a product, not of a sum",
        lambda g, a, b: (g * b, g * a),
        "When a grows by a little, by how much does a + b grow?",
    ),
    Mistake(
        "sign-lost",
        "a minus turned up on b's side; that is the rule of a - b",
        lambda g, a, b: (g, -g),
        "Make b a little larger and see in which direction a + b moves.",
    ),
    Mistake(
        "shared-out",
        "you split g between a and b",
        lambda g, a, b: (g / 2, g / 2),
        "Nothing is shared out: how much does the output move when a moves alone, and when b does?",
    ),
    Mistake(
        "inputs-for-gradients",
        "you sent the inputs back, not gradients",
        lambda g, a, b: (a, b),
        "What is sent back is made from g.",
    ),
    forward_value(lambda g, a, b: a + b),
)

SUB = (
    Mistake(
        "sign-lost",
        "the minus in front of b is lost",
        lambda g, a, b: (g, g),
        "Make b a little larger and see in which direction a - b moves.",
    ),
    Mistake(
        "sign-on-the-wrong-one",
        "the minus belongs to the other input",
        lambda g, a, b: (-g, g),
        "Move a alone, then b alone: which of them lowers a - b?",
    ),
    dropped_g(lambda g, a, b: (np.ones_like(a), -np.ones_like(b))),
    Mistake(
        "own-factor",
        "you scaled g by the inputs, as if this were a product",
        lambda g, a, b: (g * a, -g * b),
        "When a grows by a little, by how much does a - b grow?",
    ),
    Mistake(
        "sign-on-both",
        "both gradients got a minus",
        lambda g, a, b: (-g, -g),
        "Move a alone: does a - b go up or down?",
    ),
    forward_value(lambda g, a, b: a - b),
)

RSUB = (
    Mistake(
        "sign-lost",
        "the minus in front of a is lost",
        lambda g, a, c: g,
        "Make a a little larger and see in which direction c - a moves.",
    ),
    dropped_g(lambda g, a, c: -np.ones_like(a)),
    Mistake(
        "constant-as-factor",
        "c turned up as a factor",
        lambda g, a, c: -g * c,
        "Does it matter for the slope of c - a how large c is? Draw it for two values of c.",
    ),
    Mistake(
        "forward-for-gradient",
        "you sent g times the value c - a, not its slope",
        lambda g, a, c: g * (c - a),
        "The rule needs how fast c - a changes, not what it is.",
    ),
    Mistake(
        "gradient-for-a-number",
        "c is a plain number and gets no gradient",
        lambda g, a, c: (-g, g),
        "Send back one array, for a alone.",
    ),
    forward_value(lambda g, a, c: c - a),
)

MUL = (
    Mistake(
        "own-factor",
        "you scaled g by the input itself, not by the other factor",
        lambda g, a, b: (g * a, g * b),
        "Hold b still at 5 and move a by 1: by how much does a * b move?",
    ),
    dropped_g(lambda g, a, b: (b, a)),
    Mistake(
        "sum-rule",
        "you passed g on unchanged; that is the rule of a + b",
        lambda g, a, b: (g, g),
        "Hold b still at 5 and move a by 1: by how much does a * b move?",
    ),
    Mistake(
        "forward-for-gradient",
        "you sent back the product times g, not its slope",
        lambda g, a, b: (g * a * b, g * a * b),
        "The rule needs how fast a * b changes when one of them moves, not what it is.",
    ),
    Mistake(
        "factors-added",
        "you scaled g by a + b; each input has a rule of its own",
        lambda g, a, b: (g * (a + b), g * (a + b)),
        "Hold one factor still and move the other one alone.",
    ),
    forward_value(lambda g, a, b: a * b),
)

POW = (
    Mistake(
        "power-rule-slip",
        "the exponent stayed n; the power rule lowers it",
        lambda g, a, n: g * n * a**n,
        "Write the derivative of a ** 3 on paper and compare the exponents.",
    ),
    Mistake(
        "lost-factor-n",
        "the factor n is missing",
        lambda g, a, n: g * a ** (n - 1),
        "Write the derivative of a ** 3 on paper: what stands in front?",
    ),
    Mistake(
        "only-squares",
        "that is the rule for n = 2 alone",
        lambda g, a, n: g * 2 * a,
        "Try it with n = 3.",
    ),
    dropped_g(lambda g, a, n: n * a ** (n - 1.0)),
    Mistake(
        "factor-lowered-too",
        "n was lowered before it came down as the factor",
        lambda g, a, n: g * (n - 1) * a ** (n - 1),
        "The factor in front is the old exponent.",
    ),
    Mistake(
        "exponential-rule",
        "that is the slope for moving n, with a logarithm in it",
        lambda g, a, n: g * a**n * np.log(a),
        "Here n stands still and a moves.",
    ),
    Mistake(
        "parentheses-lost",
        "`a**n-1` is `(a**n) - 1`: a power comes before a minus",
        lambda g, a, n: g * n * a**n - 1,
        "Put parentheses around what belongs into the exponent.",
    ),
    Mistake(
        "forward-for-gradient",
        "you scaled g by a ** n itself, not by its slope",
        lambda g, a, n: g * a**n,
        "The rule needs how fast a ** n changes, not what it is.",
    ),
    forward_value(lambda g, a, n: a ** float(n)),
)

MEAN = (
    Mistake(
        "mean-as-sum",
        "you forgot to divide by the number of elements",
        lambda g, a: g * np.ones_like(a),
        "Move one element by 1: does the mean move by 1?",
    ),
    Mistake(
        "sum-shape-lost",
        "you sent back one number, not one for each element of a",
        lambda g, a: g / a.size,
        "Every element of a needs a gradient of its own: the answer has the shape of a.",
    ),
    dropped_g(lambda g, a: np.ones_like(a) / a.size),
    Mistake(
        "counted-rows",
        "you divided by the number of rows, len(a)",
        lambda g, a: g * np.ones_like(a) / len(a),
        "A matrix has more elements than rows; arrays know how many.",
    ),
    Mistake(
        "own-factor",
        "you scaled g by a's own values",
        lambda g, a: g * a / a.size,
        "Does the mean react more strongly to a large element than to a small one?",
    ),
    Mistake(
        "multiplied-by-count",
        "you multiplied by the number of elements",
        lambda g, a: g * np.ones_like(a) * a.size,
        "The more elements there are, the less each one counts.",
    ),
    Mistake(
        "forward-for-gradient",
        "you scaled g by the mean of a, not by its slope",
        lambda g, a: g * np.ones_like(a) * a.mean(),
        "The rule needs how fast the mean changes, not what it is.",
    ),
    forward_value(lambda g, a: a.mean()),
)

SUM = (
    Mistake(
        "sum-shape-lost",
        "you sent back one number, not one for each element of a",
        lambda g, a: g,
        "Every element of a needs a gradient of its own: the answer has the shape of a.",
    ),
    dropped_g(lambda g, a: np.ones_like(a)),
    Mistake(
        "sum-as-mean",
        "you divided by the number of elements",
        lambda g, a: g * np.ones_like(a) / a.size,
        "Move one element by 1: by how much does the sum move?",
    ),
    Mistake(
        "own-factor",
        "you scaled g by a's own values",
        lambda g, a: g * a,
        "Does the sum react more strongly to a large element than to a small one?",
    ),
    Mistake(
        "forward-for-gradient",
        "you sent the sum of a back, not its slope",
        lambda g, a: g * np.ones_like(a) * a.sum(),
        "The rule needs how fast the sum changes, not what it is.",
    ),
    forward_value(lambda g, a: a.sum()),
)

RELU = (
    Mistake(
        "kink-has-one-answer",
        "at exactly 0 you let g through; PyTorch does not",
        lambda g, a: g * (a >= 0),
        "At the kink one has to choose, and PyTorch has chosen: read the exercise again.",
    ),
    Mistake(
        "mask-lost",
        "you let g through everywhere, also where a is negative",
        lambda g, a: g,
        "Where relu is flat, a little more or less of a changes nothing.",
    ),
    dropped_g(lambda g, a: (a > 0).astype(a.dtype)),
    Mistake(
        "forward-for-gradient",
        "you scaled g by relu's value, not by its slope",
        lambda g, a: g * np.maximum(a, 0),
        "To the right of 0 relu is a straight line: how steep is it?",
    ),
    Mistake(
        "masked-by-g",
        "you looked at the sign of g; the sign of a decides",
        lambda g, a: np.maximum(g, 0),
        "What relu lets through was decided in the forward pass, by the numbers in a.",
    ),
    Mistake(
        "mask-upside-down",
        "you let g through where a is negative",
        lambda g, a: g * (a < 0),
        "Draw relu: on which side is it flat?",
    ),
    forward_value(lambda g, a: np.maximum(a, 0)),
)

# --- tasks --------------------------------------------------------------------------------------

PAIR = "(g, a, b) -> (grad_a, grad_b)"

TASKS = (
    Task(
        name="e2.add",
        function="add_vjp",
        signature=f"add_vjp{PAIR}",
        draw=two,
        reference=vjp_of(lambda a, b: a + b),
        mistakes=ADD,
        truths=("g",),
    ),
    Task(
        name="e2.sub",
        function="sub_vjp",
        signature=f"sub_vjp{PAIR}",
        draw=two,
        reference=vjp_of(lambda a, b: a - b),
        mistakes=SUB,
    ),
    Task(
        name="e2.rsub",
        function="rsub_vjp",
        signature="rsub_vjp(g, a, c) -> grad_a",
        draw=one_and_number,
        reference=vjp_of(lambda a, c: c - a),
        mistakes=RSUB,
    ),
    Task(
        name="e2.mul",
        function="mul_vjp",
        signature=f"mul_vjp{PAIR}",
        draw=two,
        reference=vjp_of(lambda a, b: a * b),
        mistakes=MUL,
    ),
    Task(
        name="e2.pow",
        function="pow_vjp",
        signature="pow_vjp(g, a, n) -> grad_a",
        draw=power,
        reference=vjp_of(lambda a, n: a**n),
        mistakes=POW,
        edges=power_edges,
    ),
    Task(
        name="e2.mean",
        function="mean_vjp",
        signature="mean_vjp(g, a) -> grad_a",
        draw=reduced,
        reference=vjp_of(lambda a: a.mean()),
        mistakes=MEAN,
        edges=reduced_edges,
    ),
    Task(
        name="e2.sum",
        function="sum_vjp",
        signature="sum_vjp(g, a) -> grad_a",
        draw=reduced,
        reference=vjp_of(lambda a: a.sum()),
        mistakes=SUM,
        edges=reduced_edges,
    ),
    Task(
        name="e2.relu",
        function="relu_vjp",
        signature="relu_vjp(g, a) -> grad_a",
        draw=kinked,
        reference=vjp_of(lambda a: a.relu()),
        mistakes=RELU,
        edges=kinked_edges,
    ),
)
