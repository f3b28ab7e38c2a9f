"""The picture's colours: enough contrast to read, and told apart by colour-blind readers.

Contrast is WCAG 2.2's: 4.5 for text, 3 for what must be seen. Colour blindness is simulated with
the matrices of Machado, Oliveira and Fernandes (2009) for a full deficiency; colours are compared
by their distance in CIELAB. Shapes say the same as colours: these are the second help, not the
only one.
"""

import itertools
import re
import xml.etree.ElementTree as ElementTree
from io import BytesIO

import numpy as np
import pytest
from matplotlib.image import imread

import minigrad
from minigrad.explore import draw, front, svg

TEXT, SEEN = 4.5, 3.0  # the least contrast
DARK_PAGE = "#111111"  # JupyterLab's
# The least distance in CIELAB. 2.3 is just noticeable side by side; from 10 on two colours look
# different at a glance. Today's nearest pair are the outlines of leaf and constant, 11 for
# deuteranopia; they differ in form and ground as well. A gradient is told by its colour alone,
# from an edge at rest and from a value: twice as far.
APART, FAR = 10.0, 20.0

# Of linear RGB, as published: columns are red, green, blue.
VISIONS = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


# --- measures -------------------------------------------------------------------------------------


def linear(colour: str) -> np.ndarray:
    """Linear RGB of "#rrggbb" or "#rgb"."""
    digits = colour.removeprefix("#")
    digits = "".join(2 * d for d in digits) if len(digits) == 3 else digits
    values = np.array([int(digits[i : i + 2], 16) for i in (0, 2, 4)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(a: str, b: str) -> float:
    weights = np.array([0.2126, 0.7152, 0.0722])
    low, high = sorted(float(weights @ linear(colour)) for colour in (a, b))
    return (high + 0.05) / (low + 0.05)


def lab(colour: str, vision: str = "normal") -> np.ndarray:
    seen = np.clip(np.array(VISIONS[vision]) @ linear(colour), 0, 1)
    x, y, z = TO_XYZ @ seen / (TO_XYZ @ np.ones(3))
    f = [t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in (x, y, z)]
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(a: str, b: str, vision: str) -> float:
    return float(np.linalg.norm(lab(a, vision) - lab(b, vision)))


def test_the_measures_measure():
    assert contrast("#000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#767676", "#FFF") == pytest.approx(4.54, abs=0.01)
    assert lab("#FFFFFF") == pytest.approx([100, 0, 0], abs=0.01)
    assert lab("#FF0000") == pytest.approx([53.24, 80.09, 67.20], abs=0.05)
    for vision, matrix in VISIONS.items():  # who sees fewer colours sees grey as others do
        assert np.array(matrix) @ np.ones(3) == pytest.approx(1, abs=1e-5), vision


def test_the_simulation_mixes_up_what_colour_blind_people_do():
    red_and_green = "#B45050", "#778540"
    assert distance(*red_and_green, "normal") > 40
    assert distance(*red_and_green, "deuteranopia") < 15
    assert (
        distance("#0072B2", "#00808A", "tritanopia")
        < 15
        < 25
        < distance("#0072B2", "#00808A", "normal")
    )


# --- the two grounds ------------------------------------------------------------------------------


LIGHT = {
    "paper": svg.PAPER,
    "grounds": svg.GROUND,
    "strokes": svg.STROKE,
    "ink": svg.INK,
    "gradient": svg.GRADIENT,
    "line": svg.LINE,
    "on gradient": "#FFFFFF",
}


DARK = {
    "paper": front.DARK[svg.PAPER],
    "grounds": {kind: front.DARK[ground] for kind, ground in svg.GROUND.items()},
    "strokes": svg.STROKE,
    "ink": front.DARK[svg.INK],
    "gradient": front.DARK[svg.GRADIENT],
    "line": front.DARK[svg.LINE],
    "on gradient": front.DARK[svg.PAPER],
}

GROUNDS = pytest.mark.parametrize("ground", [LIGHT, DARK], ids=["light", "dark"])


@GROUNDS
def test_texts_can_be_read(ground):
    for paper in (ground["paper"], *ground["grounds"].values()):
        assert contrast(ground["ink"], paper) >= 7
        assert contrast(ground["gradient"], paper) >= TEXT
    assert contrast(ground["on gradient"], ground["gradient"]) >= TEXT


@GROUNDS
def test_outlines_and_edges_can_be_seen(ground):
    for kind, stroke in ground["strokes"].items():
        assert contrast(stroke, ground["paper"]) >= SEEN, kind
    assert contrast(ground["line"], ground["paper"]) >= SEEN
    assert contrast(ground["gradient"], ground["paper"]) >= SEEN


@GROUNDS
@pytest.mark.parametrize("vision", VISIONS)
def test_kinds_of_boxes_are_told_apart(ground, vision):
    for a, b in itertools.combinations(ground["strokes"], 2):
        found = distance(ground["strokes"][a], ground["strokes"][b], vision)
        assert found >= APART, (a, b, found)


@GROUNDS
@pytest.mark.parametrize("vision", VISIONS)
def test_gradients_are_told_from_values_and_from_edges_at_rest(ground, vision):
    for other in ("ink", "line"):
        assert distance(ground["gradient"], ground[other], vision) >= FAR, other


def test_the_style_sheet_says_the_same():
    pairs = dict(re.findall(r"light-dark\((#\w+), (#\w+)\)", front.file("widget.css")))
    assert pairs.pop("#8e1f76") == DARK["gradient"].lower()
    assert pairs.pop("#fff") == DARK["paper"].lower()
    assert pairs.pop("#1a1a1a") == DARK["ink"].lower()
    assert list(pairs) == ["#eee"]  # the ground of the rest
    for light, twin in front.DARK.items():
        assert f'[fill="{light}"] {{ fill: light-dark({light}, {twin}); }}' in front.STYLE


# --- what is really drawn -------------------------------------------------------------------------

NAMESPACE = "{http://www.w3.org/2000/svg}"


def texts_and_grounds(picture: str) -> list[tuple[str, str]]:
    """The colour of each text of a picture and of what lies under it."""
    root = ElementTree.fromstring(picture)
    found = []
    for group in root.iter(f"{NAMESPACE}g"):
        rect = group.find(f"{NAMESPACE}rect")
        for text in group.findall(f"{NAMESPACE}text"):
            found.append((text.get("fill"), "none" if rect is None else rect.get("fill")))
    return found


def test_every_text_of_a_real_picture_can_be_read():
    a = minigrad.tensor([1.0, 2.0], requires_grad=True)
    b = minigrad.tensor([3.0, 4.0])
    loss = (a * b).sum()
    loss.backward()
    pairs = texts_and_grounds(draw(loss).svg)
    assert {ground for _, ground in pairs} == {svg.PAPER, *svg.GROUND.values()}
    assert min(contrast(text, ground) for text, ground in pairs) >= TEXT


def test_a_still_picture_is_at_home_on_white_and_on_black():
    """It has no ground of its own but in its boxes; lines show on that of any page."""
    picture = draw((minigrad.ones(2, requires_grad=True) * 2).sum())
    dots = imread(BytesIO(picture.png))
    assert dots.shape[2] == 4 and not dots[[0, 0, -1, -1], [0, -1, 0, -1], 3].any()
    assert (dots[..., 3] == 0).mean() > 0.3  # between the boxes, too
    for page in ("#ffffff", DARK_PAGE):
        for line in (svg.LINE, *svg.STROKE.values()):
            assert contrast(line, page) >= SEEN, (line, page)


def test_a_pale_text_would_be_found():
    picture = draw(minigrad.ones(2, requires_grad=True).sum()).svg
    pale = picture.replace(f'fill="{svg.GRADIENT}"', 'fill="#CC79A7"')  # Okabe-Ito's own purple
    assert min(contrast(text, ground) for text, ground in texts_and_grounds(pale)) < TEXT


def test_shapes_say_the_same_as_colours():
    """A pill, a rounded box, a square, a dashed box, a pile: no two kinds are drawn alike."""
    kinds, shapes = [*svg.STROKE, "group"], set()
    for kind in kinds:
        drawn = svg._shape(kind, 0, 0, 120, 60)
        rounded = re.search(r'rx="([^"]+)"', drawn)[1]
        shapes.add((rounded, "stroke-dasharray" in drawn, drawn.count("<rect")))
    assert len(shapes) == len(kinds)
