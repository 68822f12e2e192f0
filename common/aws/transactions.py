"""The reasons for which DynamoDB cancels a transaction."""

from typing import Any

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
