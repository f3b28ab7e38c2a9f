"""Random numbers: after the same `manual_seed`, the digits that torch draws on a CPU.

torch's CPU generator is the Mersenne Twister MT19937, seeded with the low 32 bits of the seed as
NumPy's `RandomState` seeds it. Everything here is a recipe that turns its stream of 32-bit words
into numbers: which words are taken, in which order, and what is computed from them. The recipes
were found by reading ATen's `DistributionTemplates.h` and `DistributionsHelper.h` and by measuring
torch 2.13; the tests compare the two streams number by number.

The functions return NumPy arrays; `minigrad.rand` and the others wrap them into tensors.
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .errors import advised

_DEFAULT_SEED = 67280421310721  # of a new Generator that nobody seeded, as in torch
_FLOATS = ("float16", "float32", "float64")


class GeneratorState(tuple):
    """A saved moment of a Generator, from `get_state` for `set_state`.

    Four parts: the seed, the words of the twister, the place among them, a spare normal number.
    """

    __slots__ = ()


class Generator:
    """A source of random numbers with its own seed; for `rand(..., generator=g)` and the others.

    Example:
        >>> g = Generator().manual_seed(0)
        >>> print(rand((2,), generator=g))
        [0.4962566 0.7682218]
    """

    __slots__ = ("_bits", "_seed", "_spare", "device")

    def __init__(self, device: Any = "cpu"):
        if str(device) != "cpu":
            raise advised(
                RuntimeError,
                f"A Generator draws its numbers on the CPU, but got device {str(device)!r}",
                "Draw with a CPU generator and move the tensor with .to(device).",
            )
        self.device = device
        self._start(_DEFAULT_SEED)

    def _start(self, seed: int) -> None:
        self._seed = seed
        # The twister is made by the first draw: importing numpy.random costs more than the rest of
        # the package.
        self._bits = None
        self._spare: float | None = None  # the second normal of a pair, kept for the next call

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream that belongs to `seed` and return the generator.

        Args:
            seed: from -2**63 to 2**64 - 1; a negative one counts down from 2**64. Only the low 32
                bits matter.

        Raises:
            RuntimeError: not an integer.
            ValueError: outside the range.
        """
        if isinstance(seed, bool) or not hasattr(seed, "__index__"):
            raise advised(
                RuntimeError,
                f"manual_seed expected a long, but got {type(seed).__name__}",
                "Pass an integer, for example 0.",
            )
        self._start(_unsigned(seed))
        return self

    def seed(self) -> int:
        """Start a stream that nobody can foresee, and return its seed."""
        self._start(int.from_bytes(os.urandom(8), "little") >> 1)
        return self._seed

    def initial_seed(self) -> int:
        """The seed of the present stream, between 0 and 2**64 - 1."""
        return self._seed

    def get_state(self) -> GeneratorState:
        """The present place in the stream, for `set_state`. (torch's is a tensor of bytes.)

        Example:
            >>> g = Generator()
            >>> here = g.get_state()
            >>> first = rand((3,), generator=g)
            >>> g.set_state(here)
            >>> bool((rand((3,), generator=g) == first).all())
            True
        """
        twister = self._twister().state["state"]
        return GeneratorState((self._seed, twister["key"].tobytes(), twister["pos"], self._spare))

    def set_state(self, state: GeneratorState) -> None:
        """Go back to a place in a stream that `get_state` returned."""
        if not isinstance(state, GeneratorState):
            raise advised(
                TypeError,
                f"expected a GeneratorState, but got {type(state).__name__}",
                "Pass what get_state() of a minigrad Generator returned.",
            )
        seed, words, position, spare = state
        self._start(seed)
        self._spare = spare
        key = np.frombuffer(words, np.uint32)
        self._twister().state = {"bit_generator": "MT19937", "state": {"key": key, "pos": position}}

    def _twister(self) -> Any:
        if self._bits is None:
            from numpy.random import MT19937, RandomState

            self._bits = MT19937()
            self._bits.state = RandomState(self._seed & 0xFFFFFFFF).get_state(legacy=False)
        return self._bits

    def words(self, n: int) -> np.ndarray:
        """The next `n` 32-bit words of the stream, as uint64."""
        return self._twister().random_raw(n)

    def long_words(self, n: int) -> np.ndarray:
        """The next `n` 64-bit words; each is made of two short ones, the high half first."""
        pairs = self.words(2 * n).reshape(n, 2)
        return pairs[:, 0] << np.uint64(32) | pairs[:, 1]


default_generator = Generator()
default_generator.seed()


def manual_seed(seed: int) -> Generator:
    """Seed the generator that is used when none is given, and return it.

    Args:
        seed: an integer, or what `int()` makes one of, from -2**63 to 2**64 - 1.

    Raises:
        ValueError: outside the range.

    Example:
        >>> _ = manual_seed(0)
        >>> print(randn((3,)))
        [ 1.5409961 -0.2934289 -2.1787894]
    """
    return default_generator.manual_seed(int(seed))


def seed() -> int:
    """Seed the default generator so that nobody can foresee it, and return the seed."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed that the default generator started from."""
    return default_generator.initial_seed()


def get_rng_state() -> GeneratorState:
    """The default generator's place in its stream."""
    return default_generator.get_state()


def set_rng_state(state: GeneratorState) -> None:
    """Put the default generator back to where `get_rng_state` found it."""
    default_generator.set_state(state)


def rand(
    shape: Sequence[int], dtype: Any = np.float32, generator: Generator | None = None
) -> np.ndarray:
    """Numbers drawn evenly from [0, 1).

    float32 takes one word and keeps its low 24 bits, float64 takes two and keeps 53; float16 rounds
    float32's.
    """
    return uniform(shape, 0.0, 1.0, dtype, generator)


def uniform(
    shape: Sequence[int],
    low: float,
    high: float,
    dtype: Any = np.float32,
    generator: Generator | None = None,
) -> np.ndarray:
    """Numbers drawn evenly from [low, high): `rand * (high - low) + low`, rounded once.

    Bit for bit torch's in float32. In float64 torch fuses the multiplication and the addition, so
    the last digit of the larger of the two terms can differ by one.
    """
    dtype, n = _checked(shape, dtype, '"check_uniform_bounds"')
    if low > high:
        raise advised(
            RuntimeError,
            f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}",
            "Give the lower end first.",
        )
    compute = _compute_dtype(dtype)
    low, high = compute.type(low), compute.type(high)
    even = _uniform(n, dtype, generator or default_generator)
    numbers = _multiply_add(even, float(high - low), float(low)).astype(compute).astype(dtype)
    if dtype == np.float16:  # few digits: the largest numbers were rounded up to `high` itself
        numbers[numbers == dtype.type(high)] = low
    return numbers.reshape(shape)


def randn(
    shape: Sequence[int], dtype: Any = np.float32, generator: Generator | None = None
) -> np.ndarray:
    """Numbers from the normal distribution with mean 0 and standard deviation 1.

    Two even numbers make two normal ones by the Box-Muller transform. Fewer than 16 are drawn one
    after the other, in float64, and an unused second one waits in the generator for the next such
    call. From 16 on, whole blocks of 16 are made of the numbers that `rand` would draw; if the last
    block is not full, the last 16 numbers are drawn anew. In float32 torch computes the blocks with
    vector instructions (x86-64 with AVX2), which `_block32` repeats to the last bit. torch on other
    processors differs from itself, and so from us, in the last digits.
    """
    return normal(shape, 0.0, 1.0, dtype, generator)


def normal(
    shape: Sequence[int],
    mean: float,
    std: float,
    dtype: Any = np.float32,
    generator: Generator | None = None,
    in_rows: bool = True,
) -> np.ndarray:
    """Numbers from the normal distribution with this mean and standard deviation; see `randn`.

    torch draws all of them one by one if they go to a place that does not lie row by row in memory.
    """
    dtype, n = _checked(shape, dtype, '"normal_kernel_cpu"')
    if std < 0:
        raise advised(
            RuntimeError,
            f"normal expects std >= 0.0, but found std {std:g}",
            "A standard deviation is a distance: take its absolute value.",
        )
    generator = generator or default_generator
    if n < 16 or not in_rows:
        numbers = [_next_normal(generator) * std + mean for _ in range(n)]
        return np.array(numbers, dtype).reshape(shape)
    from . import cephes  # as late as numpy.random

    compute = _compute_dtype(dtype)
    block = _block64 if dtype == np.float64 else _block32
    full = n - n % 16
    # float16 draws only the full blocks at first; the others draw for every number, then once more
    # for the tail.
    even = _uniform(full if dtype == np.float16 else n, dtype, generator).astype(compute)
    out = np.empty(n, compute)
    out[:full] = block(even[:full])
    if full < n:
        out[-16:] = block(_uniform(16, dtype, generator).astype(compute))
    scale = cephes.fma if compute == np.float32 else _multiply_add
    return scale(out, compute.type(std), compute.type(mean)).astype(dtype).reshape(shape)


def randint(
    low: int,
    high: int,
    shape: Sequence[int],
    dtype: Any = np.int64,
    generator: Generator | None = None,
) -> np.ndarray:
    """Whole numbers from `low` to `high - 1`: a word modulo `high - low`, plus `low`.

    The word has 32 bits; from a range of 2**28 on it has 64, so that the modulo favours no number
    visibly.
    """
    dtype, n = np.dtype(dtype), _count(shape)
    low, high = _signed(low), _signed(high)
    if low >= high:
        raise advised(
            RuntimeError,
            f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}",
            "`high` itself is never drawn, so it must be larger than `low`.",
        )
    _check_int_range(low, high, dtype)
    generator = generator or default_generator
    span = high - low
    words = generator.words(n) if span < 1 << 28 else generator.long_words(n)
    # Seen as int64 the sum wraps around, which is right for spans that only uint64 can hold.
    numbers = (words % np.uint64(span)).view(np.int64) + np.int64(low)
    return numbers.astype(dtype).reshape(shape)


def any_integers(
    shape: Sequence[int], dtype: Any, generator: Generator | None = None
) -> np.ndarray:
    """Whole numbers from 0 to the largest that `dtype` holds, of floats without a gap between."""
    dtype, n = np.dtype(dtype), _count(shape)
    generator = generator or default_generator
    if dtype.kind == "f":
        most = 2 ** (np.finfo(dtype).nmant + 1)
    else:
        most = 1 if dtype == np.bool_ else int(np.iinfo(dtype).max)
    words = generator.long_words(n) if dtype.itemsize == 8 else generator.words(n)
    return (words % np.uint64(most + 1)).astype(dtype).reshape(shape)


def multinomial(
    weights: np.ndarray, n: int, replacement: bool = False, generator: Generator | None = None
) -> np.ndarray:
    """`n` indices for each row of weights, drawn in their proportions.

    With replacement an even number is looked up among the running sums. Without, every weight is
    divided by a number from the exponential distribution, and the largest quotients win.
    """
    generator, even = generator or default_generator, np.dtype(np.float64)
    if replacement:
        rows = np.cumsum(np.atleast_2d(weights), -1)
        draws = _uniform(len(rows) * n, even, generator).reshape(len(rows), n)
        found = [np.searchsorted(row / row[-1], u) for row, u in zip(rows, draws, strict=True)]
        return np.array(found, np.int64).reshape(*weights.shape[:-1], n)
    waits = -np.log1p(-_uniform(weights.size, even, generator)).astype(weights.dtype)
    order = np.argsort(-(weights / waits.reshape(weights.shape)), -1, kind="stable")
    return order[..., :n]


def randperm(n: int, dtype: Any = np.int64, generator: Generator | None = None) -> np.ndarray:
    """The numbers 0 to n - 1 in random order (Fisher and Yates' shuffle, from the front)."""
    dtype = np.dtype(dtype)
    _count((n,))
    if dtype.kind in "iu" and n > np.iinfo(dtype).max:
        raise advised(
            RuntimeError,
            f"value cannot be converted to type {dtype.name}_t without overflow",
            "Choose a dtype that holds n.",
        )
    words = (generator or default_generator).words(max(n - 1, 0))
    steps = words % np.arange(n, 1, -1, dtype=np.uint64)
    order = list(range(n))
    for i, step in enumerate(steps.tolist()):
        j = i + step
        order[i], order[j] = order[j], order[i]
    return np.array(order, dtype)


def bernoulli(
    p: float | np.ndarray,
    shape: Sequence[int] | None = None,
    generator: Generator | None = None,
) -> np.ndarray:
    """True with probability `p`, as an array of bool.

    Args:
        p: one number for an array of `shape`, or an array with a probability for each place.
        shape: needed with one number only.

    One number is compared with float64 draws, whatever the dtype of the tensor: that is dropout's
    mask, True where a number is kept. An array is compared with draws of its own dtype. torch on
    Intel processors takes the masks of one number from MKL's generator instead, and differs there.
    """
    if shape is None:
        p = np.asarray(p)
        even = _uniform(p.size, p.dtype, generator or default_generator).reshape(p.shape)
    else:
        even = _uniform(_count(shape), np.dtype(np.float64), generator or default_generator)
        even = even.reshape(shape)
    if not np.all((p >= 0) & (p <= 1)):
        got = f"but got p={p:g}" if np.ndim(p) == 0 else "but got numbers outside"
        raise advised(
            RuntimeError,
            f"bernoulli_ expects p to be in [0, 1], {got}",
            "p is a probability.",
        )
    return even < p


def _compute_dtype(dtype: np.dtype) -> np.dtype:
    """float16 is computed in float32, the others in themselves."""
    return np.dtype(np.float32) if dtype == np.float16 else dtype


def _uniform(n: int, dtype: np.dtype, generator: Generator) -> np.ndarray:
    """`n` numbers from [0, 1) with the digits that `dtype` can hold, as float64."""
    if dtype == np.float64:
        return (generator.long_words(n) & np.uint64(2**53 - 1)) * 2.0**-53
    return (generator.words(n) & np.uint64(2**24 - 1)) * 2.0**-24


def _next_normal(generator: Generator) -> float:
    """One normal number; every second call finds its number ready."""
    if generator._spare is not None:
        ready, generator._spare = generator._spare, None
        return ready
    u1, u2 = _uniform(2, np.dtype(np.float64), generator).tolist()
    radius = math.sqrt(-2.0 * math.log1p(-u2))
    angle = 2.0 * math.pi * u1
    generator._spare = radius * math.sin(angle)
    return radius * math.cos(angle)


def _block64(even: np.ndarray) -> np.ndarray:
    """Normal numbers from even ones, 16 by 16: eight radii, then eight angles."""
    even = even.reshape(-1, 2, 8)
    radius = np.sqrt(-2.0 * _each(math.log, 1.0 - even[:, 0]))
    angle = 2.0 * math.pi * even[:, 1]
    pairs = radius * _each(math.cos, angle), radius * _each(math.sin, angle)
    return np.stack(pairs, axis=1).reshape(-1)


def _each(function: Callable[[float], float], array: np.ndarray) -> np.ndarray:
    # NumPy's own log, cos and sin differ from the C library's, which torch calls, in the last bit.
    values = map(function, array.ravel().tolist())
    return np.fromiter(values, float, array.size).reshape(array.shape)


def _block32(even: np.ndarray) -> np.ndarray:
    """As `_block64`, in float32 and rounded at every step as torch's vector code rounds."""
    from . import cephes  # as late as numpy.random

    even = even.reshape(-1, 2, 8)
    radius = np.sqrt(np.float32(-2) * cephes.log(np.float32(1) - even[:, 0]))
    sine, cosine = cephes.sincos(np.float32(2 * math.pi) * even[:, 1])
    return np.stack((radius * cosine, radius * sine), axis=1).reshape(-1)


def _multiply_add(a: Any, b: Any, c: Any) -> np.ndarray:
    """a * b + c in float64. torch rounds it once and we twice: NumPy has no fused multiply-add."""
    return a * b + c


_ERROR_NAMES = {
    "bool": "Bool",
    "uint8": "Byte",
    "int8": "Char",
    "int16": "Short",
    "int32": "Int",
    "int64": "Long",
}
_C_NAMES = {
    "bool": "bool",
    "uint8": "unsigned char",
    "int8": "signed char",
    "int16": "short int",
    "int32": "int",
    "float16": "c10::Half",
}


def _checked(shape: Sequence[int], dtype: Any, kernel: str) -> tuple[np.dtype, int]:
    """The dtype as NumPy's, refused unless floating point, and the number of elements."""
    dtype = np.dtype(dtype)
    n = _count(shape)
    if dtype.name not in _FLOATS:
        raise advised(
            NotImplementedError,
            f"{kernel} not implemented for '{_ERROR_NAMES.get(dtype.name, dtype.name)}'",
            "These numbers have digits after the point: use a floating point dtype, or randint.",
        )
    return dtype, n


def _count(shape: Sequence[int]) -> int:
    for size in shape:
        if size < 0:
            raise advised(
                RuntimeError,
                f"Trying to create tensor with negative dimension {size}: {list(shape)}",
                "A size is zero or more.",
            )
    return math.prod(shape)


def _check_int_range(low: int, high: int, dtype: np.dtype) -> None:
    """Refuse numbers that `dtype` cannot hold; warn where a float cannot hold all of them."""
    if dtype.kind == "f" and dtype != np.float16:
        digits = np.finfo(dtype).nmant + 1
        for name, value in (("from", low), ("to - 1", high - 1)):
            if abs(value) > 2**digits:
                kind = "float" if dtype == np.float32 else "double"
                warnings.warn(
                    f"{name} is out of bounds [-(2^{digits}), 2^{digits}]. Due to precision "
                    f"limitations {kind} can support discrete uniform distribution only within "
                    "this range. This warning will become an error in version 1.7 release, please "
                    "fix the code in advance",
                    stacklevel=3,
                )
        return
    if dtype == np.bool_:
        least, most = 0, 1
    else:
        info = np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)
        least, most = int(info.min), int(info.max)
    for name, value in (("from", low), ("to - 1", high - 1)):
        if not least <= value <= most:
            raise advised(
                RuntimeError,
                f"{name} is out of bounds for {_C_NAMES[dtype.name]}",
                f"{dtype.name} holds {least} to {most}.",
            )


def _unsigned(value: int) -> int:
    """A seed as torch keeps it: 64 bits, a negative number counted down from 2**64."""
    value = int(value)
    if not -(2**63) <= value < 2**64:
        raise _overflow("A seed is an integer from -2**63 to 2**64 - 1.")
    return value % 2**64


def _signed(value: int) -> int:
    value = int(value)
    if not -(2**63) <= value < 2**63:
        raise _overflow("The bounds are integers from -2**63 to 2**63 - 1.")
    return value


def _overflow(advice: str) -> Exception:
    return advised(ValueError, "Overflow when unpacking long long", advice)
