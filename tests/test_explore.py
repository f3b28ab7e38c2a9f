"""The still picture: what it reads, what it shows, and what it gives to a notebook."""

import doctest
import gc
import re
import weakref
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
import torch

import minigrad
from minigrad import explore
from minigrad.explore import draw, layout, still, svg, trace
from minigrad.explore.controls import MIME
from minigrad.explore.layout import lay_out
from minigrad.explore.trace import read

LIBRARIES = pytest.mark.parametrize("library", [minigrad, torch], ids=["minigrad", "torch"])


# --- the graphs of the five source lessons -------------------------------------------------------


def mean_of_squares(lib):
    x = lib.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x + 2
    z = y * y * 2
    return z.mean(), {"x": x, "y": y, "z": z}


def powers(lib):
    a = lib.tensor([5.0], requires_grad=True)
    b = lib.tensor([6.0], requires_grad=True)
    return a**3 - b**2, {"a": a, "b": b}


def line(lib):
    features = lib.ones(1, 10)
    weight = lib.ones(10, 1, requires_grad=True)
    b = lib.tensor([1.5], requires_grad=True)
    output = lib.matmul(features, weight) + b
    return 1 - output, {"x": features, "W": weight, "b": b, "output": output}


def products(lib):
    a, b, d = (lib.tensor(value, requires_grad=True) for value in (2.0, 3.0, 4.0))
    c = a * b
    return c * d, {"a": a, "b": b, "c": c, "d": d}


def half_tracked(lib):
    a, b = lib.tensor(2.0, requires_grad=True), lib.tensor(3.0)
    return a * b, {"a": a, "b": b}


def scaled_square(lib):
    t1 = lib.ones(5, requires_grad=True)
    t2 = t1 + 2
    t3 = 2 * t2**2
    return t3.mean(), {"t1": t1, "t2": t2, "t3": t3}


def weighted_sum(lib):
    weights = lib.ones(4, requires_grad=True)
    return (weights * 3).sum(), {"weights": weights}


def twice_doubled(lib):
    x = lib.ones(3, requires_grad=True)
    return (x * 2 * 2).mean(), {"x": x}


SEEDS = (
    mean_of_squares,
    powers,
    line,
    products,
    half_tracked,
    scaled_square,
    weighted_sum,
    twice_doubled,
)


@pytest.mark.parametrize("graph", SEEDS, ids=lambda graph: graph.__name__)
def test_no_edges_cross_and_both_libraries_give_one_picture(graph):
    pictures = []
    for library in (minigrad, torch):
        out, names = graph(library)
        trace = read(out, names)
        sizes = [svg.box_size(svg.box_lines(node)) for node in trace.nodes]
        assert lay_out(sizes, [(e.source, e.target) for e in trace.edges]).crossings == 0
        pictures.append(draw(out, **names).svg)
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize("graph", SEEDS, ids=lambda graph: graph.__name__)
def test_both_libraries_give_one_picture_after_the_pass(graph):
    pictures = []
    for library in (minigrad, torch):
        out, names = graph(library)
        out.backward()
        pictures.append(draw(out, **names).svg)
    assert pictures[0] == pictures[1]


# --- what is read --------------------------------------------------------------------------------


@LIBRARIES
def test_nodes_edges_names_and_values(library):
    out, names = mean_of_squares(library)
    trace = read(out, {**names, "out": out})
    assert [(n.kind, n.op, n.names) for n in trace.nodes] == [
        ("leaf", "", ("x",)),
        ("constant", "", ()),
        ("op", "AddBackward0", ("y",)),
        ("op", "MulBackward0", ()),
        ("constant", "", ()),
        ("op", "MulBackward0", ("z",)),
        ("output", "MeanBackward0", ("out",)),
    ]
    assert [(e.source, e.target, e.slot) for e in trace.edges] == [
        (0, 2, 0),
        (1, 2, 1),
        (2, 3, 0),
        (2, 3, 1),
        (3, 5, 0),
        (4, 5, 1),
        (5, 6, 0),
    ]
    np.testing.assert_array_equal(trace.nodes[2].value, [3, 4, 5])
    assert trace.nodes[2].dtype == "float32"
    assert trace.nodes[4].value == 2


@LIBRARIES
def test_a_saved_value_stands_in_for_a_missing_variable(library):
    x = library.tensor([1.0, 2.0], requires_grad=True)
    out = (x + 1).exp().sum()
    add, exp = read(out, {}).nodes[2:4]
    assert add.value is None  # exp keeps its result, not its input
    np.testing.assert_allclose(exp.value, np.exp([2, 3]), rtol=1e-6)


@LIBRARIES
def test_gradients_stand_where_they_are_kept_and_nowhere_else(library):
    x = library.tensor([1.0, 2.0], requires_grad=True)
    y, z = x * 3, x * 4
    y.retain_grad()
    out = (y + z).sum()
    names = {"x": x, "y": y, "z": z}
    assert all(node.grad is None for node in read(out, names).nodes)
    out.backward()
    grads = {node.names[0]: node.grad for node in read(out, names).nodes if node.names}
    np.testing.assert_array_equal(grads["x"], [7, 7])
    np.testing.assert_array_equal(grads["y"], [1, 1])
    assert grads["z"] is None


@LIBRARIES
def test_a_value_changed_in_place_does_not_stop_the_picture(library):
    x = library.tensor([1.0, 2.0], requires_grad=True)
    y = x + 1
    out = (y * y).sum()
    y.add_(1)
    assert "MulBackward0" in draw(out, x=x).svg


@LIBRARIES
def test_a_picture_shows_what_was_and_not_what_is(library):
    x = library.tensor([1.0, 2.0], requires_grad=True)
    out = (x * 3).sum()
    out.backward()
    trace = read(out, {"x": x})
    with library.no_grad():
        x.add_(10)
    x.grad.zero_()
    np.testing.assert_array_equal(trace.nodes[0].value, [1, 2])
    np.testing.assert_array_equal(trace.nodes[0].grad, [3, 3])


@LIBRARIES
def test_a_leaf_and_an_untracked_tensor_are_pictures_too(library):
    leaf = library.tensor([1.0], requires_grad=True)
    plain = library.tensor([1.0]) * 2
    assert repr(draw(leaf, x=leaf)) == "x: leaf, value [1], grad none"
    assert repr(draw(plain, c=plain)) == "c: constant"


@LIBRARIES
def test_of_several_outputs_none_stands_for_the_others(library):
    x = library.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    top, bottom = x.unbind(0)
    both = read((top * bottom).sum(), {"x": x, "top": top, "bottom": bottom}).nodes[1]
    assert both.names == ("top", "bottom") and both.value is None
    np.testing.assert_array_equal(read(bottom, {"top": top}).nodes[1].value, [3, 4])


@LIBRARIES
def test_a_long_chain_needs_no_recursion(library):
    out = x = library.tensor([1.0], requires_grad=True)
    for _ in range(3000):
        out = out + x
    assert len(read(out, {}).nodes) == 3001


def test_the_caller_lends_its_variables():
    weight = minigrad.ones(2, requires_grad=True)
    loss = total = weight.sum()
    text = repr(draw(loss))
    assert text.splitlines()[0].startswith("weight: leaf")
    assert [n.names for n in draw(total).trace.nodes][-1] == ("loss", "total")


@LIBRARIES
def test_a_picture_keeps_no_tensor_alive(library):
    x = library.tensor([1.0, 2.0], requires_grad=True)
    out = (x * x).sum()
    picture = draw(out, x=x)
    watched = weakref.ref(x)
    del x, out
    gc.collect()
    assert watched() is None
    assert "x leaf" in re.sub("<[^>]+>", "", picture.svg)


def test_a_number_is_no_tensor():
    with pytest.raises(TypeError, match="draw\\(\\) needs a tensor, but got float"):
        draw(3.0)


def model_and_loss(library):
    nn = library.nn
    model = nn.Sequential(*(nn.Sequential(*(nn.Linear(2, 2) for _ in range(4))) for _ in range(9)))
    return model, model(library.ones(3, 2)).sum()


@LIBRARIES
def test_a_large_graph_is_folded_and_can_be_drawn_whole(library):
    model, loss = model_and_loss(library)
    folded, whole = draw(loss, model=model), draw(loss, model=model, whole=True)
    first, *rest = folded.words.splitlines()
    assert first == f"{len(folded.shown.nodes)} boxes stand for {len(folded.trace.nodes)} nodes."
    assert len(rest) == len(folded.shown.nodes) < 20 < 40 < len(folded.trace.nodes)
    assert any("0: group" in line for line in rest) and "grad_fn" not in folded.words
    assert len(whole.words.splitlines()) == len(whole.shown.nodes) == len(whole.trace.nodes)
    assert height(folded.svg) < 1500 < 3000 < height(whole.svg)


def test_a_folded_picture_leaves_out_the_lines_that_say_nothing_and_fits_a_page():
    layer = torch.nn.TransformerEncoderLayer(16, 2, 32, batch_first=True, dropout=0.0)
    picture = draw(layer(torch.ones(2, 3, 16)).sum(), layer=layer)
    width, high = (float(re.search(rf'{side}="([\d.]+)"', picture.svg)[1]) for side in SIDES)
    assert high < 1.45 * width  # as A4, nearly
    assert svg.NONE_YET not in re.sub("<[^>]+>", "", picture.svg.partition("</desc>")[2])
    assert "grad none" in picture.words  # where there is room, all is told


@LIBRARIES
def test_a_small_graph_is_drawn_as_it_is(library):
    x = library.tensor([1.0, 2.0], requires_grad=True)
    y = x.exp().sum()
    assert draw(y).svg == draw(y, whole=True).svg == svg.to_svg(read(y, {"x": x, "y": y}))


SIDES = "width", "height"


def height(picture: str) -> float:
    return float(re.search(r'height="([\d.]+)"', picture)[1])


# --- what is shown -------------------------------------------------------------------------------


def texts(picture) -> list[str]:
    root = ElementTree.fromstring(picture.svg)
    return ["".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")]


def test_an_empty_gradient_is_a_dash_and_not_a_zero():
    x = minigrad.tensor([0.0], requires_grad=True)
    y = (x * 0).sum()
    assert "grad  —" in texts(draw(y, x=x))
    y.backward()
    assert "grad  [0]" in texts(draw(y, x=x))


def test_shapes_say_what_colours_say():
    out, names = half_tracked(minigrad)
    root = ElementTree.fromstring(draw(out, **names).svg)
    look = {}
    for group in root.iter("{http://www.w3.org/2000/svg}g"):
        if "node" in group.get("class", ""):
            box = group.find("{http://www.w3.org/2000/svg}rect")
            dashed = "stroke-dasharray" in box.attrib
            look[group.get("class")] = (float(box.get("rx")), dashed, box.get("stroke"))
    assert look["node leaf"][0] > 20 and look["node output"][0] == 0
    assert [kind for kind, (_, dashed, _) in look.items() if dashed] == ["node constant"]
    assert len({colour for _, _, colour in look.values()}) == 3


def test_the_picture_asks_for_nothing_from_outside():
    out, names = line(minigrad)
    picture = draw(out, **names).svg
    assert re.findall(r"href|src=|@import|url\((?!#)", picture) == []
    assert re.findall("https?://[^\"' ]+", picture) == ["http://www.w3.org/2000/svg"]
    assert "<script" not in picture and "<style" not in picture


def test_names_cannot_break_the_picture():
    x = minigrad.tensor([1.0], requires_grad=True)
    picture = draw(x * 2, **{"<b>&x": x})
    assert any("<b>&x" in text for text in texts(picture))


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_colours_can_be_told_apart_and_read():
    for kind, ground in svg.GROUND.items():
        assert contrast(svg.INK, ground) >= 7
        assert contrast(svg.GRADIENT, ground) >= 4.5
        assert contrast(svg.STROKE[kind], svg.PAPER) >= 3


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.float32(7.7521), "7.752"),
        (np.array(3), "3"),
        (np.array(True), "True"),
        (np.array([1.0, np.nan, -np.inf]), "[1, nan, -inf]"),
        (np.array([]), "[]"),
        (np.arange(10), "[0, 1, …] (10)"),
        (np.ones((2, 2)), "[[1, 1], [1, 1]]"),
        (np.ones((10, 1)), "[[1], …] (10, 1)"),
        (np.ones((2, 0)), "[[], []]"),
    ],
)
def test_arrays_are_written_short(array, text):
    assert svg.short(np.asarray(array)) == text


# --- what a notebook gets ------------------------------------------------------------------------


def test_a_notebook_gets_a_png_and_words_and_nothing_else():
    out, names = powers(minigrad)
    picture = draw(out, **names)
    bundle, about = picture._repr_mimebundle_()
    assert set(bundle) == {"image/png", "text/plain", MIME}  # the last one is for an exported page
    assert bundle["image/png"].startswith(b"\x89PNG")
    width, height = re.search(r'width="([\d.]+)" height="([\d.]+)" role', picture.svg).groups()
    size = about["image/png"]
    assert (size["width"], size["height"]) == pytest.approx((float(width), float(height)), abs=1)
    assert size["alt"] == bundle["text/plain"] == repr(picture)


def test_words_alone_where_no_png_can_be_made(monkeypatch, tmp_path):
    monkeypatch.setattr(still, "find_spec", lambda name: None)
    out, names = powers(minigrad)
    picture = draw(out, **names)
    assert set(picture._repr_mimebundle_()[0]) == {"text/plain", MIME}
    with pytest.raises(RuntimeError, match="a PNG needs resvg-py"):
        picture.save(tmp_path / "graph.png")


def test_save_writes_svg_and_png_and_nothing_else(tmp_path):
    out, names = powers(minigrad)
    picture = draw(out, **names)
    assert picture.save(tmp_path / "graph.svg").read_text(encoding="utf-8") == picture.svg + "\n"
    assert picture.save(str(tmp_path / "graph.png")).read_bytes() == picture.png
    with pytest.raises(ValueError, match=r"name the file graph.svg, not graph.gif"):
        picture.save(tmp_path / "graph.gif")


@pytest.mark.parametrize("module", [explore, layout, svg, trace], ids=lambda m: m.__name__)
def test_the_examples_in_the_docs_are_true(module):
    tried = doctest.testmod(module)
    assert tried.attempted and not tried.failed
