"""What publishing keeps in DynamoDB, in the posts table: `pk` is `publishing#<region>`.

`sk` is `unfinished` for the paths of a run, `request` for a request to render everything, `report` for its report,
`rendered` for the version of what rendered everything last, and `headers` for the headers by kind of object.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from chalicelib.blog.dynamodb_items import get_item, json_attribute, primary_key
from chalicelib.blog.publishing.model import KindHeaders, Report

PUBLISHING, UNFINISHED, REQUEST, REPORT = "publishing#", "unfinished", "request", "report"
RENDERED, HEADERS = "rendered", "headers"


class PublishingTable:
    """PublishingNotes of one region in one DynamoDB table."""

    def __init__(self, client: Callable[[], Any], table: str, region: str) -> None:
        self._client = client
        self._table = table
        self._partition = PUBLISHING + region

    def unfinished(self) -> list[str]:
        """Read what `begin` has written."""
        item = get_item(self._client(), self._table, primary_key(self._partition, UNFINISHED))
        return [path["S"] for path in item["paths"]["L"]] if item else []

    def begin(self, paths: Sequence[str]) -> None:
        """Put the paths."""
        self._put(UNFINISHED, paths={"L": [{"S": path} for path in paths]})

    def finish(self) -> None:
        """Delete the paths."""
        self._client().delete_item(TableName=self._table, Key=primary_key(self._partition, UNFINISHED))

    def report(self, request: str, report: Report) -> None:
        """Put the report of a request."""
        self._put(REPORT, request={"S": request}, data=json_attribute(report))

    def headers(self) -> Mapping[str, KindHeaders]:
        """Read what `note_headers` has written."""
        item = get_item(self._client(), self._table, primary_key(self._partition, HEADERS))
        return msgspec.json.decode(item["data"]["S"], type=dict[str, KindHeaders]) if item else {}

    def note_headers(self, headers: Mapping[str, KindHeaders]) -> None:
        """Put the headers."""
        self._put(HEADERS, data=json_attribute(headers))

    def _put(self, sort_key: str, **attributes: Any) -> None:
        self._client().put_item(TableName=self._table, Item={**primary_key(self._partition, sort_key), **attributes})
