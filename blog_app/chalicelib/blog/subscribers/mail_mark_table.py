"""Marks of mails in DynamoDB, in the subscriber table: `pk` is `subscriber#<id>`, `sk` the name of the mark."""

from collections.abc import Callable
from typing import Any

from chalicelib.blog.dynamodb_items import get_item, primary_key
from chalicelib.blog.home_region import Transact
from chalicelib.blog.subscribers.model import Subscriber
from chalicelib.blog.subscribers.ports import MailInFlight
from chalicelib.blog.subscribers.subscriber_table import SUBSCRIBER

from common.errors import Busy

POST_MARK = "post#"
# A mailing ends after days, in `mailings`. Until then its marks must stay.
POST_MARK_SECONDS = 30 * 24 * 3600


class MailMarkTable:
    """The MailMarks in one DynamoDB table."""

    def __init__(
        self, client: Callable[[], Any], table: str, transact: Transact, is_temporary: Callable[[Exception], bool]
    ) -> None:
        """`is_temporary` tells whether the same request may succeed a moment after an error."""
        self._client = client
        self._table = table
        self._transact = transact
        self._is_temporary = is_temporary

    def claim(self, subscriber: Subscriber, mark: str, now: int, claim_seconds: int) -> str | None:
        """Claim a mail in the home region, unless it is settled or was claimed recently."""
        expiry = {":expiry": {"N": str(now + POST_MARK_SECONDS)}} if mark.startswith(POST_MARK) else {}
        claim = {
            "TableName": self._table,
            "Key": _key(subscriber, mark),
            "UpdateExpression": f"SET claimedAt = :now{', expiresAt = :expiry' if expiry else ''}",
            "ConditionExpression": "attribute_not_exists(outcome)"
            " AND (attribute_not_exists(claimedAt) OR claimedAt < :old)",
            "ExpressionAttributeValues": {
                ":now": {"N": str(now)},
                ":old": {"N": str(now - claim_seconds)},
                **expiry,
            },
        }
        if self._transact([{"Update": claim}]):
            return None
        item = get_item(self._client(), self._table, _key(subscriber, mark))
        if item and "outcome" in item:
            return str(item["outcome"]["S"])
        raise MailInFlight("Another invocation has claimed this mail.")

    def release(self, subscriber: Subscriber, mark: str) -> None:
        """Remove the claim. Like `settle`, this also works if home has moved since: the new home waits for it."""
        self._update(subscriber, mark, "REMOVE claimedAt")

    def settle(self, subscriber: Subscriber, mark: str, outcome: str) -> None:
        """Write the outcome into the mark."""
        self._update(subscriber, mark, "SET outcome = :outcome", {":outcome": {"S": outcome}})

    def _update(self, subscriber: Subscriber, mark: str, expression: str, values: Any = None) -> None:
        arguments = {"ExpressionAttributeValues": values} if values else {}
        try:
            self._client().update_item(
                TableName=self._table, Key=_key(subscriber, mark), UpdateExpression=expression, **arguments
            )
        except Exception as error:
            if self._is_temporary(error):
                raise Busy(repr(error)) from error
            raise


def _key(subscriber: Subscriber, mark: str) -> dict[str, Any]:
    return primary_key(SUBSCRIBER + subscriber.id, mark)
