"""Who calls the Data API, and the database user that the statement runs as.

With temporary credentials (redshift-serverless:GetCredentials) the database user is named after the IAM identity:
`IAM:user` or `IAMR:role`; its tag `RedshiftDbRoles` lists database roles, separated by colons. With a secret it is the
secret's user, and the caller needs secretsmanager:GetSecretValue.
https://docs.aws.amazon.com/redshift/latest/mgmt/data-api-iam.html
https://docs.aws.amazon.com/redshift/latest/mgmt/redshift-iam-access-federated-db-roles.html
"""

import json
from dataclasses import dataclass

from ministack import app
from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id
from ministack.core.router import extract_access_key_id
from ministack.services import secretsmanager

from local_aws.services.json_services import Json, Request, ServiceError

_DB_ROLES_TAG = "aws:principaltag/redshiftdbroles"
_USER_PREFIX, _ROLE_PREFIX = "IAM:", "IAMR:"


@dataclass(frozen=True)
class Caller:
    """An IAM identity."""

    user_id: str
    arn: str
    tags: dict[str, str]

    @property
    def database_user(self) -> str:
        """The database user of temporary credentials."""
        kind, _, rest = self.arn.rpartition(":")[2].partition("/")
        if kind == "assumed-role":
            return _ROLE_PREFIX + rest.partition("/")[0]
        return _USER_PREFIX + (rest.rpartition("/")[2] or "RootIdentity")

    @property
    def database_roles(self) -> list[str]:
        """The database roles that the identity's tag lists."""
        return [name.lower() for name in self.tags.get(_DB_ROLES_TAG, "").split(":") if name]


@dataclass(frozen=True)
class DatabaseLogin:
    """A database user, and the database roles that it gets."""

    user: str
    is_superuser: bool
    roles: list[str]


def caller_of(request: Request) -> Caller:
    """The caller of a request that IAM has authenticated."""
    key = extract_access_key_id(request.headers, request.query_params) or ""
    principal = iam_evaluator.resolve_principal(key, get_account_id())
    if isinstance(principal, iam_evaluator.AuthError):
        raise ServiceError("AccessDeniedException", principal.message)
    keys = {name: str(value) for name, value in principal.keys.items()}
    return Caller(keys.get("aws:userid", ""), str(principal.arn), keys)


def login(request: Request, caller: Caller, workgroup: Json, admin_user: str) -> DatabaseLogin:
    """The database user of a statement; raises ServiceError if the caller may not connect as it."""
    if secret := request.body.get("SecretArn"):
        user = _secret_user(request, str(secret))
        return DatabaseLogin(user, user == admin_user, [])
    _require(request, "redshift-serverless:GetCredentials", workgroup["workgroupArn"])
    return DatabaseLogin(caller.database_user, False, caller.database_roles)


def _secret_user(request: Request, secret_id: str) -> str:
    _, secret = secretsmanager._resolve(secret_id, use_arn_scope=True)
    if secret is None:
        raise ServiceError("ValidationException", "Secrets Manager can't find the specified secret.")
    _require(request, "secretsmanager:GetSecretValue", secret["ARN"])
    text = secretsmanager.resolve_secret_string(secret_id)
    try:
        return str(json.loads(str(text))["username"])
    except (ValueError, KeyError, TypeError) as error:
        raise ServiceError("ValidationException", "The secret has no user name and password.") from error


def _require(request: Request, action: str, resource: str) -> None:
    service = action.partition(":")[0]
    denied = app._enforce_data_plane(service, action, request.headers, request.query_params, "", resource_arn=resource)
    if denied:
        user = caller_of(request).arn
        raise ServiceError(
            "AccessDeniedException", f"User: {user} is not authorized to perform: {action} on resource: {resource}"
        )
