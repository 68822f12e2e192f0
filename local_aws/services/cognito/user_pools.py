"""What a user pool's settings forbid, and its ProviderURL.

AWS refuses SignUp if only administrators create users. It refuses to delete a pool under DeletionProtection, from
CloudFormation too. User names that differ only in case are one name, unless UsernameConfiguration says otherwise.
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPool.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cognito-userpool.html

This MiniStack stores these settings and does not apply them.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import cognito

from local_aws.hooks import wraps
from local_aws.services.cognito import operations
from local_aws.services.cognito.operations import CognitoError, Handler, Response


@wraps("ministack.services.cloudformation.provisioners:_cognito_user_pool_attributes")
def _resource_attributes(attributes_of: Callable[..., dict[str, str]], pid: str) -> dict[str, str]:
    attributes = attributes_of(pid)
    return attributes | {"ProviderURL": f"https://{attributes['ProviderName']}"}


@wraps("ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS[AWS::Cognito::UserPool][delete]")
def _delete_resource(delete: Callable[..., None], physical_id: str, props: dict[str, Any]) -> None:
    pool = cognito._user_pools.get(physical_id)
    if pool and pool.get("DeletionProtection") == "ACTIVE":
        raise ValueError(f"The user pool {physical_id} cannot be deleted because deletion protection is activated.")
    delete(physical_id, props)


@wraps("ministack.services.cognito:_resolve_user")
def _resolve_user(resolve: Callable[..., Any], pool: dict[str, Any], username: Any) -> Any:
    """Find a user by a name in another case too."""
    user, error = resolve(pool, username)
    if user is None and isinstance(username, str) and not _is_case_sensitive(pool):
        user, error = resolve(pool, _stored_spelling(pool, username.casefold()) or username)
    return user, error


@operations.around("_sign_up")
def _sign_up(data: dict[str, Any], call: Handler) -> Response:
    pool, _ = cognito._pool_for_client(data.get("ClientId"))
    if pool and (pool.get("AdminCreateUserConfig") or {}).get("AllowAdminCreateUserOnly"):
        raise CognitoError("NotAuthorizedException", "SignUp is not permitted for this user pool")
    return call(data)


@operations.around("_delete_user_pool")
def _delete_user_pool(data: dict[str, Any], call: Handler) -> Response:
    pool = cognito._user_pools.get(data.get("UserPoolId"))
    if pool and pool.get("DeletionProtection") == "ACTIVE":
        message = "The user pool cannot be deleted because deletion protection is activated."
        raise CognitoError("InvalidParameterException", message)
    return call(data)


def _is_case_sensitive(pool: dict[str, Any]) -> bool:
    return bool((pool.get("UsernameConfiguration") or {}).get("CaseSensitive"))


def _stored_spelling(pool: dict[str, Any], folded: str) -> str | None:
    """The user name, or the address that serves as one, which differs from this one in case only."""
    by_email = "email" in (*(pool.get("UsernameAttributes") or []), *(pool.get("AliasAttributes") or []))
    for username, user in pool["_users"].items():
        names = [entry["Value"] for entry in user.get("Attributes", []) if by_email and entry["Name"] == "email"]
        for name in (username, *names):
            if name.casefold() == folded:
                return str(name)
    return None
