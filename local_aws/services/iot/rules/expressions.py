"""The expressions of a rule's SQL, each prepared once for all messages.

What needs only a message's topic or its bytes is evaluated here, so that the payload is parsed only for a rule that
looks into it. Everything else is evaluated by MiniStack, which matches an expression anew for each message.
"""

import base64
import re
import secrets
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ministack.services import iot

from local_aws.hooks import replaces
from local_aws.services.iot.rules.message import Message

Expression = Callable[[Message], Any]
# What MiniStack's rule SQL has for a value that is undefined, such as the document of a payload that is not UTF-8.
UNDEFINED = iot._rule_message(b"\xff")
_CALL = re.compile(r"([a-z]+)\s*\(\s*(.*?)\s*\)", re.IGNORECASE | re.DOTALL)
_WHOLE_PAYLOAD = re.compile(r"\*\s*,\s*'base64'", re.IGNORECASE)


@replaces("ministack.services.iot:new_uuid")
def new_uuid() -> str:
    """A random UUID. Each message has two, and Python's class takes twice as long for one."""
    digits = secrets.token_hex(16)
    # https://www.rfc-editor.org/rfc/rfc9562#section-5.4: the version is 4, and the variant's first bits are 10.
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


@lru_cache(maxsize=1024)
def expression(text: str) -> Expression:
    """Prepare an expression. Its value for a message may be UNDEFINED."""
    call = _CALL.fullmatch(text.strip())
    own = _own(call[1].lower(), call[2]) if call else None
    return own or (
        lambda message: iot._eval_select_expr(text, message.topic, message.payload, message.document, message.client_id)
    )


def _own(name: str, arguments: str) -> Expression | None:
    if name == "encode" and _WHOLE_PAYLOAD.fullmatch(arguments):
        return lambda message: base64.b64encode(message.payload).decode()
    if name == "topic" and arguments.isdecimal() and int(arguments):
        return _segment(int(arguments))
    return _WITHOUT_ARGUMENTS.get(name) if not arguments else None


def _segment(number: int) -> Expression:
    """The part of the topic with this number, from 1."""

    def evaluate(message: Message) -> Any:
        segments = message.topic.split("/")
        return segments[number - 1] if number <= len(segments) else UNDEFINED

    return evaluate


_WITHOUT_ARGUMENTS: dict[str, Expression] = {
    "timestamp": lambda message: int(time.time() * 1000),
    "newuuid": lambda message: new_uuid(),
    "topic": lambda message: message.topic,
}
