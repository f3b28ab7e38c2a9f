"""Random programs for test_programs: Python source that runs on torch and on minigrad.

A program makes leaves, computes with them, changes results and views in place, registers hooks and
steps out of the graph now and then. It is drawn as text, so that a failing one can be read and run;
the writer knows the shape of every variable and nothing else.
"""

from dataclasses import dataclass
from math import prod

from hypothesis import strategies as st

SHAPES = [(), (1,), (3,), (2, 3), (2, 1), (1, 3), (2, 2), (3, 2), (2, 1, 3)]
NUMBERS = ["2", "3", "0.5", "-1.5", "1"]


@dataclass
class Program:
    """Lines of Python that get an engine as `t` and a source of leaves as `leaf`."""

    lines: list[str]
    shapes: dict[str, tuple[int, ...]]
    outputs: list[int]  # counted from the variable made last
    retain: bool
    mixed: bool  # float32 and float64 side by side

    def __str__(self):
        return "\n".join([*self.lines, f"# outputs {self.outputs} from the end"])


class Writer:
    """Writes a program line by line."""

    def __init__(self, draw):
        self.draw = draw
        self.lines: list[str] = []
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.leaves = 0
        self.changeable: set[str] = set()  # results, and views of results

    def choose(self, *options):
        return self.draw(st.sampled_from(options))

    def pick(self, fits=lambda shape: True, names=()) -> str | None:
        """A variable whose shape fits, more often one of the last three."""
        names = [name for name in names or self.shapes if fits(self.shapes[name])][::-1]
        if self.choose(True, True, False):
            names = names[:3]
        return self.choose(*names) if names else None

    def line(self, text: str) -> None:
        self.lines.append(text)

    def define(self, expression: str, shape, mode="", view_of=None) -> None:
        name = f"v{len(self.shapes)}"
        self.line(f"{mode}{name} = {expression}")
        self.shapes[name] = tuple(shape)
        if view_of in self.changeable or (view_of is None and "leaf" not in expression):
            self.changeable.add(name)

    def mode(self) -> str:
        """Most lines are recorded, some not."""
        return self.choose(*[""] * 9, "with t.no_grad(): ")

    def some_dim(self, shape) -> int:
        return self.draw(st.integers(-len(shape), len(shape) - 1))


def broadcast(a, b) -> tuple[int, ...] | None:
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    shape = list(longer)
    for i in range(1, len(shorter) + 1):
        m, n = longer[-i], shorter[-i]
        if m != n and 1 not in (m, n):
            return None
        shape[-i] = max(m, n)
    return tuple(shape)


# --- what a line can be ---------------------------------------------------------------------------


def leaf(w: Writer):
    shape, wanted = w.choose(*SHAPES), w.choose(*[True] * 4, False)
    w.define(f"leaf({w.leaves}, {shape}, {wanted})", shape)
    w.leaves += 1


def unary(w: Writer):
    a = w.pick()
    expression = w.choose(
        "-{a}", "{a}.tanh()", "{a}.sin()", "{a}.cos()", "{a}.sigmoid()", "{a}.relu()", "{a}.abs()",
        "({a} * 0.5).exp()", "({a} * {a} + 1).log()", "({a} * {a} + 1).sqrt()", "{a}.clone()",
        "{a}.clamp(-1, 1)", "{a}.clamp(min=0)", "{a}.reciprocal()", "{a}.square()", "{a} ** 2",
        "{a} ** 3", "{a} ** 0.5", "{a} ** 0", "{a} ** -1", "t.where({a} > 0, {a}, 0.0)",
        "{a}.softmax(-1)" if w.shapes[a] else "{a}.floor()",
        "{a}.log_softmax(-1)" if w.shapes[a] else "{a}.sign()",
    )  # fmt: skip
    w.define(expression.format(a=a), w.shapes[a], w.mode())


def with_number(w: Writer):
    a, c = w.pick(), w.choose(*NUMBERS)
    expression = w.choose(
        "{a} + {c}", "{c} + {a}", "{a} - {c}", "{c} - {a}", "{a} * {c}", "{c} * {a}", "{a} / {c}",
        "{c} / {a}", "2 ** {a}",
    )  # fmt: skip
    w.define(expression.format(a=a, c=c), w.shapes[a], w.mode())


def binary(w: Writer):
    a = w.pick()
    b = w.pick(lambda shape: broadcast(shape, w.shapes[a]) is not None)
    expression = w.choose(
        "{a} + {b}", "{a} * {b}", "{a} - {b}", "{a} / {b}", "t.maximum({a}, {b})",
        "t.minimum({a}, {b})", "t.where({a} > {b}, {a}, {b})", "({a}.abs() + 0.5) ** {b}",
        "{a} * {b} + {a}",
    )  # fmt: skip
    w.define(expression.format(a=a, b=b), broadcast(w.shapes[a], w.shapes[b]), w.mode())


def reduce(w: Writer):
    a = w.pick()
    shape = w.shapes[a]
    function = w.choose("sum", "mean", "amax", "logsumexp", "prod", "var", "cumsum")
    if not shape or (w.choose(True, False, False) and function in ("sum", "mean", "prod")):
        w.define(f"{a}.{w.choose('sum', 'mean', 'max')}()", (), w.mode())
        return
    dim = w.some_dim(shape)
    if function == "cumsum":
        w.define(f"{a}.cumsum({dim})", shape, w.mode())
        return
    if function == "var" and shape[dim] == 1:
        function = "sum"
    keepdim = w.choose(True, False)
    dims = [n for i, n in enumerate(shape) if i != dim % len(shape)]
    if keepdim:
        dims.insert(dim % len(shape), 1)
    w.define(f"{a}.{function}({dim}, keepdim={keepdim})", dims, w.mode())


def view(w: Writer):
    a = w.pick()
    shape = w.shapes[a]
    kind = w.choose(
        "reshape", "flatten", "unsqueeze", "squeeze", "expand", "transpose", "permute", "select",
        "slice", "step", "all", "detach", "squeeze one",
    )  # fmt: skip
    if not shape and kind in ("transpose", "permute", "select", "slice", "step", "squeeze one"):
        kind = "unsqueeze"
    if len(shape) > 3 and kind in ("unsqueeze", "expand"):
        kind = "flatten"
    match kind:
        case "reshape":
            size = w.choose(
                shape[::-1], (-1,), (1, *shape), (shape[0], -1) if len(shape) > 1 else shape
            )
            result = size
            if -1 in size:
                rest = prod(shape) // prod(n for n in size if n != -1)
                result = tuple(rest if n == -1 else n for n in size)
            w.define(f"{a}.reshape({size})", result, view_of=a)
        case "flatten":
            w.define(f"{a}.flatten()", (prod(shape),), view_of=a)
        case "unsqueeze":
            dim = w.draw(st.integers(0, len(shape)))
            w.define(f"{a}.unsqueeze({dim})", (*shape[:dim], 1, *shape[dim:]), view_of=a)
        case "squeeze":
            w.define(f"{a}.squeeze()", [n for n in shape if n != 1], view_of=a)
        case "squeeze one":
            dim = w.some_dim(shape)
            left = [n for i, n in enumerate(shape) if n != 1 or i != dim % len(shape)]
            w.define(f"{a}.squeeze({dim})", left, view_of=a)
        case "expand":
            size = (2, *(3 if n == 1 else n for n in shape))
            w.define(f"{a}.expand({size})", size, view_of=a)
        case "transpose":
            d0, d1 = w.some_dim(shape), w.some_dim(shape)
            turned = list(shape)
            turned[d0], turned[d1] = turned[d1], turned[d0]
            w.define(f"{a}.transpose({d0}, {d1})", turned, view_of=a)
        case "permute":
            order = w.draw(st.permutations(range(len(shape))))
            w.define(f"{a}.permute({order})", [shape[d] for d in order], view_of=a)
        case "select":
            i = w.draw(st.integers(-shape[0], shape[0] - 1))
            w.define(f"{a}[{i}]", shape[1:], view_of=a)
        case "slice":
            w.define(f"{a}[..., 0:1]", (*shape[:-1], 1), view_of=a)
        case "step":
            w.define(f"{a}[::2]", ((shape[0] + 1) // 2, *shape[1:]), view_of=a)
        case "all":
            w.define(f"{a}[{w.choose(':', '...', 'None')}]", shape, view_of=a)
            if w.lines[-1].endswith("[None]"):
                w.shapes[f"v{len(w.shapes) - 1}"] = (1, *shape)
            if not shape and w.lines[-1].endswith("[:]"):
                w.lines[-1] = w.lines[-1].replace("[:]", "[...]")
        case "detach":
            w.define(f"{a}.detach()", shape, view_of=a)


def gather(w: Writer):
    a = w.pick(lambda shape: len(shape) > 0)
    if a is None:
        return leaf(w)
    shape = w.shapes[a]
    last = shape[0] - 1
    kind = w.choose("list", "mask", "both", "tensor")
    if kind == "list":
        w.define(f"{a}[[{last}, 0, {last}]]", (3, *shape[1:]), w.mode())
    elif kind == "tensor":
        w.define(f"{a}[t.tensor([[0, {last}]])]", (1, 2, *shape[1:]), w.mode())
    elif kind == "mask":
        mask = [i == last for i in range(shape[0])]
        w.define(f"{a}[t.tensor({mask})]", (1, *shape[1:]), w.mode())
    elif len(shape) > 1:
        w.define(f"{a}[[0, {last}], [0, {shape[1] - 1}]]", (2, *shape[2:]), w.mode())


def matmul(w: Writer):
    a = w.pick(lambda shape: len(shape) > 0)
    if a is None:
        return leaf(w)
    shape = w.shapes[a]
    b = w.pick(lambda other: other[-2:][:1] == shape[-1:] and len(other) <= 2)
    if b is not None and w.choose(True, True, False):
        w.define(f"{a} @ {b}", (*shape[:-1], *w.shapes[b][1:]), w.mode())
    elif len(shape) > 1:
        w.define(f"{a} @ {a}.mT", (*shape[:-1], shape[-2]), w.mode())
    else:
        w.define(f"{a} @ {a}", (), w.mode())


def join(w: Writer):
    a = w.pick()
    shape = w.shapes[a]
    b = w.pick(lambda other: other == shape)
    if shape and w.choose(True, False):
        dim = w.some_dim(shape)
        longer = list(shape)
        longer[dim] *= 2
        w.define(f"t.cat([{a}, {b}], {dim})", longer, w.mode())
    elif len(shape) < 4:
        dim = w.draw(st.integers(0, len(shape)))
        w.define(f"t.stack([{a}, {b}], {dim})", (*shape[:dim], 2, *shape[dim:]), w.mode())


def part(w: Writer):
    """Several results at once."""
    a = w.pick(lambda shape: len(shape) > 0 and shape[0] > 1)
    if a is None:
        return leaf(w)
    shape = w.shapes[a]
    first, second = (f"v{len(w.shapes) + i}" for i in (0, 1))
    kind = w.choose("split", "chunk", "unbind", "max")
    if kind == "max":
        w.define(f"{a}.max(0).values", shape[1:], w.mode())
        return
    rest = f"{second}, *_" if kind == "unbind" or shape[0] > 2 else second
    call = {"split": "split(1)", "chunk": f"chunk({shape[0]})", "unbind": "unbind()"}[kind]
    w.line(f"{first}, {rest} = {a}.{call}")
    for name in (first, second):
        w.shapes[name] = shape[1:] if kind == "unbind" else (1, *shape[1:])


def in_place(w: Writer):
    """Mostly of what may be changed: an error ends the program."""
    a = w.pick(names=w.changeable and w.choose(*[sorted(w.changeable)] * 15, ()))
    b = w.pick(lambda shape: broadcast(shape, w.shapes[a]) == w.shapes[a])
    lines = [
        "{a}.add_({b})", "{a}.mul_({b})", "{a}.sub_({b})", "{a} += {b}", "{a} *= {b}", "{a} *= 2",
        "{a}.add_(1)", "{a}.mul_(0.5)", "{a}.tanh_()", "{a}.zero_()", "{a}.fill_(0.5)",
        "{a}.copy_({b})", "{a}.neg_()", "{a}[...] = {b}", "{a}.relu_()",
        "{a}.sigmoid_()", "{a}.div_(2)", "{a}.pow_(2)", "{a}.clamp_(min=0)",
    ]  # fmt: skip
    if w.shapes[a]:
        lines += ["{a}[0] = 0.5", "{a}[..., 0:1] = 2.0", "{a}[0] *= 2", "{a}[[0]] = 1.5"]
        c = w.pick(lambda shape: broadcast(shape, w.shapes[a][1:]) == w.shapes[a][1:])
        if c is not None:
            lines += [f"{{a}}[0] = {c}", f"{{a}}[-1] += {c}", f"{{a}}[[0]] = {c}"]
    w.line(w.mode() + w.choose(*lines).format(a=a, b=b))


def look(w: Writer):
    """Hooks and kept gradients.

    The node is looked at first: torch 2.13 crashes on a hook for a view whose base was changed
    since it was last looked at.
    """
    a = w.pick()
    call = w.choose("register_hook(lambda g: g * 2)", "register_hook(lambda g: None)",
                    "retain_grad()", "register_hook(lambda g: g + 1)")  # fmt: skip
    w.line(f"if {a}.grad_fn or {a}.requires_grad: {a}.{call}")


STEPS = [leaf, *[unary] * 4, *[with_number] * 3, *[binary] * 6, reduce, reduce, *[view] * 4,
         gather, matmul, matmul, join, part, *[in_place] * 3, look, look]  # fmt: skip


@st.composite
def programs(draw, longest: int = 16) -> Program:
    """A program of at most `longest` lines after its first leaves."""
    writer = Writer(draw)
    for _ in range(draw(st.integers(2, 3))):
        leaf(writer)
    for _ in range(draw(st.integers(1, longest))):
        draw(st.sampled_from(STEPS))(writer)
    outputs = draw(st.lists(st.integers(0, 5), min_size=1, max_size=3))
    return Program(writer.lines, writer.shapes, outputs, draw(st.booleans()), draw(st.booleans()))
