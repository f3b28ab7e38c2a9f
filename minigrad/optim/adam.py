"""Adam and AdamW: steps of a length that adapts to each weight."""

from __future__ import annotations

import numpy as np

from .. import dtypes, errors
from ..tensor import Tensor
from .optimizer import Optimizer, check, zeros_of


class Adam(Optimizer):
    """Steps scaled by running means of the gradient and of its square (Kingma and Ba).

    `weight_decay` adds to the gradient; with `decoupled_weight_decay`, as in AdamW, it shrinks the
    weights directly. `amsgrad` divides by the largest mean square so far. `foreach` and `fused` are
    accepted and change nothing.

    >>> import minigrad
    >>> w = minigrad.ones(2, requires_grad=True)
    >>> optimizer = Adam([w], lr=0.1)
    >>> (w * 3).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000, 0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ):
        check("learning rate", lr)
        check("epsilon value", eps)
        for i, beta in enumerate(betas):
            if not 0.0 <= beta < 1.0:
                raise errors.beta(i, beta)
        check("weight_decay value", weight_decay)
        defaults = {
            "lr": lr,
            "betas": tuple(betas),
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)

    def _update(self, p, g, group):
        weights, state = p._storage(), self.state[p]
        lr, (beta1, beta2), decay = group["lr"], group["betas"], group["weight_decay"]
        if not state:
            state["step"] = Tensor._make(np.zeros((), dtypes.get_default_dtype().numpy))
            state["exp_avg"] = zeros_of(p)
            state["exp_avg_sq"] = zeros_of(p)
            if group["amsgrad"]:
                state["max_exp_avg_sq"] = zeros_of(p)
        state["step"]._storage()[...] += 1
        step = state["step"].item()
        if decay and group["decoupled_weight_decay"]:
            weights *= 1 - lr * decay
            p._count_change()
        elif decay:
            g = g + decay * weights

        mean, square = state["exp_avg"]._storage(), state["exp_avg_sq"]._storage()
        mean *= beta1
        mean += (1 - beta1) * g
        square *= beta2
        square += (1 - beta2) * g * g
        if group["amsgrad"]:
            largest = state["max_exp_avg_sq"]._storage()
            np.maximum(largest, square, out=largest)
            square = largest
        # The means start at 0 and are too small at first: the corrections make up for it.
        correction1, correction2 = 1 - beta1**step, 1 - beta2**step
        weights -= lr / correction1 * (mean / (np.sqrt(square) / correction2**0.5 + group["eps"]))
        p._count_change()


class AdamW(Adam):
    """Adam with weight decay that shrinks the weights and leaves the gradient alone."""

    def __init__(
        self,
        params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        **options,
    ):
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, decoupled_weight_decay=True, **options
        )
