"""What stands in front of a cluster's calls: authorization, and the rules of the fault API."""

import asyncio
from collections.abc import Callable
from typing import Any

from local_aws.faults.injection import faults
from local_aws.services.dax import authorization, cbor
from local_aws.services.dax.calls import Call
from local_aws.services.dax.clusters import ClusterKey
from local_aws.services.dax.errors import DaxError

_ERRORS = {"fail": ("InternalServerError", 500), "throttle": ("ThrottlingException", 400)}
_MESSAGES = {"fail": "Injected failure", "throttle": "Rate exceeded (injected)"}


class Guard:
    """Authorization and faults of one cluster; `called` is told about each call that IAM allows."""

    def __init__(self, key: ClusterKey, called: Callable[[], None]) -> None:
        self._key, self._called = key, called

    def authenticate(self, values: list[Any]) -> str:
        """The access key of a connection's authorization; raises DaxError."""
        access_key, signature, string_to_sign, token, _ = values
        if not (
            isinstance(access_key, str) and isinstance(signature, str) and isinstance(string_to_sign, bytes)
        ) or not isinstance(token, str | None):
            raise cbor.Malformed("an authorization without a signature")
        authorization.authenticate(access_key, signature, string_to_sign, token, self._key[1])
        return access_key

    def require(self, access_key: str, call: Call, values: list[Any]) -> None:
        """Require the caller's permissions for a call; raises DaxError."""
        operations, enclosing = call.permissions(values)
        authorization.require(access_key, self._key, operations, enclosing)
        if operations:
            self._called()

    async def fault(self, operation: str) -> str:
        """The fault of a call, after its delay: `hang`, `garbage`, `close`, `drop`, or none; raises DaxError."""
        region = self._key[1]
        if faults.is_down(region):
            return "close"
        for rule in faults.rules_for_endpoint(operation, region):
            await asyncio.sleep(rule.delay_ms / 1000)
            if rule.action in _ERRORS:
                code, status = _ERRORS[rule.action]
                raise DaxError(rule.code or code, rule.message or _MESSAGES[rule.action], rule.status or status)
            if rule.action != "delay":
                return rule.action
        return ""
