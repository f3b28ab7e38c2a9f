"""Anomaly detection: the node's name, the line of the forward pass, and no trace when it is off."""

import warnings

import numpy as np
import pytest
import torch
from test_texts import outcome

import minigrad
from minigrad.autograd import engine, graph, recording


def leaf(t, *values):
    return t.tensor(values or (0.0, 4.0), requires_grad=True)


def nan_in_backward(t):
    with t.autograd.detect_anomaly():
        y = (leaf(t) * 0).sqrt() * 0
        y.sum().backward()


def switched_on_for_backward_only(t):
    y = (leaf(t) * 0).sqrt() * 0
    with t.autograd.set_detect_anomaly(True):
        y.sum().backward()


def changed_in_place(t):
    with t.autograd.detect_anomaly():
        y = leaf(t) * 1
        z = y * y
        y.add_(1)
        z.sum().backward()


def nan_is_allowed(t):
    x = leaf(t)
    with t.autograd.detect_anomaly(check_nan=False):
        ((x * 0).sqrt() * 0).sum().backward()
    return x.grad


def no_nan(t):
    x = leaf(t, 1.0, 4.0)
    with t.autograd.detect_anomaly():
        x.sqrt().sum().backward()
    return x.grad


def in_a_custom_function(t):
    class F(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * float("nan")

    with t.autograd.detect_anomaly():
        F.apply(leaf(t)).sum().backward()


def switches(t):
    states = []

    def note():
        states.append((t.is_anomaly_enabled(), t.is_anomaly_check_nan_enabled()))

    note()
    with t.autograd.set_detect_anomaly(True, check_nan=False):
        note()
        with t.autograd.set_detect_anomaly(False):
            note()
        note()
    note()
    t.autograd.set_detect_anomaly(True)
    note()
    t.autograd.set_detect_anomaly(False)
    note()
    return states


CASES = [
    nan_in_backward,
    switched_on_for_backward_only,
    changed_in_place,
    nan_is_allowed,
    no_nan,
    in_a_custom_function,
    switches,
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_case(case):
    with np.errstate(all="ignore"):
        assert outcome(case, minigrad) == outcome(case, torch)


@pytest.mark.parametrize("case", [nan_in_backward, changed_in_place, in_a_custom_function])
def test_the_line_is_named(case):
    lines = {nan_in_backward: "sqrt() * 0", changed_in_place: "y * y", in_a_custom_function: "F.ap"}
    for t in (torch, minigrad):
        with warnings.catch_warnings(record=True) as caught, np.errstate(all="ignore"):
            warnings.simplefilter("always")
            with pytest.raises(RuntimeError):
                case(t)
        said = str(caught[-1].message)
        assert lines[case] in said and f"in {case.__name__}" in said


def test_nothing_stays_behind():
    before = (graph.next_sequence, recording.next_sequence, engine._walk, engine.observer)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(RuntimeError):
            nan_in_backward(minigrad)
    after = (graph.next_sequence, recording.next_sequence, engine._walk, engine.observer)
    assert after == before
    assert type(leaf(minigrad).exp().grad_fn.sequence) is int


def test_an_observer_keeps_seeing():
    seen = []
    engine.observer = lambda node, received, sent: seen.append(node.name())
    try:
        with minigrad.autograd.set_detect_anomaly(True):
            leaf(minigrad, 1.0).exp().sum().backward()
    finally:
        engine.observer = None
    assert seen[:2] == ["SumBackward0", "ExpBackward0"]
