"""Saves the items of tables in parts, of which a save writes only those that have changed.

A large table would otherwise be written in whole after each change of an item. A table has up to 256 parts; the key of
an item decides in which part it is. MiniStack changes items by two functions, and both call `_index_item` with the
key. If it replaces all items of a table at once, all parts are written.
"""

import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from ministack.core import persistence as ministack_persistence
from ministack.services import dynamodb

from local_aws.hooks import prepares, wraps
from local_aws.settings import Settings
from local_aws.state import persistence

_MAX_PARTS = 256
_ITEMS_PER_PART = 500
# Account, region and name of a table.
_Table = tuple[str, str, str]
_Items = dict[str, dict[str, Any]]


class TrackedItems(defaultdict[str, dict[str, Any]]):
    """The items of a table by partition and sort key, with the parts that have changed since the last good save."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        # 0 if all parts have to be written.
        self.parts = 0
        self.changed: set[int] = set()
        self.saving: set[int] = set()


@wraps("ministack.services.dynamodb:_index_item")
def _note_change(index: Any, table: dict[str, Any], pk_val: Any, sk_val: Any, *arguments: Any, **options: Any) -> Any:
    items = table["items"]
    if isinstance(items, TrackedItems) and items.parts:
        items.changed.add(_part(pk_val, sk_val, items.parts))
    return index(table, pk_val, sk_val, *arguments, **options)


def _part(partition: Any, sort: Any, parts: int) -> int:
    return zlib.crc32(f"{partition}\0{sort}".encode(errors="surrogatepass")) & (parts - 1) if parts > 1 else 0


def suitable_parts(items: int) -> int:
    """The number of parts, a power of two, for a number of items."""
    return min(_MAX_PARTS, 1 << (items // _ITEMS_PER_PART).bit_length())


class _Parts:
    """How `local_aws.state.persistence` saves and loads DynamoDB's items."""

    def before_fork(self) -> None:
        for _, _, table in _tables():
            items = table["items"]
            if not isinstance(items, TrackedItems):
                items = table["items"] = TrackedItems(dict, items)
            parts = suitable_parts(int(table.get("ItemCount", 0)))
            # A table that shrinks keeps its parts, so that it does not change to and fro.
            if not items.parts or parts > items.parts:
                items.parts, items.changed = parts, set(range(parts))
            items.saving, items.changed = items.changed, set()

    def after_save(self, is_good: bool) -> None:
        for _, _, table in _tables():
            items = table["items"]
            if isinstance(items, TrackedItems):
                items.saving = set()
                if not is_good:
                    items.parts = 0

    def split(self, state: dict[str, Any]) -> Iterator[tuple[str, bytes | None]]:
        """Take the items out of the state, in the copy of the server that saves; yields names and changed contents."""
        for key, table in state["tables"]._data.items():
            yield from _files(key, table.pop("items"))

    def join(self, state: dict[str, Any], parts: Iterable[bytes]) -> None:
        """Put the items of all parts into the state."""
        tables = state["tables"]._data
        for table in tables.values():
            # A state that an older version saved has its items in it.
            table.setdefault("items", {})
        for content in parts:
            part = json.loads(content, object_hook=ministack_persistence._json_object_hook)
            items = tables[tuple(part["table"])]["items"]
            for partition, by_sort in part["items"].items():
                items.setdefault(partition, {}).update(by_sort)


def _tables() -> list[tuple[str, str, dict[str, Any]]]:
    return [(key[0], key[1], table) for key, table in list(dynamodb._tables._data.items())]


def _files(table: _Table, items: TrackedItems) -> Iterator[tuple[str, bytes | None]]:
    contents: dict[int, _Items] = {part: {} for part in items.saving}
    if contents:
        for partition, by_sort in items.items():
            for sort, item in by_sort.items():
                content = contents.get(_part(partition, sort, items.parts))
                if content is not None:
                    content.setdefault(partition, {})[sort] = item
    identity = f"{zlib.crc32(repr(table).encode()):08x}"
    for part in range(items.parts):
        name = f"{persistence.part_prefix('dynamodb')}{identity}-{items.parts}-{part}.json"
        yield name, _document(table, contents[part]) if part in contents else None


def _document(table: _Table, items: _Items) -> bytes:
    return json.dumps({"table": table, "items": items}, default=ministack_persistence._json_default).encode()


@prepares
def _prepare(_settings: Settings) -> None:
    persistence.save_in_parts("dynamodb", _Parts())
