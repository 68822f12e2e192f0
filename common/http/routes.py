"""Routes declared in a module of their own, and included into an app's API."""

from collections.abc import Callable, Iterator, Mapping
from typing import Concatenate, Generic, ParamSpec, TypeVar

import msgspec
from chalice.app import Response

from common.http.operations import Operation, ResponseSpec
from common.http.problems import FORBIDDEN, ProblemType
from common.http.requests import ApiRequest

Composition = TypeVar("Composition")
Parameters = ParamSpec("Parameters")
View = Callable[Concatenate[Composition, ApiRequest, Parameters], Response]


class Routes(Generic[Composition]):
    """Collects the routes of one audience; `Api.include` registers them in the order in which they are declared.

    A view gets the app's composition first, then the `ApiRequest`, and by name the path's parameters, and `query` and
    `body` if the route declares them::

        routes = Routes[TodoApp]()


        @routes.route(
            "GET",
            "/todos/{todo_id}",
            summary="Get a to-do",
            returns={200: ResponseSpec(TodoView, ("ETag",))},
            raises=(TodoNotFound,),
        )
        def get_todo(todo_app: TodoApp, request: ApiRequest, todo_id: TodoId) -> Response:
            return todo_app.views.item(request, todo_app.todos.get(request.owner, parse_todo_id(todo_id)))

    In app.py: `api.include(routes, todo_app)`.

    Parameters
    ----------
    public
        The routes need no token.
    group
        The routes are only for callers in this Cognito group.
    refusal
        The problem that other users get.
    """

    def __init__(self, *, public: bool = False, group: str = "", refusal: ProblemType = FORBIDDEN) -> None:
        self._public = public
        self._group = group
        self._refusal = refusal
        self._operations: list[Operation] = []

    def __iter__(self) -> Iterator[Operation]:
        """Iterate over the declared operations, in their order."""
        return iter(self._operations)

    def route(
        self,
        method: str,
        path: str,
        *,
        summary: str,
        returns: Mapping[int, ResponseSpec],
        body: type[msgspec.Struct] | None = None,
        query: type[msgspec.Struct] | None = None,
        headers: tuple[str, ...] = (),
        raises: tuple[type[Exception], ...] = (),
        form: bool = False,
        ignores_unknown_parameters: bool = False,
        cached_seconds: int = 0,
    ) -> Callable[[View[Composition, Parameters]], View[Composition, Parameters]]:
        """Declare a route.

        Parameters
        ----------
        summary
            One line for the contract; the view's name is the operation's id, its docstring the description.
        returns
            The successful responses by status.
        body, query
            The structs that validate them.
        headers
            The request headers that have a meaning for this route.
        raises
            The domain's exceptions that a client may meet.
        form
            The body may also be sent as an HTML form.
        ignores_unknown_parameters
            People follow links to this route, to which others add parameters such as `utm_source`.
        cached_seconds
            For how long API Gateway's cache keeps a response, errors included, as stages.yaml says; 0 if it keeps none.
            `Retry-After` names no earlier time.
        """

        def declare(view: View[Composition, Parameters]) -> View[Composition, Parameters]:
            operation = Operation(
                method=method,
                path=path,
                view=view,
                summary=summary,
                returns=returns,
                body=body,
                query=query,
                headers=headers,
                raises=raises,
                public=self._public,
                group=self._group,
                refusal=self._refusal,
                form=form,
                ignores_unknown_parameters=ignores_unknown_parameters,
                cached_seconds=cached_seconds,
            )
            self._operations.append(operation)
            return view

        return declare
