"""Numbers as bytes that sort as the numbers do: DAX writes a sort key of type N so.

A number is 0.d1d2d3... times ten to a power. The first byte has the sign and the power, or says that the power follows
in four bytes. Three decimal digits make a group of 10 bits, and a last group says how many digits of the group before
it count. The bits of a negative number run the other way.
"""

from decimal import Decimal

from local_aws.services.dax.cbor import Malformed

_ZERO = 0x80
_SHORT = range(-0x3E, 0x3E)
_FIRST_GROUP = 12
# The last group of a positive number, by how many of three digits count.
_ENDS = {1: 0, 2: 1, 3: 2}
_LAST = 1023


def encode(number: Decimal) -> bytes:
    """The bytes of a number."""
    sign, digits, exponent = number.as_tuple()
    if not any(digits):
        return bytes([_ZERO])
    power = len(digits) + int(exponent)
    text = "".join(map(str, digits)).rstrip("0")
    groups = [int(text[start : start + 3].ljust(3, "0")) + _FIRST_GROUP for start in range(0, len(text), 3)]
    groups.append(_ENDS[(len(text) - 1) % 3 + 1])
    if sign:
        groups = [_LAST - group for group in groups]
    bits = 0
    for group in groups:
        bits = bits << 10 | group
    length = (len(groups) * 10 + 7) // 8
    return _head(power, negative=bool(sign)) + (bits << length * 8 - len(groups) * 10).to_bytes(length, "big")


def _head(power: int, *, negative: bool) -> bytes:
    if power in _SHORT:
        return bytes([0x3F - power if negative else power + 0xC0])
    first = (0x7E if power < 0 else 0x01) if negative else (0x81 if power < 0 else 0xFE)
    return bytes([first]) + ((power & 0xFFFFFFFF) ^ (0x7FFFFFFF if negative else 0x80000000)).to_bytes(4, "big")


def decode(data: bytes) -> Decimal:
    """The number of these bytes; raises Malformed if there is none."""
    if not data:
        raise Malformed("a sort key without a number")
    if data[0] in (_ZERO, 0x7F):
        return Decimal(0)
    negative = data[0] < _ZERO
    power, start = _power(data, negative=negative)
    digits = _digits(data[start:], negative=negative)
    return Decimal((int(negative), tuple(map(int, digits)), power - len(digits)))


def _power(data: bytes, *, negative: bool) -> tuple[int, int]:
    if data[0] not in (0x01, 0x7E, 0x81, 0xFE):
        return (0x3F - data[0] if negative else data[0] - 0xC0), 1
    power = int.from_bytes(data[1:5], "big") ^ (0x7FFFFFFF if negative else 0x80000000)
    return (power - 2**32 if power >= 2**31 else power), 5


def _digits(data: bytes, *, negative: bool) -> str:
    bits, length = int.from_bytes(data, "big"), len(data) * 8
    digits = ""
    for index in range(length // 10):
        group = bits >> (length - 10 * (index + 1)) & _LAST
        group = _LAST - group if negative else group
        if group in _ENDS.values():
            return digits[: len(digits) - 2 + group]
        if not 0 <= group - _FIRST_GROUP < 1000:
            break
        digits += f"{group - _FIRST_GROUP:03}"
    raise Malformed("a sort key with half a number")
