"""Why DynamoDB cancelled a transaction."""

from typing import Any

CONDITION_FAILED = "ConditionalCheckFailed"
# Other reasons are mistakes: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
PASSING = {
    *("None", CONDITION_FAILED),
    *("TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"),
}


def cancellation_reasons(error: Any) -> list[str]:
    """Return a TransactionCanceledException's reasons, one per item; raise it again if one is a mistake of ours."""
    reasons = [reason["Code"] for reason in error.response["CancellationReasons"]]
    if not set(reasons) <= PASSING:
        raise error
    return reasons
