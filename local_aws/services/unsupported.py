"""Operations that the embedded AWS does not serve answer AWS's error for an unknown operation.

MiniStack serves some operations in part: it skips limits, events or stream records. Code that uses them would pass here
and fail on AWS, so they are refused in the protocol of their service. Every call of the API and of
another service passes here, after IAM.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import ses, ses_v2

from local_aws.faults.operations import rest_operation
from local_aws.hooks import wraps

_SES_V2_PREFIX = "/v2/email"
_PARTIQL = "PartiQL statements"
_DIRECT_PUT = "Direct PUT"
_ENCRYPTION = "encryption of delivery streams"
_TEMPLATES = "email templates"
_SUPPRESSION_LIST = "the suppression list"
_FAN_OUT = "enhanced fan-out"
# MiniStack module: operation: what is not supported.
REFUSED: Mapping[str, Mapping[str, str]] = {
    "firehose": {
        "PutRecord": _DIRECT_PUT,
        "PutRecordBatch": _DIRECT_PUT,
        "StartDeliveryStreamEncryption": _ENCRYPTION,
        "StopDeliveryStreamEncryption": _ENCRYPTION,
        "UpdateDestination": "changes of delivery streams other than by a template",
    },
    "dynamodb": dict.fromkeys(("ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"), _PARTIQL),
    "kinesis": dict.fromkeys(
        (
            "RegisterStreamConsumer",
            "DeregisterStreamConsumer",
            "DescribeStreamConsumer",
            "ListStreamConsumers",
            "SubscribeToShard",
        ),
        _FAN_OUT,
    ),
    "ses_v2": {
        "SendBulkEmail": _TEMPLATES,
        "CreateEmailTemplate": _TEMPLATES,
        "GetEmailTemplate": _TEMPLATES,
        "ListEmailTemplates": _TEMPLATES,
        "UpdateEmailTemplate": _TEMPLATES,
        "DeleteEmailTemplate": _TEMPLATES,
        "TestRenderEmailTemplate": _TEMPLATES,
        "PutSuppressedDestination": _SUPPRESSION_LIST,
        "GetSuppressedDestination": _SUPPRESSION_LIST,
        "ListSuppressedDestinations": _SUPPRESSION_LIST,
        "DeleteSuppressedDestination": _SUPPRESSION_LIST,
        "PutAccountSuppressionAttributes": _SUPPRESSION_LIST,
        "PutConfigurationSetSuppressionOptions": _SUPPRESSION_LIST,
    },
}
_Handler = Callable[..., Any]


@wraps("ministack.services.dynamodb:handle_request")
async def _refuse_of_dynamodb(handle: _Handler, *arguments: Any) -> Any:
    return _refusal_by_target("dynamodb", *arguments) or await handle(*arguments)


@wraps("ministack.services.kinesis:handle_request")
async def _refuse_of_kinesis(handle: _Handler, *arguments: Any) -> Any:
    return _refusal_by_target("kinesis", *arguments) or await handle(*arguments)


@wraps("ministack.services.firehose:handle_request")
async def _refuse_of_firehose(handle: _Handler, *arguments: Any) -> Any:
    return _refusal_by_target("firehose", *arguments) or await handle(*arguments)


def _refusal_by_target(service: str, method: str, path: str, headers: Any, *rest: Any) -> Any:
    why = _why_refused(service, headers.get("x-amz-target", "").rpartition(".")[2])
    return error_response_json("UnknownOperationException", why, 400) if why else None


@wraps("ministack.services.ses:handle_request")
async def _refuse_ses_v1(handle: _Handler, method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
    """Version 1 as a whole is refused; the module also receives calls of version 2."""
    if path.startswith("/v2/") or "sesv2" in headers.get("x-amz-target", "").lower():
        return await handle(method, path, headers, body, query_params)
    return ses._error("InvalidAction", "Version 1 of the SES API is not supported by the embedded AWS.", 400)


@wraps("ministack.services.ses_v2:handle_request")
async def _refuse_of_ses_v2(
    handle: _Handler, method: str, path: str, headers: Any, body: bytes, query_params: Any
) -> Any:
    full_path = _SES_V2_PREFIX + path.rstrip("/").removeprefix(_SES_V2_PREFIX)
    if why := _why_refused("ses_v2", rest_operation("sesv2", method, full_path, {})):
        return ses_v2._json_err("BadRequestException", why)
    return await handle(method, path, headers, body, query_params)


def _why_refused(service: str, operation: str | None) -> str:
    """The message of the error; empty for an operation that is served."""
    reason = REFUSED[service].get(operation or "")
    return f"{operation} is not supported by the embedded AWS: it does not serve {reason}." if reason else ""
