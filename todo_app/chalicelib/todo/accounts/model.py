"""The request to delete an account."""

import msgspec


class DeletionRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose account is to be deleted.

    `sweep_at` (seconds since 1970) is the time of the last sweep; it is 0 until everything is deleted for the first
    time.
    """

    owner: str
    username: str
    identity_id: str
    sweep_at: int = 0
