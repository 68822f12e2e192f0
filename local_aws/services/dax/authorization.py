"""Who calls a cluster, and what IAM allows the caller.

A connection is authorized by a Signature Version 4 of a request that is never sent: POST https://dax.amazonaws.com with
the headers host and x-amz-date. Each call needs the permission of its own name on the cluster, and each item of a
transaction that of its operation, with the condition key `dax:EnclosingOperation`.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodbacceleratordax.html
"""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from ministack.core import iam_evaluator, sigv4

from local_aws.services.dax import clusters
from local_aws.services.dax.clusters import ClusterKey
from local_aws.services.dax.errors import DaxError
from local_aws.services.iam.decisions import Decisions

_SIGNED_HOST = "dax.amazonaws.com"
_EXPIRED = "ExpiredTokenException"
_VALID = timedelta(minutes=5)
_decisions = Decisions()


def authenticate(access_key: str, signature: str, string_to_sign: bytes, token: str | None, region: str) -> None:
    """Check the signature of a connection; raises DaxError."""
    credential = iam_evaluator.resolve_credential(access_key, session_token=token or "") if access_key else None
    if credential is None or isinstance(credential, iam_evaluator.CredentialResolutionError):
        expired = getattr(credential, "code", "") == _EXPIRED
        raise DaxError(
            _EXPIRED if expired else "UnrecognizedClientException",
            f"The security token included in the request is {'expired' if expired else 'invalid'}.",
        )
    if iam_evaluator.is_root_access_key(access_key):
        return
    signed_at = _date(string_to_sign)
    expected = _string_to_sign(signed_at, region)
    calculated = sigv4.calculate_signature(
        credential.secret_access_key, signed_at[:8], region, "dax", string_to_sign.decode("utf-8", "replace")
    )
    if string_to_sign != expected or not hmac.compare_digest(calculated.encode(), signature.encode()):
        raise DaxError("InvalidSignatureException", sigv4.SIGNATURE_MISMATCH)


def _date(string_to_sign: bytes) -> str:
    """The date of a signature, `20260131T235959Z`; raises DaxError if it is not the current one."""
    date = string_to_sign.decode("utf-8", "replace").split("\n")[1:2]
    try:
        signed_at = datetime.strptime(date[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except (IndexError, ValueError) as error:
        raise DaxError("InvalidSignatureException", "The string to sign has no date.") from error
    if abs(datetime.now(UTC) - signed_at) > _VALID:
        raise DaxError("InvalidSignatureException", f"Signature expired: {date[0]} is not the current time.")
    return date[0]


def _string_to_sign(date: str, region: str) -> bytes:
    payload_hash = hashlib.sha256().hexdigest()
    headers = {"host": _SIGNED_HOST, "x-amz-date": date}
    request = sigv4.build_canonical_request("POST", "/", headers, {}, ";".join(headers), payload_hash=payload_hash)
    return str(sigv4.build_string_to_sign(date, date[:8], region, "dax", request)).encode()


def require(access_key: str, key: ClusterKey, operations: Iterable[str], enclosing: str = "") -> None:
    """Require that the caller may call operations of a cluster; raises DaxError."""
    for operation in sorted(set(operations)):
        action, arn = f"dax:{operation}", clusters.arn_of(key)
        refusals: list[Any] = []

        def evaluate(action: str = action, arn: str = arn, refusals: list[Any] = refusals) -> bool:
            keys = {"dax:EnclosingOperation": enclosing} if enclosing else {}
            refusals.append(iam_evaluator.enforce(access_key, action, "dax", key[1], arn, keys))
            return refusals[-1] is None

        if not _decisions.is_allowed((access_key, action, arn, enclosing), evaluate):
            raise _denied(refusals[0], action, arn)


def _denied(refusal: Any, action: str, arn: str) -> DaxError:
    if isinstance(refusal, iam_evaluator.AuthError):
        code = refusal.code if refusal.code == _EXPIRED else "UnrecognizedClientException"
        return DaxError(code, refusal.message)
    return DaxError(
        "AccessDeniedException",
        f"User: {refusal.principal_arn} is not authorized to perform: {action} on resource: {arn}",
    )
