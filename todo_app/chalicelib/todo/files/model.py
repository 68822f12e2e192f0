"""Whose files are where: a user's folder is named by their identity in the identity pool."""

import msgspec


class DeletedTodo(msgspec.Struct, frozen=True):
    """A to-do that is deleted; its files are left."""

    owner: str
    id: str


class Folder(msgspec.Struct, frozen=True):
    """What is known of an owner's folder: its name, empty until it is known, and whether the account is deleted."""

    name: str = ""
    is_account_deleted: bool = False
