"""What a call to DAX has ended with: DynamoDB's own answer, or the lack of one."""

from collections.abc import Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

# DynamoDB has answered, and has not carried out the request.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
_REFUSALS = frozenset(
    {
        "AccessDeniedException",
        "ConditionalCheckFailedException",
        "IdempotentParameterMismatchException",
        "ItemCollectionSizeLimitExceededException",
        "ResourceInUseException",
        "ResourceNotFoundException",
        "TransactionCanceledException",
        "TransactionConflictException",
        "TransactionInProgressException",
        "ValidationException",
    }
)
_THROTTLES = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestLimitExceededException",
        "ThrottlingException",
    }
)


class NoAnswer(Exception):
    """The cluster has not answered; whether a write was carried out is unknown."""


class NotSent(NoAnswer):
    """The request has not reached DynamoDB."""


class Declined(Exception):
    """The request is not carried out, because there are too many or the DAX client does not take it."""


def outcome(error: Exception, operation: str, exceptions: Any) -> Exception:
    """Translate an exception of the DAX client in an operation, `PutItem`.

    Returns one of the classes above, or for an answer of DynamoDB the exception that botocore's client raises:
    `exceptions` are those of that client. The DAX client has no classes of its own for them, and keeps the reasons of
    a cancelled transaction beside its response.
    """
    code = _code(error)
    if code == "NoRouteException" or isinstance(error, ConnectionRefusedError):
        return NotSent(str(error))
    if code in _THROTTLES or _is_invalid(error, operation):
        return Declined(str(error))
    if code not in _REFUSALS or not isinstance(error, ClientError) or not getattr(error, "codes", None):
        return NoAnswer(f"{type(error).__name__}: {error}")
    response: dict[str, Any] = {"Error": {"Message": "", **error.response["Error"]}, "ResponseMetadata": {}}
    response["ResponseMetadata"] |= error.response.get("ResponseMetadata", {})
    if code == "TransactionCanceledException":
        reasons = list(_reasons(getattr(error, "cancellation_reasons", None) or ()))
        if not reasons:
            return NoAnswer("a transaction is cancelled without reasons")
        response["CancellationReasons"] = reasons
    answer: Exception = exceptions.from_code(code)(response, operation)
    return answer


def _code(error: Exception) -> str:
    """Return the code of an error; that of a garbled answer may be anything."""
    code = error.response.get("Error", {}).get("Code") if isinstance(error, ClientError) else ""
    return code if isinstance(code, str) else ""


def _is_invalid(error: Exception, operation: str) -> bool:
    """Whether the client has refused the request by itself. It also refuses answers to transactions so."""
    return type(error).__name__ == "DaxValidationError" and not operation.startswith("Transact")


def _reasons(flat: Sequence[Any]) -> Iterator[dict[str, str]]:
    """Read the reasons of a cancelled transaction: code, message and item of each, one after another."""
    for code, message in zip(flat[::3], flat[1::3], strict=False):
        yield {"Code": code or "None", **({"Message": message} if message else {})}
