"""The operations: a table of rules, one file a family; and how they become methods, functions."""

from ..lazy import Later

refusals = Later("minigrad.ops.refusals")

from . import methods  # puts operators and methods on Tensor
from .table import TABLE

__all__ = ["TABLE", "methods"]
