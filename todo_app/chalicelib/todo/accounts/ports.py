"""What the deletion of accounts needs from AWS."""

from collections.abc import Callable
from typing import Protocol

from chalicelib.todo.accounts.model import DeletionRequest

# Whether too little time is left to go on.
OutOfTime = Callable[[], bool]


class Tombstones(Protocol):
    """Marks accounts as deleted."""

    def is_deleted(self, owner: str) -> bool:
        """Whether the account has a tombstone."""

    def mark_deleted(self, owner: str, at: int) -> None:
        """Write the tombstone, after which the account takes no changes; a second time changes nothing."""


class AccountItems(Tombstones, Protocol):
    """All that the table holds of an account."""

    def clear(self, owner: str, out_of_time: OutOfTime) -> None:
        """Delete everything but the tombstone, or raise Unfinished."""

    def expire_tombstone(self, owner: str, expires_at: int) -> None:
        """Have the tombstone deleted at a time (seconds since 1970)."""


class Files(Protocol):
    """The users' folders."""

    def clear(self, folder: str, out_of_time: OutOfTime) -> int:
        """Delete every file in an identity's folder, which its id names, or raise Unfinished."""


class Users(Protocol):
    """The user pool. An absent user is no error."""

    def sign_out(self, username: str) -> None:
        """Revoke all refresh tokens."""

    def delete(self, username: str) -> None:
        """Delete the user."""


class Identities(Protocol):
    """The identity pool."""

    def identity_id(self, id_token: str) -> str:
        """Return the identity of the user whose token this is, or raise TokenRefused.

        A client's own word for it is never taken.
        """


class DeletionQueue(Protocol):
    """Carries deletion requests to the function that fulfils them, at least once."""

    def send(self, request: DeletionRequest, delay_seconds: int = 0) -> None:
        """Send a request; a delay longer than the queue allows is cut to what it allows."""
