"""Wraps operations of Cognito: the current call, errors that a wrapper raises, and users' attributes and codes."""

import functools
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import cognito

from local_aws.hooks import wraps
from local_aws.services.cognito import sign_in_limits

Answer = tuple[int, dict[str, str], bytes]
Handler = Callable[[dict[str, Any]], Answer]
Around = Callable[[dict[str, Any], Handler], Answer]


class Refused(Exception):
    """Cognito refuses the call with this error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.response: Answer = error_response_json(code, message, 400)


@dataclass(frozen=True)
class Call:
    """One call of a user pool operation."""

    action: str = ""
    data: dict[str, Any] = field(default_factory=dict)


_current: ContextVar[Call] = ContextVar("cognito_call", default=Call())  # noqa: B039 - frozen, and never changed


def current() -> Call:
    """The call that this thread serves."""
    return _current.get()


def around(*handlers: str) -> Callable[[Around], Around]:
    """Run a wrapper around operations, which are named by their handlers in MiniStack, such as `_sign_up`.

    It gets the operation's input and the operation. It runs after Cognito's own checks of token, secret hash, flow and
    code. It refuses by raising `Refused`; what it wraps answers, and does not raise.
    """

    def declare(wrapper: Around) -> Around:
        @functools.wraps(wrapper)
        def layer(handler: Handler, data: dict[str, Any]) -> Answer:
            return _answer(lambda data: wrapper(data, lambda data: _answer(handler, data)), data)

        wraps(*(f"ministack.services.cognito:{handler}" for handler in handlers))(layer)
        return wrapper

    return declare


@wraps("ministack.services.cognito:_run_idp_handler")
def _run_idp_handler(run: Callable[..., Answer], handler: Handler, action: str, data: dict[str, Any]) -> Answer:
    """Set the current call, and answer the errors that its wrappers raise."""
    token = _current.set(Call(action, data))
    try:
        return _answer(lambda data: run(handler, action, data), data)
    finally:
        _current.reset(token)


def _answer(handler: Handler, data: dict[str, Any]) -> Answer:
    try:
        return handler(data)
    except Refused as refusal:
        return refusal.response
    except (cognito._CustomMessageRejected, cognito._CustomMessageInvalid) as failure:
        answer: Answer = cognito._custom_message_error(failure)
        return answer


def pool_and_user(data: dict[str, Any]) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """The pool of a call's app client, and the user that it names there."""
    pool, _ = cognito._pool_for_client(data.get("ClientId"))
    return pool, cognito._resolve_user(pool, data.get("Username"))[0] if pool else None


def attributes(user: dict[str, Any]) -> dict[str, str]:
    """A user's attributes by name."""
    return {entry["Name"]: entry["Value"] for entry in user.get("Attributes", [])}


def set_attributes(user: dict[str, Any], **values: str) -> None:
    """Set attributes of a user."""
    updates = [{"Name": name, "Value": value} for name, value in values.items()]
    user["Attributes"] = cognito._merge_attributes(user.get("Attributes", []), updates)


def use_code(user: dict[str, Any], purpose: str, code: object) -> None:
    """Use up the code sent to a user for one purpose, or refuse as Cognito does."""
    try:
        sign_in_limits.use_code(user, purpose, str(code), time.time())
    except sign_in_limits.CodeMismatch:
        raise Refused("CodeMismatchException", "Invalid verification code provided, please try again.") from None
    except sign_in_limits.CodeExpired:
        raise Refused("ExpiredCodeException", "Invalid code provided, please request a code again.") from None
    except sign_in_limits.TooManyAttempts:
        raise Refused("LimitExceededException", "Attempt limit exceeded, please try after some time.") from None
