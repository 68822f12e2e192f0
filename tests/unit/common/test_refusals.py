"""Which errors of AWS are about the content of a request."""

from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from common.aws.refusals import refusals
from common.errors import Refused

CLIENT = SimpleNamespace(exceptions=SimpleNamespace(ClientError=ClientError))


@pytest.mark.parametrize(
    ("code", "reasons", "raised"),
    [
        ("ValidationException", (), Refused),
        ("InvalidParameter", (), Refused),
        ("TransactionCanceledException", ("None", "ValidationError"), Refused),
        ("TransactionCanceledException", ("ConditionalCheckFailed", "None"), ClientError),
        ("AccessDeniedException", (), ClientError),
        ("ResourceNotFoundException", (), ClientError),
        ("ProvisionedThroughputExceededException", (), ClientError),
    ],
)
def test_what_a_service_would_refuse_again_is_told_from_other_errors(code, reasons, raised):
    response = {"Error": {"Code": code, "Message": "no"}, "CancellationReasons": [{"Code": one} for one in reasons]}
    with pytest.raises(raised), refusals(CLIENT):
        raise ClientError(response, "PutItem")
