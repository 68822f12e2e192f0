"""Sync over HTTP."""

from typing import Annotated

import msgspec
from chalicelib.todo.errors import TodoNotFound
from chalicelib.todo.problems import PROBLEMS
from chalicelib.todo.sync.model import ChangeKey, Changes, Creation, Deletion, Edit, Outcome
from chalicelib.todo.todos.views import TodoView, TodoViews
from msgspec import Meta

from common.errors import InvalidField
from common.http.problems import FieldError, ProblemDocument
from common.values import Id

# Other responses of the API must be revalidated; this one is read again by the version that it has.
HEADERS = {"Cache-Control": "no-store"}
# API Gateway's cache keeps what has changed for so long, errors included: `cache` in stages.yaml.
CACHED_SECONDS = 15
STATUS = {Creation: 201, Edit: 200, Deletion: 204}

ListVersion = Annotated[int, Meta(ge=0, le=999_999_999_999, description="A version of the user's list.", examples=[17])]


class ChangesQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Which changes a device does not have."""

    since: ListVersion | None = None
    at_least: ListVersion | None = None


class WrittenTodo(msgspec.Struct):
    """A to-do that is new or changed."""

    id: Id
    todo: TodoView


class ChangesView(msgspec.Struct):
    """What has changed since a version of the list."""

    version: Annotated[int, Meta(description="The version up to which this is complete.", examples=[17])]
    written: Annotated[list[WrittenTodo], Meta(description="To-dos that are new or changed, as they are now.")]
    deleted: Annotated[list[Id], Meta(description="Ids of to-dos that do not exist any more.")]
    more: Annotated[bool, Meta(description="The list has a newer version; ask again, since this one.")]


class OutcomeView(msgspec.Struct, omit_defaults=True):
    """What became of a change."""

    key: ChangeKey
    status: Annotated[
        int,
        Meta(
            description="201, 200 or 204 if it is applied, now or by an earlier request; the problem's status if not.",
            examples=[200],
        ),
    ]
    problem: ProblemDocument | None = None


_RESULTS = [
    {"key": "phone-17", "status": 201},
    {
        "key": "phone-18",
        "status": 404,
        "problem": {
            "type": PROBLEMS[TodoNotFound].type,
            "title": PROBLEMS[TodoNotFound].title,
            "status": 404,
            "detail": "The to-do does not exist.",
        },
    },
]


class OutcomesView(msgspec.Struct):
    """What became of the changes, in their order."""

    version: Annotated[int, Meta(description="The list's version after them.", examples=[18])]
    results: Annotated[list[OutcomeView], Meta(examples=[_RESULTS])]


def changes_view(todo_views: TodoViews, changes: Changes) -> ChangesView:
    """Return what has changed as clients see it."""
    written = [WrittenTodo(todo.id, todo_views.view(todo)) for todo in changes.written]
    return ChangesView(changes.version, written, changes.deleted, changes.more)


def outcome_view(outcome: Outcome) -> OutcomeView:
    """Return what became of a change as clients see it."""
    change, error = outcome.change, outcome.error
    if error is None:
        return OutcomeView(change.key, STATUS[type(change)])
    kind = PROBLEMS[type(error)]
    errors = [FieldError(f"todo.{error.field}", error.detail)] if isinstance(error, InvalidField) else []
    document = ProblemDocument(type=kind.type, title=kind.title, status=kind.status, detail=str(error), errors=errors)
    return OutcomeView(change.key, kind.status, document)
