"""Keeps the keys of items sorted: those of a partition of a table or an index, or of a whole table.

A sorted list is made when it is first read. MiniStack changes items by two functions, and both call `_index_item`. If
all items of a table are replaced, or its indexes change, MiniStack forgets the members of the indexes, and the sorted
lists with them. They are never saved.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable
from typing import Any, NamedTuple

from ministack.services import dynamodb

from local_aws.hooks import wraps

Table = dict[str, Any]
Item = dict[str, Any]
# The values by which an item is ordered.
Order = tuple[Any, ...]
# The sorted lists are beside the members of the indexes. No index has this name.
_SORTED = "\0sorted"
_SCAN = "\0scan"


class Entry(NamedTuple):
    """The place of an item, and the keys by which the table has it."""

    order: Order
    partition: Any
    sort: Any


class Source(NamedTuple):
    """A table or an index of it, with its key attributes; `index_name` is None for a table."""

    index_name: str | None
    partition_keys: list[str]
    sort_keys: list[str]


# All items of a table in the order of a Scan.
WHOLE_TABLE = Source(_SCAN, [], [])


def of_table(table: Table) -> Source:
    """The source of a Query without an index."""
    return Source(None, [table["pk_name"]], [table["sk_name"]] if table["sk_name"] else [])


def order_of(table: Table, source: Source, item: Item) -> Order:
    """The values by which a source orders an item, or the key that a page ended with."""
    if source is WHOLE_TABLE:
        return tuple(dynamodb._extract_key_val(item.get(name)) for name in _key_names(table))
    names = dynamodb._index_order_keys(table, source.sort_keys)
    return tuple(dynamodb._index_order_value(item, name, kind) for name, kind in names)


def entries(table: Table, source: Source, partition: Any) -> list[Entry]:
    """Return the sorted entries of a partition. The list changes with the table: do not keep it."""
    kept = dynamodb._index_members(table).setdefault(_SORTED, {})
    found: list[Entry] | None = kept.get((source.index_name, partition))
    if found is None:
        found = sorted(_entry(table, source, *keys) for keys in _members(table, source, partition))
        if found:
            kept[source.index_name, partition] = found
    return found


def item_of(table: Table, entry: Entry) -> Item:
    """The item of an entry."""
    item: Item = table["items"][entry.partition][entry.sort]
    return item


def _key_names(table: Table) -> Iterable[str]:
    return (name for name in (table["pk_name"], table["sk_name"]) if name)


def _members(table: Table, source: Source, partition: Any) -> Iterable[tuple[Any, Any]]:
    if source is WHOLE_TABLE:
        return [(key, sort) for key, items in list(table["items"].items()) for sort in list(items)]
    if source.index_name is None:
        return [(partition, sort) for sort in list(table["items"].get(partition, {}))]
    return list(dynamodb._index_members(table)[source.index_name].get(partition, ()))


def _entry(table: Table, source: Source, partition: Any, sort: Any) -> Entry:
    return Entry(order_of(table, source, table["items"][partition][sort]), partition, sort)


@wraps("ministack.services.dynamodb:_index_item")
def _keep_sorted(index: Any, table: Table, base_pk: Any, base_sk: Any, item: Item, add: bool) -> None:
    index(table, base_pk, base_sk, item, add)
    kept = (table.get(dynamodb._INDEX_MEMBERS) or {}).get(_SORTED)
    if not kept:
        return
    for source, partition in _places(table, base_pk, item):
        found = kept.get((source.index_name, partition))
        if found is None:
            continue
        entry = Entry(order_of(table, source, item), base_pk, base_sk)
        if add:
            insort(found, entry)
        else:
            position = bisect_left(found, entry)
            # MiniStack imports tables in a thread of its own: a list that has missed a change is made anew.
            if found[position : position + 1] != [entry] or len(found) == 1:
                del kept[source.index_name, partition]
            else:
                del found[position]


def _places(table: Table, base_pk: Any, item: Item) -> Iterable[tuple[Source, Any]]:
    """The partitions that have an item."""
    yield of_table(table), base_pk
    yield WHOLE_TABLE, None
    for index, partition_keys, sort_keys in dynamodb._index_key_schemas(table):
        yield Source(index, partition_keys, sort_keys), dynamodb._index_partition(item, partition_keys, sort_keys)
