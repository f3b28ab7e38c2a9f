"""Optimizer: what all optimisers share."""

from __future__ import annotations

import warnings
from collections import defaultdict

import numpy as np

from .. import errors
from ..autograd.modes import enable_grad
from ..foreign import as_array
from ..tensor import Tensor


class Optimizer:
    """What optimisers share: groups of parameters with their settings, state, `zero_grad`.

    A subclass writes `_update`, which changes one parameter's array in place. `param_groups` is a
    list of dictionaries, each with "params" and the settings; `state` holds what an optimiser
    remembers of each parameter.
    """

    steps = 0  # how many were taken: a schedule wants to know

    def __init__(self, params, defaults: dict):
        if isinstance(params, Tensor):
            raise errors.params_type(_type_name(params))
        params = list(params)
        if not params:
            raise errors.no_params()
        if defaults.get("differentiable") or defaults.get("capturable"):
            raise NotImplementedError("minigrad has no differentiable and no capturable optimisers")
        groups = params if isinstance(params[0], dict) else [{"params": params}]
        self.defaults = defaults
        self.state: defaultdict[Tensor, dict] = defaultdict(dict)
        self.param_groups: list[dict] = []
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, param_group: dict) -> None:
        """Add parameters, with settings of their own."""
        if not isinstance(param_group, dict):
            raise errors.group_type(type(param_group))
        params = param_group["params"]
        if isinstance(params, set):
            raise errors.params_in_a_set()
        params = [params] if isinstance(params, Tensor) else list(params)
        names = [p[0] for p in params if isinstance(p, tuple)]  # of model.named_parameters()
        if names and len(names) < len(params):
            raise errors.param_without_name()
        params = [p[1] if isinstance(p, tuple) else p for p in params]
        for p in params:
            if not isinstance(p, Tensor):
                raise errors.param_type(_type_name(p))
            if not (p.is_leaf or p.retains_grad):
                raise errors.param_of_non_leaf()
        if len(params) != len(set(params)):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this "
                "will cause an error; see github.com/pytorch/pytorch/issues/40967 for more "
                "information",
                stacklevel=4,
            )
        taken = {p for group in self.param_groups for p in group["params"]}
        if not taken.isdisjoint(params):
            raise errors.param_in_two_groups()
        group = {**param_group, "params": params, **({"param_names": names} if names else {})}
        if any(("param_names" in other) != ("param_names" in group) for other in self.param_groups):
            raise errors.group_names("with" if "param_names" in group else "without")
        self.param_groups.append({**group, **self.defaults, **group})

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear the gradients: `.grad` becomes None, or zeros with `set_to_none=False`."""
        for group in self.param_groups:
            for p in group["params"]:
                if p._grad is not None:
                    p._grad = None if set_to_none else p._grad.detach()
                    if not set_to_none:
                        p._grad.zero_()

    def step(self, closure=None):
        """One update of all parameters with a gradient; returns the loss of `closure`.

        `closure`, if given, clears the gradients, computes the loss, calls backward and returns the
        loss; it is called first.
        """
        self.steps += 1
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p._grad is not None:
                    gradient = p._grad._data
                    self._update(p, -gradient if group["maximize"] else gradient, group)
        return loss

    def _update(self, p: Tensor, g: np.ndarray, group: dict) -> None:
        """Change the parameter p by its gradient g."""
        raise NotImplementedError

    # --- state ------------------------------------------------------------------------------------

    def state_dict(self) -> dict:
        """Settings and state, with numbers in place of the parameters; torch's own form."""
        numbers = {}
        for group in self.param_groups:
            for p in group["params"]:
                numbers.setdefault(p, len(numbers))
        groups = []
        for group in self.param_groups:
            settings = {name: value for name, value in group.items() if name != "params"}
            groups.append({**settings, "params": [numbers[p] for p in group["params"]]})
        return {
            "state": {numbers.get(p, p): state for p, state in self.state.items()},
            "param_groups": groups,
        }

    def load_state_dict(self, state_dict: dict) -> None:
        """Take settings and state from a `state_dict` of minigrad's or torch's optimiser."""
        saved = state_dict["param_groups"]
        if len(saved) != len(self.param_groups):
            raise errors.group_count()
        pairs = list(zip(self.param_groups, saved, strict=True))
        if any(len(own["params"]) != len(new["params"]) for own, new in pairs):
            raise errors.group_size()
        parameters = {}
        for own, new in pairs:
            parameters.update(zip(new["params"], own["params"], strict=True))
        self.state = defaultdict(dict)
        for number, state in state_dict["state"].items():
            p = parameters[number]
            self.state[p] = {key: _loaded(key, value, p) for key, value in state.items()}
        self.param_groups = []
        for own, new in pairs:
            names = {"param_names": own["param_names"]} if "param_names" in own else {}
            group = {**new, **self.defaults, **names, **new, "params": own["params"]}
            self.param_groups.append(group)

    def __repr__(self) -> str:
        groups = ""
        for i, group in enumerate(self.param_groups):
            groups += f"\nParameter Group {i}\n"
            groups += "".join(f"    {k}: {group[k]}\n" for k in sorted(group) if k != "params")
        return f"{type(self).__name__} ({groups})"


def _type_name(value) -> str:
    return value.type() if isinstance(value, Tensor) else type(value).__name__


def _loaded(key, value, p):
    """A piece of state as a tensor of its own, of the parameter's type."""
    array = as_array(value)
    if array is None:
        return value
    if key == "step":
        return Tensor._make(np.array(array))
    return Tensor._make(np.array(array, p._data.dtype)).to(device=p.device)


def check(name: str, value: float) -> None:
    """Refuse a setting below 0."""
    if not value >= 0.0:
        raise errors.negative_setting(name, value)


def zeros_of(p: Tensor) -> Tensor:
    """State of the form of a parameter."""
    return Tensor._make(np.zeros_like(p._storage()))
