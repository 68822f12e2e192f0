"""Reads the items of a page only.

AWS: a Query finds the first item of its key condition and reads from there, up to `Limit` items or 1 MB
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.html,
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html); so does a Scan of a table.
Lacking here: MiniStack sorts and evaluates all items of the partition, or of the table, for each page.

Here MiniStack reads from a table that has the items of the page only, and does everything else as before: it validates,
filters, counts and answers.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import dynamodb

from local_aws.hooks import put, wraps
from local_aws.services.dynamodb import key_conditions, sorted_keys
from local_aws.services.dynamodb.sorted_keys import Entry, Item, Source, Table

_Answer = tuple[int, dict[str, str], bytes]
_Operation = Callable[[dict[str, Any]], _Answer]
# Reading so many items costs less than finding out whether they are 1 MB.
_FEW = 1000


class Page(Protocol):
    """The page that a request reads."""

    def table(self) -> Table:
        """The table with the items of the page only."""


_reading: ContextVar[Page | None] = ContextVar("page", default=None)


class Tables(AccountRegionScopedDict):  # type: ignore[misc]
    """The tables. While a page is read, `get` returns a table with the items of the page only."""

    __slots__ = ()

    def get(self, key: Any, default: Any = None) -> Any:
        """Return a table."""
        page = _reading.get()
        return super().get(key, default) if page is None else page.table()


put("ministack.services.dynamodb:_tables", Tables(), __name__)


@wraps("ministack.services.dynamodb:_query")
def _query(query: _Operation, data: dict[str, Any]) -> _Answer:
    """Read a page of a partition."""
    table = _table(data)
    source = _source(table, data.get("IndexName")) if table else None
    if table is None or source is None:
        return query(data)
    try:
        condition = key_conditions.sort_condition(data, table, source)
    except key_conditions.UnusualCondition:
        return query(data)
    with _reading_from(_PartitionPage(table, source, data, condition)):
        return query(data)


@wraps("ministack.services.dynamodb:_scan")
def _scan(scan: _Operation, data: dict[str, Any]) -> _Answer:
    """Read a page of a table. Scans of an index or in segments are MiniStack's."""
    table = _table(data)
    if table is None or any(name in data for name in ("IndexName", "Segment", "TotalSegments")):
        return scan(data)
    with _reading_from(_TablePage(table, data)):
        return scan(data)


@wraps("ministack.services.dynamodb:_evaluate_condition")
def _evaluate(
    evaluate: Callable[..., bool],
    expr: str,
    item: Item,
    attr_values: Any,
    attr_names: Any,
    slot: str = "ConditionExpression",
) -> bool:
    """Evaluate a key condition for the first item of a page: all the others fulfil it too."""
    page = _reading.get()
    if slot == "KeyConditionExpression" and isinstance(page, _PartitionPage) and not page.is_start(item):
        if page.is_checked:
            return True
        page.is_checked = True
    return evaluate(expr, item, attr_values, attr_names, slot)


@contextmanager
def _reading_from(page: Page) -> Iterator[None]:
    token = _reading.set(page)
    try:
        yield
    finally:
        _reading.reset(token)


def _table(data: dict[str, Any]) -> Table | None:
    """The table of a request; None if there is none or the request's key to start from is invalid."""
    name = data.get("TableName")
    if not isinstance(name, str) or not isinstance(data.get("ExclusiveStartKey"), dict | None):
        return None
    table: Table | None = dynamodb._tables.get(dynamodb._normalize_table_name(name))
    return table


def _source(table: Table, index_name: str | None) -> Source | None:
    if not index_name:
        return sorted_keys.of_table(table)
    index = dynamodb._index_def(table, index_name)
    is_indexed = index is not None and index_name in dynamodb._index_members(table)
    return Source(index_name, *dynamodb._index_key_lists(index)) if is_indexed else None


@dataclass
class _PartitionPage:
    """The items of a Query's page. MiniStack gets them by the value of the partition key, after all validation."""

    source_table: Table
    source: Source
    data: dict[str, Any]
    condition: key_conditions.Condition | None
    is_checked: bool = False

    def table(self) -> Table:
        """The table with the page in place of its items, or of the members of the index."""
        if self.source.index_name is None:
            return {**self.source_table, "items": self}
        return {**self.source_table, dynamodb._INDEX_MEMBERS: {self.source.index_name: self}}

    def is_start(self, item: Item) -> bool:
        """Whether this is the request's key to start from, which is no item of the page."""
        return item is self.data.get("ExclusiveStartKey")

    def get(self, partition: Any, _default: Any = None) -> Iterable[Any]:
        """The items by sort key; of an index the keys of the items."""
        entries = self._entries(partition)
        if self.source.index_name is not None:
            return [(entry.partition, entry.sort) for entry in entries]
        return {entry.sort: sorted_keys.item_of(self.source_table, entry) for entry in entries}

    def _entries(self, partition: Any) -> list[Entry]:
        table, source, start = self.source_table, self.source, self.data.get("ExclusiveStartKey")
        entries = sorted_keys.entries(table, source, partition)
        first, after = key_conditions.positions(entries, self.condition)
        is_forward = self.data.get("ScanIndexForward", True)
        if start:
            cursor = sorted_keys.order_of(table, source, start)
            if is_forward:
                first = max(first, bisect_right(entries, cursor, key=_order))
            else:
                after = min(after, bisect_left(entries, cursor, key=_order))
        found = range(first, after) if is_forward else range(after - 1, first - 1, -1)
        return _readable(table, source, self.data.get("Limit"), entries, found)


@dataclass
class _TablePage:
    """The items of a Scan's page by partition key and sort key. MiniStack gets them after all validation."""

    source_table: Table
    data: dict[str, Any]
    _items: dict[Any, dict[Any, Item]] = field(default_factory=dict)

    def table(self) -> Table:
        """The table with the page in place of its items."""
        return {**self.source_table, "items": self}

    def keys(self) -> Iterable[Any]:
        """The partition keys of the page's items."""
        table, source, start = self.source_table, sorted_keys.WHOLE_TABLE, self.data.get("ExclusiveStartKey")
        entries = sorted_keys.entries(table, source, None)
        first = bisect_right(entries, sorted_keys.order_of(table, source, start), key=_order) if start else 0
        for entry in _readable(table, source, self.data.get("Limit"), entries, range(first, len(entries))):
            self._items.setdefault(entry.partition, {})[entry.sort] = sorted_keys.item_of(table, entry)
        return self._items.keys()

    def __getitem__(self, partition: Any) -> dict[Any, Item]:
        return self._items[partition]


def _order(entry: Entry) -> sorted_keys.Order:
    return entry.order


def _readable(table: Table, source: Source, limit: Any, entries: Sequence[Entry], found: range) -> list[Entry]:
    """The entries that MiniStack has to read until it finds that the page ends."""
    if limit is not None:
        found = found[: int(limit)]
    if len(found) > _FEW:
        items = (sorted_keys.item_of(table, entries[position]) for position in found)
        index_name = None if source is sorted_keys.WHOLE_TABLE else source.index_name
        page, _ = dynamodb._paginate_evaluated_items(items, None, table, index_name)
        found = found[: len(page) + 1]
    return [entries[position] for position in found]
