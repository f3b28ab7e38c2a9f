"""How fast minigrad is beside raw NumPy, PyTorch and other small autograd packages.

    python -m tests.benchmarks

One process, one thread, the packages take turns; what needs a process of its own gets one.
"""

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"  # works only before NumPy is imported
