"""The rule of an operation as mathematics: MathML, made from the line that computes it.

Browsers show MathML by themselves, so a formula needs no typesetting in the front end. The source
of a rule is read from the rule table's own file: what is shown is what runs.
"""

import ast
from collections.abc import Callable, Mapping
from functools import cache
from html import escape

from ..ops.table import TABLE

PRECEDENCE = {ast.Add: 1, ast.Sub: 1, ast.BitOr: 1, ast.BitAnd: 1, ast.Mult: 2, ast.MatMult: 2}
SIGNS = {
    **{ast.Add: "+", ast.Sub: "\u2212", ast.Mult: "\u00b7", ast.MatMult: "@"},
    **{ast.BitAnd: "and", ast.BitOr: "or", ast.Eq: "=", ast.NotEq: "\u2260", ast.Lt: "&lt;"},
    **{ast.LtE: "\u2264", ast.Gt: "&gt;", ast.GtE: "\u2265"},
}
ZERO = ast.Constant(0)
SIGN, POWER, ATOM = 3, 4, 5  # how firmly a minus sign, a power, a name holds together


def rule(op: str, slot: int) -> ast.expr | None:
    """What a backward node sends to one of its inputs, as an expression; None for unknown rules.

    Args:
        op: the name of the node, as "MulBackward0".
        slot: the number of the input.

    Example:
        >>> ast.unparse(rule("MulBackward0", 0))
        'g * other'
        >>> ast.unparse(rule("StackBackward0", 1))
        'unbind_op(g, dim)[1]'
    """
    row = TABLE.get(op)
    rules = [] if row is None else list(row.vjps.values())
    if row is not None and "tensors" in row.vjps:  # one rule gives a list, one for each input
        whole = _body(row.vjps["tensors"])
        return whole and ast.Subscript(whole, ast.Constant(slot))
    return _body(rules[slot]) if slot < len(rules) else None


def mathml(formula: ast.expr, names: Mapping[str, str] | None = None) -> str:
    """Write an expression as MathML.

    Args:
        formula: Python's own syntax tree.
        names: what stands for a name, as a text.

    Example:
        >>> mathml(rule("MulBackward0", 0), {"other": "2"})
        '<math displaystyle="true"><mrow><mi>g</mi><mo>\u00b7</mo><mtext>2</mtext></mrow></math>'
    """
    return f'<math displaystyle="true">{_write(formula, names or {})[0]}</math>'


def equation(formula: ast.expr, names: Mapping[str, str], result: str) -> str:
    """Write an expression with its result: `formula = result`."""
    right = f"<math><mo>=</mo><mtext>{escape(result)}</mtext></math>"
    return f"{mathml(formula, names)} {right}"  # a line may break between the two


def names_in(formula: ast.expr) -> set[str]:
    """The names that an expression needs, functions and CONSTANTS left out."""
    parts = list(ast.walk(formula))
    called = {id(part.func) for part in parts if isinstance(part, ast.Call)}
    names = [part for part in parts if isinstance(part, ast.Name) and id(part) not in called]
    bound = {name.id for name in names if isinstance(name.ctx, ast.Store)}
    return {name.id for name in names if not name.id.isupper()} - bound


# --- where a rule stands -------------------------------------------------------------------------


def _body(function: Callable) -> ast.expr | None:
    code = function.__code__
    arguments = list(code.co_varnames[: code.co_argcount])
    for found in _lambdas(code.co_filename).get(code.co_firstlineno, ()):
        if [argument.arg for argument in found.args.args] == arguments:
            return found.body
    return None


@cache
def _lambdas(path: str) -> dict[int, list[ast.Lambda]]:
    with open(path, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    found: dict[int, list[ast.Lambda]] = {}
    for part in ast.walk(tree):
        if isinstance(part, ast.Lambda):
            found.setdefault(part.lineno, []).append(part)
    return found


# --- how it is written ---------------------------------------------------------------------------


def _write(part: ast.expr, names: Mapping[str, str]) -> tuple[str, int]:
    """MathML of a part, and how firmly it holds together."""
    match part:
        case ast.Name(name):
            if name in names:
                text = names[name]
                return f"<mtext>{escape(text)}</mtext>", 0 if text.startswith("-") else ATOM
            return f"<mi>{escape(name)}</mi>", ATOM
        case ast.Constant(value):
            return f"<mn>{escape(str(value))}</mn>", ATOM
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
        case ast.Call(ast.Name("expand_to"), [value, _]):  # the same number for each element
            return _write(value, names)
        case ast.Call(ast.Name("count"), [_]):
            return _write(ast.Name("n"), names)
        case ast.Call(ast.Name("sqrt"), [value]):
            return f"<msqrt>{_row(value, names)}</msqrt>", ATOM
        case ast.Call(ast.Name("threshold_backward"), [g, result]):
            return _cases(g, ast.Compare(result, [ast.Gt()], [ast.Constant(0)]), ZERO, names), ATOM
        case ast.Call(ast.Name("product"), [left, right]):
            sign = "<mo>@</mo>"
            return f"<mrow>{_held(left, names, 2)}{sign}{_held(right, names, POWER)}</mrow>", 2
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


def _row(part: ast.expr, names: Mapping[str, str]) -> str:
    return f"<mrow>{_write(part, names)[0]}</mrow>"


def _held(part: ast.expr, names: Mapping[str, str], least: int) -> str:
    written, own = _write(part, names)
    return written if own >= least else f"<mrow>{_bracketed(written)}</mrow>"


def _bracketed(written: str) -> str:
    return f"<mo>(</mo>{written}<mo>)</mo>"


def _sign(sign: ast.AST) -> str:
    return f"<mo>{SIGNS[type(sign)]}</mo>"


def _cases(yes: ast.expr, test: ast.expr, no: ast.expr, names: Mapping[str, str]) -> str:
    rows = (
        (_row(yes, names), f"<mtext>where\u00a0</mtext>{_row(test, names)}"),
        (_row(no, names), "<mtext>elsewhere</mtext>"),
    )
    cells = "".join(f"<mtr><mtd>{a}</mtd><mtd>{b}</mtd></mtr>" for a, b in rows)
    return f"<mrow><mo>{{</mo><mtable columnalign='left'>{cells}</mtable></mrow>"
