"""The domain's exceptions, one for each cause."""

from common.errors import InvalidField


class InvalidTodo(InvalidField):
    """A field of a to-do has a value that is not valid, though its type allows it."""


class TodoNotFound(Exception):
    """The owner does not have the to-do. Another user's to-do counts as absent, too."""


class TodoExists(Exception):
    """The id of a new to-do is in use."""


class ChangesExpired(Exception):
    """The log of changes does not reach back to the version that a device has."""


class KeyReused(Exception):
    """The idempotency key was used before with another body."""


class TokenRefused(Exception):
    """The identity pool refuses the ID token: the user has signed out since, or is deleted or disabled."""


class FolderUnknown(Exception):
    """No request has told which folder in the bucket is the owner's."""


class Unfinished(Exception):
    """There was not enough time to delete everything; the next attempt continues."""


class AccountDeleted(Exception):
    """The account is deleted or being deleted, and accepts no changes."""
