"""DynamoDB's transactions: the reasons for which it cancels them, and other writes between them."""

from collections.abc import Callable
from typing import Any

from common.aws.backoff import attempts
from common.errors import Busy

CONDITION_FAILED = "ConditionalCheckFailed"
# Other reasons are mistakes in the code: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
EXPECTED_REASONS = {
    *("None", CONDITION_FAILED),
    *("TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"),
}


def cancellation_reasons(error: Any) -> list[str]:
    """Return a TransactionCanceledException's reasons, one for each item; raise it again if one is a mistake."""
    reasons = [reason["Code"] for reason in error.response["CancellationReasons"]]
    if not set(reasons) <= EXPECTED_REASONS:
        raise error
    return reasons


def update_between_transactions(client: Any, sleep: Callable[[float], None], **request: Any) -> None:
    """Call UpdateItem; wait and try again while a transaction holds the item.

    Raises
    ------
    Busy
    """
    for _ in attempts(sleep):
        try:
            client.update_item(**request)
        except client.exceptions.TransactionConflictException:
            continue
        return
    raise Busy("Too many changes at once.")
