"""Which errors of AWS are temporary, and what clients share."""

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ReadTimeoutError

from common.aws import clients
from common.aws.clients import client, is_temporary, raw_dynamodb, shared_session
from common.aws.service_models import ServiceModels


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


@pytest.fixture
def files_read(monkeypatch: pytest.MonkeyPatch):
    """The names of the files of botocore's data that are read from now on, without clients that were made before."""
    names: list[str] = []
    models = ServiceModels()
    load_file = models.file_loader.load_file

    def noted(path: str) -> Any:
        names.append(Path(path).name)
        return load_file(path)

    monkeypatch.setattr(models.file_loader, "load_file", noted)
    monkeypatch.setattr(clients, "_MODELS", models)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    made_once = (client, raw_dynamodb, shared_session)
    for function in made_once:
        function.cache_clear()
    yield names
    for function in made_once:
        function.cache_clear()


def test_what_botocore_reads_for_every_service_is_read_once_for_all_clients(files_read: list[str]):
    made = [client("dynamodb", "us-east-1"), client("secretsmanager", "us-east-1"), raw_dynamodb("us-east-1")]
    assert [each.meta.service_model.service_name for each in made] == ["dynamodb", "secretsmanager", "dynamodb"]
    assert files_read.count("endpoints") == 1
    assert files_read.count("partitions") == 1
