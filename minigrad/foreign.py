"""Numbers of other packages: torch's tensors and NumPy's arrays in a state_dict."""

from __future__ import annotations

import numpy as np

from .tensor import Tensor


def as_array(value) -> np.ndarray | None:
    """The numbers of a tensor of minigrad or torch, or of an array; None for anything else."""
    if isinstance(value, Tensor):
        return value._data
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    return value if isinstance(value, (np.ndarray, np.generic)) else None
