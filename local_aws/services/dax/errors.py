"""Errors, in the form in which DAX sends them.

An error is a sequence of codes, a message, and DynamoDB's request id, code and status. The codes are those from which
the open clients of AWS tell exceptions apart: the first is 4 for an error of the caller and 3 for one of the server.
"""

import uuid
from typing import Any

from local_aws.services.dax.cbor import encode

Json = dict[str, Any]
_DYNAMODB = (4, 37, 38, 39)
_LAST_CODES = {
    "ProvisionedThroughputExceededException": 40,
    "ResourceNotFoundException": 41,
    "ConditionalCheckFailedException": 43,
    "ResourceInUseException": 45,
    "ValidationException": 46,
    "InternalServerError": 47,
    "ItemCollectionSizeLimitExceededException": 48,
    "LimitExceededException": 49,
    "ThrottlingException": 50,
    "TransactionConflictException": 57,
    "TransactionCanceledException": 58,
    "TransactionInProgressException": 59,
    "IdempotentParameterMismatchException": 60,
    "RequestLimitExceeded": 61,
}
_OTHER_CODES = {
    "AccessDeniedException": (4, 37, 38, 42),
    "MissingAuthenticationTokenException": (4, 23, 31, 32),
    "InvalidSignatureException": (4, 23, 31, 33),
    "UnrecognizedClientException": (4, 23, 31, 33),
    "ExpiredTokenException": (4, 23, 31, 33),
    "NotImplementedException": (4, 37, 38, 44),
}
_SERVER_ERROR = (3, 37, 54)


class DaxError(Exception):
    """The answer of a call that failed.

    `document` is DynamoDB's error, if it is one. `reasons` are those of a cancelled transaction for the answer: code,
    message and encoded item of each, one after another.
    """

    def __init__(self, code: str, message: str, status: int = 400, document: Json | None = None) -> None:
        super().__init__(message)
        self.code, self.status, self.document = code, status, document or {}
        self.reasons: list[Any] | None = None

    def encoded(self) -> bytes:
        """The answer."""
        details: list[Any] = [str(uuid.uuid4()), self.code, self.status]
        if self.reasons is not None:
            details.append(self.reasons)
        return encode(list(self._codes()), str(self), details)

    def _codes(self) -> tuple[int, ...]:
        if self.code in _OTHER_CODES:
            return _OTHER_CODES[self.code]
        if self.code in _LAST_CODES:
            return (*_DYNAMODB, _LAST_CODES[self.code])
        return (*_DYNAMODB, _LAST_CODES["ValidationException"]) if self.status < 500 else _SERVER_ERROR


def validation(message: str) -> DaxError:
    """The error of a request that is not valid."""
    return DaxError("ValidationException", message)
