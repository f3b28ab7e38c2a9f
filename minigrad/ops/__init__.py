"""The operations: a table of rules, one file a family, and how they become functions and methods."""

from . import methods  # puts operators and methods on Tensor
from .methods import FUNCTIONS, FUNCTIONS_ONLY
from .table import TABLE

__all__ = ["FUNCTIONS", "FUNCTIONS_ONLY", "TABLE", "methods"]
