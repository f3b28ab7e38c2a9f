"""PyTorch's answers, on every device that is there. Only this file of the judge imports torch."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from grader.compare import same
from grader.task import Arrays, Inputs, Task


class TorchMissing(ImportError):
    """PyTorch is not installed; says how to get it."""


class ReferenceFault(RuntimeError):
    """PyTorch cannot answer a task, or two devices do not agree: our fault, never the student's."""


def import_torch() -> Any:
    """The torch module, or TorchMissing with the way out."""
    try:
        import torch
    except ImportError as error:
        raise TorchMissing(
            "answers are compared with PyTorch, and it is not installed here: "
            "run `grader doctor`, it prints the line that installs it"
        ) from error
    return torch


@cache
def devices() -> tuple[str, ...]:
    """Where the reference runs: ("cpu",), or ("cpu", "cuda") where a usable GPU is."""
    torch = import_torch()
    with warnings.catch_warnings():  # a broken driver is told as a warning; here it means "no"
        warnings.simplefilter("ignore")
        return ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)


def answer(task: Task, inputs: Inputs) -> Arrays:
    """What PyTorch answers for these inputs: one array a result.

    The CPU's numbers are the truth; where CUDA is there, its numbers must agree with them.
    ReferenceFault when they do not, or when the reference itself fails.
    """
    truth = _on(task, inputs, "cpu")
    for device in devices()[1:]:
        other = _on(task, inputs, device)
        if not same(other, truth, device=device):
            raise ReferenceFault(f"{task.name}: PyTorch on {device} and on cpu do not agree")
    return truth


def vjp_of(forward: Callable[..., Any]) -> Callable[..., Any]:
    """The reference of a VJP task: (g, *inputs) -> the gradients of the inputs that are tensors.

    forward maps tensors and Python numbers to one tensor; g has that tensor's shape.

    >>> import torch
    >>> rule = vjp_of(lambda a, b: a * b)
    >>> [grad.item() for grad in rule(torch.tensor(1.0), torch.tensor(2.0), torch.tensor(3.0))]
    [3.0, 2.0]
    """

    def vjp(g: Any, *inputs: Any) -> Any:
        torch = import_torch()
        inputs = [x.detach().requires_grad_() if torch.is_tensor(x) else x for x in inputs]
        leaves = [x for x in inputs if torch.is_tensor(x)]
        with torch.enable_grad():
            return torch.autograd.grad(forward(*inputs), leaves, grad_outputs=g)

    return vjp


def _on(task: Task, inputs: Inputs, device: str) -> Arrays:
    torch = import_torch()
    tensors = [
        torch.from_numpy(np.array(x)).to(device) if isinstance(x, np.ndarray) else x for x in inputs
    ]
    precision = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")  # TF32 would be a tolerance of its own
    try:
        results = task.reference(*tensors)
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        raise ReferenceFault(f"{task.name}: the reference fails on {device}: {said}") from error
    finally:
        torch.set_float32_matmul_precision(precision)
    if torch.is_tensor(results):
        results = (results,)
    return tuple(result.detach().cpu().numpy() for result in results)
