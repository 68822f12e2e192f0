"""Routes declared in one place: what validates a request is what the API's contract is generated from.

`Api.route` registers a view with Chalice and keeps an `Operation` that carries everything HTTP needs to know of it:
`Api.operations` is the whole contract.
"""

import functools
import logging
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, TypeVar
from urllib.parse import unquote

import msgspec
from botocore.exceptions import BotoCoreError, ClientError
from chalice.app import Authorizer, Chalice, CORSConfig, Request, Response

from common import bodies, problems, queries
from common.clients import is_temporary
from common.principals import Principal, TokenVerifier, principal
from common.problems import FieldError, Kind, Problem

View = TypeVar("View", bound=Callable[..., Response])

EXPOSED_HEADERS = ["Allow", "ETag", "Link", "Location", "Retry-After", "WWW-Authenticate", "x-amzn-RequestId"]
CORS = CORSConfig(
    # The bearer token is the protection, not the origin, and browsers send no cookie of ours.
    allow_origin="*",
    allow_headers=["If-Match", "If-None-Match", "Idempotency-Key"],
    expose_headers=EXPOSED_HEADERS,
    max_age=3600,
)
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_CHALICE_ERRORS = {
    404: problems.NOT_FOUND,
    405: problems.METHOD_NOT_ALLOWED,
    415: problems.UNSUPPORTED_MEDIA_TYPE,
}


class NoQuery(msgspec.Struct):
    """Of routes without parameters: one that is sent anyway is refused, as elsewhere."""


class Answer(msgspec.Struct, frozen=True):
    """A successful answer: the type of its JSON body, if it has one, and its headers that mean something."""

    body: Any = None
    headers: tuple[str, ...] = ()


class Operation(msgspec.Struct, frozen=True):
    """Everything that a client can know of one route; the view's docstring and annotations are part of it."""

    method: str
    path: str
    view: Callable[..., Response]
    summary: str
    returns: Mapping[int, Answer]
    body: Any = None
    query: Any = None
    headers: tuple[str, ...] = ()
    public: bool = False
    problems: tuple[Kind, ...] = ()


class Call(msgspec.Struct, frozen=True):
    """One request, after its token, query and body have been validated."""

    request: Request
    request_id: str
    principal: Principal | None = None

    @property
    def owner(self) -> str:
        """The caller's `sub`: whose data this request may see."""
        return self.caller.sub

    @property
    def caller(self) -> Principal:
        """The signed-in user; routes that are public have none."""
        if self.principal is None:
            raise LookupError("a public route has no caller")
        return self.principal

    def header(self, name: str) -> str | None:
        """Return a request header's value."""
        value: str | None = self.request.headers.get(name)
        return value


class Api:
    """Registers routes with Chalice and answers their errors.

    Parameters
    ----------
    app
        The Chalice app.
    authorizer
        What protects every route that is not public.
    verifier
        Verifies tokens where there is no gateway.
    errors
        The domain's exceptions and the kind of problem that each is.
    log
        Gets one line per request.
    title
        The API's name in its contract.
    """

    def __init__(
        self,
        app: Chalice,
        authorizer: Authorizer,
        verifier: TokenVerifier,
        errors: Mapping[type[Exception], Kind],
        log: logging.Logger,
        title: str = "",
    ) -> None:
        self.title = title
        self.operations: list[Operation] = []
        self._app = app
        self._authorizer = authorizer
        self.verifier = verifier
        self._errors = errors
        self._log = log
        self._request: ContextVar[tuple[Request, str]] = ContextVar("request")
        app.register_middleware(self._around, "http")

    def route(
        self,
        method: str,
        path: str,
        *,
        summary: str,
        returns: Mapping[int, Answer],
        body: type[msgspec.Struct] | None = None,
        query: type[msgspec.Struct] | None = None,
        headers: tuple[str, ...] = (),
        raises: tuple[type[Exception], ...] = (),
        public: bool = False,
    ) -> Callable[[View], View]:
        """Declare a route; the view gets the `Call`, the path's parameters, and `body` and `query` if declared.

        Parameters
        ----------
        summary
            One line for the contract; the view's docstring is the description.
        returns
            What is answered when all is well, by status.
        body, query
            The structs that validate them.
        headers
            Request headers with a meaning here.
        raises
            The domain's exceptions that a client may meet here.
        public
            Needs no token.
        """

        def register(view: View) -> View:
            kinds = _kinds(body, headers, public) + tuple(self._errors[error] for error in raises)
            operation = Operation(method, path, view, summary, returns, body, query, headers, public, kinds)
            self.operations.append(operation)
            self._app.route(
                path,
                methods=[method],
                authorizer=None if public else self._authorizer,
                cors=CORS,
                # Chalice would refuse a GET for its content type; common.bodies looks where there is a body to read.
                content_types=["*/*"],
            )(self._view(operation, view))
            return view

        return register

    def refuse_other_methods(self) -> None:
        """Answer 405 to the methods that an address does not have, once all routes are declared.

        API Gateway's own answer to a method without a route is that of an address that does not exist.
        """
        for path in dict.fromkeys(operation.path for operation in self.operations):
            here = [operation for operation in self.operations if operation.path == path]
            allowed = [operation.method for operation in here]
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

    def _view(self, operation: Operation, view: View) -> Callable[..., Response]:
        @functools.wraps(view)
        def answer(**path_parameters: str) -> Response:
            request, request_id = self._request.get()
            try:
                call, arguments = self._validated(operation, request, request_id)
                # Behind API Gateway they are as the client wrote them, percent-encoded perhaps.
                unescaped = {name: unquote(text) for name, text in path_parameters.items()}
                return view(call, **unescaped, **arguments)
            except Exception as error:
                return self._failed(error, request_id)

        return answer

    def _validated(self, operation: Operation, request: Request, request_id: str) -> tuple[Call, dict[str, Any]]:
        event = request.to_original_event()
        caller = None if operation.public else principal(event, self.verifier)
        arguments: dict[str, Any] = {}
        parameters = event["multiValueQueryStringParameters"] or {}
        query = queries.decode(parameters, operation.query or NoQuery)
        if operation.query:
            arguments["query"] = query
        if operation.body:
            arguments["body"] = bodies.decode(request.raw_body, request.headers.get("content-type"), operation.body)
        return Call(request, request_id, caller), arguments

    def _failed(self, error: Exception, request_id: str) -> Response:
        if isinstance(error, Problem):
            return error.response(request_id)
        if kind := self._errors.get(type(error)):
            headers = {"Retry-After": "1"} if kind.status in (429, 503) else {}
            return Problem(kind, str(error), _blamed(error), headers).response(request_id)
        if isinstance(error, ClientError | BotoCoreError) and is_temporary(error):
            self._log.warning("a service is unavailable", exc_info=error, extra={"requestId": request_id})
            return Problem(problems.UNAVAILABLE, headers={"Retry-After": "1"}).response(request_id)
        self._log.error("unexpected error", exc_info=error, extra={"requestId": request_id})
        return Problem(problems.INTERNAL_ERROR).response(request_id)

    def _around(self, request: Request | None, get_response: Callable[[Any], Response]) -> Response:
        """Add CORS headers to every answer, errors included (aws/chalice#960), and log one line."""
        if request is None:
            return get_response(request)
        started = time.perf_counter()
        request_id = _request_id(request)
        token = self._request.set((request, request_id))
        try:
            response = _as_problem(get_response(request), request_id)
        except Exception as error:
            response = self._failed(error, request_id)
        finally:
            self._request.reset(token)
        response.headers.update(CORS.get_access_control_headers())
        milliseconds = round((time.perf_counter() - started) * 1000, 1)
        route = f"{request.method} {request.path}"
        fields = {"requestId": request_id, "route": route, "status": response.status_code, "ms": milliseconds}
        self._log.info("request", extra=fields)
        return response


def _kinds(body: Any, headers: tuple[str, ...], public: bool) -> tuple[Kind, ...]:
    """Return the problems that follow from the declaration itself."""
    kinds: list[Kind] = [problems.INVALID_QUERY]
    if not public:
        kinds.append(problems.UNAUTHENTICATED)
    if headers:
        kinds.append(problems.INVALID_HEADER)
    if body:
        kinds += [problems.MALFORMED_BODY, problems.BODY_TOO_LARGE, problems.UNSUPPORTED_MEDIA_TYPE]
        kinds.append(problems.INVALID_FIELD)
    return (*kinds, problems.INTERNAL_ERROR, problems.UNAVAILABLE)


def _blamed(error: Exception) -> list[FieldError]:
    """Return the field that a domain's exception names, if it names one."""
    field = getattr(error, "field", None)
    return [] if field is None else [FieldError(field, getattr(error, "detail", ""))]


def _as_problem(response: Response, request_id: str) -> Response:
    """Rewrite the errors that Chalice itself answers."""
    if response.status_code < 400 or not isinstance(response.body, dict):
        return response
    kind = _CHALICE_ERRORS.get(response.status_code, problems.INTERNAL_ERROR)
    return Problem(kind, headers=response.headers).response(request_id)


def _request_id(request: Request) -> str:
    context = request.context.get("requestId") or getattr(request.lambda_context, "aws_request_id", "")
    return str(context)
