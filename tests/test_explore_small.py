"""The small widgets: what they compute, what they say, and what they refuse."""

import itertools
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
import torch
from test_explore_colours import TEXT, contrast
from traitlets import TraitError, link

import minigrad
from minigrad.explore import (
    broadcast,
    broadcast_lens,
    controls,
    descent,
    descent_player,
    draw,
    explore,
    front,
    gradient_meter,
    jacobian_grid,
    leaf_table,
    record,
    sheet,
    svg,
    tensor_card,
)
from minigrad.explore.controls import Slider, Switch, frames_of, key_of
from minigrad.explore.sheet import Sheet, heat, number

LIBRARIES = pytest.mark.parametrize("library", [minigrad, torch], ids=["minigrad", "torch"])
DASH = "\u2014"


def texts(svg):
    """All texts of a picture; it must be well formed."""
    root = ElementTree.fromstring(svg)
    return ["".join(part.itertext()) for part in root.iter("{http://www.w3.org/2000/svg}text")]


def every_widget(library):
    x = library.tensor([1.0, -2.0, 3.0], requires_grad=True)
    y = x * 2
    y.sum().backward()
    matrix = library.tensor([[1.0, 2.0, 0.5], [3.0, 4.0, -1.0]])
    return {
        "card": tensor_card(x, y),
        "rows": leaf_table(x, y),
        "states": leaf_table(library=library),
        "jacobian": jacobian_grid(lambda x: matrix @ x, library.ones(3), v=[1, 10]),
        "broadcast": broadcast_lens(library.ones(3, 1), (4,)),
        "meter": gradient_meter(lambda w: (w * 3).sum(), library.ones(4)),
        "curve": descent_player(lambda w: (w - 3) ** 2, library.tensor(0.0), rate=0.25),
        "map": descent_player(lambda w: (w * w).sum(), library.tensor([3.0, 1.5])),
    }


@pytest.mark.parametrize(
    ("call", "way_out"),
    [
        (lambda: draw(5), r"^draw\(\) needs a tensor, but got int: give it a result"),
        (lambda: explore(5), r"^explore\(\) needs a tensor, but got int: give it a result"),
        (lambda: record(5), r"^record\(\) needs a tensor, but got int: give it a result"),
        (lambda: jacobian_grid(5, [1.0]), r"needs a function first, but got int: write jacobian_g"),
        (
            lambda: gradient_meter(5, [1.0]),
            r"write gradient_meter\(lambda",
        ),
        (
            lambda: descent_player(5, [1.0]),
            r"write descent_player\(lambda",
        ),
        (lambda: jacobian_grid(abs, "a"), r"not 'a': write a list like \[1.0, 2.0\]"),
        (lambda: gradient_meter(lambda w: 5, [1.0]), "f must return a tensor, .* without item"),
        (lambda: descent_player(lambda w: 5, [1.0]), "loss must return a tensor, .* without item"),
        (
            lambda: broadcast_lens(5),
            r"not 1: write broadcast_lens\(\(3, 1\), \(4,\)\)",
        ),
        (lambda: broadcast_lens((1,), (2,), (3,)), "not 3: .* look at two first"),
        (lambda: broadcast_lens((1, 2.5), (3,)), r"\(1, 2.5\) is no shape: write whole numbers"),
        (lambda: broadcast_lens((-1,), (3,)), r"\(-1,\) is no shape: write whole numbers"),
        (lambda: broadcast_lens("ab", (3,)), "not 'ab': write a list like"),
        (lambda: gradient_meter(abs, [1.0], passes=2.5), "passes goes from 1 to 12, not 2.5"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_a_sentence_with_the_way_out(call, way_out):
    with pytest.raises((TypeError, ValueError), match=way_out):
        call()


# --- what all share ------------------------------------------------------------------------------


def test_both_libraries_give_one_picture():
    ours, theirs = every_widget(minigrad), every_widget(torch)
    for name, widget in ours.items():
        assert picture(widget) == picture(theirs[name]), name
        assert str(widget) == str(theirs[name])


def picture(widget):
    return getattr(widget, "picture", None) or widget.svg


def test_pictures_are_large_enough_to_read_and_say_what_they_show():
    for name, widget in every_widget(minigrad).items():
        svg = picture(widget)
        root = ElementTree.fromstring(svg)
        assert root.get("role") == "img" and root.get("aria-label"), name
        assert root.find("{http://www.w3.org/2000/svg}desc").text == str(widget)
        assert min(float(size) for size in re.findall(r'font-size="([\d.]+)"', svg)) >= 17
        assert float(root.get("width")) <= 1280
        for part in ("http://", "https://"):
            assert part not in svg.replace("http://www.w3.org/2000/svg", "")


def test_controls_have_names_and_are_the_browsers_own():
    for name, widget in every_widget(minigrad).items():
        html = getattr(widget, "html", "<div/>").replace(" checked", "")
        root = ElementTree.fromstring(re.sub(r"(<input[^>]*)>", r"\1/>", html))
        for label in root.iter("label"):
            assert "".join(label.itertext()).strip(), name
            assert label.find("input").get("type") in ("range", "checkbox")
        for part in (part for part in root.iter() if part.get("role") == "group"):
            assert part.get("aria-label"), name


# --- colours -------------------------------------------------------------------------------------


def over(ground, colour, share=1.0):
    """What is seen of a colour of which a share lies on a ground."""
    pairs = [[int(c[i : i + 2], 16) for c in (ground, colour)] for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def dark_twin(tag, colour):
    return (
        front.DARK_TEXT.get(colour, front.DARK.get(colour, colour))
        if tag == "text"
        else (front.DARK.get(colour, colour))
    )


def drawn(widget):
    """Tag, colour and share of all that is filled in a picture."""
    for part in ElementTree.fromstring(picture(widget)).iter():
        colour = part.get("fill", "none")
        if colour != "none":
            yield part.tag.rpartition("}")[2], colour, float(part.get("fill-opacity", 1))


def test_every_colour_has_a_dark_twin_or_is_seen_on_both_grounds():
    known = {*front.DARK, *front.DARK_TEXT, *svg.STROKE.values()}
    for name, widget in every_widget(minigrad).items():
        root = ElementTree.fromstring(picture(widget))
        used = {p.get(what) for p in root.iter() for what in ("fill", "stroke")}
        assert used - {None, "none"} <= known, name


@pytest.mark.parametrize("dark", [False, True])
def test_all_texts_can_be_read(dark):
    paper, ink, grey = svg.PAPER, svg.INK, sheet.GREY
    if dark:
        paper, ink, grey = (front.DARK[colour] for colour in (paper, ink, grey))
    for name, widget in every_widget(minigrad).items():
        for tag, colour, share in drawn(widget):
            seen = dark_twin(tag, colour) if dark else colour
            if tag == "text":
                assert contrast(seen, paper) >= TEXT, (name, colour)
            elif share < 1:  # a cell, with its number
                assert contrast(ink, over(paper, seen, share)) >= 7, (name, colour, share)
    for value in (-1.0, 1.0, float("nan")):
        colour, share = heat(value, 1.0)
        seen = dark_twin("rect", colour) if dark else colour
        assert contrast(ink, over(paper, seen, share)) >= 7
    assert contrast(grey, over(paper, "#d55e00", 0.1)) >= TEXT


# --- setting them from Python --------------------------------------------------------------------


def test_a_value_set_in_python_redraws_and_a_wrong_one_is_refused():
    widget = gradient_meter(lambda w: (w * 3).sum(), [1.0], passes=3)
    before = widget.picture
    widget.after = 2
    assert widget.picture != before and "After pass 2 w.grad is 6" in widget.words
    assert widget.values == {"after": 2, "zero_grad": False}
    with pytest.raises(TraitError, match="should not be greater than 3, but a value of 4"):
        widget.after = 4
    with pytest.raises(TraitError, match="expected a boolean"):
        widget.zero_grad = "no"
    assert widget.values["after"] == 2


def test_controls_can_be_linked():
    one, two = (gradient_meter(lambda w: (w * 3).sum(), [1.0]) for _ in range(2))
    link((one, "after"), (two, "after"))
    one.after = 3
    assert two.words == one.words
    assert {"after", "zero_grad", "projector"} <= set(one.traits(sync=True))


def test_without_anywidget_the_first_picture_stands_still():
    code = """
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("anywidget", "ipywidgets", "traitlets"):
            raise ModuleNotFoundError(name, name=name)
sys.meta_path.insert(0, Block())
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *a: None if name == "anywidget" else found(name, *a)
import minigrad
from minigrad.explore import leaf_table, gradient_meter
for widget in (leaf_table(), gradient_meter(lambda w: w.sum(), [1.0])):
    print(type(widget).__name__, widget.svg[:4])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines() == ["Still <svg"] * 2, done.stderr


def frame(told, **values):
    """The picture and the words that a page shows for some values."""
    found = told["frames"][key_of({name: values[name] for name in told["names"]})]
    return ["".join(told["parts"][i] for i in some) for some in found]


def test_frames_for_a_page_without_a_kernel():
    def draw(**values):
        return f"<svg><g>{values}</g><path/></svg>", "one < two"

    told = frames_of("Two", draw, [Slider("b", "b", 0, 2), Switch("a", "a")])
    assert len(told["frames"]) == 6 and (told["b"], told["a"]) == (0, False)
    assert frame(told, b=2, a=True) == list(draw(b=2, a=True))
    assert told["parts"].count("<path/></svg>") == 1  # what frames share is stored once
    assert controls.FEWER not in told["html"]


def test_where_there_are_too_many_frames_every_slider_keeps_some_places():
    def draw(**values):
        return f"<svg>{values}</svg>", ""

    steps = Slider("step", "Step", 0, 20, player=True)
    told = frames_of("Many", draw, [steps, Slider("c", "c", 0.1, 5, 1, 0.1), Switch("d", "d")])
    assert len(told["frames"]) <= controls.MOST_FRAMES and controls.FEWER in told["html"]
    for step in range(21):  # time is not thinned
        frame(told, step=step, c=1, d=True)
    places = sorted({json.loads(key)[1] for key in told["frames"]})
    assert 1 in places and len(places) > 6 and places[0] >= 0.1 and places[-1] <= 5
    found = re.search('name="c" min="(.*?)" max="(.*?)" step="(.*?)" value="1"', told["html"])
    low, high, step = map(float, found.groups())
    assert np.allclose(places, np.arange(low, high + step / 2, step))


def test_numbers_in_cells():
    assert [number(v) for v in (np.nan, np.inf, -np.inf, 123456.0, 1e-20)] == [
        "nan",
        "inf",
        "\u2212inf",
        "1.235e+05",
        "1e\u221220",
    ]
    assert heat(float("nan"), 1.0) == (sheet.RULE, 1.0)
    assert sheet.largest(np.array([np.inf, -3.0])) == 3.0
    assert sheet.largest(np.array([0.0])) == 1.0
    assert "&lt;b&gt;" in Sheet("<b>").svg("")


# --- tensor card ---------------------------------------------------------------------------------


@LIBRARIES
def test_a_card_shows_all_that_a_tensor_knows(library):
    x = library.tensor([1.0, -2.0], requires_grad=True)
    y = x * 2
    y.sum().backward()
    seen = texts(tensor_card(x, y).svg)
    for text in (
        "x",
        "leaf",
        "float32, shape (2,)",
        "\u22122",
        "2",
        "None",
        "True",
        "False",
        "y",
        "computed",
        "MulBackward0",
        "\u22124",
        DASH,
    ):
        assert text in seen, text
    assert "0" in seen  # the version
    assert str(tensor_card(y)).count(f"grad           {DASH}") == 1
    assert seen.count(DASH) == 1  # the gradient of y, and nothing says 0 for it


@LIBRARIES
def test_a_card_of_a_changed_tensor_and_of_strange_ones(library):
    x = library.zeros(2)
    x.add_(1)
    assert "_version       1" in str(tensor_card(x))
    assert "no elements" in texts(tensor_card(library.zeros(0, 3)).svg)
    assert "True" in texts(tensor_card(library.tensor([True, False])).svg)
    large = tensor_card(library.ones(100, 300)).svg
    assert "1 to 1, first 24 rows and columns" in texts(large)
    assert large.count("<rect") < 700
    assert "nan" in texts(tensor_card(library.tensor([float("nan")])).svg)


def test_cards_of_torch_alone():
    assert "bfloat16" in str(tensor_card(torch.ones(2, dtype=torch.bfloat16)))
    assert "1+2j" in texts(tensor_card(torch.tensor([1 + 2j])).svg)
    with torch.inference_mode():
        t = torch.ones(2)
    assert f"_version       {DASH}" in str(tensor_card(t))


def test_cards_that_do_not_fit_side_by_side_go_below():
    t = minigrad.ones(8)
    root = ElementTree.fromstring(tensor_card(a=t, b=t, c=t, d=t).svg)
    assert float(root.get("width")) < 1300 and float(root.get("height")) > 600


def test_what_is_no_tensor_is_refused():
    with pytest.raises(TypeError, match=r"make one with minigrad.tensor\(...\)"):
        tensor_card([1.0])
    with pytest.raises(TypeError, match="needs a tensor"):
        tensor_card()
    with pytest.raises(TypeError, match=r"or call leaf_table\(\) for the four states"):
        leaf_table(3)


# --- leaf table ----------------------------------------------------------------------------------


@LIBRARIES
def test_the_four_states_say_what_is_kept(library):
    table = leaf_table(library=library)
    for requires_grad, computed, retain_grad in itertools.product([False, True], repeat=3):
        table.requires_grad, table.computed = requires_grad, computed
        table.retain_grad = retain_grad
        keeps = requires_grad and (not computed or retain_grad)
        assert ("is filled" in table.words or "fills" in table.words) == keeps, table.values
        refused = retain_grad and not requires_grad
        assert (
            "can't retain_grad on Tensor that has requires_grad=False" in table.words
        ) == refused
        seen = texts(table.picture)
        filled = 2 if requires_grad and computed and retain_grad else 1
        assert seen.count("2") == filled and seen.count(DASH) == 4 - filled


@LIBRARIES
def test_a_table_of_own_tensors(library):
    x = library.tensor(2.0, requires_grad=True)
    y = x * 3
    y.retain_grad()
    z = y.detach()
    y.backward()
    assert str(leaf_table(x, y, other=z)).splitlines() == [
        "x: requires_grad True, grad_fn None, is_leaf True, retains_grad False, .grad 3",
        "y: requires_grad True, grad_fn MulBackward0, is_leaf False, retains_grad True, .grad 1",
        f"other: requires_grad False, grad_fn None, is_leaf True, retains_grad False, .grad {DASH}",
    ]


# --- Jacobian grid -------------------------------------------------------------------------------


@LIBRARIES
def test_a_vector_from_either_side(library):
    matrix = library.tensor([[1.0, 2.0], [3.0, 4.0]])
    grid = jacobian_grid(lambda x: matrix @ x, library.ones(2), v=[1, 10])
    assert "[31, 42]" in grid.words and "[21, 43]" in grid.words
    assert {"31", "42", "21", "43", "10\u00b73", "2\u00b710"} <= set(texts(grid.picture))
    grid.v1 = 0
    assert "v\u1d40J = [1, 2]" in grid.words and "J u = [1, 3]" in grid.words


@LIBRARIES
def test_a_grid_that_is_not_square(library):
    x = library.tensor([1.0, 2.0, 3.0])
    grid = jacobian_grid(lambda x: x[:2] * x[1:], x, v=[1, 10], u=[1, 0, 2])
    v, u = library.tensor([1.0, 10.0]), library.tensor([1.0, 0.0, 2.0])
    functional = library.autograd.functional
    _, back = functional.vjp(lambda x: x[:2] * x[1:], x, v)
    _, ahead = functional.jvp(lambda x: x[:2] * x[1:], x, u)
    assert f"v\u1d40J = {short(back)}" in grid.words
    assert f"J u = {short(ahead)}" in grid.words
    assert set(grid.values) == {"v0", "v1", "u0", "u1", "u2"}
    assert 'data-drag="u2"' in grid.picture and 'data-drag="v1"' in grid.picture


def short(t):
    return f"[{', '.join(map(number, t.tolist()))}]"


def test_a_scalar_function_and_refusals():
    assert "v\u1d40J = [2, 4]" in str(jacobian_grid(lambda x: (x * x).sum(), [1.0, 2.0]))
    with pytest.raises(ValueError, match="7 rows and 7 columns, and a picture holds 6"):
        jacobian_grid(lambda x: x, [1.0] * 7)
    with pytest.raises(ValueError, match="v needs one number for each element of the output: 2"):
        jacobian_grid(lambda x: x, [1.0, 2.0], v=[1, 2, 3])
    with pytest.raises(TypeError, match="f must return a tensor"):
        jacobian_grid(lambda x: 3, [1.0])


# --- broadcast lens ------------------------------------------------------------------------------

SHAPES = [
    ((3, 1), (4,)),
    ((), (2, 3)),
    ((2, 1, 3), (2, 1)),
    ((1,), (1,)),
    ((2, 3), (2, 3)),
    ((4,), (3, 1)),
    ((1, 1), (2,)),
    ((2, 2, 2), (1, 2)),
]


@LIBRARIES
@pytest.mark.parametrize("multiply", [False, True])
@pytest.mark.parametrize("a, b", SHAPES)
def test_gradients_fold_where_cells_were_stretched(library, a, b, multiply):
    generator = np.random.default_rng(0)
    left, right = (generator.integers(1, 9, shape).astype(float) for shape in (a, b))
    lens = broadcast_lens(library.tensor(left.tolist()), right)
    lens.stage, lens.multiply = 5, multiply
    tensors = [torch.tensor(side, requires_grad=True) for side in (left, right)]
    out = tensors[0] * tensors[1] if multiply else tensors[0] + tensors[1]
    out.sum().backward()
    seen = texts(lens.picture)
    for t in tensors:
        for value in t.grad.ravel().tolist():
            assert number(value) in seen
    for stage in range(6):
        lens.stage = stage
        assert texts(lens.picture) and lens.words


@pytest.mark.parametrize("multiply", [False, True])
@pytest.mark.parametrize("a, b", SHAPES)
def test_what_is_sent_adds_up_to_what_is_kept(a, b, multiply):
    arrays = [broadcast._filled(shape) for shape in (a, b)]
    run = broadcast._Run(minigrad, *arrays, np.broadcast_shapes(a, b), multiply)
    for i, array in enumerate(arrays):
        folded = run.sent[i].sum(axis=tuple(run.axes(i)), keepdims=True).reshape(array.shape)
        assert np.array_equal(folded, run.grads[i])
        assert (~run.copies(i)).sum() == array.size


def test_the_lens_says_which_axes():
    lens = broadcast_lens((3, 1), (4,))
    lens.stage = 5
    assert {"a.grad: sum over axis 1", "b.grad: sum over axis 0"} <= set(texts(lens.picture))
    assert "gradient is summed there" in lens.words
    lens = broadcast_lens((2, 3), (2, 3))
    lens.stage = 5
    assert "a.grad: nothing to sum" in texts(lens.picture)


def test_shapes_that_do_not_fit_are_refused_in_words():
    with pytest.raises(
        ValueError,
        match=r"\(3\) and \(4\) do not fit together: counted from the "
        "right, axis 1 has 3 and 4",
    ):
        broadcast_lens((3,), (4,))
    for a, b in (((7, 1), (2,)), ((2, 1, 1, 1), (1,)), ((6, 1, 6), (6, 1))):
        with pytest.raises(ValueError, match="too large to draw"):
            broadcast_lens(a, b)
    with pytest.raises(ValueError, match="no cells to draw"):
        broadcast_lens((0,), (1,))


# --- gradient meter ------------------------------------------------------------------------------


@LIBRARIES
def test_the_source_lessons_loop(library):
    meter = gradient_meter(lambda w: (w * 3).sum(), library.ones(4), passes=3)
    assert "that is no zero" in meter.words
    assert texts(meter.picture).count(DASH) == 3
    told = []
    for zero_grad in (False, True):
        for after in (1, 2, 3):
            meter.after, meter.zero_grad = after, zero_grad
            told.append(re.search(r"w\.grad is \[(\d+)", meter.words)[1])
    assert told == ["3", "6", "9", "3", "3", "3"]


def test_gradients_of_both_signs_and_refusals():
    meter = gradient_meter(lambda w: w[0] - 2 * w[1] + 0 * w[2], [1.0, 1.0, 1.0])
    for element, last in ((0, "4"), (1, "\u22128"), (2, "0")):
        meter.after, meter.element = 4, element
        assert last in texts(meter.picture)
    with pytest.raises(ValueError, match="f does not use w"):
        gradient_meter(lambda w: minigrad.ones(1, requires_grad=True).sum(), [1.0])
    with pytest.raises(ValueError, match="passes goes from 1 to 12, not 0"):
        gradient_meter(lambda w: w.sum(), [1.0], passes=0)
    with pytest.raises(ValueError, match="w has 9 elements"):
        gradient_meter(lambda w: w.sum(), [1.0] * 9)


# --- descent player ------------------------------------------------------------------------------


def test_the_walk_is_that_of_torch_sgd():
    w = torch.tensor([3.0, 1.5], requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    player = descent_player(lambda w: w[0] ** 2 + 4 * w[1] ** 2, [3.0, 1.5], rate=0.1, steps=10)
    for step in range(11):
        player.step = step
        where = ", ".join(number(round(v, 4)) for v in w.tolist())
        found = [
            float(v.replace("\u2212", "-"))
            for v in re.search(r"w = \[(.*?)\]", player.words)[1].split(", ")
        ]
        assert found == pytest.approx(w.tolist(), rel=1e-3, abs=1e-4), (step, where)
        optimizer.zero_grad()
        (w[0] ** 2 + 4 * w[1] ** 2).backward()
        optimizer.step()


def test_a_rate_that_is_too_large_is_said():
    player = descent_player(lambda w: (w - 3) ** 2, 0.0, rate=0.25, steps=20)
    player.step, player.rate = 20, 1.25
    assert "the learning rate is too large here" in player.words
    assert "outside the picture" in player.words
    assert "nan" not in player.picture and "inf" not in re.sub(
        r"<desc>.*?</desc>", "", player.picture
    )


@LIBRARIES
def test_losses_that_are_not_finite_everywhere(library):
    player = descent_player(lambda w: w - w.log(), library.tensor(0.5), rate=0.3, steps=4)
    for step in range(5):
        player.step = step
        texts(player.picture)
    both = descent_player(lambda w: (w - w.log()).sum(), library.tensor([0.5, 2.0]), steps=3)
    texts(both.picture)


def test_the_gradient_is_an_arrow_at_right_angles_to_the_bands_as_long_as_it_is_large():
    player = descent_player(lambda w: w[0] ** 2 + 8 * w[1] ** 2 + w[0] * w[1], [3.0, 1.5])
    lengths, places = [], []
    for step in range(6):
        player.step = step
        x, y, dx, dy = arrow(player.picture)
        a, b = gradient = told(player.words, "gradient")
        assert dx * b == pytest.approx(-dy * a, abs=0.02 * np.hypot(dx, dy) * np.hypot(a, b))
        assert np.hypot(dx, dy) / np.hypot(*gradient) == pytest.approx(110 / 28.02, rel=0.01)
        for end in ((x, y), (x + dx, y + dy)):
            assert descent._inside(*end)
        places.append((x, y))
        lengths.append(told(player.words, "w"))
    moved, was = np.diff(places, axis=0), np.diff(lengths, axis=0)
    scale = moved / (was * [1, -1])
    assert scale == pytest.approx(np.full_like(scale, scale[0, 0]), rel=0.02)  # of both axes


def test_the_arrow_of_a_walk_that_runs_away_stays_in_the_picture():
    player = descent_player(lambda w: w[0] ** 2 + 8 * w[1] ** 2, [3.0, 1.5], rate=0.1)
    player.rate = 0.13
    seen = 0
    for step in range(21):
        player.step = step
        found = arrow(player.picture)
        if found is not None:
            x, y, dx, dy = found
            assert descent._inside(round(x + dx), round(y + dy))
            assert np.hypot(dx, dy) < 111
            seen += 1
    assert seen > 5


def arrow(svg):
    """Where the arrow of a gradient begins, and how far it goes."""
    found = re.search(r'd="M(\S+) (\S+) l(\S+) (\S+)"[^>]*marker-end', svg)
    return None if found is None else [float(part) for part in found.groups()]


def told(words, name):
    numbers = re.search(rf"\b{name}(?: =)? \[(.*?)\]", words)[1]
    return [float(part.replace("\u2212", "-")) for part in numbers.split(", ")]


def test_descent_refusals():
    with pytest.raises(ValueError, match="start has 3 numbers"):
        descent_player(lambda w: w.sum(), [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="steps goes from 1 to 40, not 41"):
        descent_player(lambda w: w, 1.0, steps=41)
    with pytest.raises(ValueError, match="must be above 0"):
        descent_player(lambda w: w, 1.0, rate=0)
    with pytest.raises(ValueError, match="loss does not use its argument"):
        descent_player(lambda w: minigrad.ones(1, requires_grad=True).sum(), 1.0)
