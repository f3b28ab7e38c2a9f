"""Large graphs: which boxes they are folded into, what a closed one tells, which one is open."""

import gc
import re
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch
from test_explore_record import recorded
from test_explore_widget import chain

import minigrad
from minigrad.explore import boxes, explore, fold
from minigrad.explore.boxes import ROOM, WHOLE
from minigrad.explore.fold import MOST, Tree, View
from minigrad.explore.forward import filled
from minigrad.explore.frames import film
from minigrad.explore.player import Player
from minigrad.explore.record import record
from minigrad.explore.reel import Reel


@pytest.fixture(scope="module")
def transformer() -> Tree:
    """Twelve layers of torch's own, 672 nodes."""
    torch.manual_seed(0)
    layer = torch.nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
    model = torch.nn.TransformerEncoder(layer, 12, enable_nested_tensor=False)
    return Tree(filled(record(model(torch.randn(2, 3, 8)).sum(), model=model)))


def blocks(module, count: int, forward) -> Tree:
    """A model of numbered blocks."""
    model = module.ModuleList([module.Linear(3, 3) for _ in range(count)])
    library = torch if module is torch.nn else minigrad
    return Tree(record(forward(model, library.ones(2, 3)).sum(), model=model))


def levels(tree: Tree) -> range:
    return range(1, tree.depths + 1)


def titles(tree: Tree, group: int) -> list[str]:
    return [tree.title(box) for box in tree.parts[group] if box in tree.parts]


# --- the boxes -----------------------------------------------------------------------------------


def test_a_small_graph_stays_as_it_is():
    trace = chain(18)
    assert len(trace.nodes) <= WHOLE
    tree = Tree(trace)
    assert tree.depths == 1 and tree.level(1).trace is tree.trace


def test_a_model_is_shown_by_its_layers(transformer):
    first = transformer.level(1).trace
    assert [node.names for node in first.nodes[:-1]] == [(f"layers.{i}",) for i in range(12)]
    assert [(e.source, e.target) for e in first.edges] == [(i, i + 1) for i in range(12)]
    assert [step.node for step in first.steps] == list(range(12, -1, -1))
    assert {node.shape for node in first.nodes[:-1]} == {(2, 3, 8)}
    assert first.nodes[5].about == "44 ops \u2192 (2, 3, 8)"
    group = transformer.called["model.layers.5"]
    assert titles(transformer, group) == ["self_attn", "linear1", "linear2"]


def test_every_node_is_in_one_box_and_every_box_can_be_shown(transformer):
    for tree in (transformer, Tree(chain(1700))):
        parts = Counter(part for inside in tree.parts.values() for part in inside)
        assert set(parts.values()) == {1}
        assert set(parts) | {tree.root} == {*range(len(tree.trace.nodes)), *tree.parts}
        assert max(map(len, tree.parts.values())) <= ROOM
        assert len(set(tree.names.values())) == len(tree.names) == len(tree.parts)
        assert all(len(inside) > 1 for inside in tree.parts.values())
        for group in tree.parts:
            assert len(View(tree, group).boxes) <= MOST


def test_without_modules_neighbours_are_bundled_where_few_tensors_pass():
    # Blocks of four operations: inside a block two tensors pass, between blocks one.
    h = w = minigrad.tensor([0.5, 0.25], requires_grad=True)
    for _ in range(40):
        h = h.exp() * h.sin() + 1
    tree = Tree(record(h.sum(), w=w))
    first = tree.level(1).trace
    assert 8 <= len(first.nodes) <= MOST
    edges = Counter((edge.source, edge.target) for edge in first.edges)
    groups = {node.id for node in first.nodes if node.kind == "group"}
    assert {n for ends, n in edges.items() if groups.issuperset(ends)} == {1}
    assert tree.names[tree.parts[tree.root][1]].startswith("ops ")


def test_a_leaf_stands_inside_with_its_user_and_outside_when_several_use_it(transformer):
    tree = Tree(chain(300))
    (w,) = [node.id for node in tree.trace.nodes if node.kind == "leaf"]
    assert tree.parent[w] == tree.root
    for node in transformer.trace.nodes:
        if node.kind == "leaf":
            assert transformer.names[transformer.parent[node.id]].startswith("model.layers.")


def test_of_many_neighbours_the_nearest_are_seen():
    two = [minigrad.tensor([1.0, 0.5], requires_grad=True) for _ in range(2)]
    h = minigrad.tensor([1.0, 2.0], requires_grad=True)
    for i in range(676):
        h = h * two[i % 2] if i % 4 else h + 1
    tree = Tree(record(h.sum()))
    # Both leaves, what is before and what is behind: one more than there is room for.
    outside = tree.parts[tree.root]
    full = [i for i, box in enumerate(outside) if len(tree.parts.get(box, ())) == MOST - 3]
    for i in full[1:-1]:
        boxes = View(tree, outside[i]).boxes
        assert len(boxes) == MOST
        assert {outside[i - 1], outside[i + 1]} <= set(boxes)
    assert len(full) > 9


def test_steps_in_an_order_that_no_engine_takes_do_no_harm():
    trace = chain(300)
    tree = Tree(replace(trace, steps=trace.steps[::-1]))
    for number in levels(tree):
        assert all(edge.source < edge.target for edge in tree.level(number).trace.edges)


def test_many_inputs_of_one_operation_are_one_box():
    leaves = [torch.ones(2, requires_grad=True) for _ in range(90)]
    tree = Tree(record(torch.stack(leaves).sum()))
    assert next(node.about for node in tree.level(1).trace.nodes) == "90 leaves"
    assert len(tree.level(1).boxes) == 3
    assert max(map(len, tree.parts.values())) <= ROOM


@pytest.mark.parametrize("module", [torch.nn, minigrad.nn], ids=["torch", "minigrad"])
def test_operations_between_numbered_blocks(module):
    def ends(model, h):
        for block in model:
            h = block(h).relu()
        return h

    def begins(model, h):
        for block in model:
            h = block(h * 2)
        return h

    def calls(tree, number) -> list[str]:
        group = tree.called[f"model.{number}"]
        ops = [tree.trace.nodes[part].op for part in tree.parts[group] if part < tree.root]
        return [op for op in ops if op]

    assert calls(blocks(module, 14, ends), 5)[-1] == "ReluBackward0"
    assert calls(blocks(module, 14, begins), 5)[0] == "MulBackward0"


def test_between_blocks_that_do_not_follow_each_other_nothing_moves():
    layers = [layer for _ in range(12) for layer in (torch.nn.Linear(3, 3), torch.nn.ReLU())]
    model = torch.nn.Sequential(*layers)
    tree = Tree(record(model(torch.ones(2, 3)).sum(), model=model))
    linear = tree.parts[tree.called["model.4"]]
    assert "ReluBackward0" not in {tree.trace.nodes[part].op for part in linear if part < tree.root}


def test_a_module_that_is_called_again_is_another_box():
    cell, more = torch.nn.Linear(3, 3), torch.nn.Linear(3, 3)
    h = torch.ones(2, 3)
    for _ in range(8):
        h = more(cell(h).tanh()).relu()
    tree = Tree(record(h.sum(), cell=cell, more=more))
    assert {"cell", "cell #2", "cell #8", "more #8"} <= set(tree.called)


def test_ten_thousand_nodes_need_no_recursion():
    trace = chain(5000)
    tree = Tree(trace)
    assert len(tree.level(1).boxes) <= MOST and tree.depths <= 5


# --- what a closed box tells ---------------------------------------------------------------------


@pytest.fixture
def small_boxes(monkeypatch):
    """Fold graphs of a few nodes, too."""
    for name, value in {"WHOLE": 3, "INSIDE": 4, "ROOM": 6}.items():
        monkeypatch.setattr(boxes, name, value)
    monkeypatch.setattr(fold, "MOST", 8)


def programs(count: int):
    for seed in range(count):
        trace = filled(recorded(torch if seed % 2 else minigrad, seed))
        if trace.steps:
            yield seed, Tree(trace)


def total(arrays) -> np.ndarray | float:
    return sum(np.asarray(array, np.float64) for array in arrays if array is not None)


def test_what_passes_between_closed_boxes_is_what_passed_between_their_nodes(small_boxes):
    deepest = 0
    for seed, tree in programs(160):
        deepest = max(deepest, tree.depths)
        steps = {step.node: step for step in tree.trace.steps}
        for number in levels(tree):
            level = tree.level(number)
            trace, boxes = level.trace, level.boxes
            assert all(edge.source < edge.target for edge in trace.edges), seed
            ran = [step.node for step in trace.steps]
            assert len(set(ran)) == len(ran)
            seen_as = {node.id: tree.at(node.id, number) for node in tree.trace.nodes}
            sent = {step.node: step.sent for step in trace.steps}
            for a, b in {(edge.source, edge.target) for edge in trace.edges}:
                ends = boxes[a], boxes[b]
                inner = [
                    e for e in tree.trace.edges if (seen_as[e.source], seen_as[e.target]) == ends
                ]
                assert inner
                shapes = {np.shape(s) for e in inner for s in [_sent(steps, e)] if s is not None}
                if len(shapes) == 1:
                    told = [
                        sent[b][e.slot]
                        for e in trace.edges
                        if (e.source, e.target) == (a, b) and b in sent
                    ]
                    expected = total(_sent(steps, e) for e in inner)
                    np.testing.assert_allclose(total(told), expected, 1e-5, 1e-6, err_msg=f"{seed}")
            fine = sum("hook" in frame.told.words for frame in film(tree.trace))
            assert sum("hook" in frame.told.words for frame in film(trace)) <= fine, seed
    assert deepest >= 3


def _sent(steps, edge):
    return steps[edge.target].sent[edge.slot] if edge.target in steps else None


def test_leaves_in_closed_boxes_are_counted(transformer):
    frames = film(transformer.level(1).trace)
    assert frames[0].told.words == "Before the pass. No gradient has gone anywhere yet."
    leaves = sum(node.kind == "leaf" for node in transformer.trace.nodes)
    assert frames[-1].told.words == f"The pass is over. {leaves} leaves have a .grad."


def test_a_pass_that_stops_in_a_closed_box_is_told():
    h = w = minigrad.tensor([0.5, 0.25], requires_grad=True)
    for i in range(60):
        h = (h * w).exp()
        if i == 20:
            middle = h
    out = h.sum()
    middle.add_(1)
    tree = Tree(record(out, w=w))
    *_, last = film(tree.level(1).trace)
    assert last.kind == "stop" and last.told.words.startswith("Here the pass stopped, at ops ")
    assert "modified by an inplace operation" in last.told.why
    assert not any("nothing" in frame.told.words for frame in film(tree.level(1).trace))


# --- which one is open ---------------------------------------------------------------------------


def test_what_runs_is_inside_the_open_group_and_every_group_opens_once(small_boxes):
    for seed, tree in programs(80):
        for number in levels(tree):
            player = Player(tree, number)
            check_film(player, seed)


def test_the_same_of_a_real_model(transformer):
    for number in levels(transformer):
        check_film(Player(transformer, number), number)


def check_film(player: Player, what) -> None:
    tree, reel = player.tree, player.reel
    opened = [moment.group for moment in reel.moments if moment.frame.kind == "open"]
    assert len(opened) == len(set(opened)), what
    entered = {tree.root}
    for moment in reel.moments:
        entered |= {moment.group} if moment.frame.kind == "open" else set()
        assert moment.group in entered
        if moment.edge:
            assert moment.edge[1] in tree.parts[moment.group], what
    texts: dict[str, str] = {}
    count = 0
    for number, (first, group) in enumerate(reel.cuts):
        scene = player.scene(number)
        assert scene["first"] == first == count
        assert player.scene_at(first) == number
        root = ElementTree.fromstring(scene["svg"])
        shown = {p.get("id").removeprefix("g-"): p for p in root.iter() if p.get("id")}
        boxes = [name for name in shown if name.startswith("node-")]
        assert len(boxes) <= fold.MOST + len([*tree.around(group)])
        for name, element in shown.items():
            if name in texts:  # it begins where the scene before has left it
                assert element.text == texts[name], (what, name)
        for moment in scene["moments"]:
            assert all(name in shown for name in moment["on"] if "edge" not in name), what
            for name, before, after in moment["set"]:
                assert texts.get(name, before) == before
                texts[name] = after
        count += len(scene["moments"])
    assert count == len(reel.moments)


def test_the_edge_of_each_moment_is_drawn(transformer):
    """Where a view has room for all its neighbours, as here."""
    for number in levels(transformer):
        player = Player(transformer, number)
        for i in range(0, len(player.reel.cuts), 7):
            scene = player.scene(i)
            for moment in scene["moments"]:
                for name in moment["on"]:
                    assert f'id="g-{name}"' in scene["svg"]


def test_the_gradient_that_left_a_box_is_the_sum_of_what_its_parts_sent(transformer):
    coarse, fine = (Reel(transformer, level) for level in (1, transformer.depths))
    for group in transformer.parts[transformer.root][1:-1]:
        name = f"left-{group}"
        np.testing.assert_allclose(
            fine.changes(name)[-1].value, coarse.changes(name)[-1].value, 1e-5, 1e-12
        )


# --- the widget ----------------------------------------------------------------------------------


def test_moments_are_nothing_to_pythons_collector(transformer):
    """Of a film it would else look through ten things a moment, now and then in a step."""
    transformer.level(transformer.depths)  # nodes and edges, which others know, too
    gc.collect()
    before = len(gc.get_objects())
    player = Player(transformer, transformer.depths)
    for _ in range(3):  # a tuple is let go when what is in it was let go before
        gc.collect()
    assert len(gc.get_objects()) - before < 0.1 * len(player.reel.moments)


def test_the_collector_waits_while_a_scene_is_made(monkeypatch):
    widget, waited = explore(chain(60)), []
    scene = Player.scene
    monkeypatch.setattr(
        Player, "scene", lambda *about: waited.append(not gc.isenabled()) or scene(*about)
    )
    widget.opened = list(widget._tree.called)[1]
    assert waited == [True] and gc.isenabled()
    monkeypatch.setattr(Player, "scene", lambda *about: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        widget.step = 0
    assert gc.isenabled()


def test_a_group_opens_and_closes(transformer):
    widget = explore(transformer.trace)
    assert (widget.opened, widget.step, widget.last) == ("", 0, 14)
    widget.step = 5
    sent = []
    widget.observe(lambda change: sent.append(change["new"]), "_scene")
    widget.opened = "model.layers.7"
    assert len(sent) == 1 and 'aria-label="Back to all"' in sent[0]["svg"]
    now = widget._player.reel.moments[widget.step].frame.told.words
    assert now == "model.layers.7 opens. It holds 44 operations."
    last = widget._tree.parts[widget._tree.called["model.layers.7"]][-1]
    assert sent[0]["moments"][0]["on"] == [f"node-{last}"]  # to which the picture is scrolled
    assert sent[0]["up"] == ""
    assert sent[0]["svg"].count('class="done edge"') == 1  # layers.8 has sent, nobody else here
    assert sent[0]["note"] == "model.layers.7 is open, a part of 672 nodes. Escape closes it."
    while widget.opened == "model.layers.7":
        widget.step += 1
    assert widget.opened == "model.layers.6"  # it follows the pass
    widget.step -= 1
    assert widget.opened == "model.layers.7"
    widget.opened = "model.layers.7.self_attn"  # one level further
    assert widget._scene["up"] == "model.layers.7"
    widget.opened = ""
    assert widget.last == 14 and widget.words()[widget.step].startswith("layers.7 sends ")


def test_the_ends_of_the_pass_are_those_of_the_whole(transformer):
    widget = explore(transformer.trace)
    for end in (0, 10**6):
        widget.opened = "model.layers.3.linear1"
        widget.step = end
        assert (widget.opened, widget.last) == ("", 14)
        assert widget.step in (0, 14)


def test_a_group_that_nobody_knows_is_refused(transformer):
    from traitlets import TraitError

    widget = explore(transformer.trace)
    with pytest.raises(
        TraitError, match=r"no group is called 'layer.3'; these are: model.layers.0"
    ):
        widget.opened = "layer.3"


def test_a_group_to_which_the_pass_did_not_come_stays_closed():
    h = w = minigrad.tensor([0.5, 0.25], requires_grad=True)
    for i in range(60):
        h = (h * w).exp()
        if i == 50:
            middle = h
    out = h.sum()
    middle.add_(1)
    widget = explore(record(out, w=w))
    first = next(name for name in widget._tree.called if name)
    widget.opened = first
    assert widget.opened == ""
    abouts = widget._scene["boxes"]
    assert "opens" not in abouts[str(widget._tree.called[first])]  # a click shows its details
    assert any("opens" in about for about in abouts.values())


def test_a_page_without_a_kernel_shows_the_groups(transformer):
    widget = explore(transformer.trace)
    data, _ = widget._repr_mimebundle_()
    (scene,) = data["application/vnd.minigrad.explorer+json"]["scenes"]
    assert scene["note"] == "13 boxes stand for 672 nodes. The piles open in a live notebook."
    assert not any("opens" in about for about in scene["boxes"].values())
    assert len(data["text/plain"]) < 5000


def test_a_closed_box_tells_what_it_holds(transformer):
    scene = Player(transformer).scene(0)
    box = scene["boxes"][str(transformer.called["model.layers.5"])]
    assert box["opens"] == "model.layers.5"
    assert "<b>model.layers.5</b> 44 ops" in box["html"] and "13 View" in box["html"]
    assert [kind for _, kind, _ in box["grads"]] == ["grad", "left"]
    (label,) = re.findall(r'aria-label="(layers.5[^"]*)"', scene["svg"])
    assert label == "layers.5, group of 44 ops \u2192 (2, 3, 8)"
