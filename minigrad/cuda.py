"""Whether a GPU can be used."""

from . import devices


def is_available() -> bool:
    """True where CuPy finds a GPU; elsewhere asking for device "cuda" says why there is none."""
    return devices.cuda_problem() is None


def device_count() -> int:
    """The number of GPUs that CuPy finds."""
    return devices.array_module("cuda").cuda.runtime.getDeviceCount() if is_available() else 0
