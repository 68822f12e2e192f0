"""Functions that a schedule calls each minute, called at once."""

import json

from tests.e2e.local_stage import LocalStage

# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html
_EVENT = {
    "version": "0",
    "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "000000000000",
    "time": "2026-11-27T17:00:00Z",
    "region": "us-east-1",
    "resources": ["arn:aws:events:us-east-1:000000000000:rule/watch"],
    "detail": {},
}


def start_reports(stage: LocalStage) -> None:
    """Start the reports that are due."""
    _call(stage, "start_reports")


def watch_fleet(stage: LocalStage) -> None:
    """Find silent devices, and count the fleet."""
    _call(stage, "watch_fleet")


def _call(stage: LocalStage, function: str) -> None:
    payload = json.dumps(_EVENT)
    response = stage.client("lambda").invoke(FunctionName=f"pipeline-local-{function}", Payload=payload)
    assert "FunctionError" not in response, response["Payload"].read()
