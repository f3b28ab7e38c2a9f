"""Random numbers against torch's: the same seed, the same digits."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad
from minigrad import random

SIZES = [*range(41), 1000]
SEEDS = [0, 1, 42, 2**31, 2**32 - 1, 2**32 + 3, -1, 2**64 - 1, -(2**63)]
FLOATS = {"float32": torch.float32, "float64": torch.float64, "float16": torch.float16}
INTS = {
    "int64": torch.int64,
    "int32": torch.int32,
    "int16": torch.int16,
    "uint8": torch.uint8,
}

# torch itself draws other float32 normals on processors without these instructions.
vector_code = torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512")


def seed_both(seed: int) -> None:
    torch.manual_seed(seed)
    random.manual_seed(seed)


def assert_close(ours: np.ndarray, torchs: torch.Tensor) -> None:
    """Same dtype and shape; numbers at most 2 units in the last place apart."""
    theirs = torchs.numpy()
    assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
    if theirs.dtype.kind == "f":
        np.testing.assert_array_max_ulp(ours, theirs, maxulp=2, dtype=theirs.dtype)
    else:
        np.testing.assert_array_equal(ours, theirs)


def needs_vector_code(dtype: str, size: int) -> None:
    if dtype != "float64" and size >= 16 and not vector_code:
        pytest.skip("torch has no AVX2 here, so it draws other float32 normals from 16 numbers on")


# --- one kind of number at a time -----------------------------------------------------------------


@pytest.mark.parametrize("dtype", FLOATS)
def test_rand(dtype):
    for seed, n in itertools.product(SEEDS, SIZES):
        seed_both(seed)
        assert_close(random.rand((n,), dtype), torch.rand(n, dtype=FLOATS[dtype]))


@pytest.mark.parametrize("dtype", FLOATS)
def test_randn(dtype):
    needs_vector_code(dtype, 1000)
    for seed, n in itertools.product(SEEDS, SIZES):
        seed_both(seed)
        assert_close(random.randn((n,), dtype), torch.randn(n, dtype=FLOATS[dtype]))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_randn_to_the_last_bit(dtype):
    needs_vector_code(dtype, 1000)
    seed_both(5)
    ours, torchs = random.randn((200_000,), dtype), torch.randn(200_000, dtype=FLOATS[dtype])
    np.testing.assert_array_equal(ours, torchs.numpy())


@pytest.mark.parametrize("dtype", INTS)
@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 10), (3, 100), (0, 128)])
def test_randint(dtype, low, high):
    for seed, n in itertools.product(SEEDS, SIZES):
        seed_both(seed)
        wanted = torch.randint(low, high, (n,), dtype=INTS[dtype])
        assert_close(random.randint(low, high, (n,), dtype), wanted)


WIDE = [2**28 - 1, 2**28, 2**28 + 1, 2**31, 2**32 - 1, 2**32, 2**32 + 1, 2**63 - 1]


@pytest.mark.parametrize("high", WIDE)
def test_randint_of_wide_ranges(high):
    for low in (0, -1, -(2**63)):
        seed_both(3)
        assert_close(random.randint(low, high, (50,)), torch.randint(low, high, (50,)))


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bool"])
def test_randint_in_other_dtypes(dtype):
    low, high = (0, 2) if dtype == "bool" else (-5, 7)
    seed_both(3)
    wanted = torch.randint(low, high, (50,), dtype=getattr(torch, dtype))
    assert_close(random.randint(low, high, (50,), dtype), wanted)


def test_randperm():
    for seed, n in itertools.product(SEEDS, SIZES):
        seed_both(seed)
        assert_close(random.randperm(n), torch.randperm(n))
        assert_close(random.rand((1,)), torch.rand(1))  # as many words were taken
    for dtype, torch_dtype in (INTS | FLOATS).items():
        seed_both(1)
        assert_close(random.randperm(20, dtype), torch.randperm(20, dtype=torch_dtype))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("low", "high"), [(-0.3, 0.3), (2.0, 7.7), (0.0, 1e-3), (1.0, 1.0)])
def test_uniform(dtype, low, high):
    for n in SIZES:
        seed_both(n)
        ours = random.uniform((n,), low, high, dtype)
        torchs = torch.empty(n, dtype=FLOATS[dtype]).uniform_(low, high)
        if dtype == "float64":  # see `uniform`: torch rounds once, we round twice
            assert np.abs(ours - torchs.numpy()).max(initial=0) <= np.spacing(abs(low) + abs(high))
        else:
            np.testing.assert_array_equal(ours, torchs.numpy())


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("mean", "std"), [(0.0, 0.02), (1.3, 2.7), (-100.0, 1.0), (3.0, 0.0)])
def test_normal(dtype, mean, std):
    needs_vector_code(dtype, 1000)
    for n in SIZES:
        seed_both(n)
        ours = random.normal((n,), mean, std, dtype)
        torchs = torch.empty(n, dtype=FLOATS[dtype]).normal_(mean, std)
        if dtype == "float64":
            largest = np.spacing(abs(mean) + 5 * std)
            assert np.abs(ours - torchs.numpy()).max(initial=0) <= largest
        else:
            assert_close(ours, torchs)


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_bernoulli_of_one_probability(p):
    seed_both(3)
    torchs = torch.empty(1000).bernoulli_(p).bool()
    if not torch.equal(torchs, torch.from_numpy(random.bernoulli(p, (1000,)))):
        # On Intel torch takes these numbers from MKL; for a table of p it keeps its own recipe.
        torch.manual_seed(3)
        own = torch.bernoulli(torch.full((1000,), p, dtype=torch.float64)).bool()
        random.manual_seed(3)
        np.testing.assert_array_equal(random.bernoulli(p, (1000,)), own.numpy())
        pytest.skip("torch draws these numbers with MKL here; its own recipe agrees")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_bernoulli_of_a_table(dtype):
    table = np.linspace(0, 1, 1000, dtype=dtype).reshape(10, 100)
    seed_both(3)
    torchs = torch.bernoulli(torch.from_numpy(table)).bool()
    assert_close(random.bernoulli(table), torchs)


def test_bernoulli_at_the_very_number_drawn():
    """A draw that equals its p is False."""
    seed_both(3)
    drawn = torch.rand(100)
    seed_both(3)
    assert_close(random.bernoulli(drawn.numpy()), torch.bernoulli(drawn).bool())
    random.manual_seed(3)
    assert not random.bernoulli(drawn.numpy()).any()


# --- calls after each other -----------------------------------------------------------------------


def test_the_second_normal_waits_for_the_next_call():
    """3 numbers leave one over; the next small call uses it, whatever was drawn in between."""
    needs_vector_code("float32", 16)
    seed_both(0)
    for call, n in [("randn", 3), ("rand", 2), ("randn", 20), ("randperm", 5), ("randn", 1)]:
        argument = n if call == "randperm" else (n,)
        assert_close(getattr(random, call)(argument), getattr(torch, call)(n))
    assert random.get_rng_state()[3] is None
    assert_close(random.randn((3,), "float64"), torch.randn(3, dtype=torch.float64))
    assert random.get_rng_state()[3] is not None
    seed_both(0)  # seeding drops it
    assert_close(random.randn((1,)), torch.randn(1))


CALLS = {
    "rand": lambda n, dtype: (
        random.rand((n,), dtype),
        torch.rand(n, dtype=FLOATS[dtype]),
    ),
    "randn": lambda n, dtype: (
        random.randn((n,), dtype),
        torch.randn(n, dtype=FLOATS[dtype]),
    ),
    "randint": lambda n, dtype: (
        random.randint(-n - 1, 3 * n + 1, (n,)),
        torch.randint(-n - 1, 3 * n + 1, (n,)),
    ),
    "wide randint": lambda n, dtype: (
        random.randint(-(2**40), 2**40, (n,)),
        torch.randint(-(2**40), 2**40, (n,)),
    ),
    "randperm": lambda n, dtype: (random.randperm(n), torch.randperm(n)),
}


@pytest.mark.skipif(not vector_code, reason="torch has no AVX2 here and draws other normals")
@settings(max_examples=200, deadline=None)
@given(
    seed=st.integers(-(2**63), 2**64 - 1),
    calls=st.lists(
        st.tuples(
            st.sampled_from(list(CALLS)),
            st.one_of(st.integers(0, 40), st.just(1000)),
            st.sampled_from(list(FLOATS)),
        ),
        max_size=12,
    ),
)
def test_mixed_calls(seed, calls):
    seed_both(seed)
    for name, n, dtype in calls:
        assert_close(*CALLS[name](n, dtype))


@pytest.mark.parametrize("shape", [(), (1, 10), (10, 1), (4, 4), (0, 3), (2, 3, 4)], ids=str)
def test_shapes(shape):
    needs_vector_code("float32", int(np.prod(shape)))
    seed_both(9)
    assert_close(random.rand(shape), torch.rand(shape))
    assert_close(random.randn(shape), torch.randn(shape))
    assert_close(random.randint(0, 9, shape), torch.randint(0, 9, shape))
    assert random.bernoulli(0.5, shape).shape == shape


# --- seeds and states -----------------------------------------------------------------------------


def outcome(call):
    try:
        return call()
    except Exception as error:
        return type(error), str(error)


@pytest.mark.parametrize(
    "seed",
    [*SEEDS, -(2**63) - 1, 2**64, 3.7, "5", "x", None, True, [1], np.int64(4)],
    ids=repr,
)
def test_every_seed_means_what_it_means_in_torch(seed):
    seed_both(11)
    ours = outcome(lambda: random.manual_seed(seed).initial_seed())
    assert ours == outcome(lambda: torch.manual_seed(seed).initial_seed())
    assert random.initial_seed() == torch.initial_seed()  # 11 still, where the seed was refused
    assert_close(random.rand((3,)), torch.rand(3))


@pytest.mark.parametrize("seed", [0, -1, -(2**63) - 1, 2**64, 3.7, "5", None, True], ids=repr)
def test_a_generator_is_stricter(seed):
    ours, torchs = random.Generator(), torch.Generator()
    wanted = outcome(lambda: torchs.manual_seed(seed).initial_seed())
    assert outcome(lambda: ours.manual_seed(seed).initial_seed()) == wanted
    assert ours.initial_seed() == torchs.initial_seed()
    assert_close(random.rand((3,), generator=ours), torch.rand(3, generator=torchs))


def test_generators_are_independent():
    ours = random.Generator().manual_seed(1), random.Generator().manual_seed(2)
    torchs = torch.Generator().manual_seed(1), torch.Generator().manual_seed(2)
    seed_both(3)
    for _ in range(3):
        for our, their in (*zip(ours, torchs, strict=True), (None, None)):
            assert_close(random.randn((5,), generator=our), torch.randn(5, generator=their))
            assert_close(
                random.randint(0, 9, (5,), generator=our),
                torch.randint(0, 9, (5,), generator=their),
            )
            assert_close(random.randperm(5, generator=our), torch.randperm(5, generator=their))
            assert_close(random.rand((5,), generator=our), torch.rand(5, generator=their))


def test_a_state_brings_the_same_numbers_back():
    random.manual_seed(4)
    random.randn((3,))  # leaves a second normal waiting
    state = random.get_rng_state()
    first = random.randn((7,)), random.rand((700,)), random.initial_seed()
    random.seed()
    random.set_rng_state(state)
    again = random.randn((7,)), random.rand((700,)), random.initial_seed()
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    other = random.Generator()
    other.set_state(state)
    assert np.array_equal(random.randn((7,), generator=other), first[0])


def test_a_fresh_seed_is_another_one_each_time():
    seeds = {random.seed() for _ in range(5)} | {random.Generator().seed() for _ in range(5)}
    assert len(seeds) == 10
    assert all(0 <= seed < 2**64 for seed in seeds)
    assert random.default_generator.initial_seed() in seeds
    before = random.seed()
    numbers = random.rand((3,))
    random.manual_seed(before)
    assert np.array_equal(random.rand((3,)), numbers)


def test_numpys_own_generator_is_left_alone():
    np.random.seed(0)
    wanted = np.random.rand()
    np.random.seed(0)
    random.manual_seed(5)
    random.randn((100,))
    assert np.random.rand() == wanted


# --- tensors of ours ------------------------------------------------------------------------------


def same_tensor(ours, torchs) -> None:
    assert_close(ours.detach().numpy(), torchs.detach())
    assert ours.requires_grad == torchs.requires_grad


@pytest.mark.parametrize("seed", SEEDS)
def test_tensors_take_the_same_numbers(seed):
    needs_vector_code("float32", 20)
    engines = minigrad, torch
    assert minigrad.manual_seed(seed).initial_seed() == torch.manual_seed(seed).initial_seed()
    assert minigrad.initial_seed() == torch.initial_seed()
    calls = [
        lambda t: t.randn(3),
        lambda t: t.randn(10, 1, requires_grad=True),
        lambda t: t.rand(1, 10),
        lambda t: t.randn((4, 5)),
        lambda t: t.rand((2, 2), dtype=t.float64),
        lambda t: t.randn([2, 2], dtype=t.float64, requires_grad=True),
        lambda t: t.randint(10, (3,)),
        lambda t: t.randint(-5, 5, (2, 3), dtype=t.float32),
        lambda t: t.randperm(7),
        lambda t: t.rand_like(t.ones(2, 3)),
        lambda t: t.randn_like(t.ones(5, dtype=t.float64)),
        lambda t: t.rand(()),
        lambda t: t.rand(0),
        lambda t: t.randn(3, generator=t.Generator().manual_seed(5)),
        lambda t: t.randperm(4, generator=t.Generator().manual_seed(5)),
        lambda t: t.randn(1),
    ]
    for call in calls:
        same_tensor(*map(call, engines))


@pytest.mark.parametrize("bias", [True, False])
def test_layers_start_with_the_same_weights(bias):
    for shape in ((3, 2), (1, 1), (20, 30)):
        seed_both(5)
        ours, torchs = minigrad.nn.Linear(*shape, bias=bias), torch.nn.Linear(*shape, bias=bias)
        for our, their in zip(ours.parameters(), torchs.parameters(), strict=True):
            same_tensor(our, their)


@pytest.mark.parametrize("p", [0.0, 0.2, 0.5, 1.0])
def test_dropout_drops_the_same_numbers(p):
    torch.manual_seed(5)
    own = torch.bernoulli(torch.full((500,), 1 - p, dtype=torch.float64))
    seed_both(5)
    theirs = torch.nn.functional.dropout(torch.ones(500), p)
    if not torch.equal(theirs != 0, own != 0):
        pytest.skip("torch draws these numbers with MKL here")
    same_tensor(minigrad.nn.functional.dropout(minigrad.ones(500), p), theirs)
    same_tensor(minigrad.rand(3), torch.rand(3))  # as many words were taken


# --- what is refused ------------------------------------------------------------------------------

REFUSED = {
    "negative size": (lambda: random.rand((2, -3)), lambda: torch.rand(2, -3)),
    "negative size, normal": (lambda: random.randn((-1,)), lambda: torch.randn(-1)),
    "negative size, int": (
        lambda: random.randint(0, 5, (2, -3)),
        lambda: torch.randint(0, 5, (2, -3)),
    ),
    "negative permutation": (lambda: random.randperm(-1), lambda: torch.randperm(-1)),
    "empty range": (lambda: random.randint(5, 5, (3,)), lambda: torch.randint(5, 5, (3,))),
    "range backwards": (lambda: random.randint(5, 3, (3,)), lambda: torch.randint(5, 3, (3,))),
    "bound too large": (
        lambda: random.randint(0, 2**63, (3,)),
        lambda: torch.randint(0, 2**63, (3,)),
    ),
    "interval backwards": (
        lambda: random.uniform((3,), 2, 1),
        lambda: torch.empty(3).uniform_(2, 1),
    ),
    "negative std": (
        lambda: random.normal((3,), 0, -1.5),
        lambda: torch.empty(3).normal_(0, -1.5),
    ),
    "probability": (
        lambda: random.bernoulli(1.5, (3,)),
        lambda: torch.empty(3).bernoulli_(1.5),
    ),
}
for dtype in ("int64", "int32", "int16", "int8", "uint8", "bool"):
    REFUSED[f"rand of {dtype}"] = (
        lambda dtype=dtype: random.rand((2,), dtype),
        lambda dtype=dtype: torch.rand(2, dtype=getattr(torch, dtype)),
    )
    REFUSED[f"randn of {dtype}"] = (
        lambda dtype=dtype: random.randn((2,), dtype),
        lambda dtype=dtype: torch.randn(2, dtype=getattr(torch, dtype)),
    )
for dtype in ("int32", "int16", "int8", "uint8", "bool", "float16"):
    for low, high in ((0, 2**40), (-(2**40), 2)):
        REFUSED[f"randint from {low} to {high} as {dtype}"] = (
            lambda low=low, high=high, dtype=dtype: random.randint(low, high, (2,), dtype),
            lambda low=low, high=high, dtype=dtype: torch.randint(
                low, high, (2,), dtype=getattr(torch, dtype)
            ),
        )
for dtype in ("int16", "int8", "uint8"):
    REFUSED[f"randperm of {dtype}"] = (
        lambda dtype=dtype: random.randperm(40_000, dtype),
        lambda dtype=dtype: torch.randperm(40_000, dtype=getattr(torch, dtype)),
    )


@pytest.mark.parametrize("case", REFUSED)
def test_refusals_are_torchs(case):
    ours, torchs = REFUSED[case]
    with pytest.raises(Exception) as theirs:
        torchs()
    with pytest.raises(theirs.type) as error:
        ours()
    assert str(error.value) == str(theirs.value)
    assert error.value.__notes__, "there is no advice"


def test_a_table_with_a_wrong_probability_is_refused():
    with pytest.raises(RuntimeError, match="in \\[0, 1\\], but got numbers outside"):
        random.bernoulli(np.float32([0.5, 2.0]))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_whole_numbers_that_a_float_cannot_hold_are_warned_of(dtype):
    high = 2**60
    with pytest.warns(UserWarning) as torchs:
        torch.randint(0, high, (3,), dtype=FLOATS[dtype])
    with pytest.warns(UserWarning) as ours:
        random.randint(0, high, (3,), dtype)
    assert str(torchs[0].message).startswith(str(ours[0].message))


def test_a_generator_elsewhere_and_a_foreign_state_are_refused():
    with pytest.raises(RuntimeError, match="draws its numbers on the CPU, but got device 'cuda'"):
        random.Generator("cuda")
    with pytest.raises(TypeError, match="expected a GeneratorState, but got tuple"):
        random.Generator().set_state((1, 2))
