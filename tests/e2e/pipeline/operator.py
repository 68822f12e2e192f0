"""MyDevices' operator: an API with a token, tasks, and what can be sent in a device's place."""

import base64
import json
import time
import uuid
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


def envelope(device_id: str, message: dict[str, Any] | bytes) -> dict[str, Any]:
    """A record of the stream, as the topic rule writes it."""
    payload = message if isinstance(message, bytes) else json.dumps(message).encode()
    return {
        "payload": base64.b64encode(payload).decode(),
        "device_id": device_id,
        "received_at": int(time.time() * 1000),
        "source_id": str(uuid.uuid4()),
    }


def task(stage: LocalStage, *arguments: str) -> str:
    """What a task of operators prints; it must not fail."""
    done = stage.deploy("task", APP, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def simulate(stage: LocalStage, name: str, **options: Any) -> str:
    """Let devices send messages, until all of them are acknowledged."""
    arguments = [part for option, value in options.items() for part in (f"--{option}", str(value))]
    return task(stage, "simulate", "--name", name, *arguments)
