"""Composition root: the one place where adapters meet the domain, for the operators' tasks."""

import time
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Any

from chalicelib.pipeline.delivery.quarantine_bucket import QuarantineBucket
from chalicelib.pipeline.devices.ports import KeyStore
from chalicelib.pipeline.devices.registry import Registry
from chalicelib.pipeline.devices.things import IotThings
from chalicelib.pipeline.fleet.alert_topic import AlertTopic
from chalicelib.pipeline.reports.window_table import WindowTable
from chalicelib.pipeline.warehouse.data_api import AdminSql
from chalicelib.pipeline.warehouse.load_queues import LoadQueues
from chalicelib.pipeline.warehouse.load_table import LoadTable
from chalicelib.pipeline.warehouse.migrating import Migrating


def now() -> int:
    """Return the time in milliseconds since 1970."""
    return int(time.time() * 1000)


class Operator:
    """What the operators' tasks use."""

    def __init__(self, make_client: Callable[[str], Any], outputs: Mapping[str, str]) -> None:
        self._make_client = make_client
        self._outputs = outputs

    @cached_property
    def alert_topic(self) -> AlertTopic:
        """Where alerts are published."""
        return AlertTopic(partial(self._make_client, "sns"), self._outputs["AlertsTopicArn"])

    @cached_property
    def report_windows(self) -> WindowTable:
        """The windows of the reports."""
        return WindowTable(partial(self._make_client, "dynamodb"), self._outputs["WindowsTableName"])

    @cached_property
    def warehouse(self) -> AdminSql:
        """The warehouse, as its administrator."""
        # The namespace has the name of its workgroup. A template cannot read the secret's ARN.
        name = self._outputs["WarehouseName"]
        namespace = self._make_client("redshift-serverless").get_namespace(namespaceName=name)["namespace"]
        return AdminSql(
            partial(self._make_client, "redshift-data"),
            name,
            self._outputs["WarehouseDatabase"],
            namespace["adminPasswordSecretArn"],
        )

    @cached_property
    def loads(self) -> LoadTable:
        """The newest load of each report."""
        return LoadTable(partial(self._make_client, "dynamodb"), self._outputs["LoadsTableName"], now)

    @cached_property
    def load_queues(self) -> LoadQueues:
        """Loads for later."""
        urls = self._outputs["ManifestsQueueUrl"], self._outputs["LoadEventsQueueUrl"]
        return LoadQueues(partial(self._make_client, "sqs"), *urls)

    @cached_property
    def migrating(self) -> Migrating:
        """The use case that applies the warehouse's migrations."""
        return Migrating(self.warehouse, self.loads, self._outputs["WarehouseNamespaceId"])

    def registry(self, keys: KeyStore) -> Registry:
        """The devices, with the keys on this machine."""
        names = self._outputs["DeviceTypeName"], self._outputs["DevicePolicyName"]
        return Registry(IotThings(partial(self._make_client, "iot"), *names), keys)

    def mqtt_address(self) -> str:
        """Where devices connect: a host, in the embedded AWS with a port."""
        address = self._make_client("iot").describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]
        return str(address)

    @cached_property
    def quarantine(self) -> QuarantineBucket:
        """The records that were not delivered."""
        return QuarantineBucket(partial(self._make_client, "s3"), self._outputs["QuarantineBucketName"])
