"""Exceptions of the DAX client become those of DynamoDB's client, or say that there was no answer."""

import socket
from typing import Any

import pytest
from amazondax.CborDecoder import NoMoreData
from amazondax.DaxError import DaxClientError, DaxErrorCode, DaxServiceError, DaxValidationError

from common.aws import clients
from common.aws.dax.answers import Declined, NoAnswer, NotSent, outcome

# The first numbers of DAX's own codes for an error of DynamoDB.
OF_DYNAMODB = (4, 37, 38, 39)


@pytest.fixture
def exceptions(monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    return clients.client("dynamodb", "us-east-1").exceptions


def error(number: int, code: str, reasons: list[Any] | None = None) -> DaxServiceError:
    return DaxServiceError("Operation", "why", [*OF_DYNAMODB, number], "request-1", code, 400, reasons)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (43, "ConditionalCheckFailedException"),
        (41, "ResourceNotFoundException"),
        (48, "ItemCollectionSizeLimitExceededException"),
        # The client does not know these numbers and takes the code that comes beside them.
        (57, "TransactionConflictException"),
        (59, "TransactionInProgressException"),
        (60, "IdempotentParameterMismatchException"),
    ],
)
def test_an_answer_of_dynamodb_is_the_exception_of_its_own_client(exceptions: Any, number: int, code: str):
    translated = outcome(error(number, code), "PutItem", exceptions)
    assert type(translated) is getattr(exceptions, code)
    assert translated.response["Error"] == {"Code": code, "Message": "why"}  # type: ignore[attr-defined]
    assert translated.response["ResponseMetadata"]["HTTPStatusCode"] == 400  # type: ignore[attr-defined]
    assert translated.operation_name == "PutItem"  # type: ignore[attr-defined]


@pytest.mark.parametrize("code", ["ValidationException", "AccessDeniedException"])
def test_a_code_without_a_class_of_its_own_is_a_client_error(exceptions: Any, code: str):
    translated = outcome(error(46, code), "PutItem", exceptions)
    assert isinstance(translated, exceptions.ClientError)


def test_a_cancelled_transaction_has_a_reason_for_each_item(exceptions: Any):
    flat = [None, None, None, "ConditionalCheckFailed", "The conditional request failed", None]
    translated = outcome(error(58, "TransactionCanceledException", flat), "TransactWriteItems", exceptions)
    assert isinstance(translated, exceptions.TransactionCanceledException)
    assert translated.response["CancellationReasons"] == [
        {"Code": "None"},
        {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"},
    ]


def test_a_cancellation_without_reasons_is_no_answer(exceptions: Any):
    translated = outcome(error(58, "TransactionCanceledException"), "TransactWriteItems", exceptions)
    assert type(translated) is NoAnswer


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (50, "ThrottlingException"),
        (40, "ProvisionedThroughputExceededException"),
        (61, "RequestLimitExceeded"),
        (49, "LimitExceededException"),
    ],
)
def test_a_throttled_request_is_not_carried_out(exceptions: Any, number: int, code: str):
    assert type(outcome(error(number, code), "PutItem", exceptions)) is Declined


@pytest.mark.parametrize(
    "raised",
    [
        ConnectionRefusedError(),
        DaxClientError("No cluster endpoints available", DaxErrorCode.NoRoute),
    ],
    ids=repr,
)
def test_without_a_connection_nothing_is_sent(exceptions: Any, raised: Exception):
    assert type(outcome(raised, "PutItem", exceptions)) is NotSent


@pytest.mark.parametrize(
    "raised",
    [
        # Timeouts, lost connections, errors of the cluster itself, and what the client's decoder makes of garbage.
        TimeoutError(),
        socket.gaierror(),
        ConnectionResetError(),
        DaxServiceError.from_no_more_data_exception("PutItem", NoMoreData()),
        error(47, "InternalServerErrorException"),
        DaxServiceError("PutItem", "not ready", [2, 23, 31], None, None, None),
        DaxServiceError("PutItem", "", [4, 37], None, None, None),
        DaxServiceError("PutItem", "", [], None, "ConditionalCheckFailedException", None),
        DaxClientError("Unknown Item type", DaxErrorCode.MalformedResult),
        KeyError(17),
        UnicodeDecodeError("utf8", b"\xff", 0, 1, "invalid start byte"),
    ],
    ids=repr,
)
def test_everything_else_is_no_answer(exceptions: Any, raised: Exception):
    assert type(outcome(raised, "PutItem", exceptions)) is NoAnswer


def test_a_request_that_the_client_refuses_is_not_sent_and_dynamodb_says_why(exceptions: Any):
    raised = DaxValidationError("Missing required parameter")
    assert type(outcome(raised, "PutItem", exceptions)) is Declined
    # In a transaction it may be the answer that the client refuses.
    assert type(outcome(raised, "TransactWriteItems", exceptions)) is NoAnswer
