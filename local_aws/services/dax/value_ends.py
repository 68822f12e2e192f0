"""Finds where a value of CBOR ends while its bytes arrive, so that each byte is looked at once."""

from local_aws.services.dax.cbor import INDEFINITE, LENGTHS, MAX_BYTES, MAX_DEPTH, Malformed, Truncated

_BYTES, _TEXT, _ARRAY, _MAP, _TAG = range(2, 7)
_BREAK = 0xFF
# Items and expressions are strings of bytes in a call, so a call itself has few values.
_MAX_VALUES = 100_000


class ValueEnd:
    """The end of the first value of bytes that grow."""

    def __init__(self) -> None:
        self.position = 0
        self._values = 0
        # How many values follow in each open array, map and tag; None up to a break.
        self._open: list[int | None] = [1]

    def find(self, data: bytes | bytearray) -> None:
        """Go on to the end of the value.

        Raises
        ------
        Truncated
            The bytes end within the value.
        Malformed
            There is no such value, or it is too large.
        """
        while self._open:
            self._next(data)

    def _next(self, data: bytes | bytearray) -> None:
        _require(data, self.position + 1)
        head = data[self.position]
        major, minor = head >> 5, head & 31
        end = self.position + 1 + LENGTHS.get(minor, 0)
        _require(data, end)
        count = minor if minor < min(LENGTHS) else int.from_bytes(data[self.position + 1 : end], "big")
        if major in (_BYTES, _TEXT) and minor != INDEFINITE:
            end += count
            _require(data, end)
        self.position = end
        self._values += 1
        if self._values > _MAX_VALUES:
            raise Malformed(f"more than {_MAX_VALUES} values in one")
        self._nest(head, None if minor == INDEFINITE else count)

    def _nest(self, head: int, count: int | None) -> None:
        major = head >> 5
        if head == _BREAK:
            if self._open.pop() is not None:
                raise Malformed("a break in an array or a map with a length")
            self._end_value()
            return
        follow = _following(major, count)
        if follow == 0:
            self._end_value()
            return
        if len(self._open) > MAX_DEPTH:
            raise Malformed("values are nested too deep")
        self._open.append(follow)

    def _end_value(self) -> None:
        """Close what ends with a value."""
        while self._open and (left := self._open[-1]) is not None:
            self._open[-1] = left - 1
            if left > 1:
                return
            self._open.pop()


def _following(major: int, count: int | None) -> int | None:
    """How many values belong to one with this head; None up to a break."""
    if major == _TAG:
        return 1
    if count is None:
        return None if major in (_BYTES, _TEXT, _ARRAY, _MAP) else 0
    return {_ARRAY: count, _MAP: 2 * count}.get(major, 0)


def _require(data: bytes | bytearray, end: int) -> None:
    if end > MAX_BYTES:
        raise Malformed(f"a value of {end} bytes")
    if end > len(data):
        raise Truncated(end - len(data))
