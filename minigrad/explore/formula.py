"""The rule of an operation as mathematics: MathML, made from the line that computes it.

Browsers show MathML by themselves, so a formula needs no typesetting in the front end. The source
of a rule is read from the rule table's own file: what is shown is what runs. Helpers of the table
are written out (`SHOWN`), and what changes nothing, as a factor of 1, is left out.
"""

import ast
import re
import xml.etree.ElementTree as ElementTree
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from html import escape
from typing import Any

import numpy as np

from ..ops import layers as layers  # with the rows that are loaded late otherwise
from ..ops import losses as losses
from ..ops.table import ROWS
from .svg import short

PRECEDENCE = {ast.Add: 1, ast.Sub: 1, ast.BitOr: 1, ast.BitAnd: 1, ast.Mult: 2, ast.MatMult: 2}
SIGNS = {
    **{ast.Add: "+", ast.Sub: "\u2212", ast.Mult: "\u00b7", ast.MatMult: "@"},
    **{ast.BitAnd: "and", ast.BitOr: "or", ast.Eq: "=", ast.NotEq: "\u2260", ast.Lt: "&lt;"},
    **{ast.LtE: "\u2264", ast.Gt: "&gt;", ast.GtE: "\u2265"},
}
SIGN, POWER, ATOM = 3, 4, 5  # how firmly a minus sign, a power, a name holds together
LEFT = "style='text-align: left'"
STATEMENT = re.compile(r"[^\s#)\]}]")  # at the margin
FEW = 4  # numbers of an array that a formula shows
LETTERS = 42  # in a line
Text = str | tuple[str, str]  # of a name; with something below it

# What the helpers of the table compute, as a reader sees it: without the bookkeeping of shapes, of
# nan and of 0. Here `n` is how many numbers were reduced to one, `picked` stands for places.
SHOWN = {
    "expand_to(g, sizes)": "g",
    "expand_back(g, sizes, dim, keepdim)": "g",
    "kept(x, whole, dim, keepdim)": "x",
    "lined_up(x, dim, keepdim)": "x",
    "unless_padding(g, indices, padding)": "g",
    "finite(x)": "x",
    "raw(x)": "x",
    "filled(pieces, sizes)": "pieces",
    "columns(x)": "x",
    "rows(x)": "x.T",
    "times(a, b)": "a * b",
    "product(a, b)": "a @ b",
    "count(sizes)": "n",
    "count(sizes, dim)": "n",
    "total(x, dim)": "sum(x, dim)",
    "each(g, whole, reduction)": "g / n if reduction == 1 else g",
    "weighed(x, weight)": "x if weight is None else x * weight",
    "softmax_slope(g, y, dim)": "g - y * sum(g, dim)",
    "var_slope(g, x, dim, c, keepdim)": "g * (2 / (n - c)) * (x - mean(x, dim))",
    "std_slope(g, x, dim, c, keepdim, std)": "g * (x - mean(x, dim)) / ((n - c) * std)",
    "norm_slope(g, x, norm, ord, dim)": "g * x / norm if ord == 2 else slope(g, x, norm, ord)",
    "others_product(x, y, dim)": "product_of_the_others(x)",
    "threshold_backward(g, y)": "where(y > 0, g, 0)",
    "within(x, min, max)": "x >= min if max is None else x <= max if min is None "
    "else (x >= min) & (x <= max)",
    "low(x)": "min(x, 0)",
    "bell_share(x, approximate)": "\u03a6(x)",
    "bell(x, approximate)": "\u03c6(x)",
    "logit_slope(x, y, weight)": "sigmoid(x) - y if weight is None else slope(x, y, weight)",
    "shared(g, mask, dim)": "where(mask, g / winners, 0)",
    "extreme_slope(g, x, most, dim, keepdim)": "where(x == most, g / winners, 0)",
    "select_backward(g, sizes, dim, index)": "where(picked, g, 0)",
    "slice_backward(g, sizes, dim, start, end, step)": "where(picked, g, 0)",
    "index_backward(g, sizes, indices)": "where(picked, g, 0)",
    "unpicked(g, sizes, target, weight, reduction, ignored, total)": "where(right_class, "
    "weighed(-g, weight) / total if reduction == 1 else weighed(-g, weight), 0)",
    "split_sizes(g, sizes, dim)": "split(g)",
    "backwards(g, dim)": "cumsum_from_the_end(g, dim)",
    "standard(x, dim, eps)": "(x - mean(x, dim)) / sqrt(var(x, dim, 0) + eps)",
    "standard_slope(g, x, dim, eps)": "(g - mean(g, dim) - normalised * mean(g * normalised, dim)) "
    "/ sqrt(var(x, dim, 0) + eps)",
}
REPEATING = {"expand_to", "expand_back"}  # what they are given stands in many places
# Saved by torch only where the caller has set them.
MISSING = {"dim": None, "dims": None, "correction": 1}
# Functions that a reader knows, or can see through: with them the numbers can be followed.
KNOWN = {
    *("sum", "mean", "var", "where", "exp", "exp2", "log", "sqrt", "rsqrt", "sign", "min"),
    *("sin", "cos", "sinh", "cosh", "sigmoid", "tanh", "reshape", "transpose", "t", "unbind"),
}


def told(
    op: str,
    slot: int,
    values: Mapping[str, tuple[str, Any]],
    arrived: np.ndarray,
    sent: np.ndarray,
    stretched: bool = False,
) -> tuple[str, ...]:
    """The rule with the caller's names, then with this moment's numbers; none for unknown rules.

    An array with many numbers is written as its name and shape. Where numbers would not help to see
    what was computed, the first line stands alone.

    Args:
        op, slot: as of `rule`.
        values: for each name in the rule the caller's name for it, or "", and its value.
        arrived: what has come to the node, `g`.
        sent: what it sends.
        stretched: whether the input was stretched, so that what it gets is summed.
    """
    found = rule(op, slot, values)
    if found is None:
        return ()
    known = {
        name: value if said or np.ndim(value) or name == "result" else np.asarray(value).item()
        for name, (said, value) in values.items()
        if value is not None
    }
    known |= {"g": arrived, "self_sizes": sent.shape}
    formula = simple(found, known)
    if stretched:
        formula = _sum_of(formula, _summed(arrived.shape, sent.shape))
    names = {name: said for name, (said, _) in values.items() if said}
    first = mathml(formula, names)
    known["n"] = sent.size // max(arrived.size, 1)
    needs = names_in(formula)
    same = isinstance(formula, ast.Name) and arrived.shape == sent.shape
    if same or not needs <= known.keys() or not _called(formula) <= KNOWN:
        return (first,)
    texts = {name: _text(names.get(name, name), known[name]) for name in needs}
    arrays = [name for name in sorted(needs) if isinstance(known[name], np.ndarray)]
    for name in sorted(arrays, key=lambda name: -len(texts[name])):
        if _width(formula, tuple(texts.items())) > LETTERS:
            texts[name] = names.get(name, name), str(known[name].shape)
    shapes = {texts[name][1] if isinstance(texts[name], tuple) else "" for name in arrays}
    if len(arrays) > 1 and len(shapes) == 1 and shapes != {""}:
        return (first,)  # everywhere the same shape and no number: that says nothing
    repeated = not _called(found).isdisjoint(REPEATING)
    return first, equation(formula, texts, short(sent), "\u2192" if repeated else "=")


def inputs(op: str) -> tuple[str, ...]:
    """The names that the rules of a backward node give to its inputs, by slot.

    Example:
        >>> inputs("AddmmBackward0")
        ('self', 'mat1', 'mat2')
    """
    rows = _rows(op)
    return tuple(rows[0].vjps) if rows else ()


def rule(op: str, slot: int, known: Iterable[str] = ()) -> ast.expr | None:
    """What a backward node sends to one of its inputs, as an expression; None for unknown rules.

    Args:
        op: the name of the node, as "MulBackward0".
        slot: the number of the input.
        known: the names of what the node has saved; of two rows with the same name, the one that
            uses more of it is meant.

    Example:
        >>> ast.unparse(rule("MulBackward0", 0))
        'g * other'
        >>> ast.unparse(rule("StackBackward0", 1))
        'unbind_op(g, dim)[1]'
    """
    return _rule(op, slot, frozenset(known))


# The rules, names and shapes of one layer of a model come again in the next: what is made of them
# is made once.
_once = lru_cache(4096)


@_once
def _rule(op: str, slot: int, known: frozenset[str]) -> ast.expr | None:
    rows = _rows(op)
    if rows and "tensors" in rows[0].vjps:  # one rule gives a list, one for each input
        whole = _body(rows[0].vjps["tensors"])
        return whole and ast.Subscript(whole, ast.Constant(slot))
    rules = [list(row.vjps.values()) for row in rows]
    rules = [vjps[slot] for vjps in rules if slot < len(vjps)]
    if not rules:
        return None
    return _body(max(rules, key=lambda vjp: len({*vjp.__code__.co_varnames} & known)))


def simple(formula: ast.expr, values: Mapping[str, Any]) -> ast.expr:
    """Write helpers out, put in the numbers of settings, and leave out what changes nothing.

    Args:
        formula: a rule.
        values: what is known of its names: numbers are put in, arrays keep their names. A name
            that is not here is None where the rule asks whether it is.

    Example:
        >>> ast.unparse(simple(rule("PowBackward0", 0), {"self": np.ones(3), "exponent": 2}))
        'g * (2 * self)'
        >>> ast.unparse(simple(rule("AddmmBackward0", 1), {"alpha": 1}))
        'g @ mat2.mT'
    """
    return _simplified(formula, tuple((name, *_setting(v)) for name, v in values.items()))


def _setting(value: Any) -> tuple[type, Any]:
    """What a rule may be made simpler by: a number, None or a shape; of others that they are."""
    shape = isinstance(value, tuple) and all(type(part) is int for part in value)
    known = value is None or shape or isinstance(value, int | float)
    return type(value), value if known else ...


@_once
def _simplified(formula: ast.expr, settings: tuple[tuple[str, type, Any], ...]) -> ast.expr:
    return _Simple({name: value for name, _, value in settings}).visit(_copy(formula))


def mathml(formula: ast.expr, names: Mapping[str, Text] | None = None) -> str:
    """Write an expression as MathML.

    Args:
        formula: Python's own syntax tree.
        names: what stands for a name: a text, or a text and what is written below it.

    Example:
        >>> mathml(rule("MulBackward0", 0), {"other": "2"})
        '<math displaystyle="true"><mrow><mi>g</mi><mo>\u00b7</mo><mtext>2</mtext></mrow></math>'
    """
    return _mathml(formula, tuple((names or {}).items()))


@_once
def _mathml(formula: ast.expr, names: tuple[tuple[str, Text], ...]) -> str:
    return f'<math displaystyle="true">{_write(formula, dict(names))[0]}</math>'


def equation(formula: ast.expr, names: Mapping[str, Text], result: str, sign: str = "=") -> str:
    """Write an expression with its result: `formula = result`."""
    right = f"<math><mo>{sign}</mo><mtext>{escape(result)}</mtext></math>"
    return f"{mathml(formula, names)} {right}"  # a line may break between the two


@_once
def names_in(formula: ast.expr) -> frozenset[str]:
    """The names that an expression needs, functions and CONSTANTS left out."""
    parts = list(ast.walk(formula))
    called = {id(part.func) for part in parts if isinstance(part, ast.Call)}
    names = [part for part in parts if isinstance(part, ast.Name) and id(part) not in called]
    bound = {name.id for name in names if isinstance(name.ctx, ast.Store)}
    return frozenset({name.id for name in names if not name.id.isupper()} - bound)


@_once
def _called(formula: ast.expr) -> frozenset[str]:
    """The functions that an expression calls."""
    calls = [part.func for part in ast.walk(formula) if isinstance(part, ast.Call)]
    return frozenset(ast.unparse(function).removesuffix("_op") for function in calls)


@_once
def _width(formula: ast.expr, names: tuple[tuple[str, Text], ...]) -> float:
    """About how wide a formula is, in letters."""
    return _letters(ElementTree.fromstring(_mathml(formula, names)))


def _letters(element: ElementTree.Element) -> float:
    parts = [_letters(part) for part in element]
    if element.tag in ("mfrac", "mtable"):
        return max(parts)
    if element.tag in ("msub", "msup"):
        return parts[0] + 0.7 * parts[1]
    return len(element.text or "") + sum(parts)


def _text(name: str, value: Any) -> Text:
    """A value in a formula: its numbers, or its name and shape where there are too many."""
    if not isinstance(value, np.ndarray):
        return f"{value:.4g}" if isinstance(value, float) else str(value)
    return short(value) if value.size <= FEW else (name, str(value.shape))


def _summed(wide: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """The dimensions along which something was stretched; None where it was along all."""
    own = (1,) * (len(wide) - len(shape)) + shape
    new = len(wide) - len(shape)
    dims = [i for i, (a, b) in enumerate(zip(wide, own, strict=True)) if a != b or i < new]
    return None if len(dims) == len(wide) else tuple(dims)


@_once
def _sum_of(formula: ast.expr, dims: tuple[int, ...] | None) -> ast.expr:
    return ast.Call(ast.Name("sum"), [formula, ast.Constant(dims)], [])


# --- how it is made simple -----------------------------------------------------------------------


@cache
def _shown() -> dict[tuple[str, int], tuple[list[str], ast.expr]]:
    """`SHOWN` by the name of the helper and the number of its arguments."""
    found = {}
    for call, meaning in SHOWN.items():
        head, body = (ast.parse(text, mode="eval").body for text in (call, meaning))
        found[head.func.id, len(head.args)] = [argument.id for argument in head.args], body
    return found


class _Simple(ast.NodeTransformer):
    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        value = self.values.get(node.id, MISSING.get(node.id, self))
        number = isinstance(value, int | float) and not isinstance(value, bool)
        plain = number or (isinstance(value, tuple) and all(type(part) is int for part in value))
        return ast.Constant(value) if plain or value is None else node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        node.args = [self.visit(argument) for argument in node.args]
        name = ast.unparse(node.func).removesuffix("_op")
        names, meaning = _shown().get((name, len(node.args)), ([], None))
        if meaning is not None:
            return self.visit(_Put(dict(zip(names, node.args, strict=True))).visit(_copy(meaning)))
        if name == "where" and _is_guard(node.args[0]):  # only against 0 / 0 and the like
            return node.args[2]
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        decided = self._decided(node.test)
        if decided is None:
            self.generic_visit(node)
            return node
        return self.visit(node.body if decided else node.orelse)

    def _decided(self, test: ast.expr) -> bool | None:
        """Whether a test holds, or None where nothing tells."""
        match test:
            case ast.Compare(thing, [ast.Is()], [ast.Constant(None)]):
                if isinstance(thing, ast.Name):
                    return self.values.get(thing.id) is None
                return isinstance(thing, ast.Constant) and thing.value is None
            case ast.Compare(thing, [ast.Eq()], [ast.Constant(value)]):
                thing = self.visit(thing)
                return thing.value == value if isinstance(thing, ast.Constant) else None
            case ast.Name(name) if isinstance(self.values.get(name), int | float):
                return bool(self.values[name])
        return None

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.BinOp(ast.Constant(a), ast.Sub(), ast.Constant(b)):
                return ast.Constant(a - b)
            case ast.BinOp(kept, ast.Mult() | ast.Div() | ast.Pow(), ast.Constant(1)):
                return kept
            case ast.BinOp(ast.Constant(1), ast.Mult(), kept):
                return kept
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """`(g.mT @ a).mT` is `a.mT @ g`."""
        self.generic_visit(node)
        match node:
            case ast.Attribute(ast.BinOp(ast.Attribute(g, "mT" | "T"), ast.MatMult(), a), "mT"):
                return ast.BinOp(ast.Attribute(a, "mT"), ast.MatMult(), g)
        return node


def _copy(part: Any) -> Any:
    """A syntax tree once more: a visitor changes the one that it walks through."""
    if isinstance(part, list):
        return [_copy(one) for one in part]
    if not isinstance(part, ast.AST):
        return part
    return type(part)(*[_copy(getattr(part, name, None)) for name in part._fields])


class _Put(ast.NodeTransformer):
    """Puts expressions in the place of names."""

    def __init__(self, expressions: Mapping[str, ast.expr]) -> None:
        self.expressions = expressions

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return _copy(self.expressions.get(node.id, node))


def _is_guard(test: ast.expr) -> bool:
    """Whether a test asks for something being 0."""
    return any(
        isinstance(part, ast.Compare)
        and isinstance(part.ops[0], ast.Eq)
        and isinstance(part.comparators[0], ast.Constant)
        for part in ast.walk(test)
    )


# --- where a rule stands -------------------------------------------------------------------------


@cache
def _rows(op: str) -> list:
    return [row for row in ROWS if row.node_name == op]


def _body(function: Callable) -> ast.expr | None:
    code = function.__code__
    arguments = list(code.co_varnames[: code.co_argcount])
    starts, lines = _statements(code.co_filename)
    number = bisect_right(starts, code.co_firstlineno) - 1
    for found in _lambdas(code.co_filename, starts[number], (*starts, len(lines) + 1)[number + 1]):
        here = found.lineno == code.co_firstlineno
        if here and [argument.arg for argument in found.args.args] == arguments:
            return found.body
    return None


@cache
def _statements(path: str) -> tuple[list[int], list[str]]:
    """The numbers of the lines in which a file's statements begin, and its lines.

    A whole file takes too long to parse in the midst of a step.
    """
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    starts = [i for i, line in enumerate(lines, 1) if STATEMENT.match(line)]
    return [1, *starts], lines


@cache
def _lambdas(path: str, start: int, end: int) -> list[ast.Lambda]:
    """The lambdas in some lines of a file."""
    text = "\n" * (start - 1) + "\n".join(_statements(path)[1][start - 1 : end - 1])
    try:
        tree = ast.parse(text)
    except SyntaxError:  # a part of a statement, such as a decorator
        return []
    return [part for part in ast.walk(tree) if isinstance(part, ast.Lambda)]


# --- how it is written ---------------------------------------------------------------------------


def _write(part: ast.expr, names: Mapping[str, Text]) -> tuple[str, int]:
    """MathML of a part, and how firmly it holds together."""
    match part:
        case ast.Name(name):
            if name in names:
                text = names[name]
                if isinstance(text, tuple):
                    text, below = map(escape, text)
                    return f"<msub><mi>{text}</mi><mtext>{below}</mtext></msub>", ATOM
                return f"<mtext>{escape(text)}</mtext>", 1 if text.startswith("-") else ATOM
            return f"<mi>{escape(name).replace('_', ' ')}</mi>", ATOM
        case ast.Constant(value):
            text = f"{value:.4g}" if isinstance(value, float) else str(value)
            own = 1 if text.startswith("-") else ATOM
            return f"<mn>{escape(text).replace('-', chr(0x2212))}</mn>", own
        case ast.BinOp(left, ast.Div(), right):
            return f"<mfrac>{_row(left, names)}{_row(right, names)}</mfrac>", SIGN
        case ast.BinOp(base, ast.Pow(), exponent):
            base = _held(base, names, ATOM)
            return f"<msup>{base}{_row(exponent, names)}</msup>", POWER
        case ast.BinOp(left, sign, right) if type(sign) in PRECEDENCE:
            own = PRECEDENCE[type(sign)]
            right = _held(right, names, own + isinstance(sign, ast.Sub))
            written = _held(left, names, own) + _sign(sign) + right
            return f"<mrow>{written}</mrow>", own
        case ast.UnaryOp(ast.USub(), value):
            return f"<mrow><mo>\u2212</mo>{_held(value, names, POWER)}</mrow>", 2
        case ast.Compare(left, [sign], [right]) if type(sign) in SIGNS:
            return f"<mrow>{_held(left, names, 1)}{_sign(sign)}{_held(right, names, 1)}</mrow>", 0
        case ast.IfExp(ast.Name(), usual, _):  # only where an exponent is not 0, for example
            return _write(usual, names)
        case ast.IfExp(test, yes, no):
            return _cases(yes, test, no, names), ATOM
        case ast.Call(ast.Name("where"), [test, yes, no]):
            return _cases(yes, test, no, names), ATOM
        case ast.Call(ast.Name("sqrt"), [value]):
            return f"<msqrt>{_row(value, names)}</msqrt>", ATOM
        case ast.Call(ast.Name("sum" | "mean" | "var" as name), [value, ast.Constant(dims), *more]):
            dims = dims[0] if isinstance(dims, tuple) and len(dims) == 1 else dims
            over = "" if dims is None else f"<mtext>,\u00a0dim={dims}</mtext>"
            over += "<mtext>,\u00a0correction=0</mtext>" * len(more)
            return f"<mrow><mi>{name}</mi>{_bracketed(_row(value, names) + over)}</mrow>", ATOM
        case ast.ListComp(ast.Subscript(_, ast.Name("dim"))):  # of each of several tensors
            return _write(ast.Name("lengths"), names)
        case ast.Subscript(several, index):
            which = f"<mo>[</mo>{_row(index, names)}<mo>]</mo>"
            return f"<mrow>{_held(several, names, ATOM)}{which}</mrow>", ATOM
        case ast.Attribute(matrix, "mT" | "T"):
            return f"<msup>{_held(matrix, names, ATOM)}<mi>T</mi></msup>", POWER
        case ast.Call(ast.Name(function) | ast.Attribute(_, function), arguments, []):
            inside = "<mo>,</mo>".join(_row(argument, names) for argument in arguments)
            name = function.removesuffix("_op").replace("_", " ")
            return f"<mrow><mi>{escape(name)}</mi>{_bracketed(inside)}</mrow>", ATOM
    return f"<mtext>{escape(ast.unparse(part))}</mtext>", ATOM


def _row(part: ast.expr, names: Mapping[str, Text]) -> str:
    return f"<mrow>{_write(part, names)[0]}</mrow>"


def _held(part: ast.expr, names: Mapping[str, Text], least: int) -> str:
    written, own = _write(part, names)
    return written if own >= least else f"<mrow>{_bracketed(written)}</mrow>"


def _bracketed(written: str) -> str:
    return f"<mo>(</mo>{written}<mo>)</mo>"


def _sign(sign: ast.AST) -> str:
    return f"<mo>{SIGNS[type(sign)]}</mo>"


def _cases(yes: ast.expr, test: ast.expr, no: ast.expr, names: Mapping[str, Text]) -> str:
    rows = (
        (_row(yes, names), f"<mtext>where\u00a0</mtext>{_row(test, names)}"),
        (_row(no, names), "<mtext>elsewhere</mtext>"),
    )
    cells = "".join(f"<mtr><mtd {LEFT}>{a}</mtd><mtd {LEFT}>{b}</mtd></mtr>" for a, b in rows)
    return f"<mrow><mo>{{</mo><mtable>{cells}</mtable></mrow>"
