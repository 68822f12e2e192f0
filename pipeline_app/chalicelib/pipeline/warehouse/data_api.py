"""SQL by the Redshift Data API.

https://docs.aws.amazon.com/redshift/latest/mgmt/data-api.html
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from chalicelib.pipeline.warehouse.ports import SentStatement, StatementFailed

_ENDED = ("FINISHED", "FAILED", "ABORTED")
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.1, 2.0
Client = Callable[[], Any]


class WarehouseStatements:
    """Statements on one workgroup, as the database user of the caller's IAM role."""

    def __init__(self, client: Client, workgroup: str, database: str) -> None:
        self._client = client
        self._target = {"WorkgroupName": workgroup, "Database": database}

    def send(self, sqls: Sequence[str], parameters: Mapping[str, str], *, name: str, token: str) -> str:
        """Send statements, whose end sends an event."""
        answer = self._client().batch_execute_statement(
            Sqls=list(sqls),
            Parameters=_parameters(parameters),
            StatementName=name,
            ClientToken=token,
            WithEvent=True,
            **self._target,
        )
        return str(answer["Id"])

    def find(self, statement_id: str) -> SentStatement | None:
        """Describe a statement."""
        client = self._client()
        try:
            found = client.describe_statement(Id=statement_id)
        except client.exceptions.ResourceNotFoundException:
            return None
        return SentStatement(statement_id, str(found["Status"]), str(found.get("Error", "")))


class AdminSql:
    """Sql on one workgroup, as the user of a secret."""

    def __init__(
        self,
        client: Client,
        workgroup: str,
        database: str,
        secret_arn: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._target = {"WorkgroupName": workgroup, "Database": database, "SecretArn": secret_arn}
        self._sleep = sleep

    def run(self, sqls: Sequence[str], parameters: Mapping[str, str]) -> None:
        """Run statements as one batch and wait."""
        more = {"Parameters": _parameters(parameters)} if parameters else {}
        self._wait(self._client().batch_execute_statement(Sqls=list(sqls), **more, **self._target)["Id"])

    def rows(self, sql: str, parameters: Mapping[str, str]) -> Iterator[Mapping[str, object]]:
        """Run a query, wait, and read its result page by page."""
        more = {"Parameters": _parameters(parameters)} if parameters else {}
        statement_id = self._client().execute_statement(Sql=sql, **more, **self._target)["Id"]
        self._wait(statement_id)
        for page in self._client().get_paginator("get_statement_result").paginate(Id=statement_id):
            names = [column["name"] for column in page["ColumnMetadata"]]
            for record in page["Records"]:
                yield dict(zip(names, map(_value, record), strict=True))

    def _wait(self, statement_id: str) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while (found := self._client().describe_statement(Id=statement_id))["Status"] not in _ENDED:
            self._sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
        if found["Status"] != "FINISHED":
            raise StatementFailed(found.get("Error") or found["Status"])


def _parameters(values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in values.items()]


def _value(field: Mapping[str, Any]) -> object:
    return None if field.get("isNull") else next(iter(field.values()))
