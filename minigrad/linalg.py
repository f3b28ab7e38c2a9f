"""Linear algebra under torch.linalg's names.

>>> import minigrad
>>> minigrad.linalg.norm(minigrad.tensor([3.0, 4.0]))
tensor(5.)
"""

from . import errors
from .lazy import when_used
from .ops import linalg, products, reduce, refusals, shape
from .ops.linalg import det, inv, solve
from .ops.methods import like
from .ops.products import multi_dot
from .ops.refusals import LinAlgError
from .tensor import Tensor


def _asking(function, names: str):
    """A function that refuses what is no tensor; `names` are those of its first arguments."""

    def call(*arguments, **options):
        for place, (name, value) in enumerate(zip(names.split(), arguments, strict=False), 1):
            if not isinstance(value, Tensor):
                kind = errors.type_name(value)
                raise refusals.must_be_tensor(f"linalg_{function.__name__}", name, place, kind)
        return function(*arguments, **options)

    return like(function, call)


def diagonal(A, *, offset=0, dim1=-2, dim2=-1):
    """The diagonals of the matrices in the last two dimensions; a view."""
    return shape.diagonal(A, offset, dim1, dim2)


diagonal = _asking(diagonal, "A")
matmul = _asking(products.matmul, "input other")
matrix_norm = _asking(linalg.matrix_norm, "input")
matrix_power = _asking(linalg.matrix_power, "input")
norm = _asking(linalg.norm, "input")
vecdot = _asking(linalg.vecdot, "x y")
vector_norm = _asking(reduce.vector_norm, "input")

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
