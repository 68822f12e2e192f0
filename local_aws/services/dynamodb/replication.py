"""Queues the changes that replicate from one region of a global table to another.

A region acknowledges its writes and replicates them to the others, in order, after a lag. In each region the later of
two changes of an item remains
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html).
"""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

# AWS: usually within a second.
USUAL_LAG_SECONDS = 0.5
Item = dict[str, Any]


class Link(NamedTuple):
    """One direction between two regions of a table."""

    account: str
    table: str
    source: str
    target: str


@dataclass(frozen=True)
class Change:
    """One write. `item` is the new item, or the deleted one."""

    stamp: int
    at: float
    key: str
    item: Item
    is_deleted: bool


class Replication:
    """The pending changes of all global tables."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.lag_seconds = USUAL_LAG_SECONDS
        self.has_news = threading.Event()
        self._clock = clock
        self._links: dict[Link, deque[Change]] = {}
        # The newest change of each item by account, table and region, as long as an older one may be pending there.
        self._newest: dict[tuple[str, str, str], dict[str, int]] = {}
        self._last_stamp = 0

    def write(self, links: list[Link], key: Item, item: Item, is_deleted: bool) -> None:
        """Queue a write, made now in the links' source, for their targets."""
        self._last_stamp = max(self._last_stamp + 1, int(self._clock() * 1_000_000_000))
        change = Change(self._last_stamp, self._clock(), json.dumps(key, sort_keys=True), item, is_deleted)
        for link in links:
            self._links.setdefault(link, deque()).append(change)
        if links:
            self._note(links[0]._replace(target=links[0].source), change)
        self.has_news.set()

    def take_arrived(self, is_down: Callable[[str], bool]) -> Iterator[tuple[Link, Change]]:
        """Take, in order, the changes whose lag is over and that are newer than the target's; no region may be down."""
        until = self._clock() - self.lag_seconds
        for link, changes in list(self._links.items()):
            if is_down(link.source) or is_down(link.target):
                continue
            while changes and changes[0].at <= until:
                change = changes.popleft()
                if self._newest_at(link).get(change.key, 0) < change.stamp:
                    self._note(link, change)
                    yield link, change
            if not changes:
                del self._links[link]
                self._forget(link)

    def add_region(self, account: str, table: str, source: str, target: str) -> None:
        """Queue for a new replica, a copy of the one in `source`, the changes that are pending for `source`."""
        for link, changes in list(self._links.items()):
            if (link.account, link.table, link.target) == (account, table, source):
                self._links[link._replace(target=target)] = deque(changes)

    def remove_region(self, account: str, table: str, region: str) -> None:
        """Drop the changes that are pending for a removed replica."""
        for link in [
            link for link in self._links if (link.account, link.table, link.target) == (account, table, region)
        ]:
            del self._links[link]
        self._newest.pop((account, table, region), None)

    def pending(self) -> dict[Link, int]:
        """The number of pending changes by link."""
        return {link: len(changes) for link, changes in list(self._links.items()) if changes}

    def seconds_to_next(self) -> float | None:
        """The seconds until the next change may arrive; None when no change is pending."""
        heads = [changes[0].at for changes in list(self._links.values()) if changes]
        return max(0.0, min(heads) + self.lag_seconds - self._clock()) if heads else None

    def state(self) -> dict[str, Any]:
        """The state to save."""
        links = [
            {**link._asdict(), "changes": [asdict(change) for change in self._links[link]]} for link in self._links
        ]
        newest = [[*where, stamps] for where, stamps in self._newest.items()]
        return {"links": links, "newest": newest, "last_stamp": self._last_stamp}

    def restore(self, state: dict[str, Any]) -> None:
        """Load a saved state."""
        for saved in state.get("links", ()):
            link = Link(**{name: saved[name] for name in Link._fields})
            self._links[link] = deque(Change(**change) for change in saved["changes"])
        self._newest = {(account, table, region): stamps for account, table, region, stamps in state.get("newest", ())}
        self._last_stamp = max(self._last_stamp, state.get("last_stamp", 0))
        self.has_news.set()

    def _newest_at(self, link: Link) -> dict[str, int]:
        return self._newest.get((link.account, link.table, link.target), {})

    def _note(self, link: Link, change: Change) -> None:
        if self._is_awaited(link):
            self._newest.setdefault((link.account, link.table, link.target), {})[change.key] = change.stamp

    def _forget(self, link: Link) -> None:
        if not self._is_awaited(link):
            self._newest.pop((link.account, link.table, link.target), None)

    def _is_awaited(self, link: Link) -> bool:
        """Whether any change is pending for the link's target."""
        where = (link.account, link.table, link.target)
        return any((other.account, other.table, other.target) == where for other in self._links)
