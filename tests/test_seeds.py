"""The five seed lessons, run cell by cell with torch and with minigrad: the same text each time.

`tests/seeds/NNN.py` holds a lesson's code as cells (`# %%`), spelled as in its source. Both engines
get the same seed, so even the random numbers agree. A cell's transcript is what a notebook would
show below it: what was printed, the value of the last line, warnings, and the exception.
"""

import ast
import contextlib
import functools
import io
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

import minigrad

SEEDS = Path(__file__).parent / "seeds"
ENGINES = {"torch": torch, "minigrad": minigrad}
RANDOM_SEEDS = (0, 1, 7)

# How many cells a lesson has: those of its source, and the sketches that were added to them.
CELLS = {"000": (22, 2), "001": (45, 5), "002": (12, 8), "003": (17, 5), "004": (6, 6)}


@functools.cache
def cells_of(lesson: str) -> dict[str, str]:
    """The cells of a lesson, by their names."""
    text = (SEEDS / f"{lesson}.py").read_text()
    _, *parts = re.split(r"^# %% ", text, flags=re.MULTILINE)
    cells = dict(part.split("\n", 1) for part in parts)
    assert len(cells) == len(parts), "two cells of one name"
    return cells


ALL = [(lesson, name) for lesson in CELLS for name in cells_of(lesson)]


def as_id(lesson: str, name: str) -> str:
    return f"{lesson}-{name.partition(':')[0].replace('In [', 'In[')}"


def transcript(source: str, names: dict) -> list[str]:
    """Run one cell and return the lines that a notebook would show."""
    out = io.StringIO()
    after = []
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(out):
        warnings.simplefilter("always")
        try:
            exec(compile(tree, "<cell>", "exec"), names)
            if last is not None:
                value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)
                if value is not None:
                    after.append(repr(value))
        except Exception as error:
            after.append(f"{type(error).__name__}: {error}")
    for warning in caught:
        first_sentence = str(warning.message).split(". ")[0]
        after.append(f"{warning.category.__name__}, line {warning.lineno}: {first_sentence}")
    return neutral("\n".join([out.getvalue(), *after])).split("\n")


def neutral(text: str) -> str:
    """Text without what may differ: the engine's name and addresses in memory."""
    text = re.sub(r"\b(torch|minigrad)\.(?=\w)", "ENGINE.", text)
    return re.sub(r"0x[0-9a-f]+", "0x...", text)


def play(lesson: str, engine: str, seed: int, until: str | None = None) -> tuple[dict, dict]:
    """Run a lesson up to and including a cell: its transcripts by cell, and its names."""
    names = {"__name__": "__main__"}
    transcripts = {}
    ENGINES[engine].manual_seed(seed)
    for name, source in cells_of(lesson).items():
        source = re.sub("^import torch$", f"import {engine} as torch", source, flags=re.MULTILINE)
        transcripts[name] = transcript(source, names)
        if name == until:
            break
    return transcripts, names


@functools.cache
def transcripts_of(lesson: str, engine: str, seed: int) -> dict[str, list[str]]:
    return play(lesson, engine, seed)[0]


# --- the comparison -------------------------------------------------------------------------------


@pytest.mark.parametrize(("lesson", "name"), ALL, ids=[as_id(*cell) for cell in ALL])
def test_the_same_text(lesson, name):
    for seed in RANDOM_SEEDS:
        torchs = transcripts_of(lesson, "torch", seed)[name]
        assert transcripts_of(lesson, "minigrad", seed)[name] == torchs


@pytest.mark.parametrize("lesson", CELLS)
def test_no_cell_was_lost(lesson):
    sketches = sum(name.startswith("Sketch") for name in cells_of(lesson))
    assert (len(cells_of(lesson)) - sketches, sketches) == CELLS[lesson]


# --- what the cells must show, whatever the engine ------------------------------------------------

KNOWN = {
    ("000", "In [12]"): ["grad can be implicitly created only for scalar outputs"],
    ("000", "In [27]"): ["tensor([3., 3., 3., 3.])"],
    ("000", "In [28]"): ["tensor([3., 3., 3., 3.])", "tensor([6., 6., 6., 6.])"],
    ("000", "In [29]"): [f"tensor([{n}., {n}., {n}., {n}.])" for n in (3, 6, 9)],
    ("000", "In [30]"): ["tensor([3., 3., 3., 3.])"] * 3,
    ("001", "In [3]"): ["tensor([5.], requires_grad=True)"],
    ("001", "In [6]"): ["tensor([89.], grad_fn=<SubBackward0>)"],
    ("001", "In [7]"): ["None"],
    ("001", "In [10]"): ["tensor([75.])"],
    ("001", "In [11]"): ["tensor([-12.])"],
    ("001", "In [24]"): ["tensor([-1.])"],
    ("001", "In [31]"): ["tensor(6.)"],
    ("001", "In [35]"): ["tensor(6., grad_fn=<MulBackward0>)"],
    ("001", "In [37]"): ["tensor(3.)"],
    ("001", "In [43]"): ["tensor(6.)"],
    ("001", "In [44]"): ["tensor(8.)"],
    ("001", "In [45]"): ["tensor(12.)"],
    ("002", "In [ ] after In [13]"): [
        "RuntimeError: grad can be implicitly created only for scalar outputs"
    ],
    ("002", "In [19]"): [
        "tensor([3., 3., 3., 3.])",
        "tensor([3., 3., 3., 3.])",
        "tensor([0.4000, 0.4000, 0.4000, 0.4000], requires_grad=True)",
        "tensor(8.4000, grad_fn=<SumBackward0>)",
    ],
    ("002", "Sketch after In [19]: two changes in place were counted"): ["2"],
    ("003", "In [7]"): [],
    ("003", "In [13]"): ["tensor([1.3333, 1.3333, 1.3333])"],
    ("003", "In [15]"): ["ENGINE.Size([3])"],
    ("003", "In [27]"): [f"tensor([{n}., {n}., {n}., {n}.])" for n in (3, 6, 9)],
    ("003", "In [29]"): ["tensor([3., 3., 3., 3.])"] * 3,
    ("003", "Sketch of In [ ] after In [29], without its comment signs"): [
        "TypeError: params argument given to the optimizer should be an iterable of Tensors or "
        "dicts, but got ENGINE.FloatTensor"
    ],
    ("004", "Block 5"): ["NameError: name 'true' is not defined"],
    ("004", "Sketch: the second misspelt line of block 6"): [
        "NameError: name 'toch' is not defined"
    ],
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("lesson", "name"), KNOWN, ids=[as_id(*cell) for cell in KNOWN])
def test_known_texts(engine, lesson, name):
    lines = transcripts_of(lesson, engine, 0)[name]
    assert [line for line in lines if line] == KNOWN[lesson, name]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_non_leaf_warnings_of_002(engine):
    """Three lines of one cell read the gradient of a result; each is warned of, with its line."""
    found = [line for line in transcripts_of("002", engine, 0)["In [12]"] if "Warning" in line]
    text = "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed"
    assert found == [f"UserWarning, line {line}: {text}" for line in (2, 3, 4)]


# Identities that hold for every draw: the lesson's last cell before they hold, and their two sides.
IDENTITIES = {
    "000, mean": ("000", "In [8]", lambda n: (n["x"].grad, 4 * (n["x"] + 2) / 3)),
    "000, vector": ("000", "In [14]", lambda n: (n["x"].grad, 4 * (n["x"] + 2) * n["v"])),
    "001, W": ("001", "In [23]", lambda n: (n["W"].grad, -n["x"].T)),
    "002, mean": ("002", "In [12]", lambda n: (n["t1"].grad, 4 * (n["t1"] + 2) / 5)),
    "002, ones": ("002", "In [17]", lambda n: (n["t1"].grad, 4 * (n["t1"] + 2))),
    "003, vector": ("003", "In [19]", lambda n: (n["x"].grad, 4 / 3 + 4 * n["vector"])),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", IDENTITIES)
def test_identities(engine, case):
    lesson, until, sides = IDENTITIES[case]
    for seed in range(20):
        left, right = sides(play(lesson, engine, seed, until)[1])
        assert left.shape == right.shape
        np.testing.assert_allclose(left.tolist(), right.tolist(), rtol=1e-5, atol=1e-6)


# The numbers that the sources print, computed again from the inputs that they print.


def printed_000_mean(t):
    x = t.tensor([-0.0834, -0.6634, 0.4836], requires_grad=True)
    y = x + 2
    z = y * y * 2
    z.mean().backward()
    yield y, [1.9166, 1.3366, 2.4836]
    yield z, [7.3471, 3.5728, 12.3365]
    yield z.mean(), 7.7521
    yield x.grad, [2.5555, 1.7821, 3.3115]


def printed_000_vector(t):
    x = t.tensor([-1.3798, 1.3069, -1.9581], requires_grad=True)
    y = x + 2
    z = y * y * 2
    z.backward(t.tensor([0.1, 1.0, 0.001]))
    yield y, [0.6202, 3.3069, 0.0419]
    yield z, [7.6919e-01, 2.1872e01, 3.5109e-03]
    yield x.grad, [2.4806e-01, 1.3228e01, 1.6759e-04]


W_001 = [-0.4006, 0.5031, 0.7388, -1.3426, -0.7654, 0.2890, 0.5834, -0.7407, -1.1290, -0.0162]
X_001 = [0.8196, 0.4267, 0.1205, 0.6585, 0.8084, 0.2857, 0.9630, 0.3658, 0.1606, 0.7902]
STEPPED_001 = [-0.3998, 0.5035, 0.7389, -1.3420, -0.7646, 0.2893, 0.5844, -0.7403, -1.1288, -0.0154]


def printed_001(t):
    W = t.tensor([[w] for w in W_001], requires_grad=True)
    b = t.tensor([1.4956], requires_grad=True)
    x = t.tensor([X_001])
    output = t.matmul(x, W) + b
    loss = 1 - output
    loss.backward()
    yield output, [[0.1473]]
    yield loss, [[0.8527]]
    yield W.grad, [[-number] for number in X_001]
    yield b.grad, [-1.0]
    with t.no_grad():
        yield W - 0.001 * W.grad.data, [[w] for w in STEPPED_001]


def printed_002(t):
    t1 = t.tensor([0.7659, -2.0262, -1.4139, 1.1822, -1.1543], requires_grad=True)
    t2 = t1 + 2
    t3 = 2 * t2**2
    t3.mean().backward()
    yield t2, [2.7659, -0.0262, 0.5861, 3.1822, 0.8457]
    yield t3, [1.5300e01, 1.3746e-03, 6.8693e-01, 2.0253e01, 1.4306e00]
    yield t3.mean(), 7.5344
    yield t1.grad, [2.2127, -0.0210, 0.4688, 2.5458, 0.6766]


def printed_003(t):
    x = t.tensor([1.3148, 0.8830, -0.2900], requires_grad=True)
    yield x + 2, [3.3148, 2.8830, 1.7100]
    yield x * 2 * 2, [5.2592, 3.5319, -1.1600]
    yield x.mean(), 0.6359
    for _ in range(2):  # the source's cell ran twice: its printed gradient is 2.6667, not 1.3333
        (x * 2 * 2).mean().backward()
    yield x.grad, [2.6667] * 3


def printed_004(t):
    y = t.tensor([2.1585, 2.1784, 0.6770], requires_grad=True)
    yield t.tensor([0.1585, 0.1784, -1.3230]) + 2, [2.1585, 2.1784, 0.6770]
    yield y * y * 2, [9.3183, 9.4910, 0.9166]
    yield (y * y * 2).mean(), 6.5753


PRINTED = (
    printed_000_mean,
    printed_000_vector,
    printed_001,
    printed_002,
    printed_003,
    printed_004,
)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", PRINTED, ids=lambda case: case.__name__)
def test_numbers_printed_in_the_sources(engine, case):
    for computed, printed in case(ENGINES[engine]):
        # Inputs and results were printed with four digits after the point: of the smallest ones,
        # about 0.02, that leaves two or three significant digits.
        numbers = computed.detach().numpy()
        np.testing.assert_allclose(numbers, np.float32(printed), rtol=8e-3, atol=1e-6)


def test_a_difference_would_be_seen():
    """The harness notices another number, another warning, another error and another value."""
    transcripts = [
        transcript(source, {})
        for source in (
            "print(1)",
            "print(2)",
            "1",
            "'1'",
            "1; None",
            "import warnings; warnings.warn('a')",
            "import warnings; warnings.warn('b')",
            "1 / 0",
            "raise ValueError('division by zero')",
        )
    ]
    assert len({tuple(lines) for lines in transcripts}) == len(transcripts)
