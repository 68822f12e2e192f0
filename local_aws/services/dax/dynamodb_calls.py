"""Calls DynamoDB as a cluster's role.

DAX assumes the role, so the role must trust DAX, and it needs the permissions of DynamoDB and DescribeTable.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DAX.access-control.html
"""

import json
import time
import uuid

from ministack import app

from local_aws.services.dax.errors import DaxError, Json
from local_aws.services.iam import service_roles
from local_aws.services.lambda_.execution_roles import SESSION_SECONDS, start_session
from local_aws.state import saver

_SESSION = "dax"
_READS = ("GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems", "DescribeTable")


class RoleDynamoDb:
    """DynamoDB with the permissions of one role in one region."""

    def __init__(self, role_arn: str, region: str) -> None:
        self._role_arn, self._region = role_arn, region
        self._key, self._renew_at = "", 0.0

    async def call(self, operation: str, body: Json) -> Json:
        """Carry out one operation; raises DaxError with DynamoDB's error."""
        if operation not in _READS:
            saver.mark_changed()
        status, _, answer = await app._dispatch_service_request(
            "POST", "/", self._headers(operation), json.dumps(body).encode(), {}, str(uuid.uuid4())
        )
        document: Json = json.loads(answer or b"{}")
        if status != 200:
            raise _failure(document, status)
        return document

    def _headers(self, operation: str) -> dict[str, str]:
        """The headers of a request whose signature has been checked already."""
        now = time.monotonic()
        if now >= self._renew_at:
            try:
                service_roles.require_trust(self._role_arn, "dax.amazonaws.com")
            except service_roles.RoleRefuses as refusal:
                raise DaxError("AccessDeniedException", f"DAX cannot assume the role: {refusal}") from refusal
            self._key = start_session(self._role_arn, _SESSION).access_key
            self._renew_at = now + SESSION_SECONDS / 2
        scope = f"{self._key}/{time.strftime('%Y%m%d', time.gmtime())}/{self._region}/dynamodb/aws4_request"
        return {
            "host": f"dynamodb.{self._region}.amazonaws.com",
            "authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=checked",
            "content-type": "application/x-amz-json-1.0",
            "x-amz-target": f"DynamoDB_20120810.{operation}",
        }


def _failure(document: Json, status: int) -> DaxError:
    code = str(document.get("__type", "InternalServerError")).rpartition("#")[2]
    return DaxError(code, str(document.get("message") or document.get("Message") or code), status, document)
