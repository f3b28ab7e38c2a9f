"""The layout: rows, order, gaps; on small graphs with a known answer and on random ones."""

import itertools
import random

import pytest

from minigrad.explore.layout import GAP_X, lay_out, rank

SIZE = (60.0, 30.0)


def random_graph(seed: int, count: int) -> list[tuple[int, int]]:
    rng = random.Random(seed)
    return [
        (rng.randrange(max(0, target - 12), target), target)
        for target in range(1, count)
        for _ in range(rng.choice((1, 1, 2)))
    ]


def overlaps(sizes, layout) -> list[tuple[int, int]]:
    """Pairs of boxes that touch, a hair's breadth allowed."""
    found = []
    for i in range(len(sizes)):
        for j in range(i):
            apart_x = abs(layout.x[i] - layout.x[j]) - (sizes[i][0] + sizes[j][0]) / 2
            apart_y = abs(layout.y[i] - layout.y[j]) - (sizes[i][1] + sizes[j][1]) / 2
            if apart_x < -1e-6 and apart_y < -1e-6:
                found.append((j, i))
    return found


def test_a_leaf_stands_next_to_its_use():
    # 0 -> 2 -> 4 -> 5, with 1 used by 4 and 3 (through nobody else) used by 5
    edges = [(0, 2), (2, 4), (1, 4), (4, 5), (3, 5)]
    assert rank(6, edges) == ([0, 1, 1, 2, 2, 3], {0, 1, 3})


def test_what_only_touches_leaves_sinks_with_them():
    # a weight (1) is transposed (2) and used late (4): both stand just above the use
    edges = [(0, 3), (3, 4), (4, 5), (1, 2), (2, 5)]
    assert rank(6, edges) == ([0, 1, 2, 1, 2, 3], {0, 1, 2})


def test_every_edge_runs_downward():
    edges = random_graph(0, 200)
    ranks, _ = rank(200, edges)
    assert all(ranks[source] < ranks[target] for source, target in edges)


def test_a_chain_is_straight():
    layout = lay_out([SIZE] * 9, [(i, i + 1) for i in range(8)])
    assert len(set(layout.x)) == 1


def test_a_chain_stays_straight_beside_leaves_and_wide_boxes():
    sizes = [(60, 30), (200, 30), (60, 30), (300, 30), (120, 30), (80, 30)]
    layout = lay_out(sizes, [(0, 2), (1, 2), (2, 4), (3, 4), (4, 5)])
    assert layout.x[2] == pytest.approx(layout.x[5]) == pytest.approx(layout.x[4])


def test_a_long_edge_passes_through_every_row_and_hits_no_box():
    edges = [(0, 1), (1, 2), (2, 3), (0, 3)]
    layout = lay_out([SIZE] * 4, edges)
    assert [len(path) for path in layout.bends] == [0, 0, 0, 2]
    for box, (x, top, bottom) in zip((1, 2), layout.bends[3], strict=True):
        assert top <= layout.y[box] <= bottom
        assert abs(x - layout.x[box]) > SIZE[0] / 2


def test_a_tangle_that_can_be_undone_is_undone():
    # Two trees whose leaves come interleaved.
    edges = [(0, 4), (2, 4), (1, 5), (3, 5), (4, 6), (5, 6)]
    assert lay_out([SIZE] * 7, edges).crossings == 0


def rows_of(count: int, rows: int, number: int, rng: random.Random) -> list[tuple[int, int]]:
    """A number of random edges between neighbouring rows of `count` nodes."""
    every = [(a, b) for a in range(count * (rows - 1)) for b in range(count * rows)]
    return rng.sample([(a, b) for a, b in every if b // count == a // count + 1], number)


def fewest_crossings(edges, count: int, rows: int) -> int:
    """Try every order of every row."""
    orders = list(itertools.permutations(range(count)))

    def crossed(upper, lower, row) -> int:
        ends = [(upper[a % count], lower[b % count]) for a, b in edges if a // count == row]
        return sum((a - c) * (b - d) < 0 for (a, b), (c, d) in itertools.combinations(ends, 2))

    cost = dict.fromkeys(orders, 0)
    for row in range(rows - 1):
        cost = {
            lower: min(cost[upper] + crossed(upper, lower, row) for upper in orders)
            for lower in orders
        }
    return min(cost.values())


def test_small_tangles_are_undone_nearly_as_far_as_they_can_be():
    rng = random.Random(0)
    graphs = []
    while len(graphs) < 40:
        edges = rows_of(4, 4, 18, rng)
        if {target for _, target in edges} == set(range(4, 16)):  # no row moves up
            graphs.append(edges)
    found = sum(lay_out([SIZE] * 16, edges).crossings for edges in graphs)
    assert found <= 1.1 * sum(fewest_crossings(edges, 4, 4) for edges in graphs)


def test_larger_tangles_are_undone_as_far_as_measured():
    """A record of quality: barycentres alone left 15 % more."""
    rng = random.Random(0)
    graphs = [rows_of(8, 5, 64, rng) for _ in range(10)]
    assert sum(lay_out([SIZE] * 40, edges).crossings for edges in graphs) <= 660


def test_a_tangle_that_cannot_be_undone_is_counted():
    three_by_three = [(i, j) for i in range(3) for j in range(3, 6)]
    assert lay_out([SIZE] * 6, three_by_three).crossings == 9


@pytest.mark.parametrize("seed", range(8))
def test_random_graphs_keep_gaps_and_stay_inside(seed):
    rng = random.Random(seed)
    edges = random_graph(seed, 60)
    sizes = [(rng.uniform(20, 300), rng.uniform(20, 80)) for _ in range(60)]
    layout = lay_out(sizes, edges)
    assert overlaps(sizes, layout) == []
    for x, (width, _) in zip(layout.x, sizes, strict=True):
        assert x - width / 2 >= -1e-6 and x + width / 2 <= layout.width + 1e-6
    assert max(y + h / 2 for y, (_, h) in zip(layout.y, sizes, strict=True)) <= layout.height + 1e-6


def test_neighbours_keep_the_gap():
    layout = lay_out([SIZE] * 4, [(0, 3), (1, 3), (2, 3)])
    left, middle, right = sorted(layout.x[:3])
    assert middle - left == right - middle == SIZE[0] + GAP_X


def test_the_same_graph_gives_the_same_picture():
    edges = random_graph(3, 300)
    assert lay_out([SIZE] * 300, edges) == lay_out([SIZE] * 300, list(edges))


def test_ten_thousand_boxes_in_a_chain_need_no_recursion():
    layout = lay_out([SIZE] * 10_000, [(i, i + 1) for i in range(9_999)])
    assert layout.crossings == 0


def test_parallel_edges_and_nothing_at_all():
    assert lay_out([SIZE] * 2, [(0, 1), (0, 1)]).crossings == 0
    assert lay_out([], []).width == 0


def test_nodes_out_of_order_are_refused():
    with pytest.raises(ValueError, match="smaller to a larger"):
        lay_out([SIZE] * 2, [(1, 0)])
