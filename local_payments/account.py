"""Everything that the provider knows: its objects as JSON, kept in a file."""

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Json = dict[str, Any]
# How many events and deliveries are kept.
_EVENTS = 500


class NoSuchObject(Exception):
    """There is no object with this id."""


class Account:
    """The objects by id, the events in their order, and which deliveries are due.

    Every use is inside `with account.lock`; `save` writes the file.
    """

    def __init__(self, file: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self.lock = threading.RLock()
        self._file = file
        self._clock = clock
        state: Json = json.loads(file.read_text()) if file and file.exists() else {}
        self.objects: dict[str, Json] = state.get("objects", {})
        self.events: list[Json] = state.get("events", [])
        self.deliveries: list[Json] = state.get("deliveries", [])
        self.answers: dict[str, Json] = state.get("answers", {})
        self.settings: Json = {"period_seconds": None, **state.get("settings", {})}

    def now(self) -> int:
        """The time in seconds since 1970."""
        return int(self._clock())

    def add(self, prefix: str, kind: str, **fields: Any) -> Json:
        """Make an object with a new id."""
        made = {"id": new_id(prefix), "object": kind, "created": self.now(), "livemode": False, **fields}
        self.objects[made["id"]] = made
        return made

    def get(self, object_id: str, kind: str) -> Json:
        """Return an object of a kind.

        Raises
        ------
        NoSuchObject
        """
        found = self.objects.get(object_id)
        if found is None or found["object"] != kind:
            raise NoSuchObject(f"No such {kind}: '{object_id}'")
        return found

    def all(self, kind: str, **fields: Any) -> Iterator[Json]:
        """Return the objects of a kind with these values, the newest first."""
        for found in reversed(self.objects.values()):
            if found["object"] == kind and all(found.get(name) == value for name, value in fields.items()):
                yield found

    def save(self) -> None:
        """Write everything to the file, if there is one."""
        if self._file is None:
            return
        self._forget_old_events()
        names = ("objects", "events", "deliveries", "answers", "settings")
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps({name: getattr(self, name) for name in names}))
        new.replace(self._file)

    def _forget_old_events(self) -> None:
        """Keep the newest events, and all that are still to be delivered."""
        done = [one for one in self.deliveries if one["due"] is None][-_EVENTS:]
        self.deliveries = [*done, *(one for one in self.deliveries if one["due"] is not None)]
        needed = {one["event"] for one in self.deliveries} | {event["id"] for event in self.events[-_EVENTS:]}
        self.events = [event for event in self.events if event["id"] in needed]


def new_id(prefix: str) -> str:
    """Make an id in the form of Stripe's."""
    return f"{prefix}_{secrets.token_hex(12)}"


def listed(objects: list[Json], url: str) -> Json:
    """Make a list of objects: https://docs.stripe.com/api/pagination"""
    return {"object": "list", "data": objects, "has_more": False, "url": url}
