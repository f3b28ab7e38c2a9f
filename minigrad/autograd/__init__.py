"""Automatic differentiation: the graph, the walk through it, and the modes of recording."""

from ..lazy import when_used
from . import graph
from .modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)

__all__ = [
    "Function",
    "GradcheckError",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
]

__getattr__, __dir__ = when_used(
    __name__,
    {
        "Function": "function",
        "GradcheckError": "numerical",
        "backward": "engine",
        "detect_anomaly": "anomaly_mode",
        "engine": "engine",
        "function": "function",
        "functional": "functional",
        "grad": "engine",
        "gradcheck": "numerical",
        "gradgradcheck": "numerical",
        "set_detect_anomaly": "anomaly_mode",
    },
)
