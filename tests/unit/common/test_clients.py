"""Which failures of AWS may pass."""

import pytest
from botocore.exceptions import ClientError, NoCredentialsError, ReadTimeoutError

from common.clients import is_temporary


def refused(code: str, status: int = 400) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Operation")  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    "error",
    [
        # What DynamoDB, SQS, Cognito and Secrets Manager say when they are asked too often.
        refused("ThrottlingException"),
        refused("ProvisionedThroughputExceededException"),
        refused("RequestLimitExceeded"),
        refused("RequestThrottled", 403),
        refused("TooManyRequestsException"),
        refused("LimitExceededException"),
        refused("TransactionConflictException"),
        refused("InternalServerError", 500),
        ReadTimeoutError(endpoint_url="https://dynamodb"),
    ],
    ids=str,
)
def test_what_may_pass_is_a_reason_to_try_again(error: Exception):
    assert is_temporary(error)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "error", [refused("ValidationException"), refused("AccessDeniedException"), NoCredentialsError()], ids=str
)
def test_a_mistake_of_ours_will_not_pass(error: Exception):
    assert not is_temporary(error)  # type: ignore[arg-type]
