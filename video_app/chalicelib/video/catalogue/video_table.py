"""Videos in DynamoDB: partition key `id`; the index `listed` has those that are ready."""

from collections.abc import Callable
from typing import Any

from chalicelib.video.catalogue.model import Video
from chalicelib.video.catalogue.video_items import LISTED, LISTED_VALUE, attributes, video_key, video_of

from common.values import Page


class VideoTable:
    """A VideoStore in one table."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._client = client
        self._table = table

    def page(self, limit: int, after: str | None) -> Page[Video]:
        """Query the index; one video more than `limit` shows whether there is a next page."""
        start = {"ExclusiveStartKey": {**video_key(after), LISTED: LISTED_VALUE}} if after else {}
        response = self._client().query(
            TableName=self._table,
            IndexName=LISTED,
            KeyConditionExpression="listed = :listed",
            ExpressionAttributeValues={":listed": LISTED_VALUE},
            ScanIndexForward=False,
            Limit=limit + 1,
            **start,
        )
        videos = [video_of(item) for item in response["Items"][:limit]]
        return Page(videos, videos[-1].id if len(response["Items"]) > limit else None)

    def get(self, video_id: str) -> Video | None:
        """Read one video."""
        item = self._client().get_item(TableName=self._table, Key=video_key(video_id)).get("Item")
        return video_of(item) if item else None

    def put(self, video: Video) -> None:
        """Write a video over what is there."""
        self._client().put_item(TableName=self._table, Item=attributes(video))
