"""Wrong passwords lock sign-in for a while, in the password and the SRP flows and on the login page.

On AWS the fifth wrong password in a row locks the user for one second, and each further one for twice as long, up to
about 15 minutes. An attempt during the lock answers NotAuthorizedException "Password attempts exceeded" and does not
count. A right password after the lock, or 15 minutes without an attempt, resets the count.
https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html (lockout behavior)

This MiniStack lets a client guess a password any number of times.

Here an attempt is counted before the password is checked, so that concurrent attempts count one by one. A name that no
user has is locked in the same way if the app client hides which users exist. AWS does not document what it does then.
"""

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from ministack.services import cognito

from local_aws.hooks import wraps
from local_aws.services.cognito import operations, sign_in_limits
from local_aws.services.cognito.operations import CognitoError, Handler, Response

_PASSWORD_FLOWS = ("USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH")
_WRONG_PASSWORD = "Incorrect username or password."
_EXCEEDED = "Password attempts exceeded"
_counting = threading.Lock()
# The attempts on names that no user has; only the latest, since anybody can make up names.
_unknown_users: OrderedDict[tuple[str, str], dict[str, Any]] = OrderedDict()
_MAX_UNKNOWN_USERS = 1000


@wraps("ministack.services.cognito:_authenticate_hosted_ui_user")
def _authenticate_on_login_page(
    authenticate: Callable[..., tuple[Any, str]], pool: dict[str, Any], username: str, password: str
) -> tuple[Any, str]:
    user, _ = cognito._resolve_user(pool, username)
    if user is None:
        return None, _WRONG_PASSWORD
    with _counting:
        if sign_in_limits.is_locked(user, time.time()):
            return None, _EXCEEDED
        sign_in_limits.wrong_password(user, time.time())
    authenticated, problem = authenticate(pool, username, password)
    if authenticated is not None:
        sign_in_limits.right_password(user)
    return authenticated, str(problem)


@operations.around("_initiate_auth", "_admin_initiate_auth")
def _initiate_auth(data: dict[str, Any], call: Handler) -> Response:
    flow = data.get("AuthFlow")
    pool = cognito._user_pools.get(data.get("UserPoolId")) or cognito._pool_for_client(data.get("ClientId"))[0]
    user = _user(pool, data.get("ClientId"), (data.get("AuthParameters") or {}).get("USERNAME")) if pool else None
    if user is None or flow not in (*_PASSWORD_FLOWS, "USER_SRP_AUTH"):
        return call(data)
    if flow in _PASSWORD_FLOWS:
        return _count_result(user, data, call)
    _check_lock(user)
    return call(data)


@operations.around("_respond_to_auth_challenge", "_admin_respond_to_auth_challenge")
def _respond_to_auth_challenge(data: dict[str, Any], call: Handler) -> Response:
    user = _challenged_user(data) if data.get("ChallengeName") == "PASSWORD_VERIFIER" else None
    return _count_result(user, data, call) if user is not None else call(data)


def _challenged_user(data: dict[str, Any]) -> dict[str, Any] | None:
    """The user for whom the PASSWORD_VERIFIER challenge was made; the name in the response is ignored."""
    responses = data.get("ChallengeResponses") or {}
    for token in (responses.get("PASSWORD_CLAIM_SECRET_BLOCK"), data.get("Session")):
        session = cognito._get_challenge_session(token)[0] if token else None
        pool = cognito._user_pools.get(session["pool_id"]) if session else None
        if session and pool:
            return _user(pool, data.get("ClientId"), session["username"])
    return None


def _user(pool: dict[str, Any], client_id: object, username: object) -> dict[str, Any] | None:
    """The user whose attempts are counted, or an unknown name if the client hides which users exist."""
    user: dict[str, Any] | None = cognito._resolve_user(pool, username)[0]
    if user is None and isinstance(username, str) and cognito._hides_user_existence(pool, client_id):
        user = _unknown_users.setdefault((pool["Id"], username), {})
        _unknown_users.move_to_end((pool["Id"], username))
        if len(_unknown_users) > _MAX_UNKNOWN_USERS:
            _unknown_users.popitem(last=False)
    return user


def _count_result(user: dict[str, Any], data: dict[str, Any], call: Handler) -> Response:
    with _counting:
        _check_lock(user)
        counts = {name: user.get(name) for name in ("_wrong_passwords", "_locked_until")}
        sign_in_limits.wrong_password(user, time.time())
    response = call(data)
    if response[0] == 200:
        sign_in_limits.right_password(user)
    elif json.loads(response[2]).get("message") != _WRONG_PASSWORD:
        # Refused for another reason: the attempt did not prove the password wrong.
        user.update({name: value for name, value in counts.items() if value is not None})
        user["_wrong_passwords"] = counts["_wrong_passwords"] or 0
    return response


def _check_lock(user: dict[str, Any]) -> None:
    if sign_in_limits.is_locked(user, time.time()):
        raise CognitoError("NotAuthorizedException", _EXCEEDED)
