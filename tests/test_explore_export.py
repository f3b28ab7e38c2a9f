"""Exported lessons: pages and slides in which the players play with no kernel and no network."""

import base64
import json
import re
import subprocess
import sys

import nbformat
import pytest
import torch
from bs4 import BeautifulSoup
from conftest import needs
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import minigrad
from minigrad import pages as pages_module
from minigrad.explore import (
    broadcast_lens,
    descent_player,
    explore,
    gradient_meter,
    jacobian_grid,
    leaf_table,
    tensor_card,
)
from minigrad.explore import export as export_module
from minigrad.explore.export import PageExporter, SlidesExporter
from minigrad.pages import mathml

PNG = "image/png"


def shown(thing):
    """The output that a notebook stores for a thing, after a round through a file."""
    data, about = thing._repr_mimebundle_(include=None, exclude=None)
    data[PNG] = base64.encodebytes(data[PNG]).decode()  # as the kernel does
    output = new_output("execute_result", data=data, metadata=about, execution_count=1)
    notebook = nbformat.writes(new_notebook(cells=[new_code_cell("1", outputs=[output])]))
    return nbformat.reads(notebook, as_version=4).cells[0].outputs[0]


@pytest.fixture(scope="module")
def things():
    x = minigrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x + 2
    matrix = minigrad.tensor([[1.0, 2.0], [3.0, 4.0]])
    return {
        "Explorer": explore((y * y * 2).mean(), x=x, y=y),
        "Card": tensor_card(x),
        "Leaves": leaf_table(),
        "Jacobian": jacobian_grid(lambda x: matrix @ x, [1.0, 1.0], v=[1, 10]),
        "Broadcast": broadcast_lens((3, 1), (4,)),
        "Meter": gradient_meter(lambda w: (w * 3).sum(), [1.0], passes=3),
        "Descent": descent_player(lambda w: (w - 3) ** 2, 0.0, rate=0.25, steps=5),
    }


@pytest.fixture(scope="module")
def lesson(things, tmp_path_factory):
    """A notebook with each widget's output, with saved widget state as an editor leaves it."""
    words = "# A lesson\n\n$v^\\top J$ and\n\n$$\\frac{\\partial y}{\\partial x} = 2x$$"
    cells = [new_markdown_cell(words)]
    for name, thing in things.items():
        cells.append(new_markdown_cell(f"## {name}"))
        cells.append(new_code_cell(name, outputs=[shown(thing)], execution_count=1))
    state = {"application/vnd.jupyter.widget-state+json": {"state": {}, "version_major": 2}}
    path = tmp_path_factory.mktemp("lesson") / "lesson.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata={"widgets": state}), path)
    return path


@pytest.fixture(scope="module")
def pages(lesson):
    made = {}
    for name, exporter in (("page", PageExporter), ("slides", SlidesExporter)):
        html, _ = exporter().from_filename(str(lesson))
        made[name] = lesson.with_name(f"{name}.html")
        made[name].write_text(html, encoding="utf-8")
    return made


@pytest.fixture
def open_page(browser, pages):
    """Opens an exported page with the network off, and notes all that it asks for."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    context.set_offline(True)
    page = context.new_page()
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))

    def open_it(name, ready=""):
        page.add_init_script(ready)
        page.goto(pages[name].as_uri())
        return page

    yield open_it
    context.close()
    assert not errors
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


# --- what a notebook stores ----------------------------------------------------------------------


def test_an_output_holds_widget_picture_words_and_data(things):
    for name, thing in things.items():
        data = shown(thing)["data"]
        assert PNG in data and "text/plain" in data, name
        assert "text/html" not in data and "image/svg+xml" not in data, name
        assert name == "Card" or export_module.WIDGET_TYPE in data, name


def test_pages_name_no_other_machine(pages):
    for path in pages.values():
        text = re.sub(r"data:[\w/;+-]+,[\w+/=]*", "", path.read_text(encoding="utf-8"))
        found = re.findall(r"""(?:src|href)=["']?(?:https?:)?//[^"'\s]*|url\(["']?https?:""", text)
        assert found == []
        assert not re.search(r"cdnjs|unpkg|jsdelivr|MathJax.js|MathJax.Hub|requirejs", text)
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        assert page.select("link, script[src], iframe") == []  # nor another file of this one


def test_formulas_are_mathml(pages):
    text = pages["page"].read_text(encoding="utf-8")
    assert text.count("<math") >= 2 and "<mfrac>" in text
    assert "$" not in re.sub(r"<(script|style).*?</\1>", "", text, flags=re.DOTALL)


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"\texttt{grad\_a}", "grad_a"),
        (r"\text{50\% of \{a, b\} \& \#1, \$2}", "50% of {a, b} & #1, $2"),
        (r"\mbox{a\_b}", "a_b"),
        (r"\text{\&lt;b}", "&lt;b"),  # shown, and no tag
        ("\\text{\ue026lt;\ue03cb}", "&lt;\ue03cb"),
    ],
)
def test_what_is_escaped_in_a_formulas_text_is_shown_without_its_backslash(tex, text):
    page = BeautifulSoup(mathml(f"{tex} = x"), "html.parser")
    assert page.find("mtext").text.replace("\xa0", " ") == text
    assert page.find("mi").text == "x" and {tag.name for tag in page.find_all()} <= {
        *("math", "mrow", "mstyle", "mtext", "mi", "mo")
    }


def test_what_no_one_can_translate_stays_readable(monkeypatch):
    assert mathml("\\frac{") == "<code>\\frac{</code>"
    assert mathml("<b>" + "x" * 9999).startswith("<code>&lt;b&gt;xxx")
    monkeypatch.setattr(pages_module, "_translator", lambda: None)
    assert mathml("x < 2") == "<code>x &lt; 2</code>"


HOSTILE = (
    r"\text{<img/src=x/onerror=alert(1)>}",
    r"\text{&lt;img/src=x/onerror=alert(1)&gt;}",
    r"\text{&amp;lt;img/src=x/onerror=alert(1)&amp;gt;}",
    r"\text{</math><script>alert(1)</script>}",
    r"\mathrm{<script>alert(1)</script>}",
    r"\operatorname{<svg/onload=alert(1)>}",
    r"\href{javascript:alert(1)}{x}",
    r"\style{background:url(//x)}{x}",
    r"\class{x}{y}",
    r'\color{"><img src=x onerror=alert(1)>}{x}',
    r'\textcolor{x" onclick="alert(1)}{y}',
    r'\rule{1em" onload="x}{1em}',
    r'\begin{"><img src=x>}x\end{"><img src=x>}',
    r"\unknown{<b>x</b>}",
)


@pytest.mark.parametrize("tex", HOSTILE)
@pytest.mark.parametrize("mark", ["$", "$$"])
def test_formulas_of_a_hand_in_are_shown_and_not_obeyed(tex, mark):
    notebook = new_notebook(cells=[new_markdown_cell(f"a {mark}{tex}{mark} b")])
    empty, full = (
        BeautifulSoup(pages_module.AloneExporter().from_notebook_node(nb)[0], "html.parser")
        for nb in (new_notebook(cells=[new_markdown_cell("a b")]), notebook)
    )
    known = {tag.name for tag in empty.find_all()} | {"code"}
    for tag in full.find_all():
        assert tag.name in known or re.fullmatch("m[a-z]+", tag.name), tag.name
        if tag.name not in known:
            assert not {"href", "style", "class", "onclick", "onload"} & set(tag.attrs)
            assert all(map(pages_module.ATTRIBUTE.fullmatch, tag.attrs)), tag.attrs
    assert len(full.find_all("script")) == len(empty.find_all("script"))
    assert len(full.find_all("a")) == len(empty.find_all("a"))


def test_a_foreign_widget_becomes_its_words():
    output = new_output("execute_result", execution_count=1)
    output["data"] = {export_module.WIDGET_TYPE: {"model_id": "1"}, "text/plain": "IntSlider()"}
    notebook = new_notebook(cells=[new_code_cell("s", outputs=[output], execution_count=1)])
    html, _ = PageExporter().from_notebook_node(notebook)
    assert "IntSlider()" in html and "widget-view" not in html
    assert "data-player" not in html and "attachShadow" not in html


def test_data_cannot_end_its_script():
    output = shown(leaf_table())
    output["data"][export_module.MIME]["html"] = "</script><img src=x>"
    notebook = new_notebook(cells=[new_code_cell("s", outputs=[output], execution_count=1)])
    html, _ = PageExporter().from_notebook_node(notebook)
    stored = BeautifulSoup(html, "html.parser").select_one("[data-player] script").string
    assert json.loads(stored)["html"] == "</script><img src=x>"


def test_images_of_a_feedback_page_are_not_read(tmp_path):
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"secret")
    notebook = new_notebook(cells=[new_markdown_cell("![x](secret.png)")])
    resources = {"metadata": {"path": str(tmp_path)}}
    html, _ = pages_module.AloneExporter().from_notebook_node(notebook, resources)
    assert "base64" not in html.partition("<main")[2]
    html, _ = PageExporter().from_notebook_node(notebook, resources)
    assert "base64" in html.partition("<main")[2]


def test_nbconvert_knows_the_exporters(tmp_path):
    from nbconvert.exporters import get_exporter

    try:
        found = get_exporter("minigrad_html"), get_exporter("minigrad_slides")
    except ValueError:
        pytest.skip("the project was installed before it had exporters: pip install -e . again")
    assert found == (PageExporter, SlidesExporter)


# --- pages ---------------------------------------------------------------------------------------


def player(page, number):
    return page.locator("[data-player]").nth(number)


@needs("chromium")
def test_the_explorer_steps_by_key_and_click(open_page):
    page = open_page("page")
    explorer = player(page, 0)
    assert explorer.locator("output").first.inner_text() == "0 of 9"
    explorer.locator(".mg").first.focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    assert explorer.locator("output").first.inner_text() == "2 of 9"
    assert "sends" in explorer.locator(".words").inner_text()
    page.keyboard.press("PageUp")
    explorer.get_by_text("Last", exact=True).click()
    assert explorer.locator("output").first.inner_text() == "9 of 9"
    assert "x.grad is" in explorer.locator(".words").inner_text()


@needs("chromium")
def test_the_explorer_asks_before_it_shows(open_page):
    page = open_page("page")
    explorer = player(page, 0)
    explorer.get_by_label("Predict").check()
    for _ in range(2):
        page.keyboard.press("PageDown")
    explorer.get_by_label("What does MeanBackward0 send").fill("1/2")
    page.keyboard.press("Enter")
    assert explorer.get_by_text("Not yet: look at number 1.").is_visible()
    explorer.get_by_label("What does MeanBackward0 send").fill("1/3")
    page.keyboard.press("Enter")
    assert "Right! MeanBackward0 sends [0.3333" in explorer.locator(".words").inner_text()
    assert explorer.locator("output").first.inner_text() == "2 of 9"


@needs("chromium")
def test_no_rule_gives_the_answer_away_while_it_is_asked_for(open_page):
    page = open_page("page")
    explorer = player(page, 0)
    explorer.locator(".mg").first.focus()
    page.keyboard.press("PageDown")
    rule, why = explorer.locator(".rule"), explorer.locator(".why")
    assert "sends to MulBackward0 (2)" in rule.inner_text() and why.is_visible()
    explorer.get_by_label("Predict").check()
    page.keyboard.press("PageDown")
    assert explorer.get_by_label("What does MeanBackward0 send to MulBackward0 (2)").is_visible()
    assert not rule.is_visible() and not why.is_visible()
    assert explorer.locator(".box table").first.is_visible()  # what one needs to find the answer
    explorer.get_by_text("Show it").click()
    assert rule.is_visible() and explorer.locator(".side > .math").is_visible()


@needs("chromium")
def test_the_small_widgets_play(open_page):
    page = open_page("page")
    leaves, jacobian, broadcast, meter, descent = (player(page, i) for i in range(2, 7))

    leaves.get_by_label("computed").check()
    assert "no leaf" in leaves.locator("p").inner_text()
    leaves.get_by_label("retain_grad()").check()
    assert ".grad is filled" in leaves.locator("p").inner_text()

    jacobian.get_by_label("v[0]").focus()
    page.keyboard.press("ArrowRight")
    assert "v\u1d40J = [32, 44]" in jacobian.locator("p").inner_text()

    for _ in range(5):
        broadcast.get_by_text("Next").click()
    assert "summed there" in broadcast.locator("p").inner_text()

    meter.get_by_label("Passes").focus()
    for _ in range(2):
        page.keyboard.press("PageDown")
    assert "After pass 2 w.grad is 6" in meter.locator("p").inner_text()
    meter.get_by_label("zero_grad").check()
    assert "After pass 2 w.grad is 3" in meter.locator("p").inner_text()

    descent.get_by_text("Next").click()
    assert "w = 1.5: loss 2.25" in descent.locator("p").inner_text()


@needs("chromium")
def test_a_page_without_scripts_shows_the_pictures(browser, pages):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(pages["page"].as_uri())
    images = page.locator("main img")
    assert images.count() == 7
    assert all(images.nth(i).is_visible() and images.nth(i).get_attribute("alt") for i in range(7))
    context.close()


@needs("chromium")
def test_printing_leaves_the_buttons_out(open_page):
    page = open_page("page")
    assert player(page, 0).locator(".bar").is_visible()
    page.emulate_media(media="print")
    assert not player(page, 0).locator(".bar").is_visible()
    assert not player(page, 1).locator(".bar").is_visible()
    cut = "e => e.scrollHeight > e.clientHeight"
    assert not player(page, 0).locator(".pic").evaluate(cut)
    pdf = page.pdf()
    assert pdf[:5] == b"%PDF-" and pdf.count(b"/Subtype /Image") + pdf.count(b"/Subtype/Image") < 7


# What sticks out of its pane, or of the paper.
CUT = """high => {
    const right = (e) => e.getBoundingClientRect().right;
    const all = [...document.querySelectorAll("pre")];
    const found = all.filter((e) => e.scrollWidth > e.clientWidth);
    for (const { shadowRoot } of document.querySelectorAll("[data-player]")) {
        const [root, pic, svg] = [".mg", ".pic", "svg"].map((at) => shadowRoot.querySelector(at));
        const texts = [...root.querySelectorAll(":not(svg *, svg)")];
        found.push(...texts.filter((e) => right(e) > right(root)));
        if (right(root) > innerWidth) found.push(root);
        if (right(svg) > right(pic) || svg.clientHeight > high) found.push(svg);
        if (pic.scrollHeight > pic.clientHeight) found.push(pic);
    }
    return found.map((e) => e.outerHTML.slice(0, 60));
}"""


@needs("chromium")
@pytest.mark.parametrize("step", [0, 9])
def test_nothing_is_cut_on_paper(open_page, step):
    """A4 within margins of 1 cm. While a browser prints, no script hears how narrow it is."""
    page = open_page("page", ready="window.ResizeObserver = class { observe() {} }")
    player(page, 0).get_by_label("Moment").fill(str(step))
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 718, "height": 1047})
    page.evaluate("document.querySelector('.highlight pre').append('x'.repeat(999))")
    assert page.evaluate(CUT, 1047) == []


# --- how large -----------------------------------------------------------------------------------

# The letters of a picture in pixels, and what its pane shows of it.
MEASURE = """root => {
    const pic = root.querySelector(".pic"), svg = pic.querySelector("svg");
    const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
    return {
        letters: 18 * scale * pic.offsetWidth / pic.getBoundingClientRect().width,
        side: pic.nextElementSibling.getBoundingClientRect().right,
        all: [pic.scrollWidth <= pic.clientWidth, pic.scrollHeight <= pic.clientHeight],
    };
}"""


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """A page with the backward pass of a network of two layers."""
    nn = torch.nn
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    loss = nn.functional.cross_entropy(net(torch.randn(5, 4)), torch.tensor([0, 1, 2, 1, 0]))
    cell = new_code_cell("explore(loss)", outputs=[shown(explore(loss))], execution_count=1)
    path = tmp_path_factory.mktemp("network") / "network.html"
    path.write_text(PageExporter().from_notebook_node(new_notebook(cells=[cell]))[0], "utf-8")
    return path


@needs("chromium")
@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080)])
def test_a_network_can_be_read_on_a_page_and_on_a_projector(browser, network, width, height):
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(network.as_uri())
    widget = page.locator(".mg")
    found = widget.evaluate(MEASURE)
    assert found["letters"] >= 12 and found["all"][0] and found["side"] <= width
    assert found["all"][1] == (height == 1080)
    widget.get_by_label("Projector").check()
    page.wait_for_function("document.fullscreenElement")
    page.wait_for_timeout(200)
    found = widget.evaluate(MEASURE)
    assert found["letters"] >= 17.99 and found["side"] <= width
    assert found["all"][0] == (width == 1920)
    widget.focus()
    page.keyboard.press("PageDown")
    assert widget.locator(".node.on").last.evaluate(SEEN)
    page.keyboard.press("End")
    scrolled = "root => root.querySelector('.pic').scrollTop"
    assert widget.evaluate(scrolled) > 0  # what was looked at last, and not the top
    page.close()


# Whether all of an element is inside the pane of its picture.
SEEN = """e => {
    const [a, b] = [e, e.closest(".pic")].map((one) => one.getBoundingClientRect());
    return a.top >= b.top && a.bottom <= b.bottom && a.left >= b.left && a.right <= b.right;
}"""


# --- slides --------------------------------------------------------------------------------------


def at(page):
    """The number of the slide that is shown, from 1, and what its heading says."""
    page.wait_for_function("Reveal.isReady()")
    number = page.evaluate("Reveal.getSlidePastCount() + 1")
    heading = page.locator("section.present h1, section.present h2")
    return number, heading.inner_text() if heading.count() else ""


@needs("chromium")
def test_slides_turn_and_their_players_keep_their_keys(open_page):
    page = open_page("slides")
    assert at(page) == (1, "A lesson")
    page.keyboard.press("ArrowRight")
    assert at(page) == (2, "Explorer")
    page.keyboard.press("ArrowRight")
    assert at(page) == (3, "")  # its picture has a slide of its own
    explorer = player(page, 0)
    explorer.locator(".mg").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("PageDown")
    assert explorer.locator("output").first.inner_text() == "2 of 9"
    explorer.get_by_text("Next", exact=True).click()
    assert explorer.locator("output").first.inner_text() == "3 of 9"
    assert at(page) == (3, "")
    page.mouse.click(640, 5)
    page.keyboard.press("PageDown")
    assert at(page) == (4, "Card")
    page.keyboard.press("End")
    assert at(page)[1] == "Descent"
    page.wait_for_function("location.hash === '#/8'")  # reveal.js writes it a little later
    assert page.locator(".slide-number").inner_text().split() == ["9", "/", "9"]


@needs("chromium")
def test_a_slide_has_room_for_its_picture(open_page):
    page = open_page("slides")
    at(page)
    for number in range(2, 9):
        page.evaluate(f"Reveal.slide({number})")
        section = page.locator("section section.present")
        section.locator(".mg").wait_for()
        page.wait_for_timeout(100)
        high = section.evaluate("e => [e.scrollHeight, e.clientHeight]")
        assert high[0] <= high[1], number
        end = section.locator(".mg").evaluate("e => e.getBoundingClientRect().bottom")
        assert end <= 720, number
        found = section.locator(".mg").evaluate(MEASURE)
        assert found["letters"] >= 12, number
        assert all(found["all"]), number
    page.evaluate("Reveal.slide(2)")
    explorer = player(page, 0)
    output = explorer.locator(".node.output")
    assert output.evaluate(SEEN)  # where the pass begins
    explorer.locator(".mg").focus()
    page.keyboard.press("PageDown")
    page.keyboard.press("PageDown")
    page.keyboard.press("PageDown")
    assert explorer.locator(".node.on").evaluate_all(f"all => all.every({SEEN})")
    page.keyboard.press("Home")
    assert output.evaluate(SEEN)


def test_a_text_after_a_picture_begins_a_slide():
    cells = [
        new_markdown_cell("# A lesson"),
        new_code_cell("t", outputs=[shown(tensor_card(t=minigrad.ones(2)))], execution_count=1),
        new_code_cell("1"),
        new_markdown_cell("words"),
        new_code_cell("t", outputs=[shown(tensor_card(t=minigrad.ones(2)))], execution_count=1),
        new_markdown_cell("more words"),
    ]
    html, _ = SlidesExporter().from_notebook_node(new_notebook(cells=cells))
    assert len(BeautifulSoup(html, "html.parser").select(".slides > section")) == 3
    assert all("slideshow" not in cell.metadata for cell in cells)


LONG = "\n".join("x = 1" for _ in range(20))


def test_what_finds_no_room_begins_a_slide():
    """A text with its code, a heading with what is below it, a picture where it would be small."""
    fenced = "~~~\n### no heading\n~~~"
    failed = new_output("error", ename="ValueError", evalue="", traceback=LONG.splitlines())
    cells = [
        new_markdown_cell("# A lesson\n\nwords\n### Below\nwords"),
        new_code_cell(LONG),
        new_markdown_cell(fenced),
        new_code_cell(LONG),
        new_markdown_cell("words", id="w" * 64),
        new_code_cell("draw(t)", outputs=[shown(tensor_card(t=minigrad.ones(2)))], id="d" * 64),
        new_code_cell("1", outputs=[failed]),
    ]
    told = new_notebook(cells=cells)
    nbformat.validate(told)
    made, _ = export_module.SlideTypes().preprocess(told, {})
    nbformat.validate(made)
    assert [cell.source for cell in made.cells if "slideshow" in cell.metadata] == [
        "# A lesson\n\nwords\n",
        "### Below\nwords",
        fenced,
        "words",
        "1",
    ]
    assert [cell.source for cell in made.cells[-4:]] == ["words", "draw(t)", "", "1"]
    assert len({cell.id for cell in made.cells}) == len(made.cells) == 9
    assert export_module.SlideTypes().preprocess(new_notebook(), {})[0].cells == []
    told = new_notebook(cells=cells)
    cells[0].metadata["slideshow"] = {"slide_type": "slide"}
    assert export_module.SlideTypes().preprocess(told, {})[0].cells == cells  # who says so, decides


KINDS = ("slide", "fragment", "-", "skip", "subslide", "notes", "slide")


@pytest.fixture(scope="module")
def kinds(tmp_path_factory):
    """Slides of a notebook in which each cell says how it begins a slide."""
    cells = [
        new_markdown_cell(f"cell {i}", metadata={"slideshow": {"slide_type": kind}})
        for i, kind in enumerate(KINDS)
    ]
    path = tmp_path_factory.mktemp("kinds") / "kinds.html"
    path.write_text(SlidesExporter().from_notebook_node(new_notebook(cells=cells))[0], "utf-8")
    assert cells[1].metadata == {"slideshow": {"slide_type": "fragment"}}  # left as it was
    return path


@needs("chromium")
def test_fragments_come_one_by_one_and_slides_below_each_other(browser, kinds):
    page = browser.new_page()
    page.goto(kinds.as_uri())
    page.evaluate("Reveal.configure({ transition: 'none' })")
    seen = []
    for key in ("Home", "Space", "Space", "Space"):
        page.keyboard.press(key)
        page.wait_for_timeout(300)  # until it has faded in
        shown = page.locator("section.present section.present .jp-Cell:visible")
        seen.append(sorted(shown.all_inner_texts()))
    page.close()
    assert seen == [["cell 0"], ["cell 0", "cell 1", "cell 2"], ["cell 4"], ["cell 6"]]


@needs("chromium")
@pytest.mark.parametrize("view", ["", "?print-pdf"])  # a person's and reveal.js' own
def test_slides_print_a_page_each(browser, kinds, view):
    page = browser.new_page()
    page.goto(kinds.as_uri() + view)
    page.wait_for_function("Reveal.isReady()")
    if view:  # reveal.js lays out its pages after it is ready
        page.wait_for_function("document.querySelectorAll('.pdf-page').length === 3")
    pdf = page.pdf(prefer_css_page_size=True)
    page.close()
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 3


@needs("chromium")
@pytest.mark.parametrize("exporter", [PageExporter, SlidesExporter])
def test_a_dark_page_is_dark_all_over(browser, lesson, exporter):
    html, _ = exporter(theme="dark").from_filename(str(lesson))
    path = lesson.with_name(f"dark-{exporter.__name__}.html")
    path.write_text(html, encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    if exporter is SlidesExporter:
        page.evaluate("Reveal.configure({ transition: 'none' })")
    for number in range(3):  # the explorer, a card, a table
        widget = player(page, number).locator(".mg").first
        assert widget.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(22, 25, 29)"
        paper = widget.locator("svg rect").first
        assert paper.evaluate("e => getComputedStyle(e).fill") == "rgb(22, 25, 29)"
    if exporter is SlidesExporter:
        page.locator(".reveal.has-dark-background").wait_for()
        assert page.get_by_text("In [").or_(page.get_by_text("Out[")).count() == 0
    page.close()


def test_slides_without_reveal_say_what_to_install():
    exporter = SlidesExporter(reveal_url_prefix="nowhere")
    with pytest.raises(FileNotFoundError, match=r"pip install pyreveal==1\.0\.0"):
        exporter.from_notebook_node(new_notebook(cells=[new_markdown_cell("# A lesson")]))


def test_slides_from_the_command_line(lesson, tmp_path):
    command = [sys.executable, "-m", "nbconvert", "--log-level=ERROR"]
    command += ["--to", "minigrad.explore.export.SlidesExporter", str(lesson)]
    done = subprocess.run([*command, "--output-dir", str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Reveal.initialize" in (tmp_path / "lesson.slides.html").read_text(encoding="utf-8")


def test_the_data_of_an_output_is_plain_json(things):
    for thing in things.values():
        json.dumps(shown(thing)["data"])
