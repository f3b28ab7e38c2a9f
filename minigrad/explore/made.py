"""What is made when somebody asks for it.

A recorded pass of a large model has thousands of moments. Most are never looked at, and of each
thing that is made of them Python's collector would ask again and again whether it is garbage.
"""

import gc
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

K = TypeVar("K")
T = TypeVar("T")


class Late(Sequence[T]):
    """A tuple that is made when somebody first looks at it, from plain data.

    While a pass is recorded, nothing else is done than must be done then.

    Example:
        >>> squares = Late(lambda: (n * n for n in range(4)))
        >>> squares[-1], len(squares), squares == (0, 1, 4, 9)
        (9, 4, True)
    """

    def __init__(self, make: Callable[[], Iterable[T]]) -> None:
        self._make: Callable[[], Iterable[T]] | None = make
        self._items: tuple[T, ...] = ()

    def _made(self) -> tuple[T, ...]:
        if self._make is not None:
            self._items, self._make = tuple(self._make()), None
        return self._items

    def __getitem__(self, index: Any) -> Any:
        return self._made()[index]

    def __len__(self) -> int:
        return len(self._made())

    def __iter__(self) -> Iterator[T]:
        return iter(self._made())

    def __eq__(self, other: object) -> bool:
        return self._made() == (other._made() if isinstance(other, Late) else other)

    def __hash__(self) -> int:
        return hash(self._made())

    def __repr__(self) -> str:
        return repr(self._made())


class Made(Sequence[T]):
    """Rows of plain data as a sequence of what is made of each, anew whenever it is asked for.

    The rows are plain tuples of numbers, texts, arrays and such tuples: Python's collector passes
    them by.

    Example:
        >>> points = Made([(0, 1), (2, 3)], complex)
        >>> points[1], len(points)
        ((2+3j), 2)
    """

    def __init__(self, rows: Sequence[tuple], make: Callable[..., T]) -> None:
        self.rows, self._make = rows, make

    def __getitem__(self, index: Any) -> Any:
        return self._make(*self.rows[index])

    def __len__(self) -> int:
        return len(self.rows)


class Recent(Generic[K, T]):
    """A function that remembers the last things it has made.

    What it is asked for is told apart by `key`, as by `id`.

    Example:
        >>> square = Recent(lambda n: n * n, most=2, key=int)
        >>> square(3), square(4), square(5), len(square)
        (9, 16, 25, 2)
    """

    def __init__(self, make: Callable[[K], T], most: int, key: Callable[[K], Hashable]) -> None:
        self._make, self._most, self._key = make, most, key
        self._kept: dict[Hashable, tuple[K, T]] = {}  # what is kept keeps its `id`

    def __call__(self, thing: K) -> T:
        key = self._key(thing)
        found = self._kept.get(key)
        if found is None:
            made = self._make(thing)
            if len(self._kept) == self._most:
                del self._kept[next(iter(self._kept))]  # the oldest
            found = self._kept[key] = thing, made
        return found[1]

    def __len__(self) -> int:
        return len(self._kept)


@contextmanager
def no_collector() -> Iterator[None]:
    """Nothing made here is garbage: Python need not look through it all again and again."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()
