"""Optimisers: twenty steps end where torch's do; settings, state, texts and errors are torch's."""

import copy
import itertools
import warnings

import numpy as np
import pytest
import torch
from test_texts import neutral, outcome

import minigrad
from minigrad.optim import SGD, Adam, AdamW, Optimizer

TYPES = {"float32": 1e-6, "float64": 1e-12}
START = np.linspace(-1.3, 2.1, 12).reshape(3, 4)
TARGET = np.cos(START * 5)


def parameters(t, dtype):
    """A matrix and a number; the number gets no gradient in every third step."""
    matrix = t.tensor(START.tolist(), dtype=getattr(t, dtype), requires_grad=True)
    number = t.tensor(0.7, dtype=getattr(t, dtype), requires_grad=True)
    return [matrix, number]


def loss_of(t, matrix, number, step):
    """Well conditioned, so that a difference in the last digit does not grow."""
    target = t.tensor(TARGET.tolist(), dtype=matrix.dtype)
    distance = ((matrix - target) ** 2).sum() * 0.3 + matrix.sin().sum() * 0.1
    return distance if step % 3 == 0 else distance + (number - matrix.mean()) ** 2


def train(t, optimizer, params, steps=20, first=0):
    """The parameters after each step, in one array."""
    path = []
    for step in range(first, first + steps):
        optimizer.zero_grad()
        loss_of(t, *params, step).backward()
        assert optimizer.step() is None
        path.append(np.concatenate([p.detach().numpy().reshape(-1) for p in params]))
    return np.array(path)


SGD_SETTINGS = [
    {"lr": 0.1},
    {"lr": 0.05, "momentum": 0.9},
    {"lr": 0.05, "momentum": 0.9, "dampening": 0.3},
    {"lr": 0.05, "momentum": 0.8, "nesterov": True},
    {"lr": 0.05, "weight_decay": 0.1},
    {"lr": 0.05, "momentum": 0.8, "nesterov": True, "weight_decay": 0.1},
    {"lr": 0.01, "maximize": True},
    {"lr": 0.01, "maximize": True, "momentum": 0.5, "weight_decay": 0.2, "dampening": 0.1},
    {"lr": 0},
]
ADAM_SETTINGS = [
    {},
    {"lr": 0.1},
    {"lr": 0.1, "betas": (0.5, 0.7), "eps": 1e-3},
    {"lr": 0.1, "betas": (0.0, 0.3)},
    {"lr": 0.1, "amsgrad": True, "betas": (0.9, 0.5)},
    {"lr": 0.1, "weight_decay": 0.3},
    {"lr": 0.1, "weight_decay": 0.3, "amsgrad": True, "maximize": True},
]
RUNS = [
    *(("SGD", settings) for settings in SGD_SETTINGS),
    *((name, settings) for name in ("Adam", "AdamW") for settings in ADAM_SETTINGS),
    ("Adam", {"lr": 0.1, "weight_decay": 0.3, "decoupled_weight_decay": True}),
]


def follow(t, optimizer, params):
    """Twenty steps by given gradients: the same in both engines to the last digit."""
    rng = np.random.default_rng(0)
    path = []
    for step in range(20):
        optimizer.zero_grad()
        for p in params if step % 3 else params[:1]:
            p.grad = t.tensor(rng.normal(size=tuple(p.shape)).tolist(), dtype=p.dtype)
        optimizer.step()
        path.append(np.concatenate([p.detach().numpy().reshape(-1) for p in params]))
    return np.array(path)


# With these betas a gradient is divided by nearly itself, and where its own last digit differs
# between the engines the step may go the other way: only given gradients can tell.
TRAINED = [(train, *run) for run in RUNS if run[1].get("betas") != (0.0, 0.3)]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("steps, name, settings", [(follow, *run) for run in RUNS] + TRAINED)
def test_twenty_steps(name, settings, dtype, steps):
    paths = []
    for t in (torch, minigrad):
        params = parameters(t, dtype)
        paths.append(steps(t, getattr(t.optim, name)(params, **settings), params))
    assert paths[1].dtype == dtype
    scale = np.abs(paths[0]).max()
    np.testing.assert_allclose(paths[1], paths[0], rtol=TYPES[dtype], atol=TYPES[dtype] * scale)
    moved = np.abs(paths[0][-1] - paths[0][0]).max()
    assert moved > 1e-3 or settings.get("lr") == 0, "a run that goes nowhere shows nothing"


@pytest.mark.parametrize("name, settings", RUNS)
def test_leaves_stay_leaves_and_versions_count(name, settings):
    versions = []
    for t in (torch, minigrad):
        params = parameters(t, "float64")
        train(t, getattr(t.optim, name)(params, **settings), params, steps=3)
        assert all(p.is_leaf and p.requires_grad for p in params)
        versions.append([p._version for p in params])
    assert versions[1] == versions[0]


def test_groups_have_settings_of_their_own():
    paths = []
    for t in (torch, minigrad):
        first, second = parameters(t, "float64")
        groups = [{"params": [first], "momentum": 0.9}, {"params": second, "lr": 0.5}]
        optimizer = t.optim.SGD(groups, lr=0.01)
        train(t, optimizer, [first, second], 5)
        optimizer.param_groups[0]["lr"] = 0.2  # a schedule by hand
        paths.append(train(t, optimizer, [first, second], 5))
    np.testing.assert_allclose(paths[1], paths[0], rtol=1e-12)


def test_closure():
    losses = []
    for t in (torch, minigrad):
        params = parameters(t, "float64")
        optimizer = t.optim.SGD(params, lr=0.1)

        def closure(t=t, params=params, optimizer=optimizer):
            optimizer.zero_grad()
            loss = loss_of(t, *params, 1)
            loss.backward()
            return loss

        with t.no_grad():
            losses.append([optimizer.step(closure).item() for _ in range(5)])
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-12)


def test_zero_grad():
    for t in (torch, minigrad):
        params = parameters(t, "float64")
        optimizer = t.optim.SGD(params)
        loss_of(t, *params, 1).backward()
        optimizer.zero_grad(set_to_none=False)
        assert params[0].grad.tolist() == np.zeros((3, 4)).tolist()
        optimizer.zero_grad()
        assert params[0].grad is None and params[1].grad is None


def test_memory_is_changed_in_place():
    w = minigrad.ones(2, requires_grad=True)
    view = w.detach()
    optimizer = SGD([w], lr=1.0)
    w.sum().backward()
    optimizer.step()
    assert view.tolist() == [0.0, 0.0]


def test_a_graph_from_before_the_step_is_refused():
    def run(t):
        w = t.ones(2, requires_grad=True)
        optimizer = t.optim.SGD([w], lr=0.1)
        loss = (w * w).sum()
        loss.backward(retain_graph=True)
        optimizer.step()
        loss.backward()

    ours, theirs = outcome(run, minigrad), outcome(run, torch)
    assert ours == theirs and theirs[0][0] == "RuntimeError"


# --- state ----------------------------------------------------------------------------------------


def as_numpy(value):
    """A state_dict with arrays in place of tensors."""
    if isinstance(value, dict):
        return {key: as_numpy(v) for key, v in value.items()}
    if isinstance(value, list):
        return [as_numpy(v) for v in value]
    return value.numpy() if isinstance(value, (torch.Tensor, minigrad.Tensor)) else value


def as_torch(value):
    if isinstance(value, dict):
        return {key: as_torch(v) for key, v in value.items()}
    return (
        torch.from_numpy(np.array(value.numpy())) if isinstance(value, minigrad.Tensor) else value
    )


STATEFUL = [
    ("SGD", {"lr": 0.05, "momentum": 0.9}),
    ("SGD", {"lr": 0.05}),
    ("Adam", {"lr": 0.1, "amsgrad": True}),
    ("AdamW", {"lr": 0.1}),
]


@pytest.mark.parametrize("name, settings", STATEFUL)
def test_state_dict(name, settings):
    states = []
    for t in (torch, minigrad):
        params = parameters(t, "float64")
        optimizer = getattr(t.optim, name)(params, **settings)
        train(t, optimizer, params, 4)
        states.append(as_numpy(optimizer.state_dict()))
    theirs, ours = states
    assert ours["param_groups"] == theirs["param_groups"]
    assert list(ours["state"]) == list(theirs["state"])
    for number, state in theirs["state"].items():
        assert list(ours["state"][number]) == list(state)
        for key, value in state.items():
            np.testing.assert_allclose(ours["state"][number][key], value, rtol=1e-12)
            assert ours["state"][number][key].dtype == value.dtype


@pytest.mark.parametrize("source, target", [*itertools.product((torch, minigrad), repeat=2)])
@pytest.mark.parametrize("name, settings", STATEFUL)
def test_training_goes_on_in_the_other_engine(name, settings, source, target):
    params = parameters(source, "float64")
    optimizer = getattr(source.optim, name)(params, **settings)
    train(source, optimizer, params, 4)
    others = [
        target.tensor(p.tolist(), dtype=target.float64, requires_grad=True) for p in params
    ]  # fmt: skip
    other = getattr(target.optim, name)(others, lr=123.0)
    state = copy.deepcopy(optimizer.state_dict())  # torch would share its memory
    other.load_state_dict(as_torch(state) if target is torch else state)
    expected = train(source, optimizer, params, 4, first=4)
    np.testing.assert_allclose(train(target, other, others, 4, first=4), expected, rtol=1e-11)


def test_loaded_state_is_a_copy():
    params = parameters(minigrad, "float64")
    optimizer = SGD(params, lr=0.1, momentum=0.9)
    train(minigrad, optimizer, params, 2)
    other = SGD(parameters(minigrad, "float64"))
    other.load_state_dict(optimizer.state_dict())
    before = other.state_dict()["state"][0]["momentum_buffer"].tolist()
    train(minigrad, optimizer, params, 2)
    assert other.state_dict()["state"][0]["momentum_buffer"].tolist() == before


# --- texts ----------------------------------------------------------------------------------------


def leaf(t):
    return t.ones(2, requires_grad=True)


CASES = {
    "repr": lambda t: t.optim.SGD([leaf(t)], lr=0.1),
    "repr of two groups": lambda t: t.optim.Adam(
        [{"params": leaf(t)}, {"params": leaf(t), "lr": 1}]
    ),
    "repr of AdamW": lambda t: t.optim.AdamW([leaf(t)]),
    "non-leaf": lambda t: t.optim.SGD([leaf(t) * 1]),
    "nothing": lambda t: t.optim.SGD([]),
    "a tensor": lambda t: t.optim.SGD(leaf(t)),
    "a number": lambda t: t.optim.SGD([3]),
    "a set": lambda t: t.optim.SGD([{"params": {leaf(t)}}]),
    "no dict": lambda t: t.optim.SGD([leaf(t)]).add_param_group([leaf(t)]),
    "twice": lambda t: t.optim.SGD([leaf(t)] * 2),
    "lr": lambda t: t.optim.SGD([leaf(t)], lr=-1),
    "momentum": lambda t: t.optim.SGD([leaf(t)], momentum=-1),
    "weight decay": lambda t: t.optim.SGD([leaf(t)], weight_decay=-1),
    "nesterov": lambda t: t.optim.SGD([leaf(t)], nesterov=True),
    "Adam's lr": lambda t: t.optim.Adam([leaf(t)], lr=-0.5),
    "Adam's eps": lambda t: t.optim.Adam([leaf(t)], eps=-1),
    "Adam's betas": lambda t: t.optim.Adam([leaf(t)], betas=(0.9, 1.0)),
    "AdamW's weight decay": lambda t: t.optim.AdamW([leaf(t)], weight_decay=-1),
    "other number of groups": lambda t: t.optim.SGD([leaf(t)]).load_state_dict(
        {"state": {}, "param_groups": []}
    ),
    "other size of group": lambda t: t.optim.SGD([leaf(t)]).load_state_dict(
        {"state": {}, "param_groups": [{"params": [0, 1]}]}
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_texts(name):
    assert outcome(CASES[name], minigrad) == outcome(CASES[name], torch)


def test_one_parameter_in_two_groups():
    def run(t):
        w = leaf(t)
        t.optim.SGD([{"params": [w]}, {"params": [w]}])

    assert outcome(run, minigrad) == outcome(run, torch)


def test_advice():
    with pytest.raises(TypeError) as caught:
        SGD(leaf(minigrad))
    assert caught.value.__notes__ == ["Put the tensor into a list: SGD([weights], lr=0.01)."]


def test_what_is_left_out():
    for optimizer in (SGD, Adam, AdamW):
        with pytest.raises(NotImplementedError, match="no differentiable"):
            optimizer([leaf(minigrad)], differentiable=True)


def test_an_optimizer_of_your_own():
    class Sign(Optimizer):
        def __init__(self, params, lr):
            super().__init__(params, {"lr": lr, "maximize": False})

        def _update(self, p, g, group):
            with minigrad.no_grad():
                p -= group["lr"] * minigrad.sign(minigrad.tensor(g))

    w = leaf(minigrad)
    (w * minigrad.tensor([3.0, -2.0])).sum().backward()
    Sign([w], lr=0.5).step()
    assert w.tolist() == [0.5, 1.5]


def test_neutral_text_is_not_empty():
    """The comparison above compares something."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert "Parameter Group 0" in neutral(repr(SGD([leaf(minigrad)])))


# --- schedules ------------------------------------------------------------------------------------

SCHEDULES = {
    "StepLR": lambda t, o: t.optim.lr_scheduler.StepLR(o, 3, gamma=0.5),
    "LambdaLR": lambda t, o: t.optim.lr_scheduler.LambdaLR(o, lambda epoch: 0.9**epoch),
    "LambdaLR of each": lambda t, o: t.optim.lr_scheduler.LambdaLR(
        o, [lambda epoch: 1 / (1 + epoch), lambda epoch: 1.0]
    ),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedule(name):
    def run(t):
        groups = [{"params": leaf(t)}, {"params": leaf(t), "lr": 1.0}]
        optimizer = t.optim.SGD(groups, lr=0.1)
        schedule = SCHEDULES[name](t, optimizer)
        rates = [schedule.get_last_lr()]
        for _ in range(8):
            optimizer.step()
            schedule.step()
            rates.append([group["lr"] for group in optimizer.param_groups])
        return rates, schedule.last_epoch, optimizer

    assert outcome(run, minigrad) == outcome(run, torch)


SCHEDULE_REFUSALS = {
    "no optimizer": lambda t: t.optim.lr_scheduler.StepLR(3, 1),
    "number of functions": lambda t: t.optim.lr_scheduler.LambdaLR(t.optim.SGD([leaf(t)]), []),
    "before the optimizer": lambda t: t.optim.lr_scheduler.StepLR(t.optim.SGD([leaf(t)]), 1).step(),
}


@pytest.mark.parametrize("name", SCHEDULE_REFUSALS)
def test_schedule_refusal(name):
    ours, theirs = (
        outcome(SCHEDULE_REFUSALS[name], minigrad),
        outcome(SCHEDULE_REFUSALS[name], torch),
    )
    assert ours == theirs
    assert ours[0][0] != "text" or ours[1]


def test_a_schedule_goes_on_where_it_was():
    optimizer = SGD([leaf(minigrad)], lr=1.0)
    first = minigrad.optim.lr_scheduler.StepLR(optimizer, 2)
    for _ in range(3):
        optimizer.step()
        first.step()
    second = minigrad.optim.lr_scheduler.StepLR(optimizer, 7)
    second.load_state_dict(first.state_dict())
    assert (second.step_size, second.last_epoch) == (2, 3)
