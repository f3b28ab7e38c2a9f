"""What the explorer says of an operation: its formula is true, and its reason is one."""

import ast
import re

import numpy as np
import pytest
import torch

import minigrad
from minigrad.explore import formula, record
from minigrad.explore.details import details
from minigrad.explore.fold import Tree
from minigrad.explore.frames import film
from minigrad.explore.reasons import SLOPE

LIBRARIES = pytest.mark.parametrize("library", [minigrad, torch], ids=["minigrad", "torch"])
rng = np.random.default_rng(7)


def operations(library):
    """All that lessons and a transformer use: name -> result."""
    functional = library.nn.functional

    def t(*shape, least=None):
        values = rng.normal(size=shape)
        values = values if least is None else np.abs(values) + least
        return library.tensor(values.tolist(), dtype=library.float64, requires_grad=True)

    a, b, row, m = t(3), t(3), t(1, 3), t(2, 3)
    batch, weight = t(2, 2, 3), t(4, 3)
    index, mask = library.tensor([1, 0]), library.tensor([True, False, True])
    return {
        "add": a + b,
        "add stretched": m + a,
        "add alpha": library.add(a, b, alpha=2),
        "sub": row - m,
        "rsub": 1 - a,
        "mul": a * b,
        "mul stretched": m * row,
        "mul number": a * 2,
        "div": a / b,
        "pow": a**2,
        "pow 3": a**3,
        "pow tensor": t(3, least=0.1) ** b,
        "pow base": 2**a,
        "neg": -a,
        "exp": a.exp(),
        "log": t(3, least=0.1).log(),
        "sqrt": t(3, least=0.1).sqrt(),
        "abs": a.abs(),
        "sum": a.sum(),
        "sum dim": m.sum(1),
        "mean": a.mean(),
        "mean dim": m.mean(0),
        "var": m.var(1, keepdim=True),
        "std": a.std(),
        "relu": a.relu(),
        "gelu": functional.gelu(a),
        "silu": functional.silu(a),
        "sigmoid": a.sigmoid(),
        "tanh": a.tanh(),
        "softmax": m.softmax(-1),
        "log_softmax": m.log_softmax(-1),
        "nll_loss": functional.nll_loss(m, index),
        "mse_loss": functional.mse_loss(a, b),
        "bce": functional.binary_cross_entropy_with_logits(a, b.detach()),
        "linear": functional.linear(m, weight, t(4)),
        "addmm": library.addmm(t(4), m, t(3, 4), beta=2, alpha=3),
        "mm": m @ weight.T,
        "bmm": batch @ t(2, 3, 2),
        "view": m.view(3, 2),
        "transpose": m.transpose(0, 1),
        "expand": row.expand(2, 3),
        "select": m[1],
        "index": m[index],
        "cat": library.cat([a, b]),
        "stack": library.stack([a, b]),
        "layer_norm": functional.layer_norm(m, (3,), t(3), t(3)),
        "embedding": functional.embedding(index, weight),
        "dropout": functional.dropout(a, 0.5),
        "where": library.where(mask, a, b),
        "masked_fill": a.masked_fill(mask, 0.0),
        "clamp": a.clamp(-0.5, 0.5),
        "clamp below": a.clamp(min=0),
        "max": a.max(),
        "max dim": m.max(1)[0],
    }


NUMPY = {
    "sum": lambda x, dim=None: np.sum(x, dim, keepdims=True),
    "mean": lambda x, dim=None: np.mean(x, dim, keepdims=True),
    "var": lambda x, dim=None, correction=1: np.var(x, dim, ddof=correction, keepdims=True),
    "min": np.minimum,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "t": np.transpose,
    "transpose": np.swapaxes,
    "unbind": lambda x, dim: np.moveaxis(x, dim, 0),
    "math": __import__("math"),
    **{name: getattr(np, name) for name in ("exp", "exp2", "log", "sqrt", "sign", "where")},
    **{name: getattr(np, name) for name in ("sin", "cos", "sinh", "cosh", "tanh", "reshape")},
}


def passes(library):
    """Each operation with its recorded pass; what is sent back are random numbers."""
    for name, out in operations(library).items():
        seed = library.tensor(rng.normal(size=tuple(out.shape)).tolist(), dtype=out.dtype)
        yield name, record(out, gradient=seed)


@LIBRARIES
def test_what_a_formula_says_is_what_was_sent(library, monkeypatch):
    """NumPy computes each formula that comes with numbers, as a reader could."""
    made, told, done = {}, formula.told, set()

    def watched(op, slot, values, arrived, sent, stretched=False):
        made.update({name: value for name, (_, value) in values.items()}, g=arrived)
        made.update(self_sizes=sent.shape, n=sent.size // arrived.size, sent=sent)
        return told(op, slot, values, arrived, sent, stretched)

    def check(expression, texts, result, sign="="):
        code = ast.unparse(expression).replace("_op(", "(")
        value, sent = eval(code, {**NUMPY, **made}), made["sent"]
        if sign == "=":
            value = np.reshape(value, sent.shape)
        else:  # the same number in many places
            value, sent = np.unique(value), np.unique(sent)
        np.testing.assert_allclose(value, sent, 1e-6, 1e-12, err_msg=code)
        done.add(made["now"])
        return ""

    monkeypatch.setattr(formula, "told", watched)
    monkeypatch.setattr(formula, "equation", check)
    monkeypatch.setattr(formula, "LETTERS", 10**6)  # numbers, however many there are
    monkeypatch.setattr(formula, "FEW", 10**6)
    for made["now"], trace in passes(library):
        assert all(frame.told for frame in film(trace))
    without = {"gelu", "select", "index", "cat", "embedding", "max", "max dim", "nll_loss"}
    assert operations(library).keys() - done <= without | {"add", "layer_norm", "pow base"}


@LIBRARIES
def test_every_operation_has_a_reason_of_its_own_and_no_formula_is_cut(library):
    for name, trace in passes(library):
        for frame in film(trace):
            if frame.kind == "send":
                assert frame.told.why and SLOPE not in frame.told.why, name
                assert len(frame.told.formula) > 0, name
                for line in frame.told.formula[1:]:
                    left = re.sub("<[^>]*>", "", line.partition(" <math><mo>")[0])
                    assert len(left) < 90, (name, left)


@LIBRARIES
def test_a_linear_layer_calls_its_matrices_by_their_names(library):
    b, x, W = (library.ones(*shape, requires_grad=True) for shape in ((2,), (4, 3), (3, 2)))
    out = library.addmm(b, x, W)
    frames = film(record(out, gradient=library.ones(4, 2), b=b, x=x, W=W))
    told = [re.sub("<[^>]*>", "", f.told.formula[0]) for f in frames if f.kind == "send"]
    assert told == ["sum(g,\u00a0dim=0)", "g@WT", "xT@g"]


@LIBRARIES
def test_details_tell_the_statement_that_made_a_variable_and_name_the_inputs(library):
    x = library.ones(2, requires_grad=True)
    y = x.exp()
    z = (y * x).sum()
    tree = Tree(record(z))
    shown = [details(tree, node.id) for node in tree.trace.nodes]
    assert sum("<code>y = x.exp()</code>" in html for html in shown) == 1
    assert any("<mi>g</mi><mo>\u00b7</mo><mtext>x</mtext>" in html for html in shown)


@LIBRARIES
def test_the_input_of_a_layer_is_a_constant_with_its_value_and_no_other_ones(library):
    b, x, W = library.ones(2), library.ones(4, 3), library.zeros(3, 2)
    for tracked in ("W", "x"):
        given = {"b": b, "x": x, "W": W}
        given[tracked] = given[tracked].clone().requires_grad_()
        trace = record(library.addmm(*given.values()).sum(), **given)
        shown = [node.names for node in trace.nodes if node.kind == "constant"]
        assert shown == [(), ("x",) if tracked == "W" else ("W",)]  # torch does not save the bias
        assert all("strides" not in name for node in trace.nodes for name in node.saved)
