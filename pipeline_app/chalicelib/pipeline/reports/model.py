"""Windows of time, the reports on them, and the runs that make a report."""

import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from common.values import DATE

WindowStart = Annotated[
    str,
    Meta(
        pattern=rf"{DATE}(T([01][0-9]|2[0-3]))?(?!\n)$",
        examples=["2026-11-27T17"],
        description="The start of an hour, `2026-11-27T17`, or a day, `2026-11-27`, in UTC.",
    ),
]
_HOUR = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}")
_FORMATS = {"hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d"}
_LENGTHS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}


class InvalidWindow(Exception):
    """The text is neither an hour, `2026-11-27T17`, nor a day, `2026-11-27`."""


class Kind(StrEnum):
    """What a report is about, and the length of its windows."""

    DEVICE_HOUR = "device_hour"
    FLEET_HOUR = "fleet_hour"
    DEVICE_DAY = "device_day"
    FLEET_DAY = "fleet_day"

    @property
    def grain(self) -> str:
        """The length of its windows, `hour` or `day`."""
        return self.value.rpartition("_")[2]


ReportKind = Annotated[
    Literal["device_hour", "fleet_hour", "device_day", "fleet_day"],
    Meta(examples=["device_hour"], description="What a row is of, and the length of the windows."),
]


class Window(msgspec.Struct, frozen=True, order=True):
    """An hour or a day of the devices' own time, in UTC; `start` is `2026-11-27T17` or `2026-11-27`."""

    start: str

    @classmethod
    def of(cls, text: str) -> "Window":
        """Read a window; raises InvalidWindow."""
        window = cls(text)
        try:
            is_canonical = window.starts.strftime(_FORMATS[window.grain]) == text
        except ValueError as error:
            raise InvalidWindow(text) from error
        if not is_canonical:
            raise InvalidWindow(text)
        return window

    @property
    def grain(self) -> str:
        """`hour` or `day`."""
        return "hour" if _HOUR.fullmatch(self.start) else "day"

    @property
    def id(self) -> str:
        """The window's name among all windows: `hour#2026-11-27T17`."""
        return f"{self.grain}#{self.start}"

    @property
    def starts(self) -> datetime:
        """When it starts."""
        return datetime.strptime(self.start, _FORMATS[self.grain]).replace(tzinfo=UTC)

    @property
    def starts_ms(self) -> int:
        """When it starts, in milliseconds since 1970."""
        return int(self.starts.timestamp() * 1000)

    @property
    def ends_ms(self) -> int:
        """When it ends, in milliseconds since 1970."""
        return int((self.starts + _LENGTHS[self.grain]).timestamp() * 1000)

    @property
    def kinds(self) -> list[Kind]:
        """The reports on it."""
        return [kind for kind in Kind if kind.grain == self.grain]


class NotedWindow(msgspec.Struct, frozen=True):
    """A window that has objects; `data_version` counts those that were noted, overwritten ones again."""

    window: Window
    data_version: int


class Run(msgspec.Struct, frozen=True):
    """One attempt to make a report: an UNLOAD to Parquet, then a SELECT whose result is the CSV file."""

    id: str
    data_version: int
    sql_version: str
    started_at: int
    complete: bool
    unload_query: str | None = None
    csv_query: str | None = None


class Report(msgspec.Struct, frozen=True):
    """The report of one kind on one window. Each change increments `revision`; times are milliseconds since 1970."""

    kind: Kind
    window: Window
    revision: int = 0
    run: Run | None = None
    last_started_at: int = 0
    # Failed runs in a row on the same data, and when the next one may start.
    attempts: int = 0
    retry_at: int = 0
    # The data that runs have failed on for good, and why.
    parked_version: int = 0
    reason: str = ""
    # The run that the report shows, and its data.
    built_version: int = 0
    built_run: str | None = None
    built_at: int = 0

    @property
    def state(self) -> str:
        """`waiting`, `running`, `built` or `parked`."""
        if self.run:
            return "running"
        if self.parked_version > self.built_version:
            return "parked"
        return "built" if self.built_run else "waiting"

    @property
    def has_failed(self) -> bool:
        """Whether its newest data are not in it because runs have failed on them."""
        return self.attempts > 0 or self.parked_version > self.built_version

    @property
    def log_fields(self) -> dict[str, str]:
        """What a line of the log says about it."""
        reason = {"reason": self.reason} if self.has_failed else {}
        return {"kind": self.kind, "window": self.window.start, "state": self.state, **reason}

    def changed(self, **fields: Any) -> "Report":
        """The report with other values, and the next revision."""
        return replace(self, revision=self.revision + 1, **fields)


class ManifestObject(msgspec.Struct, frozen=True):
    """An object of a result."""

    key: str
    bytes: int


class QueryIds(msgspec.Struct, frozen=True):
    """The queries of a run."""

    unload: str
    csv: str


class Manifest(msgspec.Struct, frozen=True):
    """What a finished run has written; the warehouse loads what it names."""

    kind: Kind
    window: str
    run_id: str
    data_version: int
    sql_version: str
    # Whether the run started after the window's end and the time for late messages.
    complete: bool
    rows: int
    bytes_scanned: int
    input_objects: int
    query_execution_ids: QueryIds
    parquet: list[ManifestObject]
    csv: ManifestObject
    finished_at: str
    # The SELECT whose rows these are.
    sql: str
    # When the run started; manifests of an earlier version of the app do not say it.
    started_at: str | None = None

    @property
    def read_before_ms(self) -> int:
        """The run has read the objects that were written before, in milliseconds since 1970."""
        return round(datetime.fromisoformat(self.started_at or self.finished_at).timestamp() * 1000)

    @property
    def key(self) -> str:
        """The manifest's own key."""
        return manifest_key(self.kind, Window(self.window), self.run_id)


def manifest_key(kind: Kind, window: Window, run_id: str) -> str:
    """The key of a run's manifest in the reports bucket."""
    return f"manifests/{kind}/{window.start}/{run_id}.json"


def run_prefix(kind: Kind, window: Window, run_id: str) -> str:
    """The prefix of a run's Parquet objects."""
    return f"reports/{kind}/window_id={window.start}/run_id={run_id}/"
