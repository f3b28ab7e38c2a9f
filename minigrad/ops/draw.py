"""Random numbers written over a tensor, and draws by the probabilities in a tensor.

What is drawn does not depend on what was there: the old history ends in a gradient of zero.
"""

from __future__ import annotations

import numpy as np

from .. import dtypes, random
from ..devices import is_array, module_of, to_numpy
from ..memory import made_like
from ..tensor import Tensor
from . import refusals
from .compare import plain
from .elementwise import nothing
from .inplace import inplace
from .table import no_derivative, op

# fmt: off

uniform = op("uniform", lambda self, low, high, generator:
        drawn(self, lambda shape: random.uniform(shape, low, high, self.dtype, generator)),
    self=lambda g: nothing(g))
normal = op("normal", lambda self, mean, std, generator:
        drawn(self, lambda shape: random.normal(
            shape, mean, std, self.dtype, generator, in_rows=self.flags.c_contiguous)),
    self=lambda g: nothing(g))
integers = op("random", lambda self, low, high, generator:
        drawn(self, lambda shape: random.randint(low, high, shape, self.dtype, generator)),
    self=lambda g: nothing(g))
integers_below = op("random", lambda self, high, generator:
        drawn(self, lambda shape: random.randint(0, high, shape, self.dtype, generator)), 1,
    self=lambda g: nothing(g))
any_integers = op("random", lambda self, generator:
        drawn(self, lambda shape: random.any_integers(shape, self.dtype, generator)), 2,
    self=lambda g: nothing(g))
bernoulli_of = op("bernoulli", lambda self, generator: ones_and_zeros(self, self, generator),
    self=lambda g: nothing(g))
bernoulli_each = op("bernoulli", lambda self, p, generator: ones_and_zeros(self, p, generator), 1,
    inert=("p",),
    self=lambda g: nothing(g))
bernoulli_all = op("bernoulli", lambda self, p, generator: ones_and_zeros(self, p, generator), 2,
    self=lambda g: nothing(g))
bernoulli_like = no_derivative("bernoulli",
    lambda self, p, generator: ones_and_zeros(self, p, generator))

# fmt: on


def ones_and_zeros(array, p, generator):
    """1 with probability p, and 0, of the type and shape of an array."""
    if not is_array(p):
        ones = drawn(array, lambda shape: random.bernoulli(p, shape, generator))
        return ones.astype(array.dtype)
    if p.dtype.kind != "f":
        raise refusals.no_kernel("bernoulli_tensor_cpu_p_", dtypes.class_name(p))
    p = np.broadcast_to(to_numpy(p), array.shape)
    ones = random.bernoulli(p, None, generator)
    return module_of(array).asarray(ones.astype(array.dtype))


def drawn(array, draw):
    """What `draw(shape)` draws, in the order in which the array lies, and on its device.

    The numbers themselves are always drawn in main memory.
    """
    return module_of(array).asarray(made_like(array, draw))


def uniform_(self, from_=0.0, to=1.0, *, generator=None) -> Tensor:
    """Write even numbers between two bounds over the tensor.

    >>> import minigrad
    >>> _ = minigrad.manual_seed(0)
    >>> minigrad.empty(2).uniform_(-1, 1)
    tensor([-0.0075,  0.5364])
    """
    return inplace(uniform)(self, from_, to, generator)


def normal_(self, mean=0.0, std=1.0, *, generator=None) -> Tensor:
    """Write numbers from the normal distribution over the tensor."""
    return inplace(normal)(self, mean, std, generator)


def random_(self, from_=None, to=None, *, generator=None) -> Tensor:
    """Write whole numbers over the tensor: `random_(to)`, `random_(from, to)`, or any that fit."""
    if from_ is None and to is None:
        return inplace(any_integers)(self, generator)
    if to is None or from_ is None:
        return inplace(integers_below)(self, from_ if to is None else to, generator)
    return inplace(integers)(self, from_, to, generator)


def bernoulli(self, p=None, *, generator=None) -> Tensor:
    """1 with the probability that stands at a place, and 0; or everywhere with probability `p`.

    >>> import minigrad
    >>> _ = minigrad.manual_seed(0)
    >>> minigrad.bernoulli(minigrad.tensor([0.2, 0.5, 0.9]))
    tensor([0., 0., 1.])
    """
    return bernoulli_of(self, generator) if p is None else bernoulli_like(self, p, generator)


def bernoulli_(self, p=0.5, *, generator=None) -> Tensor:
    """Write 1 over the tensor with probability `p`, a number or one for each place, and 0."""
    row = bernoulli_each if isinstance(p, Tensor) else bernoulli_all
    return inplace(row)(self, p, generator)


def multinomial(self, num_samples, replacement=False, *, generator=None) -> Tensor:
    """Indices drawn in the proportions that stand in each row.

    >>> import minigrad
    >>> _ = minigrad.manual_seed(0)
    >>> minigrad.multinomial(minigrad.tensor([0.1, 0.2, 0.7]), 5, replacement=True)
    tensor([2, 2, 2, 2, 2])
    """
    weights = self._data
    if weights.dtype.kind != "f":
        raise refusals.multinomial_type(dtypes.class_name(weights))
    if weights.ndim not in (1, 2):
        raise refusals.multinomial_dims()
    if num_samples <= 0:
        raise refusals.no_samples()
    if not replacement and num_samples > weights.shape[-1]:
        raise refusals.too_many_samples()
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise refusals.no_weights()
    if not weights.sum(-1).all():
        raise refusals.only_zeros()
    return plain(random.multinomial(weights, num_samples, replacement, generator))
