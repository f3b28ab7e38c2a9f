"""What the caller's own lines say about a variable: where it was made and where it was changed.

A tensor does not know how its history was cut off, but the line that made it does. This reads the
lines around a place in a program, or in the cells of a notebook, in the order in which they ran.
Where no text can be found (an interactive prompt, `exec`), it knows nothing, and says nothing.
"""

import ast
import linecache
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

LOOPS = (ast.For, ast.AsyncFor, ast.While)
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Line:
    """A statement of the caller's text.

    Attributes:
        code: the statement; only its first line for one that has a body.
        where: "line 3", or "cell 2, line 3" in a notebook.
        inside: what the `with` statements around it call.
        loop: the innermost loop around it.
    """

    node: ast.stmt
    code: str
    where: str
    inside: tuple[str, ...] = ()
    loop: ast.stmt | None = None

    def __str__(self) -> str:
        return f"{self.where} (`{self.code}`)"

    def calls(self) -> Iterator[ast.Call]:
        """The calls in this line, those in the body of a compound statement left out."""
        return (part for part in _own_parts(self.node) if isinstance(part, ast.Call))


class Source:
    """The statements of one scope that ran before a place, oldest first.

    Attributes:
        lines: the statements.
        here: the statement at the place itself, or None where no text is known.
        beside: all statements that begin in the same line.
    """

    def __init__(self, filename: str, number: int, variables: Mapping[str, Any], scope: str):
        self.lines: list[Line] = []
        self.here: Line | None = None
        self.beside: list[Line] = []
        text = "".join(linecache.getlines(filename))
        cells = variables.get("In") if scope == "<module>" else None
        cells = [str(cell) for cell in cells] if isinstance(cells, list) else []
        this = [i for i, cell in enumerate(cells) if cell.strip() == text.strip()]
        for i, cell in enumerate(cells[: this[-1]] if this else ()):
            with suppress(SyntaxError):  # a magic
                self.lines += _statements(ast.parse(cell).body, f"cell {i}, ")
        with suppress(SyntaxError):
            body = _scope(ast.parse(text), scope, number)
            self._read(body, f"cell {this[-1]}, " if this else "", number)

    def _read(self, body: list[ast.stmt], cell: str, number: int) -> None:
        every = list(_statements(body, cell))
        started = [line for line in every if line.node.lineno <= number]
        self.here = started[-1] if started else None
        self.beside = [line for line in started if line.where == started[-1].where]
        # In a loop the lines below have run as well, in the round before.
        loops = [n for n in _walk(body) if isinstance(n, LOOPS) and _covers(n, number)]
        first = loops[0].lineno if loops else number + 1
        last = loops[0].end_lineno or 0 if loops else 0
        self.lines += [line for line in started if line.node.lineno < first]
        self.lines += [line for line in every if number < line.node.lineno <= last]
        self.lines += [line for line in started if line.node.lineno >= first]

    def made(self, name: str) -> Line | None:
        """The last assignment to a variable."""
        return next((line for line in reversed(self.lines) if name in _targets(line.node)), None)

    def changed(self, name: str) -> list[Line]:
        """The lines that change a variable in place: `y += 1`, `y[0] = 1`, `y.add_(1)`."""
        return [line for line in self.lines if name in _changes(line)]

    def passes(self, name: str) -> list[Line]:
        """The lines that call `backward()` since the variable was made or gradients were cleared.

        One in a loop that clears nothing stands here twice.
        """
        found: list[Line] = []
        clearing = {id(line.loop) for line in self.lines if _clears(line)}
        for line in self.lines:
            if _clears(line) or name in _targets(line.node):
                found = []
            elif any(_method(call) == "backward" for call in line.calls()):
                again = line.loop is not None and id(line.loop) not in clearing
                found += [line, line] if again else [line]
        return found

    def calls_of(self, name: str, method: str) -> list[Line]:
        """The lines that call a method of a variable since it was made."""
        made = self.made(name)
        since = self.lines.index(made) + 1 if made else 0
        wanted = f"{name}.{method}"
        return [
            line
            for line in self.lines[since:]
            if any(ast.unparse(call.func) == wanted for call in line.calls())
        ]

    def subject(self, *methods: str) -> str:
        """Whom the line at the place is about: `loss` in `loss.backward()`, or "".

        A method "=" stands for a change in place; one with a dot in it, for a function, whose first
        argument is meant, or with a dot before it, for an attribute.
        """
        for part in (part for line in self.beside for part in _own_parts(line.node)):
            if isinstance(part, ast.Attribute) and f".{part.attr}" in methods:
                return ast.unparse(part.value)
            if not isinstance(part, ast.Call):
                continue
            called = ast.unparse(part.func)
            if called.endswith(("autograd.grad", "autograd.backward")) or called in methods:
                return self._written(part)
            if isinstance(part.func, ast.Attribute) and part.func.attr in methods:
                return ast.unparse(part.func.value)
        changed = (name for line in self.beside for name in _changes(line))
        return next(filter(None, changed), "") if "=" in methods else ""

    def argument(self, function: str) -> str:
        """How the caller wrote the first argument of a function, where that is a name."""
        for call in (call for line in self.beside for call in line.calls()):
            if ast.unparse(call.func).rpartition(".")[2] == function:
                return self._written(call)
        return ""

    def _written(self, call: ast.Call) -> str:
        named = call.args and isinstance(call.args[0], (ast.Name, ast.Attribute, ast.Subscript))
        return ast.unparse(call.args[0]) if named else ""


def names_in(line: Line) -> list[str]:
    """The variables that the right side of an assignment reads, in their order."""
    value = getattr(line.node, "value", None)
    parts = ast.walk(value) if value is not None else ()
    return [part.id for part in parts if isinstance(part, ast.Name)]


def _scope(module: ast.Module, name: str, number: int) -> list[ast.stmt]:
    """The body of the innermost function of that name around the line, or the module's.

    A lambda or comprehension belongs to the function around it.
    """
    found = [n for n in ast.walk(module) if isinstance(n, SCOPES) and _covers(n, number)]
    found = [n for n in found if n.name == name or name.startswith("<")]
    return found[-1].body if found and name != "<module>" else module.body


def _covers(node: ast.stmt, number: int) -> bool:
    return node.lineno <= number <= (node.end_lineno or 0)


def _walk(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    return (line.node for line in _statements(body, ""))


def _statements(
    body: list[ast.stmt],
    cell: str,
    inside: tuple[str, ...] = (),
    loop: ast.stmt | None = None,
) -> Iterator[Line]:
    """All statements, those in `for`, `with` and `if` included, those in a `def` left out."""
    for node in body:
        code = ast.unparse(node).split("\n")[0]
        yield Line(node, code, f"{cell}line {node.lineno}", inside, loop)
        if isinstance(node, SCOPES):
            continue
        within = inside
        if isinstance(node, ast.With):
            within += tuple(ast.unparse(item.context_expr) for item in node.items)
        for part in ("body", "orelse", "handlers", "finalbody"):
            for child in getattr(node, part, ()):
                children = child.body if isinstance(child, ast.ExceptHandler) else [child]
                around = node if isinstance(node, LOOPS) else loop
                yield from _statements(children, cell, within, around)


def _own_parts(node: ast.stmt) -> Iterator[ast.AST]:
    stack: list[ast.AST] = [node]
    while stack:
        part = stack.pop()
        yield part
        stack += [child for child in ast.iter_child_nodes(part) if not isinstance(child, ast.stmt)]


def _targets(node: ast.stmt) -> list[str]:
    """The names that an assignment binds."""
    targets = node.targets if isinstance(node, ast.Assign) else []
    if isinstance(node, ast.AnnAssign):
        targets = [node.target]
    pairs = [t.elts if isinstance(t, ast.Tuple) else [t] for t in targets]
    return [t.id for group in pairs for t in group if isinstance(t, ast.Name)]


def _changes(line: Line) -> list[str]:
    node = line.node
    names = [_root(node.target)] if isinstance(node, ast.AugAssign) else []
    if isinstance(node, ast.Assign):
        names += [_root(t) for t in node.targets if isinstance(t, ast.Subscript)]
    names += [
        _root(call.func.value)
        for call in line.calls()
        if isinstance(call.func, ast.Attribute) and _in_place(call.func.attr)
    ]
    return names


def _in_place(method: str) -> bool:
    """Say whether a method changes its tensor: torch ends such names with an underscore."""
    return method.endswith("_") and not method.startswith("_") and method != "requires_grad_"


def _root(target: ast.expr) -> str:
    """The variable in `y`, `y[0]`, `y.data[0]` and `y.detach()`."""
    while isinstance(target, (ast.Subscript, ast.Attribute, ast.Call)):
        if isinstance(target, ast.Attribute) and target.attr == "grad":
            return ""
        target = target.func if isinstance(target, ast.Call) else target.value
    return target.id if isinstance(target, ast.Name) else ""


def _method(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _clears(line: Line) -> bool:
    if isinstance(line.node, ast.Assign):
        return any(isinstance(t, ast.Attribute) and t.attr == "grad" for t in line.node.targets)
    called = [ast.unparse(call.func) for call in line.calls()]
    return any(name.endswith((".zero_grad", ".grad.zero_")) for name in called)
