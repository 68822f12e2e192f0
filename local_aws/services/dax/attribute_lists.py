"""Attribute lists: an item's attribute names, which a client and a cluster call by one number.

An item has the number of its list and the values, without names. A client keeps the numbers for as long as it lives,
so a number follows from the names, and the lists survive a restart.
"""

import hashlib
import json
from collections.abc import Callable, Sequence

_EMPTY = 1
_NUMBERS = 2**31


class AttributeLists:
    """The attribute lists of one cluster."""

    def __init__(self, names: dict[int, list[str]], changed: Callable[[], None]) -> None:
        self._names = names
        self._changed = changed

    def number_of(self, names: Sequence[str]) -> int:
        """The number of a list of names, which is new or known."""
        if not names:
            return _EMPTY
        number = _number(names)
        while self._names.get(number, list(names)) != list(names):
            number += 1
        if number not in self._names:
            self._names[number] = list(names)
            self._changed()
        return number

    def names_of(self, number: int) -> list[str] | None:
        """The names of a list; None if there is no such list."""
        return [] if number == _EMPTY else self._names.get(number)


def _number(names: Sequence[str]) -> int:
    digest = hashlib.sha256(json.dumps(list(names)).encode()).digest()
    return int.from_bytes(digest[:8], "big") % _NUMBERS + 2
