"""A challenge is answered with the session that it was given: NEW_PASSWORD_REQUIRED and the MFA challenges.

AWS binds the session of a challenge to the user who proved the password, the app client and the challenge, for
AuthSessionValidity minutes and for one answer, and applies the password policy to a new password.
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html

This MiniStack hands out a session and never asks for it back: whoever answers NEW_PASSWORD_REQUIRED with any user's
name sets that user's password and is signed in. Hooked around the calls that give and take challenges.
"""

import json
import time
from dataclasses import dataclass
from typing import Any

from ministack.services import cognito

from local_aws.hooks import Hook
from local_aws.services.cognito import operations as cognito_calls
from local_aws.services.cognito.operations import Answer, Handler, Refused
from local_aws.settings import Settings

_COGNITO = "ministack.services.cognito"
HOOKS = (
    *cognito_calls.HOOKS,
    Hook(f"{_COGNITO}:_validate_password", "pool,password"),
)

_BOUND = ("NEW_PASSWORD_REQUIRED", "SOFTWARE_TOKEN_MFA", "MFA_SETUP")


@dataclass(frozen=True)
class _Challenge:
    name: str
    client_id: object
    username: str
    expires: float


_waiting: dict[str, _Challenge] = {}


def install(settings: Settings) -> None:
    """Bind the sessions of challenges to their users."""
    initiations = dict.fromkeys(("InitiateAuth", "AdminInitiateAuth"), _remembered)
    responses = dict.fromkeys(("RespondToAuthChallenge", "AdminRespondToAuthChallenge"), _answered)
    cognito_calls.around(initiations | responses)


def _remembered(data: dict[str, Any], call: Handler) -> Answer:
    """Keep the session of a challenge that the answer sets."""
    answer = call(data)
    document = json.loads(answer[2]) if answer[0] == 200 else {}
    if document.get("ChallengeName") in _BOUND:
        pool = _pool(data)
        user, _ = cognito._resolve_user(pool, document["ChallengeParameters"]["USER_ID_FOR_SRP"])
        minutes = pool["_clients"][data["ClientId"]].get("AuthSessionValidity") or 3
        _forget_expired()
        _waiting[document["Session"]] = _Challenge(
            document["ChallengeName"], data["ClientId"], user["Username"], time.time() + minutes * 60
        )
    return answer


def _answered(data: dict[str, Any], call: Handler) -> Answer:
    name = data.get("ChallengeName")
    if name not in _BOUND:
        return _remembered(data, call)
    challenge = _waiting.get(str(data.get("Session")))
    responses, pool = data.get("ChallengeResponses") or {}, _pool(data)
    user = cognito._resolve_user(pool, responses.get("USERNAME"))[0] if pool else None
    if challenge is None or user is None or time.time() >= challenge.expires:
        raise Refused("NotAuthorizedException", "Invalid session for the user, session is expired.")
    if (challenge.name, challenge.client_id, challenge.username) != (name, data.get("ClientId"), user["Username"]):
        raise Refused("NotAuthorizedException", "Invalid session for the user.")
    if name == "NEW_PASSWORD_REQUIRED":
        refusal: Answer | None = cognito._validate_password(pool, responses.get("NEW_PASSWORD") or "")
        if refusal:
            return refusal
    answer = _remembered(data, call)
    if answer[0] == 200:
        _waiting.pop(str(data.get("Session")), None)
    return answer


def _pool(data: dict[str, Any]) -> Any:
    return cognito._user_pools.get(data.get("UserPoolId")) or cognito._pool_for_client(data.get("ClientId"))[0]


def _forget_expired() -> None:
    for session in [session for session, challenge in _waiting.items() if time.time() >= challenge.expires]:
        del _waiting[session]
