"""The use cases of accounts: a user requests the deletion, a function carries it out and can resume at any point."""

from collections.abc import Callable

import msgspec
from chalicelib.todo.accounts.model import DeletionRequest
from chalicelib.todo.accounts.ports import (
    AccountItems,
    DeletionQueue,
    Files,
    Identities,
    OutOfTime,
    Tombstones,
    Users,
)
from chalicelib.todo.errors import Unfinished

# Temporary credentials that were issued before the user was deleted work for an hour; then the folder is swept again.
# https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetCredentialsForIdentity.html
CREDENTIALS_SECONDS = 3600 + 300
TOMBSTONE_SECONDS = 24 * 3600


class Accounts:
    """What a user does with their account."""

    def __init__(
        self, tombstones: Tombstones, identities: Identities, queue: DeletionQueue, now: Callable[[], int]
    ) -> None:
        """`now` returns seconds since 1970."""
        self._tombstones = tombstones
        self._identities = identities
        self._queue = queue
        self._now = now

    def request_deletion(self, owner: str, username: str, id_token: str) -> None:
        """Request the deletion of an account, which takes no changes from now on; a second request is no error.

        Raises
        ------
        TokenRefused
            The user has signed out, or is deleted or disabled.
        """
        if self._tombstones.is_deleted(owner):
            return
        request = DeletionRequest(owner, username, self._identities.identity_id(id_token))
        # In this order a crash in between cannot leave a locked account that nobody deletes.
        self._queue.send(request)
        self._tombstones.mark_deleted(owner, self._now())


class AccountDeletion:
    """Fulfils deletion requests. Every step may be repeated, so a request may arrive twice or start again."""

    def __init__(
        self, *, items: AccountItems, files: Files, users: Users, queue: DeletionQueue, now: Callable[[], int]
    ) -> None:
        """`now` returns seconds since 1970."""
        self._items = items
        self._files = files
        self._users = users
        self._queue = queue
        self._now = now

    def fulfil(self, request: DeletionRequest, out_of_time: OutOfTime) -> None:
        """Delete to-dos, files and user; then request a last sweep for when temporary credentials have expired."""
        try:
            if request.sweep_at == 0:
                self._delete(request, out_of_time)
            elif self._now() < request.sweep_at:
                self._queue.send(request, request.sweep_at - self._now())
            else:
                self._sweep(request, out_of_time)
        except Unfinished:
            # A new message, so that a large account does not use up the receives after which SQS gives a message up.
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
