"""minigrad: automatic differentiation on NumPy, with PyTorch's names, order and texts.

>>> import minigrad
>>> x = minigrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
>>> y = (x * x).sum()
>>> y.backward()
>>> x.grad
tensor([2., 4., 6.])

Read it in this order: tensor, autograd/graph, ops/table, ops/elementwise, autograd/engine,
autograd/modes.
"""

import warnings as _warnings
from math import e, inf, nan, pi

# NumPy warns of overflow and division by zero, torch does not: inf and nan are ordinary results.
_warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"minigrad\.")

from . import lazy as _lazy

errors = _lazy.Later("minigrad.errors")  # for programs that fail
random = _lazy.Later("minigrad.random")  # and for those that draw numbers

from . import autograd
from .autograd import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from .creation import (
    arange,
    as_tensor,
    empty,
    empty_like,
    eye,
    from_numpy,
    full,
    full_like,
    linspace,
    normal,
    ones,
    ones_like,
    rand,
    rand_like,
    randint,
    randint_like,
    randn,
    randn_like,
    randperm,
    tensor,
    zeros,
    zeros_like,
)
from .devices import device
from .dtypes import (
    Size,
    bool,
    double,
    dtype,
    float,
    float16,
    float32,
    float64,
    get_default_dtype,
    half,
    int,
    int8,
    int16,
    int32,
    int64,
    long,
    set_default_dtype,
    short,
    uint8,
)
from .ops.methods import FUNCTIONS as _FUNCTIONS
from .tensor import Tensor

__version__ = "0.1.0"
newaxis = None


__getattr__, __dir__ = _lazy.when_used(
    __name__,
    {
        **dict.fromkeys(_FUNCTIONS, "ops.functions"),
        "cuda": "cuda",
        "linalg": "linalg",
        "nn": "nn",
        "optim": "optim",
        **dict.fromkeys(["Generator", "initial_seed", "manual_seed", "seed"], "random"),
        **dict.fromkeys(["get_rng_state", "set_rng_state"], "random"),
        "set_printoptions": "printing",
        "is_anomaly_enabled": "autograd.anomaly_mode",
        "is_anomaly_check_nan_enabled": "autograd.anomaly_mode",
    },
)
