"""Alerts on an SNS topic."""

import logging
from collections.abc import Callable
from typing import Any

import msgspec
from chalicelib.pipeline.fleet.alert_items import alert_id
from chalicelib.pipeline.fleet.model import Alert, at

from common.aws.refusals import refusals

_log = logging.getLogger("pipeline.alerts")


class AlertTopic:
    """An AlertPublisher on one topic.

    SNS may deliver a message twice; subscribers know it by `deviceId`, `alert` and `state`. They can filter by the
    attributes `state` and `rule`.
    """

    def __init__(self, client: Callable[[], Any], topic: str) -> None:
        self._client = client
        self._topic = topic

    def publish(self, state: str, alert: Alert) -> None:
        """Publish a JSON document, and log the alert."""
        document = {
            "alert": alert_id(alert),
            "state": state,
            "deviceId": alert.device_id,
            "rule": alert.rule,
            "value": alert.value,
            "limit": alert.limit,
            "raisedAt": at(alert.raised_at),
            "clearedAt": None if alert.cleared_at is None else at(alert.cleared_at),
        }
        client = self._client()
        with refusals(client):
            client.publish(
                TopicArn=self._topic,
                Subject=f"{alert.rule} {state}: {alert.device_id}"[:100],
                Message=msgspec.json.encode(document).decode(),
                MessageAttributes={
                    "state": {"DataType": "String", "StringValue": state},
                    "rule": {"DataType": "String", "StringValue": alert.rule},
                },
            )
        fields = {"device": alert.device_id, "rule": alert.rule, "state": state, "value": alert.value}
        _log.info("alert", extra={**fields, "limit": alert.limit})

    def subscribe(self, email: str) -> None:
        """Let SNS ask the owner of an address whether it may send alerts there."""
        self._client().subscribe(TopicArn=self._topic, Protocol="email", Endpoint=email)
