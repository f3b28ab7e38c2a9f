"""why(): each confusion is made for real, in minigrad and in torch, and next to each stands its
opposite: a state or an error that looks alike and must not get that answer."""

import ast
import linecache
import sys
import warnings

import numpy as np
import pytest
import torch

import minigrad
from minigrad.explore import draw, why
from minigrad.explore.failures import ROWS as FAILURES
from minigrad.explore.states import ROWS as STATES

LIBRARIES = pytest.mark.parametrize("lib", [minigrad, torch], ids=["minigrad", "torch"])


def caught(run) -> Exception:
    try:
        run()
    except Exception as error:
        return error
    raise AssertionError("no error came")


# --- the confusions: what is the case, and what looks like it -------------------------------------


def non_leaf(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    y.sum().backward()
    return why(y)


def non_leaf_not(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    y.retain_grad()
    y.sum().backward()
    return why(y)


def detached(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    cut_off = y.detach()
    return why(cut_off)


def detached_not(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    copy = y.clone()
    return why(copy)


def no_grad(lib):
    w = lib.tensor([1.0, 2.0], requires_grad=True)
    (w * w).sum().backward()
    with lib.no_grad():
        w = w - 0.1 * w.grad
    return why(w)


def no_grad_not(lib):
    w = lib.tensor([1.0, 2.0], requires_grad=True)
    (w * w).sum().backward()
    with lib.no_grad():
        w -= 0.1 * w.grad
    return why(w)


def integer(lib):
    n = lib.tensor([1, 2, 3])
    return why(n)


def integer_not(lib):
    n = lib.tensor([1.0, 2.0, 3.0])
    return why(n)


def unused(lib):
    w = lib.tensor([1.0, 2.0], requires_grad=True)
    v = lib.tensor([1.0, 2.0], requires_grad=True)
    loss = (v * v).sum()
    loss.backward()
    return why(w)


def unused_not(lib):
    w = lib.tensor([1.0, 2.0], requires_grad=True)
    v = lib.tensor([1.0, 2.0], requires_grad=True)
    loss = (v * w).sum()
    loss.backward()
    return why(w)


def not_yet(lib):
    w = lib.tensor([1.0, 2.0], requires_grad=True)
    loss = (w * w).sum()
    answer = why(w)
    del loss
    return answer


def not_yet_not(lib):
    w = lib.tensor([1.0, 2.0], requires_grad=True)
    loss = (w * w).sum()
    loss.backward()
    w.grad = None
    answer = why(w)
    assert answer.reason == "cleared" and answer.causes
    return answer


def used_twice(lib):
    x = lib.tensor(3.0, requires_grad=True)
    y = x * 2 + x * 5
    y.backward()
    return why(x)


def used_twice_not(lib):
    x = lib.tensor(3.0, requires_grad=True)
    y = x * 2 + 5
    y.backward()
    return why(x)


def accumulated(lib):
    x = lib.tensor(3.0, requires_grad=True)
    y = x**2
    y.backward()
    z = x**3
    z.backward()
    return why(x)


def accumulated_not(lib):
    x = lib.tensor(3.0, requires_grad=True)
    y = x**2
    y.backward()
    x.grad.zero_()
    z = x**3
    z.backward()
    return why(x)


def freed(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    loss = (x * x).sum()
    loss.backward()
    return why(caught(lambda: loss.backward()))


def freed_not(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    loss = (x * x).sum()
    loss.backward(retain_graph=True)
    loss.backward()
    return why(x)


def in_place(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    y = x.exp()
    loss = y.sum()
    y += 1
    try:
        loss.backward()
    except RuntimeError as error:
        return why(error)


def in_place_not(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    loss = y.sum()
    y += 1  # nobody saved y
    loss.backward()
    return why(x)


def item(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    loss = (x * x).sum()
    value = loss.item() * 2
    again = lib.tensor(value)
    return why(again)


def item_not(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    loss = (x * x).sum()
    value = loss * 2
    print(loss.item())
    return why(value)


def broadcast(lib):
    b = lib.tensor([1.0], requires_grad=True)
    y = lib.ones(4) + b
    y.sum().backward()
    return why(b)


def broadcast_not(lib):
    b = lib.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
    y = lib.ones(4) + b
    y.sum().backward()
    return why(b)


def not_scalar(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    try:
        y.backward()
    except RuntimeError as error:
        return why(error)


def not_scalar_not(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    try:
        y.backward(lib.ones(3))
    except RuntimeError as error:
        return why(error)


def zero(lib):
    x = lib.tensor([-1.0, -2.0], requires_grad=True)
    hidden = x.relu()
    hidden.sum().backward()
    return why(x)


def zero_not(lib):
    x = lib.tensor([-1.0, 2.0], requires_grad=True)
    hidden = x.relu()
    hidden.sum().backward()
    return why(x)


CONFUSIONS = {
    "non_leaf": (non_leaf, non_leaf_not),
    "detached": (detached, detached_not),
    "no_grad": (no_grad, no_grad_not),
    "integer": (integer, integer_not),
    "unused": (unused, unused_not),
    "not_yet": (not_yet, not_yet_not),
    "used_twice": (used_twice, used_twice_not),
    "accumulated": (accumulated, accumulated_not),
    "freed": (freed, freed_not),
    "in_place": (in_place, in_place_not),
    "item": (item, item_not),
    "broadcast": (broadcast, broadcast_not),
    "not_scalar": (not_scalar, not_scalar_not),
    "zero": (zero, zero_not),
}
# What each answer must name besides: the caller's variables, the place, the number, the way out.
NAMED = {
    "non_leaf": ("`y`", "MulBackward0", "retain_grad()"),
    "detached": ("`cut_off`", "cut_off = y.detach()", "detach()"),
    "no_grad": ("`w`", "w = w - 0.1 * w.grad", "w -= step"),
    "integer": ("`n`", "int64", ".float()"),
    "unused": ("`w`", "`loss` went backward without it"),
    "not_yet": ("`w`", "`loss.backward()`"),
    "used_twice": ("`x`", "2 times", "`y`", "Mul"),
    "accumulated": ("`x`", "y.backward()", "z.backward()", "zero_grad()"),
    "freed": ("`loss`", "in line", "loss.backward()", "retain_graph=True"),
    "in_place": ("Exp", "`y`", "version 1", "version 0", "y += 1"),
    "item": ("`again`", "`value`", "value = loss.item() * 2", "item()"),
    "broadcast": ("`b`", "(1,)", "(4,)", "sum over these 4"),
    "not_scalar": ("`y`", "(2,)", "`y.sum().backward()`"),
    "zero": ("`x`", "not None", "relu", "`hidden`"),
}


@LIBRARIES
@pytest.mark.parametrize("reason", CONFUSIONS)
def test_a_confusion_is_explained(reason, lib):
    answer = CONFUSIONS[reason][0](lib)
    assert answer.reason == reason
    assert [word for word in NAMED[reason] if word not in answer.text] == []
    assert 2 <= answer.text.count(". ") + 1 <= 4


@LIBRARIES
@pytest.mark.parametrize("reason", CONFUSIONS)
def test_what_only_looks_alike_gets_another_answer(reason, lib):
    answer = CONFUSIONS[reason][1](lib)
    assert answer.reason != reason and reason not in answer.also


@pytest.mark.parametrize("reason", CONFUSIONS)
def test_both_libraries_get_the_same_answer(reason):
    ours, theirs = (str(CONFUSIONS[reason][0](lib)) for lib in (minigrad, torch))
    assert ours == theirs.replace("torch", "minigrad")


# --- further errors -------------------------------------------------------------------------------


def leaf_in_place(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    x += 1


def leaf_in_place_by_index(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    x[0] = 5


def gradient_shape(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    y.backward(lib.ones(3))


def whole_numbers(lib):
    lib.tensor([1, 2], requires_grad=True)


def flag_of_whole_numbers(lib):
    n = lib.tensor([1, 2])
    n.requires_grad_()


def as_array(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    y.numpy()


def as_array_by_numpy(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    np.asarray(x)


def not_in_the_graph(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    w = lib.tensor([1.0, 2.0], requires_grad=True)
    loss = (x * x).sum()
    lib.autograd.grad(loss, w)


def nothing_tracked(lib):
    x = lib.tensor([1.0, 2.0])
    loss = (x * x).sum()
    loss.backward()


def result_of_no_grad(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    with lib.no_grad():
        loss = (x * x).sum()
    loss.backward()


def expression_of_detached(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    d = x.detach()
    (d * d).sum().backward()


def training_that_loses_its_leaf(lib):
    w = lib.tensor([1.0, 2.0], requires_grad=True)
    for _ in range(2):
        loss = (w * w).sum()
        loss.backward()
        with lib.no_grad():
            w = w - 0.1 * w.grad
        w.grad.zero_()


def gradient_before_the_pass(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    y = (x * x).sum()
    return y, x - 0.1 * x.grad


def shared_part_freed(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    shared = x * x
    first, second = shared.sum(), (shared * 2).sum()
    first.backward()
    second.backward()


ERRORS = {
    leaf_in_place: ("leaf_in_place", "`x`", "x += 1", "no_grad()"),
    leaf_in_place_by_index: ("leaf_in_place", "`x`", "x[0] = 5"),
    gradient_shape: ("gradient_shape", "`y`"),
    whole_numbers: ("integer", "1.0"),
    flag_of_whole_numbers: ("integer", ".float()"),
    as_array: ("item", "`y`", "y.detach().numpy()"),
    as_array_by_numpy: ("item", "`x`"),
    not_in_the_graph: ("unused", "`loss`", "allow_unused"),
    nothing_tracked: ("untracked", "`loss`", "requires_grad=True"),
    result_of_no_grad: ("no_grad", "`loss`", "lib.no_grad()"),
    expression_of_detached: ("detached", "`d`", "`(d * d).sum()`", "x.detach()"),
    training_that_loses_its_leaf: ("no_grad", "`w`", "w = w - 0.1 * w.grad"),
    gradient_before_the_pass: ("not_yet", "`x`", "`y.backward()`"),
    shared_part_freed: ("freed",),
}


@LIBRARIES
@pytest.mark.parametrize("run", ERRORS, ids=lambda run: run.__name__)
def test_an_error_is_explained(run, lib):
    reason, *named = ERRORS[run]
    answer = why(caught(lambda: run(lib)))
    assert answer.reason == reason
    assert [word for word in named if word not in answer.text] == []


@LIBRARIES
def test_a_shared_part_is_a_possible_cause_not_a_certain_one(lib):
    answer = why(caught(lambda: shared_part_freed(lib)))
    assert any("share a part" in cause for cause in answer.causes)


@pytest.mark.parametrize(
    "error",
    [KeyError("key"), ValueError(), RuntimeError("modified by an inplace operation: of mine")],
)
def test_an_error_of_another_kind_is_not_explained_away(error):
    answer = why(error)
    assert answer.reason == "unknown"
    assert f"{type(error).__name__}: {error}".strip() in answer.text


@LIBRARIES
def test_without_argument_the_last_error_is_explained(lib, monkeypatch):
    monkeypatch.setattr(sys, "last_value", caught(lambda: not_in_the_graph(lib)), raising=False)
    assert why().reason == "unused"


def test_without_argument_and_without_error_there_is_a_sentence(monkeypatch):
    monkeypatch.delattr(sys, "last_value", raising=False)
    monkeypatch.delattr(sys, "last_exc", raising=False)
    with pytest.raises(ValueError, match=r"there was none: write why\(tensor\)"):
        why()


def test_what_is_no_tensor_is_refused():
    with pytest.raises(TypeError, match="a tensor or an exception, but got list"):
        why([1.0])


# --- zero and its causes --------------------------------------------------------------------------


@LIBRARIES
@pytest.mark.parametrize("function", ["tanh", "sigmoid"])
def test_a_saturated_function_is_named(lib, function):
    x = lib.tensor([100.0, 200.0], requires_grad=True)
    hidden = getattr(x, function)()
    hidden.sum().backward()
    answer = why(x)
    assert answer.reason == "zero" and not answer.causes
    assert function in answer.text and "flat" in answer.text


@LIBRARIES
def test_where_the_zero_came_from_is_not_guessed(lib):
    x = lib.tensor([-1.0, -2.0], requires_grad=True)
    x.relu().sum().backward()  # nothing holds the values any more
    answer = why(x)
    assert answer.reason == "zero" and len(answer.causes) > 2 and "relu" in answer.causes[0]


@LIBRARIES
def test_nan_is_named(lib):
    x = lib.tensor([0.0, 4.0], requires_grad=True)
    lib.where(x > 0, x.sqrt(), x).sum().backward()
    answer = why(x)
    assert answer.reason == "nan" and "where()" in answer.causes[0]


# --- what only the lines tell ---------------------------------------------------------------------


@LIBRARIES
def test_without_the_callers_text_causes_are_listed_and_nothing_is_claimed(lib):
    names = {"lib": lib, "why": why}
    exec("x = lib.tensor([1.0], requires_grad=True)\ny = lib.tensor((x * 2).item())", names)
    exec("answer = why(y)", names)
    assert names["answer"].reason == "untracked"
    assert any("item()" in cause for cause in names["answer"].causes)


@LIBRARIES
def test_without_the_callers_text_shared_memory_tells_what_was_cut(lib):
    names = {"lib": lib, "why": why}
    exec("x = lib.tensor([1.0], requires_grad=True)\ny = x * 2\nd = y.detach()", names)
    exec("answer = why(d)", names)
    assert names["answer"].reason == "detached" and "`y`" in names["answer"].text


@LIBRARIES
def test_without_the_callers_text_freed_graphs_tell_of_two_passes(lib):
    names = {"lib": lib, "why": why}
    exec("x = lib.ones(2, requires_grad=True)\ny = (x**2).sum()\nz = (x**3).sum()", names)
    exec("y.backward()\nz.backward()\nanswer = why(x)", names)
    assert names["answer"].reason == "accumulated" and "unless" in names["answer"].text


@LIBRARIES
def test_a_loop_that_clears_nothing_adds_up(lib):
    w = lib.tensor([1.0, 2.0], requires_grad=True)
    for _ in range(3):
        loss = (w**2).sum()
        loss.backward()
    answer = why(w)
    assert answer.reason == "accumulated" and "in a loop" in answer.text


@LIBRARIES
def test_a_loop_that_clears_does_not(lib):
    w = lib.tensor([1.0, 2.0], requires_grad=True)
    for _ in range(3):
        w.grad = None
        loss = (w**2).sum()
        loss.backward()
    assert why(w).reason == "gradient"


class Notebook:
    """Runs cells as a notebook kernel does: each is a file of its own, and `In` keeps them all."""

    def __init__(self, lib):
        self.names = {"__name__": "__main__", "In": [""], "lib": lib, "why": why}

    def __call__(self, cell: str):
        self.names["In"].append(cell)
        name = f"<cell {id(self)} {len(self.names['In'])}>"
        linecache.cache[name] = len(cell), None, cell.splitlines(keepends=True), name
        *body, last = ast.parse(cell).body
        exec(compile(ast.Module(body, []), name, "exec"), self.names)
        if isinstance(last, ast.Expr):
            return eval(compile(ast.Expression(last.value), name, "eval"), self.names)
        return exec(compile(ast.Module([last], []), name, "exec"), self.names)


@LIBRARIES
def test_lines_of_earlier_cells_count(lib):
    run = Notebook(lib)
    run("x = lib.tensor([1.0], requires_grad=True)\ny = x * 2")
    run("value = y.item()\n")
    run("again = lib.tensor(value)")
    answer = run("why(again)")
    assert answer.reason == "item"
    assert "cell 2, line 1 (`value = y.item()`)" in answer.text


@LIBRARIES
def test_a_cell_that_ran_twice_went_backward_twice(lib):
    run = Notebook(lib)
    run("x = lib.tensor([1.0], requires_grad=True)")
    assert run("why(x)").reason == "unused"
    run("y = x**2\ny.backward()")
    assert run("why(x)").reason == "gradient"
    run("y = x**2\ny.backward()")
    answer = run("why(x)")
    assert answer.reason == "accumulated" and "cell 3" in answer.text and "cell 5" in answer.text


@LIBRARIES
def test_the_last_error_of_a_notebook_is_found_in_its_cell(lib, monkeypatch):
    run = Notebook(lib)
    run("x = lib.ones(2, requires_grad=True)\ny = x.exp()\nloss = y.sum()")
    run("y += 1")
    monkeypatch.setattr(sys, "last_value", caught(lambda: run("loss.backward()")), raising=False)
    answer = run("why()")
    assert answer.reason == "in_place"
    assert "cell 2, line 1 (`y += 1`)" in answer.text and "`y`" in answer.text


# --- several reasons at once, torch's own things, and the picture ---------------------------------


@LIBRARIES
def test_another_reason_for_a_sum_is_named_as_well(lib):
    x = lib.tensor(3.0, requires_grad=True)
    for _ in range(2):
        y = x * x
        y.backward()
    answer = why(x)
    assert answer.reason == "accumulated" and answer.also == ("used_twice",)
    assert "used twice" in str(answer)


def test_the_bias_of_a_layer_was_stretched():
    layer = torch.nn.Linear(3, 2)
    loss = layer(torch.ones(5, 3)).sum()
    loss.backward()
    answer = why(layer.bias)
    assert answer.reason == "broadcast" and "`layer.bias`" in answer.text and "5" in answer.text


@LIBRARIES
def test_a_function_of_ones_own_can_be_in_the_graph(lib):
    class Twice(lib.autograd.Function):
        @staticmethod
        def forward(ctx, a):
            ctx.save_for_backward(a)
            return a * 2

        @staticmethod
        def backward(ctx, gradient):
            return gradient * 2

    x = lib.tensor([1.0], requires_grad=True)
    y = Twice.apply(x)
    loss = y.sum()
    assert why(x).reason == "not_yet" and not why(x).causes
    loss.backward()
    assert why(x).reason == "gradient"


@LIBRARIES
def test_asking_changes_nothing_and_warns_of_nothing(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    y = x * x
    loss = y.sum()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for t in (x, y, loss):
            why(t)._repr_mimebundle_()
    assert x.grad is None and not y.retains_grad
    loss.backward()
    assert x.grad.tolist() == [2.0, 4.0]


@LIBRARIES
def test_the_picture_marks_the_tensor_and_stays_small(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    y = x
    for _ in range(100):
        y = y * 1.5
    loss = y.sum()
    answer = why(x)
    assert len(answer.trace.nodes) <= 12
    assert answer.trace.nodes[0].names == ("\u25b6 x",)
    bundle, about = answer._repr_mimebundle_()
    assert bundle["text/plain"] == str(answer)
    if draw(loss).png is not None:
        assert bundle["image/png"].startswith(b"\x89PNG") and about["image/png"]["width"] > 100


@LIBRARIES
def test_parameters_have_their_names_in_the_picture(lib):
    model = lib.nn.Sequential(lib.nn.Linear(2, 2), lib.nn.Linear(2, 1))
    out = model(lib.ones(3, 2)).sum()
    names = {name for node in why(out).trace.nodes for name in node.names}
    assert {"1.weight", "1.bias", "\u25b6 out"} <= names


@LIBRARIES
def test_what_was_cut_off_stands_beside_its_origin(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    d = y.detach()
    trace = why(d).trace
    assert trace.nodes[-1].names == ("\u25b6 d",) and trace.nodes[-1].kind == "constant"
    assert all(edge.target != trace.nodes[-1].id for edge in trace.edges)
    assert [node.names for node in trace.nodes if node.kind == "output"] == [("y",)]


def test_every_row_of_the_tables_is_reached_by_a_test():
    seen = {*CONFUSIONS, *(reason for reason, *_ in ERRORS.values())}
    seen |= {"nan", "gradient", "unknown", "cleared", "inference", "no_gradient"}
    assert {row.reason for row in (*STATES, *FAILURES)} == seen


@LIBRARIES
def test_tensors_of_inference_mode_have_no_history(lib):
    with lib.inference_mode():
        t = lib.ones(2) * 2
    assert why(t).reason == "inference"


@LIBRARIES
def test_a_gradient_that_is_none_in_an_unreadable_line_has_causes(lib):
    names = {"x": lib.ones(2, requires_grad=True)}
    answer = why(caught(lambda: exec("x.grad.zero_()", names)))
    assert answer.reason == "no_gradient" and answer.causes


@LIBRARIES
def test_a_changed_value_is_found_before_the_pass(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    y = x.exp()
    loss = y.sum()
    y.mul_(2)
    for answer in (why(loss), why(x)):
        assert answer.reason == "in_place"
        assert "Exp saved `y`" in answer.text and "`y.mul_(2)`" in answer.text


@LIBRARIES
def test_where_nothing_was_saved_nobody_knows_of_a_pass(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    loss = (x + 1).sum()
    answer = why(x)
    assert answer.reason == "not_yet" and answer.causes
    assert "`loss.backward()` was not called yet." in answer.causes
    del loss


@LIBRARIES
def test_an_expression_without_a_name_is_called_the_tensor(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    answer = why(x * 2)
    assert answer.reason == "non_leaf" and answer.text.startswith("The tensor is a result")


@LIBRARIES
def test_what_the_graph_rules_out_is_no_possible_cause(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    loss = (x * 3).sum()
    loss.backward()
    known = why(x)
    del loss
    unknown = why(x)
    assert known.reason == unknown.reason == "gradient"
    assert "used once on the way to `loss` (Mul)" in known.text
    assert len(unknown.causes) == len(known.causes) + 1


def test_tensors_that_cannot_be_drawn_are_explained_in_words():
    things = [
        torch.eye(3).to_sparse().requires_grad_(),
        torch.empty(2, device="meta", requires_grad=True),
        torch.zeros(2, dtype=torch.complex64, requires_grad=True),
        torch.zeros(2, dtype=torch.bfloat16, requires_grad=True),
        torch.empty(0, requires_grad=True),
    ]
    for thing in things:
        answer = why(thing)
        assert answer.reason == "unused" and "`thing`" in answer.text
        assert answer._repr_mimebundle_()[0]["text/plain"] == str(answer)


@LIBRARIES
def test_several_statements_in_a_line(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2; answer = why(y); del x  # noqa: E702 # fmt: skip
    assert "`y`" in answer.text
