"""Records of links in DynamoDB: partition key `owner`, sort key `link`: the time and the account's version."""

from collections.abc import Callable
from typing import Any

import msgspec
from chalicelib.video.playback.model import PlayRecord

from common.aws.refusals import refusals

KEPT_DAYS = 400
_DAY = 86_400


class RecordTable:
    """A RecordStore in one table, whose items expire."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._client = client
        self._table = table

    def add(self, owner: str, version: int, record: PlayRecord) -> None:
        """Put the record under its own key."""
        item = {
            "owner": {"S": owner},
            "link": {"S": f"{record.issued:012d}#{version:012d}"},
            "data": {"S": msgspec.json.encode(record).decode()},
            "expiresAt": {"N": str(record.issued + KEPT_DAYS * _DAY)},
        }
        client = self._client()
        with refusals(client):
            client.put_item(TableName=self._table, Item=item)
