"""Runs one query on Athena and waits for its rows, as an operator's task may."""

import time
from collections.abc import Callable, Iterator
from typing import Any

PAUSE_SECONDS = 0.5
_ENDS = ("SUCCEEDED", "FAILED", "CANCELLED")


class Athena:
    """Queries in one workgroup and database."""

    def __init__(
        self,
        client: Callable[[], Any],
        work_group: str,
        database: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._work_group = work_group
        self._database = database
        self._sleep = sleep

    def rows(self, sql: str) -> Iterator[list[str | None]]:
        """Run a SELECT; yields its rows as texts.

        Raises
        ------
        ValueError
            The query failed.
        """
        client = self._client()
        query_id = client.start_query_execution(
            QueryString=sql, WorkGroup=self._work_group, QueryExecutionContext={"Database": self._database}
        )["QueryExecutionId"]
        self._wait(client, query_id)
        pages = client.get_paginator("get_query_results").paginate(QueryExecutionId=query_id)
        rows = (row for page in pages for row in page["ResultSet"]["Rows"])
        # The first row has the columns' names.
        next(rows, None)
        for row in rows:
            yield [value.get("VarCharValue") for value in row["Data"]]

    def _wait(self, client: Any, query_id: str) -> None:
        while True:
            status = client.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]
            if status["State"] == "SUCCEEDED":
                return
            if status["State"] in _ENDS:
                raise ValueError(f"the query {query_id} {status['State']}: {status.get('StateChangeReason', '')}")
            self._sleep(PAUSE_SECONDS)
