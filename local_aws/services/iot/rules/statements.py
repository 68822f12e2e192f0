"""What a rule's statement and the substitution templates of its actions make of a message.

`${expression}` in an action's parameter stands for the value of an expression of the rule's SQL, applied to the
original message (https://docs.aws.amazon.com/iot/latest/developerguide/iot-substitution-templates.html).
"""

import re
from functools import lru_cache
from typing import Any

from ministack.services import iot

from local_aws.services.iot.rules.expressions import UNDEFINED, Expression, expression
from local_aws.services.iot.rules.message import Message

_TEMPLATE = re.compile(r"\$\{((?:[^{}']|'[^']*')*)\}")


class NoValue(Exception):
    """The expression of a substitution template is undefined for this message."""


def selected(sql: str, message: Message) -> Any:
    """What the rule's SELECT makes of the message."""
    items = _selection(sql)
    if len(items) == 1 and items[0][0] is None:
        return message.document
    event: dict[str, Any] = {}
    for key, evaluate in items:
        value = evaluate(message)
        if key is not None and value is not UNDEFINED:
            event[key] = value
        elif key is None and isinstance(value, dict):
            event.update(value)
    return event


def accepts(sql: str, message: Message) -> bool:
    """Whether the rule's WHERE accepts the message."""
    condition = _where_clause(sql)
    return not condition or iot._eval_where(
        condition, message.topic, message.payload, message.document, message.client_id
    )


def filled(template: str, message: Message) -> str:
    """A parameter with the values of its substitution templates.

    Raises
    ------
    NoValue
        An expression is undefined.
    """
    return "".join(_value(part, message) if is_expression else part for part, is_expression in _parts(template))


def _value(text: str, message: Message) -> str:
    value = iot._sql_as_string(expression(text)(message))
    if value is None:
        raise NoValue(f"the substitution template ${{{text}}} is undefined")
    return str(value)


@lru_cache(maxsize=256)
def _selection(sql: str) -> list[tuple[str | None, Expression]]:
    """The names and expressions of a SELECT; None is the name of the whole document."""
    items = []
    for item in iot._split_select_items(iot._rule_select_clause(sql)) or ["*"]:
        text, alias = iot._split_select_alias(item)
        is_document = text == "*" and alias is None
        items.append((None if is_document else alias or iot._select_default_key(text), expression(text)))
    return items


@lru_cache(maxsize=256)
def _where_clause(sql: str) -> str:
    return str(iot._rule_where_clause(sql))


@lru_cache(maxsize=256)
def _parts(template: str) -> tuple[tuple[str, bool], ...]:
    """A template's text and expressions in turn."""
    return tuple((part, bool(index % 2)) for index, part in enumerate(_TEMPLATE.split(template)))
