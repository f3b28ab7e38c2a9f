"""The tables of errors: each has advice, each is raised somewhere, and always with its fields."""

import ast
import inspect
import string
from pathlib import Path

import pytest

import minigrad
import minigrad.errors as errors  # the modules themselves, not what stands for them until then
import minigrad.ops.refusals as refusals
from minigrad.errors import Refusal

TABLES = {"errors": errors, "refusals": refusals}
ENTRIES = {
    f"{table}.{name}": value
    for table, module in TABLES.items()
    for name, value in vars(module).items()
    if isinstance(value, Refusal)
}
SOURCES = {
    path.relative_to(root).as_posix(): ast.parse(path.read_text("utf-8"))
    for root in [Path(minigrad.__file__).parent]
    for path in sorted(root.rglob("*.py"))
    if "explore" not in path.parts
}


def calls(tree: ast.AST, module: str = ""):
    """Every place that makes an error of the tables: (`errors.unused`, number of arguments)."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(ast.Attribute(ast.Name("errors" | "refusals" as table), name), given):
                pass
            case ast.Call(ast.Name(name), given) if f"{module}.{name}" in ENTRIES:
                table = module
            case _:
                continue
        if not any(isinstance(argument, ast.Starred) for argument in given):
            yield f"{table}.{name}", len(given)


CALLS = [
    pytest.param(name, count, id=f"{path}-{name}")
    for path, tree in SOURCES.items()
    for name, count in calls(tree, Path(path).stem)
    if name != "errors.advised"
]


@pytest.mark.parametrize("name", ENTRIES)
def test_every_text_has_a_type_and_a_sentence_of_advice(name):
    entry = ENTRIES[name]
    assert issubclass(entry.kind, Exception)
    assert entry.text
    assert entry.advice.endswith("."), "not a sentence"
    named = [
        field
        for text in (entry.text, entry.advice)
        for _, field, *_ in string.Formatter().parse(text)
    ]
    assert all(field is None or field[:1].isalpha() for field in named), "fields have names"


@pytest.mark.parametrize("name, count", CALLS)
def test_an_error_is_made_with_all_that_its_text_names(name, count):
    table, _, entry = name.partition(".")
    made = getattr(TABLES[table], entry)
    if isinstance(made, Refusal):
        assert count == len(made.fields())
    else:
        inspect.signature(made).bind_partial(*[None] * count)


def test_every_text_is_used():
    names = {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for tree in SOURCES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Load)
    }
    assert not {entry for entry in ENTRIES if entry.partition(".")[2] not in names}


def test_shapes_are_written_as_torch_writes_them():
    error = errors.output_shape((2,), minigrad.Size([3, 2]))
    assert str(error) == "output with shape [2] doesn't match the broadcast shape [3, 2]"
    assert type(error) is RuntimeError
    assert error.__notes__ == ["An in-place operation cannot change the shape."]


def test_a_field_that_is_missing_or_too_many_is_refused():
    for values in ((), (1, 2)):
        with pytest.raises(ValueError):
            errors.unused(*values)


KINDS = ("TypeError", "ValueError", "RuntimeError", "IndexError", "KeyError")


@pytest.mark.parametrize("path", SOURCES)
def test_errors_come_from_the_tables(path):
    alone = [
        ast.unparse(node)
        for node in ast.walk(SOURCES[path])
        if isinstance(node, ast.Raise)
        and isinstance(node.exc, ast.Call)
        and isinstance(node.exc.func, ast.Name)
        and node.exc.func.id in KINDS
    ]
    assert not alone, "raised without advice"
