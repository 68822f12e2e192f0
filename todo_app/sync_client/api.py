"""The routes that a device uses, with retries, and with checks of what the server answers."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, Protocol, TypeVar

import msgspec
from msgspec import Meta

from sync_client.copy import Change, Todo, TodoId, Version

T = TypeVar("T")
ATTEMPTS = 5
LONGEST_PAUSE_SECONDS = 20.0
EXPIRED = "changes-expired"
# The API refuses it in UTF-8, because API Gateway replaces bytes that are not UTF-8 by it; the escape is what it takes.
REPLACEMENT_CHARACTER = "\ufffd".encode()


class Unreachable(Exception):
    """The server did not answer, or is too busy; the queue stays, and a later sync goes on."""


class RequestRefused(Exception):
    """The server refuses a request as a whole; the message has its reason."""


class BadRequest(RequestRefused):
    """The server refuses what was sent, and would refuse it again."""


class InvalidAnswer(Exception):
    """The server's answer is not what the contract says; nothing of it was used."""


class ChangesExpired(Exception):
    """The server does not know the changes since this version any more."""


class Answer(msgspec.Struct):
    """An HTTP response; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Http(Protocol):
    """Sends requests."""

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send one request, or raise Unreachable if there is no answer."""


class Written(msgspec.Struct):
    """A to-do of `GET /changes`."""

    id: TodoId
    todo: Todo


class Changes(msgspec.Struct):
    """The answer of `GET /changes`."""

    version: Version
    written: list[Written]
    deleted: list[TodoId]
    more: bool


class Result(msgspec.Struct):
    """What became of one change."""

    key: str
    status: Annotated[int, Meta(ge=200, le=599)]
    problem: dict[str, Any] | None = None


class Outcomes(msgspec.Struct):
    """The answer of `POST /changes`."""

    version: Version
    results: list[Result]


class Api:
    """The API at `url`, which ends in `/api`; `id_token(renew)` returns a token, a new one if `renew` is true."""

    def __init__(
        self, url: str, http: Http, id_token: Callable[[bool], str], sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._url = url
        self._http = http
        self._id_token = id_token
        self._sleep = sleep

    def changes(self, since: int | None, at_least: int) -> Changes:
        """Read what has changed.

        Raises
        ------
        ChangesExpired, Unreachable, RequestRefused, InvalidAnswer
        """
        query = f"atLeast={at_least}" if since is None else f"since={since}&atLeast={at_least}"
        changes = _decoded(self._call("GET", f"{self._url}/changes?{query}"), Changes)
        if changes.version < (since or 0) or (changes.more and changes.version == since):
            raise InvalidAnswer(f"version {changes.version} does not follow {since}")
        return changes

    def send(self, changes: list[Change]) -> Outcomes:
        """Send changes.

        Raises
        ------
        Unreachable, RequestRefused, InvalidAnswer
        BadRequest
            The changes, or one of them, are not what the contract allows.
        """
        body = msgspec.json.encode({"changes": changes}).replace(REPLACEMENT_CHARACTER, rb"\ufffd")
        outcomes = _decoded(self._call("POST", f"{self._url}/changes", body), Outcomes)
        if [result.key for result in outcomes.results] != [change.key for change in changes]:
            raise InvalidAnswer("the results are not those of the changes that were sent")
        return outcomes

    def all_todos(self) -> Iterator[tuple[str, Todo]]:
        """Read the whole list, with the to-dos' ids.

        Raises
        ------
        Unreachable, RequestRefused, InvalidAnswer
        """
        url: str | None = f"{self._url}/todos?limit=1000"
        while url:
            answer = self._call("GET", url)
            for todo in _decoded(answer, list[Todo]):
                with _refusing_invalid():
                    todo_id = msgspec.convert(todo.get("url", "").rpartition("/")[2], TodoId)
                yield todo_id, todo
            url = self._next(answer.headers.get("link", ""))

    def _next(self, link: str) -> str | None:
        address, _, relation = link.partition(">")
        if 'rel="next"' not in relation:
            return None
        url = address.removeprefix("<")
        # The token goes to the API and nowhere else.
        if not url.startswith(f"{self._url}/"):
            raise InvalidAnswer(f"the next page is elsewhere: {url[:200]}")
        return url

    def _call(self, method: str, url: str, body: bytes = b"") -> Answer:
        headers = {"Authorization": self._id_token(False), "Accept-Encoding": "gzip"}
        if body:
            headers["Content-Type"] = "application/json"
        is_renewed = False
        for attempt in range(ATTEMPTS):
            answer = self._http(method, url, headers, body)
            if answer.status < 400:
                return answer
            if answer.status == 401 and not is_renewed:
                headers["Authorization"], is_renewed = self._id_token(True), True
            elif answer.status in (429, 502, 503, 504):
                self._sleep(_pause(answer, attempt))
            else:
                raise _refusal(answer)
        raise Unreachable(f"the server is busy: {answer.status}")


def _decoded(answer: Answer, kind: type[T]) -> T:
    with _refusing_invalid():
        return msgspec.json.decode(answer.body, type=kind)


@contextmanager
def _refusing_invalid() -> Iterator[None]:
    try:
        yield
    except msgspec.MsgspecError as error:
        raise InvalidAnswer(f"the answer is not what the contract says: {error}") from error


def _pause(answer: Answer, attempt: int) -> float:
    """Return the seconds until the next attempt: what the server asks for, or longer each time, with jitter."""
    asked = answer.headers.get("retry-after", "")
    seconds = float(asked) if asked.isdigit() else random.uniform(0, 2.0**attempt)  # noqa: S311 - no secret
    return min(seconds, LONGEST_PAUSE_SECONDS)


def _refusal(answer: Answer) -> Exception:
    try:
        problem = msgspec.json.decode(answer.body, type=dict[str, Any])
    except msgspec.MsgspecError:
        problem = {}
    if answer.status == 410 and str(problem.get("type", "")).endswith(EXPIRED):
        return ChangesExpired()
    # Something in between may answer, too, which has not seen what is in the request.
    is_ours = str(problem.get("type", "")).startswith("tag:")
    kind = BadRequest if is_ours and answer.status in (400, 413, 422) else RequestRefused
    return kind(f"{answer.status}: {problem.get('detail') or problem.get('title') or 'no reason was given'}")
