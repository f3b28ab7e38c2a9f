"""Layers of a network: embedding and normalisation. (A linear layer is a product: products.)"""

from __future__ import annotations

from ..memory import row_by_row
from .elementwise import raw, rsqrt, where
from .index import index_backward
from .losses import weighed
from .reduce import mean_dim
from .table import op

# fmt: off

# By a number that is torch's own, not its user's: nodes with the digit 1.
plus = op("add", lambda self, other: self + other, 1, self=lambda g: g)
times = op("mul", lambda self, other: self * other, 1, self=lambda g, other: g * other)
over = op("div", lambda self, other: self / other, 1, self=lambda g, other: g / other)

embedding_op = op("embedding", lambda weight, indices, padding_idx: weight[indices],
    inert=("indices",),
    weight=lambda g, weight_sizes, indices, padding_idx:
        index_backward(unless_padding(g, indices, padding_idx), weight_sizes, (raw(indices),)))
layer_norm_op = op("native_layer_norm", lambda input, dims, weight, bias, eps:
        shifted(weighed(standard(row_by_row(input), dims, eps), weight), bias),
    input =lambda g, input, dims, weight, eps: standard_slope(weighed(g, weight), input, dims, eps),
    weight=lambda g, input, dims, eps: g * standard(input, dims, eps),
    bias  =lambda g: g)

# fmt: on


def shifted(x, bias):
    """x, plus a bias where there is one."""
    return x if bias is None else x + bias


def unless_padding(g, indices, padding_idx):
    """Zero for the row that stands for nothing."""
    if padding_idx is None:
        return g
    return where((raw(indices) == padding_idx)[..., None], 0.0, g)


def scale_of(x, dims, eps):
    """x less its mean, and one over its standard deviation."""
    centred = x - mean_dim(x, dims, True)
    return centred, rsqrt(mean_dim(centred * centred, dims, True) + eps)


def standard(x, dims, eps):
    """x shifted and scaled to mean 0 and variance 1."""
    centred, scale = scale_of(x, dims, eps)
    return centred * scale


def standard_slope(g, x, dims, eps):
    """What `standard` sends back: g without what a shift or a stretch of x would change."""
    centred, scale = scale_of(x, dims, eps)
    normal = centred * scale
    return (g - mean_dim(g, dims, True) - normal * mean_dim(g * normal, dims, True)) * scale
