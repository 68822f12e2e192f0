"""Namespaces: the databases' owner, with the IAM roles that SQL may use.

https://docs.aws.amazon.com/redshift-serverless/latest/APIReference/API_CreateNamespace.html
"""

import json
import re
import secrets
import time
import uuid
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region
from ministack.services import secretsmanager

from local_aws.services.json_services import Json, ServiceError

NAME = re.compile(r"[a-z0-9-]{3,64}")
_DEFAULT_ADMIN = "admin"
_DEFAULT_DATABASE = "dev"
_CHANGEABLE = ("iamRoles", "defaultIamRoleArn")
# By name.
namespaces: Any = AccountRegionScopedDict()


def create(request: Json) -> Json:
    """Create a namespace."""
    name = _valid_name(request)
    if name in namespaces:
        raise ServiceError("ConflictException", f"Namespace {name} already exists.")
    unsupported = set(request) - {"namespaceName", "dbName", "adminUsername", "manageAdminPassword", "tags"}
    if unsupported := unsupported - set(_CHANGEABLE):
        raise ServiceError("ValidationException", f"{min(unsupported)} is not supported by the embedded AWS.")
    namespace_id = str(uuid.uuid4())
    namespace = {
        "namespaceName": name,
        "namespaceId": namespace_id,
        "namespaceArn": f"arn:aws:redshift-serverless:{get_region()}:{get_account_id()}:namespace/{namespace_id}",
        "dbName": request.get("dbName") or _DEFAULT_DATABASE,
        "adminUsername": request.get("adminUsername") or _DEFAULT_ADMIN,
        "status": "AVAILABLE",
        "creationDate": time.time(),
        **_roles(request),
    }
    if request.get("manageAdminPassword"):
        namespace["adminPasswordSecretArn"] = _create_secret(namespace)
    namespaces[name] = namespace
    return namespace


def get(name: str) -> Json:
    """A namespace; raises ServiceError if it does not exist."""
    namespace = namespaces.get(name)
    if namespace is None:
        raise ServiceError("ResourceNotFoundException", f"Namespace {name} not found.")
    return dict(namespace)


def update(request: Json) -> Json:
    """Change the roles of a namespace."""
    name = str(request.get("namespaceName"))
    if unsupported := set(request) - {"namespaceName", *_CHANGEABLE}:
        raise ServiceError("ValidationException", f"{min(unsupported)} is not supported by the embedded AWS.")
    namespace = get(name)
    roles = {key: namespace.get(key) for key in _CHANGEABLE} | {k: v for k, v in request.items() if k in _CHANGEABLE}
    namespaces[name] = {**namespace, **_roles(roles)}
    return get(name)


def delete(name: str) -> Json:
    """Delete a namespace, whose databases are lost, and its administrator's secret."""
    namespace = get(name)
    del namespaces[name]
    if arn := namespace.get("adminPasswordSecretArn"):
        secretsmanager.delete_secret_in_process(arn)
    return {**namespace, "status": "DELETING"}


def _valid_name(request: Json) -> str:
    name = str(request.get("namespaceName"))
    if not NAME.fullmatch(name):
        raise ServiceError("ValidationException", f"The namespace name {name} is not valid.")
    return name


def _roles(request: Json) -> Json:
    roles, default = list(request.get("iamRoles") or []), request.get("defaultIamRoleArn")
    if default and default not in roles:
        raise ServiceError("ValidationException", "The default IAM role is not one of the namespace's IAM roles.")
    return {"iamRoles": roles, **({"defaultIamRoleArn": default} if default else {})}


def _create_secret(namespace: Json) -> str:
    """https://docs.aws.amazon.com/redshift/latest/mgmt/redshift-secrets-manager-integration.html"""
    user = namespace["adminUsername"]
    value = json.dumps({"username": user, "password": secrets.token_urlsafe(24)})
    name = f"redshift!{namespace['namespaceName']}-{user}"
    arn = secretsmanager.create_secret_in_process(name, value)
    if arn is None:
        raise ServiceError("ConflictException", f"The secret {name} already exists.")
    return str(arn)
