"""The use cases of files: a request that deletes to-dos makes their folder known, a function deletes their files."""

from chalicelib.todo.accounts.ports import Identities, OutOfTime
from chalicelib.todo.errors import AccountDeleted, FolderUnknown
from chalicelib.todo.files.model import DeletedTodo
from chalicelib.todo.files.ports import Files, FolderStore
from chalicelib.todo.todos.ports import KnownVersion


class Folders:
    """Knows the folder of each owner who has deleted a to-do."""

    def __init__(self, store: FolderStore, identities: Identities) -> None:
        self._store = store
        self._identities = identities

    def remember(self, owner: str, id_token: str) -> KnownVersion:
        """Make the owner's folder known, before a to-do is deleted. Cognito is asked once in an account's lifetime.

        Returns the list's version, which is in the same item.

        Raises
        ------
        AccountDeleted, Busy
        TokenRefused
            The user has signed out, or is deleted or disabled.
        """
        folder, version = self._store.get_with_version(owner)
        if folder is not None and folder.is_account_deleted:
            raise AccountDeleted("This account is deleted.")
        if folder is None or not folder.name:
            self._store.set_name(owner, self._identities.identity_id(id_token))
        return KnownVersion(version)


class TodoFiles:
    """Deletes the files of to-dos that are deleted. Every step may be repeated."""

    def __init__(self, store: FolderStore, files: Files) -> None:
        self._store = store
        self._files = files

    def folder(self, owner: str) -> str | None:
        """Return the name of the owner's folder; None if the account is deleted, which clears the whole folder.

        Raises
        ------
        FolderUnknown
        """
        folder = self._store.get(owner)
        # The tombstone expires, too.
        if folder is None or folder.is_account_deleted:
            return None
        if not folder.name:
            raise FolderUnknown("The to-do was not deleted by the API: whose folder it had is not known.")
        return folder.name

    def delete(self, folder: str, todo: DeletedTodo, out_of_time: OutOfTime) -> int:
        """Delete a to-do's files and return their number.

        Raises
        ------
        Unfinished
            There was not enough time; the next attempt continues.
        """
        return self._files.clear(f"{folder}/todos/{todo.id}", out_of_time)
