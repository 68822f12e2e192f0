"""Lambda triggers around sign-up and sign-in: PreAuthentication, PostAuthentication, PostConfirmation; CustomMessage.

AWS calls them with a common event (version, triggerSource, region, userPoolId, userName, callerContext, request,
response). If a trigger fails, the call fails with UserLambdaValidationException, which contains the trigger's message.
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html

This MiniStack has PreSignUp (without validation data and client metadata), PreTokenGeneration, the custom challenges
and CustomMessage for invitations. It does not have PreAuthentication, PostAuthentication and PostConfirmation.
CustomMessage for codes is in `codes`.

PostAuthentication is called where the tokens of a new sign-in are built, because it comes before PreTokenGeneration.
Two things are not checked: that the function's policy lets Cognito invoke it, and the limit of 5 seconds.
"""

import json
from collections.abc import Callable
from typing import Any

from ministack.services import cognito, lambda_svc

from local_aws.hooks import replaces, wraps
from local_aws.services.cognito import operations
from local_aws.services.cognito.operations import CognitoError, Handler, Response

_SIGN_IN_SOURCES = ("TokenGeneration_Authentication", "TokenGeneration_NewPasswordChallenge")
_SIGN_IN_FLOWS = ("USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH", "USER_SRP_AUTH", "CUSTOM_AUTH")


@wraps("ministack.services.cognito:_build_auth_result")
def _post_authentication(
    build: Callable[..., Any],
    pool_id: str,
    client_id: str,
    user: dict[str, Any],
    nonce: str = "",
    trigger_source: str = _SIGN_IN_SOURCES[0],
    client_metadata: dict[str, str] | None = None,
    *rest: Any,
    **named: Any,
) -> Any:
    if trigger_source in _SIGN_IN_SOURCES:
        request = {"newDeviceUsed": False, "clientMetadata": client_metadata or {}}
        _call_trigger("PostAuthentication", "Authentication", cognito._user_pools[pool_id], client_id, user, request)
    return build(pool_id, client_id, user, nonce, trigger_source, client_metadata, *rest, **named)


@replaces("ministack.services.cognito:_apply_presignup_trigger")
def _pre_sign_up(
    pool_id: str,
    client_id: str,
    username: str,
    user_attrs: dict[str, Any],
    trigger_source: str = "PreSignUp_ExternalProvider",
) -> dict[str, bool]:
    pool = cognito._user_pools.get(pool_id) or {}
    data = operations.current().data
    validation = {entry["Name"]: entry.get("Value", "") for entry in data.get("ValidationData") or []}
    request = {"validationData": validation, "clientMetadata": data.get("ClientMetadata") or {}}
    flags = ("autoConfirmUser", "autoVerifyEmail", "autoVerifyPhone")
    user = {"Username": username, "Attributes": [{"Name": name, "Value": user_attrs[name]} for name in user_attrs]}
    source = trigger_source.partition("_")[2]
    response = _call_trigger("PreSignUp", source, pool, client_id, user, request, dict.fromkeys(flags, False))
    return {name: bool(response.get(name)) for name in flags}


@operations.around("_initiate_auth", "_admin_initiate_auth")
def _pre_authentication(data: dict[str, Any], call: Handler) -> Response:
    pool = _pool(data)
    if pool is None or data.get("AuthFlow") not in _SIGN_IN_FLOWS:
        return call(data)
    username = (data.get("AuthParameters") or {}).get("USERNAME") or ""
    user, _ = cognito._resolve_user(pool, username)
    request: dict[str, Any] = {"validationData": data.get("ClientMetadata") or {}}
    if cognito._hides_user_existence(pool, data.get("ClientId")):
        request["userNotFound"] = user is None
    if user is not None or "userNotFound" in request:
        user = user or {"Username": username}
        _call_trigger("PreAuthentication", "Authentication", pool, data.get("ClientId"), user, request)
    return call(data)


@operations.around("_sign_up", "_confirm_sign_up", "_admin_confirm_sign_up")
def _post_sign_up(data: dict[str, Any], call: Handler) -> Response:
    response = call(data)
    if response[0] == 200:
        _post_confirmation("ConfirmSignUp", data)
    return response


@operations.around("_confirm_forgot_password")
def _post_new_password(data: dict[str, Any], call: Handler) -> Response:
    response = call(data)
    if response[0] == 200:
        _post_confirmation("ConfirmForgotPassword", data)
    return response


def _post_confirmation(source: str, data: dict[str, Any]) -> None:
    pool = _pool(data)
    user = cognito._resolve_user(pool, data.get("Username"))[0] if pool else None
    if pool and user and user["UserStatus"] == "CONFIRMED":
        request = {"clientMetadata": data.get("ClientMetadata") or {}}
        _call_trigger("PostConfirmation", source, pool, data.get("ClientId"), user, request)


def _call_trigger(
    name: str,
    source: str,
    pool: dict[str, Any],
    client_id: str | None,
    user: dict[str, Any],
    request: dict[str, Any],
    response: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Call one trigger of a pool, when it is configured, and return the response that the function set."""
    arn = (pool.get("LambdaConfig") or {}).get(name)
    if not arn:
        return {}
    attributes = {entry["Name"]: entry["Value"] for entry in user.get("Attributes", [])}
    if "UserStatus" in user:
        attributes["cognito:user_status"] = user["UserStatus"]
    event = {
        "version": "1",
        "triggerSource": f"{name}_{source}",
        "region": cognito._pool_region(pool["Id"]),
        "userPoolId": pool["Id"],
        "userName": user["Username"],
        "callerContext": {
            "awsSdkVersion": "aws-sdk-unknown-unknown",
            "clientId": client_id or "CLIENT_ID_NOT_APPLICABLE",
        },
        "request": {"userAttributes": attributes, **request},
        "response": response or {},
    }
    return _invoke_trigger(name, arn, event)


def _invoke_trigger(name: str, arn: str, event: dict[str, Any]) -> dict[str, Any]:
    function, configuration, _ = lambda_svc._get_func_record_for_ref(arn)
    if function is None or configuration is None:
        raise CognitoError("ResourceNotFoundException", f"{name} invocation failed due to configuration.")
    record = lambda_svc._execution_record_for_config(function, configuration)
    result = lambda_svc._execute_function_with_config_scope(record, event)
    payload = _document(result.get("body"))
    if result.get("error"):
        reason = payload.get("errorMessage") or "unknown error"
        raise CognitoError("UserLambdaValidationException", f"{name} failed with error {reason}.")
    changed = payload.get("response")
    return changed if isinstance(changed, dict) else {}


def _document(body: Any) -> dict[str, Any]:
    try:
        document = json.loads(body) if isinstance(body, str | bytes) else body
    except ValueError:
        document = None
    return document if isinstance(document, dict) else {}


def _pool(data: dict[str, Any]) -> Any:
    return cognito._user_pools.get(data.get("UserPoolId")) or cognito._pool_for_client(data.get("ClientId"))[0]
