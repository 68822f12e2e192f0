"""The statements that were sent, with their status, for 24 hours.

https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_DescribeStatement.html
"""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

Json = dict[str, Any]
RETENTION_SECONDS = 24 * 3600
RUNNING = ("SUBMITTED", "PICKED", "STARTED")


@dataclass
class Part:
    """One SQL statement of a call. `result_file` has the rows of a query."""

    sql: str
    status: str = "SUBMITTED"
    error: str = ""
    created_at: float = 0.0
    updated_at: float = 0.0
    duration_ns: int = -1
    row_count: int = -1
    result_bytes: int = -1
    result_file: str = ""


@dataclass
class Statement:
    """One call of ExecuteStatement or BatchExecuteStatement. `owner_id` is the caller's `aws:userid`."""

    id: str
    account: str
    region: str
    owner_id: str
    principal_arn: str
    workgroup: str
    workgroup_arn: str
    namespace_id: str
    database: str
    user: str
    is_superuser: bool
    roles: list[str]
    parts: list[Part]
    is_batch: bool
    created_at: float
    parameters: list[dict[str, str]] = field(default_factory=list)
    name: str = ""
    secret_arn: str = ""
    with_event: bool = False
    client_token: str = ""
    digest: str = ""
    status: str = "SUBMITTED"
    error: str = ""
    updated_at: float = 0.0
    duration_ns: int = -1

    @property
    def scope(self) -> tuple[str, str]:
        """Account and region."""
        return self.account, self.region

    def set_status(self, status: str) -> None:
        """Note a new status."""
        self.status, self.updated_at = status, time.time()


_statements: dict[str, Statement] = {}


def add(statement: Statement) -> None:
    """Keep a new statement, and forget those that are older than the retention."""
    oldest = statement.created_at - RETENTION_SECONDS
    for each in [each for each in _statements.values() if each.created_at < oldest and each.status not in RUNNING]:
        del _statements[each.id]
    _statements[statement.id] = statement


def find(scope: tuple[str, str], statement_id: str) -> Statement | None:
    """A statement of an account and region by its id, unless it is older than the retention."""
    statement = _statements.get(statement_id)
    if statement is None or statement.scope != scope or statement.created_at < time.time() - RETENTION_SECONDS:
        return None
    return statement


def of_scope(scope: tuple[str, str]) -> list[Statement]:
    """All statements of an account and region, the newest first."""
    since = time.time() - RETENTION_SECONDS
    kept = [each for each in _statements.values() if each.scope == scope and each.created_at >= since]
    return sorted(kept, key=lambda statement: -statement.created_at)


def with_token(scope: tuple[str, str], owner_id: str, token: str) -> Statement | None:
    """The statement that the same caller sent with this client token."""
    found = (each for each in of_scope(scope) if each.client_token == token and each.owner_id == owner_id)
    return next(found, None)


def running() -> Iterator[Statement]:
    """The statements that have not ended."""
    return (each for each in list(_statements.values()) if each.status in RUNNING)


def ended() -> Iterator[Statement]:
    """The statements that have ended."""
    return (each for each in list(_statements.values()) if each.status not in RUNNING)


def to_state() -> list[Json]:
    """All statements as JSON."""
    return [asdict(statement) for statement in _statements.values()]


def load(records: list[Json]) -> None:
    """Load saved statements."""
    for record in records:
        parts = [Part(**part) for part in record.pop("parts")]
        _statements[record["id"]] = Statement(**record, parts=parts)


def clear() -> None:
    """Forget all statements."""
    _statements.clear()
