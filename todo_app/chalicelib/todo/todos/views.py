"""How to-dos look over HTTP, and how what a client sends becomes the domain's words."""

import hashlib
from typing import Annotated, Literal

import msgspec
from chalice.app import Response
from chalicelib.todo import errors
from chalicelib.todo.errors import InvalidTodo, TodoNotFound
from chalicelib.todo.todos.model import (
    Due,
    NormalDue,
    Notes,
    Order,
    ReadOnlyTimestamp,
    Tag,
    Tags,
    Title,
    Todo,
    TodoChange,
    TodoUrl,
    TodoVersion,
    normal_due,
)
from chalicelib.todo.todos.ports import Filters
from msgspec import UNSET, Meta

from common.errors import Busy, VersionConflict
from common.http import etags, responses
from common.http.cursors import Cursors
from common.http.paging import next_link, position
from common.http.problems import INVALID_FIELD, UNAVAILABLE, ProblemType, invalid_field, invalid_query
from common.http.requests import ApiRequest
from common.values import Id, Precondition, parse

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
# Changes when the same data would be written differently: then no client may keep what it has.
REPRESENTATION = "1"
TodoId = Id

PROBLEMS: dict[type[Exception], ProblemType] = {
    errors.InvalidTodo: INVALID_FIELD,
    errors.TodoNotFound: ProblemType(404, "todo-not-found", "There is no such to-do"),
    VersionConflict: ProblemType(412, "version-conflict", "The to-do was changed in the meantime"),
    errors.KeyReused: ProblemType(422, "idempotency-key-reused", "The idempotency key came before with another body"),
    errors.AccountDeleted: ProblemType(410, "account-deleted", "The account is deleted"),
    Busy: UNAVAILABLE,
}


class TodoView(msgspec.Struct, rename="camel"):
    """A to-do as clients see it."""

    url: TodoUrl
    title: Title
    completed: bool
    order: Order | None
    notes: Notes
    due: NormalDue | None
    tags: Tags
    created_at: ReadOnlyTimestamp
    updated_at: ReadOnlyTimestamp
    version: TodoVersion


class ListQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Which to-dos a list shows."""

    limit: (
        Annotated[int, Meta(ge=1, le=MAX_LIMIT, description="At most so many; 100 if not given.", examples=[50])] | None
    ) = None
    cursor: (
        Annotated[str, Meta(max_length=1024, description="From a Link header; opaque.", examples=["c2lnbmF0dXJl"])]
        | None
    ) = None
    completed: Literal["true", "false"] | None = None
    tag: Tag | None = None
    due_before: Due | None = None

    def filters(self) -> Filters:
        """Return what must hold for a to-do to be shown."""
        try:
            due_before = normal_due(self.due_before) if self.due_before else None
        except InvalidTodo as error:
            raise invalid_query("dueBefore", error.detail) from error
        completed = None if self.completed is None else self.completed == "true"
        # A text sorts before any that goes on from it: midnight is cut to its day, which is due at the same moment.
        return Filters(completed, self.tag, due_before and due_before.removesuffix("T00:00:00Z"))


class TodoViews:
    """Writes to-dos as JSON with absolute URLs, ETags and links."""

    def __init__(self, public_url: str, cursors: Cursors) -> None:
        self._collection = f"{public_url.rstrip('/')}/api/todos"
        self._cursors = cursors

    def view(self, todo: Todo) -> TodoView:
        """Show one to-do."""
        return TodoView(
            f"{self._collection}/{todo.id}",
            todo.title,
            todo.completed,
            todo.order,
            todo.notes,
            todo.due,
            todo.tags,
            todo.created_at,
            todo.updated_at,
            todo.version,
        )

    def item(self, request: ApiRequest, todo: Todo) -> Response:
        """Answer with one to-do, or 304 if the client has it."""
        etag = item_etag(todo)
        headers = {"ETag": etag, **PRIVATE}
        if request.raw.method == "GET" and etags.not_modified(request, etag):
            return responses.empty(304, headers)
        return responses.json(self.view(todo), headers)

    def created(self, todo: Todo) -> Response:
        """Answer with a new to-do and where it is."""
        view = self.view(todo)
        return responses.json(view, {"ETag": item_etag(todo), "Location": view.url, "Cache-Control": "no-store"}, 201)

    def link(self, owner: str, query: ListQuery, after: str | None) -> dict[str, str]:
        """Write the Link header that leads to the next page, if there is one."""
        return {} if after is None else next_link(self._cursors, self._collection, owner, query, after)

    def after(self, owner: str, query: ListQuery) -> str | None:
        """Read a cursor.

        Raises
        ------
        Problem
            400: not made by us for this owner and these filters.
        """
        return position(self._cursors, owner, query)

    def refuse_other_url(self, todo_id: str, change: TodoChange) -> None:
        """Let a client send back the URL it got, and no other."""
        if change.url is not UNSET and change.url != f"{self._collection}/{todo_id}":
            raise invalid_field("url", "is read-only")


PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Authorization"}


def item_etag(todo: Todo) -> str:
    """A to-do's ETag is its version: ids are never used again."""
    return etags.of_version(REPRESENTATION, todo.version)


def list_etag(owner: str, version: int) -> str:
    """Return a list's ETag: the version of the owner's to-dos, and the owner, since all users' lists have one URL."""
    return f'"{REPRESENTATION}.{version}.{hashlib.sha256(owner.encode()).hexdigest()[:12]}"'


def not_modified(request: ApiRequest, etag: str) -> Response | None:
    """Answer 304 if the client has this very list."""
    return responses.empty(304, {"ETag": etag, **PRIVATE}) if etags.not_modified(request, etag) else None


def if_match(request: ApiRequest) -> Precondition[Todo] | None:
    """Read If-Match as a condition on the to-do."""
    return etags.if_match(request, item_etag)


def parse_todo_id(text: str) -> str:
    """Return a to-do's id.

    Raises
    ------
    TodoNotFound
        The text cannot be an id.
    """
    return parse(text, TodoId, TodoNotFound("There is no such to-do."))
