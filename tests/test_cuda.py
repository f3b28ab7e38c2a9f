"""The rule table, a training loop and the errors on `device="cuda"`.

On a machine with a GPU that is CuPy's; the same tests run everywhere on a stand-in, which refuses
what CuPy refuses.
"""

from contextlib import nullcontext

import numpy as np
import pytest
import stand_in_cupy
import test_ops

import minigrad
from minigrad import devices, nn

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(params=["stand-in", pytest.param("GPU", marks=pytest.mark.needs("cuda"))])
def cuda(request):
    with stand_in_cupy.installed() if request.param == "stand-in" else nullcontext():
        if problem := devices.cuda_problem():
            pytest.skip(problem)
        yield


def on_cuda(names):
    """The tensors among the names of an expression, on the GPU."""
    moved = {}
    for name, value in names.items():
        if isinstance(value, minigrad.Tensor):
            there = value.detach().cuda()
            value = there.requires_grad_() if value.requires_grad else there
        moved[name] = value
    return moved


def outcome(row, device):
    """Value, first and second gradients of a row's sample, and where they are."""
    names, leaves = test_ops.names_for(minigrad, "float64")
    if device == "cuda":
        names = on_cuda(names)
        leaves = [names[name] for name in "xyvwps"]
    output = eval(test_ops.SAMPLES[row], names)
    seed = np.cos(np.arange(output.numel())).reshape(tuple(output.shape))
    seeds = [minigrad.tensor(array, device=device) for array in (seed, 0.6)]
    seeds[0].requires_grad_()
    first, second = test_ops.gradients(minigrad, output, leaves, seeds, row in test_ops.NO_SECOND)
    found = [output, *first, *second]
    assert {t.device.type for t in found if t is not None} == {device}
    return [None if t is None else t.detach().cpu().numpy() for t in found]


@pytest.mark.parametrize("row", test_ops.SAMPLES)
def test_row(cuda, row):
    for here, there in zip(outcome(row, "cpu"), outcome(row, "cuda"), strict=True):
        assert (here is None) == (there is None)
        if here is not None:
            assert here.dtype == there.dtype
            np.testing.assert_allclose(there, here, 1e-9, 1e-9)


@pytest.mark.parametrize("make", ["SGD", "Adam", "AdamW"])
def test_a_network_learns_what_it_learns_on_the_cpu(cuda, make):
    losses = {}
    for device in ("cpu", "cuda"):
        minigrad.manual_seed(0)
        net = nn.Sequential(nn.Linear(4, 8), nn.LayerNorm(8), nn.ReLU(), nn.Linear(8, 3))
        x, labels = minigrad.randn(6, 4).to(device), minigrad.tensor([0, 1, 2, 0, 1, 2]).to(device)
        optimiser = getattr(minigrad.optim, make)(net.to(device).parameters(), lr=0.1)
        losses[device] = []
        for _ in range(5):
            optimiser.zero_grad()
            loss = nn.functional.cross_entropy(net(x), labels)
            loss.backward()
            optimiser.step()
            losses[device].append(loss.item())
        assert all(p.grad.device.type == device for p in net.parameters())
    np.testing.assert_allclose(losses["cuda"], losses["cpu"], 1e-4)
    assert losses["cuda"][-1] < losses["cuda"][0]


def test_changes_in_place_and_views(cuda):
    def run(device):
        x = minigrad.arange(12.0).reshape(3, 4).to(device).requires_grad_()
        y = x * 2
        y[0] = 1.0
        y[:, 1].mul_(3)
        y += x
        y[y > 20] = 0.0
        (y * y).sum().backward()
        return y.detach().cpu().tolist(), x.grad.cpu().tolist(), y._version

    assert run("cuda") == run("cpu")


def test_what_is_printed_and_refused(cuda):
    x = minigrad.tensor([1.0, 2.0], device="cuda", requires_grad=True)
    assert repr(x) == "tensor([1., 2.], device='cuda:0', requires_grad=True)"
    assert repr(x.sum()) == "tensor(3., device='cuda:0', grad_fn=<SumBackward0>)"
    with pytest.raises(TypeError, match="can't convert cuda:0 device type tensor to numpy"):
        x.detach().numpy()
    with pytest.raises(RuntimeError, match="Expected all tensors to be on the same device"):
        x + minigrad.ones(2)
    assert minigrad.nn.functional.dropout(x, 0.5).is_cuda
    assert minigrad.zeros_like(x).is_cuda and x.clone().cpu().device == minigrad.device("cpu")
