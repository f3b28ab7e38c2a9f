"""The operations: a table of rules, one file a family; and how they become functions, methods."""

from . import methods  # puts operators and methods on Tensor
from .methods import FUNCTIONS
from .table import TABLE

__all__ = ["FUNCTIONS", "TABLE", "methods"]
