"""An app's API: registers routes with Chalice, validates requests, answers errors.

A route is declared once, as an `Operation`. It validates the requests, and the API's contract is generated from
`Api.operations`.
"""

import functools
import logging
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any
from urllib.parse import unquote

import msgspec
from chalice.app import Authorizer, Chalice, CORSConfig, Request, Response

from common.http import problems
from common.http.client_address import accepts_html
from common.http.error_handler import ErrorHandler, as_problem
from common.http.operations import Operation, implied_problems
from common.http.problems import Problem, ProblemDocument, ProblemType
from common.http.requests import validate
from common.http.routes import Composition, Routes

EXPOSED_HEADERS = ["Allow", "ETag", "Link", "Location", "Retry-After", "WWW-Authenticate", "x-amzn-RequestId"]
CORS = CORSConfig(
    # The bearer token is the protection, not the origin, and browsers send no cookie of ours.
    allow_origin="*",
    allow_headers=["If-Match", "If-None-Match", "Idempotency-Key"],
    expose_headers=EXPOSED_HEADERS,
    max_age=3600,
)
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


class Api:
    """Registers routes with Chalice and answers their errors.

    An app's app.py, with the routes that `common.http.routes.Routes` collected::

        api = Api(app, authorizer=users, errors=PROBLEMS, log=log, title="MyTodoList")
        api.include(routes, todo_app)
        api.refuse_other_methods()

    Parameters
    ----------
    app
        The Chalice app.
    authorizer
        What protects every route that is not public.
    errors
        The domain's exceptions and their problem types.
    log
        Gets a line for each request.
    title
        The API's name in its contract.
    problem_page
        Writes the page by which a browser's request is answered that has a problem.
    before_writing
        Called before each operation other than GET; an exception that it raises is answered.
    writing_raises
        The domain's exceptions that `before_writing` may raise.
    """

    def __init__(
        self,
        app: Chalice,
        *,
        authorizer: Authorizer,
        errors: Mapping[type[Exception], ProblemType],
        log: logging.Logger,
        title: str = "",
        problem_page: Callable[[Request, ProblemDocument], str] | None = None,
        before_writing: Callable[[], None] | None = None,
        writing_raises: tuple[type[Exception], ...] = (),
    ) -> None:
        self.title = title
        self.problem_page = problem_page
        self._before_writing = before_writing
        self._writing_raises = writing_raises
        self.operations: list[Operation] = []
        self._app = app
        self._authorizer = authorizer
        self._error_handler = ErrorHandler(errors, log)
        self._log = log
        self._request: ContextVar[tuple[Request, str]] = ContextVar("request")
        app.register_middleware(self._around, "http")

    def include(self, routes: Routes[Composition], composition: Composition) -> None:
        """Register routes in their order; each view gets the composition as its first argument."""
        for operation in routes:
            try:
                self._register(operation, functools.partial(operation.view, composition))
            except Exception as error:
                code = operation.view.__code__
                error.add_note(f"{code.co_filename}:{code.co_firstlineno}: {operation.method} {operation.path}")
                raise

    def _register(self, declared: Operation, call: Callable[..., Response]) -> None:
        """Add an operation with its problems; `call` is its view, without the composition."""
        operation = msgspec.structs.replace(declared, problems=self._problems(declared))
        self.operations.append(operation)
        self._app.route(
            operation.path,
            methods=_methods(operation),
            authorizer=None if operation.public else self._authorizer,
            cors=CORS,
            # Chalice would refuse a GET for its content type; `bodies` checks it where a body is read.
            content_types=["*/*"],
        )(self._view(operation, call))

    def _problems(self, operation: Operation) -> tuple[ProblemType, ...]:
        raises = operation.raises if operation.method == "GET" else operation.raises + self._writing_raises
        return implied_problems(operation) + self._error_handler.problem_types(raises)

    def refuse_other_methods(self) -> None:
        """Answer 405 to the methods that a path does not have; call it after all routes are included.

        API Gateway itself answers a method without a route as it answers a path that does not exist.
        """
        for path in dict.fromkeys(operation.path for operation in self.operations):
            here = [operation for operation in self.operations if operation.path == path]
            allowed = [method for operation in here for method in _methods(operation)]
            self._app.route(
                path,
                methods=[method for method in _METHODS if method not in allowed],
                authorizer=None if any(operation.public for operation in here) else self._authorizer,
                cors=CORS,
                content_types=["*/*"],
            )(self._refusing(", ".join([*allowed, "OPTIONS"])))

    def _refusing(self, allowed: str) -> Callable[..., Response]:
        def refuse(**_path_parameters: str) -> Response:
            _, request_id = self._request.get()
            return Problem(problems.METHOD_NOT_ALLOWED, headers={"Allow": allowed}).response(request_id)

        return refuse

    def _view(self, operation: Operation, call: Callable[..., Response]) -> Callable[..., Response]:
        @functools.wraps(operation.view)
        def respond(**path_parameters: str) -> Response:
            request, request_id = self._request.get()
            try:
                validated, arguments = validate(operation, request, request_id)
                if self._before_writing and operation.method != "GET":
                    self._before_writing()
                # API Gateway passes them on as the client wrote them, which may be percent-encoded.
                unescaped = {name: unquote(text) for name, text in path_parameters.items()}
                return call(validated, **unescaped, **arguments)
            except Exception as error:
                return _after_the_cache(self._error_handler.response(error, request_id), operation.cached_seconds)

        return respond

    def _around(self, request: Request | None, get_response: Callable[[Any], Response]) -> Response:
        """Add CORS headers to every response, errors included (aws/chalice#960), and log a line."""
        if request is None:
            return get_response(request)
        started = time.perf_counter()
        request_id = _request_id(request)
        token = self._request.set((request, request_id))
        try:
            response = as_problem(get_response(request), request_id)
        except Exception as error:
            response = self._error_handler.response(error, request_id)
        finally:
            self._request.reset(token)
        if self.problem_page and response.status_code >= 400 and accepts_html(request):
            response = _as_page(request, response, self.problem_page)
        response.headers.update(CORS.get_access_control_headers())
        milliseconds = round((time.perf_counter() - started) * 1000, 1)
        route = f"{request.method} {request.path}"
        fields = {"route": route, "status": response.status_code, "ms": milliseconds, "requestId": request_id}
        self._log.info("request", extra=fields)
        return response


def _methods(operation: Operation) -> list[str]:
    """Return an operation's methods: GET implies HEAD, whose response API Gateway sends without the body.

    https://www.rfc-editor.org/rfc/rfc9110#section-9.1
    """
    return ["GET", "HEAD"] if operation.method == "GET" else [operation.method]


def _after_the_cache(response: Response, cached_seconds: int) -> Response:
    """Let a client wait until API Gateway's cache has forgotten a response that asks it to try again."""
    retry_after = response.headers.get("Retry-After")
    if retry_after is not None and int(str(retry_after)) < cached_seconds:
        response.headers["Retry-After"] = str(cached_seconds)
    return response


def _as_page(request: Request, response: Response, write: Callable[[Request, ProblemDocument], str]) -> Response:
    """Turn a problem document into a page."""
    problem = msgspec.json.decode(response.body, type=ProblemDocument)
    headers = {**response.headers, "Content-Type": "text/html; charset=utf-8"}
    return Response(write(request, problem), headers, response.status_code)


def _request_id(request: Request) -> str:
    context = request.context.get("requestId") or getattr(request.lambda_context, "aws_request_id", "")
    return str(context)
