"""Confirmation, recovery and verification codes: random, for one use, for a time, sent by mail.

AWS sends six digits by mail, valid 24 hours (an hour for a forgotten password), answers CodeMismatchException,
ExpiredCodeException or, after several wrong ones, LimitExceededException, and calls the CustomMessage trigger for the
text. A right code verifies the address it was sent to.
https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html
https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html

This MiniStack sends 123456 and 654321, for ever and for any number of tries, confirms without verifying the address,
and has no CustomMessage for these mails.

Hooked where every mail with a code is sent, where codes are checked, and around the calls concerned. Mails are at
`/_ministack/ses/messages`.
"""

import json
import time
from collections.abc import Callable
from typing import Any

from ministack.services import cognito

from local_aws.hooks import Hook
from local_aws.services.cognito import operations as cognito_calls
from local_aws.services.cognito import sign_in_limits
from local_aws.services.cognito.operations import Refused
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
    Hook(f"{_COGNITO}:_validate_password", "pool,password"),
)

DAY, HOUR = 86_400, 3_600
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
        }
    )


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
            cognito_calls.use_code(user, "password", data.get("ConfirmationCode"))
        else:
            cognito_calls.use_code(user, "email", data.get("ConfirmationCode"))
    except Refused as refusal:
        return refusal.response
    return None


def _sign_up(data: dict[str, Any], call: Handler) -> Answer:
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
    enabled, verified = user.get("Enabled", True), cognito_calls.attributes(user).get("email_verified") == "true"
    if enabled and verified:
        return call(data)
    if cognito._hides_user_existence(pool, data.get("ClientId")):
        simulated: Answer = cognito._code_delivery_response(cognito._masked_destination(data.get("Username")))
        return simulated
    if not enabled:
        raise Refused("NotAuthorizedException", "User is disabled.")
    message = "Cannot reset password for the user as there is no registered/verified email or phone_number"
    raise Refused("InvalidParameterException", message)


def _set_verified(user: dict[str, Any], name: str) -> None:
    if name in cognito_calls.attributes(user):
        cognito_calls.set_attributes(user, **{f"{name}_verified": "true"})
