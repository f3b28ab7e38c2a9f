"""Jobs for worker processes, in a module that is quick to import."""

import os
import signal


def dangerous(job: str) -> str:
    """The job in capitals; "raise" raises, "die" kills its process."""
    if job == "raise":
        raise ValueError("planted")
    if job == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    return job.upper()
