"""AWS clients for Lambda: botocore without boto3, made once, with short timeouts and kept connections."""

from collections.abc import Callable
from functools import cache
from typing import Any

import botocore.session
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.parsers import JSONParser, ResponseParserFactory

from common.aws.service_models import ServiceModels

_LIMITS: dict[str, Any] = {
    "connect_timeout": 1,
    "read_timeout": 5,
    "retries": {"mode": "standard", "total_max_attempts": 3},
    "tcp_keepalive": True,
    "max_pool_connections": 10,
    # The resources' template decides what is checked; a checksum of every small request costs more than it finds.
    "request_checksum_calculation": "when_required",
    "response_checksum_validation": "when_required",
}


# botocore still signs S3's forms and URLs by version 2, which S3 refuses for buckets created since June 2020, and for
# the global endpoint, which answers for a bucket of another region with a redirect that no form follows.
# https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
_SETTINGS: dict[str, dict[str, Any]] = {
    "s3": {"signature_version": "s3v4", "s3": {"addressing_style": "virtual"}},
}


_MODELS = ServiceModels()


class _RawJsonParser(JSONParser):
    """Returns a successful response as `{"raw": bytes}`; errors are parsed as usual."""

    def _do_parse(self, response: dict[str, Any], shape: Any) -> dict[str, Any]:
        return {"raw": response["body"]}


class _RawJsonParserFactory(ResponseParserFactory):
    def create_parser(self, protocol_name: str) -> Any:
        return _RawJsonParser()


@cache
def client(service: str, region: str) -> Any:
    """Make a client of one service, once."""
    return shared_session().create_client(service, region, config=Config(**_LIMITS, **_SETTINGS.get(service, {})))


@cache
def one_attempt_client(service: str, region: str) -> Any:
    """Make a client that does not retry, for operations that must not run twice when a response is lost."""
    config = Config(**_LIMITS | {"retries": {"total_max_attempts": 1}})
    return shared_session().create_client(service, region, config=config)


@cache
def public_client(service: str, region: str) -> Any:
    """Make a client for operations that take no AWS credentials, such as Cognito's GetId."""
    return shared_session().create_client(service, region, config=Config(signature_version=UNSIGNED, **_LIMITS))


@cache
def raw_dynamodb(region: str) -> Any:
    """Make a DynamoDB client whose responses are `{"raw": bytes}`, to be decoded straight into structs.

    Most of the CPU of reading a page is botocore's parsing of every attribute of every item.
    """
    session = _session()
    session.register_component("response_parser_factory", _RawJsonParserFactory())
    return session.create_client("dynamodb", region, config=Config(**_LIMITS))


@cache
def shared_session() -> botocore.session.Session:
    """Make the session of all clients but `raw_dynamodb`, once: a session takes as long as a third of a client."""
    return _session()


def _session() -> botocore.session.Session:
    session = botocore.session.Session()
    session.register_component("data_loader", _MODELS)
    return session


Fetch = Callable[[], bytes]


def secret(name: str, region: str) -> Fetch:
    """Return a function that fetches a secret's value."""

    def fetch() -> bytes:
        value: str = client("secretsmanager", region).get_secret_value(SecretId=name)["SecretString"]
        return value.encode()

    return fetch


_TEMPORARY = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "ServiceUnavailable",
        "SlowDown",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)


def is_temporary(error: Exception) -> bool:
    """Whether the same request may succeed a moment later."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= 500 or error.response.get("Error", {}).get("Code") in _TEMPORARY
    return isinstance(error, BotoConnectionError | HTTPClientError)
