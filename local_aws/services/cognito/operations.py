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

# Status, headers and body.
Response = tuple[int, dict[str, str], bytes]
Handler = Callable[[dict[str, Any]], Response]
Wrapper = Callable[[dict[str, Any], Handler], Response]


class CognitoError(Exception):
    """Raised by a wrapper: the operation answers with this error of Cognito."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.response: Response = error_response_json(code, message, 400)


@dataclass(frozen=True)
class OperationCall:
    """One call of a user pool operation."""

    action: str = ""
    data: dict[str, Any] = field(default_factory=dict)


_current: ContextVar[OperationCall] = ContextVar(
    "cognito_call",
    default=OperationCall(),  # noqa: B039 - frozen, and never changed
)


def current() -> OperationCall:
    """The call that this thread serves."""
    return _current.get()


def around(*handlers: str) -> Callable[[Wrapper], Wrapper]:
    """Run a wrapper around operations, which are named by their handlers in MiniStack, such as `_sign_up`.

    The wrapper gets the operation's input and the operation. It runs after Cognito's own checks of token, secret hash,
    flow and code. It raises `CognitoError` to refuse the call. The operation returns its errors as responses.
    """

    def declare(wrapper: Wrapper) -> Wrapper:
        @functools.wraps(wrapper)
        def layer(handler: Handler, data: dict[str, Any]) -> Response:
            return _response(lambda data: wrapper(data, lambda data: _response(handler, data)), data)

        wraps(*(f"ministack.services.cognito:{handler}" for handler in handlers))(layer)
        return wrapper

    return declare


@wraps("ministack.services.cognito:_run_idp_handler")
def _run_idp_handler(run: Callable[..., Response], handler: Handler, action: str, data: dict[str, Any]) -> Response:
    """Set the current call, and turn the errors that its wrappers raise into responses."""
    token = _current.set(OperationCall(action, data))
    try:
        return _response(lambda data: run(handler, action, data), data)
    finally:
        _current.reset(token)


def _response(handler: Handler, data: dict[str, Any]) -> Response:
    """Run a handler; returns its response, or that of the error that it raises."""
    try:
        return handler(data)
    except CognitoError as error:
        return error.response
    except (cognito._CustomMessageRejected, cognito._CustomMessageInvalid) as failure:
        response: Response = cognito._custom_message_error(failure)
        return response


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
        raise CognitoError("CodeMismatchException", "Invalid verification code provided, please try again.") from None
    except sign_in_limits.CodeExpired:
        raise CognitoError("ExpiredCodeException", "Invalid code provided, please request a code again.") from None
    except sign_in_limits.TooManyAttempts:
        raise CognitoError("LimitExceededException", "Attempt limit exceeded, please try after some time.") from None
