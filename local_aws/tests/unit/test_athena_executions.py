"""Queries that ran when the server stopped have failed after the next start."""

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import athena

from local_aws.services.athena import executions


def record(query_id, state):
    return {"QueryExecutionId": query_id, "WorkGroup": "primary", "Status": {"State": state, "SubmissionDateTime": 1.0}}


def test_a_query_that_the_servers_end_has_ended_can_be_retried(monkeypatch):
    monkeypatch.setattr(athena, "_executions", AccountRegionScopedDict())
    saved = AccountRegionScopedDict()
    for state in ("QUEUED", "RUNNING", "SUCCEEDED", "CANCELLED"):
        saved[state] = record(state, state)
    executions._load_state(athena._restore_state, {"_executions": saved})
    states = {query_id: loaded["Status"]["State"] for query_id, loaded in athena._executions.items()}
    assert states == {"QUEUED": "FAILED", "RUNNING": "FAILED", "SUCCEEDED": "SUCCEEDED", "CANCELLED": "CANCELLED"}
    assert executions.find("RUNNING")["Status"]["AthenaError"]["Retryable"] is True
    assert executions.unfinished() == 0
