"""Windows and reports in DynamoDB. The index `open` has the windows that are to be looked at, by that time."""

from collections.abc import Callable, Sequence
from typing import Any

from chalicelib.pipeline.reports.model import Kind, NotedWindow, Report, Window
from chalicelib.pipeline.reports.ports import ReportConflict
from chalicelib.pipeline.reports.report_items import (
    FAILED,
    OBJECT,
    OPEN,
    REPORT,
    WINDOW,
    key,
    noted_of,
    report_item,
    report_key,
    report_of,
)

from common.aws.backoff import attempts
from common.aws.transactions import CONDITION_FAILED, cancellation_reasons
from common.errors import Busy
from common.values import Page

# An event is delivered again for as long as a queue keeps a message, two weeks; the reports' objects are listed longer.
OBJECTS_KEPT_SECONDS = 366 * 86_400
_MORE = "ADD data_version :one SET #open = :open, check_at = :now"


class WindowTable:
    """Windows in one table, and the reports for readers."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._client = client
        self._table = table

    def note(self, windows: Sequence[Window], object_version: str, now_ms: int, written_ms: int) -> bool:
        """Add 1 to the version of each window's data, in one transaction with the object's item."""
        noted = {
            **key(windows[-1], OBJECT + object_version),
            "written_at": {"N": str(written_ms)},
            "expires_at": {"N": str(now_ms // 1000 + OBJECTS_KEPT_SECONDS)},
        }
        put = {"TableName": self._table, "Item": noted, "ConditionExpression": "attribute_not_exists(id)"}
        actions = [{"Put": put}, *[{"Update": self._more(window, now_ms)} for window in windows]]
        client = self._client()
        for _ in attempts():
            try:
                client.transact_write_items(TransactItems=actions)
            except client.exceptions.TransactionCanceledException as error:
                if CONDITION_FAILED in cancellation_reasons(error):
                    return False
            else:
                return True
        raise Busy(object_version)

    def _more(self, window: Window, now_ms: int) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Key": key(window, WINDOW),
            "UpdateExpression": _MORE,
            "ExpressionAttributeNames": {"#open": OPEN},
            "ExpressionAttributeValues": {":one": {"N": "1"}, ":open": {"S": OPEN}, ":now": {"N": str(now_ms)}},
        }

    def remake(self, window: Window, now_ms: int) -> bool:
        """Make a window's reports again from the objects that are there, without the pauses between runs.

        Returns False if no object was ever noted.
        """
        client = self._client()
        try:
            client.update_item(**self._more(window, now_ms), ConditionExpression="attribute_exists(id)")
        except client.exceptions.ConditionalCheckFailedException:
            return False
        for _ in attempts():
            try:
                for report in self.reports(window).values():
                    self.save(report.changed(last_started_at=0, retry_at=0))
            except ReportConflict:
                continue
            return True
        raise Busy(window.id)

    def due(self, now_ms: int, at_most: int) -> list[NotedWindow]:
        """Query the index, which may be behind: `look_again` and `save` compare with the table."""
        response = self._client().query(
            TableName=self._table,
            IndexName=OPEN,
            KeyConditionExpression="#open = :open AND check_at <= :now",
            ExpressionAttributeNames={"#open": OPEN},
            ExpressionAttributeValues={":open": {"S": OPEN}, ":now": {"N": str(now_ms)}},
            Limit=at_most,
        )
        return [noted_of(item) for item in response["Items"]]

    def failed(self, at_most: int) -> list[Report]:
        """Return the reports that have failed last and are not made from their newest data, the latest first."""
        response = self._client().query(
            TableName=self._table,
            IndexName=OPEN,
            KeyConditionExpression="#open = :failed",
            ExpressionAttributeNames={"#open": OPEN},
            ExpressionAttributeValues={":failed": {"S": FAILED}},
            ScanIndexForward=False,
            Limit=at_most,
        )
        reports = [self.get(*report_key(item)) for item in response["Items"]]
        return [report for report in reports if report and report.has_failed]

    def reports(self, window: Window) -> dict[Kind, Report]:
        """Query a window's reports consistently."""
        response = self._client().query(**self._items(window, REPORT), ConsistentRead=True)
        reports = [report_of(item) for item in response["Items"]]
        return {report.kind: report for report in reports}

    def _items(self, window: Window, beginning: str) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "KeyConditionExpression": "id = :id AND begins_with(#item, :item)",
            "ExpressionAttributeNames": {"#item": "item"},
            "ExpressionAttributeValues": {":id": {"S": window.id}, ":item": {"S": beginning}},
        }

    def save(self, report: Report) -> None:
        """Put a report on the condition that the previous revision is there."""
        first = report.revision == 1
        condition = "attribute_not_exists(id)" if first else "revision = :before"
        values = {} if first else {"ExpressionAttributeValues": {":before": {"N": str(report.revision - 1)}}}
        client = self._client()
        try:
            client.put_item(TableName=self._table, Item=report_item(report), ConditionExpression=condition, **values)
        except client.exceptions.ConditionalCheckFailedException as error:
            raise ReportConflict(f"{report.kind} {report.window.start}") from error

    def look_again(self, noted: NotedWindow, at_ms: int | None) -> None:
        """Change the window's time in the index, or take it out, unless its data has changed."""
        values = {":version": {"N": str(noted.data_version)}}
        names = {}
        if at_ms is None:
            change, names = "REMOVE #open, check_at", {"ExpressionAttributeNames": {"#open": OPEN}}
        else:
            change, values[":at"] = "SET check_at = :at", {"N": str(at_ms)}
        client = self._client()
        try:
            client.update_item(
                TableName=self._table,
                Key=key(noted.window, WINDOW),
                UpdateExpression=change,
                ConditionExpression="data_version = :version",
                ExpressionAttributeValues=values,
                **names,
            )
        except client.exceptions.ConditionalCheckFailedException as error:
            raise ReportConflict(noted.window.id) from error

    def page(self, kind: Kind, between: tuple[str, str], limit: int, after: str | None) -> Page[Report]:
        """Query the reports of a kind by their windows, the newest first."""
        if between[0] > between[1]:
            # DynamoDB refuses such a condition.
            return Page([], None)
        start = {}
        if after:
            start = {"ExclusiveStartKey": _index_key(kind, Window(after))}
        response = self._client().query(
            TableName=self._table,
            IndexName="kinds",
            KeyConditionExpression="kind = :kind AND #window BETWEEN :first AND :last",
            ExpressionAttributeNames={"#window": "window"},
            ExpressionAttributeValues={
                ":kind": {"S": kind.value},
                ":first": {"S": between[0]},
                ":last": {"S": between[1]},
            },
            ScanIndexForward=False,
            Limit=limit + 1,
            **start,
        )
        reports = [report_of(item) for item in response["Items"][:limit]]
        return Page(reports, reports[-1].window.start if len(response["Items"]) > limit else None)

    def get(self, kind: Kind, window: Window) -> Report | None:
        """Read one report."""
        item = self._client().get_item(TableName=self._table, Key=key(window, REPORT + kind)).get("Item")
        return report_of(item) if item else None

    def objects(self, window: Window, before_ms: int, at_most: int) -> list[str]:
        """The keys of the noted objects of a window that were written before a time, an overwritten one once.

        Items of an earlier version of the app do not say when their object was written, and count as written before.
        """
        day = Window(window.start[:10])
        hour = f"/event_hour={window.start[11:]}/" if window.grain == "hour" else "/"
        beginning = f"{OBJECT}telemetry/event_date={day.start}{hour}"
        response = self._client().query(**self._items(day, beginning), Limit=at_most)
        items = (item for item in response["Items"] if int(item.get("written_at", {"N": "0"})["N"]) < before_ms)
        versions = [item["item"]["S"].removeprefix(OBJECT) for item in items]
        return list(dict.fromkeys(version.rpartition("#")[0] for version in versions))


def _index_key(kind: Kind, window: Window) -> dict[str, Any]:
    return {**key(window, REPORT + kind), "kind": {"S": kind.value}, "window": {"S": window.start}}
