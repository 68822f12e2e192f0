"""What the warehouse's use cases need from outside."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec
from chalicelib.pipeline.reports.model import Manifest
from chalicelib.pipeline.warehouse.model import Load, LoadRecord, State


class StatementFailed(Exception):
    """SQL failed; the message is the warehouse's."""


class SentStatement(msgspec.Struct, frozen=True):
    """SQL that was sent; `state` is SUBMITTED, PICKED, STARTED, FINISHED, FAILED or ABORTED."""

    id: str
    state: str
    error: str = ""


class Statements(Protocol):
    """Sends SQL to the warehouse, which runs it later."""

    def send(self, sqls: Sequence[str], parameters: Mapping[str, str], *, name: str, token: str) -> str:
        """Send statements that are one transaction; returns an id. The same token sends them once."""

    def find(self, statement_id: str) -> SentStatement | None:
        """Return what has become of them; None after a day."""


class Manifests(Protocol):
    """The manifests of finished runs."""

    def read(self, key: str) -> Manifest:
        """Read one.

        Raises
        ------
        InvalidManifest
            It is not of the manifests' form.
        """


class Loads(Protocol):
    """The newest load of each report."""

    def find(self, load: Load) -> LoadRecord | None:
        """Return the newest load of the same report."""

    def note(self, load: Load, state: State, *, statement_id: str = "", reason: str = "") -> bool:
        """Note a load's state; False, and nothing changes, if a newer load or attempt of the report is known."""

    def parked(self) -> Iterable[LoadRecord]:
        """Return the loads that are parked."""


class LoadQueue(Protocol):
    """Work for later."""

    def load_later(self, load: Load, delay_seconds: int) -> None:
        """Load a report after a delay."""

    def look_later(self, statement_id: str, name: str) -> None:
        """Look after a statement, whose event may be lost."""


class Sql(Protocol):
    """Runs SQL and waits for its end, as the warehouse's administrator."""

    def run(self, sqls: Sequence[str], parameters: Mapping[str, str]) -> None:
        """Run statements in one transaction.

        Raises
        ------
        StatementFailed
        """

    def rows(self, sql: str, parameters: Mapping[str, str]) -> Iterable[Mapping[str, object]]:
        """Run a query; returns its rows by the columns' names.

        Raises
        ------
        StatementFailed
        """


class Migrated(Protocol):
    """Remembers which migrations a warehouse has."""

    def read(self) -> str:
        """Return what was written; empty at first."""

    def write(self, digest: str) -> None:
        """Write a digest of the migrations and of the warehouse."""
