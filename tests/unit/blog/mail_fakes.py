"""A mail service and a clock that tests control."""

from typing import Any


class Mailer:
    """The mails that were sent; sending can be refused, fail, or have `meanwhile` happen before it."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Any]] = []
        self.failure: Exception | None = None
        self.meanwhile: Any = None

    def send(self, address: str, mail: Any) -> None:
        if self.meanwhile:
            self.meanwhile(address)
        if self.failure:
            raise self.failure
        self.sent.append((address, mail))


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000

    def __call__(self) -> int:
        return self.now
