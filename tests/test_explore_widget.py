"""The explorer's film, its formulas, and the Python side of its widget."""

import ast
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
import torch
from test_explore_record import compute, recorded

import minigrad
from minigrad.explore import explore, formula, reasons, svg
from minigrad.explore.details import table
from minigrad.explore.fold import Tree
from minigrad.explore.forward import filled
from minigrad.explore.frames import film
from minigrad.explore.player import Player
from minigrad.explore.record import record
from minigrad.ops.table import TABLE

EXPLORE = Path(minigrad.__file__).parent / "explore"
FRONT_END = sorted([*EXPLORE.rglob("*.js"), *EXPLORE.rglob("*.css")])
LIBRARIES = pytest.mark.parametrize("library", [minigrad, torch], ids=["minigrad", "torch"])


def first_lesson(library=minigrad):
    x = library.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x + 2
    return (y * y * 2).mean(), {"x": x, "y": y}


def chain(count: int):
    h = w = minigrad.tensor([0.5, 0.25], requires_grad=True)
    for _ in range(count):
        h = (h * w).tanh()
    return record(h.sum(), w=w)


def player(trace, level=1) -> Player:
    return Player(Tree(filled(trace)), level)


# --- the film ------------------------------------------------------------------------------------


@LIBRARIES
def test_one_edge_at_a_time_and_then_the_sum(library):
    out, names = first_lesson(library)
    frames = film(record(out, **names))
    assert [(f.kind, f.told.words) for f in frames][4:8] == [
        ("send", "MulBackward0 (1) sends [2, 2.667, 3.333] to y (as input 1)."),
        ("send", "MulBackward0 (1) sends [2, 2.667, 3.333] to y (as input 2)."),
        ("add", "y had [2, 2.667, 3.333]. [2, 2.667, 3.333] is added: [4, 5.333, 6.667]."),
        ("send", "y sends [4, 5.333, 6.667] to x."),
    ]
    assert (frames[4].name, frames[4].text) == ("grad-2", "[2, 2.667, 3.333]")
    assert frames[5].name == ""  # nothing changes before it is added
    assert (frames[6].name, frames[6].text) == ("grad-2", "[4, 5.333, 6.667]")


@LIBRARIES
def test_what_a_pass_adds_to_is_told(library):
    x = library.tensor([1.0, 2.0], requires_grad=True)
    out = (x * 3).sum()
    out.backward(retain_graph=True)
    frames = film(record(out, x=x))
    assert (
        frames[0].told.words
        == "Before the pass. An earlier pass has left something: x.grad is [3, 3]."
    )
    keep = frames[-2]
    assert keep.told.words == "x.grad was [3, 3]. What arrives is added: [6, 6]."
    assert (keep.name, keep.text) == ("kept-0", "[6, 6]")
    assert keep.told.asks == "What does x.grad hold now?"


@LIBRARIES
def test_an_error_ends_the_film_where_it_happened(library):
    x = library.tensor([1.0, 2.0], requires_grad=True)
    y = x.exp()
    z = y * 2
    y.add_(1)
    last = film(record(z.sum(), y=y, z=z))[-1]
    assert last.kind == "stop" and "modified by an inplace operation" in last.told.why
    assert last.told.words == "Here the pass stopped, at ExpBackward0."


@LIBRARIES
def test_a_stretched_input_gets_the_sum_over_its_copies(library):
    x = library.ones(2, 3, requires_grad=True)
    b = library.tensor([1.0, 2.0, 3.0], requires_grad=True)
    frames = film(record((x * b).sum(), x=x, b=b))
    (frame,) = (f for f in frames if f.told.words == "MulBackward0 sends [2, 2, 2] to b.")
    assert frame.told.why.endswith(reasons.STRETCHED)
    assert "<mi>sum</mi>" in frame.told.formula[0]


@LIBRARIES
def test_a_hook_that_changes_a_gradient_is_told(library):
    x = library.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    y.register_hook(lambda g: g * 10)
    words = [frame.told.words for frame in film(record(y.sum(), x=x, y=y))]
    assert "A hook has changed the gradient of y to [10, 10]." in words
    assert "y sends [30, 30] to x." in words


def test_every_gradient_of_generated_programs_is_shown_once():
    for seed in range(120):
        trace = recorded(torch if seed % 2 else minigrad, seed)
        frames = film(trace)
        sent = [
            (i, edge)
            for step in trace.steps
            for i, edge in enumerate(trace.edges)
            if edge.target == step.node and trace.nodes[edge.source].kind != "constant"
        ]
        assert [frame.edge for frame in frames if frame.kind == "send"] == [i for i, _ in sent], (
            seed
        )
        kept = [step.node for step in trace.steps if step.after is not None]
        assert [frame.node for frame in frames if frame.kind == "keep"] == kept, seed
        shown = {}
        for frame in frames:
            shown[frame.name] = frame.text
        for step in trace.steps:
            if len(step.arrived) == 1 and step.arrived[0] is not None:
                assert shown[f"grad-{step.node}"] == svg.brief(step.arrived[0]), seed


# --- formulas ------------------------------------------------------------------------------------


def test_every_rule_of_the_table_can_be_written():
    missing = []
    for name, row in TABLE.items():
        for slot in range(len(row.vjps)):
            expression = formula.rule(name, slot)
            if expression is None:
                missing.append(name)
                continue
            ElementTree.fromstring(formula.mathml(expression))  # well-formed
            wanted = set(row.vjps[list(row.vjps)[slot]].__code__.co_varnames)
            needed = {n for n in formula.names_in(expression) if not n.endswith("_op")}
            assert needed <= wanted | {"math", "np", "bool"}, name
    assert missing == []


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("g * other", "g\u00b7other"),
        ("g * (1 - result * result)", "g\u00b7(1\u2212result\u00b7result)"),
        ("a - (b - c)", "a\u2212(b\u2212c)"),
        ("a - b - c", "a\u2212b\u2212c"),
        ("-g * self", "\u2212g\u00b7self"),
        ("(a + b) * c", "(a+b)\u00b7c"),
        ("self ** 2 * g", "self2\u00b7g"),
        ("(-x) ** 2", "(\u2212x)2"),
        ("g @ mat2.mT", "g@mat2T"),
        ("f_op(a, b)", "f(a,b)"),
        ("f(g, [sizes[dim] for sizes in all], dim)[1]", "f(g,lengths,dim)[1]"),
    ],
)
def test_mathematics_is_bracketed_as_python_computes_it(code, shown):
    root = ElementTree.fromstring(formula.mathml(ast.parse(code, mode="eval").body))
    assert "".join(root.itertext()) == shown


def test_a_negative_number_is_bracketed():
    for code, shown in (("x ** 2", "(-3)2"), ("2 * x", "2\u00b7(-3)"), ("1 - x", "1\u2212(-3)")):
        expression = ast.parse(code, mode="eval").body
        root = ElementTree.fromstring(formula.mathml(expression, {"x": "-3"}))
        assert "".join(root.itertext()) == shown


def test_the_rule_stands_with_names_and_with_numbers():
    out, names = first_lesson()
    frame = film(record(out, **names))[4]
    texts = ["".join(re.sub("<[^>]+>", "", line)) for line in frame.told.formula]
    assert texts == ["g\u00b7y", "[0.6667, 0.6667, 0.6667]\u00b7[3, 4, 5] =[2, 2.667, 3.333]"]


def test_reasons_are_short_sentences():
    for name, row in TABLE.items():
        for slot in range(len(row.vjps)):
            words = reasons.reason(name, slot)
            assert words.endswith(".") and len(words) < 110
    assert reasons.reason("SubBackward0", 0) != reasons.reason("SubBackward0", 1)


# --- scenes --------------------------------------------------------------------------------------


def test_a_small_graph_is_one_scene_and_can_be_played_from_its_json():
    out, names = first_lesson()
    whole = player(record(out, **names))
    (scene,) = json.loads(json.dumps(whole.scenes()))
    assert len(scene["moments"]) == len(whole.reel.moments) and scene["note"] == ""
    root = ElementTree.fromstring(scene["svg"])
    texts = {part.get("id"): part.text for part in root.iter() if part.get("id")}
    for moment in scene["moments"]:
        for name, before, after in moment["set"]:
            assert texts[scene["prefix"] + name] == before
            texts[scene["prefix"] + name] = after
        for name in (*moment["on"], *moment["done"]):
            assert scene["prefix"] + name in texts
    assert texts["g-kept-0"] == texts["g-grad-0"] == "[4, 5.333, 6.667]"


def test_a_question_is_never_longer_than_a_line_of_numbers():
    w = minigrad.ones(3, 4, requires_grad=True)
    moments = player(record((w * 2).sum(), w=w)).scene(0)["moments"]
    question = moments[-3]["ask"]
    assert "Its shape is (3, 4): give its first number." in question["html"]
    assert question["answer"] == [[1.96, 2.04]]
    assert "<math" in question["html"] and "[2" not in question["html"]


def test_a_zero_beside_large_numbers_may_be_a_little_off_and_nobody_is_asked_for_nan():
    w = minigrad.tensor([1.0, 1.0], requires_grad=True)
    moments = player(record((w * minigrad.tensor([100.0, 0.0])).sum(), w=w)).scene(0)["moments"]
    asked = [moment["ask"]["answer"] for moment in moments if moment.get("ask")]
    assert asked[-1] == [[98, 102], [-0.1, 0.1]]
    moments = player(record((w * float("nan")).sum(), w=w)).scene(0)["moments"]
    assert [bool(moment.get("ask")) for moment in moments].count(True) == 1


def test_tables_show_the_sign_and_the_size_of_numbers():
    assert table(np.array([2.0, -1.0, 0.0])) == (
        '<table><tr><td style="background:#D55E0066">2</td>'
        '<td style="background:#0072B233">-1</td><td>0</td></tr></table>'
    )
    assert table(np.array([np.inf, np.nan])).count("style") == 0
    assert table(np.zeros((20, 20))).count("<td>") == 8 * 9 + 1
    assert table(np.array([True])) == "<table><tr><td>True</td></tr></table>"
    assert table(np.zeros((0, 3))) == "<table></table>"


def test_names_cannot_break_the_page():
    x = minigrad.tensor([1.0], requires_grad=True)
    scene = player(record(x * 2, **{"<b>&x": x})).scene(0)
    ElementTree.fromstring(scene["svg"])
    assert "<b>&x" not in json.dumps([box["html"] for box in scene["boxes"].values()])
    assert all("<b>&x" not in part for moment in scene["moments"] for part in moment["math"])


# --- the widget ----------------------------------------------------------------------------------


@LIBRARIES
def test_the_widget_steps(library):
    out, names = first_lesson(library)
    widget = explore(out, **names)
    assert (widget.step, widget.last) == (0, 9)
    widget.step = 4
    assert widget._scene["moments"][4]["words"] == widget.words()[4]
    widget.step = 99
    assert widget.step == 9
    widget.step = -1
    assert widget.step == 0
    assert names["x"].grad is not None  # it has run the pass


def test_it_sends_the_scene_of_the_step_and_no_other():
    widget = explore(chain(100))
    widget.opened = [*widget._tree.called][-1]
    sent = []
    widget.observe(lambda change: sent.append(change["new"]["number"]), "_scene")
    first = widget._player.scene_at(widget.step)
    for step in range(widget.step, widget.step + 60):
        widget.step = step
    last = widget._player.scene_at(widget.step)
    widget.step = 1
    assert sent == [*range(first + 1, last + 1), 1] and last > first + 1


def test_steps_can_be_linked():
    from traitlets import link

    one, two = explore(chain(2)), explore(chain(2))
    link((one, "step"), (two, "step"))
    one.step = 3
    assert two.step == 3
    assert {"step", "predict", "projector"} <= set(one.traits(sync=True))


def test_a_notebook_gets_the_widget_and_what_stands_in_for_it():
    out, names = first_lesson()
    assert "only for scalar outputs" in repr(explore(minigrad.ones(2, requires_grad=True) * 2))
    data, about = explore(out, **names)._repr_mimebundle_()
    assert set(data) == {
        "application/vnd.jupyter.widget-view+json",
        "application/vnd.minigrad.explorer+json",
        "image/png",
        "text/plain",
    }
    assert data["text/plain"].endswith("The pass is over. x.grad is [4, 5.333, 6.667].")
    assert "alt" in about["image/png"]
    json.dumps(data["application/vnd.minigrad.explorer+json"])


def test_boxes_of_one_operation_are_told_apart_in_words_and_boxes_alike():
    out, names = first_lesson()
    trace = record(out, **names)
    words = film(trace)[3].told.words
    assert words == "MulBackward0 (2) sends [0.6667, 0.6667, 0.6667] to MulBackward0 (1)."
    scene = player(trace).scene(0)
    assert scene["moments"][3]["words"] == words
    for text in (scene["svg"], svg.to_svg(trace), svg.in_words(trace)):
        assert "MulBackward0 (1)" in text and "MulBackward0 (2)" in text
        assert "AddBackward0 (" not in text  # one alone keeps its name
    assert "sends to MulBackward0 (1)" in scene["boxes"]["5"]["html"]


@pytest.mark.parametrize(
    ("array", "text"),
    [
        ([0.6667, 0.6667, 0.6667], "[0.6667, 0.6667, 0.6667]"),
        ([[1.0, 2.0], [3.0, 4.0]], "[[1, 2], [3, 4]]"),
        ([-0.3241, -0.2302, 0.1234, 0.5678], "[-0.3241, \u2026] (4)"),
        (np.arange(8.0), "[0, 1, \u2026] (8)"),
        (np.full((5, 8), 0.1234), "(5, 8)"),
        ([[-0.3241, -0.2302], [0.1234, 0.5678]], "(2, 2)"),
        (np.zeros((0, 3)), "[]"),
    ],
)
def test_a_value_in_a_box_is_short(array, text):
    assert svg.brief(np.asarray(array)) == text
    assert len(text) <= svg.WIDEST


def test_two_pictures_on_one_page_share_no_id():
    found = [set(re.findall(r' id="([^"]+)"', explore(chain(1))._scene["svg"])) for _ in range(2)]
    assert found[0] and not found[0] & found[1]


def test_nothing_keeps_the_tensors_alive():
    import gc
    import weakref

    out, leaves = compute(minigrad, 3)
    widget = explore(out, **leaves)
    watched = [weakref.ref(t) for t in (out, *leaves.values())]
    widget.close()
    del out, leaves
    gc.collect()
    assert all(reference() is None for reference in watched)


def test_without_anywidget_there_is_the_picture_and_one_sentence():
    code = """
import sys
sys.modules["anywidget"] = None
import minigrad
from minigrad.explore import explore
x = minigrad.tensor([1.0, 2.0], requires_grad=True)
picture = explore((x * x).sum(), x=x)
print(type(picture).__name__, "grad  [2, 4]" in picture.svg)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        'To step through the pass, install anywidget: pip install "anywidget>=0.11"',
        "Picture True",
    ], done.stderr


# --- the front end -------------------------------------------------------------------------------


def test_the_front_end_is_small_and_asks_nobody_for_anything():
    assert {path.name for path in FRONT_END} >= {"widget.js", "widget.css", "page.js"}
    assert sum(path.stat().st_size for path in FRONT_END) <= 12_000
    for path in FRONT_END:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"https?:|//[a-z]+\.|\bimport\b|@import|url\(|fetch\(|eval\(", text), (
            path
        )
