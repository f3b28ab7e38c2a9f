"""The layers, activations and losses as functions, under torch's name for them."""

from ..functional import *  # noqa: F403
from ..functional import __getattr__ as __getattr__  # says in one sentence what is missing
