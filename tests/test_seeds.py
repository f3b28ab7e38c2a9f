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
