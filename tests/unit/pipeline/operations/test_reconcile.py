"""A reconciliation with all its sources in memory."""

import base64
import json

import msgspec
from chalicelib.pipeline.reports.model import Kind, NotedWindow, Window
from operations.reconciliation.report_progress import ReportProgress
from operations.reconciliation.sources import Sources, compare
from operations.reconciliation.summary import summary
from operations.telemetry_stream import StreamRecord
from simulator.ledger import Entry

# 2026-11-27T17:00:00Z
NOW = 1_795_798_800_000
HOUR = "2026-11-27T17"


class Quarantined(msgspec.Struct):
    device_id: str
    payload: bytes


class Pipeline:
    """A pipeline that has lost or doubled some messages on its way."""

    def __init__(self, arrived, stored, quarantined, counted):
        self._arrived, self._stored, self._quarantined, self._counted = arrived, stored, quarantined, counted

    def retention_ms(self):
        return 86_400_000

    def arrived(self, since_ms, until_ms):
        for message_id, payload in self._arrived.items():
            data = {
                "payload": base64.b64encode(payload).decode(),
                "device_id": "d",
                "received_at": NOW,
                "source_id": "0" * 36,
            }
            yield StreamRecord("shard", message_id, "d", NOW, json.dumps(data).encode())

    def rows(self, sql, parameters=None):
        if parameters is not None:
            return [{"device_id": "d", "window_start": "2026-11-27 17:00:00", "readings": self._counted}]
        assert "BETWEEN '2026-11-27' AND '2026-11-27'" in sql
        return [["d", message_id, "2026-11-27 17:00:00.250", str(rows)] for message_id, rows in self._stored.items()]

    def is_pending(self, hour):
        return False

    def sources(self):
        quarantine = [Quarantined("d", payload) for payload in self._quarantined]
        return Sources(self, self, quarantine, self, lambda: self)


def reading(message_id):
    return json.dumps({"id": message_id, "time": NOW, "measurements": {"humidity": 40}}).encode()


WRONG = b'{"id": "m-3", "time": "today"}'
ARRIVED = {"m-1": reading("m-1"), "m-2": reading("m-2"), "m-3": WRONG}
LEDGER = [
    Entry("d", "m-1", NOW, NOW, "delivered"),
    Entry("d", "m-2", NOW, NOW, "delivered"),
    Entry("d", "m-3", NOW, NOW, "quarantined"),
]


def test_a_pipeline_that_has_lost_nothing_agrees_with_the_ledger_and_with_the_stream():
    pipeline = Pipeline(ARRIVED, {"m-1": 1, "m-2": 2}, [WRONG], 2)
    for ledger in (LEDGER, []):
        differences = compare(ledger, pipeline.sources(), NOW)
        assert differences.agree
        assert summary(differences) == (
            "3 messages: 0 missing, 0 double, 0 on their way; 1 repeated row in S3\n"
            "1 count in the warehouse, of a device's messages in an hour: "
            "0 too low, 0 too high, 0 waiting for the hour's next report"
        )


def test_what_is_lost_and_double_is_named():
    pipeline = Pipeline({"m-1": reading("m-1")}, {"m-1": 1}, [], 2)
    lines = summary(compare(LEDGER, pipeline.sources(), NOW)).splitlines()
    assert lines == [
        "3 messages: 2 missing, 0 double, 0 on their way; 0 repeated rows in S3",
        "1 count in the warehouse, of a device's messages in an hour: "
        "0 too low, 1 too high, 0 waiting for the hour's next report",
        "missing: d m-2 is not in the stream and is not in S3",
        "missing: d m-3 is not in the stream and is not in the quarantine",
        f"too high: d {HOUR}: 1 message in S3, 2 in the warehouse",
    ]


class Windows:
    """Windows with one report on an hour."""

    def __init__(self, built, waiting=()):
        self._built, self._waiting = built, waiting

    def due(self, now_ms, at_most):
        return [NotedWindow(Window(hour), 1) for hour in self._waiting]

    def reports(self, window):
        return {Kind.DEVICE_HOUR: type("Report", (), {"built_version": self._built})}


def test_an_hour_is_pending_until_its_newest_report_is_loaded():
    loads = [{"window_start": "2026-11-27 17:00:00", "data_version": 3}]
    assert not ReportProgress(Windows(3), loads, NOW).is_pending(HOUR)
    assert ReportProgress(Windows(4), loads, NOW).is_pending(HOUR)
    assert ReportProgress(Windows(3), [], NOW).is_pending(HOUR)
    assert ReportProgress(Windows(3, [HOUR]), loads, NOW).is_pending(HOUR)
