"""One message that a rule applies to, and the substitution templates of an action, which are evaluated on it.

`${expression}` in an action's parameter stands for the value of an expression of the rule's SQL, applied to the
original message (https://docs.aws.amazon.com/iot/latest/developerguide/iot-substitution-templates.html).
"""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from ministack.services import iot

from local_aws.services.iot.rules.expressions import UNDEFINED, Expression, expression

_TEMPLATE = re.compile(r"\$\{((?:[^{}']|'[^']*')*)\}")


class NoValue(Exception):
    """The expression of a substitution template is undefined for this message."""


@dataclass(frozen=True)
class Message:
    """A published message."""

    topic: str
    payload: bytes
    client_id: str | None

    @cached_property
    def document(self) -> Any:
        """The payload as JSON, or as text."""
        return iot._rule_message(self.payload)

    def selected(self, sql: str) -> Any:
        """What the rule's SELECT makes of the message."""
        items = _selection(sql)
        if len(items) == 1 and items[0][0] is None:
            return self.document
        event: dict[str, Any] = {}
        for key, evaluate in items:
            value = evaluate(self)
            if key is not None and value is not UNDEFINED:
                event[key] = value
            elif key is None and isinstance(value, dict):
                event.update(value)
        return event

    def matches(self, sql: str) -> bool:
        """Whether the rule's WHERE accepts the message."""
        condition = _where_clause(sql)
        return not condition or iot._eval_where(condition, self.topic, self.payload, self.document, self.client_id)

    def filled(self, template: str) -> str:
        """A parameter with the values of its substitution templates.

        Raises
        ------
        NoValue
            An expression is undefined.
        """
        return "".join(self._value(part) if is_expression else part for part, is_expression in _parts(template))

    def _value(self, text: str) -> str:
        value = iot._sql_as_string(expression(text)(self))
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
