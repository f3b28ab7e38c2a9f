"""Whether a GPU can be used."""

from . import devices


def is_available() -> bool:
    """True where CuPy is installed and finds a GPU; asking for device "cuda" elsewhere says why not."""
    return devices.cuda_problem() is None


def device_count() -> int:
    """The number of GPUs that CuPy finds."""
    return devices.array_module("cuda").cuda.runtime.getDeviceCount() if is_available() else 0
