"""Deleting an account: asked for once, then carried out by a queue's function, resumable from any point."""

from collections.abc import Callable
from typing import Protocol

import msgspec

# Temporary credentials given out before the user was deleted work for an hour; then the folder is swept again.
# https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetCredentialsForIdentity.html
CREDENTIALS_SECONDS = 3600 + 300
TOMBSTONE_SECONDS = 24 * 3600

OutOfTime = Callable[[], bool]


class DeletionRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose account is to be deleted; `sweep_at` (seconds since 1970) is set once only the last sweep is left."""

    owner: str
    username: str
    identity_id: str
    sweep_at: int = 0


class Unfinished(Exception):
    """There was not enough time for everything; what is left is for the next message."""


class Tombstones(Protocol):
    """Marks accounts as deleted."""

    def is_deleted(self, owner: str) -> bool:
        """Whether the account has a tombstone."""

    def mark_deleted(self, owner: str, at: int) -> None:
        """Let the account take no more changes, from now on; a second time changes nothing."""


class AccountItems(Tombstones, Protocol):
    """All that the table holds of an account."""

    def clear(self, owner: str, out_of_time: OutOfTime) -> None:
        """Delete everything but the tombstone, or raise Unfinished."""

    def expire_tombstone(self, owner: str, expires_at: int) -> None:
        """Let the tombstone go, too, at that time."""


class Files(Protocol):
    """Users' folders."""

    def clear(self, identity_id: str, out_of_time: OutOfTime) -> None:
        """Delete every file in an identity's folder, or raise Unfinished."""


class Users(Protocol):
    """The user pool. An absent user is no error."""

    def sign_out(self, username: str) -> None:
        """Revoke all refresh tokens."""

    def delete(self, username: str) -> None:
        """Delete the user."""


class Identities(Protocol):
    """The identity pool."""

    def identity_id(self, id_token: str) -> str:
        """Return the identity of the user whose token this is: never taken from the client's word."""


class DeletionQueue(Protocol):
    """Carries deletion requests to the function that fulfils them, at least once."""

    def send(self, request: DeletionRequest, delay_seconds: int = 0) -> None:
        """Send a request; a delay longer than the queue allows is cut to what it allows."""


class Accounts:
    """What a user does with their account."""

    def __init__(
        self, tombstones: Tombstones, identities: Identities, queue: DeletionQueue, now: Callable[[], int]
    ) -> None:
        self._tombstones = tombstones
        self._identities = identities
        self._queue = queue
        self._now = now

    def request_deletion(self, owner: str, username: str, id_token: str) -> None:
        """Accept the deletion of an account, which takes no changes from now on; asking again is no error."""
        if self._tombstones.is_deleted(owner):
            return
        request = DeletionRequest(owner, username, self._identities.identity_id(id_token))
        # In this order a crash in between cannot leave a locked account that nobody deletes.
        self._queue.send(request)
        self._tombstones.mark_deleted(owner, self._now())


class AccountDeletion:
    """Fulfils deletion requests. Every step may be repeated, so a request may come twice or begin anew."""

    def __init__(
        self, items: AccountItems, files: Files, users: Users, queue: DeletionQueue, now: Callable[[], int]
    ) -> None:
        self._items = items
        self._files = files
        self._users = users
        self._queue = queue
        self._now = now

    def fulfil(self, request: DeletionRequest, out_of_time: OutOfTime) -> None:
        """Delete to-dos, files and user, and have the folder swept once more when no credentials are left."""
        try:
            if request.sweep_at == 0:
                self._delete(request, out_of_time)
            elif self._now() < request.sweep_at:
                self._queue.send(request, request.sweep_at - self._now())
            else:
                self._sweep(request, out_of_time)
        except Unfinished:
            # A message of its own, so that a large account does not use up the receives that poison is allowed.
            self._queue.send(request)

    def _delete(self, request: DeletionRequest, out_of_time: OutOfTime) -> None:
        self._items.mark_deleted(request.owner, self._now())
        self._users.sign_out(request.username)
        self._items.clear(request.owner, out_of_time)
        self._files.clear(request.identity_id, out_of_time)
        self._users.delete(request.username)
        sweep = msgspec.structs.replace(request, sweep_at=self._now() + CREDENTIALS_SECONDS)
        self._queue.send(sweep, CREDENTIALS_SECONDS)

    def _sweep(self, request: DeletionRequest, out_of_time: OutOfTime) -> None:
        self._items.clear(request.owner, out_of_time)
        self._files.clear(request.identity_id, out_of_time)
        self._items.expire_tombstone(request.owner, self._now() + TOMBSTONE_SECONDS)
