"""The text of a tensor against torch's, line by line."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import minigrad
from minigrad import printing

OPTIONS = {
    "default": {},
    "precise": {"precision": 7},
    "coarse": {"precision": 2},
    "no digits": {"precision": 0},
    "summary from 6": {"threshold": 5},
    "summary always": {"threshold": 0, "edgeitems": 1},
    "no edge items": {"edgeitems": 0},
    "no edge items, summary": {"edgeitems": 0, "threshold": 3},
    "narrow": {"linewidth": 20},
    "narrower than one number": {"linewidth": 3},
    "wide": {"linewidth": 200},
    "scientific": {"sci_mode": True},
    "never scientific": {"sci_mode": False},
    "short": {"profile": "short"},
    "full": {"profile": "full"},
    "full, but": {"profile": "full", "precision": 1},
}
SHAPES = [
    *((), (1,), (3,), (7,), (30,), (1000,), (1001,)),
    *((0,), (0, 3), (3, 0), (2, 0, 4)),
    *((1, 10), (10, 1), (2, 3), (40, 40), (1001, 1), (1, 1001)),
    *((2, 3, 4), (1, 1, 1), (11, 10, 10), (2, 2, 2, 2), (7, 8, 9, 10)),
]
DTYPES = ["float32", "float64", "float16", "int64", "int32", "int16", "int8", "uint8", "bool"]


@pytest.fixture(autouse=True)
def options_put_back():
    yield
    set_options({})


def set_options(options: dict) -> None:
    for module in (printing, torch):
        module.set_printoptions(profile="default")
        module.set_printoptions(**options)


def torch_text(tensor: torch.Tensor) -> str:
    return repr(tensor).replace("torch.", "minigrad.")


def assert_same(array: np.ndarray, options: dict | None = None) -> None:
    set_options(options or {})
    wanted = torch_text(torch.from_numpy(np.array(array)))
    assert printing.array_text(array) == wanted


def draws(shape, dtype: str):
    """Arrays of one shape and type: plain, whole, and far apart with all special values."""
    random = np.random.default_rng(7)
    plain = random.standard_normal(shape) * 5
    specials = random.choice([0.0, -0.0, np.nan, np.inf, -np.inf], shape)
    spread = plain * 10.0 ** random.integers(-9, 9, shape)
    mixed = np.where(random.random(shape) < 0.3, specials, spread)
    if np.dtype(dtype).kind == "f":
        with np.errstate(over="ignore"):
            for array in (plain, plain.round(), mixed, np.abs(plain) + 1e6):
                yield np.asarray(array, dtype)
    else:
        yield np.asarray(np.abs(plain.round() * 10) % 120, dtype)
        if dtype != "bool" and dtype != "uint8":
            yield np.asarray(plain.round() * 5, dtype)


@pytest.mark.parametrize("name", OPTIONS)
def test_every_shape_and_dtype(name):
    for shape, dtype in itertools.product(SHAPES, DTYPES):
        for array in draws(shape, dtype):
            assert_same(array, OPTIONS[name])


# One line for each rule, so that the rules can be read here: the array and its text.
KNOWN = [
    (np.float32([1, 2]), "tensor([1., 2.])"),
    (np.float32(2.5), "tensor(2.5000)"),
    (np.float64(2), "tensor(2., dtype=minigrad.float64)"),
    (np.float32([0.76919, 21.872, 0.0035109]), "tensor([7.6919e-01, 2.1872e+01, 3.5109e-03])"),
    (np.float32([1, 1000]), "tensor([   1., 1000.])"),
    (np.float32([1, 1001]), "tensor([1.0000e+00, 1.0010e+03])"),
    (np.float32([1e8]), "tensor([100000000.])"),
    (np.float32([2**27]), "tensor([1.3422e+08])"),
    (np.float32([1e-4]), "tensor([1.0000e-04])"),
    (np.float32([9e-5]), "tensor([9.0000e-05])"),
    (np.float32([np.nan, 1]), "tensor([nan, 1.])"),
    (np.float32([np.inf, -np.inf, np.nan]), "tensor([inf, -inf, nan])"),
    (np.float32([-0.0, 1]), "tensor([-0., 1.])"),
    (np.float32([np.nan, 1.5, -0.0]), "tensor([   nan, 1.5000, -0.0000])"),
    (np.array([True, False]), "tensor([ True, False])"),
    (np.array(True), "tensor(True)"),
    (np.array([1, -10]), "tensor([  1, -10])"),
    (np.int32([1]), "tensor([1], dtype=minigrad.int32)"),
    (np.float32([]), "tensor([])"),
    (np.int64([]), "tensor([], dtype=minigrad.int64)"),
    (np.array([], bool), "tensor([], dtype=minigrad.bool)"),
    (np.zeros((0, 3), np.float32), "tensor([], size=(0, 3))"),
    (np.arange(1001), "tensor([   0,    1,    2,  ...,  998,  999, 1000])"),
]


@pytest.mark.parametrize(("array", "text"), KNOWN, ids=[text for _, text in KNOWN])
def test_known_texts(array, text):
    assert torch_text(torch.from_numpy(np.array(array))) == printing.array_text(array)
    assert printing.array_text(array) == text


FLOATS = {
    width: st.one_of(
        st.floats(width=width),
        st.integers(-2000, 2000).map(float),
        st.floats(-100, 100, width=width),
        st.builds(lambda m, e: float(m) * 10.0**e, st.integers(-99, 99), st.integers(-4, 6)),
        st.sampled_from([0.0, -0.0, np.nan, np.inf, -np.inf, 1e-4, 1e8, 1000.0, 0.5]),
    ).map(np.dtype(f"float{width}").type)
    for width in (32, 64)
}


@st.composite
def arrays(draw):
    dtype = draw(st.sampled_from(DTYPES + ["float32", "float64"] * 3))
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5))
    elements = FLOATS.get(np.dtype(dtype).itemsize * 8) if dtype in ("float32", "float64") else None
    with np.errstate(over="ignore"):
        return draw(hnp.arrays(dtype, shape, elements=elements))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(array=arrays(), options=st.sampled_from([{}, {}, *OPTIONS.values()]))
def test_generated_arrays(array, options):
    assert_same(array, options)


def test_arrays_in_any_memory_order():
    array = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    for view in (array.T, array[:, ::-1], array[:, :, ::2], np.broadcast_to(array[0, 0], (3, 4))):
        assert_same(view)
    big = np.arange(6000, dtype=np.float64).reshape(60, 100).T
    assert_same(big)


# --- the suffixes ---------------------------------------------------------------------------------


def stand_in(tensor: torch.Tensor) -> SimpleNamespace:
    """A torch tensor dressed as ours."""
    return SimpleNamespace(
        _array=lambda: tensor.detach().numpy(),
        requires_grad=tensor.requires_grad,
        grad_fn=tensor.grad_fn,
        device=tensor.device,
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("shape", [(), (3,), (5, 2), (0,), (0, 2), (40, 40), (2, 2, 2)], ids=str)
def test_history_shows(shape, dtype):
    leaf = torch.ones(shape, dtype=dtype, requires_grad=True)
    for tensor in (leaf, leaf + 1, leaf.sum(), leaf.exp().detach(), torch.relu(leaf * 3)):
        assert printing.tensor_text(stand_in(tensor)) == torch_text(tensor)


def test_suffixes_break_where_torchs_break():
    """Numbers are added one by one, so every suffix falls on both sides of the edge."""
    for count, dtype in itertools.product(range(12), (torch.float32, torch.float64)):
        leaf = torch.full((count,), 0.5, dtype=dtype, requires_grad=True)
        for tensor in (leaf, leaf * 2, leaf.sigmoid(), leaf - 10, leaf.clone()[None]):
            for width in (20, 40, 60, 79, 80, 81):
                set_options({"linewidth": width})
                assert printing.tensor_text(stand_in(tensor)) == torch_text(tensor)


def test_a_device_other_than_the_cpu_shows():
    tensor = SimpleNamespace(
        _array=lambda: np.float32([1, 2]),
        requires_grad=True,
        grad_fn=None,
        device=torch.device("cuda", 0),
    )
    wanted = "tensor([1., 2.], device='cuda:0', requires_grad=True)"
    assert printing.tensor_text(tensor) == wanted


def test_a_prefix_of_another_length_moves_the_lines():
    array = np.zeros((2, 2), np.float32)
    assert printing.array_text(array, prefix="Weight(") == "Weight([[0., 0.],\n        [0., 0.]])"


# --- tensors of ours ------------------------------------------------------------------------------


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(array=arrays())
def test_tensors_and_their_results(array):
    set_options({})
    our, their = minigrad.from_numpy(array), torch.from_numpy(array)
    assert repr(our) == str(our) == torch_text(their)
    assert f"{our}" == f"{their}".replace("torch.", "minigrad.")
    if array.dtype.kind == "f":
        our, their = our.clone().requires_grad_(), their.clone().requires_grad_()
        assert repr(our) == torch_text(their)
        # minigrad silences NumPy's warnings of overflow by a filter; pytest sets its own.
        with np.errstate(over="ignore"):
            assert repr(our * 2) == torch_text(their * 2)
            assert repr((our * 2).detach()) == torch_text((their * 2).detach())
        assert repr(our.reshape(-1)) == torch_text(their.reshape(-1))


@pytest.mark.parametrize("spec", ["", ".3f", "8.2f", "e", "+.1f", ">10"])
def test_a_number_in_an_f_string(spec):
    for value in (1.5, -2.0, 1e-7):
        ours, theirs = minigrad.tensor(value), torch.tensor(value)
        assert format(ours, spec) == format(theirs, spec)
    assert format(minigrad.tensor(3), "04d") == format(torch.tensor(3), "04d")


# --- the options ----------------------------------------------------------------------------------


def test_options_are_kept_as_torch_keeps_them():
    assert printing.get_printoptions() == torch._tensor_str.get_printoptions()
    for options in OPTIONS.values():  # on top of each other
        printing.set_printoptions(**options)
        torch.set_printoptions(**options)
        assert printing.get_printoptions() == torch._tensor_str.get_printoptions()


def test_options_for_a_block_only():
    array = np.float32([1.23456])
    with printing.printoptions(precision=2):
        assert printing.array_text(array) == "tensor([1.23])"
    with pytest.raises(ZeroDivisionError), printing.printoptions(precision=2):
        raise ZeroDivisionError
    assert printing.array_text(array) == "tensor([1.2346])"


def test_an_unknown_profile_is_refused():
    with pytest.raises(ValueError, match="must be one of default, short, full, but got 'tiny'"):
        printing.set_printoptions(profile="tiny")


def test_a_default_dtype_needs_no_suffix():
    from minigrad import dtypes

    arrays = [np.ones(2, dtype) for dtype in DTYPES] + [np.ones(0, dtype) for dtype in DTYPES]
    torch.set_default_dtype(torch.float64)
    dtypes.set_default_dtype(dtypes.float64)
    try:
        for array in arrays:
            assert_same(array)
    finally:
        torch.set_default_dtype(torch.float32)
        dtypes.set_default_dtype(dtypes.float32)
