"""What a client may write of a user, and how a changed address is verified.

AWS refuses attributes that the pool's schema does not have, and those that the app client may not write. `sub` and the
verified flags are always refused. AWS mails a code to a changed address. Until the user has given that code, the
address is unverified or, with AttributesRequireVerificationBeforeUpdate, the old address stays.
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-email-phone-verification.html

This MiniStack lets a client write any attribute, its own `sub` included, and puts what it wrote into the ID token, even
as `cognito:username` or `exp`. It changes an address without a code, and it does not have
GetUserAttributeVerificationCode and VerifyUserAttribute.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from ministack.core.concurrency import run_reentrant
from ministack.core.responses import json_response
from ministack.services import cognito

from local_aws.hooks import prepares, wraps
from local_aws.services.cognito import operations
from local_aws.services.cognito.operations import CognitoError, Handler, Response
from local_aws.settings import Settings

# What only Cognito itself, or an administrator, may write.
_PROTECTED_ATTRIBUTES = frozenset({"email_verified", "phone_number_verified", "identities"})


@prepares
def _prepare(settings: Settings) -> None:
    """Let the added operations be called with an access token and no signature."""
    cognito._UNSIGNED_IDP_ACTIONS.update(_ADDED_OPERATIONS)


@wraps("ministack.services.cognito:_dispatch_idp")
async def _dispatch_idp(dispatch: Callable[..., Awaitable[Any]], action: str, data: dict[str, Any]) -> Any:
    """Serve the added operations too."""
    if action in _ADDED_OPERATIONS:
        return await run_reentrant(cognito._run_idp_handler, _ADDED_OPERATIONS[action], action, data)
    return await dispatch(action, data)


@operations.around("_sign_up")
def _sign_up(data: dict[str, Any], call: Handler) -> Response:
    _check_writable(data)
    return call(data)


@operations.around("_update_user_attributes")
def _update_user_attributes(data: dict[str, Any], call: Handler) -> Response:
    _check_writable(data)
    user, pool = cognito._user_pool_for_access_token(data.get("AccessToken"))
    requested = {entry["Name"]: entry.get("Value", "") for entry in data.get("UserAttributes", [])}
    address = requested.get("email")
    if user is None or address is None or address == operations.attributes(user).get("email"):
        return call(data)
    if cognito._resolve_user(pool, address)[0] is not None:
        raise CognitoError("AliasExistsException", "An account with the given email already exists.")
    if "email" not in (pool.get("AutoVerifiedAttributes") or []):
        response = call(data)
        operations.set_attributes(user, email_verified="false")
        return response
    settings = pool.get("UserAttributeUpdateSettings") or {}
    if "email" in (settings.get("AttributesRequireVerificationBeforeUpdate") or []):
        user["_pending_email"] = address
        data = data | {"UserAttributes": [entry for entry in data["UserAttributes"] if entry["Name"] != "email"]}
    else:
        user.pop("_pending_email", None)
        operations.set_attributes(user, email_verified="false")
    response = call(data)
    if response[0] != 200:
        return response
    return _json({"CodeDeliveryDetailsList": [_send_code(pool, user, address)]})


def _get_user_attribute_verification_code(data: dict[str, Any]) -> Response:
    user, pool, address = _user_to_verify(data)
    return _json({"CodeDeliveryDetails": _send_code(pool, user, address)})


def _verify_user_attribute(data: dict[str, Any]) -> Response:
    user, _, address = _user_to_verify(data)
    operations.use_code(user, "email", data.get("Code"))
    user.pop("_pending_email", None)
    operations.set_attributes(user, email=address, email_verified="true")
    return _json({})


_ADDED_OPERATIONS: dict[str, Handler] = {
    "GetUserAttributeVerificationCode": _get_user_attribute_verification_code,
    "VerifyUserAttribute": _verify_user_attribute,
}


def _user_to_verify(data: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any], str]:
    user, pool = cognito._user_pool_for_access_token(data.get("AccessToken"))
    if user is None:
        raise CognitoError("NotAuthorizedException", "Invalid Access Token")
    address = user.get("_pending_email") or operations.attributes(user).get("email")
    if data.get("AttributeName") != "email" or not address:
        raise CognitoError("InvalidParameterException", f"Cannot verify attribute {data.get('AttributeName')}.")
    return user, pool, address


def _check_writable(data: dict[str, Any]) -> None:
    """Refuse attributes that this app client may not write."""
    requested = {entry.get("Name") for entry in data.get("UserAttributes", [])}
    pool, _ = cognito._pool_for_client(data.get("ClientId") or _client_of_token(data))
    if pool is None:
        return
    client = (pool.get("_clients") or {}).get(data.get("ClientId") or _client_of_token(data)) or {}
    listed = client.get("WriteAttributes")
    unknown = requested - _schema(pool)
    if unknown:
        names = ", ".join(sorted(map(str, unknown)))
        raise CognitoError(
            "InvalidParameterException", f"Attributes did not conform to the schema: {names}: no such attribute."
        )
    if "sub" in requested:
        raise CognitoError("InvalidParameterException", "Cannot modify the non-mutable attribute sub")
    if requested & _PROTECTED_ATTRIBUTES or (listed and not requested <= set(listed)):
        raise CognitoError("NotAuthorizedException", "A client attempted to write unauthorized attribute")


def _schema(pool: dict[str, Any]) -> set[str]:
    return {attribute["Name"] for attribute in cognito._ensure_schema_attributes(pool)["SchemaAttributes"]}


def _client_of_token(data: dict[str, Any]) -> object:
    return cognito._token_claims(data.get("AccessToken")).get("client_id")


def _send_code(pool: dict[str, Any], user: dict[str, Any], address: str) -> dict[str, str]:
    attributes = operations.attributes(user) | {"email": address}
    cognito._send_verification_email(pool, user["Username"], attributes, "", "email")
    destination = cognito._masked_destination(address)
    return {"Destination": destination, "DeliveryMedium": "EMAIL", "AttributeName": "email"}


def _json(document: dict[str, Any]) -> Response:
    response: Response = json_response(document)
    return response
