"""What can go wrong, one exception per cause."""

from common.errors import InvalidField


class InvalidTodo(InvalidField):
    """A field has a value that its type alone does not rule out."""


class TodoNotFound(Exception):
    """The owner has no such to-do. Another user's looks the same."""


class KeyReused(Exception):
    """The idempotency key came before, with another body."""


class AccountDeleted(Exception):
    """The account is deleted or being deleted; it takes no more changes."""
