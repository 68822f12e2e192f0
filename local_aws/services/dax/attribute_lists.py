"""Attribute lists: an item's attribute names, which a client and a cluster call by one number.

An item has the number of its list and the values, without names. A client keeps the numbers for as long as it lives,
so a number follows from the names, and the lists survive a restart. They are never forgotten, so a cluster refuses new
ones when they use too much memory.
"""

import hashlib
import json
from collections.abc import Callable, Sequence

from local_aws.services.dax.errors import DaxError

# Some 20,000 lists of ten names.
MAX_BYTES = 16 * 1024 * 1024
# What a list and a name use beside the characters.
_LIST_BYTES, _NAME_BYTES = 100, 50
_EMPTY = 1
_NUMBERS = 2**31


class AttributeLists:
    """The attribute lists of one cluster."""

    def __init__(self, names: dict[int, list[str]], changed: Callable[[], None], max_bytes: int = MAX_BYTES) -> None:
        self._names = names
        self._changed = changed
        self._free_bytes = max_bytes - sum(map(_size, names.values()))

    def number_of(self, names: Sequence[str]) -> int:
        """The number of a list of names, which is new or known; raises DaxError if there is no memory for a new one."""
        if not names:
            return _EMPTY
        number = _number(names)
        while self._names.get(number, list(names)) != list(names):
            number += 1
        if number not in self._names:
            if _size(names) > self._free_bytes:
                raise DaxError("InternalServerError", "The cluster has too many attribute lists.", 500)
            self._free_bytes -= _size(names)
            self._names[number] = list(names)
            self._changed()
        return number

    def names_of(self, number: int) -> list[str] | None:
        """The names of a list; None if there is no such list."""
        return [] if number == _EMPTY else self._names.get(number)


def _size(names: Sequence[str]) -> int:
    return _LIST_BYTES + sum(_NAME_BYTES + len(name) for name in names)


def _number(names: Sequence[str]) -> int:
    digest = hashlib.sha256(json.dumps(list(names)).encode()).digest()
    return int.from_bytes(digest[:8], "big") % _NUMBERS + 2
