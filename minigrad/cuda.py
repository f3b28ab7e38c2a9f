"""Whether a GPU can be used."""

from . import devices
from .lazy import when_used


def is_available() -> bool:
    """True where CuPy finds a GPU; elsewhere asking for device "cuda" says why there is none."""
    return devices.cuda_problem() is None


def device_count() -> int:
    """The number of GPUs that CuPy finds."""
    return devices.array_module("cuda").cuda.runtime.getDeviceCount() if is_available() else 0


__getattr__, __dir__ = when_used(__name__)
