"""CBOR (RFC 8949), as far as DAX uses it.

DAX puts raw bytes behind a value and values into a stream that has no length, so a reader says where a value ends, and
how many bytes are missing.
"""

import struct
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

_INT, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(8)
_BIGNUM, _NEGATIVE_BIGNUM, _DECIMAL = 2, 3, 4
INDEFINITE = 31
_SIMPLE_VALUES = {20: False, 21: True, 22: None, 23: None}
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}
LENGTHS = {24: 1, 25: 2, 26: 4, 27: 8}
_BREAK = object()
# An expression of DynamoDB has up to 300 operators, one in another.
MAX_DEPTH = 400
MAX_BYTES = 32 * 1024 * 1024
# A transaction has up to 4 MB, and an item of it is a string of bytes.
_MAX_NESTED_BYTES = 4 * 1024 * 1024


class Malformed(Exception):
    """The bytes are not what DAX's clients send."""


class Truncated(Exception):
    """At least `missing` more bytes follow."""

    def __init__(self, missing: int) -> None:
        super().__init__(f"{missing} bytes are missing")
        self.missing = missing


@dataclass(frozen=True)
class Tagged:
    """A value with a tag that has no meaning in CBOR itself."""

    tag: int
    value: Any


class Reader:
    """Reads values from bytes, one after another."""

    def __init__(self, data: bytes | bytearray) -> None:
        self._data = data
        self.position = 0

    def value(self) -> Any:
        """Read the next value.

        Raises
        ------
        Truncated
            The bytes end within the value.
        Malformed
            There is no such value.
        """
        value = self._value(0)
        if value is _BREAK:
            raise Malformed("a break outside of an array or a map")
        return value

    def rest(self) -> bytes:
        """All bytes that follow."""
        return self._take(len(self._data) - self.position)

    @property
    def at_end(self) -> bool:
        """Whether nothing follows."""
        return self.position >= len(self._data)

    def _take(self, count: int) -> bytes:
        end = self.position + count
        if count > MAX_BYTES:
            raise Malformed(f"a value of {count} bytes")
        if end > len(self._data):
            raise Truncated(end - len(self._data))
        taken = bytes(self._data[self.position : end])
        self.position = end
        return taken

    def _value(self, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise Malformed("values are nested too deep")
        head = self._take(1)[0]
        major, minor = head >> 5, head & 31
        if major == _SIMPLE:
            return self._simple(minor)
        count = self._count(minor)
        if major <= _NEGATIVE:
            if count is None:
                raise Malformed("a number without a value")
            return count if major == _INT else -1 - count
        if major in (_BYTES, _TEXT):
            return self._string(major, count, depth)
        if major == _ARRAY:
            return list(self._items(count, depth))
        if major == _MAP:
            return self._map(count, depth)
        return self._tagged(count, depth)

    def _simple(self, minor: int) -> Any:
        if minor in _FLOATS:
            return struct.unpack(_FLOATS[minor], self._take(LENGTHS[minor]))[0]
        if minor == INDEFINITE:
            return _BREAK
        if minor not in _SIMPLE_VALUES:
            raise Malformed(f"the simple value {minor}")
        return _SIMPLE_VALUES[minor]

    def _count(self, minor: int) -> int | None:
        """The number in a value's head; None for an indefinite length."""
        if minor < 24:
            return minor
        if minor in LENGTHS:
            return int.from_bytes(self._take(LENGTHS[minor]), "big")
        if minor == INDEFINITE:
            return None
        raise Malformed(f"the length {minor}")

    def _string(self, major: int, count: int | None, depth: int) -> bytes | str:
        if count is None:
            parts = list(self._items(None, depth))
            if any(not isinstance(part, bytes if major == _BYTES else str) for part in parts):
                raise Malformed("a string of other values")
            return (b"" if major == _BYTES else "").join(parts)
        data = self._take(count)
        if major == _BYTES:
            return data
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise Malformed("text that is not UTF-8") from error

    def _items(self, count: int | None, depth: int) -> Any:
        while count is None or count > 0:
            value = self._value(depth + 1)
            if value is _BREAK:
                if count is None:
                    return
                raise Malformed("a break in an array or a map with a length")
            yield value
            count = None if count is None else count - 1

    def _map(self, count: int | None, depth: int) -> dict[Any, Any]:
        flat = list(self._items(None if count is None else 2 * count, depth))
        if len(flat) % 2 or any(not isinstance(key, str | int | bytes) for key in flat[::2]):
            raise Malformed("a map without keys")
        # A client may send a key twice: the later value is the encoded one.
        return dict(zip(flat[::2], flat[1::2], strict=True))

    def _tagged(self, tag: int | None, depth: int) -> Any:
        value = self._value(depth + 1)
        if tag in (_BIGNUM, _NEGATIVE_BIGNUM) and isinstance(value, bytes):
            number = int.from_bytes(value, "big")
            return number if tag == _BIGNUM else -1 - number
        if tag == _DECIMAL:
            return _decimal(value)
        if tag is None or value is _BREAK:
            raise Malformed("a tag without a value")
        return Tagged(tag, value)


class _Nested(Reader):
    """Reads the values in a string of bytes, of which nothing can be missing."""

    def _take(self, count: int) -> bytes:
        try:
            return super()._take(count)
        except Truncated as error:
            raise Malformed("half a value") from error


def nested(data: Any) -> Reader:
    """A reader of the values in a string of bytes, which raises Malformed if one is not complete."""
    if not isinstance(data, bytes):
        raise Malformed("a value in place of bytes with values")
    if len(data) > _MAX_NESTED_BYTES:
        raise Malformed(f"values of {len(data)} bytes in one")
    return _Nested(data)


def _decimal(value: Any) -> Decimal:
    if not isinstance(value, list) or len(value) != 2 or not all(type(part) is int for part in value):
        raise Malformed("a decimal without exponent and digits")
    exponent, digits = value
    if abs(exponent) > 1000 or abs(digits) >= 10**1000:
        raise Malformed("a decimal that is too long")
    return Decimal((int(digits < 0), tuple(map(int, str(abs(digits)))), exponent))


def encode(*values: Any) -> bytes:
    """The values, one after another."""
    encoded = bytearray()
    for value in values:
        _append(encoded, value)
    return bytes(encoded)


def _append(out: bytearray, value: Any) -> None:
    if value is None or isinstance(value, bool):
        out.append({None: 0xF6, False: 0xF4, True: 0xF5}[value])
    elif isinstance(value, int):
        _append_int(out, value)
    elif isinstance(value, str):
        data = value.encode()
        _append_head(out, _TEXT, len(data))
        out += data
    elif isinstance(value, bytes):
        _append_head(out, _BYTES, len(value))
        out += value
    elif isinstance(value, list | tuple):
        _append_head(out, _ARRAY, len(value))
        for item in value:
            _append(out, item)
    else:
        _append_other(out, value)


def _append_other(out: bytearray, value: Any) -> None:
    if isinstance(value, dict):
        _append_head(out, _MAP, len(value))
        for key, item in value.items():
            _append(out, key)
            _append(out, item)
    elif isinstance(value, Tagged):
        _append_head(out, _TAG, value.tag)
        _append(out, value.value)
    elif isinstance(value, Decimal):
        sign, digits, exponent = value.as_tuple()
        number = int("".join(map(str, digits)) or "0")
        _append_head(out, _TAG, _DECIMAL)
        _append(out, [int(exponent), -number if sign else number])
    elif isinstance(value, float):
        out += b"\xfb" + struct.pack(">d", value)
    else:
        raise TypeError(f"{type(value).__name__} is not in CBOR")


def _append_int(out: bytearray, value: int) -> None:
    number = value if value >= 0 else -1 - value
    if number < 2**64:
        _append_head(out, _INT if value >= 0 else _NEGATIVE, number)
    else:
        _append_head(out, _TAG, _BIGNUM if value >= 0 else _NEGATIVE_BIGNUM)
        _append(out, number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _append_head(out: bytearray, major: int, number: int) -> None:
    if number < 24:
        out.append(major << 5 | number)
        return
    minor, length = next((minor, length) for minor, length in LENGTHS.items() if number < 256**length)
    out.append(major << 5 | minor)
    out += number.to_bytes(length, "big")
