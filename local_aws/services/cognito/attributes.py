"""What a client may write of a user, and how a changed address is verified.

AWS refuses attributes that the pool's schema does not have, and those that the app client may not write: `sub` and the
verified flags always. A changed address is mailed a code; until that is verified the address is unverified or, with
AttributesRequireVerificationBeforeUpdate, the old one stays.
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-email-phone-verification.html

This MiniStack lets a client write anything, its own `sub` included, and makes a claim of the ID token of it (also of
`cognito:username` and `exp`), changes an address without a code, and has no GetUserAttributeVerificationCode and
VerifyUserAttribute. Hooked around the calls, and where calls are dispatched.
"""

from typing import Any

from ministack.core.concurrency import run_reentrant
from ministack.core.responses import json_response
from ministack.services import cognito

from local_aws.hooks import Hook
from local_aws.services.cognito import operations as cognito_calls
from local_aws.services.cognito.operations import Answer, Handler, Refused
from local_aws.settings import Settings

_COGNITO = "ministack.services.cognito"
HOOKS = (
    *cognito_calls.HOOKS,
    Hook(f"{_COGNITO}:_dispatch_idp", "action,data"),
    Hook(f"{_COGNITO}:_send_verification_email", "pool,username,attr_dict,code,attribute_name"),
    Hook(f"{_COGNITO}:_user_pool_for_access_token", "access_token"),
    Hook(f"{_COGNITO}:_masked_destination", "address"),
    Hook(f"{_COGNITO}:_token_claims", "token"),
    Hook(f"{_COGNITO}:_ensure_schema_attributes", "pool"),
    Hook(f"{_COGNITO}:_UNSIGNED_IDP_ACTIONS", "type:set"),
    Hook("ministack.core.concurrency:run_reentrant", "fn,args,thread_name"),
    Hook("ministack.core.responses:json_response", "data,status,content_type"),
)

# What only Cognito itself, or an administrator, may write.
_OWN_ATTRIBUTES = frozenset({"email_verified", "phone_number_verified", "identities"})


def install(settings: Settings) -> None:
    """Guard what clients write, and verify changed addresses."""
    cognito_calls.around({"SignUp": _sign_up, "UpdateUserAttributes": _update_user_attributes})
    added = {
        "GetUserAttributeVerificationCode": _get_user_attribute_verification_code,
        "VerifyUserAttribute": _verify_user_attribute,
    }
    cognito._UNSIGNED_IDP_ACTIONS.update(added)
    dispatch = cognito._dispatch_idp

    async def dispatch_idp(action: str, data: dict[str, Any]) -> Any:
        if action in added:
            return await run_reentrant(cognito._run_idp_handler, added[action], action, data)
        return await dispatch(action, data)

    cognito._dispatch_idp = dispatch_idp


def _sign_up(data: dict[str, Any], call: Handler) -> Answer:
    _check_writable(data)
    return call(data)


def _update_user_attributes(data: dict[str, Any], call: Handler) -> Answer:
    _check_writable(data)
    user, pool = cognito._user_pool_for_access_token(data.get("AccessToken"))
    wanted = {entry["Name"]: entry.get("Value", "") for entry in data.get("UserAttributes", [])}
    address = wanted.get("email")
    if user is None or address is None or address == cognito_calls.attributes(user).get("email"):
        return call(data)
    if cognito._resolve_user(pool, address)[0] is not None:
        raise Refused("AliasExistsException", "An account with the given email already exists.")
    if "email" not in (pool.get("AutoVerifiedAttributes") or []):
        answer = call(data)
        cognito_calls.set_attributes(user, email_verified="false")
        return answer
    settings = pool.get("UserAttributeUpdateSettings") or {}
    if "email" in (settings.get("AttributesRequireVerificationBeforeUpdate") or []):
        user["_pending_email"] = address
        data = data | {"UserAttributes": [entry for entry in data["UserAttributes"] if entry["Name"] != "email"]}
    else:
        user.pop("_pending_email", None)
        cognito_calls.set_attributes(user, email_verified="false")
    answer = call(data)
    if answer[0] != 200:
        return answer
    return _answer({"CodeDeliveryDetailsList": [_sent_code(pool, user, address)]})


def _get_user_attribute_verification_code(data: dict[str, Any]) -> Answer:
    user, pool, address = _addressee(data)
    return _answer({"CodeDeliveryDetails": _sent_code(pool, user, address)})


def _verify_user_attribute(data: dict[str, Any]) -> Answer:
    user, _, address = _addressee(data)
    cognito_calls.use_code(user, "email", data.get("Code"))
    user.pop("_pending_email", None)
    cognito_calls.set_attributes(user, email=address, email_verified="true")
    return _answer({})


def _addressee(data: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any], str]:
    user, pool = cognito._user_pool_for_access_token(data.get("AccessToken"))
    if user is None:
        raise Refused("NotAuthorizedException", "Invalid Access Token")
    address = user.get("_pending_email") or cognito_calls.attributes(user).get("email")
    if data.get("AttributeName") != "email" or not address:
        raise Refused("InvalidParameterException", f"Cannot verify attribute {data.get('AttributeName')}.")
    return user, pool, address


def _check_writable(data: dict[str, Any]) -> None:
    """Refuse attributes that this app client may not write."""
    wanted = {entry.get("Name") for entry in data.get("UserAttributes", [])}
    pool, _ = cognito._pool_for_client(data.get("ClientId") or _client_of_token(data))
    if pool is None:
        return
    client = (pool.get("_clients") or {}).get(data.get("ClientId") or _client_of_token(data)) or {}
    listed = client.get("WriteAttributes")
    unknown = wanted - _schema(pool)
    if unknown:
        names = ", ".join(sorted(map(str, unknown)))
        raise Refused(
            "InvalidParameterException", f"Attributes did not conform to the schema: {names}: no such attribute."
        )
    if "sub" in wanted:
        raise Refused("InvalidParameterException", "Cannot modify the non-mutable attribute sub")
    if wanted & _OWN_ATTRIBUTES or (listed and not wanted <= set(listed)):
        raise Refused("NotAuthorizedException", "A client attempted to write unauthorized attribute")


def _schema(pool: dict[str, Any]) -> set[str]:
    return {attribute["Name"] for attribute in cognito._ensure_schema_attributes(pool)["SchemaAttributes"]}


def _client_of_token(data: dict[str, Any]) -> object:
    return cognito._token_claims(data.get("AccessToken")).get("client_id")


def _sent_code(pool: dict[str, Any], user: dict[str, Any], address: str) -> dict[str, str]:
    attributes = cognito_calls.attributes(user) | {"email": address}
    cognito._send_verification_email(pool, user["Username"], attributes, "", "email")
    destination = cognito._masked_destination(address)
    return {"Destination": destination, "DeliveryMedium": "EMAIL", "AttributeName": "email"}


def _answer(document: dict[str, Any]) -> Answer:
    answer: Answer = json_response(document)
    return answer
