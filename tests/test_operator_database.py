"""PyTorch's own operator database, asked of torch and of minigrad.

torch's tests draw their inputs from `op_db`: for each operator, sample inputs and inputs that must
fail. For every operator that minigrad has, every sample is given to both: values, shape and dtype
agree, and in float64 the nodes of the graph, the first and the second gradient. What minigrad lacks
stands in `LACKING` with the reason; `test_every_operator_has_its_answer` prints both lists, and
fails for an operator in neither.
"""

import fnmatch
import warnings

import numpy as np
import pytest
import torch

import minigrad
import minigrad.functional

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from torch.testing._internal.common_methods_invocations import op_db

pytestmark = pytest.mark.filterwarnings("ignore")  # torch's samples provoke torch's warnings

TOLERANCE = {torch.float64: 1e-9, torch.float32: 2e-5, torch.int64: 2e-6, torch.bool: 2e-6}

# reason -> the operators that minigrad does not have, as patterns
LACKING = {
    "complex numbers": """H mH angle cdouble cfloat chalf complex conj conj_physical imag real polar
        resolve_conj resolve_neg view_as_complex view_as_real""",
    "Fourier transforms": "fft.* stft istft",
    "sparse tensors": "sparse.* to_sparse sparse_mask",
    "number types that NumPy lacks": "bfloat16",
    "tensors with a mask": "masked.*",
    "special functions that NumPy lacks": """special.* digamma erfinv i0 igamma igammac lgamma
        mvlgamma.* polygamma.* signal.windows.*""",
    "matrix decompositions: their derivatives are a lesson of their own": """cholesky*
        linalg.cholesky* linalg.cond linalg.eig* linalg.householder_product linalg.ldl_*
        linalg.lstsq* linalg.lu* linalg.matrix_rank* linalg.pinv* linalg.qr linalg.slogdet
        linalg.solve_triangular linalg.svd* linalg.tensorinv linalg.tensorsolve linalg.inv_ex
        linalg.solve_ex geqrf logdet lu lu_solve lu_unpack matrix_exp norm.nuc ormqr pca_lowrank
        pinverse qr svd svd_lowrank triangular_solve""",
    "images: convolution, pooling, resizing": """nn.functional.*pool* nn.functional.conv*
        nn.functional.interpolate* nn.functional.upsample* nn.functional.grid_sample
        nn.functional.pad.re* nn.functional.pad.circular nn.functional.pixel_* nn.functional.unfold
        nn.functional.channel_shuffle nn.functional.*max_unpool* nn.functional.local_response_norm
        grid_sampler_* max_pool2d_* _upsample_*""",
    "layers beyond the lessons": """nn.functional.*dropout[23]d nn.functional.*alpha_dropout*
        nn.functional.batch_norm* nn.functional.bilinear nn.functional.embedding_bag
        nn.functional.group_norm nn.functional.instance_norm nn.functional.rms_norm
        nn.functional.rrelu nn.functional.multi_head_attention_forward
        nn.functional.scaled_dot_product_attention""",
    "losses beyond the lessons": """nn.functional.cosine_embedding_loss nn.functional.ctc_loss
        nn.functional.gaussian_nll_loss nn.functional.linear_cross_entropy*
        nn.functional.multi*_loss nn.functional.triplet* nn.functional.pdist""",
    "torch's inner operations: what they are part of is covered": """_[!_]* torch.* jiterator_*
        native_* *[!x]_copy as_strided* constant_pad_nd unsafe_* slice split_with_sizes_copy""",
    "the memory behind a tensor, which minigrad leaves to NumPy": """empty_permuted *empty_strided
        resize_* resize_as_ new_empty""",
    "random draws beyond those that the lessons use": """cauchy
        exponential geometric log_normal normal* uniform""",
    "results whose size depends on the values": """unique_consecutive nonzero_static histogram*
        histc""",
    "numbers of their own, without derivative": """bucketize searchsorted frexp gcd lcm heaviside
        nextafter isin unravel_index hash_tensor *_indices broadcast_shapes""",
    "short to write with what is there": """addbmm block_diag cartesian_prod cdist combinations
        corrcoef cov cross linalg.cross linalg.vander cumulative_trapezoid trapezoid trapz
        diagonal_scatter dsplit hsplit vsplit fill gradient ldexp logspace*
        empty_like scalar_tensor positive sgn sum_to_size renorm __rdiv__""",
    "quantiles": "quantile nanquantile nanmedian",
    "index writes beyond scatter, scatter_add and index_*": "put scatter_reduce* index_reduce*",
    "empty's values are whatever was in memory": "empty",
    "a bound given as a tensor makes torch compute in float32": "linspace.tensor_overload",
}

# Parts of an operator that minigrad does not have: (operator, does the sample need it, reason).
NEEDS_SVD = ("nuc", 2, -2, 2.0, -2.0)
PARTS = {
    "linalg.norm": (lambda s: _matrix_order(s) in NEEDS_SVD, "matrix norms that need an svd"),
    "linalg.matrix_norm": (lambda s: _matrix_order(s) in NEEDS_SVD, "norms that need an svd"),
    "nn.functional.embedding": (
        lambda s: s.kwargs.keys() & {"max_norm", "scale_grad_by_freq", "sparse"},
        "max_norm, scale_grad_by_freq, sparse gradients",
    ),
}

# Where some graphs have other nodes: ways that torch takes in C++ for tensors without dimensions,
# for other memory or in place.
_OTHER_NODES = """
__rmatmul__ atleast_2d atleast_3d diff double einsum gather index_add index_copy index_fill
index_select inner linalg.matrix_power linalg.multi_dot linalg.vecdot matmul
nn.functional.cosine_similarity nn.functional.cross_entropy nn.functional.pairwise_distance
nn.functional.prelu prod ravel roll tensordot to transpose
"""
OTHER_NODES = _OTHER_NODES.split()

# Among equal elements torch takes any index: compare what it points to.
ANY_INDEX = ("argsort", "kthvalue", "median", "mode", "nanmedian", "sort", "topk")

# What is wrong in an error input may be something that minigrad does not have.
NO_ERROR = {
    "masked_fill": "a complex value",
    "linspace": "bounds given as tensors",
    "__r": "torch asks for a tensor on the left of x.__radd__(y)",
}


def _matrix_order(sample):
    """The order of a matrix norm; None for a vector norm."""
    order = sample.args[0] if sample.args else sample.kwargs.get("ord")
    dims = sample.args[1] if len(sample.args) > 1 else sample.kwargs.get("dim")
    several = sample.input.ndim == 2 if dims is None else not isinstance(dims, int)
    return order if several or sample.input.ndim > 2 else None


# --- the same call in minigrad --------------------------------------------------------------------

Tensor = minigrad.Tensor
OTHER_CALL = {
    "einsum": lambda tensors, equation: minigrad.einsum(equation, tensors),
    "nn.functional.embedding": lambda weight, index, **options: minigrad.functional.embedding(
        index, weight, **options
    ),
    "rand_like": minigrad.randn_like,  # torch's entry calls randn_like
    "where": Tensor.where,
    "zero_": lambda tensor: tensor.clone().zero_(),
    **{
        name: getattr(Tensor, name)
        for name in ["bool", "byte", "char", "double", "float", "half", "int", "long", "short"]
    },
}


@pytest.fixture(autouse=True)
def seed_the_cpu_only(monkeypatch):
    """The database seeds torch before each sample: for GPUs that are not there, half the time."""
    monkeypatch.setattr(torch, "manual_seed", torch.default_generator.manual_seed)


def _name(op) -> str:
    return op.name + (f".{op.variant_test_name}" if op.variant_test_name else "")


def _reason(name: str) -> str | None:
    """Why minigrad lacks an operator."""
    for reason, patterns in LACKING.items():
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns.split()):
            return reason
    return None


def _ours(op):
    """minigrad's function for an operator of the database, or None."""
    if op.name in OTHER_CALL:
        return OTHER_CALL[op.name]
    *path, last = op.name.split(".")
    house = {"nn": minigrad.functional, "linalg": minigrad.linalg}.get(path[0] if path else "")
    if path:
        return getattr(house, last, None)
    function = getattr(minigrad, last, None) or getattr(Tensor, last, None)
    return function.fget if isinstance(function, property) else function


def _convert(value):
    """torch's tensors, dtypes and sizes as minigrad's."""
    match value:
        case torch.Tensor():
            tensor = minigrad.tensor(value.detach().numpy(force=True))
            return tensor.requires_grad_() if value.requires_grad else tensor
        case torch.dtype():
            return getattr(minigrad, str(value).removeprefix("torch."))
        case torch.device():
            return minigrad.device(value.type)
        case torch.Size():
            return tuple(value)
        case list() | tuple():
            return type(value)(map(_convert, value))
        case dict():
            return {key: _convert(item) for key, item in value.items()}
    return value


def _tensors(value) -> list:
    """All tensors in nested lists, tuples and dictionaries."""
    match value:
        case torch.Tensor() | Tensor():
            return [value]
        case list() | tuple():
            return [tensor for item in value for tensor in _tensors(item)]
        case dict():
            return _tensors(list(value.values()))
    return []


COVERED = [op for op in op_db if _ours(op) is not None and _reason(_name(op)) is None]


# --- comparing ------------------------------------------------------------------------------------


def _same(theirs, ours, tolerance, what):
    assert tuple(theirs.shape) == tuple(ours.shape), what
    assert str(theirs.dtype).replace("torch", "minigrad") == str(ours.dtype), what
    x, y = theirs.detach().numpy(force=True), ours.detach().numpy()
    if x.dtype.kind != "f":
        x, y = x.astype(float), y.astype(float)
    same = np.isclose(y, x, tolerance, tolerance, equal_nan=True)
    assert same.all(), f"{what}: {y[~same][:5]} where torch has {x[~same][:5]}"


def _same_gradients(theirs, ours, inputs, tolerance, what):
    """None stands for zeros: which of the two an engine sends is not compared."""
    for i, (a, b, x) in enumerate(zip(theirs, ours, inputs, strict=True)):
        a = torch.zeros_like(x) if a is None else a
        _same(a, _convert(torch.zeros_like(x)) if b is None else b, tolerance, f"{what} {i}")


def _nodes(tensors) -> list[str]:
    """The names of all nodes of a graph but its leaves, sorted."""
    nodes, stack = set(), [t.grad_fn for t in tensors if t.grad_fn is not None]
    while stack:
        node = stack.pop()
        if node not in nodes:
            nodes.add(node)
            stack += [below for below, _ in node.next_functions if below is not None]
    return sorted(type(node).__name__ for node in nodes if node.next_functions)


def _like(tensors, seed):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(t.shape, dtype=t.dtype, generator=generator) for t in tensors]


def _compare(op, sample, dtype, gradients):
    function, tolerance = _ours(op), TOLERANCE[dtype]
    theirs_in = (sample.input, *sample.args), sample.kwargs
    ours_in = _convert(theirs_in)
    minigrad.manual_seed(42)  # as the database does
    theirs = op.op(*theirs_in[0], **theirs_in[1])
    ours = function(*ours_in[0], **ours_in[1])
    theirs_out, ours_out = _tensors(theirs), _tensors(ours)
    if not theirs_out:
        assert ours == theirs or tuple(ours) == tuple(theirs)
        return
    assert len(theirs_out) == len(ours_out)
    for i, (a, b) in enumerate(zip(theirs_out, ours_out, strict=True)):
        index = op.name in ANY_INDEX and a.dtype == torch.int64 and (i or op.name == "argsort")
        if index and dtype in (torch.int64, torch.bool):
            a, b = (_pointed_to(sample, x) for x in (a, torch.tensor(b.numpy())))
            assert torch.equal(a, b)
        else:
            _same(a, b, tolerance, "value")
    if gradients:
        _compare_gradients(op, function, theirs_in, ours_in, theirs_out, ours_out, tolerance)


def _pointed_to(sample, index):
    """The elements of the input that indices along a dimension name."""
    dim = sample.kwargs.get("dim", -1)
    for argument in reversed(sample.args):
        if isinstance(argument, int) and not isinstance(argument, bool):
            dim = argument
            break
    x = sample.input
    if x.ndim and index.ndim < x.ndim:
        index = index.unsqueeze(dim)
    for d in [dim, *range(-x.ndim, x.ndim)] if x.ndim else []:
        others = [k for k in range(x.ndim) if k != d % x.ndim]
        if all(index.shape[k] == x.shape[k] for k in others):
            return x.gather(d, index)
    return x


def _compare_gradients(op, function, theirs_in, ours_in, theirs_out, ours_out, tolerance):
    theirs_out = [t for t in theirs_out if t.requires_grad]
    ours_out = [t for t in ours_out if t.requires_grad]
    assert len(theirs_out) == len(ours_out), "which outputs require grad"
    x = [t for t in _tensors(theirs_in) if t.requires_grad]
    y = [t for t in _tensors(ours_in) if t.requires_grad]
    if not theirs_out or not x:
        return
    if _name(op) not in OTHER_NODES:
        assert _nodes(theirs_out) == _nodes(ours_out)
    v = [t.requires_grad_() for t in _like(theirs_out, 0)]
    w = _convert(v)
    options = {"create_graph": True, "allow_unused": True}
    first = torch.autograd.grad(theirs_out, x, v, **options)
    recorded = minigrad.autograd.grad(ours_out, y, w, **options)
    _same_gradients(first, recorded, x, tolerance, "recorded gradient")
    minigrad.manual_seed(42)
    again = [t for t in _tensors(function(*ours_in[0], **ours_in[1])) if t.requires_grad]
    plain = minigrad.autograd.grad(again, y, w, allow_unused=True)
    _same_gradients(first, plain, x, tolerance, "gradient")

    if not op.supports_gradgrad:
        return
    paths = [i for i, g in enumerate(first) if g is not None and g.requires_grad]
    if not paths:
        return
    u = _like([first[i] for i in paths], 1)
    second = torch.autograd.grad([first[i] for i in paths], x + v, u, allow_unused=True)
    ours = [
        (recorded[i], _convert(s))
        for i, s in zip(paths, u, strict=True)
        if recorded[i] is not None and recorded[i].requires_grad
    ]
    found = [None] * len(second)
    if ours:
        gradients, seeds = zip(*ours, strict=True)
        found = minigrad.autograd.grad(gradients, y + w, seeds, allow_unused=True)
    _same_gradients(second, found, x + v, tolerance, "second gradient")


def _samples(op, dtype, gradients):
    torch.manual_seed(0)
    part = PARTS.get(op.name, (lambda sample: False, ""))[0]
    samples = op.sample_inputs("cpu", dtype, requires_grad=gradients)
    return [sample for sample in samples if not part(sample)]


CASES = [(op, dtype) for op in COVERED for dtype in TOLERANCE if dtype in op.dtypes]


@pytest.mark.parametrize(
    ("op", "dtype"), CASES, ids=[f"{_name(op)}-{str(dtype)[6:]}" for op, dtype in CASES]
)
def test_agrees_with_torch(op, dtype):
    """Every sample of an operator, in those of four dtypes that it takes; gradients in float64."""
    gradients = op.supports_autograd and dtype == torch.float64
    for i, sample in enumerate(_samples(op, dtype, gradients)):
        try:
            _compare(op, sample, dtype, gradients)
        except Exception as problem:
            problem.add_note(f"{_name(op)}, sample {i}: {sample.summary()}")
            raise


NO_GRADIENT = ("acosh", "asinh", "atanh", "floor_divide")  # in place, in torch
IN_PLACE = [
    op
    for op in COVERED
    if op.inplace_variant and torch.float64 in op.dtypes and hasattr(Tensor, f"{op.name}_")
]


@pytest.mark.parametrize("op", IN_PLACE, ids=_name)
def test_in_place_twin(op):
    """Value, version and first gradient of `x.add_(y)` and the like; both refuse the same."""
    for sample in _samples(op, torch.float64, op.supports_autograd):
        theirs_in = (sample.input, *sample.args), sample.kwargs
        ours_in = _convert(theirs_in)
        x, y = sample.input.clone(), ours_in[0][0].clone()
        try:
            op.inplace_variant(x, *sample.args, **sample.kwargs)
        except RuntimeError:
            with pytest.raises(RuntimeError):
                getattr(y, f"{op.name}_")(*ours_in[0][1:], **ours_in[1])
            continue
        assert getattr(y, f"{op.name}_")(*ours_in[0][1:], **ours_in[1]) is y
        _same(x, y, 1e-9, "value")
        assert x._version == y._version
        if not x.requires_grad or op.name in NO_GRADIENT:
            continue
        leaves = [[t for t in _tensors(all) if t.requires_grad] for all in (theirs_in, ours_in)]
        (v,) = _like([x], 0)
        theirs = torch.autograd.grad(x, leaves[0], v, allow_unused=True)
        ours = minigrad.autograd.grad(y, leaves[1], _convert(v), allow_unused=True)
        _same_gradients(theirs, ours, leaves[0], 1e-9, "gradient")


FAILING = [op for op in COVERED if op.error_inputs_func is not None]


@pytest.mark.parametrize("op", FAILING, ids=_name)
def test_refuses_what_torch_refuses(op):
    """Every error input raises. (`out=`, which minigrad lacks, is a TypeError.)"""
    for error in op.error_inputs("cpu"):
        sample = error.sample_input
        arguments, options = (sample.input, *sample.args), sample.kwargs
        try:
            op.op(*arguments, **options)
        except Exception:
            pass
        else:
            continue  # torch itself accepts it here
        if any(op.name.startswith(name) for name in NO_ERROR):
            continue
        try:
            arguments, options = _convert(arguments), _convert(options)
        except (TypeError, ValueError):
            continue  # complex numbers; more dimensions than NumPy's 64
        with pytest.raises((RuntimeError, LookupError, ValueError, TypeError, ArithmeticError)):
            _ours(op)(*arguments, **options)


def test_every_operator_has_its_answer(capsys):
    """Covered, or lacking with a reason: nothing in the database is passed over in silence."""
    names = {_name(op): op for op in op_db}
    covered = {_name(op) for op in COVERED}
    lacking = {name: _reason(name) for name in names if name not in covered}
    if torch.__version__.startswith("2.13."):
        assert not [name for name, reason in lacking.items() if reason is None]
    operators = {op.name for op in COVERED}
    assert len(operators) >= 150
    with capsys.disabled():
        print(
            f"\n\n{len(operators)} of {len({op.name for op in op_db})} operators are covered",
            end="",
        )
        print(f" ({len(covered)} of {len(names)} with their variants), with all samples but:")
        for name, (_, reason) in PARTS.items():
            print(f"  {name}: {reason}")
        print("\ncovered:", " ".join(sorted(covered)))
        print("\nlacking:")
        for reason in LACKING:
            those = sorted(name for name, why in lacking.items() if why == reason)
            print(f"  {reason}: {' '.join(those)}")


def test_a_planted_mistake_is_caught(monkeypatch):
    """A rule with a wrong sign, and one whose second derivative alone is wrong."""
    from minigrad.ops import elementwise

    (cos,) = (op for op in op_db if op.name == "cos")
    row = elementwise.cos.op
    for wrong in (
        lambda g, self: g * elementwise.sin(self),
        lambda g, self: (
            -g * minigrad.tensor(np.sin(getattr(self, "_data", self)))
            if isinstance(self, Tensor)
            else -g * np.sin(self)
        ),
    ):
        monkeypatch.setattr(row, "vjps", {"self": wrong})
        monkeypatch.setattr(row, "plans", {})
        with pytest.raises(AssertionError):
            test_agrees_with_torch(cos, torch.float64)
