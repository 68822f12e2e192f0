"""Accounts' links in DynamoDB: partition key `owner`, one item for each account, at most 1 KB.

A play costs one read, of all that decides about it, and one conditional write.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from chalicelib.video.catalogue.video_items import video_key, video_of
from chalicelib.video.entitlements.entitlement_items import entitlement_key, entitlement_of
from chalicelib.video.entitlements.model import PREMIUM, of_video
from chalicelib.video.playback.model import HOUR, Plays
from chalicelib.video.playback.ports import PlayState

from common.aws.batch_get import batch_get


class PlayTable:
    """A PlayStore; it reads the tables of videos and entitlements in the same request."""

    def __init__(
        self,
        client: Callable[[], Any],
        table: str,
        *,
        videos_table: str,
        entitlements_table: str,
    ) -> None:
        self._client = client
        self._table = table
        self._videos_table = videos_table
        self._entitlements_table = entitlements_table

    def state(self, owner: str, video_id: str) -> PlayState:
        """Read everything by one BatchGetItem. Entitlements are read consistently: a refund counts at once.

        The account's item need not be: `save` notices an older one.
        """
        entitlements = [entitlement_key(owner, what) for what in (PREMIUM, of_video(video_id))]
        items = batch_get(
            self._client(),
            {
                self._entitlements_table: {"Keys": entitlements, "ConsistentRead": True},
                self._videos_table: {"Keys": [video_key(video_id)]},
                self._table: {"Keys": [_key(owner)]},
            },
        )
        videos, plays = items[self._videos_table], items[self._table]
        return PlayState(
            video=video_of(videos[0]) if videos else None,
            entitlements=[entitlement_of(item) for item in items[self._entitlements_table]],
            plays=_plays_of(plays[0]) if plays else Plays(),
        )

    def save(self, owner: str, plays: Plays) -> Plays | None:
        """Put the item on the condition that its version is the one before."""
        client = self._client()
        try:
            client.put_item(
                TableName=self._table,
                Item=_item(owner, plays),
                ConditionExpression="attribute_not_exists(#owner) OR #version = :before",
                ExpressionAttributeNames={"#owner": "owner", "#version": "version"},
                ExpressionAttributeValues={":before": {"N": str(plays.version - 1)}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except client.exceptions.ConditionalCheckFailedException as error:
            return _plays_of(error.response["Item"])
        return None


def _key(owner: str) -> dict[str, Any]:
    return {"owner": {"S": owner}}


def _item(owner: str, plays: Plays) -> dict[str, Any]:
    # After its last link and its hour an account's item says nothing more.
    expires = max(plays.hour_began + HOUR, *plays.devices.values())
    return {
        **_key(owner),
        "version": {"N": str(plays.version)},
        "data": {"S": msgspec.json.encode(plays).decode()},
        "expiresAt": {"N": str(expires)},
    }


def _plays_of(item: dict[str, Any]) -> Plays:
    return msgspec.json.decode(item["data"]["S"], type=Plays)
