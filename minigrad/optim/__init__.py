"""Optimisers: they change parameters in place, by the gradients that a backward pass left."""

from ..lazy import when_used
from . import lr_scheduler
from .adam import Adam, AdamW
from .optimizer import Optimizer
from .sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "lr_scheduler"]

__getattr__, __dir__ = when_used(__name__)
