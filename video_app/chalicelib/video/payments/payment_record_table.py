"""Payment records in DynamoDB: partition key `owner`, sort key `what`, as the entitlements have them."""

from collections.abc import Callable
from typing import Any

import msgspec
from chalicelib.video.entitlements.entitlement_items import attributes, entitlement_key
from chalicelib.video.entitlements.model import Entitlement
from chalicelib.video.payments.ports import StoredRecord
from chalicelib.video.payments.record import PaymentRecord

from common.aws.transactions import cancellation_reasons


class PaymentRecordTable:
    """A RecordReader in one table."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._client = client
        self._table = table

    def get(self, owner: str, what: str) -> StoredRecord:
        """Read one record, consistently."""
        response = self._client().get_item(TableName=self._table, Key=entitlement_key(owner, what), ConsistentRead=True)
        item = response.get("Item")
        if item is None:
            return StoredRecord(PaymentRecord(), 0)
        return StoredRecord(msgspec.json.decode(item["data"]["S"], type=PaymentRecord), int(item["version"]["N"]))


class RecordsAndEntitlements(PaymentRecordTable):
    """A RecordStore in the tables of records and of entitlements."""

    def __init__(self, client: Callable[[], Any], table: str, entitlements_table: str) -> None:
        super().__init__(client, table)
        self._entitlements_table = entitlements_table

    def save(
        self, owner: str, what: str, stored: StoredRecord, record: PaymentRecord, entitlement: Entitlement | None
    ) -> bool:
        """Put both in one transaction, on the condition that the record has still the version that was read."""
        changes = [{"Put": self._put(owner, what, stored, record)}]
        if entitlement:
            changes.append({"Put": {"TableName": self._entitlements_table, "Item": attributes(entitlement)}})
        client = self._client()
        try:
            client.transact_write_items(TransactItems=changes)
        except client.exceptions.TransactionCanceledException as error:
            # Whatever the reason, the record is read again.
            cancellation_reasons(error)
            return False
        return True

    def _put(self, owner: str, what: str, stored: StoredRecord, record: PaymentRecord) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Item": {
                **entitlement_key(owner, what),
                "version": {"N": str(stored.version + 1)},
                "data": {"S": msgspec.json.encode(record).decode()},
            },
            "ConditionExpression": "attribute_not_exists(#owner) OR #version = :before",
            "ExpressionAttributeNames": {"#owner": "owner", "#version": "version"},
            "ExpressionAttributeValues": {":before": {"N": str(stored.version)}},
        }
