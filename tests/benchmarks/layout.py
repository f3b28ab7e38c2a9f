"""How fast and how well the explorer lays out graphs, beside dot, dagre and viz.js.

    python -m tests.benchmarks.layout            # everything; dagre and viz.js take a minute or two
    python -m tests.benchmarks.layout --ours     # ours alone

Times are processor time, so that a busy machine does not change the verdict; the best of a few
rounds. dot is used where graphviz is installed, dagre and viz.js where npm can fetch them (into a
throw-away folder); what is missing is named with the reason. The exit code is 1 where a limit is
missed.
"""

import argparse
import gc
import json
import os
import random
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

import minigrad
from minigrad.explore import record, svg
from minigrad.explore.layout import lay_out
from minigrad.explore.svg import box_lines, box_size
from minigrad.explore.trace import Reader, Trace, read
from minigrad.explore.widget import Explorer
from tests.test_explore_layout import random_graph
from tests.test_seeds import CELLS, ENGINES, play

PATIENCE = 90  # seconds for one layout by another program
INCH = 72  # dot's points
JUMPS = 300


@dataclass(frozen=True)
class Graph:
    name: str
    sizes: list[tuple[float, float]]
    edges: list[tuple[int, int]]
    limit: float | None = None  # ms


def of_trace(name: str, trace: Trace, limit: float | None = None) -> Graph:
    sizes = [box_size(box_lines(node)) for node in trace.nodes]
    return Graph(name, sizes, [(e.source, e.target) for e in trace.edges], limit)


def of_edges(name: str, edges: list[tuple[int, int]], count: int, limit=None) -> Graph:
    return Graph(name, [(60.0, 30.0)] * count, edges, limit)


def transformer_model(layers: int, width: int = 64) -> tuple[torch.nn.Module, torch.Tensor]:
    """A transformer of torch's own layers, and a batch for it."""
    torch.manual_seed(0)
    layer = torch.nn.TransformerEncoderLayer(width, 4, 2 * width, dropout=0.0, batch_first=True)
    model = torch.nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
    return model, torch.randn(4, 16, width)


def transformer(layers: int, width: int = 64) -> Callable:
    """A function that computes the output of a transformer."""
    model, batch = transformer_model(layers, width)
    return lambda: model(batch).sum()


def large_graphs() -> list[Graph]:
    graphs = [
        of_trace(f"transformer, {layers} layers", read(transformer(layers)(), {}), limit)
        for layers, limit in ((1, None), (12, 40.0), (48, 500.0))
    ]
    return [*graphs, of_edges("random", random_graph(0, 5000), 5000, 1000.0)]


def tangled_graphs() -> list[Graph]:
    """50 random graphs of 40 nodes; no edge twice, because dot counts such a pair for more."""
    edges = [sorted(set(random_graph(seed, 40))) for seed in range(50)]
    return [of_edges(f"random {seed}", edges[seed], 40) for seed in range(50)]


def lesson_graphs() -> Iterator[Graph]:
    """The graph behind every variable that the five source lessons leave, by both engines."""
    for lesson in CELLS:
        for engine in ENGINES:
            _, names = play(lesson, engine, seed=0)
            for name, thing in list(names.items()):
                if getattr(thing, "grad_fn", None) is not None:
                    yield of_trace(f"{lesson} {engine} {name}", read(thing, names))


# --- the engines ----------------------------------------------------------------------------------


def processor_ms(run: Callable, rounds: int = 1, whose: int = resource.RUSAGE_SELF) -> float:
    """Processor time of the best of a few rounds; of this process or of the programs it ran."""

    def spent() -> float:
        usage = resource.getrusage(whose)
        return usage.ru_utime + usage.ru_stime

    times = []
    for _ in range(rounds):
        gc.collect()
        before = spent()
        run()
        times.append(spent() - before)
    return 1000 * min(times)


def ours(graph: Graph) -> float:
    return processor_ms(lambda: lay_out(graph.sizes, graph.edges), 3)


def dot(graph: Graph) -> float:
    return processor_ms(lambda: run_dot(graph), 1, resource.RUSAGE_CHILDREN)


def run_dot(graph: Graph) -> str:
    """Let dot lay out a graph; returns what it tells about its work."""
    boxes = [
        f"{i} [width={w / INCH:.3f} height={h / INCH:.3f}]" for i, (w, h) in enumerate(graph.sizes)
    ]
    arrows = [f"{source} -> {target}" for source, target in graph.edges]
    look = 'node [shape=box fixedsize=true label=""]; nodesep=0.39; ranksep=0.64'
    text = "digraph {" + "; ".join([look, *boxes, *arrows]) + "}"
    done = subprocess.run(
        ["dot", "-v", "-Tplain"], input=text, capture_output=True, text=True, timeout=PATIENCE
    )
    done.check_returncode()
    return done.stderr


def crossings_of_dot(graph: Graph) -> int:
    return int(re.findall(r"^mincross .*: (\d+) crossings", run_dot(graph), re.MULTILINE)[-1])


NODE = """
const [engine, file] = process.argv.slice(2);
const { sizes, edges } = JSON.parse(require("fs").readFileSync(file));
const dagre = () => {
  const { graphlib, layout } = require("@dagrejs/dagre");
  const g = new graphlib.Graph({ multigraph: true });
  g.setGraph({ nodesep: 28, ranksep: 46 });
  sizes.forEach(([width, height], i) => g.setNode(String(i), { width, height }));
  edges.forEach(([a, b], i) => g.setEdge(String(a), String(b), {}, String(i)));
  return () => layout(g);
};
const viz = async () => {
  const v = await require("@viz-js/viz").instance();
  const boxes = sizes.map(([w, h], i) => `${i} [width=${w / 72} height=${h / 72}]`);
  const arrows = edges.map(([a, b]) => `${a} -> ${b}`);
  const look = 'node [shape=box fixedsize=true label=""]';
  const text = `digraph { ${[look, ...boxes, ...arrows].join("; ")} }`;
  return () => v.renderString(text, { format: "plain" });
};
(async () => {
  const run = await ({ dagre, viz })[engine]();
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  console.log((user + system) / 1000);
})();
"""


class Npm:
    """dagre and viz.js in a throw-away folder."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.why_not = ""
        if shutil.which("npm") is None or shutil.which("node") is None:
            self.why_not = "node and npm are not installed"
            return
        (Path(self.folder.name) / "run.js").write_text(NODE)
        packages = ["@dagrejs/dagre", "@viz-js/viz"]
        quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=0"]
        try:
            done = subprocess.run(
                ["npm", "install", *quiet, *packages],
                cwd=self.folder.name,
                capture_output=True,
                text=True,
                timeout=120,
            )
        except subprocess.TimeoutExpired:
            self.why_not = "npm did not answer within two minutes"
        else:
            if done.returncode:
                self.why_not = f"npm could not fetch them: {done.stderr.strip().splitlines()[0]}"

    def engine(self, name: str) -> Callable[[Graph], float]:
        def run(graph: Graph) -> float:
            file = Path(self.folder.name) / "graph.json"
            file.write_text(json.dumps({"sizes": graph.sizes, "edges": graph.edges}))
            done = subprocess.run(
                ["node", "--stack-size=60000", "run.js", name, file.name],
                cwd=self.folder.name,
                capture_output=True,
                text=True,
                timeout=PATIENCE,
            )
            done.check_returncode()
            return float(done.stdout)

        return run


# --- the tables -----------------------------------------------------------------------------------


class Verdicts:
    """Collects what was held and what was missed."""

    def __init__(self) -> None:
        self.missed = 0

    def say(self, what: str, found: float, limit: float, unit: str = "") -> None:
        held = found <= limit
        self.missed += not held
        word = "held  " if held else "MISSED"
        print(f"  {word}  {what}: {found:.4g}{unit}, limit {limit:g}{unit}")


def times(engines: dict[str, Callable], verdicts: Verdicts) -> None:
    print("\nLayout, ms of processor time (dot, dagre and viz.js with their own routing of edges)")
    print(f"  {'graph':24}{'nodes':>6}{'edges':>6}" + "".join(f"{name:>10}" for name in engines))
    limits = []
    for graph in large_graphs():
        cells = []
        for name, engine in engines.items():
            try:
                found = engine(graph)
                cells.append(f"{found:10.1f}")
            except subprocess.TimeoutExpired:
                cells.append(f"{f'> {PATIENCE} s':>10}")
            except subprocess.CalledProcessError:
                cells.append(f"{'failed':>10}")
            else:
                if name == "ours" and graph.limit:
                    limits.append((f"{graph.name}, {len(graph.sizes)} nodes", found, graph.limit))
        print(
            f"  {graph.name:24}{len(graph.sizes):6}{len(graph.edges):6}{''.join(cells)}", flush=True
        )
    for what, found, limit in limits:
        verdicts.say(what, found, limit, " ms")


def crossings(with_dot: bool, verdicts: Verdicts) -> None:
    print("\nCrossings")
    graphs = tangled_graphs()
    found = [lay_out(g.sizes, g.edges).crossings for g in graphs]
    print(f"  50 random graphs of 40 nodes: ours {sum(found)}")
    if with_dot:
        theirs = [crossings_of_dot(graph) for graph in graphs]
        more = sum(a > 1.5 * b for a, b in zip(found, theirs, strict=True))
        fewer = sum(a < b for a, b in zip(found, theirs, strict=True))
        print(
            f"  dot {sum(theirs)}; ours has fewer in {fewer} graphs, over 1.5 times dot's in {more}"
        )
        verdicts.say("all crossings, in units of dot's", sum(found) / sum(theirs), 1.5)
    lessons = list(lesson_graphs())
    tangled = [g.name for g in lessons if lay_out(g.sizes, g.edges).crossings]
    print(f"  {len(lessons)} graphs of the five source lessons; crossed: {tangled or 'none'}")
    verdicts.say("graphs of the source lessons with a crossing", len(tangled), 0)


def stepping(verdicts: Verdicts) -> None:
    """Every moment of every level, onward, back and in jumps; each new scene with its JSON.

    Of each step the better of two fresh runs, so that a busy machine does not change the verdict.
    What Python's collector does in a step belongs to it, but for its full collections: they come
    once in thousands of steps and look through all that the process holds, most of it torch's. They
    are told by themselves.
    """
    print("\nSteps of the explorer, ms of processor time")
    print(
        f"  {'graph':24}{'level':>6}{'moments':>9}{'boxes':>7}{'median':>9}{'worst':>8}{'opens':>8}"
    )
    for name, trace in stepped_graphs():
        gc.collect()
        with full_collections() as full:
            runs = [[*steps_of(trace, full)], [*steps_of(trace, full)]]
        worst = most = count = 0
        for level, both in enumerate(zip(*runs, strict=True), 1):
            (opens, spent, moments, boxes), (other_opens, other, *_) = both
            spent = [min(pair) for pair in zip(spent, other, strict=True)]
            worst, most, count = max(worst, *spent), max(most, boxes), count + 2 * len(spent)
            print(
                f"  {name:24}{level:6}{moments:9}{boxes:7}{statistics.median(spent):9.2f}"
                f"{max(spent):8.1f}{min(opens, other_opens):8.1f}"
            )
        longest = f", the longest {max(full):.0f} ms" if full else ""
        print(f"  {'':24}{len(full)} full collections in {count} steps of both runs{longest}")
        verdicts.say(f"{len(trace.nodes)} nodes: slowest step", worst, 16, " ms")
        verdicts.say("largest view", most, 30, " boxes")


@contextmanager
def full_collections() -> Iterator[list[float]]:
    """Collects how long each full collection of Python's collector takes, in ms."""
    found: list[float] = []
    began = 0.0

    def watch(phase: str, about: dict[str, int]) -> None:
        nonlocal began
        if about["generation"] == 2 and phase == "start":
            began = time.process_time()
        elif about["generation"] == 2:
            found.append(1000 * (time.process_time() - began))

    gc.callbacks.append(watch)
    try:
        yield found
    finally:
        gc.callbacks.remove(watch)


def steps_of(trace: Trace, full: list[float]) -> Iterator[tuple[float, list[float], int, int]]:
    """For each level: what it took to open it, what each step took, the moments, the most boxes.

    `full` grows with each full collection.
    """
    svg._laid_out.cache_clear()
    explorer = Explorer(trace)
    tree = explorer._tree
    for level in range(1, tree.depths + 1):
        group = [box for box in tree.parts if tree.depth[box] == level - 1][-1]
        opens = step_ms(explorer, "opened", tree.names[group], full)
        last, dice = explorer.last, random.Random(0)
        moments = [*range(1, last), *range(last - 1, 0, -1)]
        moments += [dice.randrange(1, last) for _ in range(JUMPS)]
        spent = [step_ms(explorer, "step", moment, full) for moment in moments]
        scenes = {explorer._player.scene_at(moment) for moment in moments}
        views = {explorer._player.reel.cuts[scene][1] for scene in scenes}
        most = max(len(explorer._player.view(group)[0].boxes) for group in views)
        yield opens, spent, last + 1, most


def step_ms(explorer: Explorer, name: str, value: int | str, full: list[float]) -> float:
    scene, known, before = explorer._scene, len(full), time.process_time()
    setattr(explorer, name, value)
    if explorer._scene is not scene:
        json.dumps(explorer._scene)
    return 1000 * (time.process_time() - before) - sum(full[known:])


def stepped_graphs() -> Iterator[tuple[str, Trace]]:
    for layers in (12, 48):
        model, batch = transformer_model(layers)
        yield f"transformer, {layers} layers", record(model(batch).sum(), model=model)
    model, batch = transformer_model(48)
    yield "the same, no modules", record(model(batch).sum(), batch=batch)


def minigrad_transformer(layers: int, width: int = 64, heads: int = 4) -> Callable:
    """A function that computes the output of a transformer of minigrad's layers."""
    nn = minigrad.nn

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
            self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in "qkvo")
            self.up, self.down = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

        def forward(self, x):
            y = self.norm1(x)
            parts = (layer(y) for layer in (self.query, self.key, self.value))
            q, k, v = (p.reshape(*x.shape[:2], heads, -1).transpose(1, 2) for p in parts)
            y = ((q @ k.transpose(-2, -1)) * (width / heads) ** -0.5).softmax(-1) @ v
            x = x + self.out(y.transpose(1, 2).reshape(x.shape))
            return x + self.down(self.up(self.norm2(x)).relu())

    minigrad.manual_seed(0)
    model = nn.Sequential(*[Block() for _ in range(layers)])
    batch = minigrad.randn(4, 16, width)
    return lambda: model(batch).sum()


def recording(verdicts: Verdicts, rounds: int = 15) -> None:
    """Interleaved, each round on a fresh graph; medians.

    `record` takes what a pass leaves; nodes, edges and steps are made of it at the first look.
    """
    print("\nRecording, ms of processor time on one thread")
    print(
        f"  {'graph':34}{'nodes':>6}{'plain':>8}{'record':>8}{'ratio':>7}{'reading':>9}{'look':>7}"
    )
    graphs = {
        "torch, 12 layers, width 64": transformer(12),
        "torch, 12 layers, width 128": transformer(12, 128),
        "torch, 12 layers, width 256": transformer(12, 256),
        "minigrad, 9 layers, width 64": minigrad_transformer(9),
    }
    for name, make in graphs.items():
        found: dict[str, list[float]] = {}

        def spent(what: str, run: Callable, found: dict = found) -> None:
            found.setdefault(what, []).append(processor_ms(run))

        make().backward()  # what only the first pass does
        for _ in range(rounds):
            loss, recorded, read_only = make(), make(), make()
            traces: list[Trace] = []
            spent("plain", lambda loss=loss: loss.backward())
            spent("record", lambda loss=recorded, traces=traces: traces.append(record(loss)))
            spent("reading", lambda loss=read_only: Reader(loss, {}).trace())
            (trace,) = traces
            spent("look", lambda t=trace: (len(t.nodes), len(t.edges), len(t.steps)))
        plain, whole, reading, look = (statistics.median(times) for times in found.values())
        print(
            f"  {name:34}{len(trace.nodes):6}{plain:8.1f}{whole:8.1f}{whole / plain:7.2f}"
            f"{reading:9.1f}{look:7.1f}"
        )
        if name.endswith("width 64"):
            verdicts.say(f"record() / plain backward, {name.split(',')[0]}", whole / plain, 3)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--ours", action="store_true", help="leave the other programs out")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    print(f"Python {sys.version.split()[0]}, torch {torch.__version__}, ", end="")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    engines: dict[str, Callable] = {"ours": ours}
    with_dot = not chosen.ours and shutil.which("dot") is not None
    if with_dot:
        engines["dot"] = dot
    elif not chosen.ours:
        print("dot is left out: graphviz is not installed")
    if not chosen.ours:
        npm = Npm()
        if npm.why_not:
            print(f"dagre and viz.js are left out: {npm.why_not}")
        else:
            engines |= {"dagre": npm.engine("dagre"), "viz.js": npm.engine("viz")}
    verdicts = Verdicts()
    times(engines, verdicts)
    crossings(with_dot, verdicts)
    stepping(verdicts)
    recording(verdicts)
    print(f"load {os.getloadavg()[0]:.1f}")
    return 1 if verdicts.missed else 0


if __name__ == "__main__":
    sys.exit(main())
