"""MyDevices' operator: an API with a token, and what can be sent in a device's place."""

import json
from dataclasses import dataclass
from typing import Any

import requests

from tests.e2e.demo_user import DemoUser
from tests.e2e.local_stage import LocalStage

APP = "pipeline_app"


@dataclass
class Operator:
    """The demo operator of a stage."""

    stage: LocalStage

    def __post_init__(self) -> None:
        self.user = DemoUser(self.stage, APP)

    def get(self, path: str) -> Any:
        """Return the JSON at a path of the API; None if it is not there."""
        response = requests.get(f"{self.user.api_url}{path}", headers={"Authorization": self.user.id_token})
        if response.status_code == 404:
            return None
        response.raise_for_status()
        return response.json()

    def put_records(self, records: list[dict[str, Any]]) -> None:
        """Put envelopes into the stream, as the topic rule does."""
        entries = [{"Data": json.dumps(record).encode(), "PartitionKey": record["device_id"]} for record in records]
        kinesis, name = self.stage.client("kinesis"), self.stage.outputs(APP)["TelemetryStreamName"]
        assert kinesis.put_records(StreamName=name, Records=entries)["FailedRecordCount"] == 0
