"""Results lie in memory as torch's do: `view` and `reshape` depend on it."""

import pytest
import torch

import minigrad

INPUTS = {
    "stretched": lambda t: t.tensor([1.0, 2.0, 3.0]).expand(2, 3),
    "stretched and turned": lambda t: t.tensor([1.0, 2.0, 3.0]).expand(2, 3).t(),
    "stretched inside": lambda t: t.ones(2, 1, 3).expand(2, 4, 3),
    "turned": lambda t: t.ones(2, 3).t(),
    "cut out": lambda t: t.ones(4, 6)[::2, ::2],
    "permuted": lambda t: t.ones(2, 3, 4).permute(2, 0, 1),
}

OPERATIONS = {
    "add": lambda t, x: x + 1,
    "another type": lambda t, x: x + t.ones(1, dtype=t.float64),
    "argsort": lambda t, x: x.argsort(0),
    "cat": lambda t, x: t.cat([x, x]),
    "clamp": lambda t, x: x.clamp(0, 1),
    "clone": lambda t, x: x.clone(),
    "cummax": lambda t, x: x.cummax(0)[0],
    "cumprod": lambda t, x: x.cumprod(0),
    "cumsum": lambda t, x: x.cumsum(0),
    "double": lambda t, x: x.double(),
    "dropout": lambda t, x: t.nn.functional.dropout(x, 0.5),
    "empty_like": lambda t, x: t.empty_like(x),
    "erf": lambda t, x: t.erf(x),
    "exp": lambda t, x: x.exp(),
    "flip": lambda t, x: x.flip(0),
    "full_like": lambda t, x: t.full_like(x, 2.0),
    "gather": lambda t, x: x.gather(0, t.zeros_like(x, dtype=t.int64)),
    "glu": lambda t, x: t.nn.functional.glu(t.cat([x, x]), 0),
    "gradient": lambda t, x: t.autograd.grad((w := x.clone().requires_grad_()).exp().sum(), w)[0],
    "hstack": lambda t, x: t.hstack([x, x]),
    "in place": lambda t, x: x.clone().mul_(2),
    "index": lambda t, x: x[[0, 1]],
    "index_select": lambda t, x: x.index_select(0, t.tensor([0, 1])),
    "layer_norm": lambda t, x: t.nn.functional.layer_norm(x, x.shape[-1:]),
    "leaky_relu": lambda t, x: t.nn.functional.leaky_relu(x),
    "log_softmax": lambda t, x: x.log_softmax(1),
    "logcumsumexp": lambda t, x: x.logcumsumexp(0),
    "logsigmoid": lambda t, x: t.nn.functional.logsigmoid(x),
    "long": lambda t, x: x.long(),
    "masked_fill": lambda t, x: x.masked_fill(x > 1, 0.0),
    "matmul": lambda t, x: x @ x.mT,
    "maximum": lambda t, x: t.maximum(x, x),
    "ones_like": lambda t, x: t.ones_like(x),
    "rand_like": lambda t, x: t.rand_like(x),
    "relu": lambda t, x: x.relu(),
    "repeat": lambda t, x: x.repeat(2, *[1] * (x.ndim - 1)),
    "roll": lambda t, x: x.roll(1, 0),
    "rot90": lambda t, x: x.rot90(1, [0, 1]),
    "scatter_add": lambda t, x: x.scatter_add(0, t.zeros_like(x, dtype=t.int64), x),
    "sigmoid": lambda t, x: x.sigmoid(),
    "softmax": lambda t, x: x.softmax(0),
    "sort": lambda t, x: x.sort(0)[0],
    "stack": lambda t, x: t.stack([x, x]),
    "tril": lambda t, x: x.tril(),
    "sum": lambda t, x: x.sum(-1),
    "sum, keepdim": lambda t, x: x.sum(0, keepdim=True),
    "mean": lambda t, x: x.mean(-1),
    "amax": lambda t, x: x.amax(-1),
    "max": lambda t, x: x.max(-1)[0],
    "argmax": lambda t, x: x.argmax(-1),
    "std": lambda t, x: x.std(-1),
    "var": lambda t, x: x.var(-1),
    "prod": lambda t, x: x.prod(-1),
    "logsumexp": lambda t, x: x.logsumexp(-1),
    "norm": lambda t, x: x.norm(dim=-1),
    "any": lambda t, x: (x > 0).any(-1),
    "median": lambda t, x: x.median(-1)[0],
    "topk": lambda t, x: x.topk(1)[0],
    "kthvalue": lambda t, x: x.kthvalue(1)[0],
    "count_nonzero": lambda t, x: x.count_nonzero(-1),
    "nansum": lambda t, x: x.nansum(-1),
    "einsum": lambda t, x: t.einsum("ij...->ji...", x),
    "outer mul": lambda t, x: x * x[..., :1],
    "bmm": lambda t, x: (x if x.ndim == 3 else x[None]) @ (x if x.ndim == 3 else x[None]).mT,
    "take_along_dim": lambda t, x: t.take_along_dim(x, t.zeros_like(x, dtype=t.int64), 0),
    "diagonal": lambda t, x: x.diagonal(),
    "pad": lambda t, x: t.nn.functional.pad(x, (1, 1)),
    "softplus": lambda t, x: t.nn.functional.softplus(x),
    "elu": lambda t, x: t.nn.functional.elu(x),
    "floor": lambda t, x: x.floor(),
    "compare": lambda t, x: x > 1,
    "linear": lambda t, x: t.nn.functional.linear(x, t.ones(5, x.shape[-1])),
    "where": lambda t, x: t.where(x > 0, x, 0.0),
    "zeros_like": lambda t, x: t.zeros_like(x),
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("input", INPUTS)
def test_a_result_lies_in_memory_as_torchs_does(operation, input):
    theirs, ours = (OPERATIONS[operation](t, INPUTS[input](t)) for t in (torch, minigrad))
    assert ours.shape == tuple(theirs.shape)
    assert steps(ours) == steps(theirs)


def steps(tensor):
    """The strides; that of a dimension of length 1 says nothing."""
    return [step for step, n in zip(tensor.stride(), tensor.shape, strict=True) if n > 1]
