"""What a user pool's settings forbid, and its ProviderURL.

AWS refuses SignUp where only administrators create users, refuses to delete a pool under DeletionProtection (from
CloudFormation too), and takes user names that differ in case only for one unless UsernameConfiguration says otherwise.
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPool.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cognito-userpool.html

This MiniStack stores these settings and leaves them at that. Hooked around the calls, where a user is found by name,
and at the CloudFormation type.
"""

from typing import Any

from ministack.services import cognito
from ministack.services.cloudformation import provisioners

from local_aws.hooks import Hook
from local_aws.services.cognito import operations as cognito_calls
from local_aws.services.cognito.operations import Answer, Handler, Refused
from local_aws.settings import Settings

_COGNITO = "ministack.services.cognito"
_PROVISIONERS = "ministack.services.cloudformation.provisioners"
HOOKS = (
    *cognito_calls.HOOKS,
    Hook(f"{_COGNITO}:_resolve_user", "pool,username"),
    Hook(f"{_PROVISIONERS}:_cognito_user_pool_attributes", "pid"),
    Hook(f"{_PROVISIONERS}:_cognito_user_pool_delete", "physical_id,props"),
    Hook(f"{_PROVISIONERS}:_RESOURCE_HANDLERS", "type:dict"),
)


def install(settings: Settings) -> None:
    """Keep what a pool's settings promise."""
    cognito_calls.around({"SignUp": _sign_up, "DeleteUserPool": _delete_user_pool})
    attributes_of, delete = provisioners._cognito_user_pool_attributes, provisioners._cognito_user_pool_delete
    resolve = cognito._resolve_user

    def attributes(pid: str) -> dict[str, str]:
        found: dict[str, str] = attributes_of(pid)
        return found | {"ProviderURL": f"https://{found['ProviderName']}"}

    def delete_unprotected(physical_id: str, props: dict[str, Any]) -> None:
        pool = cognito._user_pools.get(physical_id)
        if pool and pool.get("DeletionProtection") == "ACTIVE":
            raise ValueError(f"The user pool {physical_id} cannot be deleted because deletion protection is activated.")
        delete(physical_id, props)

    def resolve_user(pool: dict[str, Any], username: Any) -> Any:
        user, error = resolve(pool, username)
        if user is None and isinstance(username, str) and not _is_case_sensitive(pool):
            user, error = resolve(pool, _stored_spelling(pool, username.casefold()) or username)
        return user, error

    provisioners._cognito_user_pool_attributes = attributes
    provisioners._RESOURCE_HANDLERS["AWS::Cognito::UserPool"]["delete"] = delete_unprotected
    cognito._resolve_user = resolve_user


def _sign_up(data: dict[str, Any], call: Handler) -> Answer:
    pool, _ = cognito._pool_for_client(data.get("ClientId"))
    if pool and (pool.get("AdminCreateUserConfig") or {}).get("AllowAdminCreateUserOnly"):
        raise Refused("NotAuthorizedException", "SignUp is not permitted for this user pool")
    return call(data)


def _delete_user_pool(data: dict[str, Any], call: Handler) -> Answer:
    pool = cognito._user_pools.get(data.get("UserPoolId"))
    if pool and pool.get("DeletionProtection") == "ACTIVE":
        message = "The user pool cannot be deleted because deletion protection is activated."
        raise Refused("InvalidParameterException", message)
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
