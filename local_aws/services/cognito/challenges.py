"""The response to a challenge must have the challenge's session: NEW_PASSWORD_REQUIRED and the MFA challenges.

AWS binds the session of a challenge to the user who proved the password, to the app client and to the challenge. The
session is valid for AuthSessionValidity minutes and for one response. A new password must conform to the password
policy.
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html

This MiniStack issues a session and does not check it. Anybody who responds to NEW_PASSWORD_REQUIRED with a user's
name sets that user's password and is signed in.
"""

import json
import time
from dataclasses import dataclass
from typing import Any

from ministack.services import cognito

from local_aws.services.cognito import operations
from local_aws.services.cognito.operations import CognitoError, Handler, Response

_SESSION_CHALLENGES = ("NEW_PASSWORD_REQUIRED", "SOFTWARE_TOKEN_MFA", "MFA_SETUP")


@dataclass(frozen=True)
class _Challenge:
    name: str
    client_id: object
    username: str
    expires: float


_sessions: dict[str, _Challenge] = {}


@operations.around("_initiate_auth", "_admin_initiate_auth")
def _remember_session(data: dict[str, Any], call: Handler) -> Response:
    """Remember the session of a challenge in the response."""
    response = call(data)
    document = json.loads(response[2]) if response[0] == 200 else {}
    if document.get("ChallengeName") in _SESSION_CHALLENGES:
        pool = _pool(data)
        user, _ = cognito._resolve_user(pool, document["ChallengeParameters"]["USER_ID_FOR_SRP"])
        minutes = pool["_clients"][data["ClientId"]].get("AuthSessionValidity") or 3
        _forget_expired()
        _sessions[document["Session"]] = _Challenge(
            document["ChallengeName"], data["ClientId"], user["Username"], time.time() + minutes * 60
        )
    return response


@operations.around("_respond_to_auth_challenge", "_admin_respond_to_auth_challenge")
def _check_session(data: dict[str, Any], call: Handler) -> Response:
    name = data.get("ChallengeName")
    if name not in _SESSION_CHALLENGES:
        return _remember_session(data, call)
    challenge = _sessions.get(str(data.get("Session")))
    responses, pool = data.get("ChallengeResponses") or {}, _pool(data)
    user = cognito._resolve_user(pool, responses.get("USERNAME"))[0] if pool else None
    if challenge is None or user is None or time.time() >= challenge.expires:
        raise CognitoError("NotAuthorizedException", "Invalid session for the user, session is expired.")
    if (challenge.name, challenge.client_id, challenge.username) != (name, data.get("ClientId"), user["Username"]):
        raise CognitoError("NotAuthorizedException", "Invalid session for the user.")
    if name == "NEW_PASSWORD_REQUIRED":
        refusal: Response | None = cognito._validate_password(pool, responses.get("NEW_PASSWORD") or "")
        if refusal:
            return refusal
    response = _remember_session(data, call)
    if response[0] == 200:
        _sessions.pop(str(data.get("Session")), None)
    return response


def _pool(data: dict[str, Any]) -> Any:
    return cognito._user_pools.get(data.get("UserPoolId")) or cognito._pool_for_client(data.get("ClientId"))[0]


def _forget_expired() -> None:
    for session in [session for session, challenge in _sessions.items() if time.time() >= challenge.expires]:
        del _sessions[session]
