"""Confirmation, recovery and verification codes: random, for one use, for a time, sent by mail.

AWS sends six digits by mail, valid 24 hours (an hour for a forgotten password), answers CodeMismatchException,
ExpiredCodeException or, after several wrong ones, LimitExceededException, and calls the CustomMessage trigger for the
text. A right code verifies the address it was sent to. An app client may not write `sub` or the verified flags.
https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html
https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html

This MiniStack sends 123456 and 654321, for ever and for any number of tries; confirms without verifying the address;
lets a client choose its own `sub`; has no GetUserAttributeVerificationCode and VerifyUserAttribute, no CustomMessage
for these mails, and changes an address without asking for a code.

Hooked where every mail with a code is sent, where codes are checked, and around the calls concerned. Mails are at
`/_ministack/ses/messages`.
"""

import json
import time
from collections.abc import Callable
from typing import Any

from ministack.core.concurrency import run_reentrant
from ministack.core.responses import json_response
from ministack.services import cognito

from local_aws import cognito_calls, sign_in_limits
from local_aws.cognito_calls import Refused
from local_aws.extension import Hook
from local_aws.settings import Settings

_COGNITO = "ministack.services.cognito"
HOOKS = (
    *cognito_calls.HOOKS,
    Hook(f"{_COGNITO}:_send_verification_email", "pool,username,attr_dict,code,attribute_name"),
    Hook(f"{_COGNITO}:_resolve_verification_template", "pool,by_link"),
    Hook(
        f"{_COGNITO}:_apply_custom_message_trigger",
        "pool,trigger_source,username,user_attrs,client_metadata,username_parameter",
    ),
    Hook(f"{_COGNITO}:_deliver_cognito_email", "pool,to_email,subject,body,type_name,extra"),
    Hook(f"{_COGNITO}:_expand_template", "template,username,code"),
    Hook(f"{_COGNITO}:_template_username", "pool,username,attr_dict"),
    Hook(f"{_COGNITO}:_confirmation_code_error", "action,data"),
    Hook(f"{_COGNITO}:_hides_user_existence", "pool,client_id"),
    Hook(f"{_COGNITO}:_code_delivery_response", "destination"),
    Hook(f"{_COGNITO}:_masked_destination", "address"),
    Hook(f"{_COGNITO}:_dispatch_idp", "action,data"),
    Hook(f"{_COGNITO}:_user_pool_for_access_token", "access_token"),
    Hook(f"{_COGNITO}:_merge_attributes", "existing,updates"),
    Hook(f"{_COGNITO}:_UNSIGNED_IDP_ACTIONS", "type:set"),
    Hook("ministack.core.concurrency:run_reentrant", "fn,args,thread_name"),
)

DAY, HOUR = 86_400, 3_600
# What only Cognito itself, or an administrator, may write.
_OWN_ATTRIBUTES = frozenset({"email_verified", "phone_number_verified", "identities"})
_MESSAGE_SOURCES = {
    "SignUp": "CustomMessage_SignUp",
    "ResendConfirmationCode": "CustomMessage_ResendCode",
    "ForgotPassword": "CustomMessage_ForgotPassword",
    "AdminResetUserPassword": "CustomMessage_ForgotPassword",
    "UpdateUserAttributes": "CustomMessage_UpdateUserAttribute",
    "GetUserAttributeVerificationCode": "CustomMessage_VerifyUserAttribute",
}
Answer = tuple[int, dict[str, str], bytes]
Handler = Callable[[dict[str, Any]], Answer]


def install(settings: Settings) -> None:
    """Send real codes and check them."""
    cognito._send_verification_email = _send_code
    cognito._confirmation_code_error = _code_error
    cognito_calls.around(
        {
            "SignUp": _sign_up,
            "ConfirmSignUp": _confirm_sign_up,
            "ResendConfirmationCode": _resend_confirmation_code,
            "ForgotPassword": _forgot_password,
            "UpdateUserAttributes": _update_user_attributes,
        }
    )
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


def _send_code(
    pool: dict[str, Any], username: str, attr_dict: dict[str, str], code: str, attribute_name: str = "email"
) -> None:
    """Mail a new code; the one that MiniStack chose is ignored."""
    user, _ = cognito._resolve_user(pool, username)
    address = (attr_dict or {}).get("email")
    if user is None or not address:
        return
    code = sign_in_limits.new_code(user, attribute_name, HOUR if attribute_name == "password" else DAY, time.time())
    call = cognito_calls.current()
    source = _MESSAGE_SOURCES.get(call.action, "CustomMessage_VerifyUserAttribute")
    metadata = call.data.get("ClientMetadata")
    custom = cognito._apply_custom_message_trigger(pool, source, user["Username"], attr_dict, metadata)
    subject, body = cognito._resolve_verification_template(pool)
    shown = cognito._template_username(pool, username, attr_dict)
    cognito._deliver_cognito_email(
        pool,
        address,
        cognito._expand_template(custom.get("emailSubject") or subject, shown, code),
        cognito._expand_template(custom.get("emailMessage") or body, shown, code),
        type_name="CognitoVerificationMessage",
        extra={"Username": username, "AttributeName": attribute_name},
    )


def _use_code(user: dict[str, Any], purpose: str, code: object) -> None:
    try:
        sign_in_limits.use_code(user, purpose, str(code), time.time())
    except sign_in_limits.CodeMismatch:
        raise Refused("CodeMismatchException", "Invalid verification code provided, please try again.") from None
    except sign_in_limits.CodeExpired:
        raise Refused("ExpiredCodeException", "Invalid code provided, please request a code again.") from None
    except sign_in_limits.TooManyAttempts:
        raise Refused("LimitExceededException", "Attempt limit exceeded, please try after some time.") from None


def _code_error(action: str, data: dict[str, Any]) -> Answer | None:
    """The error of a confirmation whose code is not right, or None and the code is used up."""
    pool, user = cognito_calls.pool_and_user(data)
    if action not in ("ConfirmSignUp", "ConfirmForgotPassword") or pool is None or user is None:
        return None
    try:
        if action == "ConfirmSignUp" and user["UserStatus"] != "UNCONFIRMED":
            status = user["UserStatus"]
            raise Refused("NotAuthorizedException", f"User cannot be confirmed. Current status is {status}")
        if action == "ConfirmForgotPassword":
            # A password that the policy refuses does not cost the code.
            refused_password: Answer | None = cognito._validate_password(pool, data.get("Password", ""))
            if refused_password:
                return refused_password
            _use_code(user, "password", data.get("ConfirmationCode"))
        else:
            _use_code(user, "email", data.get("ConfirmationCode"))
    except Refused as refusal:
        return refusal.response
    return None


def _sign_up(data: dict[str, Any], call: Handler) -> Answer:
    _check_writable(data)
    pool, _ = cognito._pool_for_client(data.get("ClientId"))
    verified = [] if pool is None else pool.get("AutoVerifiedAttributes") or []
    # Cognito shows the flag from the start; a PreSignUp trigger may still set it.
    flags = [{"Name": f"{name}_verified", "Value": "false"} for name in verified]
    answer = call(data | {"UserAttributes": [*data.get("UserAttributes", []), *flags]})
    document = json.loads(answer[2])
    if delivery := document.get("CodeDeliveryDetails"):
        delivery["Destination"] = cognito._masked_destination(delivery["Destination"])
    return (*answer[:2], json.dumps(document).encode())


def _confirm_sign_up(data: dict[str, Any], call: Handler) -> Answer:
    # The code has been used up by now; a PostConfirmation trigger sees the address as verified.
    _, user = cognito_calls.pool_and_user(data)
    if user is not None:
        _set_verified(user, "email")
    return call(data)


def _resend_confirmation_code(data: dict[str, Any], call: Handler) -> Answer:
    _, user = cognito_calls.pool_and_user(data)
    if user is not None and user["UserStatus"] != "UNCONFIRMED":
        raise Refused("InvalidParameterException", "User is already confirmed.")
    return call(data)


def _forgot_password(data: dict[str, Any], call: Handler) -> Answer:
    pool, user = cognito_calls.pool_and_user(data)
    if pool is None or user is None:
        return call(data)
    if user["UserStatus"] == "FORCE_CHANGE_PASSWORD":
        raise Refused("NotAuthorizedException", "User password cannot be reset in the current state.")
    enabled, verified = user.get("Enabled", True), _attributes(user).get("email_verified") == "true"
    if enabled and verified:
        return call(data)
    if cognito._hides_user_existence(pool, data.get("ClientId")):
        simulated: Answer = cognito._code_delivery_response(cognito._masked_destination(data.get("Username")))
        return simulated
    if not enabled:
        raise Refused("NotAuthorizedException", "User is disabled.")
    message = "Cannot reset password for the user as there is no registered/verified email or phone_number"
    raise Refused("InvalidParameterException", message)


def _update_user_attributes(data: dict[str, Any], call: Handler) -> Answer:
    _check_writable(data)
    user, pool = cognito._user_pool_for_access_token(data.get("AccessToken"))
    wanted = {entry["Name"]: entry.get("Value", "") for entry in data.get("UserAttributes", [])}
    address = wanted.get("email")
    if user is None or address is None or address == _attributes(user).get("email"):
        return call(data)
    if cognito._resolve_user(pool, address)[0] is not None:
        raise Refused("AliasExistsException", "An account with the given email already exists.")
    if "email" not in (pool.get("AutoVerifiedAttributes") or []):
        answer = call(data)
        _set_attributes(user, email_verified="false")
        return answer
    settings = pool.get("UserAttributeUpdateSettings") or {}
    if "email" in (settings.get("AttributesRequireVerificationBeforeUpdate") or []):
        user["_pending_email"] = address
        data = data | {"UserAttributes": [entry for entry in data["UserAttributes"] if entry["Name"] != "email"]}
    else:
        user.pop("_pending_email", None)
        _set_attributes(user, email_verified="false")
    answer = call(data)
    if answer[0] != 200:
        return answer
    cognito._send_verification_email(pool, user["Username"], _attributes(user) | {"email": address}, "", "email")
    return _answer({"CodeDeliveryDetailsList": [_delivery(address)]})


def _get_user_attribute_verification_code(data: dict[str, Any]) -> Answer:
    user, pool, address = _addressee(data)
    cognito._send_verification_email(pool, user["Username"], _attributes(user) | {"email": address}, "", "email")
    return _answer({"CodeDeliveryDetails": _delivery(address)})


def _verify_user_attribute(data: dict[str, Any]) -> Answer:
    user, _, address = _addressee(data)
    _use_code(user, "email", data.get("Code"))
    user.pop("_pending_email", None)
    _set_attributes(user, email=address, email_verified="true")
    return _answer({})


def _addressee(data: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any], str]:
    user, pool = cognito._user_pool_for_access_token(data.get("AccessToken"))
    if user is None:
        raise Refused("NotAuthorizedException", "Invalid Access Token")
    address = user.get("_pending_email") or _attributes(user).get("email")
    if data.get("AttributeName") != "email" or not address:
        raise Refused("InvalidParameterException", f"Cannot verify attribute {data.get('AttributeName')}.")
    return user, pool, address


def _check_writable(data: dict[str, Any]) -> None:
    """Refuse attributes that this app client may not write."""
    wanted = {entry.get("Name") for entry in data.get("UserAttributes", [])}
    pool, _ = cognito._pool_for_client(data.get("ClientId") or _client_of_token(data))
    client = ((pool or {}).get("_clients") or {}).get(data.get("ClientId") or _client_of_token(data)) or {}
    listed = client.get("WriteAttributes")
    if "sub" in wanted:
        raise Refused("InvalidParameterException", "Cannot modify the non-mutable attribute sub")
    if wanted & _OWN_ATTRIBUTES or (listed and not wanted <= set(listed)):
        raise Refused("NotAuthorizedException", "A client attempted to write unauthorized attribute")


def _client_of_token(data: dict[str, Any]) -> object:
    return cognito._token_claims(data.get("AccessToken")).get("client_id")


def _attributes(user: dict[str, Any]) -> dict[str, str]:
    return {entry["Name"]: entry["Value"] for entry in user.get("Attributes", [])}


def _set_attributes(user: dict[str, Any], **values: str) -> None:
    updates = [{"Name": name, "Value": value} for name, value in values.items()]
    user["Attributes"] = cognito._merge_attributes(user.get("Attributes", []), updates)


def _set_verified(user: dict[str, Any], name: str) -> None:
    if name in _attributes(user):
        _set_attributes(user, **{f"{name}_verified": "true"})


def _delivery(address: str) -> dict[str, str]:
    destination = cognito._masked_destination(address)
    return {"Destination": destination, "DeliveryMedium": "EMAIL", "AttributeName": "email"}


def _answer(document: dict[str, Any]) -> Answer:
    answer: Answer = json_response(document)
    return answer
