"""Composition root: the one place where adapters meet the domain, for app.py and tasks.py."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import Any

from chalicelib.todo.accounts.account_table import AccountTable
from chalicelib.todo.accounts.accounts import AccountDeletion, Accounts
from chalicelib.todo.accounts.cognito import IdentityPool, UserPool
from chalicelib.todo.accounts.deletion_queue import SqsDeletionQueue
from chalicelib.todo.files.file_bucket import FileBucket
from chalicelib.todo.files.files import Folders, TodoFiles
from chalicelib.todo.files.folder_table import FolderTable
from chalicelib.todo.settings import Settings
from chalicelib.todo.sync.sync import Sync
from chalicelib.todo.sync.sync_table import SyncTable
from chalicelib.todo.todos.todo_table import TodoTable
from chalicelib.todo.todos.todos import Todos
from chalicelib.todo.todos.views import TodoViews

from common.aws import clients, dynamodb
from common.aws.dead_letters import DeadLetterQueue
from common.http.cursors import Cursors

Client = Callable[[], Any]


class Tables:
    """The adapters of one DynamoDB table; `dynamodb` makes a client whose responses are `{"raw": bytes}`."""

    def __init__(self, dynamodb: Client, table: str) -> None:
        self.todos = TodoTable(dynamodb, table)
        self.accounts = AccountTable(dynamodb, table)
        self.folders = FolderTable(dynamodb, table)


class TodoApp:
    """The use cases, each made when it is first used."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._region = settings.aws_region
        # The API's, through DAX if the stage has a cluster. Other functions have no network to reach it.
        self._raw = partial(dynamodb.raw_dynamodb, self._region, settings.dax_endpoint)
        self._tables = Tables(self._raw, settings.table_name)
        self._direct_tables = Tables(partial(dynamodb.raw_dynamodb, self._region), settings.table_name)

    @cached_property
    def todos(self) -> Todos:
        """What users do with their to-dos."""
        return Todos(self._tables.todos, lambda: datetime.now(UTC))

    @cached_property
    def todo_views(self) -> TodoViews:
        """To-dos over HTTP."""
        return TodoViews(
            self.settings.public_url, Cursors(clients.secret(self.settings.cursor_secret_arn, self._region))
        )

    @cached_property
    def sync(self) -> Sync:
        """What devices do that keep a copy of the list."""
        client = partial(dynamodb.dynamodb, self._region, self.settings.dax_endpoint)
        store = SyncTable(client, self._raw, self.settings.table_name)
        return Sync(store, lambda: datetime.now(UTC))

    @cached_property
    def accounts(self) -> Accounts:
        """What users do with their accounts."""
        return Accounts(self._tables.accounts, self._identities, self._deletion_queue, _now_seconds)

    @cached_property
    def account_deletion(self) -> AccountDeletion:
        """What deletes accounts."""
        return AccountDeletion(
            items=self._direct_tables.accounts,
            files=self._files,
            users=UserPool(self._client("cognito-idp"), self.settings.user_pool_id),
            queue=self._deletion_queue,
            now=_now_seconds,
        )

    @cached_property
    def folders(self) -> Folders:
        """What a request does that deletes to-dos, so that their files are found afterwards."""
        return Folders(self._tables.folders, self._identities)

    @cached_property
    def todo_files(self) -> TodoFiles:
        """What deletes the files of to-dos that are deleted."""
        return TodoFiles(self._direct_tables.folders, self._files)

    @cached_property
    def dead_letters(self) -> DeadLetterQueue:
        """Where records of the table's stream go that can never be handled."""
        return DeadLetterQueue(self._client("sqs"), self.settings.stream_dead_letters_url)

    @cached_property
    def _files(self) -> FileBucket:
        return FileBucket(self._client("s3"), self.settings.bucket_name)

    @cached_property
    def _identities(self) -> IdentityPool:
        return IdentityPool(
            partial(clients.public_client, "cognito-identity", self._region),
            self.settings.identity_pool_id,
            provider=f"cognito-idp.{self._region}.amazonaws.com/{self.settings.user_pool_id}",
        )

    @cached_property
    def _deletion_queue(self) -> SqsDeletionQueue:
        return SqsDeletionQueue(self._client("sqs"), self.settings.deletion_queue_url)

    def _client(self, service: str) -> Client:
        return partial(clients.client, service, self._region)


def _now_seconds() -> int:
    return int(time.time())
