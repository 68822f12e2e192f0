"""The problems by which the API answers the domain's exceptions."""

from chalicelib.todo.errors import (
    AccountDeleted,
    ChangesExpired,
    InvalidTodo,
    KeyReused,
    TodoExists,
    TodoNotFound,
    TokenRefused,
)

from common.errors import Busy, VersionConflict
from common.http.problems import INVALID_FIELD, UNAUTHENTICATED, UNAVAILABLE, ProblemType

PROBLEMS: dict[type[Exception], ProblemType] = {
    InvalidTodo: INVALID_FIELD,
    TokenRefused: UNAUTHENTICATED,
    TodoNotFound: ProblemType(404, "todo-not-found", "The to-do does not exist"),
    TodoExists: ProblemType(409, "todo-exists", "The id of the new to-do is in use"),
    VersionConflict: ProblemType(412, "version-conflict", "The to-do has changed"),
    KeyReused: ProblemType(422, "idempotency-key-reused", "The idempotency key was used with another body"),
    AccountDeleted: ProblemType(410, "account-deleted", "The account is deleted"),
    ChangesExpired: ProblemType(410, "changes-expired", "The changes since this version are not known any more"),
    Busy: UNAVAILABLE,
}
