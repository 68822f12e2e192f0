"""What can go wrong, one exception per cause."""


class InvalidTodo(Exception):
    """A field has a value that its type alone does not rule out."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field} {detail}")
        self.field = field
        self.detail = detail


class TodoNotFound(Exception):
    """The owner has no such to-do. Another user's looks the same."""


class VersionConflict(Exception):
    """The to-do was changed since the client read it."""


class KeyReused(Exception):
    """The idempotency key came before, with another body."""


class AccountDeleted(Exception):
    """The account is deleted or being deleted; it takes no more changes."""


class Busy(Exception):
    """Too much is being changed at once, or there was not enough time; the same request may be sent again."""
