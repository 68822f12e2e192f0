"""Confirmation, recovery and verification codes are random, valid once and for a limited time, and sent by mail.

AWS mails six digits that are valid for 24 hours, or for one hour if the password was forgotten. The CustomMessage
trigger may set the text. AWS answers a wrong code with CodeMismatchException or ExpiredCodeException, and with
LimitExceededException after several wrong codes. A right code verifies the address to which it was sent.
https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html
https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html

This MiniStack sends 123456 and 654321, which never expire and allow any number of attempts. It confirms a user without
verifying the address, and it does not call CustomMessage for these mails.

`/_ministack/ses/messages` lists the mails.
"""

import json
import time
from typing import Any

from ministack.services import cognito

from local_aws.hooks import replaces
from local_aws.services.cognito import operations, sign_in_limits
from local_aws.services.cognito.operations import CognitoError, Handler, Response

DAY, HOUR = 86_400, 3_600
_MESSAGE_SOURCES = {
    "SignUp": "CustomMessage_SignUp",
    "ResendConfirmationCode": "CustomMessage_ResendCode",
    "ForgotPassword": "CustomMessage_ForgotPassword",
    "AdminResetUserPassword": "CustomMessage_ForgotPassword",
    "UpdateUserAttributes": "CustomMessage_UpdateUserAttribute",
    "GetUserAttributeVerificationCode": "CustomMessage_VerifyUserAttribute",
}


@replaces("ministack.services.cognito:_send_verification_email")
def _send_code(
    pool: dict[str, Any], username: str, attr_dict: dict[str, str], code: str, attribute_name: str = "email"
) -> None:
    """Mail a new code; the one that MiniStack chose is ignored."""
    user, _ = cognito._resolve_user(pool, username)
    address = (attr_dict or {}).get("email")
    if user is None or not address:
        return
    code = sign_in_limits.new_code(user, attribute_name, HOUR if attribute_name == "password" else DAY, time.time())
    call = operations.current()
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


@replaces("ministack.services.cognito:_confirmation_code_error")
def _code_error(action: str, data: dict[str, Any]) -> Response | None:
    """Use up a right code and return None; return the error for a wrong code."""
    pool, user = operations.pool_and_user(data)
    if action not in ("ConfirmSignUp", "ConfirmForgotPassword") or pool is None or user is None:
        return None
    try:
        if action == "ConfirmSignUp" and user["UserStatus"] != "UNCONFIRMED":
            status = user["UserStatus"]
            raise CognitoError("NotAuthorizedException", f"User cannot be confirmed. Current status is {status}")
        if action == "ConfirmForgotPassword":
            # A password that the policy refuses does not use up the code.
            refused_password: Response | None = cognito._validate_password(pool, data.get("Password", ""))
            if refused_password:
                return refused_password
            operations.use_code(user, "password", data.get("ConfirmationCode"))
        else:
            operations.use_code(user, "email", data.get("ConfirmationCode"))
    except CognitoError as error:
        return error.response
    return None


@operations.around("_sign_up")
def _sign_up(data: dict[str, Any], call: Handler) -> Response:
    pool, _ = cognito._pool_for_client(data.get("ClientId"))
    verified = [] if pool is None else pool.get("AutoVerifiedAttributes") or []
    # Cognito shows the flag from the start; a PreSignUp trigger may still set it.
    flags = [{"Name": f"{name}_verified", "Value": "false"} for name in verified]
    response = call(data | {"UserAttributes": [*data.get("UserAttributes", []), *flags]})
    document = json.loads(response[2])
    if delivery := document.get("CodeDeliveryDetails"):
        delivery["Destination"] = cognito._masked_destination(delivery["Destination"])
    return (*response[:2], json.dumps(document).encode())


@operations.around("_confirm_sign_up")
def _confirm_sign_up(data: dict[str, Any], call: Handler) -> Response:
    # The code has been used up by now; a PostConfirmation trigger sees the address as verified.
    _, user = operations.pool_and_user(data)
    if user is not None:
        _set_verified(user, "email")
    return call(data)


@operations.around("_resend_confirmation_code")
def _resend_confirmation_code(data: dict[str, Any], call: Handler) -> Response:
    _, user = operations.pool_and_user(data)
    if user is not None and user["UserStatus"] != "UNCONFIRMED":
        raise CognitoError("InvalidParameterException", "User is already confirmed.")
    return call(data)


@operations.around("_forgot_password")
def _forgot_password(data: dict[str, Any], call: Handler) -> Response:
    pool, user = operations.pool_and_user(data)
    if pool is None or user is None:
        return call(data)
    if user["UserStatus"] == "FORCE_CHANGE_PASSWORD":
        raise CognitoError("NotAuthorizedException", "User password cannot be reset in the current state.")
    enabled, verified = user.get("Enabled", True), operations.attributes(user).get("email_verified") == "true"
    if enabled and verified:
        return call(data)
    if cognito._hides_user_existence(pool, data.get("ClientId")):
        simulated: Response = cognito._code_delivery_response(cognito._masked_destination(data.get("Username")))
        return simulated
    if not enabled:
        raise CognitoError("NotAuthorizedException", "User is disabled.")
    message = "Cannot reset password for the user as there is no registered/verified email or phone_number"
    raise CognitoError("InvalidParameterException", message)


def _set_verified(user: dict[str, Any], name: str) -> None:
    if name in operations.attributes(user):
        operations.set_attributes(user, **{f"{name}_verified": "true"})
