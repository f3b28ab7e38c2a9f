"""README.md says how much code there is to read; here the figures are counted."""

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# What a student reads to understand it all: tensors, the graph, the engine, modes, the rule table.
CORE = [
    "tensor.py",
    *[f"autograd/{name}.py" for name in ("graph", "recording", "engine", "accumulate")],
    *[f"autograd/{name}.py" for name in ("hooks", "modes")],
    "ops/table.py",
    "ops/elementwise.py",
]

NO_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
           tokenize.ENCODING, tokenize.ENDMARKER}  # fmt: skip


def code_lines(source: str) -> int:
    """The lines that hold code: without blank lines, comments and docstrings."""
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines - docstring_lines(source))


def docstring_lines(source: str) -> set[int]:
    lines = set()
    for node in ast.walk(ast.parse(source)):
        body = getattr(node, "body", None)
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) or not body:
            continue
        first = body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            lines.update(range(first.lineno, first.end_lineno + 1))
    return lines


def figures() -> tuple[int, int]:
    """The code lines of the core and those of the rest of minigrad."""
    counts = {
        path.relative_to(ROOT / "minigrad").as_posix(): code_lines(path.read_text("utf-8"))
        for path in (ROOT / "minigrad").rglob("*.py")
    }
    core = sum(counts.pop(name) for name in CORE)
    return core, sum(counts.values())


@pytest.mark.parametrize(
    "source, lines",
    [
        ("", 0),
        ('"""Only a docstring\nof two lines."""\n# and a comment\n', 0),
        ("x = 1  # code\n\n\ny = (\n    2\n)\n", 4),
        ('def f():\n    """What it does."""\n    return """a\nb"""\n', 3),
        ("class A:\n    '''Text.'''\n    x = 1; y = 2\n", 2),
    ],
)
def test_the_counter(source, lines):
    assert code_lines(source) == lines


def test_the_readme_states_the_figures():
    text = (ROOT / "README.md").read_text("utf-8")
    sentence = r"The core is ([\d,]+) lines of code.*?All of the rest .*? has ([\d,]+)\."
    stated = re.search(sentence, text, re.DOTALL)
    assert stated, "README.md no longer says how many lines the core and the rest have"
    assert tuple(int(figure.replace(",", "")) for figure in stated.groups()) == figures()
