"""One message that a rule applies to."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ministack.services import iot


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
