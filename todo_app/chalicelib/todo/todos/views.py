"""To-dos over HTTP: their JSON, ETags and links, and requests mapped to the domain's types."""

import hashlib
from typing import Annotated, Literal

import msgspec
from chalice.app import Response
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
from msgspec import UNSET

from common.http import etags, responses
from common.http.cursors import Cursors
from common.http.paging import Cursor, next_link, page_size, position
from common.http.problems import invalid_field, invalid_query
from common.http.requests import ApiRequest
from common.values import Id, Page, Precondition, parse

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
# Part of every ETag. Increase it when the same to-do would be written differently, so that no client keeps its copy.
REPRESENTATION = "1"
PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Authorization"}
TodoId = Id


class TodoView(msgspec.Struct, rename="camel"):
    """A to-do."""

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

    limit: Annotated[int, page_size("to-dos", default=DEFAULT_LIMIT, maximum=MAX_LIMIT)] | None = None
    cursor: Cursor | None = None
    completed: Literal["true", "false"] | None = None
    tag: Tag | None = None
    due_before: Due | None = None

    def filters(self) -> Filters:
        """Return the filters.

        Raises
        ------
        Problem
            400: `dueBefore` is not a day or time that exists.
        """
        try:
            due_before = normal_due(self.due_before) if self.due_before else None
        except InvalidTodo as error:
            raise invalid_query("dueBefore", error.detail) from error
        completed = None if self.completed is None else self.completed == "true"
        # Texts are compared, and a day sorts before all times of that day. A to-do that is due on a day is due at its
        # first moment, so midnight is compared as its day.
        return Filters(completed, self.tag, due_before and due_before.removesuffix("T00:00:00Z"))


class TodoViews:
    """Writes to-dos as JSON with absolute URLs, ETags and links."""

    def __init__(self, public_url: str, cursors: Cursors) -> None:
        self._collection = f"{public_url.rstrip('/')}/api/todos"
        self._cursors = cursors

    def view(self, todo: Todo) -> TodoView:
        """Return a to-do as clients see it."""
        return TodoView(
            url=f"{self._collection}/{todo.id}",
            title=todo.title,
            completed=todo.completed,
            order=todo.order,
            notes=todo.notes,
            due=todo.due,
            tags=todo.tags,
            created_at=todo.created_at,
            updated_at=todo.updated_at,
            version=todo.version,
        )

    def item_response(self, request: ApiRequest, todo: Todo) -> Response:
        """Answer with one to-do, or 304 if the client already has it."""
        etag = item_etag(todo)
        headers = {"ETag": etag, **PRIVATE}
        if request.raw.method == "GET" and etags.not_modified(request, etag):
            return responses.empty(304, headers)
        return responses.json(self.view(todo), headers)

    def created_response(self, todo: Todo) -> Response:
        """Answer with a new to-do and its address."""
        view = self.view(todo)
        return responses.json(view, {"ETag": item_etag(todo), "Location": view.url, "Cache-Control": "no-store"}, 201)

    def list_response(self, request: ApiRequest, query: ListQuery, etag: str, page: Page[Todo]) -> Response:
        """Answer with one page, and a link to the next page if there is one."""
        headers = {"ETag": etag, **PRIVATE, **self._link(request.owner, query, page.next_after)}
        return responses.json([self.view(todo) for todo in page.items], headers)

    def _link(self, owner: str, query: ListQuery, after: str | None) -> dict[str, str]:
        return {} if after is None else next_link(self._cursors, self._collection, owner, query, after)

    def position(self, owner: str, query: ListQuery) -> str | None:
        """Return the position that a query's cursor holds.

        Raises
        ------
        Problem
            400: the cursor is not from a link to this owner's list with these filters.
        """
        return position(self._cursors, owner, query)

    def refuse_other_url(self, todo_id: str, change: TodoChange) -> None:
        """Accept the to-do's own URL, which a client may send back, and no other.

        Raises
        ------
        Problem
            422: it is another URL.
        """
        if change.url is not UNSET and change.url != f"{self._collection}/{todo_id}":
            raise invalid_field("url", "is read-only")


def item_etag(todo: Todo) -> str:
    """Return a to-do's ETag: its version. A to-do that has the id of a deleted one has higher versions."""
    return etags.of_version(REPRESENTATION, todo.version)


def list_etag(owner: str, version: int) -> str:
    """Return a list's ETag: the list's version and its owner, since the lists of all users have the same URL."""
    return f'"{REPRESENTATION}.{version}.{hashlib.sha256(owner.encode()).hexdigest()[:12]}"'


def not_modified(request: ApiRequest, etag: str) -> Response | None:
    """Answer 304 if the client already has this list."""
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
    return parse(text, TodoId, TodoNotFound("The to-do does not exist."))
