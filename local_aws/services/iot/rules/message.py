"""One message that a rule applies to, and the substitution templates of an action, which are evaluated on it.

`${expression}` in an action's parameter stands for the value of an expression of the rule's SQL, applied to the
original message (https://docs.aws.amazon.com/iot/latest/developerguide/iot-substitution-templates.html).
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ministack.services import iot

_TEMPLATE = re.compile(r"\$\{((?:[^{}']|'[^']*')*)\}")

# What MiniStack's rule SQL has for a value that is undefined, such as the document of a payload that is not UTF-8.
UNDEFINED = iot._rule_message(b"\xff")


class NoValue(Exception):
    """The expression of a substitution template is undefined for this message."""


@dataclass(frozen=True)
class Message:
    """A published message; `document` is its payload as JSON, or as text."""

    topic: str
    payload: bytes
    client_id: str | None
    document: Any

    def selected(self, sql: str) -> Any:
        """What the rule's SELECT makes of the message."""
        return iot._rule_event(sql, self.topic, self.payload, self.client_id, message=self.document)

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

    def _value(self, expression: str) -> str:
        value = iot._eval_select_expr(expression, self.topic, self.payload, self.document, self.client_id)
        text = iot._sql_as_string(value)
        if text is None:
            raise NoValue(f"the substitution template ${{{expression}}} is undefined")
        return str(text)


def message(topic: str, payload: bytes, client_id: str | None) -> Message:
    """A message as it was published."""
    return Message(topic, payload, client_id, iot._rule_message(payload))


@lru_cache(maxsize=256)
def _where_clause(sql: str) -> str:
    return str(iot._rule_where_clause(sql))


@lru_cache(maxsize=256)
def _parts(template: str) -> tuple[tuple[str, bool], ...]:
    """A template's text and expressions in turn."""
    return tuple((part, bool(index % 2)) for index, part in enumerate(_TEMPLATE.split(template)))
