"""Which errors of AWS are temporary."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ReadTimeoutError

from common.aws.clients import client, is_temporary


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
        EndpointConnectionError(endpoint_url="https://dynamodb"),
    ],
    ids=str,
)
def test_a_temporary_error_is_recognised(error: Exception):
    assert is_temporary(error)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "error", [refused("ValidationException"), refused("AccessDeniedException"), NoCredentialsError()], ids=str
)
def test_our_own_mistakes_are_not_temporary(error: Exception):
    assert not is_temporary(error)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("region", "host"), [("us-east-1", "photos.s3.amazonaws.com"), ("us-west-2", "photos.s3.us-west-2.amazonaws.com")]
)
def test_forms_for_s3_are_signed_by_version_4_and_go_to_the_buckets_own_region(monkeypatch, region: str, host: str):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    form = client("s3", region).generate_presigned_post("photos", "a.jpg")
    assert form["url"] == f"https://{host}/"
    assert {"x-amz-algorithm", "x-amz-signature"} <= form["fields"].keys()
