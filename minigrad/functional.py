"""Activations, losses and layers as plain functions, with the signatures of torch.nn.functional.

`minigrad.nn.functional` is this module. Their rules are in ops/activations, ops/losses, ops/layers.
"""

from __future__ import annotations

import math
import warnings

import numpy as np

from . import dtypes, errors, random
from .devices import module_of
from .lazy import when_used
from .memory import made_like
from .ops import (
    activations,
    elementwise,
    layers,
    losses,
    methods,
    products,
    rearrange,
    reduce,
    refusals,
    shape,
    special,
)
from .ops.compare import plain
from .ops.elementwise import exp, mul, where
from .ops.functions import sigmoid as sigmoid
from .ops.functions import tanh
from .ops.methods import clamp_min
from .ops.products import matmul
from .tensor import Tensor
from .values import normal_dim

# --- activations ----------------------------------------------------------------------------------


def _need_tensors(function: str, **arguments) -> None:
    """Refuse arguments that are no tensors; they are named in the order of torch's function."""
    for position, (name, value) in enumerate(arguments.items(), 1):
        if not isinstance(value, Tensor):
            raise refusals.must_be_tensor(function, name, position, errors.type_name(value))


def _need_floats(kernel: str, input: Tensor) -> None:
    """Refuse whole numbers, with the name that torch has for the computation."""
    if input._data.dtype.kind != "f":
        raise refusals.no_kernel(kernel, input.dtype._torch_class)


def _replacing(name: str, function, input: Tensor, inplace: bool, kernel=None) -> Tensor:
    """The result of an activation, written over its input where torch's `inplace` asks for it."""
    if not isinstance(input, Tensor):
        _need_tensors(name, input=input)
    if kernel:
        _need_floats(kernel, input)
    if inplace:
        from .ops.inplace import inplace as twin

        return twin(function)(input)
    return function(input)


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """The input, or 0 where it is negative."""
    return _replacing("relu", elementwise.relu, input, inplace)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """The input, or a small part of it where it is negative."""
    slope = negative_slope
    return _replacing(
        "leaky_relu", lambda x: activations.leaky_relu(x, slope), input, inplace, "leaky_relu_cpu"
    )


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """leaky_relu with a slope that is learned: one, or one for each channel (dimension 1)."""
    _need_tensors("prelu", input=input, weight=weight)
    n = weight.numel()
    channels = input.shape[1] if input.ndim > 1 else 1
    if weight.ndim > 1 or n not in (1, channels):
        raise refusals.prelu(n, channels)
    if weight.ndim == 1 and input.ndim != 1:
        weight = weight.view((1, n) + (1,) * (input.ndim - 2) if input.ndim > 1 else ())
    return activations.prelu_kernel(input, weight)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """The input, or alpha * (exp(x) - 1) where it is negative."""
    return _replacing("elu", lambda x: activations.elu(x, alpha, 1, 1), input, inplace, "elu_cpu")


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """elu with the two constants that keep mean 0 and variance 1 from layer to layer."""
    alpha, scale = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
    return _replacing(
        "selu", lambda x: activations.elu(x, alpha, scale, 1), input, inplace, "elu_cpu"
    )


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """elu whose slope has no jump: alpha * (exp(x / alpha) - 1) where x is negative."""
    if alpha == 0:
        raise refusals.celu()
    return _replacing("celu", lambda x: activations.celu(x, alpha), input, inplace, "elu_cpu")


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """The input times the share of a bell curve below it; "tanh" approximates the share.

    >>> import minigrad
    >>> gelu(minigrad.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8413])
    """
    if approximate not in ("none", "tanh"):
        raise refusals.gelu()
    _need_tensors("gelu", input=input)
    _need_floats("GeluKernelImpl", input)
    return activations.gelu(input, approximate)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """The input times its sigmoid."""
    return _replacing("silu", activations.silu, input, inplace, "silu_cpu")


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """The input times tanh(softplus(input))."""
    return _replacing("mish", activations.mish, input, inplace, "mish_cpu")


def softplus(input: Tensor, beta: float = 1, threshold: float = 20) -> Tensor:
    """log(1 + exp(beta x)) / beta: relu without its kink."""
    _need_tensors("softplus", input=input)
    _need_floats("softplus_cpu", input)
    return activations.softplus(input, beta, threshold)


def logsigmoid(input: Tensor) -> Tensor:
    """log(sigmoid(x)), without overflow."""
    _need_tensors("log_sigmoid", input=input)
    _need_floats("log_sigmoid_cpu", input)
    return activations.log_sigmoid(input)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """The first half along `dim` times the sigmoid of the second."""
    _need_tensors("glu", input=input)
    if input.ndim == 0:
        raise refusals.glu_scalar()
    _need_floats("glu_cpu", input)
    dim = normal_dim(dim, input.ndim)
    if input.shape[dim] % 2:
        raise refusals.glu_odd(dim, input.shape[dim])
    return activations.glu(input, dim)


def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """The input, moved into a range."""
    if min_val > max_val:
        raise refusals.hardtanh()
    return _replacing(
        "hardtanh", lambda x: activations.hardtanh(x, min_val, max_val), input, inplace
    )


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """relu that stops at 6."""
    _need_tensors("relu6", input=input)
    return hardtanh(input, 0, 6, inplace)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """A sigmoid made of three straight lines."""
    return _replacing("hardsigmoid", activations.hardsigmoid, input, inplace, "hardsigmoid_cpu")


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """The input times its hardsigmoid."""
    return _replacing("hardswish", activations.hardswish, input, inplace, "hardswish_cpu")


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """The input, or `value` where it is not above `threshold`."""
    return _replacing(
        "threshold", lambda x: activations.threshold(x, threshold, value), input, inplace
    )


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """The input moved towards 0 by `lambd`, and 0 where it would pass it."""
    if lambd < 0:
        raise refusals.softshrink(lambd)
    _need_tensors("softshrink", input=input)
    _need_floats("softshrink_check", input)
    return activations.softshrink(input, lambd)


def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """The input, or 0 where it is within `lambd` of 0."""
    _need_tensors("hardshrink", input=input)
    _need_floats("hardshrink_cpu", input)
    return activations.hardshrink(input, lambd)


def softsign(input: Tensor) -> Tensor:
    """x / (1 + |x|)."""
    return input / (abs(input) + 1)


def tanhshrink(input: Tensor) -> Tensor:
    """x - tanh(x)."""
    return input - tanh(input)


def softmax(input: Tensor, dim: int | None = None, *, dtype=None) -> Tensor:
    """Positive numbers that add up to 1 along `dim`, in the proportions of exp(input)."""
    return methods.softmax(input, _along_which("softmax", input, dim), dtype=dtype)


def log_softmax(input: Tensor, dim: int | None = None, *, dtype=None) -> Tensor:
    """The logarithm of softmax, computed without overflow."""
    return methods.log_softmax(input, _along_which("log_softmax", input, dim), dtype=dtype)


def softmin(input: Tensor, dim: int | None = None, *, dtype=None) -> Tensor:
    """The softmax of the negative input: the smallest gets most."""
    dim = _along_which("softmin", input, dim)
    return methods.softmax(-input, dim, dtype=dtype)


def _along_which(name: str, input: Tensor, dim: int | None) -> int:
    """torch's choice of a dimension, and its warning, where none is given."""
    _need_tensors(name, input=input)
    if dim is not None:
        return dim
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include "
        "dim=X as an argument.",
        UserWarning,
        stacklevel=3,
    )
    return 0 if input.ndim in (0, 1, 3) else 1


# --- losses ---------------------------------------------------------------------------------------


def _reduction(name: str) -> int:
    try:
        return losses.REDUCTIONS[name]
    except KeyError:
        raise refusals.reduction(name) from None


def _reduced(values: Tensor, reduction: str) -> Tensor:
    match _reduction(reduction):
        case 0:
            return values
        case 1:
            return values.mean()
    return values.sum()


def _same_size(name: str, input: Tensor, target: Tensor):
    """Input and target stretched to one shape, with torch's warning where that is needed."""
    _need_tensors(name, input=input, target=target)
    if input.shape == target.shape:
        return input, target
    warnings.warn(
        f"Using a target size ({target.shape}) that is different to the input size "
        f"({input.shape}). This will likely lead to incorrect results due to broadcasting. Please "
        "ensure they have the same size.",
        UserWarning,
        stacklevel=3,
    )
    return shape.broadcast_tensors(input, target)


def _floats(kernel: str, input: Tensor, target: Tensor):
    """Input and target, whole numbers among them as the floating point type of the other."""
    if input.is_floating_point():
        return input, (target if target.is_floating_point() else target.to(input.dtype))
    _need_floats(kernel, target)
    return input.to(target.dtype), target


def mse_loss(input: Tensor, target: Tensor, reduction: str = "mean", weight=None) -> Tensor:
    """The mean of the squared distances from the target.

    >>> import minigrad
    >>> mse_loss(minigrad.tensor([1.0, 3.0]), minigrad.tensor([1.0, 1.0]))
    tensor(2.)
    """
    input, target = _same_size("mse_loss", input, target)
    if weight is not None:
        return _weighted((input - target) ** 2, weight, reduction)
    return losses.mse_loss(*_floats("mse_cpu", input, target), _reduction(reduction))


def _weighted(each: Tensor, weight: Tensor, reduction: str) -> Tensor:
    """Losses reduced by their weights: the mean is the weighted one."""
    if weight.shape != each.shape:
        raise refusals.weight_size()
    each = each * weight
    return each.sum() / weight.sum() if reduction == "mean" else _reduced(each, reduction)


def l1_loss(input: Tensor, target: Tensor, reduction: str = "mean", weight=None) -> Tensor:
    """The mean of the distances from the target."""
    input, target = _same_size("l1_loss", input, target)
    each = abs(input - target)
    return _reduced(each, reduction) if weight is None else _weighted(each, weight, reduction)


def smooth_l1_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", beta: float = 1.0
) -> Tensor:
    """A parabola within `beta` of the target, straight lines outside."""
    input, target = _same_size("smooth_l1_loss", input, target)
    if beta == 0:
        return l1_loss(input, target, reduction)
    if beta < 0:
        raise refusals.negative_beta()
    input, target = _floats("smooth_l1_cpu", input, target)
    return losses.smooth_l1_loss(input, target, _reduction(reduction), beta)


def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight=None
) -> Tensor:
    """smooth_l1_loss times `delta`."""
    input, target = _same_size("huber_loss", input, target)
    if delta <= 0:
        raise refusals.huber_delta()
    input, target = _floats("huber_cpu", input, target)
    if weight is not None:
        if weight.shape != input.shape:
            raise refusals.weight_size()
        return _reduced(losses.huber_loss(input, target, 0, delta) * weight, reduction)
    return losses.huber_loss(input, target, _reduction(reduction), delta)


def soft_margin_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """log(1 + exp(-target * input)) for targets 1 and -1."""
    _need_tensors("soft_margin_loss", input=input, target=target)
    input, target = _floats("soft_margin_cpu", input, target)
    return losses.soft_margin_loss(input, target, _reduction(reduction))


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight=None, reduction: str = "mean"
) -> Tensor:
    """How surprising the truth (0 or 1) is for who believes `input`, a probability."""
    _need_tensors("binary_cross_entropy", input=input, target=target)
    if input.shape != target.shape:
        raise refusals.bce_sizes(target.shape, input.shape)
    if input.dtype is not target.dtype:
        raise refusals.found_type(target.dtype._torch_class, input.dtype._torch_class)
    _need_floats("binary_cross_entropy", input)
    outside = {name: _first_outside(x._data) for name, x in (("input", input), ("target", target))}
    which = min(outside, key=outside.get)
    if outside[which] < input.numel():
        raise refusals.not_probabilities(which)
    return losses.binary_cross_entropy(input, target, weight, _reduction(reduction))


def _first_outside(array) -> int:
    """The place of the first number that is no probability; behind the last where all are."""
    wrong = ~((array >= 0) & (array <= 1))
    return int(wrong.argmax()) if wrong.any() else array.size


def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, weight=None, reduction: str = "mean", pos_weight=None
) -> Tensor:
    """binary_cross_entropy of sigmoid(input), exact for any size.

    >>> import minigrad
    >>> binary_cross_entropy_with_logits(minigrad.tensor([0.0]), minigrad.tensor([1.0]))
    tensor(0.6931)
    """
    _need_tensors("binary_cross_entropy_with_logits", input=input, target=target)
    if input.shape != target.shape:
        raise refusals.bce_logits_sizes(target.shape, input.shape)
    _need_floats("log_sigmoid_cpu", input)
    if not target.is_floating_point():
        raise errors.cast_in_place(input.dtype._torch_class, target.dtype._torch_class)
    return losses.binary_cross_entropy_with_logits(
        input, target, weight, pos_weight, _reduction(reduction)
    )


_CLASS_TYPES = (dtypes.int64.numpy, dtypes.uint8.numpy)


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """Minus the log probability that `input` (classes in dimension 1) gives to the target class."""
    _need_tensors("nll_loss_nd", input=input, target=target)
    scores, labels = input._data, target._data
    if scores.ndim < 1:
        raise refusals.nll_dims()
    classes = scores.shape[1] if scores.ndim > 1 else scores.shape[0]
    expected = () if scores.ndim == 1 else (scores.shape[0], *scores.shape[2:])
    if labels.shape != expected:
        raise refusals.nll_sizes(scores.shape, labels.shape)
    wrong = losses.no_class(labels, classes, ignore_index)
    if wrong is not None:
        raise refusals.class_bounds(wrong)
    if weight is not None and tuple(weight.shape) != (classes,):
        raise refusals.nll_weight(classes, weight.shape)
    if labels.dtype not in _CLASS_TYPES:
        raise refusals.class_type(target.dtype)
    total = losses.total_of(target, weight, ignore_index, scores.dtype)
    row = losses.nll_loss if scores.ndim <= 2 else losses.nll_loss2d
    return row(input, target, weight, _reduction(reduction), ignore_index, total)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """How surprising the target is for softmax(input): classes in dimension 1.

    The target names classes (integers), or gives each class a probability (shape of the input).

    >>> import minigrad
    >>> cross_entropy(minigrad.tensor([[0.0, 0.0]]), minigrad.tensor([1]))
    tensor(0.6931)
    """
    _need_tensors("cross_entropy_loss", input=input, target=target)
    if not 0 <= label_smoothing <= 1:
        raise refusals.label_smoothing(label_smoothing)
    dim = 0 if input.ndim == 1 else 1
    logs = log_softmax(input, dim)
    if input.shape == target.shape and target.is_floating_point():
        return _soft_cross_entropy(logs, target, weight, reduction, label_smoothing, dim)
    loss = nll_loss(logs, target, weight, ignore_index, reduction)
    if not label_smoothing:
        return loss
    classes = input.shape[dim]
    ignored = target == ignore_index
    if weight is not None:
        smooth = -(logs * _along(weight, logs.ndim, dim)).sum(dim)
    else:
        smooth = -logs.sum(dim)
    smooth = smooth.masked_fill(ignored, 0.0)
    if reduction == "mean":
        smooth = smooth.sum() / losses.total_of(target, weight, ignore_index, input._data.dtype)
    elif reduction == "sum":
        smooth = smooth.sum()
    hit = layers.times(loss, 1 - label_smoothing)
    return hit + layers.times(smooth, label_smoothing / classes)


def _along(weight, ndim, dim):
    """A vector laid along one dimension of `ndim`."""
    return weight.view((1,) * dim + (-1,) + (1,) * (ndim - dim - 1))


def _soft_cross_entropy(logs, target, weight, reduction, label_smoothing, dim):
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / logs.shape[dim]
    terms = logs * target
    if weight is not None:
        terms = terms * _along(weight, logs.ndim, dim)
    match _reduction(reduction):
        case 0:
            return -terms.sum(dim)
        case 1:
            return layers.over(-terms.sum(), logs.numel() // logs.shape[dim])
    return -terms.sum()


def kl_div(
    input: Tensor,
    target: Tensor,
    size_average=None,
    reduce=None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """The Kullback-Leibler divergence of a target from what is believed (log probabilities)."""
    _need_tensors("kl_div", input=input, target=target)
    if log_target:
        terms = exp(target) * (target - input)
    else:
        terms = special.xlogy(target, target) - target * input
    if reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size."
            "'batchmean' divides only by the batch size, and aligns with the KL div math "
            "definition.'mean' will be changed to behave the same as 'batchmean' in the next major "
            "release.",
            UserWarning,
            stacklevel=2,
        )
    if reduction == "batchmean":
        return terms.sum() / (input.shape[0] if input.ndim else 1)
    return _reduced(terms, reduction)


def hinge_embedding_loss(
    input: Tensor, target: Tensor, margin: float = 1.0, reduction: str = "mean"
) -> Tensor:
    """The input where the target is 1, and what it lacks to `margin` where the target is -1."""
    _need_tensors("hinge_embedding_loss", input=input, target=target)
    far = where(target != 1, clamp_min(elementwise.sub(margin, input), 0), 0.0)
    near = where(target != -1, input, 0.0)
    return _reduced(far + near, reduction)


def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, reduction: str = "mean"
) -> Tensor:
    """What `input1` lacks to be `margin` above input2 (target 1) or below it (target -1)."""
    if not input1.ndim == input2.ndim == target.ndim:
        raise refusals.ranking_dims(input1.shape, input2.shape, target.shape)
    missing = layers.plus(-target * (input1 - input2), margin)
    return _reduced(clamp_min(missing, 0), reduction)


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average=None,
    eps: float = 1e-8,
    reduce=None,
    reduction: str = "mean",
) -> Tensor:
    """Minus the log likelihood of counts under Poisson rates, without constant terms."""
    _need_tensors("poisson_nll_loss", input=input, target=target)
    _reduction(reduction)
    logs = input if log_input else layers.plus(input, eps).log()
    loss = (exp(input) if log_input else input) - target * logs
    if full:
        half = layers.times(layers.times(target, 2 * math.pi).log(), 0.5)
        stirling = target * target.log() - target + half
        loss = loss + stirling.masked_fill(target <= 1, 0)
    return _reduced(loss, reduction)


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The cosine of the angle between vectors along `dim`."""
    _need_tensors("cosine_similarity", x1=x1, x2=x2)
    if not (x1.is_floating_point() or x2.is_floating_point()):
        common = plain(np.zeros(0, dtypes.result_dtype(x1._data, x2._data)))
        raise refusals.no_common_float(common.dtype._torch_class)
    x1, x2 = shape.broadcast_tensors(x1, x2)
    length1 = clamp_min(reduce.vector_norm(x1, 2, dim, True), eps)
    length2 = clamp_min(reduce.vector_norm(x2, 2, dim, True), eps)
    return ((x1 / length1) * (x2 / length2)).sum(dim)


def normalize(input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """The vectors along `dim`, divided by their length."""
    length = clamp_min(input.norm(p, dim, True), eps)
    return input / shape.expand_as(length, input)


def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """The norms of x1 - x2 + eps along the last dimension."""
    _need_tensors("pairwise_distance", x1=x1, x2=x2)
    return reduce.norm(layers.plus(x1 - x2, eps), p, -1, keepdim)


# --- layers ---------------------------------------------------------------------------------------


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """input @ weight.T + bias: the last dimension of the input goes through the layer.

    >>> import minigrad
    >>> linear(minigrad.ones(1, 2), minigrad.tensor([[1.0, 2.0]]), minigrad.tensor([10.0]))
    tensor([[13.]])
    """
    if not (isinstance(input, Tensor) and isinstance(weight, Tensor)):
        _need_tensors("linear", input=input, weight=weight)
    turned = shape.t(weight)
    if bias is None or weight._data.ndim != 2 or bias._data.ndim > 1:
        product = matmul(input, turned)
        return product if bias is None else product + bias
    if input._data.ndim == 2:
        return products.addmm(bias, input, turned)
    if not input.ndim or input.shape[-1] != weight.shape[1]:
        rows = (math.prod(input.shape[:-1]), input.shape[-1] if input.ndim else 1)
        raise errors.mat_shapes(rows, turned.shape)
    flat = shape.reshape(input, (math.prod(input.shape[:-1]), input.shape[-1]))
    return shape.reshape(products.addmm(bias, flat, turned), (*input.shape[:-1], weight.shape[0]))


def dropout(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False, *, generator=None
) -> Tensor:
    """Each element zero with probability `p`, the others stretched by 1 / (1 - p).

    The mask is drawn as torch draws it on a CPU. Without `training` the input itself.
    """
    if not 0 <= p <= 1:
        raise refusals.dropout(p)
    _need_tensors("dropout", input=input)
    if not training or p == 0 or not input.numel():
        return input
    if p == 1:
        zero = plain(np.zeros((), input._data.dtype))
        return _replacing("dropout", lambda x: mul(x, zero), input, inplace)
    if not input.is_floating_point():
        raise errors.cast_in_place("Float", input.dtype._torch_class)
    kept = made_like(input._data, lambda shape: random.bernoulli(1 - p, shape, generator))
    kept = module_of(input._data).asarray(kept.astype(input._data.dtype))
    return _replacing("dropout", lambda x: mul(x, plain(kept / (1 - p))), input, inplace)


def layer_norm(
    input: Tensor,
    normalized_shape,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """The last dimensions at mean 0 and variance 1, then times the weight, plus the bias."""
    _need_tensors("layer_norm", input=input)
    size = tuple(normalized_shape)
    if not size or tuple(input.shape[input.ndim - len(size) :]) != size or input.ndim < len(size):
        raise refusals.layer_norm_shape(size, input.shape)
    for name, value in (("weight", weight), ("bias", bias)):
        if value is not None and tuple(value.shape) != size:
            raise refusals.layer_norm_part(name, value.shape, size)
    _need_floats("LayerNormKernelImpl", input)
    dims = tuple(range(input.ndim - len(size), input.ndim))
    return layers.layer_norm_op(input, dims, weight, bias, eps)


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """The rows of `weight` that the integers in `input` name.

    >>> import minigrad
    >>> embedding(minigrad.tensor([1, 0]), minigrad.tensor([[0.0, 0.1], [1.0, 1.1]]))
    tensor([[1.0000, 1.1000],
            [0.0000, 0.1000]])
    """
    if max_norm is not None or scale_grad_by_freq or sparse:
        raise NotImplementedError(
            "minigrad's embedding has no max_norm, scale_grad_by_freq or sparse gradients."
        )
    _need_tensors("embedding", weight=weight, indices=input)
    if weight.ndim != 2:
        raise refusals.embedding_weight()
    rows = weight.shape[0]
    if input._data.dtype.kind not in "iu":
        raise refusals.embedding_index(input.dtype)
    if padding_idx is not None:
        if not -rows <= padding_idx < rows:
            raise refusals.padding_index()
        padding_idx %= rows
    if input.numel() and not (input._data.min() >= 0 and input._data.max() < rows):
        raise refusals.embedding_bounds()
    return layers.embedding_op(weight, input, padding_idx)


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """A vector of zeros with a single 1 for each integer, at the place that it names.

    >>> import minigrad
    >>> one_hot(minigrad.tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    _need_tensors("one_hot", input=tensor)
    if tensor.dtype is not dtypes.int64:
        raise refusals.one_hot_type()
    index = tensor._data
    if not index.size and num_classes <= 0:
        raise refusals.one_hot_empty()
    if index.size and index.min() < 0:
        raise refusals.one_hot_range("Class values must be non-negative.")
    if num_classes == -1:
        num_classes = int(index.max()) + 1
    elif num_classes < 1:
        raise refusals.one_hot_range("num_classes should be positive")
    elif index.size and index.max() >= num_classes:
        raise refusals.one_hot_range("Class values must be smaller than num_classes.")
    classes = module_of(index).arange(num_classes)
    return plain((index[..., None] == classes).astype(np.int64))


def pad(input: Tensor, pad, mode: str = "constant", value: float | None = None) -> Tensor:
    """The input with more elements around it: (before, after) pairs, the last dimension first."""
    if mode != "constant":
        raise NotImplementedError(f"minigrad pads with a constant only, not in mode {mode!r}.")
    pad = tuple(pad)
    if len(pad) % 2:
        raise refusals.odd_pad()
    if len(pad) > 2 * input.ndim:
        raise refusals.long_pad(len(pad), input.ndim)
    pairs = [(0, 0)] * (input.ndim - len(pad) // 2) + list(zip(pad[::2], pad[1::2], strict=True))[
        ::-1
    ]
    for n, (before, after) in zip(input.shape, pairs, strict=True):
        if n + before + after < 0 or n + min(before, 0) + min(after, 0) < 0:
            raise refusals.negative_narrow()
    return rearrange.pad_op(input, tuple(pairs), value or 0)


__getattr__, __dir__ = when_used(__name__)

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "celu",
    "cosine_similarity",
    "cross_entropy",
    "dropout",
    "elu",
    "embedding",
    "gelu",
    "glu",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hinge_embedding_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "linear",
    "log_softmax",
    "logsigmoid",
    "margin_ranking_loss",
    "mish",
    "mse_loss",
    "nll_loss",
    "normalize",
    "one_hot",
    "pad",
    "pairwise_distance",
    "poisson_nll_loss",
    "prelu",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "smooth_l1_loss",
    "soft_margin_loss",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "tanh",
    "tanhshrink",
    "threshold",
]
