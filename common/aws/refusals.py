"""What AWS refuses for its content, and would refuse again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from common.errors import Refused

# Of DynamoDB and SNS. What an operator repairs, such as a missing permission or table, is not here.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
_CODES = frozenset(
    {
        "InvalidParameter",
        "ItemCollectionSizeLimitExceeded",
        "ItemCollectionSizeLimitExceededException",
        "ParameterValueInvalid",
        "SerializationException",
        "ValidationError",
        "ValidationException",
    }
)


@contextmanager
def refusals(client: Any) -> Iterator[None]:
    """Raise Refused if AWS refuses the content of a request, or of an item of a transaction; other errors stay."""
    try:
        yield
    except client.exceptions.ClientError as error:
        reasons = [*error.response.get("CancellationReasons", ()), error.response["Error"]]
        if _CODES.isdisjoint(reason.get("Code") for reason in reasons):
            raise
        raise Refused(str(error)) from error
