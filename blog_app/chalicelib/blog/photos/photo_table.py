"""Photos in DynamoDB, in the posts table: `pk` is `photo#<id>`, and `photos` for the list of all ids.

`data` is the record as JSON. Ids begin with the time, so the list is in the order in which photos were announced.
"""

from collections.abc import Callable, Collection
from typing import Any

import msgspec
from chalicelib.blog.dynamodb_items import get_item, json_attribute, primary_key
from chalicelib.blog.home_region import Transact
from chalicelib.blog.photos.model import Photo, PhotoRecord

from common.aws.batch_get import batch_get_items
from common.errors import Busy
from common.values import Page

PHOTO, PHOTOS = "photo#", "photos"
_decoder = msgspec.json.Decoder(PhotoRecord)


class PhotoTable:
    """A PhotoStore, and the photos that pages show, in one DynamoDB table."""

    def __init__(self, client: Callable[[], Any], table: str, transact: Transact) -> None:
        """Records are written in the home region only: of writes in two regions, the later would replace the other."""
        self._client = client
        self._table = table
        self._transact = transact

    def find(self, photo_id: str) -> PhotoRecord | None:
        """Read one record, consistently."""
        item = get_item(self._client(), self._table, _key(photo_id))
        return None if item is None else decoded(item)

    def page(self, limit: int, after: str | None) -> Page[PhotoRecord]:
        """Query ids, and get their records; one id more than `limit` shows whether there is a next page."""
        start: dict[str, Any] = {"ExclusiveStartKey": primary_key(PHOTOS, after)} if after else {}
        response = self._client().query(
            TableName=self._table,
            ConsistentRead=True,
            ScanIndexForward=False,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": PHOTOS}},
            Limit=limit + 1,
            **start,
        )
        ids = [item["sk"]["S"] for item in response["Items"]]
        records = self._records(ids[:limit])
        next_after = ids[limit - 1] if len(ids) > limit else None
        return Page([records[one] for one in ids[:limit] if one in records], next_after)

    def ready(self, photo_ids: Collection[str]) -> dict[str, Photo]:
        """Get the records of photos."""
        records = self._records(photo_ids)
        return {one: record.photo for one, record in records.items() if record.photo is not None}

    def add(self, record: PhotoRecord) -> None:
        """Put the record and its entry in the list."""
        entry = {"Put": {"TableName": self._table, "Item": primary_key(PHOTOS, record.id)}}
        new = {"Put": {**self._put(record), "ConditionExpression": "attribute_not_exists(pk)"}}
        if not self._transact([new, entry]):
            raise Busy("Another photo has this id.")

    def replace(self, old: PhotoRecord, new: PhotoRecord) -> bool:
        """Put the record on the condition that the old one has not changed."""
        condition = {
            "ConditionExpression": "#data = :data",
            "ExpressionAttributeNames": {"#data": "data"},
            "ExpressionAttributeValues": {":data": json_attribute(old)},
        }
        return self._transact([{"Put": {**self._put(new), **condition}}])

    def delete(self, photo_id: str) -> None:
        """Delete both items."""
        keys = [_key(photo_id), primary_key(PHOTOS, photo_id)]
        self._transact([{"Delete": {"TableName": self._table, "Key": key}} for key in keys])

    def _put(self, record: PhotoRecord) -> dict[str, Any]:
        return {"TableName": self._table, "Item": {**_key(record.id), "data": json_attribute(record)}}

    def _records(self, ids: Collection[str]) -> dict[str, PhotoRecord]:
        items = batch_get_items(self._client(), self._table, [_key(one) for one in sorted(ids)])
        return {record.id: record for record in map(decoded, items)}


def decoded(item: Any) -> PhotoRecord:
    """Read the record in an item or in an image of a stream record."""
    return _decoder.decode(item["data"]["S"])


def _key(photo_id: str) -> dict[str, Any]:
    return primary_key(PHOTO + photo_id, "photo")
