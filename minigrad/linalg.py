"""Linear algebra under torch.linalg's names.

>>> import minigrad
>>> minigrad.linalg.norm(minigrad.tensor([3.0, 4.0]))
tensor(5.)
"""

from .lazy import when_used
from .ops.linalg import (
    det,
    inv,
    matrix_norm,
    matrix_power,
    norm,
    solve,
    vecdot,
)
from .ops.products import matmul, multi_dot
from .ops.reduce import vector_norm
from .ops.refusals import LinAlgError
from .ops.shape import diagonal as _diagonal


def diagonal(A, *, offset=0, dim1=-2, dim2=-1):
    """The diagonals of the matrices in the last two dimensions; a view."""
    return _diagonal(A, offset, dim1, dim2)


__getattr__, __dir__ = when_used(__name__)

__all__ = [
    "LinAlgError",
    "det",
    "diagonal",
    "inv",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "multi_dot",
    "norm",
    "solve",
    "vecdot",
    "vector_norm",
]
