"""Batches: one bad message fails alone."""

import logging

import pytest
from chalice.app import SQSEvent

from common.runtime.batches import handle_each


def test_only_the_message_that_failed_comes_back(caplog: pytest.LogCaptureFixture):
    records = [{"messageId": str(number), "body": str(number), "receiptHandle": ""} for number in range(3)]
    handled = []

    def handle(body: str) -> None:
        handled.append(body)
        if body == "1":
            raise ValueError("poison")

    caplog.set_level(logging.INFO)
    answer = handle_each(SQSEvent({"Records": records}, None), handle, logging.getLogger("test"))
    assert handled == ["0", "1", "2"]
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert "poison" in caplog.text
    assert [(record.message, record.messageId) for record in caplog.records] == [  # type: ignore[attr-defined]
        ("message handled", "0"),
        ("message failed", "1"),
        ("message handled", "2"),
    ]
