"""`reconcile` agrees when nothing is lost, and names what is."""

import json
import time
import uuid

from local_aws.testing import wait_until
from tests.e2e.pipeline.operator import APP, envelope
from tests.e2e.pipeline.schedules import start_reports


def write_ledger(folder, device: str, outcomes: dict[str, str], now: int) -> None:
    folder.mkdir()
    lines = [
        {"device_id": device, "message_id": name, "event_time_ms": now, "acked_at_ms": now, "expect": outcome}
        for name, outcome in outcomes.items()
    ]
    (folder / "1.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_reconcile_agrees_and_names_what_is_missing(stage, operator, warehouse, tmp_path):
    device, now = f"reconciled-{uuid.uuid4().hex[:8]}", int(time.time() * 1000)
    operator.put_records(
        [
            envelope(device, {"id": "m-1", "time": now, "measurements": {"humidity": 40}}),
            envelope(device, {"id": "m-2", "time": now, "measurements": {"humidity": 140}}),
            envelope(device, {"id": "m-3", "time": now}),
        ]
    )
    outcomes = {"m-1": "delivered", "m-2": "quarantined", "m-3": "dropped"}
    write_ledger(tmp_path / "complete", device, outcomes, now)
    write_ledger(tmp_path / "more", device, outcomes | {"m-4": "delivered"}, now)

    def counted() -> list[object]:
        start_reports(stage)
        return list(warehouse.rows("SELECT 1 FROM device_hour WHERE device_id = :device", {"device": device}))

    # Each look costs less than a reconciliation.
    wait_until(counted, "the device is in the warehouse")

    def reconcile(name: str):
        return stage.deploy("task", APP, "reconcile", "--ledger", str(tmp_path / name), "--settle", "0")

    def is_complete(done) -> bool:
        return done.returncode == 0 and f"waiting: {device}" not in done.stdout

    done = wait_until(lambda: reconcile("complete"), "everything is in its place and counted", is_complete)
    assert "3 messages: 0 missing, 0 double" in done.stdout
    missing = reconcile("more")
    assert missing.returncode == 1
    assert "4 messages: 1 missing" in missing.stderr + missing.stdout
    assert f"missing: {device} m-4 is not in the stream and is not in S3" in missing.stderr + missing.stdout
