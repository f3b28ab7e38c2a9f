"""Runs student code where it can do no harm and see no answer.

A submission's cells run in a process of their own, forked from one that holds nothing but Python,
NumPy and the packages of the exercise; what comes back is plain data. See `Sandbox`.
"""

from grader.sandbox.host import Sandbox
from grader.sandbox.probe import probe_level
from grader.sandbox.report import Call, CallError, CellError, Limits, Report, SandboxUnavailable

__all__ = [
    "Call",
    "CallError",
    "CellError",
    "Limits",
    "Report",
    "Sandbox",
    "SandboxUnavailable",
    "probe_level",
]
