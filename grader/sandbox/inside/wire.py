"""Values as bytes, and bytes cut into frames: all that ever crosses the wall of the sandbox.

The format is small enough to check by eye: one tag byte a value, lengths before contents, arrays as
dtype, shape and raw bytes. Nothing in it names a class or runs code (as a pickle would), nothing
unpacks to more than arrived (as an npz may), and a reader refuses a frame as soon as its length is
announced.
"""

import struct
from collections.abc import Iterator

import numpy as np

MAX_NODES = 100_000  # values in one frame; an array is one
MAX_DEPTH = 32  # tuples within tuples
MAX_NDIM = 32
MAX_INT_BYTES = 128

# The only dtypes that travel, always in the machine's own byte order.
_NAMES = """
bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128
"""
DTYPES = tuple(map(np.dtype, _NAMES.split()))
_CODE = {dtype: code for code, dtype in enumerate(DTYPES)}
_LENGTH = struct.Struct("!Q")
_COUNT = struct.Struct("!I")
_FLOAT = struct.Struct("!d")
_COMPLEX = struct.Struct("!dd")


class NotData(TypeError):
    """The value is not plain data, so it cannot be sent. The message names what it is."""


class BadFrame(ValueError):
    """The bytes are not a frame that `frame` writes."""


class TooMuch(ValueError):
    """More bytes arrive, or are announced, than the reader takes."""


def frame(value: object) -> bytes:
    """`value` as one frame: eight bytes of length, then its encoding.

    >>> list(Frames().feed(frame(("answer", 0, 1.5))))
    [('answer', 0, 1.5)]
    """
    parts: list[bytes] = []
    _write(value, parts, MAX_DEPTH)
    body = b"".join(parts)
    return _LENGTH.pack(len(body)) + body


def _write(value: object, parts: list[bytes], depth: int) -> None:
    kind = type(value)  # exact types: a subclass may carry behaviour that would be lost
    if value is None:
        parts.append(b"N")
    elif kind is bool:
        parts.append(b"T" if value else b"F")
    elif kind is int:
        size = value.bit_length() // 8 + 1
        if size > MAX_INT_BYTES:
            raise NotData(f"an integer of {size} bytes")
        parts.append(b"i" + bytes([size]) + value.to_bytes(size, "big", signed=True))
    elif kind is float:
        parts.append(b"f" + _FLOAT.pack(value))
    elif kind is complex:
        parts.append(b"c" + _COMPLEX.pack(value.real, value.imag))
    elif kind is str:
        text = value.encode("utf-8", "backslashreplace")
        parts.append(b"s" + _COUNT.pack(len(text)) + text)
    elif kind is tuple or kind is list:
        if depth == 0:
            raise NotData(f"a {kind.__name__} nested more than {MAX_DEPTH} deep")
        parts.append((b"(" if kind is tuple else b"[") + _COUNT.pack(len(value)))
        if len(parts) + len(value) > MAX_NODES:
            raise NotData(f"a {kind.__name__} of more than {MAX_NODES} parts")
        for item in value:
            _write(item, parts, depth - 1)
    elif kind is np.ndarray or isinstance(value, np.generic):
        _write_array(value, parts)
    else:
        raise NotData(f"a {kind.__name__}")


def _write_array(value: np.ndarray | np.generic, parts: list[bytes]) -> None:
    dtype = value.dtype.newbyteorder("=")
    if dtype not in _CODE:
        raise NotData(f"an array of dtype {str(value.dtype)[:40]}")
    if value.ndim > MAX_NDIM:
        raise NotData(f"an array of {value.ndim} dimensions")
    shape = b"".join(map(_LENGTH.pack, value.shape))
    head = bytes([_CODE[dtype], value.ndim])
    parts.append((b"a" if type(value) is np.ndarray else b"g") + head + shape)
    parts.append(np.asarray(value, dtype=dtype).tobytes())


class Frames:
    """Cuts a stream of bytes, as it arrives, into decoded values; takes `limit` bytes in all."""

    def __init__(self, limit: int = 1 << 30) -> None:
        self._left = limit
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[object]:
        """The values that `data` completes, one by one. Raises TooMuch or BadFrame."""
        self._left -= len(data)
        if self._left < 0:
            raise TooMuch
        self._buffer += data
        while len(self._buffer) >= 8:
            size = _LENGTH.unpack_from(self._buffer)[0]
            if size + 8 - len(self._buffer) > self._left:
                raise TooMuch
            if len(self._buffer) < size + 8:
                break
            body = bytes(memoryview(self._buffer)[8 : size + 8])
            del self._buffer[: size + 8]
            yield decode(body)


def decode(body: bytes) -> object:
    """The value in the body of one frame; its arrays are fresh and writable. Raises BadFrame."""
    reader = _Reader(body)
    value = reader.value(MAX_DEPTH)
    if reader.at != len(body):
        raise BadFrame("bytes after the value")
    return value


class _Reader:
    def __init__(self, body: bytes) -> None:
        self.body = body
        self.at = 0
        self.nodes = 0

    def take(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self.body):
            raise BadFrame("cut short")
        piece = self.body[self.at : end]
        self.at = end
        return piece

    def value(self, depth: int) -> object:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise BadFrame("too many values")
        match self.take(1):
            case b"N":
                return None
            case b"T":
                return True
            case b"F":
                return False
            case b"i":
                size = self.take(1)[0]
                if size > MAX_INT_BYTES:
                    raise BadFrame("integer too long")
                return int.from_bytes(self.take(size), "big", signed=True)
            case b"f":
                return _FLOAT.unpack(self.take(8))[0]
            case b"c":
                return complex(*_COMPLEX.unpack(self.take(16)))
            case b"s":
                return self.take(self.count()).decode("utf-8", "replace")
            case b"(" | b"[" as bracket:
                count = self.count()
                if depth == 0 or count > MAX_NODES:
                    raise BadFrame("nested too deep or too long")
                items = [self.value(depth - 1) for _ in range(count)]
                return tuple(items) if bracket == b"(" else items
            case b"a":
                return self.array()
            case b"g":
                array = self.array()
                if array.ndim:
                    raise BadFrame("a scalar with dimensions")
                return array[()]
        raise BadFrame("unknown tag")

    def count(self) -> int:
        return _COUNT.unpack(self.take(4))[0]

    def array(self) -> np.ndarray:
        code, ndim = self.take(2)
        if code >= len(DTYPES) or ndim > MAX_NDIM:
            raise BadFrame("unknown dtype or too many dimensions")
        dtype = DTYPES[code]
        shape = [_LENGTH.unpack(self.take(8))[0] for _ in range(ndim)]
        size = dtype.itemsize
        for length in shape:
            if length > 1 << 40:  # before the product: an empty array may claim any other length
                raise BadFrame("dimension too long")
            size *= length
        data = np.frombuffer(self.take(size), dtype)
        if (
            dtype.kind == "b"
        ):  # a bool byte other than 0 and 1 would be undefined behaviour in NumPy
            data = data.view(np.uint8) != 0
        try:
            return data.reshape(shape).copy()
        except ValueError as error:  # (2**40, 0, 2**40): empty, yet more than NumPy can index
            raise BadFrame("impossible shape") from error
