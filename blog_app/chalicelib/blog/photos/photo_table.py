"""Photos in DynamoDB, in the posts table: `pk` is `photo#<id>`, and `photos` for the list of all ids.

`data` is the record as JSON. Ids begin with the time, so the list is in its order.
"""

from collections.abc import Callable, Collection
from typing import Any

import msgspec
from chalicelib.blog.errors import Busy
from chalicelib.blog.home_region import Transact
from chalicelib.blog.posts.model import Photo, PhotoRecord
from chalicelib.blog.posts.ports import PhotoPage
from chalicelib.blog.posts.post_table import MANY, PHOTO, PHOTOS, primary_key

_decoder = msgspec.json.Decoder(PhotoRecord)


class PhotoTable:
    """A PhotoStore in one DynamoDB table."""

    def __init__(self, client: Callable[[], Any], table: str, transact: Transact) -> None:
        """Only where home is anything is written: of writes in two regions the later would win, whatever it knew."""
        self._client = client
        self._table = table
        self._transact = transact

    def find(self, photo_id: str) -> PhotoRecord | None:
        """Read one record, consistently."""
        key = primary_key(PHOTO + photo_id, "photo")
        item = self._client().get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return None if item is None else decoded(item)

    def page(self, limit: int, after: str | None) -> PhotoPage:
        """Query ids, one more than `limit` to see whether there is a next page; then get their records."""
        request: dict[str, Any] = {"ExclusiveStartKey": primary_key(PHOTOS, after)} if after else {}
        answer = self._client().query(
            TableName=self._table,
            ConsistentRead=True,
            ScanIndexForward=False,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": PHOTOS}},
            Limit=limit + 1,
            **request,
        )
        ids = [item["sk"]["S"] for item in answer["Items"]]
        records = self._batch(ids[:limit])
        return PhotoPage(
            [records[one] for one in ids[:limit] if one in records], ids[limit - 1] if len(ids) > limit else None
        )

    def ready(self, photo_ids: Collection[str]) -> dict[str, Photo]:
        """Get records, a hundred at a time."""
        ids, found = sorted(photo_ids), {}
        for start in range(0, len(ids), MANY):
            records = self._batch(ids[start : start + MANY])
            found.update({one: record.photo for one, record in records.items() if record.photo is not None})
        return found

    def add(self, record: PhotoRecord) -> None:
        """Put the record and its place in the list."""
        place = {"Put": {"TableName": self._table, "Item": primary_key(PHOTOS, record.id)}}
        new = {"Put": {**self._put(record), "ConditionExpression": "attribute_not_exists(pk)"}}
        if not self._transact([new, place]):
            raise Busy("Another photo has just got this id.")

    def replace(self, old: PhotoRecord, new: PhotoRecord) -> bool:
        """Put the record on the condition that the old one is there unchanged."""
        condition = {
            "ConditionExpression": "#data = :data",
            "ExpressionAttributeNames": {"#data": "data"},
            "ExpressionAttributeValues": {":data": _data(old)},
        }
        return self._transact([{"Put": {**self._put(new), **condition}}])

    def delete(self, photo_id: str) -> None:
        """Delete both items."""
        keys = [primary_key(PHOTO + photo_id, "photo"), primary_key(PHOTOS, photo_id)]
        self._transact([{"Delete": {"TableName": self._table, "Key": key}} for key in keys])

    def _put(self, record: PhotoRecord) -> dict[str, Any]:
        return {"TableName": self._table, "Item": {**primary_key(PHOTO + record.id, "photo"), "data": _data(record)}}

    def _batch(self, ids: list[str]) -> dict[str, PhotoRecord]:
        """At most 100 records: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html."""
        found: dict[str, PhotoRecord] = {}
        wanted: Any = (
            {self._table: {"Keys": [primary_key(PHOTO + one, "photo") for one in ids], "ConsistentRead": True}}
            if ids
            else None
        )
        while wanted:
            answer = self._client().batch_get_item(RequestItems=wanted)
            found.update({one.id: one for one in map(decoded, answer["Responses"].get(self._table, ()))})
            wanted = answer.get("UnprocessedKeys")
        return found


def decoded(item: Any) -> PhotoRecord:
    """Read the record in an item or in a stream's image."""
    return _decoder.decode(item["data"]["S"])


def _data(record: PhotoRecord) -> dict[str, str]:
    return {"S": msgspec.json.encode(record).decode()}
