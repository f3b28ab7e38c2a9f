"""Losses: how far a prediction (`self`) is from the truth (`target`), as one number or one each.

`reduction` is torch's number: 0 keeps one value each, 1 takes their mean, 2 their sum.
"""

from __future__ import annotations

import math

import numpy as np

from .activations import log_sigmoid
from .elementwise import beside, log, log1p, raw, sigmoid, sign, where
from .further import clamp_min
from .index import index_backward
from .select import select
from .table import op

REDUCTIONS = {"none": 0, "mean": 1, "sum": 2}

# fmt: off

mse_loss = op("mse_loss", lambda self, target, reduction: reduced((self - target) ** 2, reduction),
    self  =lambda g, self, target, reduction: each(g, self, reduction) * (2 * (self - target)),
    target=lambda g, self, target, reduction: each(g, self, reduction) * (2 * (target - self)))
smooth_l1_loss = op("smooth_l1_loss",
    lambda self, target, reduction, beta: reduced(bent(self - target, beta) / beta, reduction),
    self  =lambda g, self, target, reduction, beta:
        each(g, self, reduction) * bend(self - target, beta) / beta,
    target=lambda g, self, target, reduction, beta:
        each(g, self, reduction) * bend(target - self, beta) / beta)
huber_loss = op("huber_loss",
    lambda self, target, reduction, delta: reduced(bent(self - target, delta), reduction),
    self  =lambda g, self, target, reduction, delta:
        each(g, self, reduction) * bend(self - target, delta),
    target=lambda g, self, target, reduction, delta:
        each(g, self, reduction) * bend(target - self, delta))
soft_margin_loss = op("soft_margin_loss", lambda self, target, reduction:
        reduced(np.log1p(np.exp(-target * self)), reduction), inert=("target",),
    self  =lambda g, self, target, reduction:
        each(g, self, reduction) * (-target * sigmoid(-target * self)))

# --- yes or no ------------------------------------------------------------------------------------

binary_cross_entropy = op("binary_cross_entropy", lambda self, target, weight, reduction:
        reduced(weighed(surprise(self, target), weight), reduction), inert=("weight",),
    self  =lambda g, self, target, weight, reduction: weighed(each(g, self, reduction), weight)
        * ((self - target) / clamp_min(self * (1 - self), 1e-12)),
    target=lambda g, self, weight, reduction: weighed(each(g, self, reduction), weight)
        * (clamp_min(log1p(-self), -100) - clamp_min(log(self), -100)))
binary_cross_entropy_with_logits = op("binary_cross_entropy_with_logits",
    lambda self, target, weight, pos_weight, reduction:
        reduced(weighed(logit_surprise(self, target, pos_weight), weight), reduction),
    inert=("weight", "pos_weight"),
    self  =lambda g, self, target, weight, pos_weight, reduction:
        weighed(each(g, self, reduction), weight) * logit_slope(self, target, pos_weight),
    target=lambda g, self, weight, pos_weight, reduction:
        weighed(each(g, self, reduction), weight) * target_slope(self, pos_weight))

# --- one of several classes: `total_weight` is what the mean divides by ---------------------------

nll_loss = op("nll_loss",
    lambda self, target, weight, reduction, ignore_index, total_weight:
        picked(self, target, weight, reduction, ignore_index, total_weight),
    inert=("target", "weight"),
    self=lambda g, self_sizes, target, weight, reduction, ignore_index, total_weight:
        unpicked(g, self_sizes, target, weight, reduction, ignore_index, total_weight))
nll_loss2d = op("nll_loss2d",
    lambda self, target, weight, reduction, ignore_index, total_weight:
        picked(self, target, weight, reduction, ignore_index, total_weight),
    inert=("target", "weight"),
    self=lambda g, self_sizes, target, weight, reduction, ignore_index, total_weight:
        unpicked(g, self_sizes, target, weight, reduction, ignore_index, total_weight))

# fmt: on


def reduced(losses, reduction):
    """One value each, their mean, or their sum."""
    if reduction == 0:
        return losses
    total = np.add.reduce(losses, axis=None)
    return total / losses.size if reduction == 1 else total


def each(g, whole, reduction):
    """The gradient of the reduced loss for one of its terms."""
    return g / math.prod(whole.shape) if reduction == 1 else g


def weighed(x, weight):
    """x, times a weight where there is one."""
    return x if weight is None else x * weight


def bent(x, width):
    """A parabola up to `width` from 0 on both sides, straight lines from there."""
    size = np.abs(x)
    return select(size < width, 0.5 * x * x, width * (size - 0.5 * width))


def bend(x, width):
    """The derivative of `bent`."""
    return where(abs(x) < width, x, sign(x) * width)


def surprise(x, target):
    """-log of the probability that was given to the truth; never more than 100."""
    yes, no = np.maximum(np.log(x), -100), np.maximum(np.log1p(-x), -100)
    return (target - 1) * no - target * yes


def logit_surprise(x, target, pos_weight):
    """The same from logits, without overflow."""
    miss = -np.minimum(x, 0) + np.log1p(np.exp(-np.abs(x)))  # -log(sigmoid(x))
    weight = 1 if pos_weight is None else 1 + (pos_weight - 1) * target
    return (1 - target) * x + weight * miss


def logit_slope(x, target, pos_weight):
    """The derivative of logit_surprise for x: what is believed less what is true."""
    if pos_weight is None:
        return sigmoid(x) - target
    true = target * pos_weight
    return (true + 1 - target) * sigmoid(x) - true


def target_slope(x, pos_weight):
    """The derivative of logit_surprise for the target."""
    return -x if pos_weight is None else -log_sigmoid(x) * (pos_weight - 1) - x


def no_class(target, classes, ignore_index):
    """The first target that names none of the classes and is not ignored; None where all do."""
    if not target.size or (target.min() >= 0 and target.max() < classes):
        return None
    wrong = target[(target != ignore_index) & ((target < 0) | (target >= classes))]
    return wrong.flat[0] if wrong.size else None


def total_of(target, weight, ignore_index, kind):
    """The sum of the weights of all targets."""
    if weight is None:
        return kind.type(int(np.count_nonzero(raw(target) != ignore_index)))
    return np.add.reduce(_counted(target, weight, ignore_index, kind)[1], axis=None)


def _counted(target, weight, ignore_index, kind, total=None):
    """The targets with ignored ones as 0, and the weight of each: a 1 for all where all count."""
    target = raw(target)
    if weight is None and total == target.size:
        return target, kind.type(1)
    counts = target != ignore_index
    safe = np.where(counts, target, 0)
    return safe, counts.astype(kind) if weight is None else counts * raw(weight)[safe]


def _places(target, ndim):
    """The NumPy indices of the targets' classes, in an array with the classes in dimension 1."""
    if ndim == 1:
        return (target,)
    if ndim == 2:
        return np.arange(len(target)), target
    batch, *rest = np.ogrid[tuple(slice(n) for n in target.shape)]
    return (batch, target, *rest)


def picked(x, target, weight, reduction, ignore_index, total_weight):
    """Minus the weighted log probabilities of the targets."""
    safe, weights = _counted(target, weight, ignore_index, x.dtype, total_weight)
    losses = -x[_places(safe, x.ndim)] * weights
    if reduction == 0:
        return np.where(weights == 0, x.dtype.type(0), losses)
    total = np.add.reduce(losses, axis=None)
    return total / total_weight if reduction == 1 else total


def unpicked(g, sizes, target, weight, reduction, ignore_index, total_weight):
    """The gradient of `picked`: minus the weight at each target, zero elsewhere."""
    safe, weights = _counted(target, weight, ignore_index, raw(g).dtype, total_weight)
    scale = -weights / total_weight if reduction == 1 else -weights
    return index_backward(g * beside(g, scale), sizes, _places(safe, len(sizes)))
