"""The adapter of the Data API, with a client in memory."""

import pytest
from chalicelib.pipeline.warehouse.data_api import AdminSql
from chalicelib.pipeline.warehouse.ports import StatementFailed


class FakeClient:
    """Answers as the Data API: a statement ends after some descriptions, and its result has two pages."""

    def __init__(self, end: str = "FINISHED") -> None:
        self.states = ["SUBMITTED", "STARTED", end]
        self.sent: dict[str, object] = {}

    def execute_statement(self, **sent):
        self.sent = sent
        return {"Id": "statement"}

    batch_execute_statement = execute_statement

    def describe_statement(self, Id):  # noqa: N803 - AWS's name
        return {"Status": self.states.pop(0), "Error": "ERROR: reason"}

    def get_paginator(self, name):
        assert name == "get_statement_result"
        return self

    def paginate(self, Id):  # noqa: N803 - AWS's name
        columns = [{"name": "device_id"}, {"name": "readings"}]
        yield {"ColumnMetadata": columns, "Records": [[{"stringValue": "d1"}, {"longValue": 3}]]}
        yield {"ColumnMetadata": columns, "Records": [[{"stringValue": "d2"}, {"isNull": True}]]}


def sql(client: FakeClient, pauses: list[float]) -> AdminSql:
    return AdminSql(lambda: client, "pipeline-test", "pipeline", "secret", pauses.append)


def test_the_rows_of_all_pages_are_returned():
    client, pauses = FakeClient(), []
    rows = list(sql(client, pauses).rows("SELECT :a", {"a": "1"}))
    assert rows == [{"device_id": "d1", "readings": 3}, {"device_id": "d2", "readings": None}]
    assert client.sent["Parameters"] == [{"name": "a", "value": "1"}]
    assert client.sent["SecretArn"] == "secret"
    assert pauses == [0.1, 0.2]


def test_a_failed_statement_raises_its_error():
    with pytest.raises(StatementFailed, match="reason"):
        sql(FakeClient("FAILED"), []).run(["SELECT 1"], {})
