"""The rule table, row by row, against torch.

`SAMPLES` has one line a row: an expression that both engines compute. Values, the nodes of the
whole graph, the first and the second gradient agree in float64 and float32; a row without a sample
fails.
"""

import itertools

import numpy as np
import pytest
import torch

import minigrad
import minigrad.functional
from minigrad.autograd.graph import Node
from minigrad.ops.select import select
from minigrad.ops.table import ROWS

pytestmark = pytest.mark.filterwarnings("ignore")

# node name -> expression. x, y: 3 by 3; p: between 0 and 1; v, w: of 3; s: a number without
# dimensions; i: [2, 0, 0]; c: x > 0; m, F: the package and its functional. Where a name belongs to
# several rows, a blank after it tells their expressions apart; a row that only the backward pass of
# another one uses has the expression of that one.
SAMPLES = {
    "Add0": "x + y",
    "Sub0": "x - y",
    "Add0 ": "m.add(x, y, alpha=2)",
    "Sub0 ": "m.sub(x, v, alpha=2)",
    "Rsub0": "m.rsub(x, y, alpha=3)",
    "Rsub1": "1 - x",
    "Mul0": "x * y",
    "Div0": "x / y",
    "Mul1": "F.cross_entropy(x, i, label_smoothing=0.1)",
    "Div1": "F.cross_entropy(x, p)",
    "Neg0": "-x",
    "Reciprocal0": "x.reciprocal()",
    "Addcmul0": "m.addcmul(x, y, p, value=2)",
    "Addcdiv0": "m.addcdiv(x, y, p, value=2)",
    "Lerp0": "m.lerp(x, y, 0.3)",
    "Lerp1": "m.lerp(x, y, p)",
    "Pow0": "x ** 3",
    "Pow1": "p ** y",
    "Pow2": "2 ** x",
    "Sqrt0": "p.sqrt()",
    "Rsqrt0": "p.rsqrt()",
    "Hypot0": "m.hypot(x, y)",
    "Exp0": "x.exp()",
    "Exp20": "m.exp2(x)",
    "Expm10": "x.expm1()",
    "Log0": "p.log()",
    "Log1P0": "p.log1p()",
    "Log20": "p.log2()",
    "Log100": "p.log10()",
    "Logaddexp0": "m.logaddexp(x, y)",
    "Logaddexp20": "m.logaddexp2(x, y)",
    **{
        f"{name.capitalize()}0": f"m.{name}(x)"
        for name in [
            "sin",
            "cos",
            "tan",
            "sinh",
            "cosh",
            "tanh",
            "atan",
            "asinh",
            "abs",
            "sign",
            "relu",
            "sigmoid",
            "erf",
            "erfc",
        ]
    },
    "Asin0": "p.asin()",
    "Acos0": "p.acos()",
    "Acosh0": "(p + 1).acosh()",
    "Atanh0": "p.atanh()",
    "Atan20": "m.atan2(x, y)",
    "Deg2Rad0": "m.deg2rad(x)",
    "Rad2Deg0": "m.rad2deg(x)",
    "Maximum0": "m.maximum(x, y)",
    "Minimum0": "m.minimum(x, y)",
    "Fmax0": "m.fmax(x, y)",
    "Fmin0": "m.fmin(x, y)",
    "Clamp0": "m.clamp(x, y, p)",
    "Clamp1": "x.clamp(-0.5, 0.5)",
    "ClampMin0": "x.clamp_min(0.1)",
    "ClampMin1": "x.clamp_min(y)",
    "ClampMax0": "x.clamp_max(0.1)",
    "ClampMax1": "x.clamp_max(y)",
    "Where0": "m.where(c, x * x, y)",
    "Clone0": "x.clone()",
    "ToCopy0": "x.to(m.float16).to(x.dtype)",
    "View0": "x.view(9)",
    "ReshapeAlias0": "x.T.reshape(1, 3, 3)",
    "UnsafeView0": "x.T.reshape(9)",
    "Expand0": "v.expand(2, 3)",
    "Permute0": "x.permute(1, 0)",
    "Transpose0": "x.transpose(0, 1)",
    "T0": "x.t()",
    "Squeeze0": "x[:, :1].squeeze()",
    "Squeeze1": "x[:, :1].squeeze(1)",
    "Squeeze2": "x[:, :1].squeeze((0, 1))",
    "Squeeze4": "v @ x",
    "Unsqueeze0": "x.unsqueeze(1)",
    "Diagonal0": "x.diagonal(1)",
    "Unfold0": "x.unfold(0, 2, 1)",
    "Alias0": "x[...]",
    "AsStrided0": "view_changed_with_its_base(x, y)",
    "AsStridedScatter0": "x.unfold(0, 2, 1) * y[:2, :, None].expand(2, 3, 2)",
    "Select0": "x[1] * x[1]",
    "SelectBackward0": "x[1] * x[1]",
    "Slice0": "x[1:] * x[1:]",
    "SliceBackward0": "x[1:] * x[1:]",
    "Index0": "x[i] * x[i]",
    "IndexPut0": "m.index_put(x, (i[:2],), v) * x[i]",
    "SelectScatter0": "m.select_scatter(x, v, 0, 1)",
    "SliceScatter0": "m.slice_scatter(x, y[:2], 0, 1, 3)",
    "Cat0": "m.cat([x, y], 1)",
    "Stack0": "m.stack([x, y], 1)",
    "Split0": "x.split(2)[0]",
    "SplitWithSizes0": "x.split([1, 2], 1)[1]",
    "Unbind0": "x.unbind(1)[2]",
    "Sum0": "x.sum()",
    "Sum1": "x.sum(1)",
    "Mean0": "x.mean()",
    "Mean1": "x.mean((0, 1), keepdim=True)",
    "Nansum0": "x.nansum(1)",
    "Var0": "x.var(1)",
    "Std0": "x.std((0, 1), correction=0)",
    "VarMean0": "m.mul(*m.var_mean(x, 1))",
    "VarMean0 ": "m.var_mean(x, (0, 1), correction=0, keepdim=True)[1]",
    "StdMean0": "m.mul(*m.std_mean(x))",
    "StdMean0 ": "m.std_mean(x, 0, keepdim=True)[0]",
    "Max1": "x.max()",
    "Min1": "x.min()",
    "Amax0": "x.amax(1)",
    "Aminmax0": "m.mul(*x.aminmax(dim=1))",
    "Aminmax0 ": "x.round().aminmax()[0]",
    "Amin0": "x.amin()",
    "Prod0": "x.prod()",
    "Prod1": "(x * m.relu(y)).prod(1)",
    "Logsumexp0": "x.logsumexp(1)",
    "LinalgVectorNorm0": "m.linalg.vector_norm(x, 3, 1)",
    "Dist0": "m.dist(x, y)",
    "Logit0": "p.logit()",
    "Xlogy0": "m.xlogy(x, p)",
    "Xlogy1": "m.xlogy(2.0, p)",
    "Xlogy2": "m.xlogy(x, 2.0)",
    "Sinc0": "m.sinc(x + 3)",
    "LeakyRelu0": "F.leaky_relu(x)",
    "PreluKernel0": "F.prelu(x, v)",
    "Elu0": "F.elu(x)",
    "Celu0": "F.celu(x, 0.5)",
    "Gelu0": "F.gelu(x) + F.gelu(y, approximate='tanh')",
    "Silu0": "F.silu(x)",
    "Mish0": "F.mish(x)",
    "Softplus0": "F.softplus(x)",
    "LogSigmoid0": "F.logsigmoid(x)",
    "Glu0": "F.glu(x[:, :2])",
    "Hardtanh0": "F.hardtanh(x)",
    "Hardsigmoid0": "F.hardsigmoid(x)",
    "Hardswish0": "F.hardswish(x)",
    "Threshold0": "F.threshold(x, 0.1, 2)",
    "ThresholdBackward0": "m.relu(x)",
    "Softshrink0": "F.softshrink(x)",
    "Hardshrink0": "F.hardshrink(x)",
    "Softmax0": "F.softmax(x, 1)",
    "LogSoftmax0": "F.log_softmax(x, 0)",
    "Copys": "x.clone().copy_(v)",
    "Fill2": "x.clone().fill_(2.0) * y",
    "Fill3": "x.clone().fill_(s)",
    "Zero0": "x.clone().zero_() + y",
    "Uniform0": "seeded(m, lambda: x.clone().uniform_(-1, 2) + y)",
    "Normal0": "seeded(m, lambda: x.clone().normal_(1, 2) + y)",
    "Random0": "seeded(m, lambda: x.clone().random_(2, 9) + y)",
    "Random1": "seeded(m, lambda: x.clone().random_(9) + y)",
    "Random2": "seeded(m, lambda: x.clone().random_() / 1e8 + y)",
    "Bernoulli0": "seeded(m, lambda: m.bernoulli(m.sigmoid(x)) + y)",
    "Bernoulli1": "seeded(m, lambda: x.clone().bernoulli_(m.sigmoid(y.detach())) + y)",
    "Bernoulli2": "seeded(m, lambda: x.clone().bernoulli_(0.3) + y)",
    "Dot0": "v @ w",
    "Vdot0": "m.vdot(v, w)",
    "Mv0": "x @ v",
    "Mm0": "x @ y",
    "Bmm0": "m.bmm(x[None], y[None])",
    "Addmm0": "m.addmm(v, x, y, beta=2, alpha=3)",
    "Addmv0": "m.addmv(v, x, w)",
    "Addr0": "m.addr(x, v, w)",
    "Baddbmm0": "m.baddbmm(x, x[None], y[None])",
    "LinalgInvEx0": "m.linalg.inv(x)",
    "LinalgSolveEx0": "m.linalg.solve(x, y)",
    "LinalgDet0": "m.linalg.det(x)",
    "Gather0": "x.gather(0, i[None])",
    "Scatter0": "x.scatter(1, i[:2].expand(3, 2), y[:, :2])",
    "Scatter1": "x.scatter(0, i[None], 2.0)",
    "ScatterAdd0": "x.scatter_add(0, i.expand(3, 3), y)",
    "IndexSelect0": "x.index_select(1, i)",
    "IndexAdd0": "x.index_add(0, i, y, alpha=2)",
    "IndexCopy0": "x.index_copy(0, i[:2], y[:2])",
    "IndexFill0": "x.index_fill(0, i, 2.0)",
    "IndexFill1": "x.index_fill(0, i, s)",
    "MaskedFill0": "x.masked_fill(c, 2.0)",
    "MaskedFill1": "x.masked_fill(c, s)",
    "MaskedSelect0": "x.masked_select(c)",
    "MaskedScatter0": "x.masked_scatter(c, y)",
    "Take0": "x.take(i)",
    "Max0": "x.max(1).values",
    "Min0": "x.min(0, keepdim=True)[0]",
    "Median0": "x.median()",
    "Median1": "x.median(1)[0]",
    "Kthvalue0": "x.kthvalue(2, 1)[0]",
    "Mode0": "x.mode(1)[0]",
    "Topk0": "x.topk(2, 1)[0]",
    "Sort0": "x.sort(0, descending=True)[0]",
    "Sort1": "x.sort(dim=1, stable=True)[0]",
    "Cummax0": "x.cummax(1)[0]",
    "Cummin0": "x.cummin(0)[0]",
    "Flip0": "x.flip(0)",
    "Roll0": "x.roll(1, 1)",
    "Rot900": "m.rot90(x)",
    "Repeat0": "x.repeat(2, 1, 2)",
    "Tril0": "x.tril(-1)",
    "Triu0": "x.triu()",
    "Trace0": "x.trace()",
    "Diagonal0_copy": "x.diag(1)",
    "DiagEmbed0": "v.diag(-1)",
    "ConstantPadNd0": "F.pad(x, (1, -1, 0, 2), value=2.0)",
    "Floor0": "x.floor()",
    "Ceil0": "x.ceil()",
    "Trunc0": "x.trunc()",
    "Round0": "x.round()",
    "Round1": "m.round(x, decimals=1)",
    "Frac0": "x.frac()",
    "Fmod0": "x.fmod(0.3)",
    "Fmod1": "x.fmod(y)",
    "Remainder0": "x % 0.3",
    "Remainder1": "x % y",
    "Div2": "m.div(x, y, rounding_mode='floor') + m.div(x, y, rounding_mode='trunc')",
    "NanToNum0": "x.nan_to_num()",
    "Copysign0": "m.copysign(x, y)",
    "Copysign1": "m.copysign(x, -2)",
    "Add1": "F.margin_ranking_loss(x, y, p.detach(), margin=0.5)",
    "Cumsum0": "x.cumsum(1)",
    "Cumprod0": "(x * m.relu(y)).cumprod(0)",
    "Logcumsumexp0": "x.logcumsumexp(1)",
    "MseLoss0": "F.mse_loss(x, y)",
    "SmoothL1Loss0": "F.smooth_l1_loss(x, y, beta=0.5)",
    "HuberLoss0": "F.huber_loss(x, y, reduction='sum')",
    "SoftMarginLoss0": "F.soft_margin_loss(x, y.detach())",
    "BinaryCrossEntropy0": "F.binary_cross_entropy(p, p.detach() ** 2, reduction='none')",
    "BinaryCrossEntropyWithLogits0": "F.binary_cross_entropy_with_logits(x, p, v.exp().detach())",
    "NllLoss0": "F.nll_loss(x, i, v.detach())",
    "NllLoss2D0": "F.nll_loss(x[None, :, :, None], i[None, :, None])",
    "Embedding0": "F.embedding(i, x)",
    "NativeLayerNorm0": "F.layer_norm(x, (3,), v, w)",
}

# Where minigrad's graph is another one than torch's, and why.
OTHER_GRAPH = {}
NO_SECOND = {"Hardsigmoid0": "torch has no second derivative of it"}


def seeded(m, draw):
    """What is drawn after a seed."""
    m.manual_seed(0)
    return draw()


def view_changed_with_its_base(x, y):
    """A view whose base is changed in place makes its edge anew."""
    base = x.clone()
    view = base[1]
    base.mul_(y)
    return view * 2


ARRAYS = np.random.default_rng(4)
X, Y = ARRAYS.normal(size=(2, 3, 3))
V, W = ARRAYS.normal(size=(2, 3))
P = ARRAYS.uniform(0.2, 0.9, (3, 3))


def names_for(package, dtype):
    """What the expressions may name, as tensors of torch or minigrad."""

    def tensor(array):
        return package.tensor(array, dtype=getattr(package, dtype)).requires_grad_()

    leaves = {name: tensor(a) for name, a in zip("xyvwp", (X, Y, V, W, P), strict=True)}
    leaves["s"] = tensor(0.7)
    functional = torch.nn.functional if package is torch else minigrad.functional
    names = {"m": package, "F": functional, "i": package.tensor([2, 0, 0])}
    names |= {"c": leaves["x"].detach() > 0, **leaves}
    names["view_changed_with_its_base"] = view_changed_with_its_base
    names["seeded"] = seeded
    return names, list(leaves.values())


def nodes_below(*tensors) -> list:
    """All nodes of a graph."""
    found, stack = {}, [t.grad_fn for t in tensors if t.grad_fn is not None]
    while stack:
        node = stack.pop()
        if node not in found:
            found[node] = None
            stack += [n for n, _ in node.next_functions if n is not None]
    return list(found)


def node_names(tensor) -> list[str]:
    return sorted(type(node).__name__ for node in nodes_below(tensor))


def gradients(engine, output, leaves, seeds, first_only):
    options = {"create_graph": True, "allow_unused": True}
    first = engine.autograd.grad(output, leaves, seeds[0], **options)
    recorded = [g for g in first if g is not None and g.requires_grad]
    second = [None] * (len(leaves) + 1)
    if recorded and not first_only:
        seeds_of_second = [seeds[1].expand(g.shape) for g in recorded]
        second = engine.autograd.grad(recorded, [*leaves, seeds[0]], seeds_of_second, **options)
    return first, second


def as_array(tensor, like):
    """A gradient as an array; None stands for zeros."""
    return np.zeros(tuple(like.shape)) if tensor is None else tensor.numpy(force=True)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("row", SAMPLES)
def test_row(row, dtype):
    """A row's sample: values, nodes, first and second gradient, and that the row took part."""
    tolerance = {"float64": 1e-9, "float32": 2e-5}[dtype]
    results = {}
    for engine in (torch, minigrad):
        names, leaves = names_for(engine, dtype)
        output = eval(SAMPLES[row], names)
        seed = np.cos(np.arange(output.numel())).reshape(tuple(output.shape))
        seeds = [engine.tensor(a, dtype=getattr(engine, dtype)) for a in (seed, 0.6)]
        seeds[0].requires_grad_()
        first, second = gradients(engine, output, leaves, seeds, row in NO_SECOND)
        results[engine] = output, first, second, [*leaves, seeds[0]]
    theirs, ours = results[torch], results[minigrad]
    assert str(theirs[0].dtype)[6:] == str(ours[0].dtype)[9:]
    for what, a, b in zip(("first", "second"), theirs[1:3], ours[1:3], strict=True):
        for g, h, leaf in zip(a, b, theirs[3], strict=False):
            close(as_array(g, leaf), as_array(h, leaf), tolerance, f"{what} gradient")
    close(theirs[0].detach().numpy(), ours[0].detach().numpy(), tolerance, "value")
    if row not in OTHER_GRAPH:
        assert node_names(theirs[0]) == node_names(ours[0])
    used = nodes_below(ours[0], *(g for g in ours[1] if g is not None))
    assert node_name(row) in {type(node).__name__ for node in used}


def close(a, b, tolerance, what):
    assert a.shape == b.shape, what
    np.testing.assert_allclose(b, a, tolerance, tolerance, err_msg=what)


def node_name(key: str) -> str:
    """The name of the node: "Exp20" stands for "Exp2Backward0"."""
    stem, *rest = key.strip().split("_")
    return "_".join([f"{stem[:-1]}Backward{stem[-1]}", *rest])


def test_every_row_has_a_sample():
    rows = {row.node_name for row in ROWS}
    samples = {node_name(key) for key in SAMPLES}
    assert not rows - samples
    assert not samples - rows


def test_a_planted_mistake_is_caught(monkeypatch):
    """Each of the kinds of mistakes that a rule can have."""
    from minigrad.ops.elementwise import exp, mul, sin

    planted = [
        (
            "Sin0",
            sin,
            "self",
            lambda g, self: (
                -g * minigrad.cos(self) if isinstance(self, minigrad.Tensor) else -g * np.cos(self)
            ),
        ),
        ("Mul0", mul, "other", lambda g, self: g),
        ("Exp0", exp, "self", lambda g: g),
    ]
    for key, function, name, wrong in planted:
        with monkeypatch.context() as patch:
            patch.setitem(function.op.vjps, name, wrong)
            patch.setattr(function.op, "plans", {})
            with pytest.raises(AssertionError):
                test_row(key, "float64")
        test_row(key, "float64")


# --- the types of results -------------------------------------------------------------------------

DTYPES = ("bool", "uint8", "int32", "int64", "float16", "float32", "float64")
BINARY = [
    "add",
    "sub",
    "mul",
    "div",
    "pow",
    "maximum",
    "floor_divide",
    "remainder",
    "fmod",
    "atan2",
    "eq",
    "where",
    "hypot",
]


def operands(engine, dtype):
    """A tensor with dimensions and one without; and Python numbers."""
    if dtype == "number":
        return [2, 2.5, True]
    kind = getattr(engine, dtype)
    return [engine.tensor([1, 2, 3]).to(kind), engine.tensor(2).to(kind)]


def result_type(engine, name, a, b):
    try:
        if name == "where":
            result = engine.where(engine.tensor([True, False, True]), a, b)
        else:
            result = getattr(engine, name)(a, b)
        return str(result.dtype).split(".")[1]
    except (RuntimeError, TypeError, ValueError):
        return "refused"


@pytest.mark.parametrize("name", BINARY)
def test_promotion(name):
    """The dtype of a result, for every pair of dtypes, with dimensions, without, and for numbers.

    torch refuses some operations on bools and float16 that NumPy computes; these may give anything.
    """
    wrong = []
    for first, second in itertools.product(DTYPES, (*DTYPES, "number")):
        pairs = zip(
            itertools.product(operands(torch, first), operands(torch, second)),
            itertools.product(operands(minigrad, first), operands(minigrad, second)),
            strict=True,
        )
        for theirs, ours in pairs:
            expected, got = result_type(torch, name, *theirs), result_type(minigrad, name, *ours)
            if expected not in (got, "refused"):
                wrong.append((first, theirs[0].ndim, second, theirs[1], expected, got))
    assert not wrong


@pytest.mark.parametrize(
    "name", ["exp", "sqrt", "sum", "prod", "cumsum", "abs", "sigmoid", "floor"]
)
@pytest.mark.parametrize("dtype", DTYPES)
def test_type_of_one(name, dtype):
    """The dtype of a result of one tensor."""
    results = []
    for engine in (torch, minigrad):
        x = engine.tensor([1, 0, 1]).to(getattr(engine, dtype))
        try:
            results.append(
                str(getattr(engine, name)(*((x, 0) if name == "cumsum" else (x,))).dtype)
            )
        except (RuntimeError, TypeError, ValueError):
            results.append("torch.refused")
    expected, got = (result.split(".")[1] for result in results)
    assert expected in (got, "refused")


# --- names ----------------------------------------------------------------------------------------


def test_a_missing_name_says_so():
    with pytest.raises(AttributeError, match="minigrad has no `conv2d`"):
        minigrad.conv2d  # noqa: B018


def test_every_function_has_a_meaning():
    from minigrad.ops.functions import FUNCTIONS

    assert not [name for name, function in FUNCTIONS.items() if not function.__doc__]


def test_named_results_print_as_in_torch():
    theirs = torch.tensor([[1.0, 5.0], [7.0, 2.0]]).max(1)
    ours = minigrad.tensor([[1.0, 5.0], [7.0, 2.0]]).max(1)
    assert repr(ours) == repr(theirs).replace("torch", "minigrad")
    values, indices = ours
    assert ours.values is values
    assert ours.indices is indices


def test_nodes_are_nodes():
    assert all(issubclass(row.node_type, Node) for row in ROWS)


@pytest.mark.parametrize(
    "dtype", [np.float16, np.float32, np.float64, np.int64, np.uint8, np.bool_]
)
@pytest.mark.parametrize(
    "shapes",
    [
        [(70, 30)] * 3,
        [(70, 30), (30,), (70, 1)],
        [(1100, 1), (1100, 3), (3,)],
        [(2100,), (), ()],
    ],
)
def test_select_chooses_as_numpy_does(dtype, shapes):
    rng = np.random.default_rng(0)
    condition = rng.standard_normal(shapes[0]) > 0
    x, y = (np.asarray(rng.standard_normal(shape) * 9).astype(dtype) for shape in shapes[1:])
    if x.dtype.kind == "f":
        x.flat[0], y.flat[0] = np.inf, -0.0
        x.flat[-1], y.flat[-1] = np.nan, np.nan
    for left, right in [(x, y), (0, y), (x, 0), (x[::-1], y)] if x.ndim else [(x, y), (0, y)]:
        found, expected = select(condition, left, right), np.where(condition, left, right)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)
        if found.dtype.kind == "f":
            np.testing.assert_array_equal(np.signbit(found), np.signbit(expected))


@pytest.mark.parametrize(
    "numbers",
    [
        [[1.0, 2.0], [2.0, 4.0]],
        [[1.0, 2.0, 0.0], [2.0, 4.0, 0.0], [0.0, 1.0, 1.0]],
        np.zeros((3, 3)),
        [[[1.0, 2.0], [3.0, 4.0]], [[1.0, 1.0], [1.0, 1.0]]],
    ],
)
def test_a_singular_matrix_has_cofactors(numbers):
    """The gradient of det as torch has it with create_graph; without it torch sends zeros here."""
    gradients, slopes = [], []
    for engine in (torch, minigrad):
        x = engine.tensor(numbers, dtype=engine.float64, requires_grad=True)
        det = engine.linalg.det(x).sum()
        (gradient,) = engine.autograd.grad(det, x, create_graph=True)
        gradients.append(gradient.detach().numpy())
        slopes.append(engine.autograd.grad(gradient.sum(), x)[0].numpy())
    np.testing.assert_allclose(*gradients, atol=1e-12)
    theirs, ours = slopes  # torch's svd has no slope where singular values are equal
    np.testing.assert_allclose(ours, np.where(np.isnan(theirs), ours, theirs), atol=1e-12)
    assert not np.isnan(ours).any()
    det.backward()
    np.testing.assert_array_equal(x.grad.numpy(), gradients[1])
