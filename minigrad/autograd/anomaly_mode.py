"""Anomaly detection: which operation's backward made a nan or failed, and which line called it.

Nothing of this costs anything while it is off. Switched on, it puts itself in the place of two
functions: the one that numbers new nodes, to note the line, and the engine's walk, to look at what
each node sends.
"""

from __future__ import annotations

import os
import warnings

import numpy as np

from ..errors import advised
from ..tensor import Tensor
from . import engine, graph, recording


class _State:
    enabled = False
    check_nan = True


class set_detect_anomaly:
    """Switch anomaly detection on or off: at once as a call, and until its end as a region.

    >>> import minigrad
    >>> x = minigrad.zeros(1, requires_grad=True)
    >>> with minigrad.autograd.set_detect_anomaly(True):
    ...     y = (x.sqrt() * 0).sum()
    >>> y.backward()  # the region is over
    >>> x.grad
    tensor([nan])
    """

    def __init__(self, mode: bool, check_nan: bool = True):
        self._before = (_State.enabled, _State.check_nan)
        _switch(mode, check_nan)

    def __enter__(self) -> None:
        """It is on since it was made."""

    def __exit__(self, *exception) -> None:
        _switch(*self._before)


class detect_anomaly(set_detect_anomaly):
    """A region in which a backward pass stops at the first nan and says where it comes from.

    The warning names the line of the forward pass whose derivative failed. With `check_nan=False`
    only errors are explained so.
    """

    def __init__(self, check_nan: bool = True):
        self._check_nan = check_nan
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should "
            "only be enabled for debugging.",
            stacklevel=2,
        )

    def __enter__(self) -> None:
        super().__init__(True, self._check_nan)


def is_anomaly_enabled() -> bool:
    """True where anomaly detection is on."""
    return _State.enabled


def is_anomaly_check_nan_enabled() -> bool:
    """True where it looks for nan, too."""
    return _State.check_nan


_number, _walk = graph.next_sequence, engine._walk


def _switch(enabled, check_nan):
    _State.enabled, _State.check_nan = enabled, check_nan
    graph.next_sequence = recording.next_sequence = _number_with_lines if enabled else _number
    engine._walk = _watched_walk if enabled else _walk


# --- forward: note the line -----------------------------------------------------------------------


class _Numbered(int):
    """A node's sequence number that knows the lines which made the node."""

    lines: str


def _number_with_lines():
    import traceback  # slow to import, and rarely wanted

    number = _Numbered(_number())
    frames = [f for f in traceback.extract_stack() if not f.filename.startswith(_ENGINE_ROOM)]
    number.lines = "".join(traceback.format_list(frames))
    return number


# Frames of these places are left out.
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_ENGINE_ROOM = tuple(os.path.join(_PACKAGE, name) for name in ("autograd", "ops", "functional.py"))


# --- backward: look at what is sent ---------------------------------------------------------------


def _watched_walk(*arguments):
    observer = engine.observer

    def look(node, received, sent):
        if observer is not None:
            observer(node, received, sent)
        if _State.check_nan:
            _refuse_nan(node, sent)

    engine.observer = look
    try:
        _walk(*arguments)
    except Exception as error:
        _explain(error)
        raise
    finally:
        engine.observer = observer


def _refuse_nan(node, sent):
    for i, gradient in enumerate(sent):
        data = gradient._data if isinstance(gradient, Tensor) else gradient
        if data is not None and np.isnan(data).any():
            raise advised(
                RuntimeError,
                f"Function '{type(node).__name__}' returned nan values in its {i}th output.",
                "The warning above names the line whose derivative it is.",
            )


def _explain(error):
    """Warn with the line that made the node in which the pass failed."""
    node, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code is _walk.__code__:
            node = trace.tb_frame.f_locals.get("node")
        trace = trace.tb_next
    if node is None:
        return
    text = (
        "No forward pass information available. Enable detect anomaly during forward pass for more "
        "information."
    )
    if isinstance(node.sequence, _Numbered):
        text = f"Traceback of forward call that caused the error:\n{node.sequence.lines}"
    warnings.warn(f"Error detected in {type(node).__name__}. {text}", stacklevel=5)
    if error.args and isinstance(error.args[0], str):
        start, hint, _ = error.args[0].partition("Hint: enable anomaly detection")
        if hint:
            error.args = (
                f"{start}Hint: the backtrace further above shows the operation that failed to "
                "compute its gradient. The variable in question was changed in there or anywhere "
                "later. Good luck!",
            )
