"""SGD: go down the gradient, with or without momentum."""

from __future__ import annotations

from .. import errors
from ..tensor import Tensor
from .optimizer import Optimizer, check


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum, dampening, Nesterov's step and weight decay.

    `foreach` and `fused` are accepted and change nothing.

    >>> import minigrad
    >>> w = minigrad.ones(2, requires_grad=True)
    >>> optimizer = SGD([w], lr=0.1)
    >>> (w * 3).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.7000, 0.7000], requires_grad=True)
    """

    def __init__(
        self,
        params,
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ):
        check("learning rate", lr)
        check("momentum value", momentum)
        check("weight_decay value", weight_decay)
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        if nesterov and (momentum <= 0 or dampening != 0):
            raise errors.nesterov()
        super().__init__(params, defaults)

    def _update(self, p, g, group):
        weights, momentum = p._storage(), group["momentum"]
        if group["weight_decay"]:
            g = g + group["weight_decay"] * weights
        if momentum:
            state = self.state[p]
            if state.get("momentum_buffer") is None:
                state["momentum_buffer"] = Tensor._make(g.copy())
            else:
                velocity = state["momentum_buffer"]._storage()
                velocity *= momentum
                velocity += (1 - group["dampening"]) * g
            velocity = state["momentum_buffer"]._storage()
            g = g + momentum * velocity if group["nesterov"] else velocity
        weights -= group["lr"] * g
        p._count_change()
