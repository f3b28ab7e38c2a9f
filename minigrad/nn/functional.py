"""The layers, activations and losses as functions, under torch's name for them."""

from ..functional import *  # noqa: F403
