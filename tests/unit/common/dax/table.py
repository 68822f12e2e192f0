"""A table in memory as DynamoDB's client shows it, and a DAX cluster in front of it that fails as it is told."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from common.aws.dax.answers import NoAnswer
from common.aws.dax.circuit_breaker import CircuitBreaker
from common.aws.dax.client import DaxClient
from common.aws.dax.cluster import Cluster
from common.aws.dax.connection import Connection

OPERATIONS = {
    "get_item": "GetItem",
    "put_item": "PutItem",
    "update_item": "UpdateItem",
    "transact_write_items": "TransactWriteItems",
}


class Cancelled(Exception):
    """TransactionCanceledException."""


class InProgress(Exception):
    """TransactionInProgressException."""


class OtherParameters(Exception):
    """IdempotentParameterMismatchException."""


class Table:
    """Items by their keys. `applied` has the names of the writes that were carried out, in their order."""

    exceptions = SimpleNamespace(
        TransactionCanceledException=Cancelled,
        TransactionInProgressException=InProgress,
        IdempotentParameterMismatchException=OtherParameters,
        from_code=lambda code: Exception,
    )
    meta = SimpleNamespace(method_to_api_mapping=OPERATIONS)

    def __init__(self) -> None:
        self.items: dict[str, int] = {}
        self.applied: list[str] = []
        self.tokens: set[str] = set()

    def get_item(self, **request: Any) -> dict[str, Any]:
        key = request["Key"]
        return {"Item": self.items[key]} if key in self.items else {}

    def put_item(self, **request: Any) -> dict[str, Any]:
        return self._apply(request["Key"], request["Name"])

    update_item = put_item

    def transact_write_items(self, **request: Any) -> dict[str, Any]:
        """Carry out a write unless its token was used, or the item has another value than `If`."""
        token = request["ClientRequestToken"]
        if token in self.tokens:
            return {}
        if self.items.get(request["Key"], 0) != request.get("If", self.items.get(request["Key"], 0)):
            raise Cancelled
        self.tokens.add(token)
        return self._apply(request["Key"], request["Name"])

    def _apply(self, key: str, name: str) -> dict[str, Any]:
        self.items[key] = self.items.get(key, 0) + 1
        self.applied.append(name)
        return {}


class FailingCluster:
    """The DAX client of a table's cluster; `plan` has what happens to the next calls, `ok` without one.

    "refuse": nothing is sent. "before" and "after": the connection is lost before and after the call is carried out.
    "hang": no answer comes. "late": none comes in time, and the call is carried out by `arrive`.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.plan: list[str] = []
        self.late: list[Callable[[], Any]] = []
        self.calls: list[str] = []

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        if operation not in OPERATIONS:
            raise AttributeError(operation)
        return lambda **request: self._call(operation, request)

    def arrive(self) -> None:
        """Carry out the calls that were late."""
        while self.late:
            call = self.late.pop()
            try:
                call()
            except Cancelled:
                continue

    def _call(self, operation: str, request: dict[str, Any]) -> Any:
        self.calls.append(operation)
        fate = self.plan.pop(0) if self.plan else "ok"

        def carry_out() -> Any:
            return getattr(self.table, operation)(**request)

        if fate == "refuse":
            raise ConnectionRefusedError
        if fate == "before":
            raise ConnectionResetError
        if fate == "hang":
            raise NoAnswer("no answer within 2 s")
        if fate == "late":
            self.late.append(carry_out)
            raise TimeoutError
        if fate == "garbage":
            raise KeyError(17)
        answer = carry_out()
        if fate == "after":
            raise ConnectionResetError
        return answer


class Clock:
    """Seconds that a test sets."""

    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class Stage:
    """A store's client on a table behind a cluster; `told` has what the log says, `trials` its further failures."""

    def __init__(self) -> None:
        self.table = Table()
        self.cluster = FailingCluster(self.table)
        self.clock = Clock()
        self.told: list[str] = []
        self.trials: list[str] = []
        self.made = 0
        connection = Connection(
            Cluster(self._connect, lambda function: function()), self._tell, CircuitBreaker(self.clock)
        )
        self.client = DaxClient(direct=self.table, connection=connection, as_direct=lambda response: response)

    def _tell(self, reason: str, is_change: bool) -> None:
        (self.told if is_change else self.trials).append(reason)

    def _connect(self) -> Any:
        self.made += 1
        if self.cluster.plan[:1] == ["unreachable"]:
            self.cluster.plan.pop(0)
            raise TimeoutError
        return self.cluster
