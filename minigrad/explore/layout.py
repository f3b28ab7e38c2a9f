"""Where the boxes go: a layered layout, in plain Python.

Inputs stand above their users. The steps are the classical ones (Sugiyama, Tagawa and Toda, 1981):

1. `rank`: every node gets a row. Leaves stand next to their use, not in the first row.
2. `with_bends`: an edge that passes rows gets a bend in each of them. All long edges of one source
   share their bends.
3. `order`: neighbours are sorted by barycentre, then adjacent ones exchanged, until no crossing is
   saved for a while; a small graph is tried from two beginnings.
4. `place`: every box moves as near to its neighbours as order and gaps allow.

Deterministic: the same graph gives the same picture.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass

GAP_X = 28.0
GAP_Y = 46.0
BEND_WIDTH = 8.0
SWEEPS = 8
SMALL = 500  # nodes: such a graph is sorted with more patience
PATIENCE = 8, 2  # sweeps without a crossing saved, in a small graph and in a large one
PASSES = 3
# A node follows its strongest neighbours only: long edges are straightest, then chains of
# operations; leaves and weights stand aside.
FROM_ASIDE, BOX_BEND, BOX_BOX, BEND_BEND = range(4)
# How firmly a node keeps to its wish where its row is crowded, by the strongest neighbour that it
# has.
FIRMNESS = (1e-9, 1e-2, 1.0, 100.0)

Pair = tuple[int, int]


@dataclass(frozen=True)
class Layout:
    """Positions in user units, y downward.

    Attributes:
        x, y: the centre of each box.
        bends: for each edge, the x centres and row bounds (x, top, bottom) that it passes through,
            top to bottom.
        crossings: how many pairs of edges cross.
        width, height: of the whole drawing; it starts at (0, 0).
    """

    x: tuple[float, ...]
    y: tuple[float, ...]
    bends: tuple[tuple[tuple[float, float, float], ...], ...]
    crossings: int
    width: float
    height: float


def lay_out(
    sizes: Sequence[tuple[float, float]], edges: Sequence[Pair], gap: float = GAP_Y
) -> Layout:
    """Place boxes of the given (width, height) so that each edge (source, target) runs downward.

    Nodes must be numbered so that sources come before targets. Parallel edges are allowed. `gap` is
    left between rows.

    Example:
        >>> lay_out([(40, 20), (40, 20), (60, 20)], [(0, 2), (1, 2)]).crossings
        0
    """
    if any(source >= target for source, target in edges):
        raise ValueError(
            "lay_out needs nodes in order: every edge must go from a smaller to a larger number"
        )
    if not sizes:
        return Layout((), (), (), 0, 0.0, 0.0)
    ranks, aside = rank(len(sizes), edges)
    graph = with_bends(ranks, aside, edges)
    rows = order(graph)
    widths = [width for width, _ in sizes] + [BEND_WIDTH] * (len(graph.ranks) - len(sizes))
    x = place(rows, graph, widths)

    heights = [max((sizes[v][1] for v in row if v < len(sizes)), default=0.0) for row in rows]
    tops = [0.0]
    for height in heights:
        tops.append(tops[-1] + height + gap)
    left = min(x[v] - widths[v] / 2 for v in range(len(x)))
    x = [value - left for value in x]
    bounds = [(top, top + height) for top, height in zip(tops, heights, strict=False)]
    bends = [tuple([(x[v], *bounds[graph.ranks[v]]) for v in path]) for path in graph.paths]
    return Layout(
        x=tuple(x[: len(sizes)]),
        y=tuple([tops[r] + heights[r] / 2 for r in ranks]),
        bends=tuple(bends),
        crossings=crossings(rows, graph),
        width=max(x[v] + widths[v] / 2 for v in range(len(x))),
        height=tops[-1] - gap,
    )


# --- 1. rows --------------------------------------------------------------------------------------


def rank(count: int, edges: Sequence[Pair]) -> tuple[list[int], set[int]]:
    """Give each node a row below all its inputs; what only leaves feed stands next to its use.

    Also returns which nodes stand aside: leaves, and what only leaves feed where another input of
    the same user has come a longer way. They give way when rows are placed.
    """
    sources: list[list[int]] = [[] for _ in range(count)]
    targets: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        sources[target].append(source)
        targets[source].append(target)
    depth = [0] * count
    for v in range(count):
        if sources[v]:
            depth[v] = 1 + max([depth[u] for u in sources[v]])
    # A node whose inputs serve nobody else can sink to its user and take them along, and no edge
    # gets longer.
    sinks = [False] * count
    for v in range(count):
        sinks[v] = all(sinks[u] and len(set(targets[u])) == 1 for u in sources[v])
    ranks = depth[:]
    for v in reversed(range(count)):
        if sinks[v] and targets[v]:
            ranks[v] = min([ranks[w] for w in targets[v]]) - 1
    first = min(ranks)
    aside = {
        v
        for v in range(count)
        if not sources[v] or (sinks[v] and any(depth[v] + 1 < depth[w] for w in targets[v]))
    }
    return [r - first for r in ranks], aside


# --- 2. bends -------------------------------------------------------------------------------------


@dataclass
class _Graph:
    """The graph whose edges all join neighbouring rows; nodes from `boxes` on are bends."""

    boxes: int
    aside: set[int]
    ranks: list[int]
    above: list[list[int]]
    below: list[list[int]]
    paths: list[list[int]]


def with_bends(ranks: Sequence[int], aside: set[int], edges: Sequence[Pair]) -> _Graph:
    """Cut long edges at every row; `paths` gives the bends of each edge."""
    count = len(ranks)
    graph = _Graph(count, aside, list(ranks), [[] for _ in ranks], [[] for _ in ranks], [])
    bus: dict[int, list[int]] = {}
    for source, target in edges:
        bends = bus.setdefault(source, [])
        needed = ranks[target] - ranks[source] - 1
        while len(bends) < needed:
            bends.append(len(graph.ranks))
            graph.ranks.append(ranks[source] + len(bends))
            graph.above.append([])
            graph.below.append([])
            _join(graph, bends[-2] if len(bends) > 1 else source, bends[-1])
        _join(graph, bends[needed - 1] if needed else source, target)
        graph.paths.append(bends[:needed])
    return graph


def _join(graph: _Graph, upper: int, lower: int) -> None:
    graph.below[upper].append(lower)
    graph.above[lower].append(upper)


# --- 3. order -------------------------------------------------------------------------------------


def order(graph: _Graph) -> list[list[int]]:
    """Sort each row so that few edges cross."""
    small = len(graph.ranks) <= SMALL
    best, fewest = _sorted(_walk(graph, up=True), graph, PATIENCE[0 if small else 1])
    if fewest and small:
        other, number = _sorted(_walk(graph, up=False), graph, PATIENCE[0])
        best = other if number < fewest else best
    return best


def _walk(graph: _Graph, up: bool) -> list[list[int]]:
    """Walk up from the outputs or down from the leaves, depth first, in slot order: relatives stand
    together."""
    count = len(graph.ranks)
    behind, ahead = (graph.below, graph.above) if up else (graph.above, graph.below)
    rows: list[list[int]] = [[] for _ in range(max(graph.ranks) + 1)]
    seen = [False] * count
    for root in reversed(range(count)) if up else range(count):
        if behind[root]:
            continue
        stack = [root]
        while stack:
            v = stack.pop()
            if not seen[v]:
                seen[v] = True
                rows[graph.ranks[v]].append(v)
                stack += reversed(ahead[v])
    return rows


def _sorted(rows: list[list[int]], graph: _Graph, patience: int) -> tuple[list[list[int]], int]:
    """Sweep down and up until nothing gets better; returns the best rows and their crossings."""
    best, fewest = [row[:] for row in rows], crossings(rows, graph)
    sweep = last = 0
    while fewest and sweep - last < patience:
        down, other_way = sweep % 2 == 0, sweep % 4 > 1
        _barycentre(rows, graph.above if down else graph.below, down, flip=other_way)
        _exchange(rows, graph, ties=not other_way)
        sweep += 1
        count = crossings(rows, graph)
        if count < fewest:
            best, fewest, last = [row[:] for row in rows], count, sweep
    return best, fewest


def _barycentre(rows: list[list[int]], neighbours: list[list[int]], down: bool, flip: bool) -> None:
    """Sort each row by the mean place of the neighbours; `flip` exchanges nodes that tie."""
    place = [0.0] * len(neighbours)
    for row in rows if down else reversed(rows):
        for i, v in enumerate(row):
            place[v] = float(i)
        if len(row) > 1:
            key = {v: _mean([place[u] for u in neighbours[v]], place[v]) for v in row}
            if flip:
                row.reverse()
            row.sort(key=key.__getitem__)
            for i, v in enumerate(row):
                place[v] = float(i)


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _exchange(rows: list[list[int]], graph: _Graph, ties: bool) -> None:
    """Exchange adjacent nodes where that saves a crossing, row by row from the top.

    With `ties` also where it saves none but has some: that leads out of many a dead end.
    """
    place = [0] * len(graph.ranks)
    for row in rows:
        for i, v in enumerate(row):
            place[v] = i
    above = [sorted(place[u] for u in us) for us in graph.above]
    below = [sorted(place[w] for w in ws) for ws in graph.below]
    for row in rows:
        for _ in range(PASSES):
            better = False
            for i in range(len(row) - 1):
                a, b = row[i], row[i + 1]
                if _apart(above[a], above[b]) and _apart(below[a], below[b]):
                    continue
                now = _inversions(above[a], above[b]) + _inversions(below[a], below[b])
                then = _inversions(above[b], above[a]) + _inversions(below[b], below[a])
                if now > then or (ties and now == then > 0):
                    row[i], row[i + 1] = b, a
                    better = better or now > then
            if not better:
                break
        for i, v in enumerate(row):
            place[v] = i
        for w in {w for v in row for w in graph.below[v]}:
            above[w] = sorted(place[u] for u in graph.above[w])


def _apart(left: list[int], right: list[int]) -> bool:
    """Say whether no edge of the left node can cross one of the right node."""
    return not left or not right or left[-1] <= right[0]


def _inversions(left: list[int], right: list[int]) -> int:
    """Count the pairs that cross when the sorted `left` belongs to the node on the left."""
    return sum(bisect_left(right, place) for place in left)


def crossings(rows: Sequence[Sequence[int]], graph: _Graph) -> int:
    """Count the pairs of edges that cross between neighbouring rows."""
    place = [0] * len(graph.ranks)
    for row in rows:
        for i, v in enumerate(row):
            place[v] = i
    total = 0
    for row in rows:
        seen: list[int] = []
        for v in row:
            ends = [place[w] for w in graph.below[v]]
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


# --- 4. positions ---------------------------------------------------------------------------------


def place(rows: Sequence[Sequence[int]], graph: _Graph, widths: Sequence[float]) -> list[float]:
    """Return the x centre of each node: near its neighbours, in row order, a gap between boxes."""
    x = [0.0] * len(graph.ranks)
    for row in rows:
        _settle(row, [0.0] * len(row), [1.0] * len(row), widths, x)
    above, below, around = _pulls(graph)
    for sweep in range(SWEEPS):
        pulls = around if sweep == SWEEPS - 1 else below if sweep % 2 else above
        for row in reversed(rows) if sweep % 2 else rows:
            wishes = [_mean([x[u] for u in pulls[v][0]], x[v]) for v in row]
            _settle(row, wishes, [pulls[v][1] for v in row], widths, x)
    return x


Pull = tuple[list[int], float]  # the neighbours that a node follows, and how firmly


def _pulls(graph: _Graph) -> tuple[list[Pull], list[Pull], list[Pull]]:
    """For each node, whom it follows in a sweep downward, in one upward, and in the last one."""
    above, below, around = [], [], []
    for v in range(len(graph.ranks)):
        ups = [(u, _strength(graph, u, v)) for u in graph.above[v]]
        downs = [(w, _strength(graph, v, w)) for w in graph.below[v]]
        around.append(_strongest(ups + downs))
        above.append(_strongest(ups) if ups else around[v])
        below.append(_strongest(downs) if downs else around[v])
    return above, below, around


def _strongest(neighbours: list[tuple[int, int]]) -> Pull:
    top = max([strength for _, strength in neighbours], default=FROM_ASIDE)
    return [u for u, strength in neighbours if strength == top], FIRMNESS[top]


def _strength(graph: _Graph, upper: int, lower: int) -> int:
    bends = (upper >= graph.boxes) + (lower >= graph.boxes)
    if upper in graph.aside and bends < 2:
        return FROM_ASIDE
    return (BOX_BOX, BOX_BEND, BEND_BEND)[bends]


def _settle(
    row: Sequence[int],
    wishes: Sequence[float],
    weights: Sequence[float],
    widths: Sequence[float],
    x: list[float],
) -> None:
    """Give a row the positions nearest to its wishes that keep order and gaps: least squares.

    With the gaps taken off, order alone is left, and this is an isotonic regression: neighbours
    that want to overlap are pooled, and a pool stands at the mean wish of its members.
    """
    offsets, offset = [], 0.0
    for i, v in enumerate(row):
        if i:
            offset += (widths[row[i - 1]] + widths[v]) / 2 + GAP_X
        offsets.append(offset)
    pools: list[tuple[float, float, int]] = []  # (mean, weight, members)
    for wish, weight, shift in zip(wishes, weights, offsets, strict=True):
        mean, members = wish - shift, 1
        while pools and pools[-1][0] >= mean:
            left, more, others = pools.pop()
            mean = (left * more + mean * weight) / (more + weight)
            weight, members = more + weight, members + others
        pools.append((mean, weight, members))
    means = (mean for mean, _, members in pools for _ in range(members))
    for v, mean, shift in zip(row, means, offsets, strict=True):
        x[v] = mean + shift
