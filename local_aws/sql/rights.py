"""Whose IAM permissions a query uses when it reads and writes."""

import contextvars
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ministack.core.iam_evaluator import enforce
from ministack.core.responses import get_region
from ministack.core.router import extract_access_key_id

from local_aws.services.lambda_ import execution_roles

_NONE: Mapping[str, str] = {}


class Rights(Protocol):
    """The permissions of one principal."""

    def allow(self, action: str, resource: str, condition_keys: Mapping[str, str] = _NONE) -> bool:
        """Whether an action, as `s3:GetObject`, is allowed on the resource with this ARN."""


@dataclass(frozen=True)
class RoleRights:
    """The permissions of a role that a service assumes, as Redshift does for COPY with IAM_ROLE."""

    role_arn: str

    def allow(self, action: str, resource: str, condition_keys: Mapping[str, str] = _NONE) -> bool:
        """Whether the role's policies allow an action. Condition keys are not evaluated."""
        return execution_roles.allows(self.role_arn, action, resource)


@dataclass(frozen=True)
class CallerRights:
    """The permissions of the caller of the request in which this is created."""

    access_key: str
    _context: contextvars.Context = field(default_factory=contextvars.copy_context, compare=False)

    @classmethod
    def of(cls, headers: dict[str, str], query_params: dict[str, Any]) -> "CallerRights":
        """The caller of the current request."""
        return cls(extract_access_key_id(headers, query_params) or "")

    def allow(self, action: str, resource: str, condition_keys: Mapping[str, str] = _NONE) -> bool:
        """Whether the caller's policies and the bucket's policy allow an action. May be called in any thread."""
        return bool(self._context.copy().run(self._allow, action, resource, condition_keys))

    def _allow(self, action: str, resource: str, condition_keys: Mapping[str, str]) -> bool:
        service = action.partition(":")[0]
        return enforce(self.access_key, action, service, get_region(), resource, dict(condition_keys)) is None
